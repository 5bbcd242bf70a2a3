//! Releases and their artifacts.

use std::collections::BTreeMap;
use std::path::Path;

use release_feed::{Artifact, FIRMWARE, HardwareVersion, Release, SoftwareType, Version};
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde_json::{Map, Value};

use super::deployment::deploy;
use super::schema::NOW;
use super::{Cohort, Deployed, PayloadId, Store, StoreError};

/// A payload to add, and the release that it is of.
#[derive(Debug, Clone)]
pub struct NewPayload<'a> {
    /// The file.
    pub path: &'a Path,
    /// What is updated with it.
    pub software_type: &'a SoftwareType,
    /// The hardware that it is for.
    pub hardware_version: &'a HardwareVersion,
    /// The release's version.
    pub version: &'a Version,
    /// Release notes; for a release that exists already, `None` leaves those that it has.
    pub notes: Option<&'a str>,
    /// Whether older devices must have this release before any later one. Once set it stays.
    pub must_pass_through: bool,
    /// Whatever else devices are to be told with the payload.
    pub extra_info: &'a BTreeMap<String, String>,
    /// The cohort to deploy the release to.
    pub cohort: Option<&'a Cohort>,
}

/// What adding a payload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The file's name.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// The release is new; otherwise the payload was added to one that existed.
    pub is_new_release: bool,
    /// What deploying did, where it was asked for.
    pub deployed: Option<Deployed>,
}

/// A payload of a release in the list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// What is updated with it.
    pub software_type: String,
    /// The release's version.
    pub version: String,
    /// The hardware that it is for.
    pub hardware_version: String,
    /// The file's name.
    pub filename: String,
    /// Bytes.
    pub file_size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Whether older devices must have this release before any later one.
    pub must_pass_through: bool,
    /// The cohorts that the release is deployed to.
    pub cohorts: Vec<String>,
    /// When it was added, ISO 8601.
    pub created_date: String,
}

/// What all releases of the station have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Product {
    /// The software type, if there is exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_type: Option<String>,
    /// The hardware version, if there is exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_version: Option<String>,
}

