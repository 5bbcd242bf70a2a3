//! What devices can be offered, in memory.
//!
//! A fleet asks far more often than anybody deploys, so what can be offered is read once and remembered. The database
//! counts the changes of it, and each question that a device puts reads that count: a catalogue that is of another
//! count is read anew, whichever station or command made the change.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use release_feed::{Artifact, DeviceSerial, FIRMWARE, HardwareVersion, Release, SoftwareType, Version};
use serde_json::Map;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Connection};
use tokio::sync::Mutex;

use super::database::Database;
use super::{PayloadId, Store, StoreError};

/// A deployment as the feed sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its number, and its place in the order of deployment: a later one has a higher number.
    pub id: i64,
    /// The release's number.
    pub release: i64,
    /// Its version.
    pub version: Version,
    /// Whether older devices must have it before any later one.
    pub must_pass_through: bool,
    /// How many of the cohort's devices have their turn, 0 to 100; 0 if it is aborted.
    pub percent: u8,
}

impl Deployment {
    /// Whether a device has its turn.
    ///
    /// Each device has a place among a hundred, by a hash of its serial number and the deployment's number: the serial
    /// number, so that the answer is always the same and a raised share only adds devices; the deployment's number, so
    /// that it is not the same devices that go first each time. A hash spreads serial numbers that differ in a digit.
    pub fn has_turn(&self, serial: &DeviceSerial) -> bool {
        let place = || {
            let hash = Sha256::digest(format!("{} {serial}", self.id));
            u64::from_be_bytes(std::array::from_fn(|byte| hash[byte])) % 100
        };
        self.percent == 100 || place() < u64::from(self.percent)
    }
}

/// All that can be offered, to whom.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The count of changes that it is of.
    changes: i64,
    software_types: HashSet<String>,
    hardware_versions: HashSet<String>,
    /// By cohort and software type: all that is or was deployed, in the order of deployment.
    deployments: HashMap<i64, HashMap<String, Vec<Deployment>>>,
    /// By number; without artifacts, and without the reason.
    releases: HashMap<i64, Release>,
    /// By hardware version and the release's number. Their addresses are empty.
    artifacts: HashMap<String, HashMap<i64, (PayloadId, Artifact)>>,
}

impl Catalogue {
    /// Whether there is or was a release of this software type.
    pub fn knows_software(&self, name: &SoftwareType) -> bool {
        self.software_types.contains(name.as_str())
    }

    /// Whether there is or was a payload for this hardware version.
    pub fn knows_hardware(&self, name: &HardwareVersion) -> bool {
        self.hardware_versions.contains(name.as_str())
    }

    /// All that is or was deployed of a software type to a cohort, in the order of deployment.
    pub fn deployments(&self, cohort: i64, software_type: &SoftwareType) -> &[Deployment] {
        let of_cohort = self.deployments.get(&cohort);
        of_cohort.and_then(|deployments| deployments.get(software_type.as_str())).map_or(&[], Vec::as_slice)
    }

    /// Tells of a release, by its number, whether it has a payload for this hardware.
    pub fn has_payload(&self, hardware: &HardwareVersion) -> impl Fn(i64) -> bool + Copy {
        let artifacts = self.artifacts.get(hardware.as_str());
        move |release| artifacts.is_some_and(|artifacts| artifacts.contains_key(&release))
    }

    /// A release as the API gives it, with its one artifact for this hardware: clients in the field take the first.
    /// `address` makes the address of a payload from its digest and its file's name.
    pub fn release(
        &self,
        id: i64,
        hardware: &HardwareVersion,
        reason: &str,
        address: impl Fn(&PayloadId, &str) -> String,
    ) -> Option<Release> {
        let release = self.releases.get(&id)?;
        let (payload, artifact) = self.artifacts.get(hardware.as_str())?.get(&id)?;
        let url = address(payload, artifact.filename.as_deref().unwrap_or_default());
        let artifacts = vec![Artifact { url, ..artifact.clone() }];
        Some(Release { reason: Some(reason.to_owned()), artifacts, ..release.clone() })
    }

    async fn read(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let changes = sqlx::query_scalar("SELECT changes FROM project").fetch_one(&mut *connection).await?;
        let names = |name: (String,)| name.0;
        let software = sqlx::query_as("SELECT name FROM software_type").fetch_all(&mut *connection).await?;
        let hardware = sqlx::query_as("SELECT name FROM hardware_version").fetch_all(&mut *connection).await?;
        let mut catalogue = Self {
            changes,
            software_types: software.into_iter().map(names).collect(),
            hardware_versions: hardware.into_iter().map(names).collect(),
            ..Self::default()
        };
        catalogue.read_deployments(connection).await?;
        catalogue.read_releases(connection).await?;
        Ok(catalogue)
    }

