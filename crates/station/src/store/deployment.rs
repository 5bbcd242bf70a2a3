//! Deployments: which releases a cohort is to have.

use release_feed::{DeviceSerial, HardwareVersion, SoftwareType, Version};
use rusqlite::{OptionalExtension, Transaction};

use super::schema::NOW;
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
    /// [`StoreError::NoRelease`], [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn deploy(
        &self,
        software_type: &SoftwareType,
        version: &Version,
        cohort: &Cohort,
    ) -> Result<Deployed, StoreError> {
        self.change(|transaction| {
            let release = release_id(transaction, software_type, version)?;
            deploy(transaction, release, cohort)
        })
    }

    /// Withdraws a release from a cohort: no device of it is offered the release any more; those that have it keep it.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::NotDeployed`], [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn withdraw(&self, software_type: &SoftwareType, version: &Version, cohort: &Cohort) -> Result<(), StoreError> {
        self.change(|transaction| {
            let release = release_id(transaction, software_type, version)?;
            let withdrawn = transaction.execute(
                "UPDATE deployment SET active = 0
                 WHERE active AND release_id = ?1 AND cohort_id = (SELECT id FROM cohort WHERE name = ?2)",
                (release, cohort.as_str()),
            )?;
            if withdrawn == 0 {
                let (software_type, version) = (software_type.clone(), version.clone());
                return Err(StoreError::NotDeployed { software_type, version, cohort: cohort.clone() });
            }
            Ok(())
        })
    }

    /// All that is or was deployed of `software_type` to the device's cohort. A device not seen before is recorded.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn deployments(
        &self,
        serial: &DeviceSerial,
        software_type: &SoftwareType,
        hardware_version: &HardwareVersion,
    ) -> Result<Vec<Deployment>, StoreError> {
        let cohort = self.cohort_of(serial)?;
        let rows = self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT release.id, version, must_pass_through, deployment.id,
                        active AND EXISTS
                            (SELECT 1 FROM artifact WHERE release_id = release.id AND hardware_version = ?3)
                 FROM deployment JOIN release ON release.id = deployment.release_id
                 WHERE cohort_id = ?1 AND software_type = ?2",
            )?;
            let rows = statement.query_map((cohort, software_type.as_str(), hardware_version.as_str()), |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        // Only versions were put in; another program that wrote others in does not keep devices from these.
        let deployment = |(release, version, must_pass_through, order, is_offered): (_, String, _, _, _)| {
            Some(Deployment { release, version: version.parse().ok()?, must_pass_through, order, is_offered })
        };
        Ok(rows.into_iter().filter_map(deployment).collect())
    }
}

pub(super) fn deploy(transaction: &Transaction, release: i64, cohort: &Cohort) -> Result<Deployed, StoreError> {
    let (cohort, is_new_cohort) = cohort::id_of(transaction, cohort.as_str())?;
    let already = transaction
        .query_row("SELECT active FROM deployment WHERE release_id = ?1 AND cohort_id = ?2", (release, cohort), |row| {
            row.get(0)
        })
        .optional()?
        .unwrap_or(false);
    if !already {
        // Replaced and not updated: deployed again, it is the latest in the order of deployment.
        let sql = format!(
            "INSERT OR REPLACE INTO deployment (release_id, cohort_id, active, created_date) VALUES (?1, ?2, 1, {NOW})"
        );
        transaction.execute(&sql, (release, cohort))?;
    }
    Ok(Deployed { already, is_new_cohort })
}

fn release_id(transaction: &Transaction, software_type: &SoftwareType, version: &Version) -> Result<i64, StoreError> {
    transaction
        .query_row(
            "SELECT id FROM release WHERE software_type = ?1 AND version = ?2",
            (software_type.as_str(), version.as_str()),
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(|| StoreError::NoRelease { software_type: software_type.clone(), version: version.clone() })
}
