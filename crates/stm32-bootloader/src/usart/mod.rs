//! The USART protocol of the ROM bootloader (ST AN3155 Rev 20).
//!
//! Everything is strictly stop-and-wait, but for what [`Pace::Burst`] tries: the host sends a block and the ROM answers
//! ACK or NACK. The ROM itself never times out between two bytes, so every exchange here has a deadline of its own.
//!
//! [`Bootloader::connect`] finds the ROM and asks what it can do; its methods are the commands.
//! [`identify`] tells which chip it is, and [`identify_as`] goes by what someone says of a chip that is not known.

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
