//! Deployments: which releases a cohort is to have.

use std::fmt;
use std::str::FromStr;

use release_feed::{SoftwareType, Version};
use serde::Serialize;
use sqlx::AnyConnection;

use super::audit::{Act, Actor, note};
use super::clock::now;
use super::cohort::id_of;
use super::{Cohort, Store, StoreError};

/// A share of a cohort's devices: 1 to 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Percent(u8);

impl Percent {
    /// All devices.
    pub const ALL: Self = Self(100);

    /// The number, 1 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// A number that is no such share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a rollout is to 1 to 100 percent of the devices")]
pub struct PercentError;

impl TryFrom<i64> for Percent {
    type Error = PercentError;

    fn try_from(number: i64) -> Result<Self, PercentError> {
        match u8::try_from(number) {
            Ok(number @ 1..=100) => Ok(Self(number)),
            _ => Err(PercentError),
        }
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        text.parse::<i64>().map_err(|_| PercentError)?.try_into()
    }
}

/// How a release comes to a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// To all devices at once.
    Normal,
    /// To a share of the devices, which may be raised.
    Staged(Percent),
}

impl Rollout {
    /// As the API writes it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Staged(_) => "staged_rollout",
        }
    }

    /// How many of the devices have their turn.
    pub fn percent(self) -> Percent {
        match self {
            Self::Normal => Percent::ALL,
            Self::Staged(percent) => percent,
        }
    }

    /// As the API writes it, for a deployment that is not aborted.
    fn status(self) -> &'static str {
        if self.percent() == Percent::ALL { DONE } else { IN_PROGRESS }
    }
}

impl fmt::Display for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("all devices"),
            Self::Staged(Percent(percent)) => write!(f, "{percent} % of the devices"),
        }
    }
}

/// The status of a staged rollout that not all devices are part of yet.
const IN_PROGRESS: &str = "in_progress";
/// The status of a deployment to all devices.
const DONE: &str = "done";
/// The status of a deployment that no device is offered any more.
const ABORTED: &str = "aborted";

/// A deployment that there is or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentRecord {
    /// Its number, and its place in the order of deployment.
    pub id: i64,
    /// The release's number.
    pub release_id: i64,
    /// What is updated with it.
    pub software_type: String,
    /// Its version.
    pub version: String,
    /// To whom.
    pub cohort: String,
    /// `normal` or `staged_rollout`.
    pub kind: String,
    /// 1 to 100; 100 for a normal one.
    pub rollout_percent: i64,
    /// `in_progress`, `done` or `aborted`.
    pub status: String,
    /// When it was deployed, ISO 8601.
    pub created_date: String,
    /// When its share was last changed or it was aborted.
    pub updated_date: String,
}

impl DeploymentRecord {
    /// Whether devices are offered the release by it.
    pub fn is_active(&self) -> bool {
        self.status != ABORTED
    }
}

/// What deploying did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The deployment.
    pub deployment: DeploymentRecord,
    /// The release was deployed to the cohort in just that way already.
    pub already: bool,
    /// The cohort is a new one, without devices.
    pub is_new_cohort: bool,
}

/// Which deployments are looked for: all that have what is given here.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeploymentFilter<'a> {
    /// The cohort.
    pub cohort: Option<&'a Cohort>,
    /// The software type of the release.
    pub software_type: Option<&'a SoftwareType>,
    /// The version of the release.
    pub version: Option<&'a Version>,
}

impl Store {
    /// Deploys a release to a cohort; makes the cohort if there is none of that name. One that is deployed already goes
    /// over to the new `rollout`, and keeps its number: who had their turn keeps it when the share is raised.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::Busy`] or another of the database.
    pub async fn deploy(
        &self,
        who: &Actor,
        software_type: &SoftwareType,
        version: &Version,
        cohort: &Cohort,
        rollout: Rollout,
    ) -> Result<Deployed, StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let release = release_id(change.connection(), software_type, version).await?;
        let deployed = deploy(change.connection(), who, release, cohort, rollout).await?;
        change.commit().await?;
        Ok(deployed)
    }

    /// Aborts the deployment of a release to a cohort: no device is offered the release by it any more; those that have
    /// it keep it.
    ///
    /// # Errors
    /// [`StoreError::NoRelease`], [`StoreError::NotDeployed`], [`StoreError::Busy`] or another of the database.
    pub async fn withdraw(
        &self,
        who: &Actor,
        software_type: &SoftwareType,
        version: &Version,
        cohort: &Cohort,
    ) -> Result<DeploymentRecord, StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let release = release_id(change.connection(), software_type, version).await?;
        let id = active(change.connection(), release, cohort).await?.map(|deployment| deployment.id);
        let aborted = match id {
            Some(id) => abort(change.connection(), who, id).await?,
            None => None,
        };
        let aborted = aborted.ok_or_else(|| StoreError::NotDeployed {
            software_type: software_type.clone(),
            version: version.clone(),
            cohort: cohort.clone(),
        })?;
        change.commit().await?;
        Ok(aborted)
    }

    /// Aborts a deployment by its number, as [`Store::withdraw`] does.
    ///
    /// # Errors
    /// [`StoreError::NoDeployment`] if there is none of that number that is not aborted already, [`StoreError::Busy`]
    /// or another of the database.
    pub async fn abort(&self, who: &Actor, id: i64) -> Result<DeploymentRecord, StoreError> {
        let mut change = self.database.change_catalogue().await?;
        let aborted = abort(change.connection(), who, id).await?.ok_or(StoreError::NoDeployment(id))?;
        change.commit().await?;
        Ok(aborted)
    }

    /// The deployments that there are and were, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn deployments(&self, filter: DeploymentFilter<'_>) -> Result<Vec<DeploymentRecord>, StoreError> {
        let sql = select(
            "($1 = '' OR name = $1) AND ($2 = '' OR software_type = $2) AND ($3 = '' OR version = $3)
             ORDER BY deployment.id DESC",
        );
        let query = sqlx::query_as(&sql).bind(filter.cohort.map_or("", Cohort::as_str));
        let query = query.bind(filter.software_type.map_or("", SoftwareType::as_str));
        let query = query.bind(filter.version.map_or("", Version::as_str));
        let rows = query.fetch_all(&mut *self.database.read().await?).await?;
        Ok(rows.into_iter().map(record).collect())
    }
}

