//! What the client needs of the world: HTTP GET, the POST of a form, a body piece by piece, and a timer.

use core::future::Future;
use core::time::Duration;

/// A GET, or with a form a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// What is posted, as `application/x-www-form-urlencoded`.
    pub form: Option<String>,
}

/// There was no answer, or it broke off: no network, no such host, a connection that ended, a time-out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Sends requests. The browser does, and an HTTP client may natively.
pub trait Fetch {
    /// What comes back.
    type Response: Response;

    /// Sends `request` and waits for the head of the answer, for a bounded time.
    ///
    /// # Errors
    /// [`FetchError`] when no answer came. An answer with an error status is an answer.
    fn send(&self, request: &Request) -> impl Future<Output = Result<Self::Response, FetchError>>;

    /// Waits.
    fn wait(&self, time: Duration) -> impl Future<Output = ()>;
}

/// The head of an answer, and its body piece by piece.
pub trait Response {
    /// The HTTP status.
    fn status(&self) -> u16;

    /// A header, if it is there and may be seen.
    fn header(&self, name: &str) -> Option<String>;

    /// The next piece of the body, `None` after the last one. Waits for a bounded time.
    ///
    /// # Errors
    /// [`FetchError`] when the body broke off.
    fn piece(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, FetchError>>;
}
