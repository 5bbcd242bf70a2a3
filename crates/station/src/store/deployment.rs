//! Deployments: which releases a cohort is to have.

use release_feed::{DeviceSerial, HardwareVersion, SoftwareType, Version};
use sqlx::AnyConnection;

use super::clock::now;
use super::{Cohort, Store, StoreError, cohort};

/// What deploying did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// The release was deployed to the cohort already.
    pub already: bool,
    /// The cohort is a new one, without devices.
    pub is_new_cohort: bool,
}

/// A release that is or was deployed to a device's cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The release's number.
    pub release: i64,
    /// Its version.
    pub version: Version,
    /// Whether older devices must have it before any later one.
    pub must_pass_through: bool,
    /// Its place in the order of deployment: a later one has a higher number.
    pub order: i64,
    /// Whether it may be offered: it is not withdrawn, and has a payload for the hardware.
    pub is_offered: bool,
}

impl Store {
    /// Deploys a release to a cohort; makes the cohort if there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::Busy`] or another of the database.
    pub async fn deploy(
        &self,
        software_type: &SoftwareType,
        version: &Version,
        cohort: &Cohort,
    ) -> Result<Deployed, StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let release = release_id(change.connection(), software_type, version).await?;
        let deployed = deploy(change.connection(), release, cohort).await?;
        change.commit().await?;
        Ok(deployed)
    }

    /// Withdraws a release from a cohort: no device of it is offered the release any more; those that have it keep it.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::NotDeployed`], [`StoreError::Busy`] or another of the database.
    pub async fn withdraw(
        &self,
        software_type: &SoftwareType,
        version: &Version,
        cohort: &Cohort,
    ) -> Result<(), StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let release = release_id(change.connection(), software_type, version).await?;
        let update = sqlx::query(
            "UPDATE deployment SET active = 0
             WHERE active = 1 AND release_id = $1 AND cohort_id = (SELECT id FROM cohort WHERE name = $2)",
        );
        let withdrawn = update.bind(release).bind(cohort.as_str()).execute(change.connection()).await?;
        if withdrawn.rows_affected() == 0 {
            let (software_type, version) = (software_type.clone(), version.clone());
            return Err(StoreError::NotDeployed { software_type, version, cohort: cohort.clone() });
        }
        change.commit().await
    }

    /// All that is or was deployed of `software_type` to the device's cohort. A device not seen before is recorded.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn deployments(
        &self,
        serial: &DeviceSerial,
        software_type: &SoftwareType,
        hardware_version: &HardwareVersion,
    ) -> Result<Vec<Deployment>, StoreError> {
        let cohort = self.cohort_of(serial).await?;
        let query = sqlx::query_as(
            "SELECT release.id, version, must_pass_through, deployment.id,
                    CASE WHEN active = 1 AND EXISTS
                        (SELECT 1 FROM artifact WHERE release_id = release.id AND hardware_version = $3)
                    THEN 1 ELSE 0 END
             FROM deployment JOIN release ON release.id = deployment.release_id
             WHERE cohort_id = $1 AND software_type = $2",
        );
        let query = query.bind(cohort).bind(software_type.as_str()).bind(hardware_version.as_str());
        let rows: Vec<(i64, String, i64, i64, i64)> = query.fetch_all(&mut *self.database.read().await?).await?;
        // Only versions were put in; another program that wrote others in does not keep devices from these.
        let deployment = |(release, version, must_pass_through, order, is_offered): (_, String, _, _, _)| {
            let version = version.parse().ok()?;
            let (must_pass_through, is_offered) = (must_pass_through != 0, is_offered != 0);
            Some(Deployment { release, version, must_pass_through, order, is_offered })
        };
        Ok(rows.into_iter().filter_map(deployment).collect())
    }
}

pub(super) async fn deploy(
    connection: &mut AnyConnection,
    release: i64,
    cohort: &Cohort,
) -> Result<Deployed, StoreError> {
    let (cohort, is_new_cohort) = cohort::id_of(connection, cohort).await?;
    let active = sqlx::query_scalar("SELECT active FROM deployment WHERE release_id = $1 AND cohort_id = $2");
    let active: Option<i64> = active.bind(release).bind(cohort).fetch_optional(&mut *connection).await?;
    if active != Some(1) {
        // Replaced and not updated: deployed again, it is the latest in the order of deployment.
        let delete = sqlx::query("DELETE FROM deployment WHERE release_id = $1 AND cohort_id = $2");
        delete.bind(release).bind(cohort).execute(&mut *connection).await?;
        let sql = "INSERT INTO deployment (release_id, cohort_id, active, created_date) VALUES ($1, $2, 1, $3)";
        sqlx::query(sql).bind(release).bind(cohort).bind(now()).execute(connection).await?;
    }
    Ok(Deployed { already: active == Some(1), is_new_cohort })
}

async fn release_id(
    connection: &mut AnyConnection,
    software_type: &SoftwareType,
    version: &Version,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar("SELECT id FROM release WHERE software_type = $1 AND version = $2")
        .bind(software_type.as_str())
        .bind(version.as_str())
        .fetch_optional(connection)
        .await?;
    id.ok_or_else(|| StoreError::NoRelease { software_type: software_type.clone(), version: version.clone() })
}
