//! Modules that are loaded when someone asks for what they do.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    fn load(address: &str) -> Promise;
}

/// The module in `file`, which lies beside the page.
///
/// # Errors
/// When it cannot be loaded.
pub async fn loaded(file: &str) -> Result<JsValue, JsValue> {
    let address = browser::absolute(file).map_err(|reason| JsValue::from(&reason))?;
    browser::settled(&load(&address)).await
}

/// The function `name` of the module in `file`.
///
/// # Errors
/// The same.
pub async fn function(file: &str, name: &str) -> Result<Function, JsValue> {
    Reflect::get(&loaded(file).await?, &name.into())?.dyn_into()
}
