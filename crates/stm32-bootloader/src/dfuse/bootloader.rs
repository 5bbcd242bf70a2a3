//! Reading and writing memory.

use core::ops::Range;
use core::time::Duration;

use super::connect::flash;
use super::layout::Access;
use super::link::{Code, Link};
use super::quirks::Quirks;
use super::state::Report;
use super::{Command, Device, Error, Functional, LayoutError, MemoryLayout, State, Status};
use crate::chip::Geometry;
use crate::pipe::{ControlPipe, PipeError};

/// The block that begins at the address pointer (AN3156 §4.1).
pub(super) const FIRST_BLOCK: u16 = 2;
/// What early ROMs of the STM32L432 take at most, though they say 2048.
const SAFE_TRANSFER: usize = 1024;
/// The longest that taking an address may take: nothing but a poll time-out, which is that of programming on some ROMs.
pub(super) const ADDRESS_WORST: Duration = Duration::from_secs(1);
/// The longest that programming 2048 bytes takes on any chip: an L0 that programs word by word, 512 × 3.94 ms, twice.
const PROGRAM_WORST: Duration = Duration::from_secs(4);

/// An alternate setting: one of the device's memories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternate {
    /// Its number.
    pub setting: u8,
    /// What is behind it, as far as its name can be read.
    pub layout: Result<MemoryLayout, LayoutError>,
}

impl Alternate {
    fn allows(&self, range: &Range<u32>, what: fn(Access) -> bool) -> bool {
        self.layout.as_ref().is_ok_and(|layout| layout.allows(range, what))
    }
}

/// A device in DFU mode that speaks ST's extension, waiting for commands.
#[derive(Debug)]
pub struct Bootloader<P> {
    pub(super) link: Link<P>,
    pub(super) device: Device,
    pub(super) serial: String,
    pub(super) functional: Functional,
    pub(super) alternates: Vec<Alternate>,
    pub(super) geometry: Geometry,
    pub(super) quirks: Quirks,
    /// The alternate setting in effect.
    pub(super) selected: u8,
    /// The most bytes of a transfer that the device was found to take.
    pub(super) largest: usize,
    pub(super) has_begun_to_erase: bool,
}

impl<P: ControlPipe> Bootloader<P> {
    /// Which USB device it is.
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Its serial number; empty where it has none. That of ST's ROM is made of the chip's unique id, as far as it goes:
    /// the sum of the first and third word, and the upper half of the second, in hexadecimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// How it says that it is programmed.
    pub const fn functional(&self) -> &Functional {
        &self.functional
    }

    /// Its memories.
    pub fn alternates(&self) -> &[Alternate] {
        &self.alternates
    }

    /// The alternate setting that is its flash.
    pub fn flash_setting(&self) -> u8 {
        flash(&self.alternates).map_or(0, |(setting, _)| setting)
    }

    /// The flash that can be written, as the device describes it.
    pub const fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// How long a short transfer takes, at best.
    pub const fn round_trip(&self) -> Duration {
        self.link.round_trip
    }

    /// Whether what to erase was sent since it was connected, so that something may be erased, whatever was answered.
    pub const fn has_begun_to_erase(&self) -> bool {
        self.has_begun_to_erase
    }

    /// The pipe, for its clock.
    pub const fn pipe(&mut self) -> &mut P {
        &mut self.link.pipe
    }

    /// Gives the pipe back.
    pub fn into_pipe(self) -> P {
        self.link.pipe
    }

    /// Selects one of the alternate settings.
    pub(super) async fn select(&mut self, setting: u8) -> Result<(), Error> {
        self.link.forget();
        let interface = self.link.interface;
        self.link.pipe.select(interface, setting).await.map_err(|error| Error::of(Command::BackToIdle, error))?;
        self.selected = setting;
        Ok(())
    }

    /// Selects an alternate setting that has `range` and allows `what`; the one in effect, if it does.
    pub(super) async fn select_for(
        &mut self,
        command: Command,
        range: Range<u32>,
        what: fn(Access) -> bool,
    ) -> Result<(), Error> {
        let fits = |memory: &&Alternate| memory.allows(&range, what);
        let selected = self.alternates.iter().filter(|memory| memory.setting == self.selected);
        match selected.chain(&self.alternates).find(fits).map(|memory| memory.setting) {
            Some(setting) if setting == self.selected => Ok(()),
            Some(setting) => self.select(setting).await,
            // ST's ROM hangs itself up on what is beyond (a dfu-util author in its mailing list, October 2020).
            None => Err(Error::Invalid { command, reason: "the device describes no such memory there" }),
        }
    }

