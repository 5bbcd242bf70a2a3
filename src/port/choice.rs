//! Which serial ports and USB devices there are, and which of them the person picks.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{SerialPort, UsbDevice};

use super::OpenError;
use crate::browser;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    /// Whether a USB device can be programmed as it is; an application's is told to restart first.
    #[wasm_bindgen(js_name = isInUpdateMode)]
    pub fn is_in_update_mode(device: &UsbDevice) -> bool;
    /// Whether the browser reaches serial ports: on Android one may know them and reach none on a wire.
    #[wasm_bindgen(js_name = hasSerial)]
    pub fn has_serial(is_android: bool) -> bool;
    #[wasm_bindgen(js_name = known)]
    fn known_ones(usb: bool) -> Promise;
    #[wasm_bindgen(js_name = restarted)]
    fn restarted_one() -> Promise;
    #[wasm_bindgen(js_name = choosePort)]
    fn choose_a_port() -> Promise;
    #[wasm_bindgen(js_name = chooseDevice)]
    fn choose_a_device(in_update_mode: bool) -> Promise;
}

/// What the page may use already, and is plugged in: the first of each kind.
#[derive(Debug, Default)]
pub struct Known {
    /// A serial port, which is not one of the USB device's.
    pub port: Option<SerialPort>,
    /// A USB device with DFU.
    pub device: Option<UsbDevice>,
}

/// What there is of serial ports, and of USB devices unless `usb` says that there are to be none.
pub async fn known(usb: bool) -> Known {
    // A browser that refuses has none.
    let Ok(found) = browser::settled(&known_ones(usb)).await else { return Known::default() };
    let found = Array::from(&found);
    Known { port: there(found.get(0)), device: there(found.get(1)) }
}

/// The USB device that is in update mode, of those that the page may use already.
pub async fn restarted() -> Option<UsbDevice> {
    browser::settled(&restarted_one()).await.ok().and_then(there)
}

/// Lets the person pick a serial port in the browser's list. Only works as the direct answer to a click.
///
/// # Errors
/// [`OpenError::Dismissed`] also when the list was empty: the browser does not tell the two apart.
pub async fn choose_port() -> Result<SerialPort, OpenError> {
    picked(choose_a_port()).await
}

/// Lets the person pick a USB device, where `in_update_mode` one that is ready to be programmed. Only works as the direct
/// answer to a click.
///
/// # Errors
/// As for [`choose_port`].
pub async fn choose_device(in_update_mode: bool) -> Result<UsbDevice, OpenError> {
    picked(choose_a_device(in_update_mode)).await
}

async fn picked<T: JsCast>(promise: Promise) -> Result<T, OpenError> {
    match browser::settled(&promise).await {
        Ok(one) => Ok(one.unchecked_into()),
        Err(error) if browser::error_name(&error) == "NotFoundError" => Err(OpenError::Dismissed),
        Err(error) => Err(OpenError::Refused(browser::error_text(&error))),
    }
}

fn there<T: JsCast>(value: JsValue) -> Option<T> {
    (!value.is_undefined()).then(|| value.unchecked_into())
}
