//! The two routes of the device-facing API, with links of this station's in the place of the upstream's.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use percent_encoding::utf8_percent_encode;
use release_feed::{LATEST_PATH, LATEST_URL_PATH, LatestQuery, REASON_HEADER};
use reqwest::Url;
use serde_json::Value;

use super::{Gateway, Said, UpstreamError};
use crate::document::{AddressAnswer, ReleaseAnswer};
use crate::feed::{ESCAPED, Parameters, query};
use crate::origin::Origin;
use crate::{Refusal, Station, link};

/// Characters of a file's name that are kept.
const LONGEST_NAME: usize = 128;

/// What the upstream answers, with links of this station's.
#[utoipa::path(
    get,
    path = LATEST_PATH,
    tag = "device",
    params(LatestQuery),
    responses(ReleaseAnswer),
    security(())
)]
pub(super) async fn latest(
    State(station): State<Station>,
    Extension(gateway): Extension<Arc<Gateway>>,
    origin: Origin,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let said = gateway.ask(LATEST_PATH, &query(&parameters)?).await?;
    answer(said, |body| {
        let mut release: Value = serde_json::from_slice(&body).map_err(|error| nonsense(&error.to_string()))?;
        let artifacts = release.get_mut("artifacts").and_then(Value::as_array_mut);
        for artifact in artifacts.ok_or_else(|| nonsense("it has no artifacts"))? {
            let (size, name) = (artifact["file_size"].as_u64(), artifact["filename"].as_str());
            let url = artifact["url"].as_str().ok_or_else(|| nonsense("an artifact has no address"))?;
            let link = gateway.link(&station, &origin, url, size, name)?;
            artifact["url"] = link.into();
        }
        Ok(Json(release).into_response())
    })
}

/// What the upstream answers, a link of this station's.
#[utoipa::path(
    get,
    path = LATEST_URL_PATH,
    tag = "device",
    params(LatestQuery),
    responses(AddressAnswer),
    security(())
)]
pub(super) async fn latest_url(
    State(station): State<Station>,
    Extension(gateway): Extension<Arc<Gateway>>,
    origin: Origin,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let said = gateway.ask(LATEST_URL_PATH, &query(&parameters)?).await?;
    answer(said, |body| {
        let url = String::from_utf8(body).map_err(|_| nonsense("it is not text"))?;
        Ok(gateway.link(&station, &origin, url.trim(), None, None)?.into_response())
    })
}

fn nonsense(what: &str) -> UpstreamError {
    UpstreamError::Nonsense(what.to_owned())
}

fn answer(said: Said, body: impl FnOnce(Vec<u8>) -> Result<Response, UpstreamError>) -> Result<Response, Refusal> {
    let mut response = match said.body {
        Some(bytes) => body(bytes)?,
        None => StatusCode::NO_CONTENT.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    if let Some(reason) = said.reason {
        headers.insert(REASON_HEADER, reason);
    }
    Ok(response)
}

impl Gateway {
    /// A link of this station's to a payload of the upstream's, good for no longer than the upstream's own.
    fn link(
        &self,
        station: &Station,
        origin: &Origin,
        address: &str,
        size: Option<u64>,
        name: Option<&str>,
    ) -> Result<String, UpstreamError> {
        let url = self.base.join(address).ok_or_else(|| nonsense("the address of a file is none"))?;
        let last_part = || url.path_segments()?.next_back();
        let name = name.or_else(last_part).filter(|name| !name.is_empty()).unwrap_or("payload");
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let escape = |text| utf8_percent_encode(text, ESCAPED);
        let mut path = format!("/payloads/{}?from={}", escape(&name), utf8_percent_encode(url.as_str(), ESCAPED));
        if let Some(size) = size {
            path += &format!("&size={size}");
        }
        let expires = link::expiry(link::now());
        let expires = expiry_of(&url).map_or(expires, |theirs| theirs.min(expires));
        Ok(format!("{origin}{}", station.links.link(&path, expires)))
    }
}

/// When a link of the upstream's expires, where it says so as those of Memfault's CDN do: `expires`, Unix time.
fn expiry_of(url: &Url) -> Option<u64> {
    let (_, value) = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("expires"))?;
    value.parse().ok()
}
