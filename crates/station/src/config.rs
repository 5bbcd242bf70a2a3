//! What is set where the station is started: by option or by environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::store::{Place, PostgresUrl};

/// Where the station keeps what it holds.
#[derive(Debug, Clone, Args)]
pub struct DataPlace {
    /// The folder for releases, payloads and the project key; made if it is missing
    #[arg(long = "data", value_name = "DIR", env = "STATION_DATA", default_value = "station-data", global = true)]
    pub folder: PathBuf,

    /// The address of a PostgreSQL database to use instead of the SQLite file in the folder; as it may hold a password,
    /// the environment variable is the better place for it
    #[arg(long, value_name = "postgres://…", env = "STATION_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<PostgresUrl>,
}

impl From<DataPlace> for Place {
    fn from(DataPlace { folder, database }: DataPlace) -> Self {
        Self { folder, database }
    }
}

/// How the station serves.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// The folder with the built page
    #[arg(long, value_name = "DIR", env = "STATION_APP")]
    pub app: Option<PathBuf>,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", env = "STATION_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Believe X-Forwarded-Proto and X-Forwarded-Host: only behind a proxy that sets them itself
    #[arg(long, env = "STATION_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub behind_proxy: bool,

    /// Log each request on stderr; RUST_LOG says more finely what is logged
    #[arg(long, short)]
    pub verbose: bool,
}
