//! Cohorts: groups of devices with a target release.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sqlx::AnyConnection;

use super::audit::{Act, Actor, note};
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

/// A cohort that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CohortRecord {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// When it was made, ISO 8601; empty for one that a station of the first version made.
    pub created_date: String,
    /// How many devices are in it.
    pub devices: i64,
}

impl Store {
    /// All cohorts, by name.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn cohorts(&self) -> Result<Vec<CohortRecord>, StoreError> {
        let query = sqlx::query_as(
            "SELECT id, name, created_date, (SELECT count(*) FROM device WHERE cohort_id = cohort.id)
             FROM cohort ORDER BY name",
        );
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        let cohort = |(id, name, created_date, devices)| CohortRecord { id, name, created_date, devices };
        Ok(rows.into_iter().map(cohort).collect())
    }

    /// Makes a cohort, unless there is one of that name. Gives back whether it is new.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn create_cohort(&self, who: &Actor, cohort: &Cohort) -> Result<bool, StoreError> {
        let mut change = self.database.change().await?;
        let (_, is_new) = id_of(change.connection(), who, cohort).await?;
        change.commit().await?;
        Ok(is_new)
    }
}

impl Store {
    /// The number of a cohort, where there is one of that name.
    pub(crate) async fn cohort_id(&self, cohort: &Cohort) -> Result<Option<i64>, StoreError> {
        let select = sqlx::query_scalar("SELECT id FROM cohort WHERE name = $1").bind(cohort.as_str());
        Ok(select.fetch_optional(&mut *self.database.read().await?).await?)
    }
}

/// The number of a cohort, and whether it had to be made.
pub(super) async fn id_of(
    connection: &mut AnyConnection,
    who: &Actor,
    cohort: &Cohort,
) -> Result<(i64, bool), StoreError> {
    let insert = sqlx::query("INSERT INTO cohort (name, created_date) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
    let inserted = insert.bind(cohort.as_str()).bind(now()).execute(&mut *connection).await?;
    let is_new = inserted.rows_affected() == 1;
    if is_new {
        note(connection, who, Act::CohortCreated, cohort.as_str(), "").await?;
    }
    let id = sqlx::query_scalar("SELECT id FROM cohort WHERE name = $1").bind(cohort.as_str());
    Ok((id.fetch_one(connection).await?, is_new))
}
