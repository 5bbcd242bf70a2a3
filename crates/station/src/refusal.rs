//! Answers that say no, as the API writes them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use release_feed::{ErrorBody, ErrorDetail};

use crate::gateway::UpstreamError;
use crate::link::LinkError;
use crate::store::StoreError;

/// Seconds after which to ask again when the database was busy or out of order.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why a request is refused. The texts go into the error body.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Something in the request is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// The project key is missing.
    #[error("the header Memfault-Project-Key is missing")]
    NoKey,
    /// The project key is not this project's.
    #[error("the project key is not valid")]
    WrongKey,
    /// The link is not good, or not any more.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// There is nothing there.
    #[error("there is nothing at this address")]
    NotFound,
    /// It can only be read.
    #[error("only GET and HEAD are allowed here")]
    MethodNotAllowed,
    /// The store could not answer.
    #[error("the station cannot answer at the moment; ask again in a few seconds")]
    Unavailable,
    /// The release service behind this station could not answer, or would not.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NoKey | Self::WrongKey | Self::Link(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(error) => error.status(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BadRequest",
            Self::NoKey | Self::WrongKey | Self::Link(_) => "Forbidden",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::Unavailable => "ServiceUnavailable",
            Self::Upstream(error) => error.kind(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        // What is wrong with the data folder is for who runs the station, not for who asks.
        tracing::error!("{error}");
        Self::Unavailable
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if let (Self::Upstream(error), true) = (&self, status.is_server_error()) {
            tracing::warn!("{error}");
        }
        let error = ErrorDetail {
            code: status.as_u16().into(),
            http_code: status.as_u16(),
            message: self.to_string(),
            kind: self.kind().to_owned(),
        };
        let mut response = (status, Json(ErrorBody { error })).into_response();
        let retry_after = match self {
            Self::Unavailable => Some(RETRY_AFTER),
            Self::Upstream(error) => error.retry_after(),
            _ => None,
        };
        response.headers_mut().extend(retry_after.map(|value| (header::RETRY_AFTER, value)));
        response
    }
}
