//! The USART protocol of the ROM bootloader (ST AN3155 Rev 20).
//!
//! Everything is strictly stop-and-wait: the host sends a block and the ROM answers ACK or NACK. The
//! ROM itself never times out between two bytes, so every exchange here has a deadline of its own.
//!
//! [`Bootloader::connect`] finds the ROM and asks what it can do; its methods are the commands.
//! [`identify`] tells which chip it is.

mod bootloader;
mod command;
mod error;
mod identity;
mod link;
mod recovery;
mod sync;

pub use bootloader::Bootloader;
pub use command::{Command, CommandSet, ProtocolVersion};
pub use error::{ConnectError, Error, IdentifyError, Stage};
pub use identity::{Identity, UniqueId, identify};
pub use sync::{Presence, look_for};

#[cfg(all(test, feature = "sim"))]
mod tests;
