//! Adding payloads to releases.

use std::collections::BTreeMap;
use std::path::Path;

use release_feed::{HardwareVersion, SoftwareType, Version};
use sqlx::AnyConnection;

use super::audit::{Act, Actor, note};
use super::clock::now;
use super::deployment::{deploy, release_id};
use super::payloads::{Digests, Incoming, read_file};
use super::{Cohort, Deployed, Rollout, Store, StoreError};

/// What a payload is of and for.
#[derive(Debug, Clone)]
pub struct NewPayload<'a> {
    /// What is updated with it.
    pub software_type: &'a SoftwareType,
    /// The hardware that it is for.
    pub hardware_version: &'a HardwareVersion,
    /// The release's version.
    pub version: &'a Version,
    /// The revision of the sources; for a release that exists already, `None` leaves the one that it has.
    pub revision: Option<&'a str>,
    /// Release notes; `None` as above.
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

impl NewPayload<'_> {
    fn exists(&self) -> StoreError {
        StoreError::Exists {
            software_type: self.software_type.clone(),
            version: self.version.clone(),
            hardware_version: self.hardware_version.clone(),
        }
    }
}

impl Store {
    /// Stores a file as a payload and makes it an artifact of its release, which is made if it is missing; then deploys
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the release has a payload for this hardware, [`StoreError::Unreadable`],
    /// [`StoreError::Empty`], [`StoreError::Nameless`], [`StoreError::Payloads`], [`StoreError::Busy`] or another of the
    /// database.
    pub async fn add(&self, who: &Actor, path: &Path, new: &NewPayload<'_>) -> Result<Added, StoreError> {
        let filename = path.file_name().and_then(|name| name.to_str());
        let filename = filename.ok_or_else(|| StoreError::Nameless { path: path.to_owned() })?;
        let incoming = self.payloads.receive(read_file(path).await?).await?;
        if incoming.digests.size == 0 {
            return Err(StoreError::Empty { path: path.to_owned() });
        }
        self.add_incoming(who, filename, incoming, new).await
    }

    /// Makes a payload that is on the disk an artifact, and deploys its release where that is asked for.
    pub(super) async fn add_incoming(
        &self,
        who: &Actor,
        filename: &str,
        incoming: Incoming,
        new: &NewPayload<'_>,
    ) -> Result<Added, StoreError> {
        let size = incoming.digests.size;
        let mut change = self.database.change_catalogue().await?;
        let connection = change.connection();
        let (release, is_new_release) = release(connection, new).await?;
        artifact(connection, release, filename, &incoming.digests, new).await?;
        let subject = format!("{} {}", new.software_type, new.version);
        let details = format!("{}, {filename}, {size} bytes, SHA-256 {}", new.hardware_version, incoming.digests.id);
        note(connection, who, Act::PayloadAdded, &subject, &details).await?;
        let deployed = match new.cohort {
            Some(cohort) => Some(deploy(connection, who, release, cohort, Rollout::Normal).await?),
            None => None,
        };
        // Before the commit: a release whose payload is missing never exists.
        self.payloads.keep(incoming).await?;
        change.commit().await?;
        Ok(Added { filename: filename.to_owned(), size, is_new_release, deployed })
    }

    /// Refuses a payload for which there is no place, before its bytes are read.
    pub(super) async fn refuse_existing(&self, new: &NewPayload<'_>) -> Result<(), StoreError> {
        let query = sqlx::query_as::<_, (i64,)>(
            "SELECT artifact.id FROM artifact JOIN release ON release.id = release_id
             WHERE software_type = $1 AND version = $2 AND hardware_version = $3",
        );
        let query = query.bind(new.software_type.as_str()).bind(new.version.as_str());
        let query = query.bind(new.hardware_version.as_str());
        match query.fetch_optional(&mut *self.database.read().await?).await? {
            Some(_) => Err(new.exists()),
            None => Ok(()),
        }
    }

    /// Sets what else devices are told with a payload, instead of what they were told.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`] if there is no such release, or it has no payload for this hardware;
    /// [`StoreError::Busy`] or another of the database.
    pub async fn set_extra_info(
        &self,
        who: &Actor,
        software_type: &SoftwareType,
        version: &Version,
        hardware_version: &HardwareVersion,
        extra_info: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let release = release_id(change.connection(), software_type, version).await?;
        let json = serde_json::json!(extra_info).to_string();
        let update = sqlx::query("UPDATE artifact SET extra_info = $3 WHERE release_id = $1 AND hardware_version = $2");
        let update = update.bind(release).bind(hardware_version.as_str()).bind(&json);
        if update.execute(change.connection()).await?.rows_affected() == 0 {
            return Err(StoreError::NoRelease { software_type: software_type.clone(), version: version.clone() });
        }
        let subject = format!("{software_type} {version} {hardware_version}");
        note(change.connection(), who, Act::InfoSet, &subject, &json).await?;
        change.commit().await
    }
}

/// The release of a payload, which is made if it is missing, and whether it was.
async fn release(connection: &mut AnyConnection, new: &NewPayload<'_>) -> Result<(i64, bool), StoreError> {
    known(connection, "software_type", new.software_type.as_str()).await?;
    known(connection, "hardware_version", new.hardware_version.as_str()).await?;
    let insert = sqlx::query(
        "INSERT INTO release (software_type, version, notes, must_pass_through, created_date)
         VALUES ($1, $2, '', 0, $3) ON CONFLICT (software_type, version) DO NOTHING",
    );
    let insert = insert.bind(new.software_type.as_str()).bind(new.version.as_str()).bind(now());
    let is_new = insert.execute(&mut *connection).await?.rows_affected() == 1;
    let update = sqlx::query_scalar(
        "UPDATE release SET notes = coalesce($3, notes), revision = coalesce($4, revision),
                            must_pass_through = CASE WHEN $5 = 1 THEN 1 ELSE must_pass_through END
         WHERE software_type = $1 AND version = $2 RETURNING id",
    );
    let update = update.bind(new.software_type.as_str()).bind(new.version.as_str());
    let update = update.bind(new.notes).bind(new.revision).bind(i64::from(new.must_pass_through));
    Ok((update.fetch_one(connection).await?, is_new))
}

/// Sees that `table` has a name that devices may ask for.
async fn known(connection: &mut AnyConnection, table: &str, name: &str) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO {table} (name, created_date) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
    sqlx::query(&sql).bind(name).bind(now()).execute(connection).await?;
    Ok(())
}

async fn artifact(
    connection: &mut AnyConnection,
    release: i64,
    filename: &str,
    digests: &Digests,
    new: &NewPayload<'_>,
) -> Result<(), StoreError> {
    let insert = sqlx::query(
        "INSERT INTO artifact
         (release_id, hardware_version, filename, file_size, md5, sha1, sha256, extra_info, created_date)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (release_id, hardware_version) DO NOTHING",
    );
    let inserted = insert
        .bind(release)
        .bind(new.hardware_version.as_str())
        .bind(filename)
        .bind(digests.size as i64)
        .bind(&digests.md5)
        .bind(&digests.sha1)
        .bind(digests.id.as_str())
        .bind(serde_json::json!(new.extra_info).to_string())
        .bind(now())
        .execute(connection)
        .await?;
    if inserted.rows_affected() == 0 { Err(new.exists()) } else { Ok(()) }
}
