//! The device-facing API: which release is a device to have.

mod offer;
mod outcome;

use std::borrow::Cow;
use std::fmt::Display;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use release_feed::{
    CHOSEN_PATH, LATEST_PATH, LATEST_URL_PATH, LatestQuery, PROJECT_KEY_HEADER, REASON_HEADER, REASON_LATEST,
    REASON_NO_RELEASE, REASON_STAGED, Release, Version,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::document::{AddressAnswer, ReleaseAnswer};
use crate::link;
use crate::origin::Origin;
use crate::router::only_read;
use crate::store::{Cohort, Deployment, PayloadId};
use crate::{Refusal, Station, payload, secret};

pub use offer::{Choice, choose};
pub(crate) use outcome::{report_routes, reports};

/// Why a release is offered: the device's cohort is to have it.
const REASON_COHORT: &str = "cohort_settings";
/// All but the unreserved characters of RFC 3986.
pub(crate) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A query's parameters, decoded, in their order.
pub(crate) type Parameters = Query<Vec<(String, String)>>;

/// What devices ask of the station's own releases.
pub(crate) fn routes() -> OpenApiRouter<Station> {
    OpenApiRouter::new()
        .routes(routes!(latest).map(only_read))
        .routes(routes!(latest_url).map(only_read))
        .routes(routes!(chosen).map(only_read))
        .routes(routes!(payload::payload).map(only_read))
}

/// The release that a device is to have, or 204 where there is none for it.
#[utoipa::path(
    get,
    path = LATEST_PATH,
    tag = "device",
    params(LatestQuery),
    responses(ReleaseAnswer),
    security(("project_key" = []))
)]
async fn latest(
    State(station): State<Station>,
    origin: Origin,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let offer = offered(station, origin, headers, parameters, Wish::default()).await?;
    Ok(answer(offer, |release| Json(release).into_response()))
}

/// The address of the payload that a device is to have, or 204 where there is none for it.
#[utoipa::path(
    get,
    path = LATEST_URL_PATH,
    tag = "device",
    params(LatestQuery),
    responses(AddressAnswer),
    security(("project_key" = []))
)]
async fn latest_url(
    State(station): State<Station>,
    origin: Origin,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let offer = offered(station, origin, headers, parameters, Wish::default()).await?;
    Ok(answer(offer, |release| {
        let urls = release.artifacts.into_iter().map(|artifact| artifact.url);
        urls.collect::<String>().into_response()
    }))
}

/// A release that was chosen instead of what the device's own cohort is to have: by its version, its cohort or both. Who may
/// ask for one release may ask for any that is deployed: the serial number, too, is the client's word.
#[utoipa::path(
    get,
    path = CHOSEN_PATH,
    tag = "device",
    params(
        LatestQuery,
        ("release" = Option<String>, Query, description = "The version that is wanted; the cohort's latest without it"),
        ("cohort" = Option<String>, Query, description = "Whose releases; those of the device's own cohort without it")
    ),
    responses(ReleaseAnswer),
    security(("project_key" = []))
)]
async fn chosen(
    State(station): State<Station>,
    origin: Origin,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    check_key(&station, &headers)?;
    let parameter = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    };
    let wrong =
        |name, reason: &dyn Display| Refusal::BadRequest(format!("the query parameter {name} is not valid: {reason}"));
    let release =
        parameter("release").map(str::parse::<Version>).transpose().map_err(|error| wrong("release", &error))?;
    let cohort = parameter("cohort").map(str::parse::<Cohort>).transpose().map_err(|error| wrong("cohort", &error))?;
    if release.is_none() && cohort.is_none() {
        return Err(Refusal::BadRequest("neither release nor cohort is given".to_owned()));
    }
    let offer = offered(station, origin, headers, parameters.clone(), Wish { release, cohort }).await?;
    Ok(answer(offer, |release| Json(release).into_response()))
}

/// What is wanted instead of what the device's own cohort has for it.
#[derive(Debug, Default)]
struct Wish {
    release: Option<Version>,
    cohort: Option<Cohort>,
}

