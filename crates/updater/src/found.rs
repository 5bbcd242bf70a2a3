//! What a look at the flash found of an image.

use core::ops::Range;
use std::collections::BTreeMap;

use crate::part::SAMPLE;

/// What a block of flash holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What the image has there.
    Image,
    /// Nothing: it reads as erased, and the image has something there.
    Blank,
    /// Something else.
    Other,
}

/// What was found, block by block. A unit of which too few blocks were looked at is erased and written whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    blocks: BTreeMap<u32, Content>,
    /// Bytes that are not the image's, by the address of the first: what an erase has to take away.
    old: BTreeMap<u32, Vec<u8>>,
}

impl Found {
    /// Nobody looked.
    pub const fn nothing() -> Self {
        Self { blocks: BTreeMap::new(), old: BTreeMap::new() }
    }

    /// The block at `address` reads as `bytes`, where the image has `wanted` and erased flash reads as `erased`.
    pub fn note(&mut self, address: u32, bytes: &[u8], wanted: &[u8], erased: u8) -> Content {
        let content = if bytes == wanted {
            Content::Image
        } else if bytes.iter().all(|&byte| byte == erased) {
            Content::Blank
        } else {
            self.sample(address, bytes);
            Content::Other
        };
        self.blocks.insert(address, content);
        content
    }

    /// At `address` there are these bytes, in flash that is to be erased.
    pub fn sample(&mut self, address: u32, bytes: &[u8]) {
        self.old.insert(address, bytes.to_vec());
    }

    /// The bytes that were seen within `range`, each with its address.
    pub(crate) fn old(&self, range: Range<u32>) -> impl Iterator<Item = (u32, u8)> + '_ {
        // A sample of two units that meet begins in the one before.
        let old = self.old.range(range.start.saturating_sub(SAMPLE as u32)..range.end);
        let bytes = old.flat_map(|(&address, bytes)| (address..).zip(bytes.iter().copied()));
        bytes.filter(move |(address, _)| range.contains(address))
    }

    /// What the block at `address` holds; `None` where nobody looked.
    pub fn at(&self, address: u32) -> Option<Content> {
        self.blocks.get(&address).copied()
    }

    /// How many blocks were looked at.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }
}
