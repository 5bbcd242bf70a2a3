//! A bootloader that was reached, by whichever cable.

use core::ops::Range;
use core::time::Duration;

use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry, Unit};
use stm32_bootloader::port::{Instant, Port};
use stm32_bootloader::usart::{self, VoltageRange};
use updater::{LinkSpeed, Loader, LoaderError};

use crate::port::{UsbLoader, WebSerial};

/// It waits for commands.
pub(super) enum Reached {
    Serial(usart::Bootloader<WebSerial>),
    Usb(UsbLoader),
}

impl Reached {
    /// Whether it can remove a write protection. Over USB there is no command for it.
    pub(super) fn has_write_unprotect(&self) -> bool {
        matches!(self, Self::Serial(bootloader) if bootloader.commands().has(usart::Command::WriteUnprotect))
    }

    /// Bits a second, where there is a line that has any.
    pub(super) fn baud(&mut self) -> Option<u32> {
        match self {
            Self::Serial(bootloader) => Some(bootloader.port().line().baud),
            Self::Usb(_) => None,
        }
    }
}

impl Loader for Reached {
    fn now(&mut self) -> Instant {
        match self {
            Self::Serial(bootloader) => Loader::now(bootloader),
            Self::Usb(bootloader) => Loader::now(bootloader),
        }
    }

    fn speed(&mut self) -> LinkSpeed {
        match self {
            Self::Serial(bootloader) => bootloader.speed(),
            Self::Usb(bootloader) => bootloader.speed(),
        }
    }

    async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::read(bootloader, address, buffer).await,
            Self::Usb(bootloader) => Loader::read(bootloader, address, buffer).await,
        }
    }

    async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::write(bootloader, address, bytes).await,
            Self::Usb(bootloader) => Loader::write(bootloader, address, bytes).await,
        }
    }

    async fn erase(&mut self, units: &[Unit], chip: &Chip) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::erase(bootloader, units, chip).await,
            Self::Usb(bootloader) => Loader::erase(bootloader, units, chip).await,
        }
    }

    async fn erase_all(&mut self, flash: &Geometry, chip: &Chip) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::erase_all(bootloader, flash, chip).await,
            Self::Usb(bootloader) => Loader::erase_all(bootloader, flash, chip).await,
        }
    }

    fn has_begun_to_erase(&self) -> bool {
        match self {
            Self::Serial(bootloader) => bootloader.has_begun_to_erase(),
            Self::Usb(bootloader) => bootloader.has_begun_to_erase(),
        }
    }

    async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::set_voltage_range(bootloader, range).await,
            Self::Usb(bootloader) => Loader::set_voltage_range(bootloader, range).await,
        }
    }

    async fn recover(&mut self) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::recover(bootloader).await,
            Self::Usb(bootloader) => Loader::recover(bootloader).await,
        }
    }

    async fn start(&mut self, address: u32, wiring: Option<Wiring>) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => bootloader.start(address, wiring).await,
            Self::Usb(bootloader) => bootloader.start(address, wiring).await,
        }
    }
    async fn try_bursts(&mut self, flash: Range<u32>) -> Result<(), LoaderError> {
        match self {
            Self::Serial(bootloader) => Loader::try_bursts(bootloader, flash).await,
            Self::Usb(_) => Ok(()),
        }
    }

    fn recoveries(&self) -> u32 {
        match self {
            Self::Serial(bootloader) => bootloader.recoveries(),
            Self::Usb(_) => 0,
        }
    }

    fn can_slow_down(&mut self) -> bool {
        match self {
            Self::Serial(bootloader) => bootloader.can_slow_down(),
            Self::Usb(_) => false,
        }
    }

    async fn slow_down(&mut self, start_up: Duration) -> Option<(u32, u32)> {
        match self {
            Self::Serial(bootloader) => bootloader.slow_down(start_up).await,
            Self::Usb(_) => None,
        }
    }
}