impl Store {
    /// Stores a payload and makes it an artifact of its release, which is made if it is missing; then deploys it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the release has a payload for this hardware, [`StoreError::Unreadable`],
    /// [`StoreError::Empty`], [`StoreError::Nameless`], [`StoreError::Storing`], [`StoreError::Busy`] or
    /// [`StoreError::Database`].
    pub fn add(&self, new: &NewPayload) -> Result<Added, StoreError> {
        let filename = new.path.file_name().and_then(|name| name.to_str());
        let filename = filename.ok_or_else(|| StoreError::Nameless { path: new.path.to_owned() })?.to_owned();
        let incoming = self.payloads.receive(new.path)?;
        let size = incoming.size;
        self.change(|transaction| {
            let sql = format!(
                "INSERT INTO release (software_type, version, notes, must_pass_through, created_date)
                 VALUES (?1, ?2, ?3, ?4, {NOW}) ON CONFLICT DO NOTHING"
            );
            let names = (new.software_type.as_str(), new.version.as_str());
            let notes = new.notes.unwrap_or_default();
            let is_new_release = transaction.execute(&sql, (names.0, names.1, notes, new.must_pass_through))? == 1;
            let release: i64 = transaction.query_row(
                "UPDATE release SET notes = ifnull(?3, notes), must_pass_through = must_pass_through OR ?4
                 WHERE software_type = ?1 AND version = ?2 RETURNING id",
                (names.0, names.1, new.notes, new.must_pass_through),
                |row| row.get(0),
            )?;
            let sql = format!(
                "INSERT INTO artifact
                 (release_id, hardware_version, filename, file_size, md5, sha1, sha256, extra_info, created_date)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, {NOW}) ON CONFLICT DO NOTHING"
            );
            let extra_info: Map<String, Value> =
                new.extra_info.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
            let inserted = transaction.execute(
                &sql,
                (
                    release,
                    new.hardware_version.as_str(),
                    &filename,
                    size as i64,
                    &incoming.md5,
                    &incoming.sha1,
                    incoming.id.as_str(),
                    Value::Object(extra_info).to_string(),
                ),
            )?;
            if inserted == 0 {
                return Err(StoreError::Exists {
                    software_type: new.software_type.clone(),
                    version: new.version.clone(),
                    hardware_version: new.hardware_version.clone(),
                });
            }
            let deployed = new.cohort.map(|cohort| deploy(transaction, release, cohort)).transpose()?;
            // Before the commit: a release whose payload is missing never exists.
            self.payloads.keep(incoming)?;
            Ok(Added { filename, size, is_new_release, deployed })
        })
    }

    /// All artifacts, those added last first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare(
                "SELECT software_type, version, hardware_version, filename, file_size, sha256, must_pass_through,
                        (SELECT group_concat(name, ' ') FROM
                            (SELECT name FROM deployment JOIN cohort ON cohort.id = cohort_id
                             WHERE release_id = release.id AND active ORDER BY name)),
                        artifact.created_date
                 FROM artifact JOIN release ON release.id = release_id ORDER BY artifact.id DESC",
            )?;
            let rows = statement.query_map((), |row| {
                let cohorts: Option<String> = row.get(7)?;
                Ok(Listed {
                    software_type: row.get(0)?,
                    version: row.get(1)?,
                    hardware_version: row.get(2)?,
                    filename: row.get(3)?,
                    file_size: row.get::<_, i64>(4)?.unsigned_abs(),
                    sha256: row.get(5)?,
                    must_pass_through: row.get(6)?,
                    // No cohort's name has a space in it.
                    cohorts: cohorts.iter().flat_map(|names| names.split(' ')).map(str::to_owned).collect(),
                    created_date: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Whether any release is of this software type, and whether any payload is for this hardware version.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn knows(&self, software: &SoftwareType, hardware: &HardwareVersion) -> Result<(bool, bool), StoreError> {
        self.with(|connection| {
            Ok(connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM release WHERE software_type = ?1),
                        EXISTS (SELECT 1 FROM artifact WHERE hardware_version = ?2)",
                (software.as_str(), hardware.as_str()),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?)
        })
    }

    /// What all releases have in common.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn product(&self) -> Result<Product, StoreError> {
        self.with(|connection| {
            Ok(connection.query_row(
                "SELECT (SELECT iif(count(DISTINCT software_type) = 1, min(software_type), NULL) FROM release),
                        (SELECT iif(count(DISTINCT hardware_version) = 1, min(hardware_version), NULL) FROM artifact)",
                (),
                |row| Ok(Product { software_type: row.get(0)?, hardware_version: row.get(1)? }),
            )?)
        })
    }

    /// A release as the API gives it, with its one artifact for this hardware: clients in the field take the first.
    /// `address` makes the address of a payload from its digest and its file's name. `None` if it is gone.
    pub(crate) fn release(
        &self,
        id: i64,
        hardware_version: &HardwareVersion,
        reason: &str,
        address: impl Fn(&PayloadId, &str) -> String,
    ) -> Result<Option<Release>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT release.created_date, version, revision, must_pass_through, notes,
                        artifact.id, artifact.created_date, filename, file_size, md5, sha1, sha256, extra_info
                 FROM release JOIN artifact ON release_id = release.id
                 WHERE release.id = ?1 AND hardware_version = ?2",
            )?;
            let release = statement.query_row((id, hardware_version.as_str()), |row| {
                let version: String = row.get(1)?;
                let filename: String = row.get(7)?;
                let sha256: String = row.get(11)?;
                let extra_info: String = row.get(12)?;
                let Ok(payload) = sha256.parse() else { return Ok(None) };
                let artifact = Artifact {
                    id: Some(row.get(5)?),
                    created_date: Some(row.get(6)?),
                    kind: Some(FIRMWARE.to_owned()),
                    hardware_version: Some(hardware_version.as_str().to_owned()),
                    url: address(&payload, &filename),
                    filename: Some(filename),
                    file_size: Some(row.get::<_, i64>(8)?.unsigned_abs()),
                    md5: Some(row.get(9)?),
                    sha1: Some(row.get(10)?),
                    sha256: Some(sha256),
                    extra_info: Some(serde_json::from_str(&extra_info).unwrap_or_default()),
                    ..Artifact::default()
                };
                Ok(Some(Release {
                    id: Some(id),
                    created_date: Some(row.get(0)?),
                    display_name: Some(version.clone()),
                    version,
                    revision: Some(row.get(2)?),
                    must_pass_through: Some(row.get(3)?),
                    notes: Some(row.get(4)?),
                    reason: Some(reason.to_owned()),
                    is_delta: Some(false),
                    extra_info: Some(Map::new()),
                    artifacts: vec![artifact],
                }))
            });
            Ok(release.optional()?.flatten())
        })
    }
}
