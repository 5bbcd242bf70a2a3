//! The state machine of ST's ROM on USB (AN3156 Figures 3 to 11, ST's DFU class library).

use core::time::Duration;

use super::quirks::{UsbQuirks, WhileBusy};
use crate::pipe::{Kind, Request};
use crate::port::Instant;
use crate::sim::command::Machine;
use crate::sim::log::Event;
use crate::sim::voltage::VoltageRange;
use crate::sim::work::Work;
use crate::sim::{Rom, State};

/// The states of DFU 1.1 that a ROM can be in, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Idle = 2,
    DownloadSync = 3,
    DownloadBusy = 4,
    DownloadIdle = 5,
    ManifestSync = 6,
    Manifest = 7,
    UploadIdle = 9,
    Error = 10,
}

/// The status codes that it has, by number.
const OK: u8 = 0x00;
const TARGET: u8 = 0x01;
const VENDOR: u8 = 0x0B;
const UNKNOWN: u8 = 0x0E;
const STALLED: u8 = 0x0F;

/// The poll time-out for what does not touch the flash (an STM32F745 asks for it, fwupd pull request 1944).
const SHORT: Duration = Duration::from_millis(5);

/// What was downloaded and not begun.
#[derive(Debug, Clone)]
enum Pending {
    SetAddress(u32),
    Erase(u32),
    MassErase,
    ReadUnprotect,
    Write { address: u32, data: Vec<u8> },
    Unknown,
}

/// A simulated chip whose ROM was reached over USB.
///
/// It is a [`Rom`] with another protocol in front: what is known of a chip, its memory and how long its flash works are
/// the same.
#[derive(Debug, Clone)]
pub struct UsbRom {
    pub(super) rom: Rom,
    pub(super) quirks: UsbQuirks,
    at: At,
    status: u8,
    pointer: u32,
    pending: Option<Pending>,
    /// What the work under way will come to, where that is known to fail.
    outcome: Option<u8>,
    /// Whether dfuDNBUSY is to stay when the work is done.
    stuck: bool,
    /// Whether the device has left the bus.
    gone: bool,
}

impl UsbRom {
    /// A chip whose ROM has just been started, plugged in.
    pub fn new(rom: Rom) -> Self {
        let pointer = rom.geometry().base;
        Self {
            rom,
            quirks: UsbQuirks::default(),
            at: At::Idle,
            status: OK,
            pointer,
            pending: None,
            outcome: None,
            stuck: false,
            gone: false,
        }
    }

    /// The same with these quirks.
    pub fn with_quirks(mut self, quirks: UsbQuirks) -> Self {
        if quirks.starts_in_error {
            self.fail(STALLED);
        }
        self.quirks = quirks;
        self
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        &self.rom
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        &mut self.rom
    }

    /// The chip, unplugged in the midst of whatever it was doing. It stays as it is until someone resets it.
    pub fn into_rom(self) -> Rom {
        self.rom
    }

    /// Whether the device is no longer on the bus: it left, or reset itself.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Lets the chip live until `moment`.
    pub(super) fn advance(&mut self, moment: Instant) {
        self.rom.advance(moment);
        if self.at == At::DownloadBusy && self.rom.last_moment().is_none() && !self.stuck {
            match self.outcome.take() {
                Some(status) => self.fail(status),
                None => self.at = At::DownloadSync,
            }
        }
        // The ROM has jumped to an application, or was reset by its own command.
        self.gone |= matches!(self.rom.state(), State::Application) && self.at == At::Manifest;
    }

    /// The moment from which a request is answered, or `None` if never. Held requests wait for the work.
    pub(super) fn answers_from(&self, now: Instant) -> Option<Instant> {
        if matches!(self.rom.machine, Machine::Fault | Machine::Held) {
            return None;
        }
        let held = self.quirks.while_busy == WhileBusy::Holds && self.at == At::DownloadBusy && !self.stuck;
        Some(self.rom.last_moment().filter(|_| held).unwrap_or(now))
    }

    /// A USB reset: the DFU state begins anew, work on the flash goes on.
    pub(super) fn reset_bus(&mut self) {
        self.at = At::Idle;
        self.status = OK;
        self.pending = None;
        self.outcome = None;
        self.stuck = false;
    }

    /// Comes onto the bus anew, after it has left it.
    pub(super) fn attach(&mut self) {
        self.reset_bus();
        self.gone = false;
        self.pointer = self.rom.geometry().base;
    }

    fn fail(&mut self, status: u8) {
        self.at = At::Error;
        self.status = status;
        self.pending = None;
    }

    /// Refuses a request: STALL, and the error that says so.
    fn stall<T>(&mut self, status: u8) -> Option<T> {
        self.fail(status);
        None
    }

