//! Cohorts.

use axum::extract::State;
use axum::http::StatusCode;
use release_feed::DeviceSerial;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Data, InProject, Sent, parse};
use super::caller::Caller;
use crate::store::{Cohort, CohortRecord, Scope};
use crate::{Refusal, Station};

/// Devices that are assigned with one request.
const MOST_DEVICES: usize = 1000;

/// A cohort as the API writes it. Its name is its slug.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cohort)]
pub(super) struct NamedCohort {
    id: i64,
    slug: String,
    name: String,
    created_date: String,
    count_devices: i64,
}

impl From<CohortRecord> for NamedCohort {
    fn from(record: CohortRecord) -> Self {
        let CohortRecord { id, name, created_date, devices } = record;
        Self { id, slug: name.clone(), name, created_date, count_devices: devices }
    }
}

#[utoipa::path(
    get,
    path = "/cohorts",
    tag = "cohort",
    responses((status = 200, body = Data<Vec<NamedCohort>>))
)]
pub(super) async fn list(State(station): State<Station>, caller: Caller) -> Result<Data<Vec<NamedCohort>>, Refusal> {
    caller.may(Scope::Read)?;
    Ok(Data { data: station.store.cohorts().await?.into_iter().map(NamedCohort::from).collect() })
}

/// A cohort to make.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ToMake {
    slug: String,
}

#[utoipa::path(
    post,
    path = "/cohorts",
    tag = "cohort",
    request_body = ToMake,
    responses((status = 201, body = Data<NamedCohort>))
)]
pub(super) async fn create(
    State(station): State<Station>,
    caller: Caller,
    Sent(ToMake { slug }): Sent<ToMake>,
) -> Result<(StatusCode, Data<NamedCohort>), Refusal> {
    let who = caller.may(Scope::Deploy)?;
    let cohort: Cohort = parse("slug", &slug)?;
    if !station.store.create_cohort(&who, &cohort).await? {
        return Err(Refusal::Conflict(format!("there is a cohort {cohort} already")));
    }
    let made = station.store.cohorts().await?.into_iter().find(|made| made.name == cohort.as_str());
    Ok((StatusCode::CREATED, Data { data: made.ok_or(Refusal::Unavailable)?.into() }))
}

/// A cohort in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    cohort: String,
}

/// Devices to put into it.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ToAssign {
    device_serials: Vec<String>,
}

/// How many were.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assigned {
    count_devices: usize,
}

/// Puts devices into a cohort, whether they were seen before or not.
#[utoipa::path(
    post,
    path = "/cohorts/{cohort}/devices",
    tag = "cohort",
    params(("cohort" = String, Path)),
    request_body = ToAssign,
    responses((status = 200, body = Data<Assigned>))
)]
pub(super) async fn assign(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { cohort }): InProject<Named>,
    Sent(ToAssign { device_serials }): Sent<ToAssign>,
) -> Result<Data<Assigned>, Refusal> {
    let who = caller.may(Scope::Deploy)?;
    if device_serials.len() > MOST_DEVICES {
        return Err(Refusal::BadRequest(format!("at most {MOST_DEVICES} devices can be assigned at a time")));
    }
    let cohort = existing(&station, &cohort).await?;
    let serials: Vec<DeviceSerial> =
        device_serials.iter().map(|serial| parse("device_serial", serial)).collect::<Result<_, _>>()?;
    for serial in &serials {
        station.store.assign(&who, serial, &cohort).await?;
    }
    Ok(Data { data: Assigned { count_devices: serials.len() } })
}

/// A cohort that there is. One that a slip of the pen named is not made: nobody would wait for a device of it.
pub(super) async fn existing(station: &Station, name: &str) -> Result<Cohort, Refusal> {
    let cohort: Cohort = parse("cohort", name)?;
    if station.store.cohorts().await?.iter().any(|known| known.name == name) {
        return Ok(cohort);
    }
    Err(Refusal::Missing(format!(
        "there is no cohort {cohort}; `station cohort new {cohort}` makes it, or a POST to cohorts"
    )))
}
