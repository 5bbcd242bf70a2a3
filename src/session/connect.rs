//! Reaching a device: opens a port, gets the device into its bootloader, tells what it is.

use core::time::Duration;

use leptos::prelude::*;
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Source};
use stm32_bootloader::port::LineSettings;
use stm32_bootloader::usart::{Bootloader, Division, Effect, IdentifyError, Identity, identify, identify_as};
use updater::DeviceState;

use super::state::{Connection, Locked, Protection, Session, Stop};
use super::{Code, Device, Event, Failure};
use crate::port::{OpenError, WebSerial, simulated_device};

/// The longest that erasing all of an unknown chip may take: 2 MiB of F4 take 32 s (datasheet).
const ERASE_WORST: Duration = Duration::from_secs(40);

/// What to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortChoice {
    /// A port that the person picks in the browser's list.
    Choose,
    /// The port that the page may use already.
    Known,
    /// The simulated device.
    Simulated,
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Dismissed => Self::Dismissed,
            OpenError::NoAccess(reason) => Failure::untouched(Code::NoAccess, reason).into(),
            OpenError::Refused(reason) => Failure::untouched(Code::PortBusy, reason).into(),
        }
    }
}

impl Session {
    /// Connects, identifies the device and asks the feed.
    pub fn connect(self, choice: PortChoice) {
        self.spawn(async move {
            // Comes before all else that waits: the browser shows its list only in answer to a click.
            let (baud, speed) = self.setup.with_value(|setup| (setup.baud, setup.simulated_speed));
            let chosen = match choice {
                PortChoice::Choose => WebSerial::choose().await?,
                PortChoice::Known => match WebSerial::known().await.into_iter().next() {
                    Some(port) => port,
                    None => WebSerial::choose().await?,
                },
                PortChoice::Simulated => simulated_device(speed).await?,
            };
            self.connection.set_value(None);
            self.locked.set_value(None);
            let to = if choice == PortChoice::Simulated { "a simulated device" } else { "a serial port" };
            self.tell(Event::Connecting { to: to.into(), baud });
            let port = WebSerial::open(chosen, LineSettings { baud, ..LineSettings::DEFAULT }).await?;
            self.reach(port).await?;
            self.ask().await
        });
    }

    /// Finds the bootloader and tells the chip.
    async fn reach(self, mut port: WebSerial) -> Result<(), Failure> {
        let boot_mode = self.config.with_value(|config| config.product.boot_mode);
        let wiring = boot_mode.enter(&mut port).await?;
        if wiring.is_some() {
            self.tell(Event::EnteredByWire);
        }
        let bootloader = Bootloader::connect(port).await?;
        self.tell(Event::Synchronised {
            protocol: bootloader.version().to_string(),
            commands: bootloader.commands().opcodes().iter().map(|opcode| format!("{opcode:02X} ")).collect(),
            round_trip_us: u32::try_from(bootloader.round_trip().as_micros()).unwrap_or(u32::MAX),
        });
        self.meet(bootloader, wiring).await
    }

    /// Tells what chip is there, and keeps it connected.
    async fn meet(self, mut bootloader: Bootloader<WebSerial>, wiring: Option<Wiring>) -> Result<(), Failure> {
        let identity = match self.identify(&mut bootloader).await {
            Err(IdentifyError::Protected) => {
                self.locked.set_value(Some(Locked { bootloader, wiring, by: Protection::Readout }));
                return Err(IdentifyError::Protected.into());
            }
            identity => identity?,
        };
        let unique_id = identity.unique_id.map(|id| id.to_string());
        self.tell(Event::Identified(Device {
            chip: identity.chip.name.into(),
            product_id: identity.chip.product_id.to_string(),
            flash_kib: identity.geometry.size >> 10,
            flash_size_read: identity.size_read,
            unique_id: unique_id.clone(),
            unproven: matches!(identity.chip.source, Source::Recalled | Source::Given)
                || identity.division == Division::Assumed,
        }));
        // Each device has its own; what the page's address says holds for the one that it was made for.
        let given = self.setup.with_value(|setup| setup.details.device_serial.clone());
        self.details.update(|details| {
            details.device_serial = if given.is_empty() { unique_id.unwrap_or_default() } else { given }
        });
        self.connection.set_value(Some(Connection { bootloader, identity, wiring }));
        Ok(())
    }

    /// What the table knows of the chip, or whoever deploys the page.
    async fn identify(self, bootloader: &mut Bootloader<WebSerial>) -> Result<Identity, IdentifyError> {
        let id = bootloader.product_id();
        // They were found right when the settings were read.
        let given = self.config.with_value(|config| {
            config.product.chips.iter().filter_map(|chip| chip.chip().ok()).find(|chip| chip.product_id == id)
        });
        match given {
            Some(chip) => identify_as(bootloader, chip).await,
            None => identify(bootloader).await,
        }
    }

    /// What protects the device that waits at the other end, if anything does.
    pub fn locked_by(self) -> Option<Protection> {
        self.locked.with_value(|locked| locked.as_ref().map(|locked| locked.by))
    }

    /// Removes the protection of the device, with all that this costs, and goes on.
    pub fn unlock(self) {
        self.spawn(async move {
            let Some(locked) = self.locked.try_update_value(Option::take).flatten() else { return Ok(()) };
            let Locked { mut bootloader, wiring, by } = locked;
            self.tell(Event::Unlocking);
            let effect = match by {
                Protection::Readout => {
                    let chip = Chip::by_product_id(bootloader.product_id());
                    let worst = chip.map_or(ERASE_WORST, |chip| chip.erase_worst(&chip.geometry));
                    bootloader.readout_unprotect(worst).await
                }
                Protection::Write => bootloader.write_unprotect().await,
            };
            // Everything is erased, or may be; or an update did not get to its end before.
            let incomplete = |failure: Failure| Failure { device: DeviceState::Incomplete, ..failure };
            match effect {
                Ok(Effect::Now) => self.meet(bootloader, wiring).await.map_err(incomplete)?,
                Ok(Effect::AfterReset) => {
                    let detail = "the protection is gone once the device was off";
                    return Err(incomplete(Failure::untouched(Code::NeedsReset, detail)).into());
                }
                Err(error) => return Err(incomplete(Failure::untouched(Code::LinkLost, error)).into()),
            }
            self.ask().await
        });
    }
}
