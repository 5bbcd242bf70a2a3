//! Payloads, whole or by byte ranges, streamed from where they are.
//!
//! A payload's address holds its digest, so what is there never changes: the digest is a strong ETag.

mod range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::store::PayloadId;
use crate::{Refusal, Station};
use range::Wanted;

/// What is there never changes; a year is the longest that caches take (RFC 9111 leaves it open, browsers do not).
pub(crate) const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Answers `/payloads/SHA256/FILENAME`. The file's name is for people and their tools; the digest decides.
pub(crate) async fn payload(
    State(station): State<Station>,
    method: Method,
    Path((digest, _filename)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: PayloadId = digest.parse().map_err(|_| Refusal::NotFound)?;
    let payload = station.store.payload(&id).await?.ok_or(Refusal::NotFound)?;
    let length = payload.size();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let etag = format!("\"{id}\"");
    let about = [
        (header::ETAG, etag.clone()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
    ];
    let mut response = if text(header::IF_NONE_MATCH).is_some_and(|list| names(list, &etag)) {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        // A date, or the tag of another payload: what the client has is not the beginning of this one.
        let may_be_part = text(header::IF_RANGE).is_none_or(|tag| tag == etag);
        let (status, range) = match Wanted::parse(text(header::RANGE).filter(|_| may_be_part), length) {
            Wanted::Unsatisfiable => {
                let size = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response());
            }
            Wanted::Whole => (StatusCode::OK, 0..length),
            Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        };
        // Who asks for the headers alone does not make anybody read.
        let body = match method {
            Method::HEAD => Body::empty(),
            _ => Body::from_stream(payload.read(range.clone()).await?),
        };
        let mut response = (status, about, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            headers.extend(HeaderValue::try_from(range).map(|range| (header::CONTENT_RANGE, range)));
        }
        response
    };
    response.headers_mut().insert(header::CACHE_CONTROL, IMMUTABLE);
    Ok(response)
}

/// Whether the list of an `If-None-Match` names `etag`; weak tags count as strong ones there.
fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
