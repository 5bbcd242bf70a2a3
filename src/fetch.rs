//! The browser's `fetch` for the release feed, and what was taken along where there is no network.

use core::time::Duration;

use js_sys::{Array, Promise, Reflect, Uint8Array};
use release_feed::{Fetch, FetchError, Request, Response};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader};

use crate::browser;

#[wasm_bindgen(module = "/src/fetch.js")]
extern "C" {
    fn ask(address: &str, headers: &Array, form: Option<&str>, signal: Option<AbortSignal>) -> Promise;
    #[wasm_bindgen(js_name = piece)]
    fn next_piece(reader: &ReadableStreamDefaultReader) -> Promise;
    #[wasm_bindgen(js_name = language)]
    fn read_language(name: &str) -> Promise;
    /// The feed's answer to a question for the latest release as it came; none where it was taken along before.
    #[wasm_bindgen(js_name = answerTo)]
    pub fn answer_to(question: &str) -> JsValue;
}

/// Sends requests as the browser does. What no server answers is answered by what was taken along.
#[derive(Debug, Clone, Copy)]
pub struct BrowserFetch;

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

/// What a promise comes to.
async fn settled(promise: &Promise) -> Result<JsValue, FetchError> {
    browser::settled(promise).await.map_err(|error| FetchError(browser::error_text(&error)))
}

impl Fetch for BrowserFetch {
    type Response = BrowserResponse;

    async fn send(&self, request: &Request) -> Result<BrowserResponse, FetchError> {
        let abort = AbortController::new().ok().map(AbortOnDrop);
        let pair = |(name, value): &(&str, String)| Array::of2(&JsValue::from(*name), &value.into());
        let headers: Array = request.headers.iter().map(pair).collect();
        if request.form.is_some() {
            headers.push(&pair(&("Content-Type", "application/x-www-form-urlencoded".into())));
        }
        let signal = abort.as_ref().map(|abort| abort.0.signal());
        let response = settled(&ask(&request.url, &headers, request.form.as_deref(), signal)).await?;
        let response: web_sys::Response = response.unchecked_into();
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
        let chunk = settled(&next_piece(reader)).await?;
        let bytes = Reflect::get(&chunk, &"value".into()).ok().and_then(|value| value.dyn_into::<Uint8Array>().ok());
        if bytes.is_none()
            && let Some(abort) = self.abort.take()
        {
            // Whole: there is nothing left to end.
            core::mem::forget(abort);
        }
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }
}

#[wasm_bindgen(module = "/src/deployment.js")]
extern "C" {
    #[wasm_bindgen(js_name = settings)]
    fn read_settings() -> Promise;
}

/// The text of `fieldflash.json`. What of it is the page's clothes, and the page that shows this one in its own, are seen to.
///
/// # Errors
/// What is wrong, in words for the person who runs the page.
pub async fn settings() -> Result<String, String> {
    let read = browser::settled(&read_settings()).await;
    Ok(read.map_err(|error| browser::error_message(&error))?.as_string().unwrap_or_default())
}

/// The texts of a language, by their names: those of its file, and over them the deployment's own.
///
/// # Errors
/// What the browser says, when the file cannot be read.
pub async fn language(name: &str) -> Result<JsValue, JsValue> {
    browser::settled(&read_language(name)).await
}
