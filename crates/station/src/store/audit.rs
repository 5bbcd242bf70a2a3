//! The audit: who changed what, and when.

use std::env;
use std::fmt;

use serde::Serialize;
use sqlx::AnyConnection;

use super::clock::now;
use super::{AccessToken, Store, StoreError};

/// Who changes what the station holds, as it stands in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// Who gives a command on a machine of the station's: by the name that the system has for them.
    pub fn of_command_line() -> Self {
        let name = ["SUDO_USER", "USER", "USERNAME"].iter().find_map(|name| env::var(name).ok());
        Self(name.map_or_else(|| "command line".to_owned(), |name| format!("command line ({name})")))
    }
}

impl From<&AccessToken> for Actor {
    fn from(token: &AccessToken) -> Self {
        Self(format!("token {} ({})", token.id, token.name))
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was done, as it stands in the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    PayloadAdded,
    InfoSet,
    ReleaseRemoved,
    ReleaseDeployed,
    DeploymentAborted,
    CohortCreated,
    DeviceAssigned,
    TokenCreated,
    TokenRevoked,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::PayloadAdded => "payload_added",
            Self::InfoSet => "info_set",
            Self::ReleaseRemoved => "release_removed",
            Self::ReleaseDeployed => "release_deployed",
            Self::DeploymentAborted => "deployment_aborted",
            Self::CohortCreated => "cohort_created",
            Self::DeviceAssigned => "device_assigned",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
        }
    }
}

/// One row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audited {
    /// Its number: later ones are higher.
    pub id: i64,
    /// When, ISO 8601.
    pub date: String,
    /// Who.
    pub who: String,
    /// What was done: `payload_added`, `release_deployed` and so on.
    pub what: String,
    /// To what: a release, a device, a token.
    pub subject: String,
    /// What else is to be known of it; may be empty.
    pub details: String,
}

/// Writes a row, in the transaction that does what it tells of.
pub(super) async fn note(
    connection: &mut AnyConnection,
    who: &Actor,
    what: Act,
    subject: &str,
    details: &str,
) -> Result<(), StoreError> {
    let insert = sqlx::query("INSERT INTO audit (date, who, what, subject, details) VALUES ($1, $2, $3, $4, $5)");
    let insert = insert.bind(now()).bind(&who.0).bind(what.as_str()).bind(subject).bind(details);
    insert.execute(connection).await?;
    Ok(())
}

impl Store {
    /// At most `limit` rows of the audit, the latest first; only those before row `before`, where it is given.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<Audited>, StoreError> {
        let sql = "SELECT id, date, who, what, subject, details FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let query = sqlx::query_as(sql).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        let audited = |(id, date, who, what, subject, details)| Audited { id, date, who, what, subject, details };
        Ok(rows.into_iter().map(audited).collect())
    }
}
