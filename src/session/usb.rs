//! A device on USB: out of its application, what it is, out of its protection.

use core::time::Duration;

use leptos::prelude::*;
use stm32_bootloader::chip::Source;
use updater::{DeviceState, DfuDevice};
use web_sys::UsbDevice;

use super::map::units_of;
use super::reached::Reached;
use super::state::{ERASE_WORST, GONE_WHEN_OFF, Identity, Locked, Protection, Session, Stop};
use super::{Code, Device, Event, Failure, Notice};
use crate::browser;
use crate::port::{ModuleError, UsbLoader, choice, exchange};

/// How long a device may take to come back in update mode, the system's looking at it included.
pub(super) const RESTART: Duration = Duration::from_secs(5);
/// How much longer it is looked for while the person is asked: an STM32F105 whose crystal has 8 MHz needs 13.7 s to come
/// onto the bus (AN2606 Table 229).
const STRAGGLER: Duration = Duration::from_secs(20);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(200);

impl From<ModuleError> for Failure {
    fn from(ModuleError { name, message }: ModuleError) -> Self {
        let code = match name.as_str() {
            "not-loaded" => Code::NotLoaded,
            "no-access" => Code::NoAccess,
            "port-busy" => Code::PortBusy,
            "not-dfuse" => Code::NotDfuse,
            "protected" => Code::Protected,
            "lost" => Code::Unplugged,
            _ => Code::UsbTrouble,
        };
        Self::untouched(code, message)
    }
}

/// USB's numbers for its vendor and product.
fn ids(device: &UsbDevice) -> String {
    format!("{:04x}:{:04x}", device.vendor_id(), device.product_id())
}

/// A failure of this device: what a system needs to be told to let it through hinges on its ids.
fn of(device: &UsbDevice, ModuleError { name, message }: ModuleError) -> Failure {
    let message = format!("{}: {message}", ids(device));
    ModuleError { name, message }.into()
}

impl Session {
    /// From a device to one that waits for commands: an application is told to restart, and comes back as another device.
    pub(super) async fn reach_usb(self, device: UsbDevice, to: &str) -> Result<(), Stop> {
        self.begin_connecting(to, None, Some(ids(&device)));
        if choice::is_in_update_mode(&device) {
            return Ok(self.meet_usb(&device).await?);
        }
        match UsbLoader::detach(&device).await {
            // It may be gone before it has said that it goes.
            Err(error) if error.name != "lost" => Err(of(&device, error).into()),
            _ => self.reach_restarted(RESTART).await,
        }
    }

    /// Waits for the device that has restarted in update mode. To the browser it is another one, so that the person may have
    /// to allow it.
    pub(super) async fn reach_restarted(self, within: Duration) -> Result<(), Stop> {
        self.tell(Event::Restarting);
        if browser::of_navigator("usb").is_none() {
            return Err(Failure::untouched(Code::NoWebUsb, "the device waits on USB").into());
        }
        let (end, attempt) = (browser::now() + within, self.attempt.get_value());
        let mut asked = false;
        while browser::now() < end + STRAGGLER {
            let device = choice::restarted().await;
            if self.attempt.get_value() != attempt {
                break;
            }
            if let Some(device) = device {
                return Ok(self.meet_usb(&device).await?);
            }
            if !asked && browser::now() >= end {
                asked = true;
                self.tell(Event::PermissionNeeded);
            }
            browser::sleep(LOOK).await;
        }
        Err(Stop::Dismissed)
    }

    /// Tells what chip is there, and keeps it connected.
    async fn meet_usb(self, usb: &UsbDevice) -> Result<(), Failure> {
        exchange::watch(usb);
        let mut bootloader = UsbLoader::connect(usb).await.map_err(|error| of(usb, error))?;
        let [product_id, protocol, commands, serial] = bootloader.texts();
        self.tell(Event::Synchronised {
            protocol,
            commands,
            round_trip_us: u32::try_from(bootloader.round_trip().as_micros()).unwrap_or(u32::MAX),
        });
        let identity = match bootloader.identify().await.map_err(Failure::from) {
            Err(failure) if failure.code == Code::Protected => {
                let (bootloader, by, device) = (Reached::Usb(bootloader), Protection::Readout, DeviceState::Incomplete);
                self.locked.set_value(Some(Locked { bootloader, wiring: None, by, device }));
                return Err(failure);
            }
            identity => identity?,
        };
        let unique_id = Some(serial).filter(|serial| !serial.is_empty());
        let unproven = matches!(identity.chip.source, Source::Recalled | Source::Given) || identity.assumed;
        let device = Device {
            chip: identity.name,
            product_id,
            flash_kib: identity.geometry.size >> 10,
            flash_size_read: true,
            units: units_of(&identity.geometry),
            unique_id: unique_id.clone(),
            rom: None,
            notices: unproven.then_some(Notice::Unproven).into_iter().collect(),
        };
        let (vendor, product) = (usb.vendor_id(), usb.product_id());
        let dfu = DfuDevice { vendor, product, flash: identity.setting };
        let identity = Identity { chip: identity.chip, geometry: identity.geometry, unique_id, dfu };
        self.met(Reached::Usb(bootloader), identity, None, None, device);
        Ok(())
    }

    /// Removes the read-out protection.
    pub(super) async fn free_usb(self, mut bootloader: UsbLoader) -> Result<(), Stop> {
        match bootloader.read_unprotect(ERASE_WORST).await {
            Ok(true) => {
                drop(bootloader);
                self.reach_restarted(ERASE_WORST).await
            }
            Ok(false) => Err(Failure::untouched(Code::NeedsReset, GONE_WHEN_OFF).into()),
            Err(error) => Err(Failure::untouched(Code::LinkLost, error.message).into()),
        }
    }
}
