//! The commands that do not read or write memory.

use core::time::Duration;

use super::bootloader::{ADDRESS_WORST, FIRST_BLOCK, range, with_address};
use super::link::Code;
use super::state::Report;
use super::{Bootloader, Command, Error, State};
use crate::pipe::{ControlPipe, PipeError};
use crate::usart::Effect;

/// How long a device is given to leave before it is looked for.
const LEAVES_IN: Duration = Duration::from_millis(100);

impl<P: ControlPipe> Bootloader<P> {
    /// The codes of the commands that the device has (AN3156 §4.2).
    ///
    /// # Errors
    /// [`Error`] when the answer is missing.
    pub async fn commands(&mut self) -> Result<Vec<u8>, Error> {
        const COMMAND: Command = Command::GetCommands;
        self.ready(State::UploadIdle).await?;
        let mut codes = [0; 16];
        let count = self.link.read(COMMAND, Code::Upload, 0, &mut codes).await?;
        // dfuIDLE or dfuUPLOAD-IDLE: implementations differ.
        self.link.state = None;
        Ok(codes[..count.min(codes.len())].to_vec())
    }

    /// Erases the unit at `address`. `worst` is the longest that it may take.
    ///
    /// The device does not report a write-protected unit.
    ///
    /// # Errors
    /// [`Error::Refused`] when the chip is read-out protected or the address is not in flash, [`Error::Invalid`] for a
    /// unit that must not be erased.
    pub async fn erase(&mut self, address: u32, worst: Duration) -> Result<(), Error> {
        const COMMAND: Command = Command::Erase;
        self.select_for(COMMAND, range(address, 1), |access| access.erase).await?;
        match self.command(COMMAND, &with_address(0x41, address), worst).await {
            Err(Error::StaysBusy { .. }) if self.quirks.stays_busy => self.recover().await,
            result => result,
        }
    }

    /// Erases all of the flash. `worst` is the longest that it may take
    /// ([`Chip::erase_worst`](crate::chip::Chip::erase_worst)): on an STM32F405 up to 32 s, though it asks for 100 ms.
    ///
    /// # Errors
    /// As for [`erase`](Self::erase).
    pub async fn mass_erase(&mut self, worst: Duration) -> Result<(), Error> {
        const COMMAND: Command = Command::MassErase;
        self.select_for(COMMAND, range(self.geometry.base, 1), |access| access.erase).await?;
        self.command(COMMAND, &[0x41], worst).await
    }

    /// Switches read-out protection off, which erases the whole flash. `erase_worst` is the longest that it may take.
    ///
    /// # Errors
    /// [`Error::Refused`] when it failed and the protection stays. [`Effect::Now`] says that the chip was reset: the
    /// device is gone, and comes back as one that must be opened anew.
    pub async fn read_unprotect(&mut self, erase_worst: Duration) -> Result<Effect, Error> {
        const COMMAND: Command = Command::ReadUnprotect;
        self.ready(State::DownloadIdle).await?;
        self.link.pointer = None;
        self.link.send(COMMAND, 0, &[0x92]).await?;
        match self.link.until_done(COMMAND, erase_worst).await {
            Ok(()) => Ok(Effect::AfterReset),
            Err(Error::Pipe(PipeError::Lost(_)) | Error::Transfer { error: PipeError::TimedOut, .. }) => {
                Ok(Effect::Now)
            }
            Err(error) => Err(error),
        }
    }

    /// Leaves DFU mode and starts the application whose vector table is at `address`. The device is gone afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Unexpected`] when the device is still there; then only a reset starts it.
    pub async fn leave(&mut self, address: u32) -> Result<(), Error> {
        const COMMAND: Command = Command::Leave;
        self.select_for(COMMAND, range(address, 1), |access| access.read).await?;
        self.set_address(address).await?;
        // A block of no bytes; its number is that which dfu-util uses. Where its end is lost the status tells.
        match self.link.write(COMMAND, Code::Download, FIRST_BLOCK, &[]).await {
            Ok(()) | Err(Error::Transfer { error: PipeError::TimedOut, .. }) => {}
            Err(error) => return Err(error),
        }
        // It leaves at the status, and may do so before its answer is through. Asked twice it is gone, or was not told.
        let report = match self.link.status(COMMAND).await {
            Err(Error::Transfer { .. }) => self.link.status(COMMAND).await,
            result => result,
        };
        let Ok(report) = report else { return Ok(()) };
        let left = |report: Report| match report.state {
            State::ManifestSync | State::Manifest | State::ManifestWaitReset => Ok(()),
            State::Error => Err(Error::Refused { command: COMMAND, status: report.status }),
            state => Err(Error::Unexpected { command: COMMAND, state }),
        };
        left(report)?;
        let now = self.link.pipe.now();
        self.link.pipe.wait_until(now + report.poll_timeout.clamp(LEAVES_IN, ADDRESS_WORST)).await;
        match self.link.status(COMMAND).await {
            Err(_) => Ok(()),
            Ok(Report { state: State::Idle | State::ManifestSync, .. }) if self.functional.manifestation_tolerant => {
                Ok(())
            }
            // It waits for a reset of the bus to go (DFU 1.1 §7).
            Ok(report) => {
                left(report)?;
                // Whether that finds it there or not, it is on its way.
                let _ = self.link.pipe.reset().await;
                Ok(())
            }
        }
    }
}