    async fn read_deployments(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let query = sqlx::query_as(
            "SELECT cohort_id, software_type, deployment.id, release_id, version, must_pass_through,
                    CASE status WHEN 'aborted' THEN 0 ELSE rollout_percent END
             FROM deployment JOIN release ON release.id = release_id ORDER BY deployment.id",
        );
        let rows: Vec<(i64, String, i64, i64, String, i64, i64)> = query.fetch_all(connection).await?;
        for (cohort, software_type, id, release, version, must_pass_through, percent) in rows {
            // Only versions were put in; another program that wrote others in does not keep devices from these.
            let (Ok(version), Ok(percent)) = (version.parse(), percent.try_into()) else { continue };
            let must_pass_through = must_pass_through != 0;
            let deployments = self.deployments.entry(cohort).or_default().entry(software_type).or_default();
            deployments.push(Deployment { id, release, version, must_pass_through, percent });
        }
        Ok(())
    }

    /// Only releases that are deployed: notes are long.
    async fn read_releases(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        const DEPLOYED: &str = "IN (SELECT release_id FROM deployment WHERE status <> 'aborted')";
        let sql = format!(
            "SELECT id, version, revision, must_pass_through, notes, created_date FROM release WHERE id {DEPLOYED}"
        );
        let rows: Vec<(i64, String, String, i64, String, String)> =
            sqlx::query_as(&sql).fetch_all(&mut *connection).await?;
        for (id, version, revision, must_pass_through, notes, created_date) in rows {
            let release = Release {
                id: Some(id),
                created_date: Some(created_date),
                display_name: Some(version.clone()),
                version,
                revision: Some(revision),
                must_pass_through: Some(must_pass_through != 0),
                notes: Some(notes),
                is_delta: Some(false),
                extra_info: Some(Map::new()),
                ..Release::default()
            };
            self.releases.insert(id, release);
        }
        let sql = format!(
            "SELECT release_id, id, created_date, hardware_version, filename, file_size, md5, sha1, sha256, extra_info
             FROM artifact WHERE release_id {DEPLOYED}"
        );
        type Row = (i64, i64, String, String, String, i64, String, String, String, String);
        let rows: Vec<Row> = sqlx::query_as(&sql).fetch_all(connection).await?;
        for (release, id, created_date, hardware_version, filename, file_size, md5, sha1, sha256, extra_info) in rows {
            let Ok(payload) = sha256.parse() else { continue };
            let artifact = Artifact {
                id: Some(id),
                created_date: Some(created_date),
                kind: Some(FIRMWARE.to_owned()),
                hardware_version: Some(hardware_version.clone()),
                filename: Some(filename),
                file_size: Some(file_size.unsigned_abs()),
                md5: Some(md5),
                sha1: Some(sha1),
                sha256: Some(sha256),
                extra_info: Some(serde_json::from_str(&extra_info).unwrap_or_default()),
                ..Artifact::default()
            };
            self.artifacts.entry(hardware_version).or_default().insert(release, (payload, artifact));
        }
        Ok(())
    }
}

/// The catalogue that was read last. Who finds it to be of another count reads it, while the others wait for that.
#[derive(Debug)]
pub(super) struct Remembered {
    catalogue: RwLock<Arc<Catalogue>>,
    reading: Mutex<()>,
}

impl Default for Remembered {
    fn default() -> Self {
        // No database has such a count.
        let none = Catalogue { changes: -1, ..Catalogue::default() };
        Self { catalogue: RwLock::new(Arc::new(none)), reading: Mutex::default() }
    }
}

impl Remembered {
    fn of(&self, changes: i64) -> Option<Arc<Catalogue>> {
        let catalogue = self.catalogue.read().unwrap_or_else(PoisonError::into_inner);
        (catalogue.changes == changes).then(|| Arc::clone(&catalogue))
    }

    async fn read(&self, database: &Database) -> Result<Arc<Catalogue>, StoreError> {
        let mut connection = database.read().await?;
        // All of it as of one moment.
        let mut transaction = connection.begin_with(database.kind().begin_to_read()).await?;
        let catalogue = Arc::new(Catalogue::read(&mut transaction).await?);
        transaction.commit().await?;
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&catalogue);
        Ok(catalogue)
    }
}

impl Store {
    /// What can be offered, at the earliest as of this count of changes.
    pub(super) async fn catalogue(&self, changes: i64) -> Result<Arc<Catalogue>, StoreError> {
        if let Some(catalogue) = self.remembered.of(changes) {
            return Ok(catalogue);
        }
        let _turn = self.remembered.reading.lock().await;
        match self.remembered.of(changes) {
            Some(catalogue) => Ok(catalogue),
            None => {
                // Whoever removed a release removed its payloads, too.
                self.payloads.forget();
                self.remembered.read(&self.database).await
            }
        }
    }
}
