//! The bytes of payloads, on their way to a release.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UPLOADS;
use super::body::{Data, Sent, bytes, parse};
use super::caller::Caller;
use crate::origin::Origin;
use crate::store::{MOST_PARTS, Scope, StoreError};
use crate::{Refusal, Station};

/// How long an upload may take from its begin to its release.
const EXPIRES_AFTER: Duration = Duration::from_secs(6 * 60 * 60);
/// Bytes of a part, unless the station is told another number.
const PART: u64 = 8 << 20;
/// The one kind of upload that is for devices to have.
const KIND: &str = "OTA_PAYLOAD";

/// An upload that a client announces.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Announced {
    kind: String,
    /// Bytes.
    size: u64,
}

/// Where to put the bytes in one piece, and the token to name them by.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Begun {
    upload_url: String,
    token: String,
}

/// Where to put the bytes in parts, of about the same size.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BegunInParts {
    part_urls: Vec<String>,
    complete_upload_url: String,
    token: String,
}

#[utoipa::path(
    post,
    path = "/upload",
    tag = "upload",
    request_body = Announced,
    responses((status = 200, body = Data<Begun>))
)]
pub(super) async fn begin(
    State(station): State<Station>,
    caller: Caller,
    origin: Origin,
    Sent(announced): Sent<Announced>,
) -> Result<Data<Begun>, Refusal> {
    caller.may(Scope::Upload)?;
    let token = begin_with(&station, &announced, 1).await?;
    Ok(Data { data: Begun { upload_url: format!("{origin}{UPLOADS}{token}/1"), token } })
}

#[utoipa::path(
    post,
    path = "/upload_multipart",
    tag = "upload",
    request_body = Announced,
    responses((status = 200, body = Data<BegunInParts>))
)]
pub(super) async fn begin_in_parts(
    State(station): State<Station>,
    caller: Caller,
    origin: Origin,
    Sent(announced): Sent<Announced>,
) -> Result<Data<BegunInParts>, Refusal> {
    caller.may(Scope::Upload)?;
    let parts = announced.size.div_ceil(station.uploads.part.unwrap_or(PART));
    let parts = u32::try_from(parts).unwrap_or(MOST_PARTS).clamp(1, MOST_PARTS);
    let token = begin_with(&station, &announced, parts).await?;
    let base = format!("{origin}{UPLOADS}{token}");
    Ok(Data {
        data: BegunInParts {
            part_urls: (1..=parts).map(|part| format!("{base}/{part}")).collect(),
            complete_upload_url: format!("{base}/complete"),
            token,
        },
    })
}

async fn begin_with(station: &Station, announced: &Announced, parts: u32) -> Result<String, Refusal> {
    let Announced { kind, size } = announced;
    if kind != KIND {
        return Err(Refusal::BadRequest(format!("a station takes uploads of the kind {KIND} only, not {kind:?}")));
    }
    if *size == 0 {
        return Err(Refusal::BadRequest("the file is empty".to_owned()));
    }
    let largest = station.uploads.largest;
    if *size > largest {
        // The first words are those that Memfault's command line looks for.
        return Err(Refusal::BadRequest(format!(
            "Uploaded file is too big: it has {size} bytes, at most {largest} are allowed"
        )));
    }
    Ok(station.store.begin_upload(*size, parts, EXPIRES_AFTER).await?)
}

/// Takes a part's bytes. Who knows the token may send them: it was given out for that.
#[utoipa::path(
    put,
    path = "/uploads/{token}/{part}",
    tag = "upload",
    params(("token" = String, Path), ("part" = u32, Path)),
    security(()),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, headers(("etag" = String))))
)]
pub(super) async fn part(
    State(station): State<Station>,
    Path((token, part)): Path<(String, String)>,
    body: Body,
) -> Result<Response, Refusal> {
    let number = part.parse().map_err(|_| Refusal::NotFound)?;
    let bytes = body.into_data_stream().map_err(|error| StoreError::BrokenOff(error.to_string()));
    let etag = station.store.put_part(&token, number, Box::pin(bytes)).await?;
    Ok([(header::ETAG, format!("\"{etag}\""))].into_response())
}

/// What completes an upload, as S3 has it.
#[derive(Debug, Deserialize, ToSchema)]
struct CompleteMultipartUpload {
    #[serde(rename = "Part", default)]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct Part {
    part_number: String,
    #[serde(rename = "ETag")]
    etag: String,
}

#[utoipa::path(
    post,
    path = "/uploads/{token}/complete",
    tag = "upload",
    params(("token" = String, Path)),
    security(()),
    request_body(content = CompleteMultipartUpload, content_type = "application/xml"),
    responses((status = 200))
)]
pub(super) async fn complete(
    State(station): State<Station>,
    Path(token): Path<String>,
    request: Request,
) -> Result<(), Refusal> {
    let xml = bytes(request, &station).await?;
    let wrong =
        |error: &dyn std::fmt::Display| Refusal::BadRequest(format!("the list of parts cannot be read: {error}"));
    let xml = str::from_utf8(&xml).map_err(|error| wrong(&error))?;
    let list: CompleteMultipartUpload = quick_xml::de::from_str(xml).map_err(|error| wrong(&error))?;
    let parts = list.parts.iter().map(|part| Ok((parse("PartNumber", part.part_number.trim())?, unquoted(&part.etag))));
    let parts: Vec<(u32, &str)> = parts.collect::<Result<_, Refusal>>()?;
    Ok(station.store.complete_upload(&token, &parts).await?)
}

/// Clients send an ETag as they got it, which is in quotes, or without them.
fn unquoted(etag: &str) -> &str {
    etag.trim().trim_matches('"')
}
