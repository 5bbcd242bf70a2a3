//! The last that was sent to the device and received from it, for a report; kept only where someone wants that.

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::UsbDevice;

#[wasm_bindgen(module = "/src/port/port.js")]
extern "C" {
    /// Keeps what is sent and received from now on.
    pub fn keep();
    /// What was kept, as a report has it in JSON.
    pub fn kept() -> String;
    /// Something was sent, or else received.
    pub fn note(sent: bool, bytes: &[u8]);
    /// Notes what is sent to `device` and received from it.
    pub fn watch(device: &UsbDevice);
}
