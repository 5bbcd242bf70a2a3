//! The image cut to the chip: units and blocks.

use core::ops::Range;

use stm32_bootloader::chip::{Chip, Geometry, Unit};

use crate::Image;
use crate::found::{Content, Found};

/// A block of at most so many bytes is written as it is: that takes the flash a few milliseconds.
const SMALL: usize = 256;

/// So many bytes tell two programs apart, and take far less time than a block.
pub(crate) const SAMPLE: usize = 16;

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

    /// Its first few bytes.
    pub(crate) fn beginning(&self) -> Self {
        Self { address: self.address, bytes: self.bytes[..self.bytes.len().min(SAMPLE)].to_vec() }
    }

    /// Whether the address is one of its.
    pub(crate) fn contains(&self, address: u32) -> bool {
        (self.address..self.address + self.size()).contains(&address)
    }

    /// The block that begins with the vector table, in the order in which it is written: a large one takes the flash some
    /// time, and a device that loses its power meanwhile must not start. What is programmed at once comes last, for it
    /// holds the stack pointer and the reset vector.
    pub(crate) fn split(self, chip: &Chip) -> Vec<Self> {
        if self.bytes.len() <= SMALL {
            return vec![self];
        }
        let first = chip.program_unit.max(chip.write_alignment);
        let (beginning, rest) = self.bytes.split_at(first.into());
        let rest = Self { address: self.address + u32::from(first), bytes: rest.to_vec() };
        vec![rest, Self { address: self.address, bytes: beginning.to_vec() }]
    }
}

/// Units that the image touches, and their blocks of the image: one unit, or as many small ones as a block covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The units, in order of address, without a gap.
    pub units: Vec<Unit>,
    /// Whether an erase would erase all of it.
    pub erasable: bool,
    /// Whether it holds the vector table, in its first block: that is written last of all.
    pub vectors: bool,
    /// The blocks that hold a byte of the image, in order of address.
    pub blocks: Vec<Block>,
}

/// What must be done to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It is as in the image.
    Nothing,
    /// Its erase was complete, and some blocks are written: the others are still to be. Or no erase has any effect, and
    /// what is missing is blank.
    Rest,
    /// It must be erased and written.
    Whole,
}

/// What shows that a unit was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A block that is written and read back in any case: with the old bits left in it, it would be wrong.
    Written,
    /// These few bytes, which are blank then.
    Blank(Block),
}

impl Part {
    /// The parts of `image`, in order of address.
    pub fn of(image: &Image, chip: &Chip, geometry: &Geometry) -> Vec<Self> {
        let block = u32::from(chip.max_block);
        let mut stretches: Vec<Vec<Unit>> = Vec::new();
        for unit in geometry.units().filter(|unit| image.touches(&(unit.address..unit.end()))) {
            let covered_by_one_block = |units: &&mut Vec<Unit>| {
                let (first, last) = (&units[0], &units[units.len() - 1]);
                last.end() == unit.address && first.address / block == (unit.end() - 1) / block
            };
            match stretches.last_mut().filter(covered_by_one_block) {
                Some(units) => units.push(unit),
                None => stretches.push(vec![unit]),
            }
        }
        let part = |units: Vec<Unit>| {
            let range = units[0].address..units[units.len() - 1].end();
            let erasable = !units.iter().any(|unit| chip.cannot_erase(unit));
            Self {
                units,
                erasable,
                vectors: range.contains(&image.start()),
                blocks: blocks_of(image, chip, range).collect(),
            }
        };
        stretches.into_iter().map(part).collect()
    }

    /// From its first unit's first byte to its last one's last.
    pub(crate) fn range(&self) -> Range<u32> {
        self.units[0].address..self.units[self.units.len() - 1].end()
    }

    /// The blocks that are blank in the image.
    pub(crate) fn blank(&self, erased: u8) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.is_blank(erased))
    }

    /// What shows that its unit was erased, if reading it all is not to: of what was seen there before, bytes that are gone,
    /// for flash is erased by whole units, and programming takes back no bit. Two at least, for one may have been disturbed on
    /// its way. `None` where nothing of that kind was seen.
    pub(crate) fn proof(&self, found: &Found, erased: u8) -> Option<Proof> {
        let [_] = self.units[..] else { return None };
        let (mut written, mut blank) = (0, Vec::new());
        for (address, old) in found.old(self.range()) {
            let block = self.blocks.iter().find(|block| block.contains(address));
            let new = block.map_or(erased, |block| block.bytes[(address - block.address) as usize]);
            if (old ^ erased) & !(new ^ erased) == 0 {
                continue;
            }
            match block {
                Some(block) if !block.is_blank(erased) => written += 1,
                _ => blank.push(address),
            }
        }
        if written > 1 {
            return Some(Proof::Written);
        }
        let &address = blank.first()?;
        let last = blank.into_iter().rfind(|&last| last - address < SAMPLE as u32).filter(|&last| last > address)?;
        Some(Proof::Blank(Block { address, bytes: vec![erased; (last - address) as usize + 1] }))
    }

    /// The first block in which something was found that is not of the image: nothing of it may be left by an erase.
    pub(crate) fn something_else(&self, found: &Found) -> Option<&Block> {
        self.blocks.iter().find(|block| found.at(block.address) == Some(Content::Other))
    }

    /// What must be done to it, from what was found of its blocks from the first one on; `None` while the next one may
    /// still decide it.
    ///
    /// A unit that is all blank is erased once more, if it can be: its erase may have been cut short, and look complete.
    pub(crate) fn need(&self, found: &Found, erased: u8) -> Option<Need> {
        let (mut written, mut missing) = (false, false);
        for (index, block) in self.blocks.iter().enumerate() {
            match found.at(block.address)? {
                Content::Other => return Some(Need::Whole),
                Content::Image => written |= !block.is_blank(erased),
                Content::Blank => {
                    // Blocks are written in order, but for that of the vector table: none of those that follow is.
                    let comes_last = self.vectors && index == 0;
                    if !written && !comes_last && self.erasable {
                        return Some(Need::Whole);
                    }
                    missing = true;
                }
            }
        }
        Some(match (missing, written) {
            (false, _) => Need::Nothing,
            (true, false) if self.erasable => Need::Whole,
            (true, _) => Need::Rest,
        })
    }
}

