//! The simulated device, a module of its own that is loaded when someone asks for it.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{SerialPort, UsbDevice};

use super::{OpenError, module};
use crate::browser;

/// Where the module is, beside the page.
const MODULE: &str = "simulated-device.js";

/// A simulated chip at a serial port, freshly reset into its bootloader, that works `speed` times as fast as a real one.
///
/// # Errors
/// [`OpenError::Refused`] when its module cannot be loaded.
pub async fn simulated_port(speed: u32) -> Result<SerialPort, OpenError> {
    Ok(plug_in("serialPort", speed).await?.unchecked_into())
}

/// The same on USB.
///
/// # Errors
/// As for [`simulated_port`].
pub async fn simulated_usb_device(speed: u32) -> Result<UsbDevice, OpenError> {
    Ok(plug_in("usbDevice", speed).await?.unchecked_into())
}

async fn plug_in(what: &str, speed: u32) -> Result<JsValue, OpenError> {
    let plugged_in = async { module::function(MODULE, what).await?.call1(&JsValue::UNDEFINED, &speed.into()) };
    plugged_in.await.map_err(|error: JsValue| OpenError::Refused(browser::error_text(&error)))
}
