//! What is asked of the browser, beside what every page asks.

use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlElement};

#[wasm_bindgen(module = "/src/browser.js")]
extern "C" {
    /// Where a report is made, as JSON.
    pub fn place() -> String;
    fn settings() -> Promise;
    #[wasm_bindgen(js_name = copy)]
    fn copied(text: &str) -> Promise;
    /// The address that the page lies at, up to its folder.
    pub fn base() -> String;
    fn pause(milliseconds: u32) -> Promise;
    /// Lets the person keep a text as a file.
    pub fn save(name: &str, text: &str);
    fn read(file: &File) -> Promise;
    fn sign(pem: &str, text: &str) -> Promise;
    #[wasm_bindgen(js_name = followHash)]
    fn follow(then: &Closure<dyn Fn(String)>) -> String;
    /// A place above the page's own that stays while the page goes on.
    pub fn above(id: &str) -> HtmlElement;
    /// Marks the element with this test id, and says whether it is there.
    pub fn point(id: &str) -> bool;
}

/// What a promise for a text comes to.
async fn text_of(promise: Promise) -> Result<String, JsValue> {
    JsFuture::from(promise).await.map(|text| text.as_string().unwrap_or_default())
}

/// The deployment's `fieldflash.json`, empty where it cannot be read.
pub async fn deployment() -> String {
    text_of(settings()).await.unwrap_or_default()
}

/// Whether the text is in the clipboard now.
pub async fn copy(text: &str) -> bool {
    JsFuture::from(copied(text)).await.is_ok()
}

/// Waits.
pub async fn sleep(milliseconds: u32) {
    // It always comes to pass.
    let _ = JsFuture::from(pause(milliseconds)).await;
}

/// What a file holds, where it can be read.
pub async fn contents(file: &File) -> Option<String> {
    text_of(read(file)).await.ok()
}

/// The signature of `text` by the key in `pem`, and its public key, both in hexadecimal; `None` where there is no such key
/// in it or the browser does not know Ed25519.
pub async fn signature(pem: &str, text: &str) -> Option<(String, String)> {
    let both = Array::from(&JsFuture::from(sign(pem, text)).await.ok()?);
    Some((both.get(0).as_string()?, both.get(1).as_string()?))
}

/// The part of the address after `#`; `then` is called whenever it changes.
pub fn follow_hash(then: impl Fn(String) + 'static) -> String {
    let then = Closure::new(then);
    let now = follow(&then);
    then.forget();
    now
}
