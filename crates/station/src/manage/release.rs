//! Releases.

use axum::extract::State;
use axum::http::StatusCode;
use release_feed::{SoftwareType, Version};
use serde::Deserialize;

use super::body::{Asked, Data, InProject, parse, parse_some};
use super::caller::Caller;
use crate::store::{ReleaseRecord, Scope};
use crate::{Refusal, Station};

/// A release in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    version: String,
}

/// Which of the releases of a version is meant.
#[derive(Debug, Deserialize)]
pub(super) struct OfType {
    software_type: Option<String>,
}

#[utoipa::path(
    get,
    path = "/releases",
    tag = "release",
    params(("software_type" = Option<String>, Query)),
    responses((status = 200, body = Data<Vec<ReleaseRecord>>))
)]
pub(super) async fn list(
    State(station): State<Station>,
    caller: Caller,
    Asked(OfType { software_type }): Asked<OfType>,
) -> Result<Data<Vec<ReleaseRecord>>, Refusal> {
    caller.may(Scope::Read)?;
    let software_type = parse_some("software_type", &software_type)?;
    Ok(Data { data: station.store.releases(software_type.as_ref(), None).await? })
}

#[utoipa::path(
    get,
    path = "/releases/{version}",
    tag = "release",
    params(("version" = String, Path), ("software_type" = Option<String>, Query)),
    responses((status = 200, body = Data<ReleaseRecord>))
)]
pub(super) async fn show(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { version }): InProject<Named>,
    Asked(OfType { software_type }): Asked<OfType>,
) -> Result<Data<ReleaseRecord>, Refusal> {
    caller.may(Scope::Read)?;
    Ok(Data { data: the_one(&station, &software_type, &parse("version", &version)?).await? })
}

#[utoipa::path(
    delete,
    path = "/releases/{version}",
    tag = "release",
    params(("version" = String, Path), ("software_type" = Option<String>, Query)),
    responses((status = 204))
)]
pub(super) async fn remove(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { version }): InProject<Named>,
    Asked(OfType { software_type }): Asked<OfType>,
) -> Result<StatusCode, Refusal> {
    let who = caller.may(Scope::Admin)?;
    let version = parse("version", &version)?;
    let release = the_one(&station, &software_type, &version).await?;
    station.store.remove_release(&who, &software_type_of(&release)?, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The release of a version. Memfault's tools name a release by that alone; here one is of a software type, too, which
/// must be said where it is not clear.
pub(super) async fn the_one(
    station: &Station,
    software_type: &Option<String>,
    version: &Version,
) -> Result<ReleaseRecord, Refusal> {
    let software_type = parse_some("software_type", software_type)?;
    let mut found = station.store.releases(software_type.as_ref(), Some(version)).await?;
    if found.len() > 1 {
        let types: Vec<_> = found.iter().map(|release| release.software_type.as_str()).collect();
        return Err(Refusal::BadRequest(format!(
            "there is a release {version} of each of the software types {}; say which with software_type",
            types.join(", ")
        )));
    }
    found.pop().ok_or_else(|| Refusal::Missing(format!("there is no release {version}")))
}

/// The software type of a release that the store has, which holds no others.
pub(super) fn software_type_of(release: &ReleaseRecord) -> Result<SoftwareType, Refusal> {
    parse("software_type", &release.software_type)
}
