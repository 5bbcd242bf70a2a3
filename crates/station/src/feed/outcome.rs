//! How updates ended, as pages report it.

use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use release_feed::{OUTCOMES_PATH, OutcomeReport};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::check_key;
use crate::attempts::Attempts;
use crate::origin::Origin;
use crate::peer::Client;
use crate::store::Outcome;
use crate::{Refusal, Station};

/// Bytes of a report; its fields have 128 characters at most.
const LARGEST_REPORT: usize = 4 << 10;
/// Reports of a client in [`REPORTS_WITHIN`]: more than a workshop with a row of benches sends.
const REPORTS: u32 = 100;
/// See [`REPORTS`].
const REPORTS_WITHIN: Duration = Duration::from_secs(10 * 60);

/// How long ago an update may have ended that is told now: who works without a network for longer is dated by when it is heard.
const OLDEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Counts reports.
pub(crate) fn reports() -> Attempts {
    Attempts::new(REPORTS, REPORTS_WITHIN)
}

/// Where outcomes are reported.
pub(crate) fn report_routes() -> OpenApiRouter<Station> {
    let limit = DefaultBodyLimit::max(LARGEST_REPORT);
    let report = routes!(report).map(|route| route.layer(limit).fallback(async || Refusal::WrongMethod));
    OpenApiRouter::new().routes(report)
}

/// Takes how an update of a device ended.
#[utoipa::path(
    post,
    path = OUTCOMES_PATH,
    tag = "device",
    request_body(content = OutcomeReport, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, description = "It is kept")),
    security((), ("project_key" = []))
)]
async fn report(
    State(station): State<Station>,
    client: Client,
    origin: Origin,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<StatusCode, Refusal> {
    if station.gateway.is_none() {
        check_key(&station, &headers)?;
    } else if headers.get(header::ORIGIN).is_some_and(|from| from.as_bytes() != origin.to_string().as_bytes()) {
        // A gateway asks for no key: pages of other origins are not to speak in the name of who visits them.
        return Err(Refusal::OtherOrigin);
    }
    station.reports.check(client)?;
    station.reports.count(client);
    let Form(fields) = form.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::BadRequest(rejection.body_text()),
    })?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let report = OutcomeReport::from_parameters(field).map_err(|error| Refusal::BadRequest(error.to_string()))?;
    let age = report.age_seconds.map(|seconds| Duration::from_secs(seconds.into())).filter(|age| *age <= OLDEST);
    let age = age.unwrap_or_default();
    let outcome = Outcome {
        age,
        device_serial: report.device_serial.as_ref(),
        hardware_version: &report.hardware_version,
        chip: report.chip.as_deref(),
        software_type: &report.software_type,
        from_version: report.from_version.as_ref(),
        to_version: &report.to_version,
        failure: report.failure.as_deref(),
        duration_ms: report.duration_ms,
    };
    station.store.report(&outcome).await?;
    if let Some(gateway) = &station.gateway {
        gateway.tell(&report, age);
    }
    Ok(StatusCode::NO_CONTENT)
}