/// Deploys a release in a transaction that began with [`super::database::Database::change_catalogue`].
pub(super) async fn deploy(
    connection: &mut AnyConnection,
    who: &Actor,
    release: i64,
    cohort: &Cohort,
    rollout: Rollout,
) -> Result<Deployed, StoreError> {
    let (cohort_id, is_new_cohort) = id_of(connection, who, cohort).await?;
    let (kind, percent) = (rollout.kind(), i64::from(rollout.percent().get()));
    let (id, already) = match active(connection, release, cohort).await? {
        Some(held) if held.kind == kind && held.rollout_percent == percent => (held.id, true),
        Some(held) => {
            let update = sqlx::query(
                "UPDATE deployment SET kind = $2, rollout_percent = $3, status = $4, updated_date = $5 WHERE id = $1",
            );
            let update = update.bind(held.id).bind(kind).bind(percent).bind(rollout.status()).bind(now());
            update.execute(&mut *connection).await?;
            (held.id, false)
        }
        None => {
            let insert = sqlx::query_scalar(
                "INSERT INTO deployment (release_id, cohort_id, kind, rollout_percent, status, created_date,
                                         updated_date)
                 VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id",
            );
            let insert = insert.bind(release).bind(cohort_id).bind(kind).bind(percent).bind(rollout.status());
            (insert.bind(now()).fetch_one(&mut *connection).await?, false)
        }
    };
    let sql = select("deployment.id = $1");
    let deployment = record(sqlx::query_as(&sql).bind(id).fetch_one(&mut *connection).await?);
    if !already {
        let subject = format!("{} {}", deployment.software_type, deployment.version);
        note(connection, who, Act::ReleaseDeployed, &subject, &format!("{cohort}, {rollout}")).await?;
    }
    Ok(Deployed { deployment, already, is_new_cohort })
}

/// The deployment of a release to a cohort that is not aborted.
async fn active(
    connection: &mut AnyConnection,
    release: i64,
    cohort: &Cohort,
) -> Result<Option<DeploymentRecord>, StoreError> {
    let sql = select("release_id = $1 AND name = $2 AND status <> 'aborted'");
    let query = sqlx::query_as(&sql).bind(release).bind(cohort.as_str());
    Ok(query.fetch_optional(connection).await?.map(record))
}

async fn abort(connection: &mut AnyConnection, who: &Actor, id: i64) -> Result<Option<DeploymentRecord>, StoreError> {
    let update =
        sqlx::query("UPDATE deployment SET status = $2, updated_date = $3 WHERE id = $1 AND status <> 'aborted'");
    let aborted = update.bind(id).bind(ABORTED).bind(now()).execute(&mut *connection).await?;
    if aborted.rows_affected() == 0 {
        return Ok(None);
    }
    let sql = select("deployment.id = $1");
    let deployment = record(sqlx::query_as(&sql).bind(id).fetch_one(&mut *connection).await?);
    let subject = format!("{} {}", deployment.software_type, deployment.version);
    note(connection, who, Act::DeploymentAborted, &subject, &deployment.cohort).await?;
    Ok(Some(deployment))
}

type Row = (i64, i64, String, String, String, String, i64, String, String, String);

fn select(condition: &str) -> String {
    format!(
        "SELECT deployment.id, release_id, software_type, version, name, kind, rollout_percent, status,
                deployment.created_date, deployment.updated_date
         FROM deployment JOIN release ON release.id = release_id JOIN cohort ON cohort.id = cohort_id
         WHERE {condition}"
    )
}

fn record(row: Row) -> DeploymentRecord {
    DeploymentRecord {
        id: row.0,
        release_id: row.1,
        software_type: row.2,
        version: row.3,
        cohort: row.4,
        kind: row.5,
        rollout_percent: row.6,
        status: row.7,
        created_date: row.8,
        updated_date: row.9,
    }
}

/// The number of a release.
pub(super) async fn release_id(
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
