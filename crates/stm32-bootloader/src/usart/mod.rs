//! The USART protocol of the ROM bootloader (ST AN3155 Rev 20).
//!
//! Everything is strictly stop-and-wait, but for what [`Pace::Burst`] tries: the host sends a block and the ROM answers
//! ACK or NACK. The ROM itself never times out between two bytes, so every exchange here has a deadline of its own.
//!
//! [`Bootloader::connect`] finds the ROM and asks what it can do; its methods are the commands.
//! [`identify`] tells which chip it is, and [`identify_as`] goes by what someone says of a chip that is not known.
//!
//! ```
//! use stm32_bootloader::port::Port;
//! use stm32_bootloader::usart::{Bootloader, identify};
//!
//! /// Writes a program that fits into the first unit of the flash, and starts it.
//! async fn install<P: Port>(port: P, program: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut bootloader = Bootloader::connect(port).await?;
//!     let identity = identify(&mut bootloader).await?;
//!     println!("{}, {} KiB of flash", identity.chip.name, identity.geometry.size >> 10);
//!
//!     let unit = identity.geometry.units().next().ok_or("it has no flash")?;
//!     let longest = identity.chip.erase_time(unit.size) * identity.chip.times.worst_factor;
//!     bootloader.erase(&[unit.number], longest).await?;
//!     let mut address = unit.address;
//!     for block in program.chunks(identity.chip.max_block.into()) {
//!         bootloader.write_memory(address, block).await?;
//!         // Only reading back proves a write.
//!         let mut found = vec![0; block.len()];
//!         bootloader.read_memory(address, &mut found).await?;
//!         if found != block {
//!             return Err("the flash does not hold what was written".into());
//!         }
//!         address += u32::from(identity.chip.max_block);
//!     }
//!     Ok(bootloader.go(unit.address).await?)
//! }
//! ```

mod bootloader;
mod burst;
mod checksum;
mod command;
mod erase;
mod error;
mod identity;
mod link;
mod protection;
mod recovery;
mod restart;
mod special;
mod sync;
mod voltage;

pub use bootloader::Bootloader;
pub use burst::{Pace, fits_burst};
pub use checksum::Crc;
pub use command::{Command, CommandSet, ProtocolVersion};
pub use erase::Everything;
pub use error::{ConnectError, Error, IdentifyError, Stage};
pub use identity::{Division, Identity, UniqueId, identify, identify_as, proven_unique_id};
pub use protection::Effect;
pub use special::SpecialAnswer;
pub use sync::{Presence, look_for};
pub(crate) use voltage::PLACE as VOLTAGE_PLACE;
pub use voltage::VoltageRange;

#[cfg(all(test, feature = "sim"))]
mod tests;
