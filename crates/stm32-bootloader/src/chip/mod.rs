//! What is known of each chip: flash geometry, registers, rules and times.
//!
//! The figures are facts of ST's AN2606, device family packs, headers, reference manuals and datasheets; each row of
//! the [`TABLE`] says where its geometry comes from, and whether that was seen in something that ST published.

mod any;
mod geometry;
mod given;
mod layout;
mod limitation;
mod table;

pub use geometry::{Geometry, Run, Runs, Unit};
pub use given::{GivenChip, GivenError};
pub use layout::{Layout, OptionBit, Proof};
pub use limitation::{Advice, Fault, Limitation, RomVersion};
pub use table::TABLE;

use core::fmt;
use core::ops::Range;
use core::time::Duration;

/// The product id (PID) that a chip answers to Get ID: one for all chips with the same die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProductId(pub u16);

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:03X}", self.0)
    }
}

/// Where a row's flash geometry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Found in this, which ST publishes, and in nothing that contradicts it. A `DFP` is a device family pack, whose
    /// flash algorithms have the units' sizes, as the crate `probe-rs` (0.32.0) carries it; `.dtsi` files are in
    /// Zephyr, by ST.
    Document(&'static str),
    /// Recalled, or found in public tables alone: the person is warned before the first erase.
    Recalled,
    /// Given by whoever deploys ([`GivenChip`]): the person is warned as well.
    Given,
}

/// Where the 96-bit unique device id is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniqueIdRegister {
    /// The address of the first of its three words.
    pub address: u32,
    /// The three words' offsets from it, in bytes. L0 and L1 leave a gap.
    pub offsets: [u8; 3],
}

/// How long flash work takes on a chip with typical supply: for estimates and for time-outs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashTimes {
    /// To program 256 bytes, typically.
    pub program_256: Duration,
    /// To erase a unit of the smallest size, typically.
    pub erase_smallest: Duration,
    /// To erase a unit of the largest size, typically.
    pub erase_largest: Duration,
    /// The longest that the datasheet allows, as a multiple of the typical time.
    pub worst_factor: u32,
}

impl FlashTimes {
    /// The longer of two times each, for a chip that may be either of two.
    pub(crate) fn slower(self, other: Self) -> Self {
        Self {
            program_256: self.program_256.max(other.program_256),
            erase_smallest: self.erase_smallest.max(other.erase_smallest),
            erase_largest: self.erase_largest.max(other.erase_largest),
            worst_factor: self.worst_factor.max(other.worst_factor),
        }
    }
}

