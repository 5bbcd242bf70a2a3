//! How updates of devices ended, as those report it who carried them out.

use std::time::Duration;

use release_feed::{DeviceSerial, HardwareVersion, SoftwareType, Version};
use serde::Serialize;

use super::clock::ago;
use super::{Store, StoreError};

/// How an update of a device ended.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// How long ago it ended.
    pub age: Duration,
    /// Which device, where the deployment wants that to be kept.
    pub device_serial: Option<&'a DeviceSerial>,
    /// Its hardware version.
    pub hardware_version: &'a HardwareVersion,
    /// Its chip, as the page names it, where it is known.
    pub chip: Option<&'a str>,
    /// What was updated.
    pub software_type: &'a SoftwareType,
    /// What it ran before, where that is known.
    pub from_version: Option<&'a Version>,
    /// What it was to run.
    pub to_version: &'a Version,
    /// The code of what went wrong; `None` for a device that runs the new version.
    pub failure: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
}

/// An outcome that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// Its number: later ones are higher.
    pub id: i64,
    /// When it ended, ISO 8601: as far as it was told how long ago that was, else when it was reported.
    pub date: String,
    /// Which device; empty if that was not told.
    pub device_serial: String,
    /// Its hardware version.
    pub hardware_version: String,
    /// Its chip; empty if that is not known.
    pub chip: String,
    /// What was updated.
    pub software_type: String,
    /// What it ran before; empty if that is not known.
    pub from_version: String,
    /// What it was to run.
    pub to_version: String,
    /// `updated` or `failed`.
    pub result: String,
    /// The code of what went wrong; empty when nothing did.
    pub reason: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// How the updates to one version ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// What was updated.
    pub software_type: String,
    /// What it was to run.
    pub to_version: String,
    /// `updated` or `failed`.
    pub result: String,
    /// The code of what went wrong; empty when nothing did.
    pub reason: String,
    /// How often.
    pub count: i64,
}

/// How many outcomes are kept: whoever has the project key may report, and is not to fill the disk.
const KEPT: i64 = 1_000_000;

impl Store {
    /// Keeps an outcome, and of all the latest million.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn report(&self, outcome: &Outcome<'_>) -> Result<(), StoreError> {
        let mut change = self.database.change().await?;
        let insert = sqlx::query_scalar(
            "INSERT INTO outcome (date, device_serial, hardware_version, software_type, from_version, to_version,
                                  result, reason, duration_ms, chip)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        );
        let id: i64 = insert
            .bind(ago(outcome.age))
            .bind(outcome.device_serial.map_or("", DeviceSerial::as_str))
            .bind(outcome.hardware_version.as_str())
            .bind(outcome.software_type.as_str())
            .bind(outcome.from_version.map_or("", Version::as_str))
            .bind(outcome.to_version.as_str())
            .bind(if outcome.failure.is_none() { "updated" } else { "failed" })
            .bind(outcome.failure.unwrap_or_default())
            .bind(i64::from(outcome.duration_ms))
            .bind(outcome.chip.unwrap_or_default())
            .fetch_one(change.connection())
            .await?;
        sqlx::query("DELETE FROM outcome WHERE id <= $1").bind(id - KEPT).execute(change.connection()).await?;
        change.commit().await
    }

    /// At most `limit` outcomes, the latest first: of one device, where it is given, and only those before outcome
    /// `before`, where that is.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn outcomes(
        &self,
        device: Option<&DeviceSerial>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Reported>, StoreError> {
        type Row = (i64, String, String, String, String, String, String, String, String, i64, String);
        let query = sqlx::query_as(
            "SELECT id, date, device_serial, hardware_version, software_type, from_version, to_version, result, reason,
                    duration_ms, chip
             FROM outcome WHERE id < $1 AND ($2 = '' OR device_serial = $2) ORDER BY id DESC LIMIT $3",
        );
        let query = query.bind(before.unwrap_or(i64::MAX)).bind(device.map_or("", DeviceSerial::as_str));
        let rows: Vec<Row> = query.bind(i64::from(limit)).fetch_all(&mut *self.database.read().await?).await?;
        let reported = |row: Row| Reported {
            id: row.0,
            date: row.1,
            device_serial: row.2,
            hardware_version: row.3,
            software_type: row.4,
            from_version: row.5,
            to_version: row.6,
            result: row.7,
            reason: row.8,
            duration_ms: row.9,
            chip: row.10,
        };
        Ok(rows.into_iter().map(reported).collect())
    }

    /// How often updates to each version ended in which way.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn tally(&self) -> Result<Vec<Tally>, StoreError> {
        let query = sqlx::query_as(
            "SELECT software_type, to_version, result, reason, count(*) FROM outcome
             GROUP BY software_type, to_version, result, reason
             ORDER BY software_type, to_version, result DESC, reason",
        );
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        let tally = |(software_type, to_version, result, reason, count)| Tally {
            software_type,
            to_version,
            result,
            reason,
            count,
        };
        Ok(rows.into_iter().map(tally).collect())
    }
}
