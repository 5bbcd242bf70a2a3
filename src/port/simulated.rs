//! The simulated device, a module of its own that is loaded when someone asks for it.

use wasm_bindgen::JsValue;

use super::module::{self, ModuleError};

/// Where the module is, beside the page.
const MODULE: &str = "simulated-device.js";

/// A simulated chip, freshly reset into its bootloader, that works `speed` times as fast as a real one: `what` is
/// `serialPort` or `usbDevice`.
///
/// # Errors
/// [`ModuleError`], when its module cannot be loaded.
pub async fn simulated(what: &str, speed: u32) -> Result<JsValue, ModuleError> {
    Ok(module::function(MODULE, what).await?.call1(&JsValue::UNDEFINED, &speed.into())?)
}
