//! What requests and answers hold.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::Refusal;

/// An answer as the API wraps all of them: `{"data": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Data<T> {
    pub data: T,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// JSON that was sent, whatever its Content-Type is said to be.
#[derive(Debug)]
pub(crate) struct Sent<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = bytes(request, state).await?;
        let json = serde_json::from_slice(&bytes);
        json.map(Self).map_err(|error| Refusal::BadRequest(format!("the request is not as it should be: {error}")))
    }
}

/// All that was sent.
pub(super) async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    let rejected = |rejection: BytesRejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::BadRequest("the request broke off".to_owned()),
    };
    Bytes::from_request(request, state).await.map_err(rejected)
}

/// What stands in the address after the organization and the project, which are any.
#[derive(Debug)]
pub(crate) struct InProject<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InProject<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        // A struct takes its parameters by their names, and leaves the others.
        Path::from_request_parts(parts, state).await.map(|Path(names)| Self(names)).map_err(|_| Refusal::NotFound)
    }
}

/// The address's query.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Self(query)).map_err(|error| Refusal::BadRequest(error.body_text()))
    }
}

/// Reads a name that was sent.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error| Refusal::BadRequest(format!("{name}: {error}")))
}

/// Reads a name that may have been sent; an empty one was not.
pub(super) fn parse_some<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &str,
    text: &Option<String>,
) -> Result<Option<T>, Refusal> {
    text.as_deref().filter(|text| !text.is_empty()).map(|text| parse(name, text)).transpose()
}
