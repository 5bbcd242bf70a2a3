//! The update procedure for STM32 devices.
//!
//! 1. [`Image::parse`] turns a payload (raw binary, Intel HEX, S-record, ELF, DFU) into segments of bytes with addresses.
//! 2. [`check`](check()) holds the image against the chip, before anything is erased.
//! 3. [`update`] looks at what the device holds already ([`Found`]), has a [`Plan`] made, which decides once and without
//!    touching the device what to erase, write and read back, and in which order, and carries it out. It tells each step
//!    as an [`Event`]; [`Progress`] folds the events into what a progress bar shows.
//!
//! The device is reached through a [`Loader`]: [`usart::Bootloader`](stm32_bootloader::usart::Bootloader) and
//! [`dfuse::Bootloader`](stm32_bootloader::dfuse::Bootloader) are such.
//!
//! The unit that holds the vector table is erased first, which is proven before any other is, and its first block is
//! written last, once everything else was read back and found right. So a half-written image never starts.
//!
//! ```
//! use stm32_bootloader::chip::{Chip, ProductId};
//! use stm32_bootloader::sim::{Rom, SimulatedPort};
//! use stm32_bootloader::usart::{Bootloader, Pace, identify};
//! use updater::{Before, Image, Observer, Stamped, Supply, Target, check, update};
//!
//! struct Log;
//! impl Observer for Log {
//!     fn observe(&mut self, stamped: Stamped) {
//!         println!("{:?} {}", stamped.at, stamped.event);
//!     }
//! }
//!
//! # pollster::block_on(async {
//! // Any `Port` will do; this one leads to a simulated STM32G071.
//! let chip = Chip::by_product_id(ProductId(0x460)).expect("it is in the table");
//! let mut bootloader = Bootloader::connect(SimulatedPort::new(Rom::new(chip))).await?;
//! let identity = identify(&mut bootloader).await?;
//!
//! // Stack pointer, reset vector, code.
//! let payload = [0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0xFE, 0xE7, 0x00, 0xBF];
//! let image = Image::parse(&payload, identity.geometry.base)?;
//! check(&image, &identity.chip, &identity.geometry)?;
//! let target = Target::new(&identity.chip, &identity.geometry);
//! let done = update(&mut bootloader, &image, target, &mut Log).await?;
//! assert!(done.started && bootloader.port().rom().flash().starts_with(&payload));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod check;
mod event;
mod found;
mod image;
mod link_speed;
mod loader;
mod part;
mod place;
mod plan;
mod procedure;
mod progress;
mod supply;

pub use check::{CheckError, check};
pub use event::{Event, Phase, Share, Stamped, Stretch, Summary};
pub use found::{Content, Found};
pub use image::{DfuDevice, Image, ImageError, Kind, LeftOut, Segment, UsbId};
pub use link_speed::{LinkSpeed, Protocol};
pub use loader::{Loader, LoaderError, Trouble};
pub use part::Block;
pub use place::Places;
pub use plan::{Action, Plan, Step};
pub use procedure::{Before, Cause, DeviceState, Done, Failure, Observer, Target, update};
pub use progress::Progress;

#[cfg(test)]
mod sample;
pub use supply::Supply;
