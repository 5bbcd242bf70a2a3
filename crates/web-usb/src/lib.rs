//! The DfuSe bootloader of an STM32 over WebUSB, for a page: what reaches it, and what it can be asked for.
//!
//! It is a module of its own, which the page loads when someone connects a device over USB: most never do. What it gives is
//! used from the page's own module by JavaScript's types alone.

#[cfg(target_arch = "wasm32")]
mod bootloader;
#[cfg(target_arch = "wasm32")]
mod error;
#[cfg(target_arch = "wasm32")]
mod pipe;

#[cfg(target_arch = "wasm32")]
pub use bootloader::{UsbBootloader, connect, detach};
#[cfg(target_arch = "wasm32")]
pub use pipe::{OpenError, WebUsb};
