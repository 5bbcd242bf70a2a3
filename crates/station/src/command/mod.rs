//! The command line.

mod keys;
mod release;
mod serve;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use release_feed::DeviceSerial;

use crate::config::{DataPlace, ServeConfig};
use crate::gateway::GatewayError;
use crate::serve::CertificateError;
use crate::signing::KeyError;
use crate::store::{Actor, Cohort, Place, Store, StoreError};
use keys::{KeysCommand, Sign};
use release::ReleaseCommand;

/// How long a command waits for other processes that write.
const COMMAND_WAITS: Duration = Duration::from_secs(10);

/// Serves the page and releases of firmware, with Memfault's device-facing API.
#[derive(Debug, Parser)]
#[command(name = "station", version)]
pub struct Cli {
    #[command(flatten)]
    data: DataPlace,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page and the releases
    Serve(ServeConfig),
    /// Make keys with which releases are signed
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Sign a payload that others serve: prints what goes with it, for `memfault upload-ota-payload --extra-metadata`
    Sign(Box<Sign>),
    #[command(flatten)]
    OnStore(OnStore),
}

/// Commands on the store that end by themselves, whether a station serves it or not.
#[derive(Debug, Subcommand)]
enum OnStore {
    /// Add, list, deploy, withdraw and remove releases
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Put a device into a cohort
    Assign {
        /// The device's serial number; it need not have been seen yet
        serial: DeviceSerial,
        /// The cohort; made if it is missing
        #[arg(long)]
        cohort: Cohort,
    },
    /// Print the project key
    Key,
}

/// Why a command failed, in words for who gave it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another program listens there.
    #[error(
        "port {} of {} is in use; end the program that uses it, or choose another with --listen",
        address.port(),
        address.ip()
    )]
    PortInUse {
        /// Where.
        address: SocketAddr,
    },
    /// The station cannot listen there.
    #[error("the station cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The app folder holds no page.
    #[error(
        "the app folder {} holds no index.html; build the page first, or leave --app out to serve releases only",
        path.display()
    )]
    NoApp {
        /// The folder.
        path: PathBuf,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There is no gateway.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The file with release notes cannot be read.
    #[error("the release notes {} cannot be read: {source}", path.display())]
    Notes {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A key for signing cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The payload to sign cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Payload {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What the store has of a release is nothing that can be signed.
    #[error("the release cannot be signed: {0}")]
    NotSignable(String),
    /// The release notes are too long for clients.
    #[error("the release notes have {0} bytes, at most {most} are allowed", most = release::LONGEST_NOTES)]
    LongNotes(usize),
    /// The system refuses what a server needs.
    #[error("the station cannot run: {0}")]
    System(#[from] io::Error),
}

/// Does what the command line says. Gives back what to print.
///
/// # Errors
/// [`CommandError`], for who gave the command.
pub fn run(cli: Cli) -> Result<String, CommandError> {
    let place = cli.data.into();
    match cli.command {
        Command::Serve(config) => serve::serve(&place, config),
        Command::Keys(command) => keys::keys(command),
        Command::Sign(command) => keys::sign(&command),
        Command::OnStore(command) => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run_on(&place, command))
        }
    }
}

async fn run_on(place: &Place, command: OnStore) -> Result<String, CommandError> {
    let store = Store::open(place, COMMAND_WAITS).await?;
    match command {
        OnStore::Release(command) => release::run(&store, command).await,
        OnStore::Assign { serial, cohort } => {
            let is_new = store.assign(&Actor::of_command_line(), &serial, &cohort).await?;
            Ok(format!("Device {serial} is now in {}.\n", cohort_in_words(&cohort, is_new)))
        }
        OnStore::Key => Ok(format!("{}\n", store.project_key())),
    }
}

/// A cohort made by a slip of the pen must not go unnoticed.
fn cohort_in_words(cohort: &Cohort, is_new: bool) -> String {
    if is_new { format!("cohort {cohort}, which is new") } else { format!("cohort {cohort}") }
}
