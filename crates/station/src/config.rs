//! What is set where the station is started: by option or by environment variable.

use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::gateway::UpstreamAddress;
use crate::store::{BucketUrl, Place, PostgresUrl};

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

    /// The bucket for payloads, of any store that speaks S3's protocol, to use instead of the folder:
    /// s3://BUCKET/PREFIX?endpoint=URL&region=NAME; its keys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    #[arg(long, value_name = "s3://…", env = "STATION_PAYLOADS", global = true)]
    pub payloads: Option<BucketUrl>,
}

impl From<DataPlace> for Place {
    fn from(DataPlace { folder, database, payloads }: DataPlace) -> Self {
        Self { folder, database, payloads }
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

    /// Serve by HTTPS (HTTP/2 and 1.1) with this certificate and its chain, in PEM; read anew when it changes
    #[arg(long, value_name = "FILE", env = "STATION_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", env = "STATION_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Pass on to this release service instead of serving own releases, e.g. `https://device.memfault.com`
    #[arg(long, value_name = "ADDRESS", env = "STATION_UPSTREAM", requires = "project_key_file")]
    pub upstream: Option<UpstreamAddress>,

    /// Where the outcomes of updates go as Memfault's events; for Memfault's cloud that is known, and elsewhere it is
    /// the same service
    #[arg(long, value_name = "ADDRESS", env = "STATION_UPSTREAM_EVENTS", requires = "upstream")]
    pub upstream_events: Option<UpstreamAddress>,

    /// A file with the project key that is sent there
    #[arg(long, value_name = "FILE", env = "STATION_PROJECT_KEY_FILE", requires = "upstream")]
    pub project_key_file: Option<PathBuf>,

    /// Authorities to trust there besides Mozilla's, in PEM
    #[arg(long, value_name = "FILE", env = "STATION_UPSTREAM_CA", requires = "upstream")]
    pub upstream_ca: Option<PathBuf>,

    /// How many bytes a payload that is uploaded may have
    #[arg(long, value_name = "BYTES", env = "STATION_MAX_UPLOAD_SIZE", default_value = "67108864")]
    pub max_upload_size: NonZeroU64,

    /// Have payloads uploaded in parts of so many bytes: behind a proxy that takes no longer requests
    #[arg(long, value_name = "BYTES", env = "STATION_UPLOAD_PART_SIZE")]
    pub upload_part_size: Option<NonZeroU64>,

    /// How many connections there may be at a time; others wait
    #[arg(long, value_name = "NUMBER", env = "STATION_MAX_CONNECTIONS", default_value = "512")]
    pub max_connections: NonZeroUsize,

    /// Log each request on stderr; RUST_LOG says more finely what is logged
    #[arg(long, short)]
    pub verbose: bool,
}
