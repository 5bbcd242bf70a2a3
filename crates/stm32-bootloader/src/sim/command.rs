//! The commands of AN3155 as the ROM takes them, byte by byte.

use core::time::Duration;
use std::collections::BTreeSet;

use super::checksum::ChecksumBlock;
use super::log::{Event, Nack, Refusal};
use super::rom::Rom;
use super::special::SpecialBlock;
use super::voltage::VoltageRange;
use super::work::Work;

const ACK: u8 = 0x79;
const NACK: u8 = 0x1F;

/// The units that fit the ROM's buffer in one erase list; what follows is dropped, and the ACK comes
/// all the same. stm32flash found 512 on the L152 and 511 on the L082.
const LONGEST_ERASE_LIST: usize = 511;

/// What the ROM waits for.
#[derive(Debug, Clone)]
pub enum Machine {
    /// 0x7F.
    Waiting,
    /// The first byte of a command.
    Command,
    /// Its complement.
    Complement {
        command: u8,
    },
    /// The rest of a block.
    Block {
        stage: Stage,
        bytes: Vec<u8>,
    },
    Application,
    Fault,
    Held,
}

impl Machine {
    /// Whether no ROM is there to hear anything.
    pub fn is_deaf(&self) -> bool {
        matches!(self, Self::Application | Self::Fault | Self::Held)
    }
}

/// A block of bytes that a command waits for after an ACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    ReadAddress,
    ReadCount {
        address: u32,
    },
    GoAddress,
    WriteAddress,
    WriteData {
        address: u32,
    },
    Erase,
    ExtendedErase,
    WriteProtect,
    /// Get Checksum, which has four blocks.
    Checksum(ChecksumBlock),
    /// Special and Extended Special.
    Special(SpecialBlock),
}

impl Stage {
    /// How long the block is in all, as far as `bytes` tell; more than there are while they do not.
    fn length(self, bytes: &[u8]) -> usize {
        let first = bytes.first().map(|&count| usize::from(count));
        match self {
            Self::ReadAddress | Self::GoAddress | Self::WriteAddress | Self::Checksum(_) => 5,
            Self::ReadCount { .. } => 2,
            Self::Special(block) => block.length(bytes),
            // A count, so many and one more, a checksum.
            Self::WriteData { .. } | Self::WriteProtect => first.map_or(1, |count| count + 3),
            Self::Erase => match first {
                None => 1,
                Some(0xFF) => 2,
                Some(count) => count + 3,
            },
            Self::ExtendedErase => match bytes {
                [high, low, ..] => match u16::from_be_bytes([*high, *low]) {
                    0xFFF0.. => 3,
                    count => 2 * (usize::from(count) + 1) + 3,
                },
                _ => 2,
            },
        }
    }
}

impl Rom {
    /// The ROM takes a byte out of the receive register.
    pub(super) fn take(&mut self, byte: u8) {
        if !self.quirks.byte_work.is_zero() {
            self.queue(self.quirks.byte_work, Work::Think);
        }
        match core::mem::replace(&mut self.machine, Machine::Command) {
            Machine::Command => self.machine = Machine::Complement { command: byte },
            Machine::Complement { command } => self.command(command, byte),
            Machine::Block { stage, mut bytes } => {
                bytes.push(byte);
                if bytes.len() < stage.length(&bytes) {
                    self.machine = Machine::Block { stage, bytes };
                } else {
                    self.block(stage, &bytes);
                }
            }
            silent => self.machine = silent,
        }
    }

    pub(super) fn ack(&mut self) {
        self.answer(&[ACK]);
    }

    pub(super) fn nack(&mut self, why: Nack) {
        self.note(Event::Nacked(why));
        self.answer(&[NACK]);
    }

    pub(super) fn answer(&mut self, bytes: &[u8]) {
        if !self.quirks.answer_latency.is_zero() {
            self.queue(self.quirks.answer_latency, Work::Think);
        }
        bytes.iter().for_each(|&byte| self.send(byte));
    }

    pub(super) fn work(&mut self, work: Work) {
        let time = self.flash_time(&work);
        self.queue(time, work);
    }

