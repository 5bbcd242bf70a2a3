//! The bootloader of a device on USB, which is reached by a module that is loaded when someone asks for it.

use core::time::Duration;

use js_sys::{Promise, Uint8Array};
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry, ProductId, Run, Runs, Unit};
use stm32_bootloader::port::Instant;
use stm32_bootloader::usart::VoltageRange;
use updater::{LinkSpeed, Loader, LoaderError, Trouble};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::UsbDevice;

use super::module::{self, ModuleError};
use crate::browser;

/// Where the module is, beside the page.
const MODULE: &str = "web-usb.js";

#[wasm_bindgen]
extern "C" {
    /// The module's class.
    type Remote;
    #[wasm_bindgen(method)]
    fn identify(this: &Remote) -> Promise;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Remote) -> String;
    #[wasm_bindgen(method, getter)]
    fn candidates(this: &Remote) -> Vec<u16>;
    #[wasm_bindgen(method, getter)]
    fn flash(this: &Remote) -> Vec<u32>;
    #[wasm_bindgen(method, getter)]
    fn texts(this: &Remote) -> Vec<String>;
    #[wasm_bindgen(method, getter, js_name = roundTrip)]
    fn round_trip(this: &Remote) -> u32;
    #[wasm_bindgen(method)]
    fn read(this: &Remote, address: u32, length: usize) -> Promise;
    #[wasm_bindgen(method)]
    fn write(this: &Remote, address: u32, bytes: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn erase(this: &Remote, address: u32, size: u32) -> Promise;
    #[wasm_bindgen(method, js_name = eraseAll)]
    fn erase_all(this: &Remote) -> Promise;
    #[wasm_bindgen(method, getter, js_name = hasBegunToErase)]
    fn has_begun_to_erase(this: &Remote) -> bool;
    #[wasm_bindgen(method, js_name = setFrom2V7)]
    fn set_from_2v7(this: &Remote) -> Promise;
    #[wasm_bindgen(method)]
    fn recover(this: &Remote) -> Promise;
    #[wasm_bindgen(method)]
    fn start(this: &Remote, address: u32) -> Promise;
    #[wasm_bindgen(method, js_name = readUnprotect)]
    fn read_unprotect(this: &Remote, worst: u32) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Remote);
}

impl From<ModuleError> for LoaderError {
    fn from(ModuleError { name, message: reason }: ModuleError) -> Self {
        let trouble = match name.as_str() {
            "lost" => Trouble::Lost,
            "needs-reset" => Trouble::NeedsReset,
            "refusal" => Trouble::Refusal,
            _ => Trouble::Other,
        };
        Self::Elsewhere { trouble, reason }
    }
}

/// What a device on USB told of itself.
#[derive(Debug)]
pub struct UsbIdentity {
    /// What it is taken for.
    pub chip: Chip,
    /// The chips that it may be, by ST's names.
    pub name: String,
    /// Its flash.
    pub geometry: Geometry,
    /// The alternate setting that is its flash.
    pub setting: u8,
    /// Whether the division of the flash was taken for granted.
    pub assumed: bool,
}

/// A bootloader on USB that waits for commands. The device is let go when this is dropped.
pub struct UsbLoader(Remote);

impl UsbLoader {
    /// Reaches the bootloader of a device that is in update mode.
    ///
    /// # Errors
    /// [`ModuleError`].
    pub async fn connect(device: &UsbDevice) -> Result<Self, ModuleError> {
        Ok(Self(call("connect", device).await?.unchecked_into()))
    }

