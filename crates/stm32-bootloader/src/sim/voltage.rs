//! The four bytes through which F2, F4 and F7 are told their supply voltage, as AN2606 §4.4 tells it.

use core::ops::Range;

/// Where they are.
const PLACE: Range<u32> = 0xFFFF_0000..0xFFFF_0004;
/// The code of the range from which on words are programmed, and the highest that there is.
const WORDS: u8 = 3;
const HIGHEST: u8 = 4;

/// What the ROM was told. After a reset it is the lowest.
#[derive(Debug, Clone, Copy, Default)]
pub struct VoltageRange {
    code: u8,
}

impl VoltageRange {
    /// The range with this code.
    pub fn of(code: u8) -> Self {
        Self { code }
    }

    /// Whether the address is one of its bytes.
    pub fn is_at(address: u32) -> bool {
        PLACE.contains(&address)
    }

    /// The byte at `address`: the code in the first, 0xFF in the others.
    pub fn peek(self, address: u32) -> Option<u8> {
        Self::is_at(address).then_some(if address == PLACE.start { self.code } else { 0xFF })
    }

    /// The code that a write of `data` at `address` sets, unless it is refused.
    pub fn written(self, address: u32, data: &[u8]) -> Option<u8> {
        let mut bytes = [self.code, 0xFF, 0xFF, 0xFF];
        for (address, &byte) in (address..).zip(data) {
            *bytes.get_mut((address - PLACE.start) as usize)? = byte;
        }
        (bytes[0] <= HIGHEST && bytes[1..] == [0xFF; 3]).then_some(bytes[0])
    }

    /// Whether flash is erased and programmed by words, or more.
    pub fn is_fast(self) -> bool {
        self.code >= WORDS
    }
}
