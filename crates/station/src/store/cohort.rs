//! Cohorts: groups of devices with a target release.

use std::fmt;
use std::str::FromStr;

use release_feed::DeviceSerial;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::schema::NOW;
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
    pub(crate) fn cohort_of(&self, serial: &DeviceSerial) -> Result<i64, StoreError> {
        let find = |connection: &Connection| {
            connection
                .query_row("SELECT cohort_id FROM device WHERE serial = ?", [serial.as_str()], |row| row.get(0))
                .optional()
        };
        // Reading does not wait for a writer, so it comes first.
        if let Some(cohort) = self.with(|connection| Ok(find(connection)?))? {
            return Ok(cohort);
        }
        self.change(|transaction| {
            if let Some(cohort) = find(transaction)? {
                return Ok(cohort);
            }
            let cohort = id_of(transaction, Cohort::DEFAULT)?.0;
            put(transaction, serial, cohort)?;
            Ok(cohort)
        })
    }

    /// Puts a device into a cohort, whether it was seen before or not. Gives back whether the cohort is new.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Database`].
    pub fn assign(&self, serial: &DeviceSerial, cohort: &Cohort) -> Result<bool, StoreError> {
        self.change(|transaction| {
            let (id, is_new) = id_of(transaction, cohort.as_str())?;
            put(transaction, serial, id)?;
            Ok(is_new)
        })
    }
}

fn put(transaction: &Transaction, serial: &DeviceSerial, cohort: i64) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO device (serial, cohort_id, created_date) VALUES (?1, ?2, {NOW})
         ON CONFLICT DO UPDATE SET cohort_id = ?2"
    );
    transaction.execute(&sql, (serial.as_str(), cohort))?;
    Ok(())
}

/// The number of the cohort of this name, and whether it had to be made.
pub(super) fn id_of(transaction: &Transaction, name: &str) -> Result<(i64, bool), StoreError> {
    let is_new = transaction.execute("INSERT INTO cohort (name) VALUES (?) ON CONFLICT DO NOTHING", [name])? == 1;
    let id = transaction.query_row("SELECT id FROM cohort WHERE name = ?", [name], |row| row.get(0))?;
    Ok((id, is_new))
}
