//! The bootloader as a JavaScript class.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use stm32_bootloader::chip::Unit;
use stm32_bootloader::dfuse::{self, Bootloader, identify};
use stm32_bootloader::usart::{Division, Effect, VoltageRange};
use updater::Loader;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use web_sys::UsbDevice;

use crate::error::Named;
use crate::pipe::WebUsb;

/// What is done to a bootloader that was closed.
const CLOSED: &str = "the device was closed";

/// Opens `device`, which is in DFU mode, and brings it to where it takes commands. The promise is for a [`UsbBootloader`].
///
/// Errors are named `no-access`, `port-busy`, `not-dfuse`, and as those of [`UsbBootloader`]'s methods.
#[wasm_bindgen]
pub fn connect(device: UsbDevice) -> Promise {
    future_to_promise(async move {
        let connected = async {
            let pipe = WebUsb::open(device).await?;
            let mut bootloader = Bootloader::connect(pipe).await?;
            let commands = bootloader.commands().await?;
            Ok::<_, Named>((bootloader, commands))
        };
        let (bootloader, commands) = connected.await?;
        let this =
            UsbBootloader { bootloader: Rc::new(RefCell::new(Some(bootloader))), commands, identity: Rc::default() };
        Ok(this.into())
    })
}

/// Tells `device`, which is an application with a DFU interface, to restart in DFU mode. Errors as for [`connect`].
#[wasm_bindgen]
pub fn detach(device: UsbDevice) -> Promise {
    future_to_promise(async move {
        let detached = async {
            let pipe = WebUsb::open(device).await?;
            dfuse::detach(pipe).await?;
            Ok::<_, Named>(JsValue::UNDEFINED)
        };
        Ok(detached.await?)
    })
}

/// A bootloader that waits for commands. One at a time: each of the promises is waited for before the next is made.
///
/// Their errors are named `lost` when the device is gone, `needs-reset` when nothing but a reset helps, `refusal` when the
/// bootloader said no, `trouble` otherwise.
#[wasm_bindgen]
pub struct UsbBootloader {
    bootloader: Rc<RefCell<Option<Bootloader<WebUsb>>>>,
    commands: Vec<u8>,
    identity: Rc<RefCell<Option<dfuse::Identity>>>,
}

#[wasm_bindgen]
impl UsbBootloader {
    /// Finds out which chip it is. The error of a chip that refuses to be read is named `protected`.
    pub fn identify(&self) -> Promise {
        let identity = Rc::clone(&self.identity);
        self.run(async move |bootloader| {
            *identity.borrow_mut() = Some(identify(bootloader).await?);
            Ok(JsValue::UNDEFINED)
        })
    }

