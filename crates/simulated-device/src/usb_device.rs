//! The device as a `USBDevice` of WebUSB, as far as a page needs one.

use std::rc::Rc;

use js_sys::{Object, Promise, Reflect, Uint8Array};
use stm32_bootloader::sim::Answer;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_futures::future_to_promise;
use web_sys::{DomException, UsbControlTransferParameters, UsbRecipient, UsbRequestType};

use crate::usb_chip::{Ended, UsbChip};

/// `bmRequestType` of what comes from the device (USB 2.0 Table 9-2).
const IN: u8 = 0x80;
/// The standard request that selects an alternate setting (USB 2.0 Table 9-4).
const SET_INTERFACE: u8 = 11;
/// By which a hub's port is reset (USB 2.0 §11.24.2).
const PORT_RESET: [u8; 8] = [0x23, 3, 4, 0, 1, 0, 0, 0];

/// The simulated device, plugged into USB and freshly reset into its bootloader. Its time passes `speed` times as fast as
/// the page's.
///
/// # Errors
/// When there is no chip to simulate.
#[wasm_bindgen(js_name = usbDevice)]
pub fn usb_device(speed: f64) -> Result<SimulatedUsbDevice, JsError> {
    let chip = UsbChip::plug_in(speed).map_err(|reason| JsError::new(&reason))?;
    let number = chip.device_number().ok_or_else(|| JsError::new("the simulated device is not on the bus"))?;
    Ok(SimulatedUsbDevice { chip, number, is_open: false })
}

/// Has the names, arguments and answers of the standard's `USBDevice`.
#[wasm_bindgen]
pub struct SimulatedUsbDevice {
    chip: Rc<UsbChip>,
    /// Which of the devices that the chip was on the bus this is.
    number: u32,
    is_open: bool,
}

#[wasm_bindgen]
impl SimulatedUsbDevice {
    /// That of ST.
    #[wasm_bindgen(getter, js_name = vendorId)]
    pub fn vendor_id(&self) -> u16 {
        0x0483
    }

    /// That of ST's ROM.
    #[wasm_bindgen(getter, js_name = productId)]
    pub fn product_id(&self) -> u16 {
        0xDF11
    }

    /// Whether it is open; not any more once it has left the bus.
    #[wasm_bindgen(getter)]
    pub fn opened(&self) -> bool {
        self.is_open && self.is_there()
    }

    /// The configuration in effect, which is the only one.
    #[wasm_bindgen(getter)]
    pub fn configuration(&self) -> JsValue {
        Object::new().into()
    }

    /// Opens it.
    pub fn open(&mut self) -> Promise {
        if !self.is_there() {
            return Promise::reject(&error("NotFoundError", "The device was disconnected."));
        }
        self.is_open = true;
        done()
    }

    /// Closes it, which ends the transfers that are under way.
    pub fn close(&mut self) -> Promise {
        self.is_open = false;
        self.chip.close();
        done()
    }

    /// Claims an interface.
    #[wasm_bindgen(js_name = claimInterface)]
    pub fn claim_interface(&self, _interface: u8) -> Promise {
        done()
    }

    /// Selects an alternate setting of an interface.
    #[wasm_bindgen(js_name = selectAlternateInterface)]
    pub fn select_alternate_interface(&self, interface: u8, setting: u8) -> Promise {
        self.transfer([0x01, SET_INTERFACE, setting, 0, interface, 0, 0, 0], Vec::new())
    }

    /// Resets its USB side.
    pub fn reset(&self) -> Promise {
        self.transfer(PORT_RESET, Vec::new())
    }

    /// Asks it for at most `length` bytes.
    #[wasm_bindgen(js_name = controlTransferIn)]
    pub fn control_transfer_in(&self, setup: &UsbControlTransferParameters, length: u16) -> Promise {
        self.transfer(packet(setup, IN, length), Vec::new())
    }

    /// Sends it `data`.
    #[wasm_bindgen(js_name = controlTransferOut)]
    pub fn control_transfer_out(&self, setup: &UsbControlTransferParameters, data: &Uint8Array) -> Promise {
        let bytes = data.to_vec();
        self.transfer(packet(setup, 0, u16::try_from(bytes.len()).unwrap_or(u16::MAX)), bytes)
    }

    fn is_there(&self) -> bool {
        self.chip.device_number() == Some(self.number)
    }

    fn transfer(&self, setup: [u8; 8], bytes: Vec<u8>) -> Promise {
        if !self.is_open {
            return Promise::reject(&error("InvalidStateError", "The device must be opened first."));
        }
        let (chip, number) = (Rc::clone(&self.chip), self.number);
        future_to_promise(async move {
            let result = Object::new();
            let set = |name: &str, value: JsValue| Reflect::set(&result, &name.into(), &value);
            match chip.transfer(number, setup, bytes).await {
                Ok(Answer::Sent(bytes)) => {
                    set("status", "ok".into())?;
                    let bytes = Uint8Array::from(bytes.as_slice());
                    set("data", js_sys::DataView::new(&bytes.buffer(), 0, bytes.length() as usize).into())?;
                }
                Ok(Answer::Took(count)) => {
                    set("status", "ok".into())?;
                    set("bytesWritten", JsValue::from_f64(count as f64))?;
                }
                Ok(Answer::Stalled) => {
                    set("status", "stall".into())?;
                }
                Err(Ended::Gone) => return Err(error("NotFoundError", "The device was disconnected.")),
                Err(Ended::Closed) => return Err(error("AbortError", "The transfer was cancelled.")),
            }
            Ok(result.into())
        })
    }
}

/// The set-up packet of a transfer.
fn packet(setup: &UsbControlTransferParameters, direction: u8, length: u16) -> [u8; 8] {
    let kind = match setup.get_request_type() {
        UsbRequestType::Class => 0x20,
        UsbRequestType::Vendor => 0x40,
        _ => 0,
    };
    let recipient = match setup.get_recipient() {
        UsbRecipient::Interface => 1,
        UsbRecipient::Endpoint => 2,
        UsbRecipient::Other => 3,
        _ => 0,
    };
    let [[v0, v1], [i0, i1], [l0, l1]] = [setup.get_value(), setup.get_index(), length].map(u16::to_le_bytes);
    [direction | kind | recipient, setup.get_request(), v0, v1, i0, i1, l0, l1]
}

fn done() -> Promise {
    Promise::resolve(&JsValue::UNDEFINED)
}

/// An error as the browser's are.
fn error(name: &str, message: &str) -> JsValue {
    DomException::new_with_message_and_name(message, name).map_or_else(|error| error, JsValue::from)
}
