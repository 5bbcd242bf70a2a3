//! Why the store could not do what was asked.

use std::io;
use std::path::{Path, PathBuf};

use release_feed::{HardwareVersion, SoftwareType, Version};
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

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
    /// The database was written by a newer station.
    #[error(
        "the database is of a newer version of the station; update the station, or choose another with --data or \
         --database"
    )]
    Newer,
    /// What is to be copied would be mixed with what is there.
    #[error("there are releases or devices there already; choose an empty place to copy to")]
    NotEmpty,
    /// Another process holds the database for longer than was waited.
    #[error("the database is in use by another program; try again in a moment")]
    Busy,
    /// There is no way to the database.
    #[error("the database cannot be reached: {0}; see that it runs, and that the address of --database is right")]
    Unreachable(String),
    /// The database is out of order.
    #[error("the database cannot be used: {}", in_words(.0))]
    Database(#[source] sqlx::Error),
    /// The operating system gave no random bytes.
    #[error("no key can be made, the system gives no random bytes: {0}")]
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
    /// Payloads cannot be read or written.
    #[error("payloads cannot be read or written: {0}")]
    Payloads(String),
    /// The bucket for payloads cannot be used.
    #[error("the bucket {url} cannot be used: {why}; see that --payloads and the variables AWS_… are right")]
    Bucket {
        /// Its address.
        url: String,
        /// Why not.
        why: String,
    },
    /// There is no such payload.
    #[error("the payload is not there")]
    NoPayload,
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
    /// There is no such deployment that is not aborted already.
    #[error("there is no deployment {0} that could be aborted")]
    NoDeployment(i64),
    /// The release cannot be removed while devices are offered it.
    #[error("{software_type} {version} is deployed to {cohorts}; withdraw it from there first")]
    Deployed {
        /// The component.
        software_type: SoftwareType,
        /// The release.
        version: Version,
        /// To whom.
        cohorts: String,
    },
    /// There is no such token that is not revoked already.
    #[error("there is no token {0} that could be revoked")]
    NoToken(i64),
    /// There is no such upload.
    #[error("there is no such upload; it may have expired, begin it again")]
    NoUpload,
    /// The upload has no such part.
    #[error("there is no part {number}; parts are numbered from 1 to {parts}")]
    NoSuchPart {
        /// What was asked for.
        number: u32,
        /// How many there are.
        parts: u32,
    },
    /// More was sent than was announced.
    #[error("more was sent than the {at_most} bytes that were still to come")]
    TooLong {
        /// Bytes that were to come.
        at_most: u64,
    },
    /// The upload is complete, so that nothing more is taken.
    #[error("the upload is complete already")]
    UploadComplete,
    /// Something of the upload is missing.
    #[error("the upload is not complete: {received} of {size} bytes are there, or other parts than were named")]
    UploadIncomplete {
        /// Bytes that were announced.
        size: u64,
        /// Bytes that are there.
        received: u64,
    },
    /// The payload is not the one that was announced.
    #[error("the payload has the MD5 {received}, not {announced}; upload it again")]
    WrongMd5 {
        /// What was announced.
        announced: String,
        /// What it has.
        received: String,
    },
    /// What was sent broke off.
    #[error("what was sent broke off: {0}")]
    BrokenOff(String),
}

/// PostgreSQL's codes for what goes away by itself: a lock that was waited for, a transaction that met another one.
const POSTGRES_BUSY: [&str; 3] = ["55P03", "40001", "40P01"];
/// SQLite's primary codes for the same: `SQLITE_BUSY` and `SQLITE_LOCKED`.
const SQLITE_BUSY: [u32; 2] = [5, 6];
/// SQLite's primary codes for what cannot be written: `SQLITE_READONLY` and `SQLITE_CANTOPEN`.
const SQLITE_UNWRITABLE: [u32; 2] = [8, 14];

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Payloads(error.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Unreachable(error.to_string()),
            sqlx::Error::PoolTimedOut => Self::Busy,
            _ if sqlite_code(&error).is_some_and(|code| SQLITE_BUSY.contains(&code)) => Self::Busy,
            _ if code.is_some_and(|code| POSTGRES_BUSY.contains(&&*code)) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// Says of a database file that cannot be written what a person can do: choose another folder.
    pub(super) fn about_folder(self, folder: &Path) -> Self {
        match self {
            Self::Database(error) if sqlite_code(&error).is_some_and(|code| SQLITE_UNWRITABLE.contains(&code)) => {
                Self::Unwritable { path: folder.to_owned(), source: io::Error::other(in_words(&error)) }
            }
            other => other,
        }
    }
}

/// The primary code of SQLite's error, without what the extended one adds.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?.try_downcast_ref::<SqliteError>()?;
    let extended: u32 = DatabaseError::code(error)?.parse().ok()?;
    Some(extended & 0xff)
}

/// What the database itself says, where it is the one that failed.
fn in_words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
