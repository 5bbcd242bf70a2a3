//! The update procedure for STM32 devices.
//!
//! 1. [`Image::parse`] turns a payload (raw binary, Intel HEX, S-record, ELF, DFU) into segments of bytes with addresses.
//! 2. [`check`](check()) holds the image against the chip, before anything is erased.
//! 3. [`Plan::new`] decides, once and without touching the device, what to erase, write and read back, and in which order.
//! 4. [`execute`] carries the plan out and tells each step as an [`Event`]; [`Progress`] folds the events
//!    into what a progress bar shows.
//!
//! The unit that holds the vector table is erased first, and its first block is written last, once
//! everything else was read back and found right. So a half-written image never starts.

mod check;
mod event;
mod image;
mod plan;
mod procedure;
mod progress;

pub use check::{CheckError, check};
pub use event::{Event, Phase, Stamped, Summary};
pub use image::{Image, ImageError, LeftOut, Segment, UsbId};
pub use plan::{Action, LinkSpeed, Plan, Step};
pub use procedure::{Cause, DeviceState, Done, Failure, Observer, execute};
pub use progress::Progress;

#[cfg(test)]
mod sample;
