//! The simulated ROM against the text of AN3155 and AN2606: raw bytes in, raw bytes out.

mod burst;
mod cable;
mod checksum;
mod erase;
mod memory;
mod protection;
mod session;
mod special;
mod time;
mod usb;

use core::time::Duration;

use super::{Boot, Cable, Event, Nack, Quirks, Rom, State};
use crate::chip::{Chip, ProductId};
use crate::port::{Instant, LineSettings};

const ACK: u8 = 0x79;
const NACK: u8 = 0x1F;
const FLASH: u32 = 0x0800_0000;

/// F405, F103, G071 and L073.
const F4: u16 = 0x413;
const F1: u16 = 0x410;
const G0: u16 = 0x460;
const L0: u16 = 0x447;
/// G474, which has two banks.
const G4: u16 = 0x469;
const CHIPS: [u16; 4] = [F4, F1, G0, L0];

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

fn rom(product_id: u16) -> Rom {
    Rom::new(chip(product_id))
}

fn with_quirks(product_id: u16, change: impl FnOnce(&mut Quirks)) -> Rom {
    let mut quirks = Quirks::of(chip(product_id));
    change(&mut quirks);
    rom(product_id).with_quirks(quirks)
}

/// A host that knows nothing: it sends bytes and waits until the chip has nothing more to do.
struct Host {
    cable: Cable,
    now: Instant,
    line: LineSettings,
}

impl Host {
    fn new(rom: Rom) -> Self {
        let now = rom.now();
        Self { cable: Cable::new(rom), now, line: LineSettings::DEFAULT }
    }

    /// A host whose chip is synced.
    fn synced(rom: Rom) -> Self {
        let mut host = Self::new(rom);
        assert_eq!(host.say(&[0x7F]).last(), Some(&ACK));
        host
    }

    /// Sends bytes and gives all that comes back.
    fn say(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.cable.send(bytes, self.now, self.line);
        let mut answer = Vec::new();
        while let Some(next) = self.cable.next_moment() {
            self.now = next;
            self.cable.advance_listening(next, self.line);
            answer.extend(core::iter::from_fn(|| self.cable.receive(next)));
        }
        answer
    }

    /// The same, and how long it took from the first bit on.
    fn timed(&mut self, bytes: &[u8]) -> (Vec<u8>, Duration) {
        let before = self.now;
        (self.say(bytes), self.now - before)
    }

    /// A command pair that is acknowledged.
    fn begin(&mut self, command: u8) {
        assert_eq!(self.say(&[command, !command]), [ACK], "command {command:#04X}");
    }

    /// A command pair and an address block; the answer to the latter.
    fn at(&mut self, command: u8, address: u32) -> Vec<u8> {
        self.begin(command);
        self.say(&sealed(&address.to_be_bytes()))
    }

    /// All of Write Memory; the last answer.
    fn write(&mut self, address: u32, data: &[u8]) -> Vec<u8> {
        assert_eq!(self.at(0x31, address), [ACK], "write at {address:#010X}");
        self.say(&counted(data))
    }

    /// All of Read Memory; what follows the address's ACK.
    fn read(&mut self, address: u32, count: usize) -> Vec<u8> {
        assert_eq!(self.at(0x11, address), [ACK], "read at {address:#010X}");
        let last = (count - 1) as u8;
        self.say(&[last, !last])
    }

    /// All of Extended Erase by a list; the last answer.
    fn erase(&mut self, units: &[u16]) -> Vec<u8> {
        self.begin(0x44);
        let numbers = core::iter::once((units.len() - 1) as u16).chain(units.iter().copied());
        self.say(&sealed(&numbers.flat_map(u16::to_be_bytes).collect::<Vec<u8>>()))
    }

    fn rom(&self) -> &Rom {
        self.cable.rom()
    }

    /// The last thing that happened.
    fn last(&self) -> &Event {
        &self.rom().log().last().expect("something happened").event
    }

    fn reset(&mut self) {
        self.cable.rom_mut().reset(Boot::Bootloader);
        assert_eq!(self.say(&[0x7F]), [ACK]);
    }
}

/// A block and its checksum, the XOR of all bytes.
fn sealed(block: &[u8]) -> Vec<u8> {
    let sum = block.iter().fold(0, |sum, byte| sum ^ byte);
    block.iter().copied().chain([sum]).collect()
}

/// Count − 1, data, checksum.
fn counted(data: &[u8]) -> Vec<u8> {
    let block: Vec<u8> = core::iter::once((data.len() - 1) as u8).chain(data.iter().copied()).collect();
    sealed(&block)
}