    /// Tells an application to restart in update mode.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn detach(device: &UsbDevice) -> Result<(), ModuleError> {
        call("detach", device).await?;
        Ok(())
    }

    /// Finds out which chip it is.
    ///
    /// # Errors
    /// [`ModuleError`]: `protected` is one.
    pub async fn identify(&mut self) -> Result<UsbIdentity, ModuleError> {
        browser::settled(&self.0.identify()).await?;
        let flash = self.0.flash();
        let [block, setting, assumed, base, ref runs @ ..] = flash[..] else { return Err(JsValue::UNDEFINED.into()) };
        let mut all = [Run { count: 0, size: 0 }; Runs::MOST];
        for (run, &[count, size]) in all.iter_mut().zip(runs.as_chunks().0) {
            *run = Run { count: count as u16, size };
        }
        let runs = Runs::new(&all).expect("it has room for as many");
        let geometry = Geometry { base, runs, size: runs.size() };
        let candidates: Vec<&Chip> =
            self.0.candidates().into_iter().filter_map(|id| Chip::by_product_id(ProductId(id))).collect();
        let chip = Chip { max_block: block as u16, ..Chip::any_of(&candidates, &geometry) };
        Ok(UsbIdentity { chip, name: self.0.name(), geometry, setting: setting as u8, assumed: assumed != 0 })
    }

    /// The USB device's vendor and product, the protocol's version, the codes of the commands that it has, and its serial
    /// number.
    pub fn texts(&self) -> [String; 4] {
        self.0.texts().try_into().unwrap_or_default()
    }

    /// How long a short transfer takes.
    pub fn round_trip(&self) -> Duration {
        Duration::from_micros(self.0.round_trip().into())
    }

    /// Removes the read-out protection and all that is in flash, which takes no longer than `worst`. Says whether the chip
    /// was reset: it comes back as another device then.
    ///
    /// # Errors
    /// [`ModuleError`].
    pub async fn read_unprotect(&mut self, worst: Duration) -> Result<bool, ModuleError> {
        let worst = u32::try_from(worst.as_millis()).unwrap_or(u32::MAX);
        Ok(browser::settled(&self.0.read_unprotect(worst)).await?.is_truthy())
    }
}

impl Drop for UsbLoader {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Loader for UsbLoader {
    fn now(&mut self) -> Instant {
        Instant::at(browser::now())
    }

    fn speed(&mut self) -> LinkSpeed {
        LinkSpeed::of_usb(self.round_trip())
    }

    async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), LoaderError> {
        let bytes = Uint8Array::from(done(&self.0.read(address, buffer.len())).await?);
        // As many as were asked for: the module sees to that.
        bytes.copy_to(buffer);
        Ok(())
    }

    async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoaderError> {
        done(&self.0.write(address, &Uint8Array::from(bytes))).await.map(drop)
    }

    /// How long each may take the module knows itself.
    async fn erase(&mut self, units: &[Unit], _: &Chip) -> Result<(), LoaderError> {
        for unit in units {
            done(&self.0.erase(unit.address, unit.size)).await?;
        }
        Ok(())
    }

    async fn erase_all(&mut self, _: &Geometry, _: &Chip) -> Result<(), LoaderError> {
        done(&self.0.erase_all()).await.map(drop)
    }

    fn has_begun_to_erase(&self) -> bool {
        self.0.has_begun_to_erase()
    }

    async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, LoaderError> {
        match range {
            VoltageRange::From2V7 => Ok(done(&self.0.set_from_2v7()).await?.is_truthy()),
            _ => Ok(false),
        }
    }

    async fn recover(&mut self) -> Result<(), LoaderError> {
        done(&self.0.recover()).await.map(drop)
    }

    async fn start(&mut self, address: u32, _: Option<Wiring>) -> Result<(), LoaderError> {
        done(&self.0.start(address)).await.map(drop)
    }
}

/// Calls a function of the module with a device.
async fn call(name: &str, device: &UsbDevice) -> Result<JsValue, ModuleError> {
    let promise = module::function(MODULE, name).await?.call1(&JsValue::UNDEFINED, device)?;
    Ok(browser::settled(&promise).await?)
}

async fn done(promise: &Promise) -> Result<JsValue, LoaderError> {
    browser::settled(promise).await.map_err(|error| ModuleError::from(error).into())
}
