//! The simulated device, a module of its own that is loaded when someone asks for it.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::SerialPort;

use super::OpenError;
use crate::browser;

/// Where the module is, beside the page.
const MODULE: &str = "simulated-device.js";

#[wasm_bindgen(inline_js = "export const load = async address => {
    const module = await import(address);
    await module.default();
    return module;
}")]
extern "C" {
    #[wasm_bindgen(js_name = load)]
    fn load_module(address: &str) -> Promise;
}

/// A simulated chip, freshly reset into its bootloader, that works `speed` times as fast as a real one.
///
/// # Errors
/// [`OpenError::Refused`] when its module cannot be loaded.
pub async fn simulated_device(speed: u32) -> Result<SerialPort, OpenError> {
    plug_in(speed).await.map_err(|error| OpenError::Refused(browser::error_text(&error)))
}

async fn plug_in(speed: u32) -> Result<SerialPort, JsValue> {
    let address = browser::absolute(MODULE).map_err(|reason| JsValue::from(&reason))?;
    let module = JsFuture::from(load_module(&address)).await?;
    let serial_port: Function = Reflect::get(&module, &"serialPort".into())?.dyn_into()?;
    Ok(serial_port.call1(&JsValue::UNDEFINED, &speed.into())?.unchecked_into())
}
