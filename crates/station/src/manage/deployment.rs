//! Deployments.

use axum::extract::State;
use axum::http::StatusCode;
use release_feed::SoftwareType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Asked, Data, InProject, Sent, parse_some};
use super::caller::Caller;
use super::cohort::existing;
use super::payload::full_version;
use super::release::{software_type_of, the_one};
use crate::store::{DeploymentFilter, DeploymentRecord, Percent, Rollout, Scope};
use crate::{Refusal, Station};

/// A deployment as the API writes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deployment {
    id: i64,
    /// `normal` or `staged_rollout`.
    #[serde(rename = "type")]
    kind: String,
    /// `in_progress` (a staged rollout), `done` (to all devices) or `aborted`.
    status: String,
    rollout_percent: i64,
    release: Release,
    cohort: NamedCohort,
    created_date: String,
    updated_date: String,
    deployed_date: String,
}

/// What is deployed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeployedRelease)]
struct Release {
    id: i64,
    version: String,
    software_type: String,
}

/// To whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeployedCohort)]
struct NamedCohort {
    slug: String,
    name: String,
}

impl From<DeploymentRecord> for Deployment {
    fn from(record: DeploymentRecord) -> Self {
        Self {
            id: record.id,
            kind: record.kind,
            status: record.status,
            rollout_percent: record.rollout_percent,
            release: Release { id: record.release_id, version: record.version, software_type: record.software_type },
            cohort: NamedCohort { slug: record.cohort.clone(), name: record.cohort },
            deployed_date: record.created_date.clone(),
            created_date: record.created_date,
            updated_date: record.updated_date,
        }
    }
}

/// Which deployments are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    cohort: Option<String>,
    /// A version.
    release: Option<String>,
    software_type: Option<String>,
    /// Delta releases, of which there are none.
    delta_from: Option<String>,
}

#[utoipa::path(
    get,
    path = "/deployments",
    tag = "deployment",
    params(("cohort" = Option<String>, Query), ("release" = Option<String>, Query), ("software_type" = Option<String>, Query), ("delta_from" = Option<String>, Query)),
    responses((status = 200, body = Data<Vec<Deployment>>))
)]
pub(super) async fn list(
    State(station): State<Station>,
    caller: Caller,
    Asked(filter): Asked<Filter>,
) -> Result<Data<Vec<Deployment>>, Refusal> {
    caller.may(Scope::Read)?;
    if filter.delta_from.is_some() {
        return Ok(Data { data: vec![] });
    }
    let cohort = parse_some("cohort", &filter.cohort)?;
    let software_type = parse_some::<SoftwareType>("software_type", &filter.software_type)?;
    let version = parse_some("release", &filter.release)?;
    let filter =
        DeploymentFilter { cohort: cohort.as_ref(), software_type: software_type.as_ref(), version: version.as_ref() };
    let found = station.store.deployments(filter).await?;
    Ok(Data { data: found.into_iter().map(Deployment::from).collect() })
}

/// What to deploy to whom.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ToDeploy {
    #[serde(rename = "type")]
    kind: String,
    /// A version.
    release: serde_json::Value,
    /// Of which software type, where several have such a release.
    software_type: Option<String>,
    cohort: String,
    rollout_percent: Option<i64>,
}

impl ToDeploy {
    fn rollout(&self) -> Result<Rollout, Refusal> {
        let refused = |why: &str| Err(Refusal::BadRequest(why.to_owned()));
        match (self.kind.as_str(), self.rollout_percent) {
            ("normal", None | Some(100)) => Ok(Rollout::Normal),
            ("normal", Some(_)) => refused("a deployment of type normal is to all devices, without a rollout_percent"),
            ("staged_rollout", Some(percent)) => {
                let percent = Percent::try_from(percent).map_err(|error| Refusal::BadRequest(error.to_string()))?;
                Ok(Rollout::Staged(percent))
            }
            ("staged_rollout", None) => refused("a staged_rollout needs a rollout_percent of 1 to 100"),
            _ => refused("the type must be normal or staged_rollout"),
        }
    }
}

#[utoipa::path(
    post,
    path = "/deployments",
    tag = "deployment",
    request_body = ToDeploy,
    responses((status = 200, body = Data<Deployment>))
)]
pub(super) async fn create(
    State(station): State<Station>,
    caller: Caller,
    Sent(sent): Sent<ToDeploy>,
) -> Result<Data<Deployment>, Refusal> {
    let who = caller.may(Scope::Deploy)?;
    let rollout = sent.rollout()?;
    let version = full_version(&sent.release)?;
    let cohort = existing(&station, &sent.cohort).await?;
    let release = the_one(&station, &sent.software_type, &version).await?;
    let deployed = station.store.deploy(&who, &software_type_of(&release)?, &version, &cohort, rollout).await?;
    Ok(Data { data: deployed.deployment.into() })
}

/// A deployment in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Numbered {
    id: i64,
}

#[utoipa::path(
    get,
    path = "/deployments/{id}",
    tag = "deployment",
    params(("id" = i64, Path)),
    responses((status = 200, body = Data<Deployment>))
)]
pub(super) async fn show(
    State(station): State<Station>,
    caller: Caller,
    InProject(Numbered { id }): InProject<Numbered>,
) -> Result<Data<Deployment>, Refusal> {
    caller.may(Scope::Read)?;
    let all = station.store.deployments(DeploymentFilter::default()).await?;
    let found = all.into_iter().find(|deployment| deployment.id == id);
    let missing = || Refusal::Missing(format!("there is no deployment {id}"));
    Ok(Data { data: found.ok_or_else(missing)?.into() })
}

#[utoipa::path(
    delete,
    path = "/deployments/{id}",
    tag = "deployment",
    params(("id" = i64, Path)),
    responses((status = 204))
)]
pub(super) async fn abort(
    State(station): State<Station>,
    caller: Caller,
    InProject(Numbered { id }): InProject<Numbered>,
) -> Result<StatusCode, Refusal> {
    let who = caller.may(Scope::Deploy)?;
    station.store.abort(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
