//! Modules that are loaded when someone asks for what they do.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    fn load(file: &str) -> Promise;
    /// Has the workshop's function with this name show something in the place with this name, about these. Whether it does.
    pub(crate) fn show(name: &str, first: &JsValue, second: &JsValue) -> Promise;
    /// Has the picture of the flash show an event, where there is one.
    pub(crate) fn draw(numbers: &[u32]);
    /// Has the picture be over, and the monitor let go of its port: a promise of that, if it has one.
    pub(crate) fn leave() -> JsValue;
}

/// An error of a module's, or of its loading.
#[derive(Debug)]
pub struct ModuleError {
    /// What is to be done about it, as the module's documentation has it; `not-loaded` where the module is not there, or not
    /// as it was built with the page.
    pub name: String,
    /// What it says itself.
    pub message: String,
}

impl From<JsValue> for ModuleError {
    fn from(error: JsValue) -> Self {
        Self { name: browser::error_name(&error), message: browser::error_message(&error) }
    }
}

/// The module in `file`, which lies beside the page.
///
/// # Errors
/// [`ModuleError`], when it cannot be loaded.
pub async fn loaded(file: &str) -> Result<JsValue, ModuleError> {
    Ok(browser::settled(&load(file)).await?)
}

/// The function `name` of the module in `file`.
///
/// # Errors
/// The same.
pub async fn function(file: &str, name: &str) -> Result<Function, ModuleError> {
    Ok(Reflect::get(&loaded(file).await?, &name.into())?.dyn_into()?)
}
