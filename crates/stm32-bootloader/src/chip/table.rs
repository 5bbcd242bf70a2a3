//! The chips.

use super::Chip;

/// Every chip that is known, by product id.
pub static TABLE: &[Chip] = &[];
