//! A device at a serial port: into its bootloader, what it is, out of its protection.

use leptos::prelude::*;
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::Chip;
use stm32_bootloader::port::LineSettings;
use stm32_bootloader::usart::{Bootloader, Command, Effect, IdentifyError, identify, identify_as, proven_unique_id};
use updater::{DeviceState, DfuDevice};
use web_sys::SerialPort;

use super::map::units_of;
use super::reached::Reached;
use super::state::{ERASE_WORST, Identity, Locked, Protection, Session, Stop};
use super::{Code, Device, Event, Failure, Notice};
use crate::config::{Detail, Entered};
use crate::port::{WebSerial, adapter};

impl Session {
    /// From a port to a device that waits for commands, there or on USB.
    pub(super) async fn reach_serial(self, port: SerialPort, to: &str) -> Result<(), Stop> {
        let baud = self.setup.with_value(|setup| setup.baud);
        let adapter = adapter(&port);
        self.begin_connecting(to, Some(baud), adapter);
        let reset_by = self.to_be_reset_by()?;
        self.leave_port(Some(port.clone()));
        let mut port = WebSerial::open(port, LineSettings { baud, ..LineSettings::DEFAULT }).await?;
        let entered = if let Some(wiring) = reset_by {
            wiring.enter(&mut port).await?;
            Entered::Here(Some(wiring))
        } else {
            port = self.ask_application(port).await?;
            let boot_mode = self.config.with_value(|config| config.product.boot_mode.clone());
            boot_mode.enter(&mut port).await?
        };
        let wiring = match entered {
            Entered::Here(wiring) => wiring,
            Entered::OnUsb => {
                drop(port);
                return self.reach_restarted(super::usb::RESTART).await;
            }
        };
        if wiring.is_some() {
            self.tell(Event::EnteredByWire);
        }
        let bootloader = Bootloader::connect_reset_by(port, wiring).await.map_err(|error| match error.into() {
            // It was reset by the wires, or so it was thought.
            failure @ Failure { code: Code::NoAnswer | Code::Garbled, .. } if wiring.is_some() => {
                Failure { code: Code::NotEntered, ..failure }
            }
            failure => failure,
        })?;
        self.is_amid_no_list();
        self.tell(Event::Synchronised {
            protocol: bootloader.version().to_string(),
            commands: bootloader.commands().opcodes().iter().map(|opcode| format!("{opcode:02X} ")).collect(),
            round_trip_us: u32::try_from(bootloader.round_trip().as_micros()).unwrap_or(u32::MAX),
        });
        Ok(self.meet_serial(bootloader, wiring).await?)
    }

    /// Tells what chip is there, and keeps it connected.
    async fn meet_serial(self, mut bootloader: Bootloader<WebSerial>, wiring: Option<Wiring>) -> Result<(), Failure> {
        let id = bootloader.product_id();
        // They were found right when the settings were read.
        let given = self.config.with_value(|config| {
            config.product.chips.iter().filter_map(|chip| chip.chip().ok()).find(|chip| chip.product_id == id)
        });
        // What the table knows of the chip, or whoever deploys the page.
        let mut identity = match given {
            Some(chip) => identify_as(&mut bootloader, chip).await,
            None => identify(&mut bootloader).await,
        };
        if let Ok(identity) = &mut identity
            && !self.setup.with_value(|setup| setup.given.contains(&Detail::DeviceSerial))
        {
            identity.unique_id = proven_unique_id(&mut bootloader, &identity.chip).await?;
        }
        let adapter = adapter(bootloader.port().serial_port());
        // Some list no command for it, as H5: only a debugger frees those.
        let is_removable = bootloader.commands().has(Command::ReadoutUnprotect);
        let bootloader = Reached::Serial(bootloader);
        let identity = match identity {
            Err(IdentifyError::Protected) => {
                if is_removable {
                    let (by, device) = (Protection::Readout, DeviceState::Incomplete);
                    self.locked.set_value(Some(Locked { bootloader, wiring, by, device }));
                }
                return Err(IdentifyError::Protected.into());
            }
            identity => identity?,
        };
        let unique_id = identity.unique_id.map(|id| id.to_string());
        let device = Device {
            chip: identity.chip.name.into(),
            product_id: identity.chip.product_id.to_string(),
            flash_kib: identity.geometry.size >> 10,
            flash_size_read: identity.size_read,
            units: units_of(&identity.geometry),
            unique_id: unique_id.clone(),
            rom: identity.rom.map(|rom| rom.to_string()),
            notices: identity
                .advice()
                .map(Notice::from)
                .chain((!identity.is_proven()).then_some(Notice::Unproven))
                .collect(),
        };
        let dfu = DfuDevice::ROM;
        let identity = Identity { chip: identity.chip, geometry: identity.geometry, unique_id, dfu };
        self.met(bootloader, identity, wiring, adapter, device);
        Ok(())
    }

    /// Removes a protection.
    pub(super) async fn free_serial(
        self,
        mut bootloader: Bootloader<WebSerial>,
        wiring: Option<Wiring>,
        by: Protection,
    ) -> Result<(), Failure> {
        let effect = match by {
            Protection::Readout => {
                let chip = Chip::by_product_id(bootloader.product_id());
                let worst = chip.map_or(ERASE_WORST, |chip| chip.erase_worst(&chip.geometry));
                bootloader.readout_unprotect(worst).await
            }
            Protection::Write => bootloader.write_unprotect().await,
        };
        match effect {
            Ok(Effect::Now) => self.meet_serial(bootloader, wiring).await,
            Ok(Effect::AfterReset) => Err(Failure::untouched(Code::NeedsReset, super::state::GONE_WHEN_OFF)),
            Err(error) => Err(Failure::untouched(Code::LinkLost, error)),
        }
    }
}
