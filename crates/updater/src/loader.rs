//! What the procedure asks of a bootloader, whichever protocol it speaks.

use core::future::Future;
use core::ops::Range;
use core::time::Duration;

use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry, Unit};
use stm32_bootloader::pipe::{ControlPipe, PipeError};
use stm32_bootloader::port::{Instant, Port, PortError};
use stm32_bootloader::usart::{Everything, VoltageRange};
use stm32_bootloader::{dfuse, ladder, usart};

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
            Self::Usart(usart::Error::Stuck { .. } | usart::Error::StuckBehind { .. })
                | Self::Dfuse(dfuse::Error::Stuck)
                | Self::Elsewhere { trouble: Trouble::NeedsReset, .. }
        )
    }

    /// Whether a line that loses or garbles bytes explains it, so that a slower one may not have it.
    pub(crate) const fn is_of_the_line(&self) -> bool {
        matches!(self, Self::Usart(error) if error.is_of_the_line())
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

    /// Erases units of `chip`, which says how long each may take.
    fn erase(&mut self, units: &[Unit], chip: &Chip) -> impl Future<Output = Result<(), LoaderError>>;

    /// Erases all of the `flash` of `chip` with one command.
    fn erase_all(&mut self, flash: &Geometry, chip: &Chip) -> impl Future<Output = Result<(), LoaderError>>;

    /// Whether what to erase was sent since it was reached, so that something may be erased, whatever was answered.
    fn has_begun_to_erase(&self) -> bool;

    /// Tells it the supply voltage, and says whether it took it.
    fn set_voltage_range(&mut self, range: VoltageRange) -> impl Future<Output = Result<bool, LoaderError>>;

    /// Brings host and device back into step after a command failed.
    fn recover(&mut self) -> impl Future<Output = Result<(), LoaderError>>;

    /// Starts the application whose vector table is at `address`: by a reset where there are wires for it.
    fn start(&mut self, address: u32, wiring: Option<Wiring>) -> impl Future<Output = Result<(), LoaderError>>;

    /// Tries whether blocks of `flash` can go in bursts, where that is a thing; the [`speed`](Self::speed) tells it.
    fn try_bursts(&mut self, flash: Range<u32>) -> impl Future<Output = Result<(), LoaderError>> {
        let _ = flash;
        async { Ok(()) }
    }

    /// How often host and device had to be brought back into step so far, on a line that can be disturbed.
    fn recoveries(&self) -> u32 {
        0
    }

    /// Whether the device can be met again at a lower rate.
    fn can_slow_down(&mut self) -> bool {
        false
    }

    /// Meets it again at a lower rate, in bits a second. Says at which it was met before, and is now; `None` where that is
    /// not possible or fails. It starts within `start_up`.
    fn slow_down(&mut self, start_up: Duration) -> impl Future<Output = Option<(u32, u32)>> {
        let _ = start_up;
        async { None }
    }
}

/// The longest that any of these units may take to be erased.
fn erase_worst(units: &[Unit], chip: &Chip) -> Duration {
    units.iter().map(|unit| chip.erase_time(unit.size)).max().unwrap_or_default() * chip.times.worst_factor
}

impl<P: Port> Loader for usart::Bootloader<P> {
    fn now(&mut self) -> Instant {
        self.port().now()
    }

    fn speed(&mut self) -> LinkSpeed {
        LinkSpeed::of_usart(self.port().line().byte_time(), self.round_trip(), self.pace())
    }

    async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), LoaderError> {
        Ok(self.insist(async |loader: &mut Self| loader.read_memory(address, buffer).await).await?)
    }

    async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoaderError> {
        Ok(self.write_memory(address, bytes).await?)
    }

    async fn erase(&mut self, units: &[Unit], chip: &Chip) -> Result<(), LoaderError> {
        let numbers: Vec<u16> = units.iter().map(|unit| unit.number).collect();
        let worst = erase_worst(units, chip);
        let unawaited = units.iter().map(|unit| chip.erase_unawaited(unit)).max().unwrap_or_default();
        let erase = async |loader: &mut Self| {
            let erased = loader.erase(&numbers, worst).await;
            // Whether or not it was heard, the ROM may have begun.
            if !unawaited.is_zero() {
                let done = loader.port().now() + unawaited;
                loader.port().wait_until(done).await;
            }
            erased
        };
        Ok(self.insist(erase).await?)
    }

    async fn erase_all(&mut self, flash: &Geometry, chip: &Chip) -> Result<(), LoaderError> {
        let worst = chip.erase_worst(flash);
        Ok(self.insist(async |loader: &mut Self| loader.erase_everything(Everything::Flash, worst).await).await?)
    }

    fn has_begun_to_erase(&self) -> bool {
        self.has_begun_to_erase()
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

    async fn try_bursts(&mut self, flash: Range<u32>) -> Result<(), LoaderError> {
        self.try_bursts(flash).await?;
        Ok(())
    }

    fn recoveries(&self) -> u32 {
        self.recoveries()
    }

    fn can_slow_down(&mut self) -> bool {
        self.reset_by().is_some() && ladder::below(self.port().line().baud).is_some()
    }

    async fn slow_down(&mut self, start_up: Duration) -> Option<(u32, u32)> {
        let from = self.port().line().baud;
        let (wiring, lower) = self.reset_by().zip(ladder::below(from))?;
        let to = ladder::descend(self, wiring, start_up, lower).await.ok()?;
        Some((from, to))
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

    async fn erase(&mut self, units: &[Unit], chip: &Chip) -> Result<(), LoaderError> {
        let worst = erase_worst(units, chip);
        for unit in units {
            let unawaited = chip.erase_unawaited(unit);
            let erase = async |loader: &mut Self| {
                let begin = loader.pipe().now();
                let erased = loader.erase(unit.address, worst).await;
                if !unawaited.is_zero() {
                    loader.pipe().wait_until(begin + unawaited).await;
                }
                erased
            };
            self.insist(erase).await?;
        }
        Ok(())
    }

    async fn erase_all(&mut self, flash: &Geometry, chip: &Chip) -> Result<(), LoaderError> {
        let worst = chip.erase_worst(flash);
        Ok(self.insist(async |loader: &mut Self| loader.mass_erase(worst).await).await?)
    }

    fn has_begun_to_erase(&self) -> bool {
        self.has_begun_to_erase()
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