    /// A command pair is complete.
    fn command(&mut self, command: u8, complement: u8) {
        if command != !complement {
            return self.nack(Nack::Complement { command, complement });
        }
        if !self.commands().any(|listed| listed == command) {
            return self.nack(Nack::Unknown { command });
        }
        // Get, Get Version, Get ID, both Specials and Readout Unprotect work under protection (AN3155 Table 2).
        if self.memory.read_protected && !matches!(command, 0x00 | 0x01 | 0x02 | 0x50 | 0x51 | 0x92) {
            self.nack(Nack::Protected { command });
            if self.quirks.two_nacks && matches!(command, 0x11 | 0x21 | 0x31) {
                self.answer(&[NACK]);
            }
            return;
        }
        if matches!(command, 0x11 | 0x21 | 0x31 | 0x43 | 0x44) && self.now() < self.flash_busy_until {
            self.note(Event::Hung { command });
            self.machine = Machine::Fault;
            return;
        }
        if command != 0x21 || !self.quirks.go_unacknowledged {
            self.ack();
        }
        self.obeyed.push(command);
        match command {
            0x00 => {
                let commands: Vec<u8> = self.commands().collect();
                let more = if self.quirks.commands_miscounted { 2 } else { 0 };
                let count = u8::try_from(commands.len() + more).expect("a short list");
                self.answer(&[count, self.family.version]);
                self.answer(&commands);
                self.ack();
            }
            0x01 => {
                self.answer(&[self.family.version, 0x00, 0x00]);
                self.ack();
            }
            0x02 => {
                let [high, low] = self.quirks.product_id.unwrap_or(self.chip.product_id.0).to_be_bytes();
                self.answer(&[0x01, high, low]);
                self.ack();
            }
            0x11 => self.expect(Stage::ReadAddress),
            0x21 => self.expect(Stage::GoAddress),
            0x31 => self.expect(Stage::WriteAddress),
            0x43 => self.expect(Stage::Erase),
            0x44 => self.expect(Stage::ExtendedErase),
            0x50 | 0x51 => self.expect(Stage::Special(SpecialBlock::Code { extended: command == 0x51 })),
            0x63 => self.expect(Stage::WriteProtect),
            0x73 => self.protect(&[Work::SetWriteProtection(BTreeSet::new())]),
            0x82 => self.protect(&[Work::SetReadProtection(true)]),
            0xA1 => self.expect(Stage::Checksum(ChecksumBlock::Address)),
            // 0x92, the last of the lists above.
            _ => {
                let work = [Work::EraseForUnprotect, Work::SetReadProtection(false)];
                if self.quirks.unprotect_answers_first {
                    self.ack();
                    work.into_iter().for_each(|work| self.work(work));
                    self.reset_itself();
                } else if self.quirks.unprotect_fails {
                    self.work(Work::EraseForUnprotect);
                    self.nack(Nack::EraseFailed);
                } else {
                    self.protect(&work);
                }
            }
        }
    }

    /// The commands that the ROM lists.
    fn commands(&self) -> impl Iterator<Item = u8> {
        self.family.commands.iter().chain(&self.quirks.more_commands).copied()
    }

