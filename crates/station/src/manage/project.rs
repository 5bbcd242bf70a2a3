//! The project.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Data, InProject};
use super::caller::Caller;
use crate::store::Scope;
use crate::{Refusal, Station};

/// The project of an address.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    project: String,
}

/// The project, as clients look at it before they upload.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Project {
    name: String,
    slug: String,
    /// Bytes of a payload where clients are to send it in parts; 0 where they are not.
    max_ota_upload_size: u64,
}

#[utoipa::path(
    get,
    path = "/",
    tag = "project",
    responses((status = 200, body = Data<Project>))
)]
pub(super) async fn show(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { project }): InProject<Named>,
) -> Result<Data<Project>, Refusal> {
    caller.may(Scope::Read)?;
    let max_ota_upload_size = station.uploads.part.map_or(0, |_| station.uploads.largest);
    Ok(Data { data: Project { name: project.clone(), slug: project, max_ota_upload_size } })
}
