//! What a feed answers to the question for the latest release.

use core::time::Duration;

use crate::{ErrorBody, FetchError, REASON_HEADER, REASON_RATE_LIMITED, Release, Response};

/// The most bytes of an answer that are read: notes may be long, but not that long.
const LONGEST: usize = 1 << 20;

/// The feed's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A release is offered.
    Offered(Box<Release>),
    /// Nothing newer is offered. Why, where the feed says it and the browser lets it be read.
    NothingNewer {
        /// The `memfault-reason`, e.g. `latest`. Unknown ones are as they came.
        reason: Option<String>,
    },
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// No answer came.
    #[error("no answer from the release feed: {0}")]
    Unreachable(#[from] FetchError),
    /// The project key is missing or wrong.
    #[error("the release feed refuses the project key: {0}")]
    WrongKey(String),
    /// The hardware version or software type does not exist there, or a parameter is not valid.
    #[error("the release feed does not know this device: {0}")]
    UnknownDevice(String),
    /// It was asked too often.
    #[error("the release feed was asked too often")]
    TooOften {
        /// How long to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// It is out of order.
    #[error("the release feed is out of order: {message}")]
    OutOfOrder {
        /// What it said.
        message: String,
        /// How long to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// What answered is no release feed.
    #[error("what answered is not a release feed: {0}")]
    NotAFeed(String),
}

/// Reads the answer to the JSON route.
pub(crate) async fn read(mut response: impl Response) -> Result<Answer, FeedError> {
    let status = response.status();
    let reason = response.header(REASON_HEADER);
    let retry_after = retry_after(&response);
    let body = body(&mut response).await?;
    match status {
        200 => serde_json::from_slice(&body)
            .map(|release| Answer::Offered(Box::new(release)))
            .map_err(|error| FeedError::NotAFeed(error.to_string())),
        // A daily quota says nothing of the version.
        204 if reason.as_deref() == Some(REASON_RATE_LIMITED) => Err(FeedError::TooOften { retry_after }),
        204 => Ok(Answer::NothingNewer { reason }),
        400 => Err(FeedError::UnknownDevice(error_message(status, &body))),
        401 | 403 => Err(FeedError::WrongKey(error_message(status, &body))),
        404 | 405 => Err(FeedError::NotAFeed(error_message(status, &body))),
        429 => Err(FeedError::TooOften { retry_after }),
        _ => Err(FeedError::OutOfOrder { message: error_message(status, &body), retry_after }),
    }
}

/// The `Retry-After` of an answer, where it is a number of seconds.
fn retry_after(response: &impl Response) -> Option<Duration> {
    response.header("Retry-After")?.trim().parse().ok().map(Duration::from_secs)
}

pub(crate) async fn body(response: &mut impl Response) -> Result<Vec<u8>, FeedError> {
    let mut body = Vec::new();
    while let Some(piece) = response.piece().await? {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST {
            return Err(FeedError::NotAFeed(format!("its answer is longer than {LONGEST} bytes")));
        }
    }
    Ok(body)
}

/// What an error answer says, or its status where it says nothing that can be read.
pub fn error_message(status: u16, body: &[u8]) -> String {
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(body) if !body.error.message.is_empty() => body.error.message,
        _ => format!("HTTP {status}"),
    }
}
