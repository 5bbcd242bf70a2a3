//! The chip as a machine on virtual time: what it is doing, until when, and what it has sent.

use core::time::Duration;
use std::collections::VecDeque;

use super::command::{Machine, Stage};
use super::family::Family;
use super::line::measured;
use super::log::{Boot, Entry, Event};
use super::memory::Memory;
use super::quirks::{Quirks, Start};
use super::usart::Usart;
use super::work::{Task, Work};
use crate::chip::{Chip, Geometry};
use crate::port::{Instant, LineSettings, Parity};

/// A simulated chip with its ROM bootloader: bytes come in and go out with the moments at which each is complete.
///
/// It does no input or output and knows no clock but the moments it is told, so it runs natively, in tests
/// and in a browser alike. [`SimulatedPort`](super::SimulatedPort) makes a port of it.
///
/// What the ROM is busy with (sending, programming, erasing) takes the time that it takes on the
/// chip. Meanwhile one byte waits in the receive register, and all that follow are lost.
#[derive(Debug, Clone)]
pub struct Rom {
    pub(super) chip: &'static Chip,
    pub(super) family: Family,
    pub(super) memory: Memory,
    pub(super) quirks: Quirks,
    pub(super) machine: Machine,
    /// How the ROM's own USART is set, once it has measured the host's baud.
    pub(super) line: Option<LineSettings>,
    pub(super) clock: Instant,
    pub(super) tasks: VecDeque<Task>,
    pub(super) usart: Usart,
    /// The ROM does not listen before this moment.
    pub(super) listens_from: Instant,
    /// Until when the flash works on an erase that the ROM did not wait for.
    pub(super) flash_busy_until: Instant,
    boot: Boot,
    log: Vec<Entry>,
    bytes_programmed: u64,
    /// The opcodes that were acknowledged.
    pub(super) obeyed: Vec<u8>,
}

/// What a simulated chip is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The ROM waits for 0x7F.
    Waiting,
    /// The ROM is synced and takes commands.
    Bootloader,
    /// The application runs. It answers nothing.
    Application,
    /// The processor was sent to what is no program: nothing runs until a reset.
    Fault,
    /// NRST is held low.
    Held,
}

impl Rom {
    /// A chip fresh from the factory, its flash erased, BOOT0 high, just reset.
    ///
    /// Its flash is the largest that the die can have, and its quirks are those of the row ([`Quirks::of`]).
    pub fn new(chip: &'static Chip) -> Self {
        let family = Family::of(chip);
        Self {
            chip,
            memory: Memory::new(chip, &family),
            family,
            quirks: Quirks::of(chip),
            machine: Machine::Waiting,
            line: None,
            clock: Instant::default(),
            tasks: VecDeque::new(),
            usart: Usart::default(),
            listens_from: Instant::default(),
            flash_busy_until: Instant::default(),
            boot: Boot::Bootloader,
            log: Vec::new(),
            bytes_programmed: 0,
            obeyed: Vec::new(),
        }
    }

    /// The same chip with so many KiB of flash, erased, and a size register that says so.
    pub fn with_flash_kib(mut self, kib: u16) -> Self {
        let geometry = self.chip.geometry.with_size(u32::from(kib) << 10);
        self.memory.flash.resize(geometry);
        self.memory.size_register = kib;
        self.memory.divide();
        self
    }

    /// The same chip with the option bit that divides its flash ([`Chip::layouts`]) set or clear. Chips that have none, or
    /// none with the flash they have by now, stay as they are.
    pub fn with_option_bit(mut self, set: bool) -> Self {
        if let Some(bit) = self.chip.layout(self.memory.flash.geometry().size).and_then(|layout| layout.bit) {
            self.memory.set_option_bit(bit, set);
            self.memory.divide();
        }
        self
    }

    /// Turns an option byte over, as when it was never programmed right.
    pub fn spoil_option_byte(&mut self, address: u32) {
        self.memory.spoil_option_byte(address);
    }

