//! The image cut to the chip: units and blocks.

use core::ops::Range;

use stm32_bootloader::chip::{Chip, Geometry, Unit};

use crate::Image;
use crate::found::{Content, Found};

/// What one read or write carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The address of the first byte.
    pub address: u32,
    /// The bytes, padded to the chip's whole block with what erased flash reads as.
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
}

/// A unit that the image touches, and its blocks of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The unit.
    pub unit: Unit,
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
        geometry
            .units()
            .filter(|unit| image.touches(&(unit.address..unit.end())))
            .map(|unit| Self { unit, blocks: blocks_of(image, chip, unit.address..unit.end()).collect() })
            .collect()
    }

    /// Whether the address is in the unit.
    pub(crate) fn contains(&self, address: u32) -> bool {
        (self.unit.address..self.unit.end()).contains(&address)
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

/// The blocks of `range` that hold a byte of the image, whole and padded with the erased value.
fn blocks_of<'a>(image: &'a Image, chip: &'a Chip, range: Range<u32>) -> impl Iterator<Item = Block> + 'a {
    let block = usize::from(chip.max_block);
    range
        .step_by(block)
        .filter(move |&address| image.touches(&(address..address + u32::from(chip.max_block))))
        .map(move |address| Block { address, bytes: image.bytes(address, block, chip.erased_byte) })
}
