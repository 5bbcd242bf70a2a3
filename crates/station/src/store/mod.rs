//! What the station keeps: `station.sqlite` and `payloads/` in the data folder.
//!
//! Several processes may use one folder at a time: the server answers while the command line adds a release.

mod cohort;
mod deployment;
mod error;
mod payload_files;
mod release;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

pub use cohort::Cohort;
pub use deployment::{Deployed, Deployment};
pub use error::StoreError;
pub use payload_files::PayloadId;
pub use release::{Added, Listed, NewPayload, Product};

use payload_files::PayloadFiles;

/// The pause before a database that is busy is opened again.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// The data folder. What it does takes a moment and blocks the thread.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    payloads: PayloadFiles,
    busy_timeout: Duration,
    project_key: String,
    /// Connections that are open and not in use.
    idle: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens the folder; makes it, the database and the project key if they are missing. While another process writes,
    /// what writes waits for `busy_timeout`, then fails with [`StoreError::Busy`].
    ///
    /// # Errors
    /// [`StoreError::Unwritable`], [`StoreError::Newer`], [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn open(folder: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        let unwritable = |source| StoreError::Unwritable { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unwritable)?;
        let payloads = PayloadFiles::open(folder.join("payloads")).map_err(unwritable)?;
        let mut connection = connect(folder, busy_timeout)?;
        schema::migrate(&mut connection).map_err(|error| read_only(error, folder))?;
        let project_key = connection.query_row("SELECT key FROM project", (), |row| row.get(0))?;
        let idle = Mutex::new(vec![connection]);
        Ok(Self { folder: folder.to_owned(), payloads, busy_timeout, project_key, idle })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The project key: made with the folder, and the same ever after.
    pub fn project_key(&self) -> &str {
        &self.project_key
    }

    /// Where a payload's file is, if it is held.
    pub fn payload(&self, id: &PayloadId) -> PathBuf {
        self.payloads.path(id)
    }

    /// Does `work` with a connection of its own, so that no request waits for another.
    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut connection = match taken {
            Some(connection) => connection,
            None => connect(&self.folder, self.busy_timeout)?,
        };
        let result = work(&mut connection);
        idle().push(connection);
        result
    }

    /// Does `work` wholly or, if it fails, not at all.
    fn change<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }
}

fn connect(folder: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, StoreError> {
        let connection = Connection::open(folder.join("station.sqlite"))?;
        connection.busy_timeout(busy_timeout)?;
        // Readers and a writer do not wait for each other.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    // Going over to WAL does not wait for those who are just doing the same.
    let begun = Instant::now();
    loop {
        match open() {
            Err(StoreError::Busy) if begun.elapsed() < busy_timeout => thread::sleep(BUSY_PAUSE),
            result => return result.map_err(|error| read_only(error, folder)),
        }
    }
}

/// Says of a database that cannot be written what a person can do: choose another folder.
fn read_only(error: StoreError, folder: &Path) -> StoreError {
    match error {
        StoreError::Database(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)) =>
        {
            StoreError::Unwritable { path: folder.to_owned(), source: io::Error::other(error) }
        }
        other => other,
    }
}