    /// The same chip with another value in the size register, as on chips that have more flash than it says. In KiB.
    pub fn with_size_register(mut self, kib: u16) -> Self {
        self.memory.size_register = kib;
        self
    }

    /// The same chip with this unique id, its three words in order, each with its lowest byte first.
    pub fn with_unique_id(mut self, id: [u8; 12]) -> Self {
        self.memory.unique_id = id;
        self
    }

    /// The same chip with `contents` in its flash from `address` on.
    pub fn with_flash(mut self, address: u32, contents: &[u8]) -> Self {
        self.load(address, contents);
        self
    }

    /// The same chip with a ROM that says it has this version of the protocol, 0x31 for 3.1.
    pub fn with_protocol(mut self, version: u8) -> Self {
        self.family.version = version;
        self
    }

    /// The same chip with these quirks instead of [`Quirks::of`] its row.
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.machine = match quirks.start {
            Start::Fresh => Machine::Waiting,
            Start::Synced => Machine::Command,
            Start::MidPair => Machine::Complement { command: 0x7F },
        };
        self.memory.read_protected = quirks.read_protected;
        self.memory.flash.protected = quirks.write_protected.iter().copied().collect();
        if let Some(rom) = quirks.rom {
            self.memory.bootloader_id = Some(rom.0);
        }
        if quirks.no_voltage_range {
            self.memory.voltage = None;
        }
        self.quirks = quirks;
        self
    }

    /// The row of the chip table that this chip is made from.
    pub fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// The flash that this chip has, which may be less than its row's.
    pub fn geometry(&self) -> Geometry {
        self.memory.flash.geometry()
    }

    /// What the flash holds, from its base address on.
    pub fn flash(&self) -> &[u8] {
        self.memory.flash.bytes()
    }

    /// From now on the byte at `address` keeps nothing it is programmed with, which the ROM does not notice.
    pub fn wear_out(&mut self, address: u32) {
        self.memory.flash.worn = Some(address);
    }

    /// Puts `contents` into the flash, the option bytes, the OTP or the data EEPROM as if it had always been there; no rule of theirs applies.
    pub fn load(&mut self, address: u32, contents: &[u8]) {
        self.memory.load(address, contents);
    }

    /// What is read at an address by a program on the chip: zero where nothing is.
    pub fn peek(&self, address: u32) -> u8 {
        self.memory.peek(address)
    }

    /// What was done to the chip so far, in order.
    pub fn log(&self) -> &[Entry] {
        &self.log
    }

    /// The opcodes that were acknowledged so far, in order. What came of them is in the [log](Self::log).
    pub fn obeyed(&self) -> &[u8] {
        &self.obeyed
    }

    /// How many bytes were programmed into the flash so far.
    pub fn bytes_programmed(&self) -> u64 {
        self.bytes_programmed
    }

    /// Whether the flash holds a program that would start: the first word of the vector table points into
    /// RAM, the second, odd, into flash or RAM.
    pub fn starts_application(&self) -> bool {
        self.memory.starts_at(self.geometry().base)
    }

    /// What the chip is doing.
    pub fn state(&self) -> State {
        match self.machine {
            Machine::Waiting => State::Waiting,
            Machine::Application => State::Application,
            Machine::Fault => State::Fault,
            Machine::Held => State::Held,
            Machine::Command | Machine::Complement { .. } | Machine::Block { .. } => State::Bootloader,
        }
    }

    /// Whether the ROM waits for a list of units to erase or to protect, or for the rest of it.
    pub fn waits_for_list(&self) -> bool {
        let is_list = |stage| matches!(stage, Stage::Erase | Stage::ExtendedErase | Stage::WriteProtect);
        matches!(self.machine, Machine::Block { stage, .. } if is_list(stage))
    }

    /// The baud that the ROM has locked, if it has.
    pub fn baud(&self) -> Option<u32> {
        self.line.map(|line| line.baud)
    }

    /// How the ROM's USART is set, or will be if nothing else comes.
    pub(super) fn line(&self) -> LineSettings {
        self.line.unwrap_or_default()
    }

    /// The moment up to which the chip has lived.
    pub fn now(&self) -> Instant {
        self.clock
    }

    /// Lets the chip live until `moment`. Moments that have passed change nothing.
    pub fn advance(&mut self, moment: Instant) {
        loop {
            if self.tasks.front().is_some_and(|task| task.end <= moment) {
                let task = self.tasks.pop_front().expect("it was just seen");
                self.clock = task.end;
                self.finish(task.work);
            } else if let Some(byte) = self.usart.received.take_if(|_| self.tasks.is_empty()) {
                self.take(byte);
            } else {
                break;
            }
        }
        self.clock = self.clock.max(moment);
    }

    /// Pulls NRST low and lets it go: work in progress is cut short, and the chip starts what BOOT0 says.
    pub fn reset(&mut self, boot: Boot) {
        self.hold();
        self.boot = boot;
        self.start();
    }

    /// Sets BOOT0 for the next reset that the chip does itself.
    pub fn set_boot0(&mut self, boot: Boot) {
        self.boot = boot;
    }

    /// Pulls NRST low, or takes the power away, until the next [`reset`](Self::reset).
    pub fn hold(&mut self) {
        if let Some(task) = self.tasks.front() {
            let share = (self.clock - task.begin).as_secs_f64() / (task.end - task.begin).as_secs_f64().max(1e-9);
            let work = task.work.clone();
            self.cut_short(&work, share);
        }
        self.tasks.clear();
        self.usart.reset(self.clock);
        self.line = None;
        self.flash_busy_until = self.clock;
        self.machine = Machine::Held;
    }

    /// Leaves reset with BOOT0 as it stands.
    pub(super) fn start(&mut self) {
        self.memory.reset();
        self.listens_from = self.clock + self.quirks.startup;
        self.line = None;
        self.machine = match self.boot {
            Boot::Bootloader => Machine::Waiting,
            Boot::Application if self.starts_application() => Machine::Application,
            Boot::Application => Machine::Fault,
        };
        self.note(Event::Reset(self.boot));
    }

    /// The first byte after a reset: its length gives the baud.
    pub(super) fn sync(&mut self, byte: u8, host: LineSettings) {
        let Some(baud) = measured(byte, host).filter(|&baud| self.quirks.highest_baud.is_none_or(|most| baud <= most))
        else {
            return self.note(Event::Unheard { byte });
        };
        let baud = self.quirks.measure(baud);
        let off = i64::from(baud) * i64::from(self.quirks.baud_error) / 1000;
        let baud = u32::try_from(i64::from(baud) + off).unwrap_or(1).max(1);
        self.line = Some(LineSettings { baud, parity: Parity::Even });
        self.note(Event::Synced { baud });
        self.machine = Machine::Command;
        if self.quirks.stray_zero {
            self.send(0x00);
        }
        self.ack();
        if self.quirks.extra_ack {
            self.ack();
        }
    }

    /// Puts work at the end of what the ROM is doing.
    pub(super) fn queue(&mut self, duration: Duration, work: Work) {
        let mut begin = self.tasks.back().map_or(self.clock, |task| task.end);
        if work.ends_the_rom() {
            begin = begin.max(self.usart.free);
        }
        self.tasks.push_back(Task { begin, end: begin + duration, work });
    }

    /// Writes into the log.
    pub(super) fn note(&mut self, event: Event) {
        if let Event::Programmed { address, len } = event
            && self.memory.flash.contains(address)
        {
            self.bytes_programmed += u64::from(len);
        }
        self.log.push(Entry { at: self.clock, event });
    }

    /// Waits for the block of bytes that belongs to `stage`.
    pub(super) fn expect(&mut self, stage: Stage) {
        self.machine = Machine::Block { stage, bytes: Vec::new() };
    }
}
