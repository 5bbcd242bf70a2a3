//! Devices: their cohort, and what they said when they asked last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use release_feed::{DeviceSerial, LatestQuery, Version};
use serde::Serialize;
use sqlx::AnyConnection;

use super::audit::{Act, Actor, note};
use super::clock::{ago, now};
use super::cohort::id_of;
use super::database::Database;
use super::{Catalogue, Cohort, Store, StoreError};

/// How old the time may be that is held as a device's last: written each time, a fleet that asks would be one that
/// writes.
const SEEN_WITHIN: Duration = Duration::from_secs(60 * 60);
/// How long what devices say is gathered before it is written.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// How many devices' words are gathered at most. Those of others are lost until they ask again.
const GATHERED_AT_MOST: usize = 10_000;
/// Devices in one statement.
const AT_A_TIME: usize = 100;

/// A device that asked, or that was put into a cohort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceRecord {
    /// Its serial number.
    pub serial: String,
    /// The cohort that it is in.
    pub cohort: String,
    /// When it was first seen, ISO 8601.
    pub created_date: String,
    /// Its hardware version as it said last; empty if it never did, as the following ones.
    pub hardware_version: String,
    /// The software type that it asked for last.
    pub software_type: String,
    /// The version that it said last to run.
    pub current_version: String,
    /// When it asked last, ISO 8601, give or take an hour.
    pub last_seen: String,
}

/// What a device said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    hardware_version: String,
    software_type: String,
    current_version: String,
}

impl From<&LatestQuery> for Said {
    fn from(query: &LatestQuery) -> Self {
        Self {
            hardware_version: query.hardware_version.to_string(),
            software_type: query.software_type.to_string(),
            current_version: query.current_version.as_ref().map_or("", Version::as_str).to_owned(),
        }
    }
}

/// What devices said that is to be written soon.
#[derive(Debug, Default)]
pub(super) struct Gathered(Mutex<BTreeMap<String, Said>>);

impl Gathered {
    /// Adds what a device said. Gives back whether it is the first, so that somebody must see to the writing.
    fn add(&self, serial: &DeviceSerial, said: Said) -> bool {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = gathered.is_empty();
        if gathered.len() < GATHERED_AT_MOST {
            gathered.insert(serial.to_string(), said);
        }
        is_first
    }

    /// Writes what was gathered.
    async fn write(&self, database: &Database) -> Result<(), StoreError> {
        let gathered = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let gathered: Vec<_> = gathered.into_iter().collect();
        let now = now();
        for devices in gathered.chunks(AT_A_TIME) {
            let rows: Vec<_> = (0..devices.len()).map(|row| values(row * 4 + 2)).collect();
            let sql = format!(
                "WITH said (serial, hardware_version, software_type, current_version) AS (VALUES {})
                 UPDATE device SET hardware_version = said.hardware_version, software_type = said.software_type,
                                   current_version = said.current_version, last_seen = $1
                 FROM said WHERE device.serial = said.serial",
                rows.join(", ")
            );
            let mut update = sqlx::query(&sql).persistent(devices.len() == AT_A_TIME).bind(&now);
            for (serial, said) in devices {
                update = update.bind(serial).bind(&said.hardware_version);
                update = update.bind(&said.software_type).bind(&said.current_version);
            }
            let mut change = database.change().await?;
            update.execute(change.connection()).await?;
            change.commit().await?;
        }
        Ok(())
    }
}

fn values(first: usize) -> String {
    format!("(${}, ${}, ${}, ${})", first, first + 1, first + 2, first + 3)
}

impl Store {
    /// Who asks, in one question to the database: what can be offered, and the number of the device's cohort. A device
    /// not seen before is recorded in [`Cohort::DEFAULT`].
    pub(crate) async fn asked(&self, query: &LatestQuery) -> Result<(Arc<Catalogue>, i64), StoreError> {
        type Row = (i64, Option<i64>, Option<String>, Option<String>, Option<String>, Option<String>);
        let serial = &query.device_serial;
        let select = sqlx::query_as::<_, Row>(
            "SELECT changes, cohort_id, hardware_version, software_type, current_version, last_seen
             FROM project LEFT JOIN device ON device.serial = $1",
        );
        let row = select.bind(serial.as_str()).fetch_one(&mut *self.database.read().await?).await?;
        let said = Said::from(query);
        let (changes, cohort) = match row {
            (changes, Some(cohort), Some(hardware_version), Some(software_type), Some(current_version), last_seen) => {
                let held = Said { hardware_version, software_type, current_version };
                if held != said || last_seen.is_none_or(|seen| seen < ago(SEEN_WITHIN)) {
                    self.gather(serial, said);
                }
                (changes, cohort)
            }
            (changes, ..) => (changes, self.record(serial, &said).await?),
        };
        Ok((self.catalogue(changes).await?, cohort))
    }

