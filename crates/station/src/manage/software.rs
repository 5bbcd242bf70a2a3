//! Software types and their versions.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Data, InProject, parse};
use super::caller::Caller;
use crate::store::{Scope, SoftwareTypeRecord};
use crate::{Refusal, Station};

#[utoipa::path(
    get,
    path = "/software_type_values",
    tag = "software",
    responses((status = 200, body = Data<Vec<SoftwareTypeRecord>>))
)]
pub(super) async fn types(
    State(station): State<Station>,
    caller: Caller,
) -> Result<Data<Vec<SoftwareTypeRecord>>, Refusal> {
    caller.may(Scope::Read)?;
    Ok(Data { data: station.store.software_types().await? })
}

/// A version in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    software_type: String,
    version: String,
}

/// A version of a component that there is a release of.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SoftwareVersion {
    id: i64,
    version: String,
    revision: String,
    created_date: String,
}

#[utoipa::path(
    get,
    path = "/software_types/{software_type}/software_versions/{version}",
    tag = "software",
    params(("software_type" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = Data<SoftwareVersion>))
)]
pub(super) async fn version(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { software_type, version }): InProject<Named>,
) -> Result<Data<SoftwareVersion>, Refusal> {
    caller.may(Scope::Read)?;
    let (software_type, version) = (parse("software_type", &software_type)?, parse("version", &version)?);
    let found = station.store.releases(Some(&software_type), Some(&version)).await?.pop();
    let missing = || Refusal::Missing(format!("there is no version {version} of {software_type}"));
    let found = found.ok_or_else(missing)?;
    let created_date = found.created_date;
    Ok(Data { data: SoftwareVersion { id: found.id, version: found.version, revision: found.revision, created_date } })
}
