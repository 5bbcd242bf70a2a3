//! The address space of a simulated chip as the ROM's commands reach it.

use core::ops::Range;
use std::collections::BTreeSet;

use super::family::{Family, RegisterReads};
use super::flash::Flash;
use super::log::{Nack, Refusal};
use super::voltage::VoltageRange;
use crate::chip::{Chip, OptionBit};

/// Bytes that are kept without power, beside the flash and the option bytes.
#[derive(Debug, Clone)]
struct Kept {
    start: u32,
    bytes: Vec<u8>,
    /// Whether bits are cleared for good.
    once: bool,
}

impl Kept {
    /// Where the address is in it.
    fn index(&self, address: u32) -> Option<usize> {
        let index = address.checked_sub(self.start)? as usize;
        (index < self.bytes.len()).then_some(index)
    }
}

/// RAM, flash, option bytes, ROM and the registers with size and id.
#[derive(Debug, Clone)]
pub struct Memory {
    chip: &'static Chip,
    registers: RegisterReads,
    pub flash: Flash,
    ram: Vec<u8>,
    options: Vec<u8>,
    /// OTP and data EEPROM.
    kept: Vec<Kept>,
    pub bootloader_id: Option<u8>,
    pub unique_id: [u8; 12],
    /// What the size register says, in KiB. Not always the truth.
    pub size_register: u16,
    /// Whether read-out protection is active.
    pub read_protected: bool,
    /// The protections that count from the next reset on, where they were changed: read-out, then units.
    pub next_read_protected: Option<bool>,
    pub next_write_protected: Option<BTreeSet<u16>>,
    /// The supply voltage that the ROM was told; none where it has no place for it.
    pub voltage: Option<VoltageRange>,
    /// Whether a misaligned write has made all programming fail.
    pub wedged: bool,
}

impl Memory {
    /// The memory of a chip as it leaves the factory.
    pub fn new(chip: &'static Chip, family: &Family) -> Self {
        let filled = |range: &Option<Range<u32>>, value| vec![value; range.as_ref().map_or(0, |range| range.len())];
        let mut memory = Self {
            chip,
            registers: family.registers,
            flash: Flash::new(chip.geometry, chip.erased_byte, family.programming),
            ram: filled(&chip.usable_ram, 0x00),
            options: filled(&chip.option_bytes, 0xFF),
            kept: [(&family.otp, 0xFF, true), (&family.eeprom, 0x00, false)]
                .into_iter()
                .filter_map(|(range, value, once)| {
                    range.as_ref().map(|range| Kept { start: range.start, bytes: vec![value; range.len()], once })
                })
                .collect(),
            bootloader_id: family.bootloader_id,
            unique_id: *b"\x31\x00\x2A\x00\x0D\x51\x33\x32\x36\x39\x31\x30",
            size_register: u16::try_from(chip.geometry.size >> 10).unwrap_or(u16::MAX),
            read_protected: false,
            next_read_protected: None,
            next_write_protected: None,
            voltage: family.voltage_range.then(VoltageRange::default),
            wedged: false,
        };
        for bit in chip.layouts.iter().filter_map(|layout| layout.bit) {
            memory.set_option_bit(bit, bit.delivered);
        }
        memory
    }

    /// Sets or clears the option bit that divides the flash. It counts from the next reset on.
    pub fn set_option_bit(&mut self, bit: OptionBit, set: bool) {
        let byte = if set { self.peek(bit.byte) | bit.mask } else { self.peek(bit.byte) & !bit.mask };
        let proof = bit.proof.map(|proof| proof.expects(byte));
        for (address, byte) in [(bit.byte, byte)].into_iter().chain(proof) {
            self.set_option_byte(address, byte);
        }
    }

    /// Turns an option byte over.
    pub fn spoil_option_byte(&mut self, address: u32) {
        self.set_option_byte(address, !self.peek(address));
    }

    /// Puts bytes where they are kept without power, whatever was there.
    pub fn load(&mut self, address: u32, contents: &[u8]) {
        self.flash.load(address, contents);
        for (address, &byte) in (address..).zip(contents) {
            self.set_option_byte(address, byte);
            for kept in &mut self.kept {
                if let Some(index) = kept.index(address) {
                    kept.bytes[index] = byte;
                }
            }
        }
    }

    fn set_option_byte(&mut self, address: u32, byte: u8) {
        if let Some(range) = self.chip.option_bytes.as_ref().filter(|range| range.contains(&address)) {
            self.options[(address - range.start) as usize] = byte;
        }
    }

    /// Divides the flash as the option byte says. Its contents stay.
    pub fn divide(&mut self) {
        let mut geometry = self.flash.geometry();
        if let Some(layout) = self.chip.layout(geometry.size) {
            geometry.runs = layout.runs(layout.bit.map(|bit| self.peek(bit.byte) & bit.mask != 0));
            self.flash.resize(geometry);
        }
    }

    /// Whether a Read may start here.
    pub fn can_read(&self, address: u32) -> bool {
        self.can_write(address)
            || within(&self.chip.option_bytes, address)
            || self.is_system_memory(address)
            || self.is_register_block(address) && self.registers != RegisterReads::Refused
    }

    /// Whether a Read of so many bytes goes from here, once its address was taken.
    pub fn check_read(&self, address: u32, len: u16) -> Result<(), Nack> {
        let whole = address.is_multiple_of(256) && len == 256;
        if self.registers == RegisterReads::WholeBlocks && self.is_register_block(address) && !whole {
            return Err(Nack::BadAddress { address });
        }
        Ok(())
    }

    /// Whether a Write may start here. Of the option bytes that is only their first address (AN3155 §3.6).
    pub fn can_write(&self, address: u32) -> bool {
        self.can_go(address)
            || self.is_options(address)
            || self.is_voltage(address)
            || self.kept.iter().any(|kept| kept.index(address).is_some())
    }

