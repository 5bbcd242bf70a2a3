//! The simulated device, a module of its own that is loaded when someone asks for it.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{SerialPort, UsbDevice};

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

/// A simulated chip at a serial port, freshly reset into its bootloader, that works `speed` times as fast as a real one.
///
/// # Errors
/// [`OpenError::Refused`] when its module cannot be loaded.
pub async fn simulated_port(speed: f64) -> Result<SerialPort, OpenError> {
    Ok(plug_in("serialPort", speed).await?.unchecked_into())
}

/// The same on USB.
///
/// # Errors
/// As for [`simulated_port`].
pub async fn simulated_usb_device(speed: f64) -> Result<UsbDevice, OpenError> {
    Ok(plug_in("usbDevice", speed).await?.unchecked_into())
}

async fn plug_in(what: &str, speed: f64) -> Result<JsValue, OpenError> {
    let plugged_in = async {
        let address = browser::absolute(MODULE).map_err(|reason| JsValue::from(&reason))?;
        let module = browser::settled(&load_module(&address)).await?;
        let plug_in: Function = Reflect::get(&module, &what.into())?.dyn_into()?;
        plug_in.call1(&JsValue::UNDEFINED, &speed.into())
    };
    plugged_in.await.map_err(|error: JsValue| OpenError::Refused(browser::error_text(&error)))
}
