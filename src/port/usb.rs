//! USB devices: which of them the page can use.

use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{UsbAlternateInterface, UsbDevice, UsbDeviceFilter, UsbDeviceRequestOptions};

use super::OpenError;
use crate::browser;

/// Vendor and product of ST's ROM.
const ROM: (u16, u16) = (0x0483, 0xDF11);
/// Class and subclass of DFU interfaces (DFU 1.1 Table 4.1).
const DFU: (u8, u8) = (0xFE, 0x01);
/// The protocol of one that can be programmed; others are those of applications (DFU 1.1 Table 4.4).
const DFU_MODE: u8 = 2;

/// Whether this browser has WebUSB, here: it does not exist in an insecure context.
pub fn supported() -> bool {
    browser::usb().is_some()
}

/// The devices with DFU that the person has already allowed this page to use and that are plugged in.
pub async fn known() -> Vec<UsbDevice> {
    let Some(usb) = browser::usb() else { return Vec::new() };
    let devices = browser::settled(&usb.get_devices()).await.unwrap_or_default();
    Array::from(&devices).iter().map(UsbDevice::unchecked_from_js).filter(|device| has_dfu(device, |_| true)).collect()
}

/// Lets the person pick a device in the browser's list, where `in_update_mode` one that is ready to be programmed. Only
/// works as the direct answer to a click.
///
/// # Errors
/// [`OpenError::Dismissed`] also when the list was empty: the browser does not tell the two apart.
pub async fn choose(in_update_mode: bool) -> Result<UsbDevice, OpenError> {
    let usb = browser::usb().ok_or_else(|| OpenError::Refused("this browser has no WebUSB".into()))?;
    // Where Windows has no driver for it the browser does not know its classes, but its ids.
    let rom = UsbDeviceFilter::new();
    rom.set_vendor_id(ROM.0);
    rom.set_product_id(ROM.1);
    let dfu = UsbDeviceFilter::new();
    dfu.set_class_code(DFU.0);
    dfu.set_subclass_code(DFU.1);
    if in_update_mode {
        dfu.set_protocol_code(DFU_MODE);
    }
    let options = UsbDeviceRequestOptions::new(&[rom, dfu]);
    match browser::settled(&usb.request_device(&options)).await {
        Ok(device) => Ok(device.unchecked_into()),
        Err(error) if browser::error_name(&error) == "NotFoundError" => Err(OpenError::Dismissed),
        Err(error) => Err(OpenError::Refused(browser::error_text(&error))),
    }
}

/// Whether the device can be programmed as it is; an application's is told to restart first.
pub fn is_in_update_mode(device: &UsbDevice) -> bool {
    has_dfu(device, |protocol| protocol == DFU_MODE)
}

/// Whether the device is ST's ROM, or has a DFU interface whose protocol `is_wanted`.
fn has_dfu(device: &UsbDevice, is_wanted: fn(u8) -> bool) -> bool {
    let is_dfu = |it: &UsbAlternateInterface| (it.interface_class(), it.interface_subclass()) == DFU;
    let interfaces = || device.configurations().into_iter().flat_map(|it| it.interfaces());
    (device.vendor_id(), device.product_id()) == ROM
        || interfaces().flat_map(|it| it.alternates()).any(|it| is_dfu(&it) && is_wanted(it.interface_protocol()))
}
