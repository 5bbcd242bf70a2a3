//! WebUSB as a control pipe.

use core::time::Duration;

use js_sys::{Array, Reflect, Uint8Array};
use stm32_bootloader::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use stm32_bootloader::port::Instant;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    UsbAlternateInterface, UsbControlTransferParameters, UsbDevice, UsbDeviceFilter, UsbDeviceRequestOptions,
    UsbInTransferResult, UsbRecipient, UsbRequestType,
};

use super::{OpenError, closing, until};
use crate::browser;

/// Vendor and product of ST's ROM.
const ROM: (u16, u16) = (0x0483, 0xDF11);
/// Class and subclass of DFU interfaces (DFU 1.1 Table 4.1).
const DFU: (u8, u8) = (0xFE, 0x01);
/// The protocol of one that can be programmed; others are those of applications (DFU 1.1 Table 4.4).
const DFU_MODE: u8 = 2;
/// How long anything may take that is not a transfer, which comes with its own deadline.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the browser may take to learn that a device is gone whose transfer has failed, in so many looks.
const FAREWELL: Duration = Duration::from_millis(50);
const FAREWELLS: u32 = 10;

/// A USB device that is open in WebUSB.
#[derive(Debug)]
pub struct WebUsb {
    device: UsbDevice,
    /// The interface that is claimed, and its alternate setting.
    selected: Option<(u8, u8)>,
    /// A transfer was given up and is still under way: WebUSB ends it when the device is closed, and not before.
    stuck: bool,
}

impl WebUsb {
    /// Whether this browser has WebUSB, here: it does not exist in an insecure context.
    pub fn supported() -> bool {
        browser::usb().is_some()
    }

    /// The devices that can be told or programmed by DFU, that the person has already allowed this page to use and that
    /// are plugged in.
    pub async fn known() -> Vec<UsbDevice> {
        let Some(usb) = browser::usb() else { return Vec::new() };
        match browser::settled(&usb.get_devices()).await {
            Ok(devices) => Array::from(&devices)
                .iter()
                .map(UsbDevice::unchecked_from_js)
                .filter(|device| has_dfu(device, |_| true))
                .collect(),
            Err(_) => Vec::new(),
        }
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

    /// Opens `device`.
    ///
    /// # Errors
    /// [`OpenError::NoAccess`] where the system keeps it from the browser, [`OpenError::Refused`] with the browser's words
    /// for everything else.
    pub async fn open(device: UsbDevice) -> Result<Self, OpenError> {
        closing::finished().await;
        let this = Self { device, selected: None, stuck: false };
        match browser::within(PATIENCE, this.start()).await {
            Some(Ok(())) => Ok(this),
            Some(Err(error)) if browser::error_name(&error) == "SecurityError" => {
                Err(OpenError::NoAccess(browser::error_text(&error)))
            }
            Some(Err(error)) => Err(OpenError::Refused(browser::error_text(&error))),
            None => Err(OpenError::Refused("the browser did not open the device in time".into())),
        }
    }

    async fn start(&self) -> Result<(), JsValue> {
        browser::settled(&self.device.open()).await?;
        // Systems select the first by themselves, where they know the device.
        if self.device.configuration().is_none() {
            browser::settled(&self.device.select_configuration(1)).await?;
        }
        Ok(())
    }

    /// Claims the interface where that was not done, and selects its alternate setting.
    async fn take(&mut self, interface: u8, alternate: u8) -> Result<(), JsValue> {
        if self.selected.is_none_or(|(claimed, _)| claimed != interface) {
            browser::settled(&self.device.claim_interface(interface)).await?;
        }
        self.selected = Some((interface, alternate));
        browser::settled(&self.device.select_alternate_interface(interface, alternate)).await?;
        Ok(())
    }

    /// Ends the transfer that was given up, so that its answer is nobody else's.
    async fn let_go(&mut self) -> Result<(), PipeError> {
        if !self.stuck {
            return Ok(());
        }
        let selected = self.selected.take();
        let device = self.device.clone();
        let reopened = async {
            browser::settled(&device.close()).await?;
            self.start().await?;
            match selected {
                Some((interface, alternate)) => self.take(interface, alternate).await,
                None => Ok(()),
            }
        };
        let reopened = browser::within(PATIENCE, reopened).await;
        self.stuck = reopened.is_none();
        self.outcome(reopened).await
    }

    /// What became of something that the browser was asked for; `None` when it did not come in time.
    async fn outcome<T>(&self, result: Option<Result<T, JsValue>>) -> Result<T, PipeError> {
        let error = match result {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error)) => error,
            None => return Err(PipeError::TimedOut),
        };
        let text = browser::error_text(&error);
        match browser::error_name(&error).as_str() {
            // It is gone, or was closed by another hand.
            "NotFoundError" | "InvalidStateError" | "AbortError" => Err(PipeError::Lost(text)),
            // What was under way when the device went fails before the browser knows why.
            "NetworkError" if self.is_gone().await => Err(PipeError::Lost(text)),
            _ => Err(PipeError::Refused(text)),
        }
    }

    /// Whether the device has been pulled out, which the browser may learn in a moment only.
    async fn is_gone(&self) -> bool {
        for _ in 0..FAREWELLS {
            if !self.device.opened() {
                return true;
            }
            browser::sleep(FAREWELL).await;
        }
        !self.device.opened()
    }

    /// The result of a transfer, and whether the device stalled it.
    async fn transfer(&mut self, promise: &JsValue, deadline: Instant) -> Result<JsValue, PipeError> {
        let result = browser::within(until(deadline), browser::settled(promise)).await;
        self.stuck = result.is_none();
        let is_broken = |error: &JsValue| browser::error_name(error) == "NetworkError";
        let broken = result.as_ref().is_some_and(|result| result.as_ref().is_err_and(is_broken));
        match self.outcome(result).await {
            // Disturbed on its way: whether the device got it is not known.
            Err(PipeError::Refused(_)) if broken => Err(PipeError::TimedOut),
            Ok(result) => match Reflect::get(&result, &"status".into()).ok().and_then(|status| status.as_string()) {
                Some(status) if status == "ok" => Ok(result),
                Some(status) if status == "stall" => Err(PipeError::Stalled),
                _ => Err(PipeError::TimedOut),
            },
            error => error,
        }
    }
}