    /// Reads `buffer`, at least 2 bytes, from `address` on. Reads that follow one another in flash cost one transfer each.
    ///
    /// # Errors
    /// [`Error::Refused`] when the chip is read-out protected ([`Error::is_protection`]), [`Error::Invalid`] where the
    /// device describes no memory that can be read.
    pub async fn read(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), Error> {
        const COMMAND: Command = Command::Read;
        if buffer.len() < 2 {
            return Err(Error::Invalid { command: COMMAND, reason: "two bytes are the least" });
        }
        self.select_for(COMMAND, range(address, buffer.len()), |access| access.read).await?;
        let mut done = 0;
        while done < buffer.len() {
            let end = buffer.len().min(done + self.largest);
            match self.upload(offset(address, done), &mut buffer[done..end]).await {
                Ok(()) => done = end,
                Err(error) => self.smaller(COMMAND, error).await?,
            }
        }
        Ok(())
    }

    /// Programs `bytes`, at least 2 of them, at `address`. Writes of the transfer size that follow one another cost three
    /// transfers each.
    ///
    /// The device reports neither a protected nor an unerased place: only reading back proves a write.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub async fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        const COMMAND: Command = Command::Write;
        if bytes.len() < 2 {
            return Err(Error::Invalid { command: COMMAND, reason: "two bytes are the least" });
        }
        self.select_for(COMMAND, range(address, bytes.len()), |access| access.write).await?;
        let mut done = 0;
        while done < bytes.len() {
            let end = bytes.len().min(done + self.largest);
            let number = self.point(offset(address, done), end - done).await?;
            self.ready(State::DownloadIdle).await?;
            match self.link.send(COMMAND, number, &bytes[done..end]).await {
                Ok(()) => {
                    self.link.until_done(COMMAND, PROGRAM_WORST).await?;
                    done = end;
                }
                Err(error) => self.smaller(COMMAND, error).await?,
            }
        }
        Ok(())
    }

    /// Goes on with smaller transfers where the device says that it does not take large ones; passes on what failed
    /// otherwise, with the device's reason where it has one.
    async fn smaller(&mut self, command: Command, error: Error) -> Result<(), Error> {
        if !matches!(error, Error::Transfer { error: PipeError::Stalled, .. }) {
            return Err(error);
        }
        match self.link.status(command).await? {
            Report { state: State::Error, status: Status::STALLED, .. } if self.largest > SAFE_TRANSFER => {
                self.largest = SAFE_TRANSFER;
                Ok(())
            }
            Report { state: State::Error, status, .. } => Err(Error::Refused { command, status }),
            _ => Err(error),
        }
    }

    async fn upload(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), Error> {
        const COMMAND: Command = Command::Read;
        let number = self.point(address, buffer.len()).await?;
        self.ready(State::UploadIdle).await?;
        let count = self.link.read(COMMAND, Code::Upload, number, buffer).await?;
        if count < buffer.len() {
            self.link.forget();
            return Err(Error::Garbled { command: COMMAND });
        }
        self.link.state = Some(State::UploadIdle);
        Ok(())
    }

    /// Sees to it that the next block lies at `address`, and says its number.
    ///
    /// Blocks are counted in transfer sizes from the address pointer on (AN3156 §4.1). Whether a shorter block counts as
    /// such a size or as its own is told differently, so it gets the pointer for itself.
    async fn point(&mut self, address: u32, length: usize) -> Result<u16, Error> {
        let size = u32::from(self.functional.transfer_size);
        let number = self.link.pointer.and_then(|pointer| {
            let offset = address.checked_sub(pointer)?;
            let counts = offset == 0 || offset.is_multiple_of(size) && length == size as usize;
            u16::try_from(offset / size).ok()?.checked_add(FIRST_BLOCK).filter(|_| counts)
        });
        match number {
            Some(number) => Ok(number),
            None => self.set_address(address).await.map(|()| FIRST_BLOCK),
        }
    }

    pub(super) async fn set_address(&mut self, address: u32) -> Result<(), Error> {
        self.command(Command::SetAddress, &with_address(0x21, address), ADDRESS_WORST).await?;
        self.link.pointer = Some(address);
        Ok(())
    }

    /// A command that is not a block of data.
    pub(super) async fn command(&mut self, command: Command, bytes: &[u8], worst: Duration) -> Result<(), Error> {
        self.ready(State::DownloadIdle).await?;
        // ST's DFU library takes the address of an erase for the pointer.
        self.link.pointer = None;
        self.has_begun_to_erase |= matches!(command, Command::Erase | Command::MassErase | Command::ReadUnprotect);
        self.link.download(command, 0, bytes, worst).await
    }
}

/// A command's code and an address, least significant byte first.
pub(super) const fn with_address(code: u8, address: u32) -> [u8; 5] {
    let [a, b, c, d] = address.to_le_bytes();
    [code, a, b, c, d]
}

fn offset(address: u32, done: usize) -> u32 {
    address.saturating_add(u32::try_from(done).unwrap_or(u32::MAX))
}

pub(super) fn range(address: u32, length: usize) -> Range<u32> {
    address..offset(address, length)
}
