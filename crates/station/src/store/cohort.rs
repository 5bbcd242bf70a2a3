//! Cohorts: groups of devices with a target release.

use std::fmt;
use std::str::FromStr;

use release_feed::DeviceSerial;
use sqlx::AnyConnection;

use super::clock::now;
use super::{Store, StoreError};

/// A cohort's name: 1 to 128 ASCII letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cohort(String);

impl Cohort {
    /// The cohort of all devices that are in no other.
    pub const DEFAULT: &str = "default";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no cohort's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cohort's name is 1 to 128 letters, digits, - and _")]
pub struct CohortError;

impl FromStr for Cohort {
    type Err = CohortError;

    fn from_str(text: &str) -> Result<Self, CohortError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(is_allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(CohortError) }
    }
}

impl Store {
    /// The number of the cohort that a device is in. A device not seen before is recorded in [`Cohort::DEFAULT`].
    pub(crate) async fn cohort_of(&self, serial: &DeviceSerial) -> Result<i64, StoreError> {
        // Reading does not wait for a writer, so it comes first.
        if let Some(cohort) = find(&mut *self.database.read().await?, serial).await? {
            return Ok(cohort);
        }
        let mut change = self.database.change().await?;
        let connection = change.connection();
        let sql = "INSERT INTO device (serial, cohort_id, created_date)
                   SELECT $1, id, $2 FROM cohort WHERE name = $3 ON CONFLICT (serial) DO NOTHING";
        let insert = sqlx::query(sql).bind(serial.as_str()).bind(now()).bind(Cohort::DEFAULT);
        insert.execute(&mut *connection).await?;
        // Another station may have been the first to see it.
        let cohort = find(connection, serial).await?.ok_or(sqlx::Error::RowNotFound)?;
        change.commit().await?;
        Ok(cohort)
    }

    /// Puts a device into a cohort, whether it was seen before or not. Gives back whether the cohort is new.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn assign(&self, serial: &DeviceSerial, cohort: &Cohort) -> Result<bool, StoreError> {
        let mut change = self.database.change().await?;
        let connection = change.connection();
        let (id, is_new) = id_of(connection, cohort).await?;
        let sql = "INSERT INTO device (serial, cohort_id, created_date) VALUES ($1, $2, $3)
                   ON CONFLICT (serial) DO UPDATE SET cohort_id = $2";
        sqlx::query(sql).bind(serial.as_str()).bind(id).bind(now()).execute(connection).await?;
        change.commit().await?;
        Ok(is_new)
    }
}

async fn find(connection: &mut AnyConnection, serial: &DeviceSerial) -> Result<Option<i64>, StoreError> {
    let query = sqlx::query_scalar("SELECT cohort_id FROM device WHERE serial = $1").bind(serial.as_str());
    Ok(query.fetch_optional(connection).await?)
}

/// The number of a cohort, and whether it had to be made.
pub(super) async fn id_of(connection: &mut AnyConnection, cohort: &Cohort) -> Result<(i64, bool), StoreError> {
    let insert = sqlx::query("INSERT INTO cohort (name) VALUES ($1) ON CONFLICT (name) DO NOTHING");
    let is_new = insert.bind(cohort.as_str()).execute(&mut *connection).await?.rows_affected() == 1;
    let id = sqlx::query_scalar("SELECT id FROM cohort WHERE name = $1").bind(cohort.as_str());
    Ok((id.fetch_one(connection).await?, is_new))
}
