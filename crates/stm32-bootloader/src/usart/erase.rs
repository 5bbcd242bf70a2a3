//! Erasing: by list, and everything at once.

use core::time::Duration;

use super::link::checksum;
use super::{Bootloader, Command, Error, Stage};
use crate::port::Port;

/// ROM buffers for an erase list are finite, 511 numbers at best; a short list also shows progress.
const MAX_ERASE_LIST: usize = 128;

/// What a single code erases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everything {
    /// All of the flash. L0 and L1 cannot (see [`Chip::mass_erase`](crate::chip::Chip)).
    Flash,
    /// All of the first bank, on chips that have two.
    Bank1,
    /// All of the second bank, on chips that have two.
    Bank2,
}

impl Everything {
    /// What Extended Erase has in place of a count of units (AN3155 §3.8).
    const fn code(self) -> u16 {
        match self {
            Self::Flash => 0xFFFF,
            Self::Bank1 => 0xFFFE,
            Self::Bank2 => 0xFFFD,
        }
    }
}

impl<P: Port> Bootloader<P> {
    /// Erases `units` by whichever of Erase and Extended Erase the ROM has, 128 a command.
    /// `unit_worst` is the longest that one of them may take.
    ///
    /// The ROM reports neither a protected unit nor one that does not exist.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list or a number that the command cannot carry, [`Error::Refused`]
    /// when the chip is read-out protected.
    pub async fn erase(&mut self, units: &[u16], unit_worst: Duration) -> Result<(), Error> {
        let command = self.erase_command()?;
        if units.is_empty() {
            return Err(Error::Invalid { command, reason: "the list is empty" });
        }
        for list in units.chunks(MAX_ERASE_LIST) {
            let block = erase_list(command, list)?;
            let worst = unit_worst * u32::try_from(list.len()).unwrap_or(u32::MAX);
            self.erase_block(command, &block, worst).await?;
        }
        Ok(())
    }

    /// Erases all of the flash or of a bank with one code. `worst` is the longest that it may take
    /// ([`Chip::erase_worst`](crate::chip::Chip::erase_worst)).
    ///
    /// One write-protected unit may keep all of it from being erased, and the ROM does not say so.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a bank where the ROM has only Erase, which has no code for it; [`Error::Refused`] at
    /// [`Stage::Body`] where the ROM does not know the code.
    pub async fn erase_everything(&mut self, what: Everything, worst: Duration) -> Result<(), Error> {
        let command = self.erase_command()?;
        let [high, low] = what.code().to_be_bytes();
        match (command, what) {
            (Command::ExtendedErase, _) => self.erase_block(command, &[high, low, high ^ low], worst).await,
            // 255 in place of a count, and its complement (AN3155 §3.7).
            (_, Everything::Flash) => self.erase_block(command, &[0xFF, 0x00], worst).await,
            _ => Err(Error::Unsupported { command: Command::ExtendedErase }),
        }
    }

    /// Which of the two commands the ROM has.
    fn erase_command(&self) -> Result<Command, Error> {
        [Command::ExtendedErase, Command::Erase]
            .into_iter()
            .find(|&command| self.commands().has(command))
            .ok_or(Error::Unsupported { command: Command::ExtendedErase })
    }

    async fn erase_block(&mut self, command: Command, block: &[u8], worst: Duration) -> Result<(), Error> {
        self.prove_step().await?;
        self.link.begin(command).await?;
        self.has_begun_to_erase = true;
        self.link.block(command, Stage::Body, block, worst).await?;
        self.link.has_erased = true;
        Ok(())
    }
}

/// The list of an erase command as it goes over the wire, checksum included.
fn erase_list(command: Command, units: &[u16]) -> Result<Vec<u8>, Error> {
    let last = u16::try_from(units.len() - 1).expect("at most 127");
    let mut block = Vec::with_capacity(2 * units.len() + 3);
    for number in core::iter::once(last).chain(units.iter().copied()) {
        if command == Command::ExtendedErase {
            block.extend_from_slice(&number.to_be_bytes());
        } else {
            block.push(
                u8::try_from(number)
                    .map_err(|_| Error::Invalid { command, reason: "the command numbers at most 256 pages" })?,
            );
        }
    }
    block.push(checksum(&block));
    Ok(block)
}
