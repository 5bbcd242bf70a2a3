//! The update procedure for STM32 devices.
//!
//! 1. [`Image::parse`] turns a payload (raw binary or Intel HEX) into segments of bytes with addresses.
//! 2. [`check`](check()) holds the image against the chip, before anything is erased.
//! 3. [`update`] looks at what the device holds already ([`Found`]), has a [`Plan`] made, which decides once and without
//!    touching the device what to erase, write and read back, and in which order, and carries it out. It tells each step
//!    as an [`Event`]; [`Progress`] folds the events into what a progress bar shows.
//!
//! The unit that holds the vector table is erased first, and its first block is written last, once
//! everything else was read back and found right. So a half-written image never starts.

mod check;
mod event;
mod found;
mod image;
mod part;
mod plan;
mod procedure;
mod progress;

pub use check::{CheckError, check};
pub use event::{Event, Phase, Stamped, Summary};
pub use found::{Content, Found};
pub use image::{Image, ImageError, Segment};
pub use part::Block;
pub use plan::{Action, LinkSpeed, Plan, Step};
pub use procedure::{Before, Cause, DeviceState, Done, Failure, Observer, Target, update};
pub use progress::Progress;

#[cfg(test)]
mod sample;
