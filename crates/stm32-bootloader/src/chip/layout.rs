//! Flash that an option byte divides in one of two ways.

use super::Runs;

/// An option bit that decides how the flash is divided: into one bank or two, as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The address of the option byte.
    pub byte: u32,
    /// The bit.
    pub mask: u8,
    /// The address of the byte's complement, where the chip keeps one: it tells a byte that was read from one that was not.
    pub complement: Option<u32>,
    /// The bit counts on chips with so many bytes of flash; on all of the die where there is no number.
    pub only_with: Option<u32>,
    /// The units while the bit is set.
    pub set: Runs,
    /// The units while the bit is clear.
    pub clear: Runs,
}

impl Layout {
    /// The units when the option byte reads as `byte`.
    pub const fn runs(&self, byte: u8) -> Runs {
        if byte & self.mask == 0 { self.clear } else { self.set }
    }

    /// The option byte, where `at` tells what an address reads as; `None` where it is not readable, or its complement says
    /// that it is not what is there.
    pub(crate) fn read(&self, at: impl Fn(u32) -> Option<u8>) -> Option<u8> {
        let byte = at(self.byte);
        let right = self.complement.is_none_or(|complement| at(complement) == byte.map(|byte| !byte));
        byte.filter(|_| right)
    }
}
