//! The browser's `fetch` for the release feed, and what was taken along where there is no network.

use core::cell::RefCell;
use core::fmt::Display;
use core::time::Duration;
use std::rc::Rc;

use release_feed::{Fetch, FetchError, LATEST_PATH, Request, Response};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestInit, window};

use crate::{browser, offline};

/// How long a server may be silent. A network that is gone is noticed at once; one that hangs is not.
const PATIENCE: Duration = Duration::from_secs(30);
/// The header of an answer that was taken along: when.
const TAKEN: &str = "fieldflash-taken";

/// Sends requests as the browser does. What no server answers is answered by what was taken along.
#[derive(Debug, Clone, Default)]
pub struct BrowserFetch {
    /// The last question for the latest release, and the answer.
    answer: Rc<RefCell<Option<(String, web_sys::Response)>>>,
}

impl BrowserFetch {
    /// The day on which the last answer was taken along, e.g. `2026-11-24`; `None` for one from the feed itself.
    pub fn taken(&self) -> Option<String> {
        let (_, answer) = self.answer.borrow_mut().take()?;
        let mut moment = answer.headers().get(TAKEN).ok()??;
        moment.truncate("2026-11-24".len());
        Some(moment)
    }

    /// The last question for the latest release, as an address, and the feed's answer as it came. `None` where that was
    /// taken along before.
    pub fn answer(&self) -> Option<(String, web_sys::Response)> {
        self.answer.borrow_mut().take().filter(|(_, answer)| matches!(answer.headers().get(TAKEN), Ok(None)))
    }
}

/// An answer whose body is still to come. Dropping it ends the request.
pub struct BrowserResponse {
    response: web_sys::Response,
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

fn broken(error: &JsValue) -> FetchError {
    FetchError(browser::error_text(error))
}

fn silent() -> FetchError {
    FetchError(format!("no answer for {} seconds", PATIENCE.as_secs()))
}

/// Sends it as it is.
async fn send(url: &str, request: &Request, abort: Option<&AbortOnDrop>) -> Result<web_sys::Response, JsValue> {
    let init = RequestInit::new();
    init.set_signal(abort.map(|abort| abort.0.signal()).as_ref());
    if let Some(form) = &request.form {
        init.set_method("POST");
        init.set_body(&form.into());
    }
    let sent = web_sys::Request::new_with_str_and_init(url, &init)?;
    if request.form.is_some() {
        sent.headers().set("Content-Type", "application/x-www-form-urlencoded")?;
    }
    for (name, value) in &request.headers {
        sent.headers().set(name, value)?;
    }
    let window = window().ok_or(JsValue::UNDEFINED)?;
    Ok(browser::settled(&window.fetch_with_request(&sent)).await?.unchecked_into())
}

impl Fetch for BrowserFetch {
    type Response = BrowserResponse;

    async fn send(&self, request: &Request) -> Result<BrowserResponse, FetchError> {
        let url = browser::absolute(&request.url).map_err(FetchError)?;
        let abort = AbortController::new().ok().map(AbortOnDrop);
        let response = match browser::within(PATIENCE, send(&url, request, abort.as_ref())).await {
            Some(Ok(response)) => response,
            failed => {
                let taken = if request.form.is_none() { offline::taken_along(&url).await } else { None };
                taken.ok_or_else(|| failed.and_then(Result::err).map_or_else(silent, |error| broken(&error)))?
            }
        };
        if url.contains(LATEST_PATH) {
            self.answer.replace(response.clone().ok().map(|answer| (url, answer)));
        }
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
        self.response.headers().get(name).ok()?
    }

    async fn piece(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let piece = browser::within(PATIENCE, browser::next_piece(reader)).await.ok_or_else(silent)?;
        let piece = piece.map_err(|error| broken(&error))?;
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
    read(name, web_sys::Response::text).await.map(|text| text.as_string().unwrap_or_default())
}

/// What a file of the page's own has as JSON.
///
/// # Errors
/// The same.
pub async fn json(name: &str) -> Result<JsValue, String> {
    read(name, web_sys::Response::json).await
}

async fn read(name: &str, body: fn(&web_sys::Response) -> Result<js_sys::Promise, JsValue>) -> Result<JsValue, String> {
    let read = async {
        let window = window().ok_or(JsValue::UNDEFINED)?;
        let response: web_sys::Response = browser::settled(&window.fetch_with_str(name)).await?.unchecked_into();
        if !response.ok() {
            return Ok(Err(response.status()));
        }
        let body = body(&response)?;
        browser::settled(&body).await.map(Ok)
    };
    match read.await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(status)) => Err(missing(name, format_args!("HTTP {status}"))),
        Err(error) => Err(missing(name, browser::error_text(&error))),
    }
}

fn missing(name: &str, reason: impl Display) -> String {
    format!("{name} cannot be read: {reason}")
}