    /// A block is complete.
    fn block(&mut self, stage: Stage, bytes: &[u8]) {
        let sum = bytes.iter().fold(0, |sum, byte| sum ^ byte);
        let intact = match stage {
            // A single byte is followed by its complement.
            Stage::ReadCount { .. } => sum == 0xFF,
            // Anything but 00 after FF is acknowledged without effect (AN3155 §3.7, note).
            Stage::Erase if bytes[0] == 0xFF => true,
            // A packet that is too long ends with its size.
            Stage::Special(_) if bytes.len() == 2 => true,
            _ => sum == 0x00,
        };
        if !intact {
            return self.nack(Nack::Checksum);
        }
        match stage {
            Stage::ReadAddress | Stage::GoAddress | Stage::WriteAddress => {
                self.address(stage, u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            }
            Stage::ReadCount { address } => self.read(address, u16::from(bytes[0]) + 1),
            Stage::WriteData { address } => self.write(address, &bytes[1..bytes.len() - 1]),
            Stage::Erase if bytes[0] == 0xFF => {
                if bytes[1] == 0x00 {
                    self.work(Work::MassErase);
                }
                self.ack();
            }
            Stage::Erase => self.erase_units(bytes[1..bytes.len() - 1].iter().map(|&page| u16::from(page))),
            Stage::ExtendedErase => match u16::from_be_bytes([bytes[0], bytes[1]]) {
                0xFFFF if self.chip.mass_erase => {
                    self.work(Work::MassErase);
                    self.ack();
                }
                code @ (0xFFFE | 0xFFFD) if self.family.banks_erase => {
                    self.work(Work::BankErase { second: code == 0xFFFD });
                    self.ack();
                }
                code @ 0xFFF0.. => self.nack(Nack::SpecialErase { code }),
                _ => {
                    let units = bytes[2..bytes.len() - 1].chunks_exact(2);
                    self.erase_units(units.map(|unit| u16::from_be_bytes([unit[0], unit[1]])));
                }
            },
            Stage::WriteProtect => {
                let units = bytes[1..bytes.len() - 1].iter().flat_map(|&sector| self.units_of_sector(sector)).collect();
                // The list is not checked (AN3155 §3.9), and it replaces the one before.
                self.work(Work::SetWriteProtection(units));
                self.ack();
                self.reset_itself();
            }
            Stage::Checksum(block) => self.checksum_block(block, bytes),
            Stage::Special(block) => self.special_block(block, bytes),
        }
    }

    fn address(&mut self, stage: Stage, address: u32) {
        let (reachable, next) = match stage {
            Stage::ReadAddress => (self.memory.can_read(address), Stage::ReadCount { address }),
            Stage::WriteAddress => (self.memory.can_write(address), Stage::WriteData { address }),
            _ => {
                if self.memory.can_go(address) {
                    self.ack();
                    self.work(Work::Go { address });
                } else {
                    self.nack(Nack::BadAddress { address });
                }
                return;
            }
        };
        if reachable {
            if matches!(stage, Stage::WriteAddress) && !self.quirks.write_latency.is_zero() {
                self.queue(self.quirks.write_latency, Work::Think);
            }
            self.ack();
            self.expect(next);
        } else if self.quirks.silent_bad_address {
            self.note(Event::Nacked(Nack::BadAddress { address }));
        } else {
            self.nack(Nack::BadAddress { address });
        }
    }

    fn read(&mut self, address: u32, len: u16) {
        if let Err(why) = self.check_length(len).and_then(|()| self.memory.check_read(address, len)) {
            return self.nack(why);
        }
        let data: Vec<u8> = (0..u32::from(len)).map(|offset| self.memory.peek(address.wrapping_add(offset))).collect();
        self.note(Event::Read { address, len });
        self.ack();
        data.iter().for_each(|&byte| self.send(byte));
    }

    fn write(&mut self, address: u32, data: &[u8]) {
        let len = u16::try_from(data.len()).expect("at most 256 bytes");
        if let Err(why) = self.check_length(len) {
            return self.nack(why);
        }
        if self.memory.is_voltage(address) {
            return self.set_voltage(address, data);
        }
        self.work(Work::Write { address, data: data.to_vec() });
        // Whatever came of it: errors of the memory are not reported.
        self.ack();
        if self.memory.is_options(address) {
            self.reset_itself();
        }
    }

    fn set_voltage(&mut self, address: u32, data: &[u8]) {
        let voltage = self.memory.voltage.unwrap_or_default();
        let Some(code) = voltage.written(address, data) else {
            return self.nack(Nack::BadVoltageRange);
        };
        if !self.quirks.keeps_voltage_range {
            self.memory.voltage = Some(VoltageRange::of(code));
        }
        self.note(Event::VoltageRange { code });
        self.ack();
    }

    fn check_length(&self, len: u16) -> Result<(), Nack> {
        if self.quirks.longest_block.is_some_and(|most| len > most) { Err(Nack::TooLong { len }) } else { Ok(()) }
    }

    fn erase_units(&mut self, mut units: impl Iterator<Item = u16>) {
        let first = units.next();
        let address = first.and_then(|number| self.geometry().units().find(|unit| unit.number == number));
        let unawaited = self.quirks.erases_unawaited_from.zip(address).is_some_and(|(from, unit)| unit.address >= from);
        if unawaited || self.quirks.erases_first_of_list {
            units.for_each(|unit| self.note(Event::NotErased { unit, why: Refusal::NotFirst }));
            return first.into_iter().for_each(|number| self.erase_first(number, unawaited));
        }
        for (index, number) in first.into_iter().chain(units).enumerate() {
            if index < LONGEST_ERASE_LIST {
                self.work(Work::Erase { number });
            } else {
                self.note(Event::NotErased { unit: number, why: Refusal::ListTooLong });
            }
        }
        self.ack();
    }

    /// Erases a unit; one that is not awaited is acknowledged while the flash works.
    fn erase_first(&mut self, number: u16, unawaited: bool) {
        let work = Work::Erase { number };
        if unawaited {
            let time = self.flash_time(&work);
            self.queue(Duration::ZERO, work);
            self.ack();
            self.flash_busy_until = self.last_moment().unwrap_or_default() + time;
        } else {
            self.work(work);
            self.ack();
        }
    }

    /// Changes a protection, says so with the second ACK, and resets the chip where the ROM does that.
    fn protect(&mut self, work: &[Work]) {
        work.iter().for_each(|work| self.work(work.clone()));
        self.ack();
        self.reset_itself();
    }

    fn reset_itself(&mut self) {
        if self.family.resets_itself {
            self.work(Work::Reset);
        }
    }

    /// The units that one sector of Write Protect covers: 4 KiB on chips with smaller pages, else one unit.
    fn units_of_sector(&self, sector: u8) -> Vec<u16> {
        const SMALLEST: u32 = 4096;
        let base = self.geometry().base;
        self.geometry()
            .units()
            .filter(|unit| match unit.size {
                size if size < SMALLEST => (unit.address - base) / SMALLEST == u32::from(sector),
                _ => unit.number == u16::from(sector),
            })
            .map(|unit| unit.number)
            .collect()
    }
}
