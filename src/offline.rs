//! What is loaded once the page is shown: what keeps it for work without a network, and what technicians need.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/offline.js")]
extern "C" {
    /// Begins with it. `command` is called with what is to be done in the session. Where it cannot be loaded, the page is
    /// there as ever.
    pub fn begin(command: &Function) -> Promise;
    /// The session has moved on: this is what is seen of it.
    pub fn moved(sight: &JsValue);
    /// Keeps an outcome that could not be told, to be told once there is a network.
    #[wasm_bindgen(js_name = tellLater)]
    pub fn tell_later(address: &str, project_key: Option<&str>, form: &str) -> Promise;
}
