//! Reaching a device: opens a port, gets the device into its bootloader, tells what it is.

use core::time::Duration;

use leptos::prelude::*;
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Source};
use stm32_bootloader::port::LineSettings;
use stm32_bootloader::usart::{Bootloader, Division, Effect, IdentifyError, Identity, identify, identify_as};
use updater::DeviceState;

use super::remembered::Remembered;
use super::state::{Connection, Locked, Protection, Session, Stop};
use super::{Code, Device, Event, Failure};
use crate::port::{OpenError, WebSerial, simulated_device};
use crate::text;

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
            self.whatever_is_installed.set_value(false);
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
        let bootloader = Bootloader::connect(port).await.map_err(|error| match error.into() {
            // It was reset by the wires, or so it was thought.
            failure @ Failure { code: Code::NoAnswer | Code::Garbled, .. } if wiring.is_some() => {
                Failure { code: Code::NotEntered, ..failure }
            }
            failure => failure,
        })?;
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
                let (by, device) = (Protection::Readout, DeviceState::Incomplete);
                self.locked.set_value(Some(Locked { bootloader, wiring, by, device }));
                return Err(IdentifyError::Protected.into());
            }
            identity => identity?,
        };
        let unique_id = identity.unique_id.map(|id| id.to_string());
        let unproven =
            matches!(identity.chip.source, Source::Recalled | Source::Given) || identity.division == Division::Assumed;
        self.tell(Event::Identified(Device {
            chip: identity.chip.name.into(),
            product_id: identity.chip.product_id.to_string(),
            flash_kib: identity.geometry.size >> 10,
            flash_size_read: identity.size_read,
            unique_id: unique_id.clone(),
            rom: identity.rom.map(|rom| rom.to_string()),
            notice: identity.advice().map(text::advice).chain(unproven.then_some(text::UNPROVEN)).collect(),
        }));
        // Each device has its own; what the page's address says holds for the one that it was made for.
        let given = self.setup.with_value(|setup| setup.details.device_serial.clone());
        self.details.update(|details| {
            details.device_serial = if given.is_empty() { unique_id.unwrap_or_default() } else { given }
        });
        let remembered = Remembered::of(bootloader.port().adapter(), bootloader.product_id());
        self.connection.set_value(Some(Connection { bootloader, identity, wiring, remembered }));
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
            let device = locked.device;
            self.tell(Event::Unlocking);
            self.free(locked).await.map_err(|failure| Failure { device, ..failure })?;
            self.ask().await
        });
    }

    async fn free(self, locked: Locked) -> Result<(), Failure> {
        let Locked { mut bootloader, wiring, by, .. } = locked;
        let effect = match by {
            Protection::Readout => {
                let chip = Chip::by_product_id(bootloader.product_id());
                let worst = chip.map_or(ERASE_WORST, |chip| chip.erase_worst(&chip.geometry));
                bootloader.readout_unprotect(worst).await
            }
            Protection::Write => bootloader.write_unprotect().await,
        };
        match effect {
            Ok(Effect::Now) => self.meet(bootloader, wiring).await,
            Ok(Effect::AfterReset) => {
                Err(Failure::untouched(Code::NeedsReset, "the protection is gone once the device was off"))
            }
            Err(error) => Err(Failure::untouched(Code::LinkLost, error)),
        }
    }
}
