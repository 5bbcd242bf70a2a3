//! WebUSB as a control pipe.

use core::time::Duration;

use js_sys::{Reflect, Uint8Array};
use stm32_bootloader::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use stm32_bootloader::port::Instant;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{UsbControlTransferParameters, UsbDevice, UsbInTransferResult, UsbRecipient, UsbRequestType};

use browser::{closing, until};

/// How long anything may take that is not a transfer, which comes with its own deadline.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the browser may take to learn that a device is gone whose transfer has failed, in so many looks.
const FAREWELL: Duration = Duration::from_millis(50);
const FAREWELLS: u32 = 10;

/// Why a device was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The system keeps the device from the browser: a driver or a right is missing.
    NoAccess(String),
    /// It has been pulled out.
    Lost(String),
    /// The browser or the system refused.
    Refused(String),
}

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
    /// Opens `device`.
    ///
    /// # Errors
    /// [`OpenError`], with the browser's words.
    pub async fn open(device: UsbDevice) -> Result<Self, OpenError> {
        closing::finished().await;
        let this = Self { device, selected: None, stuck: false };
        let error = match browser::within(PATIENCE, this.start()).await {
            Some(Ok(())) => return Ok(this),
            Some(Err(error)) => error,
            None => return Err(OpenError::Refused("the browser did not open the device in time".into())),
        };
        let text = browser::error_text(&error);
        Err(match browser::error_name(&error).as_str() {
            "SecurityError" => OpenError::NoAccess(text),
            "NotFoundError" => OpenError::Lost(text),
            _ => OpenError::Refused(text),
        })
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
