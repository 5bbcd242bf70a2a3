//! Flash that smaller chips of a die, or an option bit, divide differently.

use super::Runs;

/// How the flash is divided on chips with a certain size, or with an option bit in a certain state: into one bank or
/// two, as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// It counts on chips with so many bytes of flash; on all of the die where there is no number.
    pub only_with: Option<u32>,
    /// The bit that decides; where there is none, all have `set`.
    pub bit: Option<OptionBit>,
    /// The units while the bit is set.
    pub set: Runs,
    /// The units while the bit is clear.
    pub clear: Runs,
    /// Whether their numbers are recalled, and were found in nothing that ST published.
    pub clear_is_recalled: bool,
}

impl Layout {
    /// The units when the bit is set or clear, or, where that is not known, as it is on a chip as delivered.
    pub fn runs(&self, set: Option<bool>) -> Runs {
        let set = set.unwrap_or(self.bit.is_none_or(|bit| bit.delivered));
        if set { self.set } else { self.clear }
    }
}

/// An option bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionBit {
    /// The address of the option byte.
    pub byte: u32,
    /// The bit.
    pub mask: u8,
    /// Whether it is set on a chip as delivered.
    pub delivered: bool,
    /// What tells an option byte that was read from something else; `None` where nothing does.
    pub proof: Option<Proof>,
}

impl OptionBit {
    /// Whether it is set, where `at` tells what an address reads as; `None` where its byte is not readable, or not what is
    /// there.
    pub(crate) fn read(&self, at: impl Fn(u32) -> Option<u8>) -> Option<bool> {
        let byte = at(self.byte).filter(|&byte| {
            self.proof.map(|proof| proof.expects(byte)).is_none_or(|(address, right)| at(address) == Some(right))
        });
        byte.map(|byte| byte & self.mask != 0)
    }
}

/// What tells an option byte that was read from something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The chip keeps the byte's complement at this address.
    Complement(u32),
    /// At this address is the level of the read-out protection: 0xAA, for with another nothing can be read.
    Unprotected(u32),
}

impl Proof {
    /// The level of the read-out protection at which everything can be read.
    pub const LEVEL_0: u8 = 0xAA;

    /// The address to look at, and what must be there beside an option byte that reads as `byte`.
    pub const fn expects(self, byte: u8) -> (u32, u8) {
        match self {
            Self::Complement(address) => (address, !byte),
            Self::Unprotected(address) => (address, Self::LEVEL_0),
        }
    }
}