/// One row of the table: a die, with all that differs between the chips that answer its product id left to run time.
#[derive(Debug, Clone)]
pub struct Chip {
    /// What Get ID answers.
    pub product_id: ProductId,
    /// ST's name for the chips of this die, e.g. `STM32F405/407/415/417`.
    pub name: &'static str,
    /// The family, e.g. `F4`.
    pub family: &'static str,
    /// The flash's erase units, for the largest chip of the die. Empty runs where the geometry is not known.
    pub geometry: Geometry,
    /// How the flash is divided otherwise than `geometry` says, with what decides it. `geometry` is as the largest chip
    /// is delivered.
    pub layouts: &'static [Layout],
    /// The register with the flash's real size, 16 bits in KiB.
    pub flash_size_register: Option<u32>,
    /// Where the unique id is.
    pub unique_id: Option<UniqueIdRegister>,
    /// RAM as far as the bootloader lets it be written.
    pub usable_ram: Option<Range<u32>>,
    /// The address after the main SRAM, which begins at 0x20000000. Never too low, for an image that is right must
    /// not be refused; on some rows too high.
    pub sram_end: u32,
    /// Other RAM that a stack may lie in: CCM, TCM, AXI SRAM, mirrors. As large as the family's largest.
    pub other_ram: &'static [Range<u32>],
    /// Start and end of the ROM.
    pub system_memory: Option<Range<u32>>,
    /// Where the ROM's version is ([`RomVersion`]; AN2606 Table 3), on chips on which something depends on it.
    pub rom_version: Option<u32>,
    /// Start and end of the option bytes.
    pub option_bytes: Option<Range<u32>>,
    /// A write's address and length must be multiples of this many bytes (AN2606 Table 7).
    pub write_alignment: u16,
    /// How many bytes the flash programs at once, all or none; 8 also where it is fewer, and 64, which is the most, where
    /// it is not known.
    pub program_unit: u16,
    /// The most bytes that one read or write is to carry: 256, or 128 on L0, where stm32loader never asks for more.
    pub max_block: u16,
    /// What erased flash reads as: 0xFF, or 0x00 on L0 and L1.
    pub erased_byte: u8,
    /// Whether the ROM can erase everything at once. It cannot on L0 and L1.
    pub mass_erase: bool,
    /// How long after a reset the ROM begins to listen: the longest that AN2606 Table 227 has for a chip of the die, with
    /// whatever crystals fitted. Zero where it says nothing.
    pub start_up: Duration,
    /// The highest baud that ST tested on every chip of the die: 115200 (AN3155 §2.2), or less. Most can do more.
    pub tested_baud: u32,
    /// What the ROM is known to do wrong or differently.
    pub limitations: &'static [Limitation],
    /// The most units that one erase command is to list: ROM buffers for the list are finite. [`heed`](Self::heed)
    /// lowers it.
    pub erase_list: u16,
    /// The ROM acknowledges the erase of a unit from this address on too early: the longest that it can take is to be
    /// waited for. [`heed`](Self::heed) sets it.
    pub erase_unawaited_from: Option<u32>,
    /// The ROM says that it erases units from this address on, and does not. [`any_of`](Self::any_of) sets it, for only
    /// over USB it is so.
    pub unerasable_from: Option<u32>,
    /// How long the flash works, with the supply that the ROM takes for granted: any.
    pub times: FlashTimes,
    /// How long it works once the ROM was told that the supply is 2.7 V or more
    /// ([`set_voltage_range`](crate::usart::Bootloader::set_voltage_range)); `None` where it cannot be told.
    pub times_from_2v7: Option<FlashTimes>,
    /// Where the geometry comes from.
    pub source: Source,
}

