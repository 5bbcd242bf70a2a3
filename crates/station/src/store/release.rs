//! Releases and their artifacts, as people and their tools see them.

use release_feed::{SoftwareType, Version};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::audit::{Act, Actor, note};
use super::deployment::release_id;
use super::{Store, StoreError};

/// The most bytes of release notes: clients read an answer of a megabyte at most, and JSON may need 6 bytes for one.
pub const LONGEST_NOTES: usize = 64 << 10;

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

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleaseRecord {
    /// Its number.
    pub id: i64,
    /// What is updated with it.
    pub software_type: String,
    /// Its version.
    pub version: String,
    /// The revision of the sources; may be empty.
    pub revision: String,
    /// Release notes; may be empty.
    pub notes: String,
    /// Whether older devices must have it before any later one.
    pub must_pass_through: bool,
    /// When it was made, ISO 8601.
    pub created_date: String,
    /// Its payloads, in the order in which they were added.
    pub artifacts: Vec<ArtifactRecord>,
}

/// A payload of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArtifactRecord {
    /// Its number.
    pub id: i64,
    /// The hardware that it is for.
    pub hardware_version: String,
    /// The file's name.
    pub filename: String,
    /// Bytes.
    pub file_size: u64,
    /// MD5, hexadecimal.
    pub md5: String,
    /// SHA-1, hexadecimal.
    pub sha1: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Whatever else devices are told with it.
    #[schema(value_type = Object)]
    pub extra_info: Map<String, Value>,
    /// When it was added, ISO 8601.
    pub created_date: String,
}

/// A software type that there is or was a release of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SoftwareTypeRecord {
    /// Its name.
    pub name: String,
    /// When its first release was made, ISO 8601.
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
    /// All artifacts, those added last first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn list(&self) -> Result<Vec<Listed>, StoreError> {
        type Row = (String, String, String, String, i64, String, i64, Option<String>, String);
        let query = sqlx::query_as::<_, Row>(
            "SELECT software_type, version, hardware_version, filename, file_size, sha256, must_pass_through,
                    (SELECT string_agg(name, ' ' ORDER BY name) FROM deployment JOIN cohort ON cohort.id = cohort_id
                     WHERE release_id = release.id AND status <> 'aborted'),
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

    /// The releases that have this software type and version, where these are given; those made last first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn releases(
        &self,
        software_type: Option<&SoftwareType>,
        version: Option<&Version>,
    ) -> Result<Vec<ReleaseRecord>, StoreError> {
        type OfRelease = (i64, String, String, String, String, i64, String);
        type OfArtifact = (i64, i64, String, String, i64, String, String, String, String, String);
        const MATCHES: &str = "($1 = '' OR software_type = $1) AND ($2 = '' OR version = $2)";
        let (software_type, version) =
            (software_type.map_or("", SoftwareType::as_str), version.map_or("", Version::as_str));
        let mut connection = self.database.read().await?;
        let sql = format!(
            "SELECT id, software_type, version, revision, notes, must_pass_through, created_date
             FROM release WHERE {MATCHES} ORDER BY id DESC"
        );
        let rows = sqlx::query_as::<_, OfRelease>(&sql).bind(software_type).bind(version);
        let rows = rows.fetch_all(&mut *connection).await?;
        let mut releases: Vec<_> = rows
            .into_iter()
            .map(|(id, software_type, version, revision, notes, must_pass_through, created_date)| ReleaseRecord {
                id,
                software_type,
                version,
                revision,
                notes,
                must_pass_through: must_pass_through != 0,
                created_date,
                artifacts: vec![],
            })
            .collect();
        let sql = format!(
            "SELECT release_id, artifact.id, hardware_version, filename, file_size, md5, sha1, sha256, extra_info,
                    artifact.created_date
             FROM artifact JOIN release ON release.id = release_id WHERE {MATCHES} ORDER BY artifact.id"
        );
        let rows = sqlx::query_as::<_, OfArtifact>(&sql).bind(software_type).bind(version);
        for row in rows.fetch_all(&mut *connection).await? {
            // In falling order. A release that was made since is not among them.
            let Ok(place) = releases.binary_search_by(|release| row.0.cmp(&release.id)) else { continue };
            releases[place].artifacts.push(ArtifactRecord {
                id: row.1,
                hardware_version: row.2,
                filename: row.3,
                file_size: row.4.unsigned_abs(),
                md5: row.5,
                sha1: row.6,
                sha256: row.7,
                extra_info: serde_json::from_str(&row.8).unwrap_or_default(),
                created_date: row.9,
            });
        }
        Ok(releases)
    }

    /// All software types that there are or were releases of, by name.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn software_types(&self) -> Result<Vec<SoftwareTypeRecord>, StoreError> {
        let query = sqlx::query_as("SELECT name, created_date FROM software_type ORDER BY name");
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        Ok(rows.into_iter().map(|(name, created_date)| SoftwareTypeRecord { name, created_date }).collect())
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

    /// Removes a release that is deployed to nobody, and those of its payloads that no other release has.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::Deployed`], [`StoreError::Busy`] or another of the database.
    pub async fn remove_release(
        &self,
        who: &Actor,
        software_type: &SoftwareType,
        version: &Version,
    ) -> Result<(), StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let connection = change.connection();
        let release = release_id(connection, software_type, version).await?;
        let cohorts: Option<String> = sqlx::query_scalar(
            "SELECT string_agg(name, ', ' ORDER BY name) FROM deployment JOIN cohort ON cohort.id = cohort_id
             WHERE release_id = $1 AND status <> 'aborted'",
        )
        .bind(release)
        .fetch_one(&mut *connection)
        .await?;
        if let Some(cohorts) = cohorts {
            let (software_type, version) = (software_type.clone(), version.clone());
            return Err(StoreError::Deployed { software_type, version, cohorts });
        }
        for sql in [
            "INSERT INTO dropped_payload (sha256) SELECT DISTINCT sha256 FROM artifact WHERE release_id = $1
             ON CONFLICT (sha256) DO NOTHING",
            "DELETE FROM artifact WHERE release_id = $1",
            "DELETE FROM deployment WHERE release_id = $1",
            "DELETE FROM release WHERE id = $1",
        ] {
            sqlx::query(sql).bind(release).execute(&mut *connection).await?;
        }
        note(connection, who, Act::ReleaseRemoved, &format!("{software_type} {version}"), "").await?;
        change.commit().await?;
        self.drop_payloads().await
    }

    /// Removes the payloads whose last artifact is gone.
    pub(super) async fn drop_payloads(&self) -> Result<(), StoreError> {
        const DROPPED: &str = "SELECT sha256 FROM dropped_payload";
        let is_any = sqlx::query(DROPPED).fetch_optional(&mut *self.database.read().await?).await?.is_some();
        if !is_any {
            return Ok(());
        }
        // Who adds the same payload meanwhile waits, and finds it gone; or was first, and it stays.
        let mut change = self.database.change_catalogue().await?;
        let sql = "DELETE FROM dropped_payload WHERE sha256 IN (SELECT sha256 FROM artifact)";
        sqlx::query(sql).execute(change.connection()).await?;
        let dropped: Vec<(String,)> = sqlx::query_as(DROPPED).fetch_all(change.connection()).await?;
        for payload in dropped.iter().filter_map(|(sha256,)| sha256.parse().ok()) {
            self.payloads.remove(&payload).await?;
        }
        sqlx::query("DELETE FROM dropped_payload").execute(change.connection()).await?;
        change.commit().await
    }
}
