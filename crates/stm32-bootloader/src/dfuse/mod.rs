//! DfuSe: the protocol of the ROM bootloader over USB (ST AN3156, which extends USB's DFU 1.1).
//!
//! A block or a command is sent with DNLOAD, carried out at the GETSTATUS that follows, and done when a later GETSTATUS
//! says so. A device describes its memories itself, in the names of its alternate settings ([`MemoryLayout`]).
//!
//! [`Bootloader::connect`] reads the descriptors and brings the device to where it takes commands; its methods are the
//! commands.

mod bootloader;
mod commands;
mod connect;
mod descriptors;
mod error;
mod layout;
mod link;
mod quirks;
mod recovery;
mod state;
mod voltage;

pub use bootloader::{Alternate, Bootloader};
pub use connect::detach;
pub use descriptors::{DescriptorError, Device, Functional, Interface, Mode, interface, text};
pub use error::{Command, ConnectError, Error};
pub use layout::{Access, Area, LayoutError, MemoryLayout};
pub use quirks::Quirks;
pub use state::{Report, State, Status};

#[cfg(all(test, feature = "sim"))]
mod tests;
