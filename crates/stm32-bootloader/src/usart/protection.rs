//! Write protection and read-out protection.
//!
//! On F0, F2, F4, F7 and some L4 the ROM resets the chip after each of these commands (AN3155 Figures 19 to 25); on
//! all others the change counts from the next reset on. Either way the ROM is looked for again, and found if BOOT0 is
//! still at the level that selects it.

use core::time::Duration;

use super::link::checksum;
use super::{Bootloader, Command, Error, Presence, Stage};
use crate::port::{Instant, Port};

/// To erase the option bytes and to program them again: not longer than the slowest small sector, that of the F4.
const OPTIONS_WORST: Duration = Duration::from_secs(2);
/// How long the ROM is left alone after it may have reset the chip. A byte that comes while it starts up spoils its
/// measurement of the baud. The longest start of those that reset themselves is the F070's, 230 ms (AN2606 Table 227).
const START_UP: Duration = Duration::from_millis(300);
/// How long the ROM is looked for after that.
const PATIENCE: Duration = Duration::from_secs(4);
/// The pause between two bytes of the search.
const PAUSE: Duration = Duration::from_millis(150);

/// From when on a protection counts that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The ROM has reset the chip: it counts.
    Now,
    /// The ROM has not: it counts from the next reset on; on some chips only from the next power-up (AN2606 Table 184,
    /// STM32WB30/55).
    AfterReset,
}

impl<P: Port> Bootloader<P> {
    /// Write Protect: protects the sectors with these codes, 1 to 256 of them, and frees all others.
    ///
    /// What a sector is differs from what the erase commands number where pages are small: on F1, for one, it has 4 KiB.
    /// The ROM does not check the codes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a list that is empty or too long, [`Error::Unsupported`] where the ROM has no such command,
    /// [`Error::Refused`] when the chip is read-out protected, [`Error::Lost`] when the ROM is not found again.
    pub async fn write_protect(&mut self, sectors: &[u8]) -> Result<Effect, Error> {
        const COMMAND: Command = Command::WriteProtect;
        self.require(COMMAND)?;
        let last = sectors.len().checked_sub(1).and_then(|last| u8::try_from(last).ok());
        let last = last.ok_or(Error::Invalid { command: COMMAND, reason: "a list has 1 to 256 sectors" })?;
        let mut block = vec![last];
        block.extend_from_slice(sectors);
        block.push(checksum(&block));
        // As before an erase: what the ROM waits for must not be in doubt.
        self.link.drain().await?;
        self.link.begin(COMMAND).await?;
        self.link.block(COMMAND, Stage::Body, &block, OPTIONS_WORST).await?;
        self.find_again(self.link.port.now()).await
    }

    /// Write Unprotect: frees all sectors.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the ROM has no such command, [`Error::Refused`] when the chip is read-out protected,
    /// [`Error::Lost`] when the ROM is not found again.
    pub async fn write_unprotect(&mut self) -> Result<Effect, Error> {
        self.change(Command::WriteUnprotect, OPTIONS_WORST).await?;
        self.find_again(self.link.port.now()).await
    }

    /// Readout Protect: from then on the ROM refuses all but a few commands, until
    /// [`readout_unprotect`](Self::readout_unprotect) has erased everything.
    ///
    /// # Errors
    /// As for [`write_unprotect`](Self::write_unprotect).
    pub async fn readout_protect(&mut self) -> Result<Effect, Error> {
        self.change(Command::ReadoutProtect, OPTIONS_WORST).await?;
        self.find_again(self.link.port.now()).await
    }

    /// Readout Unprotect: erases the whole flash and clears the RAM, then switches read-out protection off. `erase_worst`
    /// is the longest that the erase may take ([`Chip::erase_worst`](crate::chip::Chip::erase_worst)).
    ///
    /// Some ROMs acknowledge before they erase, and are deaf meanwhile. So the ROM is left alone for all of
    /// `erase_worst`, whenever it acknowledges.
    ///
    /// # Errors
    /// [`Error::Refused`] at [`Stage::Body`] when the erase failed and the protection stays, [`Error::Unsupported`] where
    /// the ROM has no such command, [`Error::Lost`] when the ROM is not found again.
    pub async fn readout_unprotect(&mut self, erase_worst: Duration) -> Result<Effect, Error> {
        let done = self.link.port.now() + erase_worst + OPTIONS_WORST;
        self.change(Command::ReadoutUnprotect, erase_worst + OPTIONS_WORST).await?;
        self.find_again(done).await
    }

    /// A command without parameters: an ACK when the ROM takes it, and another one that says that it is done.
    async fn change(&mut self, command: Command, worst: Duration) -> Result<(), Error> {
        self.require(command)?;
        self.link.begin(command).await?;
        self.link.acknowledged(command, Stage::Body, 0, worst).await
    }

    /// Looks for the ROM, which may reset the chip at `busy_until`.
    async fn find_again(&mut self, busy_until: Instant) -> Result<Effect, Error> {
        self.link.port.wait_until(busy_until + START_UP).await;
        Ok(match self.resynchronise(PATIENCE, PAUSE).await? {
            Presence::Fresh => Effect::Now,
            Presence::InStep => Effect::AfterReset,
        })
    }
}