    /// A request that asks for at most `length` bytes. `None` is STALL.
    pub(super) fn control_in(&mut self, request: Request, length: usize) -> Option<Vec<u8>> {
        let mut answer = match (request.kind, request.code) {
            (Kind::Standard, 6) => {
                let [kind, number] = request.value.to_be_bytes();
                self.descriptor(kind, number)?
            }
            (Kind::Class, 2) => self.upload(request.value, length)?,
            (Kind::Class, 3) => self.get_status()?.to_vec(),
            (Kind::Class, 5) => vec![self.at as u8],
            _ => return None,
        };
        answer.truncate(length);
        Some(answer)
    }

    /// A request that brings bytes. `None` is STALL.
    pub(super) fn control_out(&mut self, request: Request, bytes: &[u8]) -> Option<()> {
        match (request.kind, request.code) {
            (Kind::Class, 1) => self.download(request.value, bytes),
            (Kind::Class, 4) => self.clear_status(),
            (Kind::Class, 6) => self.abort(),
            _ => None,
        }
    }

    fn get_status(&mut self) -> Option<[u8; 6]> {
        let busy = self.at == At::DownloadBusy && !self.stuck;
        if busy && self.quirks.while_busy == WhileBusy::Stalls {
            return None;
        }
        let mut wait = Duration::ZERO;
        match (self.at, self.pending.take()) {
            (At::DownloadSync, Some(pending)) => wait = self.begin(pending),
            (At::DownloadSync, None) => self.at = At::DownloadIdle,
            (At::DownloadBusy, _) => wait = self.quirks.poll_timeout.unwrap_or(SHORT),
            (At::ManifestSync, _) => self.leave(),
            _ => {}
        }
        if self.gone {
            return None;
        }
        let [p0, p1, p2, _] = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).to_le_bytes();
        Some([self.status, p0, p1, p2, self.at as u8, 0])
    }

    /// Begins with what was downloaded, and says for how long the host is to leave it alone.
    fn begin(&mut self, pending: Pending) -> Duration {
        self.at = At::DownloadBusy;
        self.status = OK;
        let protected = self.rom.memory.read_protected;
        let reaches = |address| self.rom.memory.can_read(address);
        self.outcome = match pending {
            Pending::Unknown => Some(STALLED),
            Pending::SetAddress(address) if !reaches(address) => Some(TARGET),
            Pending::Erase(_) | Pending::MassErase | Pending::Write { .. } if protected => Some(VENDOR),
            Pending::Erase(address) if !self.rom.memory.flash.contains(address) => Some(TARGET),
            Pending::Write { address, .. } if !self.rom.memory.can_write(address) => Some(TARGET),
            _ => None,
        };
        if self.outcome.is_none() {
            self.reach_for_flash(matches!(pending, Pending::Erase(_) | Pending::MassErase | Pending::Write { .. }));
            self.work(pending);
        }
        let takes = self.rom.last_moment().map_or(SHORT, |end| end.since(self.rom.now()));
        // Whole milliseconds, and never too few of them.
        self.quirks.poll_timeout.unwrap_or(takes + Duration::from_millis(1))
    }

    /// A flash that still works on what was not awaited hangs the processor.
    fn reach_for_flash(&mut self, reaches: bool) {
        if reaches && self.rom.now() < self.rom.flash_busy_until {
            self.rom.machine = Machine::Fault;
        }
    }

    fn work(&mut self, pending: Pending) {
        let works: Vec<Work> = match pending {
            Pending::SetAddress(address) => {
                self.pointer = address;
                vec![Work::Think]
            }
            Pending::Erase(address) => {
                // As in ST's library, which reads the address into the pointer.
                self.pointer = address;
                self.stuck = self.quirks.stays_busy_from.is_some_and(|from| address >= from);
                let does = self.quirks.unerasable_from.is_none_or(|from| address < from);
                let mut units = self.rom.geometry().units().filter(|_| does);
                let unit = units.find(|unit| (unit.address..unit.end()).contains(&address));
                let erase = unit.map(|unit| Work::Erase { number: unit.number });
                if let Some(erase) = erase.clone()
                    && self.rom.quirks.erases_unawaited_from.is_some_and(|from| address >= from)
                {
                    self.rom.flash_busy_until = self.rom.now() + self.rom.flash_time(&erase);
                    return self.rom.queue(SHORT, erase);
                }
                erase.into_iter().collect()
            }
            Pending::MassErase => vec![Work::MassErase],
            Pending::ReadUnprotect => {
                let mut works = vec![Work::EraseForUnprotect, Work::SetReadProtection(false)];
                works.extend(self.rom.family.resets_itself.then_some(Work::Reset));
                works
            }
            Pending::Write { address, data } if self.rom.memory.is_voltage(address) => {
                let code = self.rom.memory.voltage.and_then(|voltage| voltage.written(address, &data));
                if let Some(code) = code {
                    self.rom.memory.voltage = Some(VoltageRange::of(code));
                    self.rom.note(Event::VoltageRange { code });
                }
                vec![Work::Think]
            }
            Pending::Write { address, data } => {
                let options = self.rom.memory.is_options(address) && self.rom.family.resets_itself;
                let mut works = vec![Work::Write { address, data }];
                works.extend(options.then_some(Work::Reset));
                works
            }
            Pending::Unknown => Vec::new(),
        };
        for work in works {
            let resets = matches!(work, Work::Reset);
            let time = if matches!(work, Work::Think) { SHORT } else { self.rom.flash_time(&work) };
            self.rom.queue(time, work);
            self.gone |= resets;
        }
    }

    fn leave(&mut self) {
        if self.quirks.cannot_leave {
            self.at = At::Idle;
            return;
        }
        self.at = At::Manifest;
        self.rom.queue(SHORT, Work::Go { address: self.pointer });
        self.gone = self.quirks.leaves_silently;
    }

    fn download(&mut self, block: u16, bytes: &[u8]) -> Option<()> {
        if !matches!(self.at, At::Idle | At::DownloadIdle) {
            return self.stall(STALLED);
        }
        if bytes.is_empty() {
            self.at = At::ManifestSync;
            return Some(());
        }
        if self.too_long(bytes.len()) {
            return self.stall(STALLED);
        }
        let pending = match (block, bytes) {
            (0, &[0x21, a, b, c, d]) => Pending::SetAddress(u32::from_le_bytes([a, b, c, d])),
            (0, &[0x41, a, b, c, d]) => Pending::Erase(u32::from_le_bytes([a, b, c, d])),
            (0, [0x41]) => Pending::MassErase,
            (0, [0x92]) => Pending::ReadUnprotect,
            (0 | 1, _) => Pending::Unknown,
            _ => Pending::Write { address: self.address(block, bytes.len()), data: bytes.to_vec() },
        };
        self.pending = Some(pending);
        self.at = At::DownloadSync;
        Some(())
    }

    fn upload(&mut self, block: u16, length: usize) -> Option<Vec<u8>> {
        if !matches!(self.at, At::Idle | At::UploadIdle) {
            return self.stall(STALLED);
        }
        if block == 0 {
            self.at = At::Idle;
            let unprotect = (self.rom.chip.family != "H5").then_some(0x92);
            return Some([0x00, 0x21, 0x41].into_iter().chain(unprotect).collect());
        }
        if block == 1 || length < 2 || self.too_long(length) {
            return self.stall(STALLED);
        }
        if self.rom.memory.read_protected {
            return self.stall(VENDOR);
        }
        let address = self.address(block, length);
        if !self.rom.memory.can_read(address) {
            return self.stall(TARGET);
        }
        self.reach_for_flash(self.rom.memory.flash.contains(address));
        let count = u32::try_from(length).expect("it is short");
        let flash = self.rom.geometry();
        if self.rom.memory.flash.contains(address) && address + count > flash.end() {
            // What is beyond is no memory: the processor faults (dfu-util mailing list, October 2020).
            self.rom.machine = Machine::Fault;
            return None;
        }
        self.at = At::UploadIdle;
        self.rom.note(Event::Read { address, len: u16::try_from(length).unwrap_or(u16::MAX) });
        Some((address..address + count).map(|address| self.rom.memory.peek(address)).collect())
    }

    fn too_long(&self, length: usize) -> bool {
        length > self.quirks.largest_transfer.unwrap_or_else(|| self.transfer_size().into())
    }

    fn address(&self, block: u16, length: usize) -> u32 {
        let size = if self.quirks.counts_by_length { length } else { self.transfer_size().into() };
        self.pointer.wrapping_add(u32::from(block - 2) * u32::try_from(size).expect("it is short"))
    }

    fn clear_status(&mut self) -> Option<()> {
        match self.at {
            At::Error => {
                self.at = At::Idle;
                self.status = OK;
                Some(())
            }
            _ if self.quirks.strict_clear => None,
            _ => {
                self.stuck = false;
                self.fail(UNKNOWN);
                Some(())
            }
        }
    }

    fn abort(&mut self) -> Option<()> {
        if matches!(self.at, At::Idle | At::DownloadSync | At::DownloadIdle | At::ManifestSync | At::UploadIdle) {
            self.at = At::Idle;
            self.status = OK;
            self.pending = None;
        }
        Some(())
    }
}