    /// Writes a device that was not seen before into the default cohort. Gives back the cohort that it is in.
    async fn record(&self, serial: &DeviceSerial, said: &Said) -> Result<i64, StoreError> {
        let mut change = self.database.change().await?;
        // Another station may have been the first to see it; then it may be in another cohort by now.
        let insert = sqlx::query_scalar(
            "INSERT INTO device (serial, cohort_id, created_date, hardware_version, software_type, current_version,
                                 last_seen)
             SELECT $1, id, $2, $3, $4, $5, $2 FROM cohort WHERE name = $6
             ON CONFLICT (serial) DO UPDATE SET last_seen = $2 RETURNING cohort_id",
        );
        let insert = insert.bind(serial.as_str()).bind(now()).bind(&said.hardware_version).bind(&said.software_type);
        let insert = insert.bind(&said.current_version).bind(Cohort::DEFAULT);
        let cohort = insert.fetch_one(change.connection()).await?;
        change.commit().await?;
        Ok(cohort)
    }

    fn gather(&self, serial: &DeviceSerial, said: Said) {
        if self.gathered.add(serial, said) {
            let (gathered, database) = (Arc::clone(&self.gathered), Arc::clone(&self.database));
            tokio::spawn(async move {
                tokio::time::sleep(GATHERED_FOR).await;
                if let Err(error) = gathered.write(&database).await {
                    // They will ask again.
                    tracing::debug!("what devices said is not kept: {error}");
                }
            });
        }
    }

    /// Writes what devices said and is not written yet; to be called before the end.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.gathered.write(&self.database).await
    }

    /// Puts a device into a cohort, whether it was seen before or not. Gives back whether the cohort is new.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn assign(&self, who: &Actor, serial: &DeviceSerial, cohort: &Cohort) -> Result<bool, StoreError> {
        let mut change = self.database.change().await?;
        let connection = change.connection();
        let (id, is_new) = id_of(connection, who, cohort).await?;
        let sql = "INSERT INTO device (serial, cohort_id, created_date) VALUES ($1, $2, $3)
                   ON CONFLICT (serial) DO UPDATE SET cohort_id = $2";
        sqlx::query(sql).bind(serial.as_str()).bind(id).bind(now()).execute(&mut *connection).await?;
        note(connection, who, Act::DeviceAssigned, serial.as_str(), cohort.as_str()).await?;
        change.commit().await?;
        Ok(is_new)
    }

    /// A device, if it was ever seen or put into a cohort.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn device(&self, serial: &DeviceSerial) -> Result<Option<DeviceRecord>, StoreError> {
        let mut connection = self.database.read().await?;
        Ok(select(&mut connection, "serial = $1 AND $2 = ''", serial.as_str(), "", 1).await?.pop())
    }

    /// At most `limit` devices by their serial numbers: those after `after`, where it is given, and those of one
    /// cohort, where that is.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn devices(
        &self,
        cohort: Option<&Cohort>,
        after: Option<&DeviceSerial>,
        limit: u32,
    ) -> Result<Vec<DeviceRecord>, StoreError> {
        let (after, cohort) = (after.map_or("", DeviceSerial::as_str), cohort.map_or("", Cohort::as_str));
        let mut connection = self.database.read().await?;
        select(&mut connection, "serial > $1 AND ($2 = '' OR name = $2)", after, cohort, limit).await
    }
}

async fn select(
    connection: &mut AnyConnection,
    condition: &str,
    first: &str,
    second: &str,
    limit: u32,
) -> Result<Vec<DeviceRecord>, StoreError> {
    type Row = (String, String, String, String, String, String, String);
    let sql = format!(
        "SELECT serial, name, device.created_date, hardware_version, software_type, current_version, last_seen
         FROM device JOIN cohort ON cohort.id = cohort_id WHERE {condition} ORDER BY serial LIMIT $3"
    );
    let query = sqlx::query_as::<_, Row>(&sql).bind(first).bind(second).bind(i64::from(limit));
    let device = |(serial, cohort, created_date, hardware_version, software_type, current_version, last_seen)| {
        DeviceRecord { serial, cohort, created_date, hardware_version, software_type, current_version, last_seen }
    };
    Ok(query.fetch_all(connection).await?.into_iter().map(device).collect())
}