/// Closes the device, so that this page and other programs can open it again.
impl Drop for WebUsb {
    fn drop(&mut self) {
        closing::begin(self.device.close().unchecked_into());
    }
}

impl ControlPipe for WebUsb {
    fn now(&self) -> Instant {
        Instant::at(browser::now())
    }

    async fn wait_until(&mut self, moment: Instant) {
        browser::sleep(until(moment)).await;
    }

    async fn control_in(&mut self, request: Request, buffer: &mut [u8], deadline: Instant) -> Result<usize, PipeError> {
        self.let_go().await?;
        let length = u16::try_from(buffer.len()).unwrap_or(u16::MAX);
        let promise = self.device.control_transfer_in(&setup(request), length);
        let result: UsbInTransferResult = self.transfer(&promise, deadline).await?.unchecked_into();
        let Some(data) = result.data() else { return Ok(0) };
        let bytes = Uint8Array::new_with_byte_offset_and_length(
            &data.buffer(),
            data.byte_offset() as u32,
            data.byte_length() as u32,
        );
        let count = buffer.len().min(bytes.length() as usize);
        bytes.subarray(0, count as u32).copy_to(&mut buffer[..count]);
        Ok(count)
    }

    async fn control_out(&mut self, request: Request, bytes: &[u8], deadline: Instant) -> Result<(), PipeError> {
        self.let_go().await?;
        let copy = Uint8Array::from(bytes);
        let promise = self.device.control_transfer_out_with_buffer_source(&setup(request), &copy);
        let promise = promise.map_err(|error| PipeError::Refused(browser::error_text(&error)))?;
        self.transfer(&promise, deadline).await.map(drop)
    }

    async fn select(&mut self, interface: u8, alternate: u8) -> Result<(), PipeError> {
        self.let_go().await?;
        let taken = browser::within(PATIENCE, self.take(interface, alternate)).await;
        self.outcome(taken).await
    }

    async fn reset(&mut self) -> Result<(), PipeError> {
        self.let_go().await?;
        self.selected = None;
        let reset = browser::within(PATIENCE, browser::settled(&self.device.reset())).await;
        self.outcome(reset).await.map(drop)
    }
}

fn setup(request: Request) -> UsbControlTransferParameters {
    let kind = match request.kind {
        Kind::Standard => UsbRequestType::Standard,
        Kind::Class => UsbRequestType::Class,
    };
    let recipient = match request.recipient {
        Recipient::Device => UsbRecipient::Device,
        Recipient::Interface => UsbRecipient::Interface,
    };
    UsbControlTransferParameters::new(request.index, recipient, request.code, kind, request.value)
}

/// Whether the device is ST's ROM, or has a DFU interface whose protocol `is_wanted`.
fn has_dfu(device: &UsbDevice, is_wanted: fn(u8) -> bool) -> bool {
    let is_dfu = |it: &UsbAlternateInterface| (it.interface_class(), it.interface_subclass()) == DFU;
    let interfaces = || device.configurations().into_iter().flat_map(|it| it.interfaces());
    (device.vendor_id(), device.product_id()) == ROM
        || interfaces().flat_map(|it| it.alternates()).any(|it| is_dfu(&it) && is_wanted(it.interface_protocol()))
}
