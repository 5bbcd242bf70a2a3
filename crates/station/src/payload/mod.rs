//! Payloads, whole or by byte ranges, streamed from where they are; compressed for whoever asks for that.
//!
//! A payload's address holds its digest, so what is there never changes: the digest is a strong ETag. The link to it
//! expires, and caches keep what it led to as long as it is good.

mod coding;
mod compressed;
mod range;

use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::document::{OfPayload, PayloadAnswer};
use crate::store::{Payload, PayloadId};
use crate::{Refusal, Station};
use coding::Coding;
use compressed::Copy;
use range::Wanted;

pub(crate) use compressed::Compressed;

/// What a payload is said to be: nothing that a browser would run or show.
pub(crate) const BYTES: &str = "application/octet-stream";
/// The same as a header.
pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static(BYTES);

/// One of the forms in which a payload can be had. Ranges and tags are of one form, never of the payload as such.
struct Form {
    tag: String,
    coding: Option<Coding>,
    length: u64,
    content: Content,
}

enum Content {
    Held(Payload),
    Copy(bytes::Bytes),
}

/// A payload, whole or by byte ranges, at an address that the feed gave. The file's name is for people and their tools;
/// the digest, a SHA-256, decides.
#[utoipa::path(
    get,
    path = "/payloads/{digest}/{filename}",
    tag = "device",
    params(
        ("digest" = String, Path),
        ("filename" = String, Path),
        OfPayload
    ),
    responses(PayloadAnswer),
    security(())
)]
pub(crate) async fn payload(
    State(station): State<Station>,
    method: Method,
    uri: Uri,
    Path((digest, _filename)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let left = station.links.check(&uri)?;
    let id: PayloadId = digest.parse().map_err(|_| Refusal::NotFound)?;
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let form = form(&station, &id, &text).await?;
    let mut response = if text(header::IF_NONE_MATCH).is_some_and(|list| names(list, &form.tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (tag, length) = (&form.tag, form.length);
        // A date, or the tag of another payload: what the client has is not the beginning of this one.
        let may_be_part = text(header::IF_RANGE).is_none_or(|given| given == tag);
        let (status, range) = match Wanted::parse(text(header::RANGE).filter(|_| may_be_part), length) {
            Wanted::Unsatisfiable => {
                let size = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response());
            }
            Wanted::Whole => (StatusCode::OK, 0..length),
            Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        };
        // Who asks for the headers alone does not make anybody read.
        let body = if method == Method::HEAD { Body::empty() } else { body(form.content, &range).await? };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
        if let Some(coding) = form.coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            headers.extend(HeaderValue::try_from(range).map(|range| (header::CONTENT_RANGE, range)));
        }
        response
    };
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(form.tag).map(|tag| (header::ETAG, tag)));
    headers.extend(immutable_for(left).map(|value| (header::CACHE_CONTROL, value)));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

/// The `Cache-Control` of what never changes, at an address that is good for so many seconds: whatever a cache kept
/// for longer nobody could ask for, but it would go on handing it out.
pub(crate) fn immutable_for(seconds: u64) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("public, max-age={seconds}, immutable")).ok()
}

/// The form that a request is to be answered with.
///
/// * Who holds one already, and asks whether it is still good or for the rest of it, is answered from that one. (A
///   browser takes compressed payloads apart, so it cannot go on with one: it asks for the rest of it as it is.)
/// * Who asks for a part, but not of which form, means the payload as it is.
/// * Everybody else gets what they like best, if it is there.
async fn form<'a>(
    station: &Station,
    id: &PayloadId,
    text: &impl Fn(HeaderName) -> Option<&'a str>,
) -> Result<Form, Refusal> {
    let payload = station.store.payload(id).await?.ok_or(Refusal::NotFound)?;
    let copy = |coding| {
        let Copy { bytes, tag } = station.compressed.find(id, coding)?;
        Some(Form { tag, coding: Some(coding), length: bytes.len() as u64, content: Content::Copy(bytes) })
    };
    let holds = |tag: &str| match text(header::IF_NONE_MATCH) {
        Some(list) => names(list, tag),
        None => text(header::IF_RANGE) == Some(tag),
    };
    let plain = Form {
        tag: format!("\"{id}\""),
        coding: None,
        length: payload.size(),
        content: Content::Held(payload.clone()),
    };
    if holds(&plain.tag) {
        return Ok(plain);
    }
    let accepted = text(header::ACCEPT_ENCODING);
    let is_accepted = |coding: &Coding| accepted.is_none_or(|accepted| coding.weight(accepted) > 0);
    let coded = || Coding::ALL.into_iter().filter(is_accepted).filter_map(copy).find(|form| holds(&form.tag));
    if let Some(held) = coded() {
        return Ok(held);
    }
    let is_part = text(header::RANGE).is_some();
    let Some(liked) = accepted.filter(|_| !is_part).and_then(Coding::liked_best) else { return Ok(plain) };
    Ok(copy(liked).unwrap_or_else(|| {
        station.compressed.want(id, liked, payload);
        plain
    }))
}

/// The bytes of a range.
async fn body(content: Content, range: &Range<u64>) -> Result<Body, Refusal> {
    Ok(match content {
        Content::Copy(bytes) => Body::from(bytes.slice(range.start as usize..range.end as usize)),
        Content::Held(payload) => match payload.in_memory(range) {
            Some(bytes) => Body::from(bytes),
            None => Body::from_stream(payload.read(range.clone()).await?),
        },
    })
}

/// Whether the list of an `If-None-Match` names `tag`; weak tags count as strong ones there.
fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}
