//! What the station keeps: `station.sqlite` and `payloads/` in the data folder; or PostgreSQL instead of the former.
//!
//! Several processes may use one folder at a time: the server answers while the command line adds a release. Any number
//! of stations may use one PostgreSQL database.

mod clock;
mod cohort;
mod database;
mod deployment;
mod error;
mod payload_files;
mod release;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use cohort::Cohort;
pub use database::{PostgresUrl, PostgresUrlError};
pub use deployment::{Deployed, Deployment};
pub use error::StoreError;
pub use payload_files::PayloadId;
pub use release::{Added, Listed, NewPayload, Product};

use database::Database;
use payload_files::PayloadFiles;

/// Where the store is.
#[derive(Debug, Clone)]
pub struct Place {
    /// The data folder; made if it is missing.
    pub folder: PathBuf,
    /// The database that is used instead of the one in the folder.
    pub database: Option<PostgresUrl>,
}

/// The data folder and the database.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    payloads: PayloadFiles,
    database: Database,
    project_key: String,
}

impl Store {
    /// Opens the store; makes the folder, the tables and the project key if they are missing. While another process
    /// writes, what writes waits for `busy_timeout`, then fails with [`StoreError::Busy`].
    ///
    /// # Errors
    /// [`StoreError::Unwritable`], [`StoreError::Newer`], [`StoreError::Busy`], [`StoreError::Unreachable`] or
    /// [`StoreError::Database`].
    pub async fn open(place: &Place, busy_timeout: Duration) -> Result<Self, StoreError> {
        let folder = &place.folder;
        let unwritable = |source| StoreError::Unwritable { path: folder.clone(), source };
        fs::create_dir_all(folder).map_err(unwritable)?;
        let payloads = PayloadFiles::open(folder.join("payloads")).map_err(unwritable)?;
        let (database, project_key) = Database::open(folder, place.database.as_ref(), busy_timeout).await?;
        Ok(Self { folder: folder.clone(), payloads, database, project_key })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The project key: made with the database, and the same ever after.
    pub fn project_key(&self) -> &str {
        &self.project_key
    }

    /// Where a payload's file is, if it is held.
    pub fn payload(&self, id: &PayloadId) -> PathBuf {
        self.payloads.path(id)
    }
}
