//! Who the device is: its serial number, its hardware version, its installed version, each from where the product has it.
//!
//! What `product.identity` says of that is a module's, which is loaded where a deployment has one.

use core::cell::RefCell;
use core::time::Duration;

use js_sys::{Array, Promise, Uint8Array};
use leptos::prelude::*;
use stm32_bootloader::usart::look_for;
use updater::Loader;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::SerialPort;

use super::Event;
use super::state::{Session, Stop};
use crate::browser::{self, closing};
use crate::config::{BootMode, Detail};
use crate::port::{WebSerial, module};

/// Where the module is, beside the page.
const MODULE: &str = "identity.js";
/// How long a device that waits in its bootloader already is looked for.
const IN_BOOTLOADER: Duration = Duration::from_millis(500);

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type Identity;
    #[wasm_bindgen(method)]
    fn take(this: &Identity, file: &str) -> Option<String>;
    #[wasm_bindgen(method)]
    fn asks(this: &Identity) -> bool;
    #[wasm_bindgen(method)]
    fn ask(this: &Identity, port: &SerialPort, raises_dtr: bool) -> Promise;
    #[wasm_bindgen(method)]
    fn forget(this: &Identity);
    #[wasm_bindgen(method)]
    fn memory(this: &Identity) -> Vec<u32>;
    #[wasm_bindgen(method)]
    fn learned(this: &Identity, unique_id: &str, read: &Array) -> Vec<String>;
}

thread_local! {
    static IDENTITY: RefCell<Option<Identity>> = const { RefCell::new(None) };
}

/// Takes `product.identity` out of the text of `fieldflash.json`, which has one.
///
/// # Errors
/// What is wrong with it, in words for the person who wrote it.
pub async fn take(file: &str) -> Result<(), String> {
    let loaded = module::loaded(MODULE).await.map_err(|error| error.message)?;
    let identity: Identity = loaded.unchecked_into();
    if let Some(problem) = identity.take(file) {
        return Err(format!("fieldflash.json: product.identity: {problem}"));
    }
    IDENTITY.set(Some(identity));
    Ok(())
}

fn identity() -> Option<Identity> {
    IDENTITY.with_borrow(Clone::clone)
}

/// What was said of one device may not hold for the next.
pub(super) fn forget() {
    if let Some(identity) = identity() {
        identity.forget();
    }
}

impl Session {
    /// Asks the running application at an open port what there is to be asked, and gives the port back as it was. With one
    /// byte too many a bootloader takes another rate than the line's: nobody is asked where it waits already.
    pub(super) async fn ask_application(self, mut port: WebSerial) -> Result<WebSerial, Stop> {
        let Some(identity) = identity().filter(Identity::asks) else { return Ok(port) };
        if look_for(&mut port, IN_BOOTLOADER).await?.is_some() {
            return Ok(port);
        }
        let is_wired = self
            .config
            .with_value(|config| matches!(config.product.boot_mode, BootMode::Wired { .. } | BootMode::Find));
        let (line, serial_port) = port.into_parts();
        closing::finished().await;
        if browser::settled(&identity.ask(&serial_port, !is_wired)).await.is_ok_and(|answered| answered.is_truthy()) {
            self.tell(Event::ApplicationAnswered);
        }
        Ok(WebSerial::open(serial_port, line).await?)
    }

    /// Fills in the details of the device that is connected, from where the product has them. What the page's address says
    /// comes first, and what nobody says is left to the person.
    pub(super) async fn learn(self) {
        let Some(mut connection) = self.connection.try_update_value(Option::take).flatten() else { return };
        let unique_id = connection.identity.unique_id.clone().unwrap_or_default();
        let learned = match identity() {
            Some(identity) => {
                let read = Array::new();
                for &[address, length] in identity.memory().as_chunks().0 {
                    let mut bytes = vec![0; length as usize];
                    let is_read = connection.bootloader.read(address, &mut bytes).await.is_ok();
                    if !is_read {
                        // An address that this chip keeps to itself is no reason to stop.
                        let _ = connection.bootloader.recover().await;
                    }
                    read.push(&if is_read { Uint8Array::from(&bytes[..]).into() } else { JsValue::UNDEFINED });
                }
                identity.learned(&unique_id, &read)
            }
            None => vec![Detail::DeviceSerial.name().to_owned(), unique_id, "the unique id".to_owned()],
        };
        self.connection.set_value(Some(connection));
        let before = self.details.with_untracked(|details| details.device_serial.clone());
        for [name, value, from] in learned.as_chunks().0 {
            let Some(detail) = Detail::ALL.into_iter().find(|detail| detail.name() == name) else { continue };
            if self.setup.with_value(|setup| setup.given.contains(&detail)) {
                continue;
            }
            if !value.is_empty() {
                self.tell(Event::Learned { detail, from: from.clone() });
            } else if detail == Detail::HardwareVersion {
                // The product's own, or what the person typed in, is as good as any.
                continue;
            }
            self.details.update(|details| details.get_mut(detail).clone_from(value));
        }
        // The first one is the one that the page's address is for.
        let is_other = !before.is_empty() && self.details.with_untracked(|details| details.device_serial != before);
        let is_said = learned.iter().step_by(3).any(|name| name == Detail::CurrentVersion.name())
            || self.setup.with_value(|setup| setup.given.contains(&Detail::CurrentVersion));
        if is_other && !is_said {
            // What another device has installed says nothing of this one.
            self.details.update(|details| details.current_version.clear());
        }
    }
}
