//! What the station keeps: `station.sqlite` and `payloads/` in the data folder; or PostgreSQL and a bucket instead.
//!
//! Several processes may use one folder at a time: the server answers while the command line adds a release. Any number
//! of stations may use one PostgreSQL database and one bucket.

mod adding;
mod audit;
mod catalogue;
mod clock;
mod cohort;
mod copy;
mod database;
mod deployment;
mod device;
mod error;
mod outcome;
mod payloads;
mod release;
mod schema;
mod token;
mod upload;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use adding::{Added, NewPayload};
pub use audit::{Actor, Audited};
pub use catalogue::{Catalogue, Deployment};
pub(crate) use clock::now;
pub use cohort::{Cohort, CohortError, CohortRecord};
pub use copy::Copied;
pub use database::{PostgresUrl, PostgresUrlError};
pub use deployment::{Deployed, DeploymentFilter, DeploymentRecord, Percent, PercentError, Rollout};
pub use device::DeviceRecord;
pub use error::StoreError;
pub use outcome::{Outcome, Reported, Tally};
pub use payloads::{BucketUrl, BucketUrlError, Bytestream, Payload, PayloadId, PayloadIdError};
pub use release::{ArtifactRecord, LONGEST_NOTES, Listed, Product, ReleaseRecord, SoftwareTypeRecord};
pub use token::{AccessToken, ORGANIZATION_TOKEN, Scope, ScopeError, TokenKind};
pub use upload::{MOST_PARTS, Upload};

use catalogue::Remembered;
use database::Database;
use device::Gathered;
use payloads::Payloads;
use schema::Project;

/// Where the store is.
#[derive(Debug, Clone)]
pub struct Place {
    /// The data folder; made if it is missing.
    pub folder: PathBuf,
    /// The database that is used instead of the one in the folder.
    pub database: Option<PostgresUrl>,
    /// The bucket for payloads that is used instead of the folder.
    pub payloads: Option<BucketUrl>,
}

/// The data folder and the database.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    payloads: Payloads,
    database: Arc<Database>,
    project: Project,
    remembered: Remembered,
    gathered: Arc<Gathered>,
}

impl Store {
    /// Opens the store; makes the folder, the tables and the project key if they are missing. While another process
    /// writes, what writes waits for `busy_timeout`, then fails with [`StoreError::Busy`].
    ///
    /// # Errors
    /// [`StoreError::Unwritable`], [`StoreError::Bucket`], [`StoreError::Newer`], [`StoreError::Busy`],
    /// [`StoreError::Unreachable`] or [`StoreError::Database`].
    pub async fn open(place: &Place, busy_timeout: Duration) -> Result<Self, StoreError> {
        let folder = &place.folder;
        let unwritable = |source| StoreError::Unwritable { path: folder.clone(), source };
        fs::create_dir_all(folder).map_err(unwritable)?;
        let payloads = Payloads::open(folder, place.payloads.as_ref()).await?;
        let (database, project) = Database::open(folder, place.database.as_ref(), busy_timeout).await?;
        Ok(Self {
            folder: folder.clone(),
            payloads,
            database: Arc::new(database),
            project,
            remembered: Remembered::default(),
            gathered: Arc::default(),
        })
    }

    /// Finishes what an end that came too early left behind: payloads that nothing refers to any more, uploads that
    /// have expired.
    ///
    /// # Errors
    /// [`StoreError::Payloads`], [`StoreError::Busy`] or another of the database.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        self.drop_payloads().await?;
        self.forget_uploads().await
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The project key: made with the database, and the same ever after.
    pub fn project_key(&self) -> &str {
        &self.project.key
    }

    /// What signs the addresses of payloads: made with the database, too, and the same for all stations on it. 64
    /// hexadecimal digits.
    pub fn link_secret(&self) -> &str {
        &self.project.link_secret
    }

    /// A payload, if it is held.
    ///
    /// # Errors
    /// [`StoreError::Payloads`].
    pub async fn payload(&self, id: &PayloadId) -> Result<Option<Payload>, StoreError> {
        self.payloads.get(id).await
    }
}