/// A release, or the reason why there is none.
type Offer = Result<Release, &'static str>;

fn answer(offer: Offer, body: impl FnOnce(Release) -> Response) -> Response {
    let (reason, response) = match offer {
        Ok(release) => (REASON_COHORT, body(release)),
        Err(reason) => (reason, StatusCode::NO_CONTENT.into_response()),
    };
    ([(REASON_HEADER, reason), (header::CACHE_CONTROL.as_str(), "no-store")], response).into_response()
}

/// Refuses who has not the project key.
fn check_key(station: &Station, headers: &HeaderMap) -> Result<(), Refusal> {
    let key = headers.get(PROJECT_KEY_HEADER).ok_or(Refusal::NoKey)?;
    let is_it = key.to_str().is_ok_and(|key| secret::is_same(key, station.store.project_key()));
    if is_it { Ok(()) } else { Err(Refusal::WrongKey) }
}

async fn offered(
    station: Station,
    origin: Origin,
    headers: HeaderMap,
    parameters: Vec<(String, String)>,
    wish: Wish,
) -> Result<Offer, Refusal> {
    check_key(&station, &headers)?;
    let query = query(&parameters)?;
    let (catalogue, mut cohort) = station.store.asked(&query).await?;
    if let Some(wanted) = &wish.cohort {
        cohort = station
            .store
            .cohort_id(wanted)
            .await?
            .ok_or_else(|| Refusal::BadRequest(format!("cohort {wanted} does not exist in this project")))?;
    }
    let unknown =
        |name, value: &str| Err(Refusal::BadRequest(format!("{name} {value:?} does not exist in this project")));
    if !catalogue.knows_software(&query.software_type) {
        return unknown("software_type", query.software_type.as_str());
    }
    if !catalogue.knows_hardware(&query.hardware_version) {
        return unknown("hardware_version", query.hardware_version.as_str());
    }
    let deployments = catalogue.deployments(cohort, &query.software_type);
    let deployments = match &wish.release {
        Some(version) => up_to(deployments, version),
        None => deployments.into(),
    };
    let has_payload = catalogue.has_payload(&query.hardware_version);
    let choice = match (choose(&deployments, &query, has_payload), &wish.release) {
        // It was asked for by name: the page, or whoever else asks, knows what it does about an older one.
        (Choice::Latest, Some(_)) => {
            let any = LatestQuery { current_version: None, ..query.clone() };
            choose(&deployments, &any, has_payload)
        }
        (choice, _) => choice,
    };
    let chosen = match choice {
        Choice::Offered(deployment) => deployment,
        Choice::Latest => return Ok(Err(REASON_LATEST)),
        Choice::NotYet => return Ok(Err(REASON_STAGED)),
        Choice::NoRelease => return Ok(Err(REASON_NO_RELEASE)),
    };
    let address = |payload: &PayloadId, filename: &str| {
        let path = format!("/payloads/{payload}/{}", utf8_percent_encode(filename, ESCAPED));
        format!("{origin}{}", station.links.link(&path, link::expiry(link::now())))
    };
    let release = catalogue.release(chosen.release, &query.hardware_version, REASON_COHORT, address);
    Ok(release.ok_or(REASON_NO_RELEASE))
}

/// What is asked for.
pub(crate) fn query(parameters: &[(String, String)]) -> Result<LatestQuery, Refusal> {
    let parameter = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    LatestQuery::from_parameters(parameter).map_err(|error| Refusal::BadRequest(error.to_string()))
}

/// The deployments as if `version` were the last of them, so that what must be passed through on the way to it still is:
/// that release where it is offered, and those before it. None where it is not.
fn up_to<'a>(deployments: &'a [Deployment], version: &Version) -> Cow<'a, [Deployment]> {
    let Some(last) = deployments.iter().rfind(|it| it.version == *version && it.percent > 0) else {
        return Cow::default();
    };
    let is_before = |deployment: &&Deployment| match deployment.version.order(version) {
        Some(order) => order.is_le(),
        None => deployment.id <= last.id,
    };
    deployments.iter().filter(is_before).cloned().collect()
}
