//! What a look at the flash found of an image.

use std::collections::BTreeMap;

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
pub struct Found(BTreeMap<u32, Content>);

impl Found {
    /// Nobody looked.
    pub const fn nothing() -> Self {
        Self(BTreeMap::new())
    }

    /// The block at `address` reads as `bytes`, where the image has `wanted` and erased flash reads as `erased`.
    pub fn note(&mut self, address: u32, bytes: &[u8], wanted: &[u8], erased: u8) -> Content {
        let content = if bytes == wanted {
            Content::Image
        } else if bytes.iter().all(|&byte| byte == erased) {
            Content::Blank
        } else {
            Content::Other
        };
        self.0.insert(address, content);
        content
    }

    /// What the block at `address` holds; `None` where nobody looked.
    pub fn at(&self, address: u32) -> Option<Content> {
        self.0.get(&address).copied()
    }

    /// How many blocks were looked at.
    pub fn blocks(&self) -> usize {
        self.0.len()
    }
}
