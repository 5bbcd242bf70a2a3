//! The command line.

mod copy;
mod fleet;
mod keys;
mod link;
mod record;
mod release;
mod serve;
mod table;
mod token;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::config::{DataPlace, ServeConfig};
use crate::gateway::GatewayError;
use crate::serve::CertificateError;
use crate::signing::KeyError;
use crate::store::{Cohort, Place, Store, StoreError};
use fleet::{CohortCommand, DeviceCommand};
use keys::{KeysCommand, Sign};
use link::LinkCommand;
use record::{Report, Show};
use release::ReleaseCommand;
use token::TokenCommand;

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
    /// Sign links to the page
    #[command(subcommand)]
    Link(LinkCommand),
    #[command(flatten)]
    OnStore(OnStore),
}

/// Commands on the store that end by themselves, whether a station serves it or not.
#[derive(Debug, Subcommand)]
enum OnStore {
    /// Add, list, deploy, withdraw and remove releases
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// List devices, put them into cohorts
    #[command(subcommand)]
    Device(DeviceCommand),
    /// List and make cohorts
    #[command(subcommand)]
    Cohort(CohortCommand),
    /// Make, list and revoke tokens for the management API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print who changed what, and when
    Audit(Show),
    /// Print how updates ended, as pages reported it
    Report(Report),
    /// Print the project key
    Key,
    /// Copy all releases and devices elsewhere, to outgrow this machine or to keep them twice; a station may go on
    /// serving them here. Uploads on their way, and a fieldflash.json, stay behind
    Copy(copy::Copy),
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
    /// It is no link that can be signed.
    #[error("{0}")]
    NotALink(&'static str),
    /// The release notes are too long for clients.
    #[error("the release notes have {0} bytes, at most {most} are allowed", most = crate::store::LONGEST_NOTES)]
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
        Command::Link(command) => link::link(command),
        Command::OnStore(command) => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run_on(&place, command))
        }
    }
}

async fn run_on(place: &Place, command: OnStore) -> Result<String, CommandError> {
    let store = Store::open(place, COMMAND_WAITS).await?;
    match command {
        OnStore::Release(command) => release::run(&store, command).await,
        OnStore::Device(command) => fleet::devices(&store, command).await,
        OnStore::Cohort(command) => fleet::cohorts(&store, command).await,
        OnStore::Token(command) => token::run(&store, command).await,
        OnStore::Audit(show) => record::audit(&store, &show).await,
        OnStore::Report(report) => record::report(&store, &report).await,
        OnStore::Key => Ok(format!("{}\n", store.project_key())),
        OnStore::Copy(command) => copy::copy(&store, place, command).await,
    }
}

/// A cohort made by a slip of the pen must not go unnoticed.
fn cohort_in_words(cohort: &Cohort, is_new: bool) -> String {
    if is_new { format!("cohort {cohort}, which is new") } else { format!("cohort {cohort}") }
}
