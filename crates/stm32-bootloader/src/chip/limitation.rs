//! What a ROM is known to do wrong.

use core::fmt;

/// Something that a ROM does wrong, or differently from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limitation {
    /// The version of the ROM, e.g. `V9.0`, or the chips of the die that it is about.
    pub of: &'static str,
    /// What it does, as a sentence for people.
    pub text: &'static str,
    /// Where that is told.
    pub source: &'static str,
}

impl fmt::Display for Limitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.of, self.text, self.source)
    }
}
