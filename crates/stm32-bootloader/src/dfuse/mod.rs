//! DfuSe: the protocol of the ROM bootloader over USB (ST AN3156, which extends USB's DFU 1.1).
//!
//! A block or a command is sent with DNLOAD, carried out at the GETSTATUS that follows, and done when a later GETSTATUS
//! says so. A device describes its memories itself, in the names of its alternate settings ([`MemoryLayout`]).
//!
//! [`Bootloader::connect`] reads the descriptors and brings the device to where it takes commands; its methods are the
//! commands. [`identify`] tells which chip it can be, and how its flash is divided.
//!
//! ```
//! use stm32_bootloader::dfuse::{Bootloader, identify};
//! use stm32_bootloader::pipe::ControlPipe;
//!
//! /// Writes a program that fits into the first unit of the flash, and starts it.
//! async fn install<P: ControlPipe>(pipe: P, program: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut bootloader = Bootloader::connect(pipe).await?;
//!     let identity = identify(&mut bootloader).await?;
//!     println!("{}, {} KiB of flash", identity.name(), identity.geometry.size >> 10);
//!
//!     let unit = identity.geometry.units().next().ok_or("it has no flash")?;
//!     let longest = identity.chip.erase_time(unit.size) * identity.chip.times.worst_factor;
//!     bootloader.erase(unit.address, longest).await?;
//!     bootloader.write(unit.address, program).await?;
//!     let mut found = vec![0; program.len()];
//!     bootloader.read(unit.address, &mut found).await?;
//!     if found != program {
//!         return Err("the flash does not hold what was written".into());
//!     }
//!     Ok(bootloader.leave(unit.address).await?)
//! }
//! ```

mod bootloader;
mod commands;
mod connect;
mod descriptors;
mod error;
mod identity;
mod layout;
mod link;
mod quirks;
mod recovery;
mod state;
mod voltage;

pub use bootloader::{Alternate, Bootloader};
pub use connect::detach;
pub use descriptors::{DescriptorError, Device, Functional, Interface, Mode, interface, text};
pub use error::{Command, ConnectError, Error, IdentifyError};
pub use identity::{Identity, identify};
pub use layout::{Access, Area, LayoutError, MemoryLayout};
pub use quirks::Quirks;
pub use state::{Report, State, Status};

#[cfg(all(test, feature = "sim"))]
mod tests;
