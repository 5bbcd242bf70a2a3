//! What is set where the station is started: by option or by environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

/// Where the station keeps what it holds.
#[derive(Debug, Clone, Args)]
pub struct DataFolder {
    /// The folder for releases, payloads and the project key; made if it is missing
    #[arg(long = "data", value_name = "DIR", env = "STATION_DATA", default_value = "station-data", global = true)]
    pub path: PathBuf,
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