impl Chip {
    /// The row for a product id.
    pub fn by_product_id(id: ProductId) -> Option<&'static Self> {
        TABLE.iter().find(|chip| chip.product_id == id)
    }

    /// The same chip as it is once the ROM was told that the supply is 2.7 V or more: with shorter times. `None` where it
    /// cannot be told.
    pub fn from_2v7(&self) -> Option<Self> {
        self.times_from_2v7.map(|times| Self { times, ..self.clone() })
    }

    /// Keeps to what the ROM of this version can do, or to what every version can where it is not known.
    pub fn heed(&mut self, rom: Option<RomVersion>) {
        for limitation in self.limitations.iter().filter(|limitation| limitation.applies_to(rom)) {
            match limitation.fault {
                Fault::ErasesFirstOfList => self.erase_list = 1,
                Fault::ErasesUnawaited { from } => {
                    self.erase_list = 1;
                    self.erase_unawaited_from = Some(from);
                }
                _ => {}
            }
        }
    }

    /// From which address on some version of the ROM does not await the erase of a unit.
    pub(crate) fn unawaited_by_any_rom(&self) -> Option<u32> {
        let from = |limitation: &Limitation| match limitation.fault {
            Fault::ErasesUnawaited { from } => Some(from),
            _ => None,
        };
        self.limitations.iter().filter_map(from).min()
    }

    /// What a person does about the faults of a ROM of this version, each once.
    pub fn advice(&self, rom: Option<RomVersion>) -> impl Iterator<Item = Advice> {
        Advice::ALL.into_iter().filter(move |&advice| {
            let calls_for_it = |limitation: &Limitation| limitation.fault.advice() == Some(advice);
            self.limitations.iter().any(|limitation| calls_for_it(limitation) && limitation.applies_to(rom))
        })
    }

    /// Whether the ROM is known not to erase a unit, whatever it says.
    pub fn cannot_erase(&self, unit: &Unit) -> bool {
        self.unerasable_from.is_some_and(|from| unit.address >= from)
    }

    /// From where on a ROM does not erase over USB the flash that is divided as `flash`: the second bank, where two are as
    /// an option bit has it. Chips that have two whatever the option bytes say are not meant: ST's advice is to go back to
    /// one (AN2606 Tables 90 and 92).
    pub(crate) fn unerasable_over_usb(&self, flash: &Geometry) -> Option<u32> {
        let is_at_fault = self.limitations.iter().any(|limitation| limitation.fault == Fault::NoSecondBankOverUsb);
        let layout = self.layout(flash.size).filter(|layout| is_at_fault && layout.bit.is_some());
        // By where its units are: the same ones can be counted in several ways.
        let places = |geometry: Geometry| geometry.units().map(|unit| (unit.address, unit.size));
        let in_two = |layout: &&Layout| places(Geometry { runs: layout.set, ..*flash }).eq(places(*flash));
        layout.filter(in_two).map(|_| flash.base + flash.size / 2)
    }

    /// How a flash of `size` bytes is divided, where it is not as in `geometry` or not always.
    pub fn layout(&self, size: u32) -> Option<&'static Layout> {
        self.layouts.iter().find(|layout| layout.only_with.is_none_or(|only| only == size))
    }

    /// Whether an initial stack pointer of `address` is in RAM, as far as is known: on the wide side.
    ///
    /// It may be the address after the RAM's last byte, for the stack grows down from it.
    pub fn stack_may_start_at(&self, address: u32) -> bool {
        let main = 0x2000_0000..self.sram_end;
        self.other_ram
            .iter()
            .chain([&main])
            .chain(&self.usable_ram)
            .any(|ram| ram.start < address && address <= ram.end)
    }

    /// How long erasing everything at once takes typically, on chips whose flash does it as fast as one page. `None` for the
    /// others: the flash works through its sectors one by one, or through its banks, or the ROM cannot.
    ///
    /// Datasheets of F0, F1, F3, G0, G4 and L4 have the same range for a page and for all of them (recalled, as most times).
    pub fn mass_erase_time(&self) -> Option<Duration> {
        let at_once = matches!(self.family, "F0" | "F1" | "F3" | "G0" | "G4" | "L4");
        (self.mass_erase && at_once).then_some(self.times.erase_largest)
    }

    /// How long after the acknowledgement of its erase the flash may still work on `unit`.
    pub fn erase_unawaited(&self, unit: &Unit) -> Duration {
        match self.erase_unawaited_from {
            Some(from) if unit.address >= from => self.erase_time(unit.size) * self.times.worst_factor,
            _ => Duration::ZERO,
        }
    }

    /// The time that erasing a unit of `size` bytes takes typically, in proportion between the smallest and the largest.
    pub fn erase_time(&self, size: u32) -> Duration {
        let (small, large) = self.geometry.unit_sizes();
        if large <= small {
            return self.times.erase_smallest;
        }
        let span = self.times.erase_largest.saturating_sub(self.times.erase_smallest);
        let share = f64::from(size.saturating_sub(small)) / f64::from(large - small);
        self.times.erase_smallest + span.mul_f64(share.min(1.0))
    }

    /// The longest that erasing all of `geometry` may take, whether unit by unit or at once, or for Readout Unprotect:
    /// for time-outs. Chips with pages need less for all of them at once than for one after the other.
    pub fn erase_worst(&self, geometry: &Geometry) -> Duration {
        geometry.units().map(|unit| self.erase_time(unit.size)).sum::<Duration>() * self.times.worst_factor
    }
}
