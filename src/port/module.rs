//! Modules that are loaded when someone asks for what they do.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    fn load(address: &str) -> Promise;
}

/// The function `name` of the module in `file`, which lies beside the page.
///
/// # Errors
/// When the module cannot be loaded.
pub(crate) async fn function(file: &str, name: &str) -> Result<Function, JsValue> {
    let address = browser::absolute(file).map_err(|reason| JsValue::from(&reason))?;
    let module = browser::settled(&load(&address)).await?;
    Reflect::get(&module, &name.into())?.dyn_into()
}
