//! Modules that are loaded when someone asks for what they do.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    fn load(address: &str) -> Promise;
    /// Has the workshop's function with this name show something in the place with this name, about these. Whether it does.
    pub(crate) fn show(name: &str, first: &JsValue, second: &JsValue) -> Promise;
    /// Has the picture of the flash show an event, where there is one.
    pub(crate) fn draw(numbers: &[u32]);
    /// Has the picture be over, and the monitor let go of its port: a promise of that, if it has one.
    pub(crate) fn leave() -> JsValue;
}

/// The function `name` of the module in `file`, which lies beside the page.
///
/// # Errors
/// When the module cannot be loaded.
pub(super) async fn function(file: &str, name: &str) -> Result<Function, JsValue> {
    let address = browser::absolute(file).map_err(|reason| JsValue::from(&reason))?;
    let module = browser::settled(&load(&address)).await?;
    Reflect::get(&module, &name.into())?.dyn_into()
}
