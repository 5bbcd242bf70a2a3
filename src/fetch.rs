//! The browser's `fetch` for the release feed.

use core::fmt::Display;
use core::time::Duration;

use gloo_net::http;
use release_feed::{Fetch, FetchError, Request, Response};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, ReadableStreamDefaultReader};

use crate::browser;

/// How long a server may be silent. A network that is gone is noticed at once; one that hangs is not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends requests as the browser does.
#[derive(Debug, Clone, Copy)]
pub struct BrowserFetch;

/// An answer whose body is still to come. Dropping it ends the request.
pub struct BrowserResponse {
    response: http::Response,
    reader: Option<ReadableStreamDefaultReader>,
    abort: Option<AbortOnDrop>,
}

/// Ends the request when nobody waits for it any more.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn broken(error: impl ToString) -> FetchError {
    FetchError(error.to_string())
}

fn silent() -> FetchError {
    FetchError(format!("no answer for {} seconds", PATIENCE.as_secs()))
}

impl Fetch for BrowserFetch {
    type Response = BrowserResponse;

    async fn send(&self, request: &Request) -> Result<BrowserResponse, FetchError> {
        let url = browser::absolute(&request.url).map_err(FetchError)?;
        let abort = AbortController::new().ok().map(AbortOnDrop);
        let begin = if request.form.is_some() { http::Request::post } else { http::Request::get };
        let mut builder = begin(&url).abort_signal(abort.as_ref().map(|abort| abort.0.signal()).as_ref());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let sent = match &request.form {
            Some(form) => builder.header("Content-Type", "application/x-www-form-urlencoded").body(form.as_str()),
            None => builder.build(),
        };
        let response =
            browser::within(PATIENCE, sent.map_err(broken)?.send()).await.ok_or_else(silent)?.map_err(broken)?;
        let reader = response.body().and_then(|body| body.get_reader().dyn_into().ok());
        Ok(BrowserResponse { response, reader, abort })
    }

    async fn wait(&self, time: Duration) {
        browser::sleep(time).await;
    }
}

impl Response for BrowserResponse {
    fn status(&self) -> u16 {
        self.response.status()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name)
    }

    async fn piece(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let piece = browser::within(PATIENCE, browser::next_piece(reader)).await.ok_or_else(silent)?;
        let piece = piece.map_err(|error| FetchError(browser::error_text(&error)))?;
        if piece.is_none()
            && let Some(abort) = self.abort.take()
        {
            // Whole: there is nothing left to end.
            core::mem::forget(abort);
        }
        Ok(piece)
    }
}

/// The text of a file of the page's own.
///
/// # Errors
/// What is wrong, in words for the person who runs the page.
pub async fn text(name: &str) -> Result<String, String> {
    file(name).await?.text().await.map_err(|error| missing(name, error))
}

/// What a file of the page's own has as JSON.
///
/// # Errors
/// The same.
pub async fn json(name: &str) -> Result<JsValue, String> {
    let response: web_sys::Response = file(name).await?.into();
    let json = response.json().map_err(|error| missing(name, browser::error_text(&error)))?;
    browser::settled(&json).await.map_err(|error| missing(name, browser::error_text(&error)))
}

async fn file(name: &str) -> Result<http::Response, String> {
    let response = http::Request::get(name).send().await.map_err(|error| missing(name, error))?;
    if !response.ok() {
        return Err(missing(name, format!("HTTP {}", response.status())));
    }
    Ok(response)
}

fn missing(name: &str, reason: impl Display) -> String {
    format!("{name} cannot be read: {reason}")
}
