//! Why the store could not do what was asked.

use std::io;
use std::path::PathBuf;

use release_feed::{HardwareVersion, SoftwareType, Version};
use rusqlite::ErrorCode;

use super::Cohort;

/// Why the store could not do what was asked. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or written to.
    #[error("the data folder {} cannot be written to: {source}; choose another with --data", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The folder was written by a newer station.
    #[error(
        "the data folder is of a newer version of the station; update the station, or choose another folder with --data"
    )]
    Newer,
    /// Another process holds the database for longer than was waited.
    #[error("the data folder is in use by another program; try again in a moment")]
    Busy,
    /// The database is out of order.
    #[error("the database in the data folder cannot be used: {0}")]
    Database(#[source] rusqlite::Error),
    /// The operating system gave no random bytes.
    #[error("no project key can be made, the system gives no random bytes: {0}")]
    Random(String),
    /// The payload cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The payload has no bytes.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file's name cannot stand in an address.
    #[error("{} has no name that can be read as text; give the file another name", path.display())]
    Nameless {
        /// The file.
        path: PathBuf,
    },
    /// The payload cannot be stored.
    #[error("the payload cannot be stored in the data folder: {0}")]
    Storing(#[source] io::Error),
    /// The release has a payload for this hardware already.
    #[error(
        "{software_type} {version} has a payload for hardware version {hardware_version} already, which was left as it \
         is; give the new one another version"
    )]
    Exists {
        /// The component.
        software_type: SoftwareType,
        /// The release.
        version: Version,
        /// The hardware.
        hardware_version: HardwareVersion,
    },
    /// There is no such release.
    #[error("there is no release {software_type} {version}; `station release list` shows those that there are")]
    NoRelease {
        /// The component.
        software_type: SoftwareType,
        /// The release.
        version: Version,
    },
    /// The release is not deployed to the cohort.
    #[error("{software_type} {version} is not deployed to cohort {cohort}")]
    NotDeployed {
        /// The component.
        software_type: SoftwareType,
        /// The release.
        version: Version,
        /// The cohort.
        cohort: Cohort,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}
