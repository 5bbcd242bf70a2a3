//! Answers that say no, as the API writes them.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use release_feed::{ErrorBody, ErrorDetail};

use crate::gateway::UpstreamError;
use crate::link::LinkError;
use crate::store::{Scope, StoreError};

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
    /// The page that asks is of another origin.
    #[error("pages of other origins cannot use this route")]
    OtherOrigin,
    /// What was named does not exist.
    #[error("{0}")]
    Missing(String),
    /// It exists already, or is in the way.
    #[error("{0}")]
    Conflict(String),
    /// No token is presented.
    #[error("the header Authorization is missing: an organization token or a user's API key is needed")]
    NoToken,
    /// The token is none, is revoked or has expired, or is not that user's.
    #[error("the token or API key is not valid; `station token list` shows those that are")]
    WrongToken,
    /// The token is not good for that.
    #[error("this token is good for {has}, and {needs} is needed")]
    Forbidden {
        /// What it is good for.
        has: Scope,
        /// What it would have to be good for.
        needs: Scope,
    },
    /// The client has tried too often.
    #[error("too many attempts; try again in {} seconds", seconds(.wait))]
    TooMany {
        /// Until when.
        wait: Duration,
    },
    /// There is more of it than is read.
    #[error("the request is too large")]
    TooLarge,
    /// It can only be read.
    #[error("only GET and HEAD are allowed here")]
    MethodNotAllowed,
    /// It cannot be done with this method.
    #[error("this method is not allowed here")]
    WrongMethod,
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
            Self::NotFound | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::OtherOrigin => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MethodNotAllowed | Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(error) => error.status(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BadRequest",
            Self::NoKey | Self::WrongKey | Self::Link(_) => "Forbidden",
            Self::NotFound | Self::Missing(_) => "NotFound",
            Self::Conflict(_) => "Conflict",
            Self::NoToken | Self::WrongToken => "Unauthorized",
            Self::Forbidden { .. } | Self::OtherOrigin => "Forbidden",
            Self::TooMany { .. } => "TooManyRequests",
            Self::TooLarge => "PayloadTooLarge",
            Self::MethodNotAllowed | Self::WrongMethod => "MethodNotAllowed",
            Self::Unavailable => "ServiceUnavailable",
            Self::Upstream(error) => error.kind(),
        }
    }
}

/// Whole seconds, at least one.
fn seconds(wait: &Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Exists { .. } | StoreError::Deployed { .. } | StoreError::UploadComplete => {
                Self::Conflict(text)
            }
            StoreError::NoRelease { .. } | StoreError::NotDeployed { .. } | StoreError::NoDeployment(_) => {
                Self::Missing(text)
            }
            StoreError::NoPayload => Self::NotFound,
            StoreError::NoToken(_) | StoreError::NoUpload => Self::Missing(text),
            StoreError::NoSuchPart { .. }
            | StoreError::TooLong { .. }
            | StoreError::UploadIncomplete { .. }
            | StoreError::WrongMd5 { .. }
            | StoreError::BrokenOff(_) => Self::BadRequest(text),
            // What is wrong with the data folder is for who runs the station, not for who asks.
            _ => {
                tracing::error!("{text}");
                Self::Unavailable
            }
        }
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
            Self::TooMany { wait } => Some(seconds(&wait).into()),
            Self::Upstream(error) => error.retry_after(),
            _ => None,
        };
        response.headers_mut().extend(retry_after.map(|value| (header::RETRY_AFTER, value)));
        if status == StatusCode::UNAUTHORIZED {
            // Not Basic, which a browser would ask a password for, and send from then on.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