/// The blocks of `range` that hold a byte of the image, padded with the erased value: whole ones, but where the units end
/// before.
fn blocks_of<'a>(image: &'a Image, chip: &'a Chip, range: Range<u32>) -> impl Iterator<Item = Block> + 'a {
    let size = u32::from(chip.max_block);
    let blocks = range.clone().step_by(size as usize).map(move |address| address..range.end.min(address + size));
    blocks
        .filter(|block| image.touches(block))
        .map(|block| Block { address: block.start, bytes: image.bytes(block.start, block.len(), chip.erased_byte) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{chip, image_of};

    /// The unit of an image's second page on a G071: eight blocks, of which the first ones were found like this.
    fn need(found_first: &[Content]) -> Option<Need> {
        needs(1, found_first)
    }

    fn needs(page: usize, found_first: &[Content]) -> Option<Need> {
        let chip = chip(0x460);
        let part = Part::of(&image_of(4096), chip, &chip.geometry).remove(page);
        let mut found = Found::nothing();
        for (block, content) in part.blocks.iter().zip(found_first) {
            let bytes = match content {
                Content::Image => block.bytes.clone(),
                Content::Blank => vec![0xFF; block.bytes.len()],
                Content::Other => vec![0; block.bytes.len()],
            };
            assert_eq!(found.note(block.address, &bytes, &block.bytes, 0xFF), *content);
        }
        part.need(&found, 0xFF)
    }

    #[test]
    fn a_unit_is_looked_at_until_it_is_decided_what_must_be_done_to_it() {
        use Content::{Blank, Image, Other};
        assert_eq!(need(&[]), None);
        assert_eq!(need(&[Image; 7]), None);
        assert_eq!(need(&[Image; 8]), Some(Need::Nothing));
        assert_eq!(need(&[Image, Other]), Some(Need::Whole));
        // Nothing that follows was written.
        assert_eq!(need(&[Blank]), Some(Need::Whole));
        assert_eq!(need(&[Image, Blank]), None);
        assert_eq!(need(&[Image, Image, Blank, Blank, Blank, Blank, Blank, Blank]), Some(Need::Rest));
    }

    /// What shows that the second page of a G071 was erased, where it held `old` from 8 bytes before its second block on; the
    /// first block of the image is 0x0F all over, and the rest is blank.
    fn proof(old: &[u8]) -> Option<Proof> {
        let chip = chip(0x460);
        let mut bytes = vec![0xFF; 4096];
        bytes[2048..2048 + 256].fill(0x0F);
        let image = Image::parse(&bytes, chip.geometry.base).expect("a raw binary");
        let part = Part::of(&image, chip, &chip.geometry).remove(1);
        let mut found = Found::nothing();
        found.sample(chip.geometry.base + 2048 + 248, old);
        part.proof(&found, 0xFF)
    }

    #[test]
    fn bytes_that_only_an_erase_takes_away_show_it_and_no_others() {
        let blank =
            |offset: u32, size| Some(Proof::Blank(Block { address: 0x0800_0900 + offset, bytes: vec![0xFF; size] }));
        assert_eq!(proof(&[0xFF; 16]), None);
        assert_eq!(proof(&[0x00; 8]), Some(Proof::Written));
        // What is written over 0x8F is 0x0F, erased or not.
        assert_eq!(proof(&[0x8F; 8]), None);
        // One byte may have been disturbed.
        assert_eq!(proof(&[[0x8F; 8], [0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]].concat()), None);
        assert_eq!(proof(&[[0x8F; 8], [0xFF, 0xFE, 0xFF, 0xFF, 0x12, 0xFF, 0xFF, 0xFF]].concat()), blank(1, 4));
        assert_eq!(proof(&[[0xFF; 8], [0xAA; 8]].concat()), blank(0, 8));
    }

    #[test]
    fn the_vector_tables_block_may_be_blank_where_the_rest_of_its_unit_is_written() {
        use Content::{Blank, Image};
        assert_eq!(needs(0, &[Blank]), None);
        assert_eq!(needs(0, &[Blank, Blank]), Some(Need::Whole));
        assert_eq!(needs(0, &[Blank, Image, Image, Image, Image, Image, Image, Image]), Some(Need::Rest));
    }
}
