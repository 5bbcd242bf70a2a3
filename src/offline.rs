//! The page without a network, and what is loaded for those who work without one.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/offline.js")]
extern "C" {
    /// Has the page start without a network from its next visit on. Calls `arrived` once a new version of it is there.
    #[wasm_bindgen(js_name = keepPage)]
    pub fn keep_page(arrived: &Function);
    /// Takes the new version. Calls `refused` where another window of the page keeps it from being taken.
    #[wasm_bindgen(js_name = takeNew)]
    pub fn take_new_version(refused: &Function);
    /// Keeps an outcome that could not be told, to be told once there is a network.
    #[wasm_bindgen(js_name = tellLater)]
    pub fn tell_later(address: &str, project_key: Option<&str>, form: &str) -> Promise;
    /// Tells the outcomes that are kept, now and whenever the network is back.
    #[wasm_bindgen(js_name = tellKept)]
    pub fn tell_kept_outcomes();
    /// Loads what technicians need, and shows it in `place`, what has to be seen first in `top`. It calls `command` with
    /// what is to be done. `missing` is said where it cannot be loaded, the reason in place of `{reason}`.
    #[wasm_bindgen(js_name = openTechnician)]
    pub fn open_technician(place: &JsValue, top: &JsValue, command: &Function, missing: &str);
    /// The session has moved on: what technicians see of it is this.
    pub fn moved(sight: &JsValue);
}
