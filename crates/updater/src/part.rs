//! The image cut to the chip: units and blocks.

use core::ops::Range;

use stm32_bootloader::chip::{Chip, Geometry, Unit};

use crate::Image;
use crate::found::{Content, Found};

/// A block of at most so many bytes is written as it is: that takes the flash a few milliseconds.
const SMALL: usize = 256;

/// What one read or write carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The address of the first byte.
    pub address: u32,
    /// The bytes, padded with what erased flash reads as to the chip's whole block, or to the end of the units.
    pub bytes: Vec<u8>,
}

impl Block {
    /// The number of bytes.
    pub fn size(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a block is small")
    }

    /// Whether it is as erased flash reads.
    pub(crate) fn is_blank(&self, erased: u8) -> bool {
        self.bytes.iter().all(|&byte| byte == erased)
    }

    /// Its first few bytes: enough to tell two programs apart, and far less to transfer.
    pub(crate) fn beginning(&self) -> Self {
        Self { address: self.address, bytes: self.bytes[..self.bytes.len().min(16)].to_vec() }
    }

    /// Whether the address is one of its.
    pub(crate) fn contains(&self, address: u32) -> bool {
        (self.address..self.address + self.size()).contains(&address)
    }

    /// The block that begins with the vector table, in the order in which it is written: a large one takes the flash some
    /// time, and a device that loses its power meanwhile must not start. What is programmed at once comes last, for it
    /// holds the stack pointer and the reset vector.
    pub(crate) fn split(self, chip: &Chip) -> Vec<Self> {
        let first = usize::from(chip.program_unit.max(chip.write_alignment));
        if self.bytes.len() <= SMALL {
            return vec![self];
        }
        let (beginning, rest) = self.bytes.split_at(first);
        let address = self.address + u32::from(chip.program_unit.max(chip.write_alignment));
        vec![Self { address, bytes: rest.to_vec() }, Self { address: self.address, bytes: beginning.to_vec() }]
    }
}

/// Units that the image touches, and their blocks of the image: one unit, or as many small ones as a block covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The units, in order of address, without a gap.
    pub units: Vec<Unit>,
    /// The blocks that hold a byte of the image, in order of address.
    pub blocks: Vec<Block>,
}

/// What must be done to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It is as in the image.
    Nothing,
    /// Its erase was complete, and some blocks are written: the others are still to be.
    Rest,
    /// It must be erased and written.
    Whole,
}

impl Part {
    /// The parts of `image`, in order of address.
    pub fn of(image: &Image, chip: &Chip, geometry: &Geometry) -> Vec<Self> {
        let block = u32::from(chip.max_block);
        let mut parts: Vec<Self> = Vec::new();
        for unit in geometry.units().filter(|unit| image.touches(&(unit.address..unit.end()))) {
            let covered_by_one_block = |part: &&mut Self| {
                let range = part.range();
                range.end == unit.address && range.start / block == (unit.end() - 1) / block
            };
            match parts.last_mut().filter(covered_by_one_block) {
                Some(part) => part.units.push(unit),
                None => parts.push(Self { units: vec![unit], blocks: Vec::new() }),
            }
        }
        for part in &mut parts {
            part.blocks = blocks_of(image, chip, part.range()).collect();
        }
        parts
    }

    /// The addresses of its units.
    fn range(&self) -> Range<u32> {
        let (first, last) = (&self.units[0], &self.units[self.units.len() - 1]);
        first.address..last.end()
    }

    /// Whether the address is in one of its units.
    pub(crate) fn contains(&self, address: u32) -> bool {
        self.range().contains(&address)
    }

    /// What must be done to it, from what was found.
    ///
    /// A unit that is all blank is erased once more: its erase may have been cut short, and look complete.
    pub(crate) fn need(&self, found: &Found, erased: u8) -> Need {
        let content = |block: &Block| found.at(block.address);
        let written = |block: &&Block| content(block) == Content::Image && !block.is_blank(erased);
        if self.blocks.iter().all(|block| content(block) == Content::Image) {
            Need::Nothing
        } else if self.blocks.iter().any(|block| written(&block))
            && self.blocks.iter().all(|block| content(block) != Content::Other)
        {
            Need::Rest
        } else {
            Need::Whole
        }
    }
}

/// The blocks of `range` that hold a byte of the image, padded with the erased value: whole ones, but where the units end
/// before.
fn blocks_of<'a>(image: &'a Image, chip: &'a Chip, range: Range<u32>) -> impl Iterator<Item = Block> + 'a {
    let block = usize::from(chip.max_block);
    let blocks = range.clone().step_by(block).map(move |address| address..range.end.min(address + block as u32));
    blocks
        .filter(|block| image.touches(block))
        .map(|block| Block { address: block.start, bytes: image.bytes(block.start, block.len(), chip.erased_byte) })
}