    /// What it may be, for people.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.known(dfuse::Identity::name)
    }

    /// The product ids of the chips that it can be.
    #[wasm_bindgen(getter)]
    pub fn candidates(&self) -> Vec<u16> {
        self.known(|identity| identity.candidates.iter().map(|chip| chip.product_id.0).collect())
    }

    /// Its flash: the most bytes of a read or write, its alternate setting, whether it was taken for granted how it is
    /// divided, where it begins, and its units, as a count and a size in bytes each.
    #[wasm_bindgen(getter)]
    pub fn flash(&self) -> Vec<u32> {
        let setting = self.look(Bootloader::flash_setting);
        self.known(|identity| {
            let assumed = u32::from(identity.division == Division::Assumed);
            let runs = identity.geometry.runs.iter().flat_map(|run| [run.count.into(), run.size]);
            let first = [identity.chip.max_block.into(), setting.into(), assumed, identity.geometry.base];
            first.into_iter().chain(runs).collect()
        })
    }

    /// The USB device's vendor and product, the protocol's version and the codes of the commands that it has, for the log;
    /// and its serial number.
    #[wasm_bindgen(getter)]
    pub fn texts(&self) -> Vec<String> {
        self.look(|bootloader| {
            let dfuse::Device { vendor, product, release, .. } = *bootloader.device();
            let commands: Vec<String> = self.commands.iter().map(|code| format!("{code:02X}")).collect();
            vec![
                format!("USB {vendor:04X}:{product:04X}"),
                format!("DfuSe, ROM {}.{}", release >> 12, release >> 8 & 0xF),
                commands.join(" "),
                bootloader.serial().to_owned(),
            ]
        })
    }

    /// How long a short transfer takes, in microseconds.
    #[wasm_bindgen(getter, js_name = roundTrip)]
    pub fn round_trip(&self) -> u32 {
        self.look(|bootloader| u32::try_from(bootloader.round_trip().as_micros()).unwrap_or(u32::MAX))
    }

    /// Reads so many bytes from `address` on, as a `Uint8Array`.
    pub fn read(&self, address: u32, length: usize) -> Promise {
        self.run(async move |bootloader| {
            let mut buffer = vec![0; length];
            Loader::read(bootloader, address, &mut buffer).await?;
            Ok(Uint8Array::from(buffer.as_slice()).into())
        })
    }

    /// Programs `bytes` at `address`.
    pub fn write(&self, address: u32, bytes: Vec<u8>) -> Promise {
        self.run(async move |bootloader| {
            Loader::write(bootloader, address, &bytes).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Erases the unit of `size` bytes at `address`. Only once it was [identified](Self::identify): how long that may take
    /// is known from then on.
    pub fn erase(&self, address: u32, size: u32) -> Promise {
        let chip = self.identity.borrow().as_ref().map(|identity| identity.chip.clone());
        self.run(async move |bootloader| {
            if let Some(chip) = chip {
                // Its number is none of this protocol's.
                Loader::erase(bootloader, &[Unit { number: 0, address, size }], &chip).await?;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Erases all of the flash at once, once it was [identified](Self::identify).
    #[wasm_bindgen(js_name = eraseAll)]
    pub fn erase_all(&self) -> Promise {
        let flash = self.identity.borrow().as_ref().map(|identity| (identity.geometry, identity.chip.clone()));
        self.run(async move |bootloader| {
            if let Some((flash, chip)) = flash {
                Loader::erase_all(bootloader, &flash, &chip).await?;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Whether what to erase was sent, so that something may be erased, whatever was answered.
    #[wasm_bindgen(getter, js_name = hasBegunToErase)]
    pub fn has_begun_to_erase(&self) -> bool {
        self.look(Bootloader::has_begun_to_erase)
    }

    /// Tells it that the supply is 2.7 V or more, and says whether it took that.
    #[wasm_bindgen(js_name = setFrom2V7)]
    pub fn set_from_2v7(&self) -> Promise {
        self.run(async move |bootloader| {
            let taken = Loader::set_voltage_range(bootloader, VoltageRange::From2V7).await?;
            Ok(taken.into())
        })
    }

    /// Brings host and device back into step after a command failed.
    pub fn recover(&self) -> Promise {
        self.run(async move |bootloader| {
            Loader::recover(bootloader).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Starts the application whose vector table is at `address`.
    pub fn start(&self, address: u32) -> Promise {
        self.run(async move |bootloader| {
            bootloader.start(address, None).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Removes the read-out protection, and with it all that is in flash, which takes no longer than `worst` milliseconds.
    /// Says whether the chip was reset: it comes back as another device then.
    #[wasm_bindgen(js_name = readUnprotect)]
    pub fn read_unprotect(&self, worst: u32) -> Promise {
        self.run(async move |bootloader| {
            let effect = bootloader.read_unprotect(Duration::from_millis(worst.into())).await?;
            Ok((effect == Effect::Now).into())
        })
    }

    /// Lets the device go.
    pub fn close(&self) {
        drop(self.bootloader.take());
    }

    fn look<T: Default>(&self, look: impl FnOnce(&Bootloader<WebUsb>) -> T) -> T {
        self.bootloader.borrow().as_ref().map(look).unwrap_or_default()
    }

    fn known<T: Default>(&self, look: impl FnOnce(&dfuse::Identity) -> T) -> T {
        self.identity.borrow().as_ref().map(look).unwrap_or_default()
    }

    /// Nothing is held across a wait: the bootloader is taken out for as long as something is done with it.
    fn run(&self, act: impl AsyncFnOnce(&mut Bootloader<WebUsb>) -> Result<JsValue, Named> + 'static) -> Promise {
        let place = Rc::clone(&self.bootloader);
        future_to_promise(async move {
            let Some(mut bootloader) = place.take() else { return Err(JsValue::from_str(CLOSED)) };
            let result = act(&mut bootloader).await;
            place.replace(Some(bootloader));
            Ok(result?)
        })
    }
}
