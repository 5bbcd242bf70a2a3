//! Payloads of the upstream, passed on piece by piece.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use reqwest::Url;
use serde::Deserialize;
use tokio::time::timeout;

use super::{Gateway, UpstreamError};
use crate::document::{OfPayload, PayloadAnswer};
use crate::link::LinkError;
use crate::payload::{CONTENT_TYPE, immutable_for};
use crate::{Refusal, Station};

/// Redirects that are followed.
const HOPS: usize = 3;
/// Bytes of a payload of which no size is known: more than any image of an STM32's flash has.
const LARGEST: u64 = 64 << 20;
/// What is asked of this station and passed on.
const ASKED: [HeaderName; 3] = [header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH];
/// What is answered and passed on. Not what the payload is said to be: it is served from the page's own origin.
const ANSWERED: [HeaderName; 6] = [
    header::ETAG,
    header::LAST_MODIFIED,
    header::ACCEPT_RANGES,
    header::CONTENT_RANGE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
];

/// What a link to a payload of the upstream's holds.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    /// Where it is.
    from: String,
    /// How many bytes it has, where the release says so.
    size: Option<u64>,
}

/// A payload of the upstream's, at an address that the feed gave. The file's name is for people and their tools; the
/// link says what is meant.
#[utoipa::path(
    get,
    path = "/payloads/{filename}",
    tag = "device",
    params(
        ("filename" = String, Path),
        ("from" = String, Query, description = "Where it is"),
        ("size" = Option<u64>, Query, description = "Bytes"),
        OfPayload
    ),
    responses(PayloadAnswer),
    security(())
)]
pub(super) async fn payload(
    State(station): State<Station>,
    Extension(gateway): Extension<Arc<Gateway>>,
    uri: Uri,
    method: Method,
    payload: Result<Query<Payload>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let left = station.links.check(&uri)?;
    let Query(payload) = payload.map_err(|_| LinkError::Forged)?;
    let url = Url::parse(&payload.from).map_err(|_| LinkError::Forged)?;
    let most = payload.size.unwrap_or(LARGEST);
    let fetched = timeout(gateway.patience.answer, gateway.fetch(method, url, &headers));
    let fetched = fetched.await.map_err(|_| UpstreamError::Silent)??;
    let retry_after = || fetched.headers().get(header::RETRY_AFTER).cloned();
    let said = |status: StatusCode| format!("HTTP {}", status.as_u16());
    match fetched.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE => {}
        StatusCode::PARTIAL_CONTENT if headers.contains_key(header::RANGE) => {}
        // As its links do when they have expired.
        StatusCode::FORBIDDEN | StatusCode::GONE => return Err(LinkError::Expired.into()),
        StatusCode::NOT_FOUND => return Err(Refusal::NotFound),
        StatusCode::TOO_MANY_REQUESTS => return Err(UpstreamError::TooOften { retry_after: retry_after() }.into()),
        status @ StatusCode::SERVICE_UNAVAILABLE => {
            let (message, retry_after) = (said(status), retry_after());
            return Err(UpstreamError::Unavailable { message, retry_after }.into());
        }
        status => return Err(UpstreamError::OutOfOrder(said(status)).into()),
    }
    passed_on(fetched, left, most)
}

/// The answer to the client.
fn passed_on(fetched: reqwest::Response, left: u64, most: u64) -> Result<Response, Refusal> {
    let status = fetched.status();
    let is_whole = status.is_success() && !fetched.headers().contains_key(header::CONTENT_ENCODING);
    // What does not compress may even become a little longer by it.
    let limit = if is_whole { most } else { most + most / 64 + 1024 };
    let length = fetched.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit) {
        return Err(UpstreamError::TooLarge(most).into());
    }
    let mut headers = passed(fetched.headers(), &ANSWERED);
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        headers.extend(immutable_for(left).map(|value| (header::CACHE_CONTROL, value)));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    // Whatever is longer than it says ends there, as a connection does that breaks off.
    let body = Limited::new(reqwest::Body::from(fetched), usize::try_from(limit).unwrap_or(usize::MAX));
    Ok((status, headers, Body::new(body)).into_response())
}

/// Those of `headers` that are passed on.
fn passed(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    names.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect()
}

impl Gateway {
    /// Fetches the head of a payload, from where its address and redirects lead.
    async fn fetch(&self, method: Method, mut url: Url, asked: &HeaderMap) -> Result<reqwest::Response, UpstreamError> {
        let mut headers = passed(asked, &ASKED);
        let accepted = asked.get(header::ACCEPT_ENCODING).cloned();
        headers.insert(header::ACCEPT_ENCODING, accepted.unwrap_or(HeaderValue::from_static("identity")));
        for _ in 0..=HOPS {
            self.allows(&url).await?;
            let request = self.client.request(method.clone(), url.clone()).headers(headers.clone());
            let response = request.send().await?;
            let target = match response.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => response.headers().get(header::LOCATION),
                _ => return Ok(response),
            };
            let target = target.and_then(|target| url.join(target.to_str().ok()?).ok());
            url = target.ok_or_else(|| UpstreamError::OutOfOrder("the file is moved to nowhere".to_owned()))?;
        }
        Err(UpstreamError::OutOfOrder("the file is moved on again and again".to_owned()))
    }
}
