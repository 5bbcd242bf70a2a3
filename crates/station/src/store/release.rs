//! Releases and their artifacts.

use std::collections::BTreeMap;
use std::path::Path;

use release_feed::{Artifact, FIRMWARE, HardwareVersion, Release, SoftwareType, Version};
use serde::Serialize;
use serde_json::Map;

use super::clock::now;
use super::deployment::deploy;
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
    /// [`StoreError::Empty`], [`StoreError::Nameless`], [`StoreError::Storing`], [`StoreError::Busy`] or another of the
    /// database.
    pub async fn add(&self, new: &NewPayload<'_>) -> Result<Added, StoreError> {
        let filename = new.path.file_name().and_then(|name| name.to_str());
        let filename = filename.ok_or_else(|| StoreError::Nameless { path: new.path.to_owned() })?.to_owned();
        let incoming = self.payloads.receive(new.path).await?;
        let size = incoming.size;
        let mut change = self.database.change_catalogue().await?;
        let connection = change.connection();
        let sql = "INSERT INTO release (software_type, version, notes, must_pass_through, created_date)
                   VALUES ($1, $2, '', 0, $3) ON CONFLICT (software_type, version) DO NOTHING";
        let insert = sqlx::query(sql).bind(new.software_type.as_str()).bind(new.version.as_str()).bind(now());
        let is_new_release = insert.execute(&mut *connection).await?.rows_affected() == 1;
        let sql = "UPDATE release SET notes = coalesce($3, notes),
                                      must_pass_through = CASE WHEN $4 = 1 THEN 1 ELSE must_pass_through END
                   WHERE software_type = $1 AND version = $2 RETURNING id";
        let update = sqlx::query_scalar(sql).bind(new.software_type.as_str()).bind(new.version.as_str());
        let update = update.bind(new.notes).bind(i64::from(new.must_pass_through));
        let release: i64 = update.fetch_one(&mut *connection).await?;
        let sql = "INSERT INTO artifact
                   (release_id, hardware_version, filename, file_size, md5, sha1, sha256, extra_info, created_date)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                   ON CONFLICT (release_id, hardware_version) DO NOTHING";
        let inserted = sqlx::query(sql)
            .bind(release)
            .bind(new.hardware_version.as_str())
            .bind(&filename)
            .bind(size as i64)
            .bind(&incoming.md5)
            .bind(&incoming.sha1)
            .bind(incoming.id.as_str())
            .bind(serde_json::json!(new.extra_info).to_string())
            .bind(now())
            .execute(&mut *connection)
            .await?;
        if inserted.rows_affected() == 0 {
            return Err(StoreError::Exists {
                software_type: new.software_type.clone(),
                version: new.version.clone(),
                hardware_version: new.hardware_version.clone(),
            });
        }
        let deployed = match new.cohort {
            Some(cohort) => Some(deploy(connection, release, cohort).await?),
            None => None,
        };
        // Before the commit: a release whose payload is missing never exists.
        self.payloads.keep(incoming).await?;
        change.commit().await?;
        Ok(Added { filename, size, is_new_release, deployed })
    }

    /// All artifacts, those added last first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn list(&self) -> Result<Vec<Listed>, StoreError> {
        type Row = (String, String, String, String, i64, String, i64, Option<String>, String);
        let query = sqlx::query_as::<_, Row>(
            "SELECT software_type, version, hardware_version, filename, file_size, sha256, must_pass_through,
                    (SELECT string_agg(name, ' ' ORDER BY name) FROM deployment JOIN cohort ON cohort.id = cohort_id
                     WHERE release_id = release.id AND active = 1),
                    artifact.created_date
             FROM artifact JOIN release ON release.id = release_id ORDER BY artifact.id DESC",
        );
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        let listed = |row: Row| Listed {
            software_type: row.0,
            version: row.1,
            hardware_version: row.2,
            filename: row.3,
            file_size: row.4.unsigned_abs(),
            sha256: row.5,
            must_pass_through: row.6 != 0,
            // No cohort's name has a space in it.
            cohorts: row.7.iter().flat_map(|names| names.split(' ')).map(str::to_owned).collect(),
            created_date: row.8,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Whether any release is of this software type, and whether any payload is for this hardware version.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn knows(&self, software: &SoftwareType, hardware: &HardwareVersion) -> Result<(bool, bool), StoreError> {
        let query = sqlx::query_as(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM release WHERE software_type = $1) THEN 1 ELSE 0 END,
                    CASE WHEN EXISTS (SELECT 1 FROM artifact WHERE hardware_version = $2) THEN 1 ELSE 0 END",
        );
        let query = query.bind(software.as_str()).bind(hardware.as_str());
        let (software, hardware): (i64, i64) = query.fetch_one(&mut *self.database.read().await?).await?;
        Ok((software != 0, hardware != 0))
    }

    /// What all releases have in common.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn product(&self) -> Result<Product, StoreError> {
        let query = sqlx::query_as(
            "SELECT (SELECT min(software_type) FROM release HAVING count(DISTINCT software_type) = 1),
                    (SELECT min(hardware_version) FROM artifact HAVING count(DISTINCT hardware_version) = 1)",
        );
        let (software_type, hardware_version) = query.fetch_one(&mut *self.database.read().await?).await?;
        Ok(Product { software_type, hardware_version })
    }

    /// A release as the API gives it, with its one artifact for this hardware: clients in the field take the first.
    /// `address` makes the address of a payload from its digest and its file's name. `None` if it is gone.
    pub(crate) async fn release(
        &self,
        id: i64,
        hardware_version: &HardwareVersion,
        reason: &str,
        address: impl Fn(&PayloadId, &str) -> String,
    ) -> Result<Option<Release>, StoreError> {
        type Row = (String, String, String, i64, String, i64, String, String, i64, String, String, String, String);
        let query = sqlx::query_as::<_, Row>(
            "SELECT release.created_date, version, revision, must_pass_through, notes,
                    artifact.id, artifact.created_date, filename, file_size, md5, sha1, sha256, extra_info
             FROM release JOIN artifact ON release_id = release.id
             WHERE release.id = $1 AND hardware_version = $2",
        );
        let query = query.bind(id).bind(hardware_version.as_str());
        let row = query.fetch_optional(&mut *self.database.read().await?).await?;
        let release = |row: Row| {
            let payload = row.11.parse().ok()?;
            let artifact = Artifact {
                id: Some(row.5),
                created_date: Some(row.6),
                kind: Some(FIRMWARE.to_owned()),
                hardware_version: Some(hardware_version.as_str().to_owned()),
                url: address(&payload, &row.7),
                filename: Some(row.7),
                file_size: Some(row.8.unsigned_abs()),
                md5: Some(row.9),
                sha1: Some(row.10),
                sha256: Some(row.11),
                extra_info: Some(serde_json::from_str(&row.12).unwrap_or_default()),
                ..Artifact::default()
            };
            Some(Release {
                id: Some(id),
                created_date: Some(row.0),
                display_name: Some(row.1.clone()),
                version: row.1,
                revision: Some(row.2),
                must_pass_through: Some(row.3 != 0),
                notes: Some(row.4),
                reason: Some(reason.to_owned()),
                is_delta: Some(false),
                extra_info: Some(Map::new()),
                artifacts: vec![artifact],
            })
        };
        Ok(row.and_then(release))
    }
}
