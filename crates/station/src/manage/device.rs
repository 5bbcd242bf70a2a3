//! Devices.

use axum::extract::State;
use release_feed::DeviceSerial;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Asked, Data, InProject, Sent, parse, parse_some};
use super::caller::Caller;
use super::cohort::existing;
use crate::store::{DeviceRecord, Scope};
use crate::{Refusal, Station};

/// Devices in one answer, unless another number is asked for.
const PAGE: u32 = 100;
/// The most devices in one answer.
const LARGEST_PAGE: u32 = 1000;

/// A device as the API writes it; what it never said is empty.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Device {
    device_serial: String,
    cohort: String,
    hardware_version: String,
    software_type: String,
    software_version: String,
    created_date: String,
    last_seen: String,
}

impl From<DeviceRecord> for Device {
    fn from(record: DeviceRecord) -> Self {
        Self {
            device_serial: record.serial,
            cohort: record.cohort,
            hardware_version: record.hardware_version,
            software_type: record.software_type,
            software_version: record.current_version,
            created_date: record.created_date,
            last_seen: record.last_seen,
        }
    }
}

/// Which devices are asked for, by their serial numbers.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    cohort: Option<String>,
    /// Those after this serial number: the last one of the page before.
    after: Option<String>,
    per_page: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/devices",
    tag = "device",
    params(("cohort" = Option<String>, Query), ("after" = Option<String>, Query), ("per_page" = Option<u32>, Query)),
    responses((status = 200, body = Data<Vec<Device>>))
)]
pub(super) async fn list(
    State(station): State<Station>,
    caller: Caller,
    Asked(filter): Asked<Filter>,
) -> Result<Data<Vec<Device>>, Refusal> {
    caller.may(Scope::Read)?;
    let (cohort, after) = (parse_some("cohort", &filter.cohort)?, parse_some("after", &filter.after)?);
    let limit = filter.per_page.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let devices = station.store.devices(cohort.as_ref(), after.as_ref(), limit).await?;
    Ok(Data { data: devices.into_iter().map(Device::from).collect() })
}

/// A device in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    serial: String,
}

#[utoipa::path(
    get,
    path = "/devices/{serial}",
    tag = "device",
    params(("serial" = String, Path)),
    responses((status = 200, body = Data<Device>))
)]
pub(super) async fn show(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { serial }): InProject<Named>,
) -> Result<Data<Device>, Refusal> {
    caller.may(Scope::Read)?;
    found(&station, &parse("device_serial", &serial)?).await
}

/// What may be changed of a device.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Change {
    cohort: String,
}

#[utoipa::path(
    patch,
    path = "/devices/{serial}",
    tag = "device",
    params(("serial" = String, Path)),
    request_body = Change,
    responses((status = 200, body = Data<Device>))
)]
pub(super) async fn change(
    State(station): State<Station>,
    caller: Caller,
    InProject(Named { serial }): InProject<Named>,
    Sent(Change { cohort }): Sent<Change>,
) -> Result<Data<Device>, Refusal> {
    let who = caller.may(Scope::Deploy)?;
    let serial = parse("device_serial", &serial)?;
    let cohort = existing(&station, &cohort).await?;
    station.store.assign(&who, &serial, &cohort).await?;
    found(&station, &serial).await
}

async fn found(station: &Station, serial: &DeviceSerial) -> Result<Data<Device>, Refusal> {
    let device = station.store.device(serial).await?;
    let missing = || Refusal::Missing(format!("there is no device {serial}"));
    Ok(Data { data: device.ok_or_else(missing)?.into() })
}
