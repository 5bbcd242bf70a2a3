//! What the procedure asks of a bootloader, whichever protocol it speaks.

use core::future::Future;
use core::time::Duration;

use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::Unit;
use stm32_bootloader::pipe::{ControlPipe, PipeError};
use stm32_bootloader::port::{Instant, Port, PortError};
use stm32_bootloader::usart::VoltageRange;
use stm32_bootloader::{dfuse, usart};

use crate::LinkSpeed;

/// Why a bootloader did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoaderError {
    /// A command over a USART failed.
    #[error(transparent)]
    Usart(#[from] usart::Error),
    /// A command over USB failed.
    #[error(transparent)]
    Dfuse(#[from] dfuse::Error),
    /// A bootloader that other code speaks to did not do it.
    #[error("{reason}")]
    Elsewhere {
        /// What that means.
        trouble: Trouble,
        /// Why, in the other's words.
        reason: String,
    },
}

/// What the error of a bootloader elsewhere means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The device, or the adapter that leads to it, is gone.
    Lost,
    /// Nothing but a reset of the device helps.
    NeedsReset,
    /// The bootloader answered, and said no.
    Refusal,
    /// Anything else.
    Other,
}

impl LoaderError {
    /// Whether the device, or the adapter that leads to it, is gone.
    pub const fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::Usart(usart::Error::Port(PortError::Lost(_)))
                | Self::Dfuse(dfuse::Error::Pipe(PipeError::Lost(_)))
                | Self::Elsewhere { trouble: Trouble::Lost, .. }
        )
    }

    /// Whether nothing but a reset of the device helps.
    pub const fn needs_reset(&self) -> bool {
        matches!(
            self,
            Self::Usart(usart::Error::Stuck { .. })
                | Self::Dfuse(dfuse::Error::Stuck)
                | Self::Elsewhere { trouble: Trouble::NeedsReset, .. }
        )
    }

    /// Whether the bootloader answered, and said no.
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Usart(usart::Error::Refused { .. })
                | Self::Dfuse(dfuse::Error::Refused { .. } | dfuse::Error::Invalid { .. })
                | Self::Elsewhere { trouble: Trouble::Refusal, .. }
        )
    }
}

/// A bootloader that waits for commands.
///
/// All but [`write`](Self::write) and [`start`](Self::start) are done again where an exchange was disturbed: flash takes no
/// block twice, and a device that started does not answer.
pub trait Loader {
    /// The moment it is now.
    fn now(&mut self) -> Instant;

    /// What its exchanges take.
    fn speed(&mut self) -> LinkSpeed;

    /// Fills `buffer`, at most a block, from `address` on.
    fn read(&mut self, address: u32, buffer: &mut [u8]) -> impl Future<Output = Result<(), LoaderError>>;

    /// Programs a block, or what is left of one. Only reading back proves it.
    fn write(&mut self, address: u32, bytes: &[u8]) -> impl Future<Output = Result<(), LoaderError>>;

    /// Erases units, none of which takes longer than `worst`.
    fn erase(&mut self, units: &[Unit], worst: Duration) -> impl Future<Output = Result<(), LoaderError>>;

    /// Tells it the supply voltage, and says whether it took it.
    fn set_voltage_range(&mut self, range: VoltageRange) -> impl Future<Output = Result<bool, LoaderError>>;

    /// Brings host and device back into step after a command failed.
    fn recover(&mut self) -> impl Future<Output = Result<(), LoaderError>>;

    /// Starts the application whose vector table is at `address`: by a reset where there are wires for it.
    fn start(&mut self, address: u32, wiring: Option<Wiring>) -> impl Future<Output = Result<(), LoaderError>>;
}

impl<P: Port> Loader for usart::Bootloader<P> {
    fn now(&mut self) -> Instant {
        self.port().now()
    }

    fn speed(&mut self) -> LinkSpeed {
        LinkSpeed::of_usart(self.port().line().byte_time(), self.round_trip())
    }

    async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.read_memory(address, buffer).await).await?)
    }

    async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoaderError> {
        Ok(self.write_memory(address, bytes).await?)
    }

    async fn erase(&mut self, units: &[Unit], worst: Duration) -> Result<(), LoaderError> {
        let numbers: Vec<u16> = units.iter().map(|unit| unit.number).collect();
        Ok(self.insist(async |loader: &mut Self| loader.erase(&numbers, worst).await).await?)
    }

    async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.set_voltage_range(range).await).await?)
    }

    async fn recover(&mut self) -> Result<(), LoaderError> {
        Ok(self.recover().await?)
    }

    async fn start(&mut self, address: u32, wiring: Option<Wiring>) -> Result<(), LoaderError> {
        let started = match wiring {
            Some(wiring) => wiring.leave(self.port()).await.map_err(usart::Error::Port),
            None => self.go(address).await,
        };
        match started {
            // Some adapters are gone with the reset; the command was on its way by then.
            Ok(()) | Err(usart::Error::Port(PortError::Lost(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl<P: ControlPipe> Loader for dfuse::Bootloader<P> {
    fn now(&mut self) -> Instant {
        self.pipe().now()
    }

    fn speed(&mut self) -> LinkSpeed {
        LinkSpeed::of_usb(self.round_trip())
    }

    async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.read(address, buffer).await).await?)
    }

    async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoaderError> {
        Ok(self.write(address, bytes).await?)
    }

    async fn erase(&mut self, units: &[Unit], worst: Duration) -> Result<(), LoaderError> {
        for unit in units {
            self.insist(async |loader: &mut Self| loader.erase(unit.address, worst).await).await?;
        }
        Ok(())
    }

    async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.set_voltage_range(range).await).await?)
    }

    async fn recover(&mut self) -> Result<(), LoaderError> {
        Ok(self.recover().await?)
    }

    /// A USB device has no wires by which it is reset.
    async fn start(&mut self, address: u32, _: Option<Wiring>) -> Result<(), LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.leave(address).await).await?)
    }
}
