//! How an update ends, and what the device holds then.

use serde::{Deserialize, Serialize};

use crate::{LoaderError, Places};

/// What the device holds when the procedure has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Nothing was erased: what was there before is still there.
    Untouched,
    /// The flash holds parts of the image. It will not start, and the ROM is there to try again.
    Incomplete,
    /// All of the image is there, and right.
    Complete,
}

/// Why the procedure ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The person asked for it.
    #[error("cancelled")]
    Cancelled,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] LoaderError),
    /// The line is disturbed so often that it has to be slower, and at a lower rate the device was not found.
    #[error("the line is disturbed too often")]
    Disturbed,
    /// The flash does not hold what was written, however often: it is protected or worn.
    #[error("{places} did not keep what was written; the first byte that differs is at 0x{address:08X}")]
    Mismatch {
        /// The first byte that differs.
        address: u32,
        /// Its unit, and all others that were written once more since they had been wrong.
        places: Places,
    },
    /// The image ends in this block, and the chip has no flash there: it is not the largest of its die, and has no register
    /// that says so.
    #[error("the image has bytes at 0x{address:08X}, and this chip has less flash")]
    TooLarge {
        /// The block's address.
        address: u32,
    },
    /// These units would have to be erased, and it is known beforehand that the bootloader does not do it.
    #[error("over USB the bootloader of this chip does not erase {places}, which is its second bank")]
    Unerasable {
        /// The units.
        places: Places,
    },
    /// What is in these units was not erased, though the bootloader said so: they are write-protected, or worn.
    #[error("{places} cannot be erased")]
    NotErased {
        /// The units.
        places: Places,
    },
}

/// The end of an update that did not get to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// What the device holds now.
    pub state: DeviceState,
}

/// The end of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Whether the application runs; if not, the device needs a reset.
    pub started: bool,
}
