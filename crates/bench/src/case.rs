//! What is measured: a chip, a link to it, and what it holds before and after.

use core::fmt;
use core::ops::Range;
use core::time::Duration;

use ihex::Record;
use stm32_bootloader::chip::{Chip, ProductId, Unit};
use stm32_bootloader::port::{LineSettings, Parity};
use stm32_bootloader::usart::Pace;

/// How much of a new image a device has to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All of it, and no block is blank.
    Dense,
    /// All of it, and the third quarter is blank: room that a linker left between program and tables.
    QuarterBlank,
    /// The same as Intel HEX, as linkers write it: of the third quarter it says nothing.
    QuarterBlankHex,
    /// One block differs from what the device holds, in the unit at three eighths of the image.
    OnePageChanged,
    /// The device holds it already.
    NothingChanged,
}

impl Kind {
    pub const ALL: [Self; 5] =
        [Self::Dense, Self::QuarterBlank, Self::QuarterBlankHex, Self::OnePageChanged, Self::NothingChanged];

    /// The most that the update may take, in parts of stm32flash's time.
    pub const fn target(self) -> f64 {
        match self {
            Self::Dense => 1.02,
            Self::QuarterBlank | Self::QuarterBlankHex => 0.80,
            Self::OnePageChanged => 0.60,
            Self::NothingChanged => 0.55,
        }
    }

    /// The most that the update may take, in parts of what is physically possible.
    pub const fn limit_target(self) -> Option<f64> {
        if matches!(self, Self::Dense) { Some(1.10) } else { None }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dense => "dense",
            Self::QuarterBlank => "quarter-blank",
            Self::QuarterBlankHex => "quarter-blank-hex",
            Self::OnePageChanged => "one-page",
            Self::NothingChanged => "nothing",
        })
    }
}

/// A chip and the link to it.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub chip: &'static Chip,
    pub baud: u32,
    /// How long the adapter holds back what the chip sends.
    pub latency: Duration,
    /// Bytes of the image.
    pub size: usize,
    /// Whether ours sends each block in one burst.
    pub pace: Pace,
    /// Whether ours may erase all of the flash at once.
    pub mass_erase: bool,
}

impl Link {
    /// The ROM's line: 8E1, whatever the pseudo-terminal makes of the parity.
    pub const fn line(&self) -> LineSettings {
        LineSettings { baud: self.baud, parity: Parity::Even }
    }

    /// The units that the image covers.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        let end = self.chip.geometry.base + self.size as u32;
        self.chip.geometry.units().take_while(move |unit| unit.address < end)
    }

    /// The unit that is changed where one page is.
    pub fn changed(&self) -> Unit {
        let address = self.chip.geometry.base + self.size as u32 * 3 / 8;
        self.units().find(|unit| (unit.address..unit.end()).contains(&address)).expect("the image has units")
    }

    /// The quarter that is blank where one is, from the image's start.
    pub const fn blank(&self) -> Range<usize> {
        self.size / 2..self.size / 4 * 3
    }

    /// Whether all of a unit is in that quarter.
    pub fn is_blank(&self, unit: &Unit) -> bool {
        let at = |address: u32| (address - self.chip.geometry.base) as usize;
        self.blank().start <= at(unit.address) && at(unit.end()) <= self.blank().end
    }

    /// What the image is.
    fn image(&self, kind: Kind) -> Vec<u8> {
        let mut image = program(self.size, 1);
        if matches!(kind, Kind::QuarterBlank | Kind::QuarterBlankHex) {
            image[self.blank()].fill(self.chip.erased_byte);
        }
        image
    }

    /// The file that has it: a raw binary, or Intel HEX without what is blank.
    pub fn payload(&self, kind: Kind) -> Vec<u8> {
        let image = self.image(kind);
        if kind != Kind::QuarterBlankHex {
            return image;
        }
        let line = 16;
        let (mut records, mut upper) = (Vec::new(), None);
        for start in (0..self.size).step_by(line).filter(|start| !self.blank().contains(start)) {
            let address = self.chip.geometry.base + start as u32;
            // Only where it is another one: stm32flash takes one that says nothing new for another gap.
            if upper.replace(address >> 16) != Some(address >> 16) {
                records.push(Record::ExtendedLinearAddress((address >> 16) as u16));
            }
            records.push(Record::Data { offset: address as u16, value: image[start..start + line].to_vec() });
        }
        records.push(Record::EndOfFile);
        ihex::create_object_file_representation(&records).expect("its records are short").into_bytes()
    }

    /// What the flash holds before.
    pub fn before(&self, kind: Kind) -> Vec<u8> {
        match kind {
            Kind::Dense | Kind::QuarterBlank | Kind::QuarterBlankHex => program(self.size, 2),
            Kind::OnePageChanged => {
                let unit = self.changed();
                let middle = (unit.address - self.chip.geometry.base + unit.size / 2) as usize;
                let mut before = self.image(kind);
                before[middle..middle + 256].iter_mut().for_each(|byte| *byte ^= 0x5A);
                before
            }
            Kind::NothingChanged => self.image(kind),
        }
    }
}

/// A program of `size` bytes that would start, without a blank block, different for each `seed`.
fn program(size: usize, seed: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        (0..size as u32).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    bytes[..4].copy_from_slice(&0x2000_1000_u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&0x0800_0101_u32.to_le_bytes());
    bytes
}

/// The chips, each with the KiB of its image: the F4's sectors are so large that two of them would be most of a small one.
pub const CHIPS: [(u16, usize); 3] = [(0x410, 32), (0x413, 160), (0x460, 32)];
pub const BAUDS: [u32; 3] = [115_200, 460_800, 921_600];
/// In milliseconds. 16 is what an FTDI adapter comes with.
pub const LATENCIES: [u64; 3] = [0, 2, 16];

/// The row of a chip.
pub fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chips here are in the table")
}