    /// Whether the supply voltage is told at this address.
    pub fn is_voltage(&self, address: u32) -> bool {
        self.voltage.is_some() && VoltageRange::is_at(address)
    }

    /// Whether a Go may lead here: flash and RAM (AN3155 §3.5).
    pub fn can_go(&self, address: u32) -> bool {
        self.flash.contains(address) || within(&self.chip.usable_ram, address)
    }

    /// Whether the address is that of the first option byte.
    pub fn is_options(&self, address: u32) -> bool {
        self.chip.option_bytes.as_ref().is_some_and(|options| options.start == address)
    }

    /// What the address reads as; zero where nothing is.
    pub fn peek(&self, address: u32) -> u8 {
        if self.flash.contains(address) {
            return self.flash.bytes()[(address - self.flash.geometry().base) as usize];
        }
        for (range, bytes) in [(&self.chip.usable_ram, &self.ram), (&self.chip.option_bytes, &self.options)] {
            if let Some(range) = range.as_ref().filter(|range| range.contains(&address)) {
                return bytes[(address - range.start) as usize];
            }
        }
        if let Some(byte) = self.voltage.and_then(|voltage| voltage.peek(address)) {
            return byte;
        }
        if let Some(byte) = self.register(address) {
            return byte;
        }
        if let Some(byte) = self.kept.iter().find_map(|kept| Some(kept.bytes[kept.index(address)?])) {
            return byte;
        }
        let id_address = self.chip.rom_version.or(self.chip.system_memory.as_ref().map(|rom| rom.end - 2));
        match self.bootloader_id {
            Some(id) if id_address == Some(address) => id,
            _ if self.is_system_memory(address) => 0xFF,
            _ => 0x00,
        }
    }

    /// A little-endian word.
    pub fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes([0, 1, 2, 3].map(|offset| self.peek(address.wrapping_add(offset))))
    }

    /// Whether the processor would start a program whose vector table is at `address`: the initial
    /// stack pointer points into RAM, and the reset vector, odd for Thumb, into flash or RAM.
    pub fn starts_at(&self, address: u32) -> bool {
        let (stack, reset) = (self.word(address), self.word(address.wrapping_add(4)));
        let in_ram = self.chip.stack_may_start_at(stack) && stack.is_multiple_of(4);
        in_ram && reset & 1 == 1 && self.can_go(reset & !1)
    }

    /// Writes a block where [`can_write`](Self::can_write) says that one may start. Says why, if memory does not hold it afterwards.
    pub fn write(&mut self, address: u32, data: &[u8]) -> Result<(), Refusal> {
        if self.flash.contains(address) {
            return self.program(address, data);
        }
        if let Some((kept, index)) = self.kept.iter_mut().find_map(|kept| kept.index(address).map(|at| (kept, at))) {
            let once = kept.once;
            kept.bytes[index..].iter_mut().zip(data).for_each(|(old, &new)| *old = if once { *old & new } else { new });
            return Ok(());
        }
        let options = self.is_options(address);
        let (range, bytes) = if options {
            // All option bytes are erased first (AN3155 §3.6).
            self.options.fill(0xFF);
            (&self.chip.option_bytes, &mut self.options)
        } else {
            (&self.chip.usable_ram, &mut self.ram)
        };
        let start = range.as_ref().map_or(0, |range| (address - range.start) as usize);
        bytes.iter_mut().skip(start).zip(data).for_each(|(old, new)| *old = *new);
        Ok(())
    }

    /// Sets all RAM to zero, as Readout Unprotect does (AN3155 Table 3).
    pub fn clear_ram(&mut self) {
        self.ram.fill(0);
    }

    /// What a reset does: changed protections count, programming works again.
    pub fn reset(&mut self) {
        self.wedged = false;
        self.voltage = self.voltage.map(|_| VoltageRange::default());
        self.divide();
        self.read_protected = self.next_read_protected.take().unwrap_or(self.read_protected);
        if let Some(units) = self.next_write_protected.take() {
            self.flash.protected = units;
        }
    }

    fn program(&mut self, address: u32, data: &[u8]) -> Result<(), Refusal> {
        if self.wedged {
            return Err(Refusal::Wedged);
        }
        if !address.is_multiple_of(u32::from(self.chip.write_alignment)) || !data.len().is_multiple_of(4) {
            self.wedged = true;
            return Err(Refusal::Misaligned);
        }
        self.flash.program(address, data)
    }

    fn is_system_memory(&self, address: u32) -> bool {
        within(&self.chip.system_memory, address)
    }

    /// Whether the address lies in the 256 bytes around the size register or the unique id.
    fn is_register_block(&self, address: u32) -> bool {
        let id = self.chip.unique_id.as_ref().map(|id| id.address);
        [self.chip.flash_size_register, id].into_iter().flatten().any(|register| register >> 8 == address >> 8)
    }

    fn register(&self, address: u32) -> Option<u8> {
        let size = self.chip.flash_size_register.and_then(|register| {
            let offset = address.checked_sub(register)? as usize;
            self.size_register.to_le_bytes().get(offset).copied()
        });
        size.or_else(|| {
            let id = self.chip.unique_id.as_ref()?;
            let offset = u8::try_from(address.checked_sub(id.address)?).ok()?;
            let word = id.offsets.iter().position(|&start| (start..start + 4).contains(&offset))?;
            Some(self.unique_id[word * 4 + usize::from(offset - id.offsets[word])])
        })
    }
}

fn within(range: &Option<Range<u32>>, address: u32) -> bool {
    range.as_ref().is_some_and(|range| range.contains(&address))
}
