//! Why the upstream gave nothing that could be passed on.

use std::error::Error;
use std::io;

use axum::http::{HeaderValue, StatusCode};

/// Why the upstream gave nothing that could be passed on. The texts go into the error body, for who runs the station
/// as for who uses the page; none holds the project key.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It refuses what is asked: passed on.
    #[error("{0}")]
    Refused(String),
    /// It was asked too often: passed on.
    #[error("the release service was asked too often")]
    TooOften {
        /// When to ask again, as it says it.
        retry_after: Option<HeaderValue>,
    },
    /// It cannot answer at the moment: passed on.
    #[error("the release service cannot answer at the moment: {message}")]
    Unavailable {
        /// What it said.
        message: String,
        /// When to ask again, as it says it.
        retry_after: Option<HeaderValue>,
    },
    /// It refuses this station's project key, which is no fault of who asks.
    #[error("the release service does not accept this station's project key; check --project-key-file ({0})")]
    Key(String),
    /// There is no connection to it.
    #[error("the release service cannot be reached from this station ({0})")]
    Unreachable(String),
    /// It has no certificate that is trusted.
    #[error(
        "the release service has no certificate that this station trusts ({0}); a company's own needs --upstream-ca"
    )]
    Untrusted(String),
    /// It does not answer in time.
    #[error("the release service did not answer this station in time")]
    Silent,
    /// It sends elsewhere, where the project key must not go.
    #[error("the release service is at another address by now; check --upstream")]
    Redirects,
    /// It has an error of its own.
    #[error("the release service is out of order ({0})")]
    OutOfOrder(String),
    /// What answered is no release service.
    #[error("what answered this station is not a release service ({0}); check --upstream")]
    Nonsense(String),
    /// A payload is where this station does not fetch any from.
    #[error("the release service has the file at {host}, which {why}, so this station does not fetch it")]
    NotAllowed {
        /// Where it is.
        host: String,
        /// What is wrong with that.
        why: &'static str,
    },
    /// A payload is larger than its release says.
    #[error("the file of the release service has more than the {0} bytes that its release says")]
    TooLarge(u64),
}

impl UpstreamError {
    /// What the client is answered: an error of the gateway, unless the client can do something about it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Silent => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "BadRequest",
            Self::TooOften { .. } => "TooManyRequests",
            Self::Unavailable { .. } => "ServiceUnavailable",
            Self::Silent => "GatewayTimeout",
            _ => "BadGateway",
        }
    }

    pub(crate) fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Self::TooOften { retry_after } | Self::Unavailable { retry_after, .. } => retry_after.clone(),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for UpstreamError {
    fn from(error: reqwest::Error) -> Self {
        // An address may hold what signs it.
        let error = error.without_url();
        match chain(&error).find_map(tls_error) {
            Some(tls) => Self::Untrusted(tls.to_string()),
            None if error.is_timeout() => Self::Silent,
            None => Self::Unreachable(innermost(&error)),
        }
    }
}

/// An error and what led to it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // It passes over what it holds.
            Some(held) => Some(held),
            None => error.source(),
        }
    })
}

/// A certificate that is not trusted; other errors of TLS are a matter of the connection.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref().filter(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}

/// What an error comes down to.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
