//! The ports that the page has: all are the browser's, or pass for such as the simulated device does.

mod closing;
mod simulated;
mod web_serial;
mod web_usb;

use core::time::Duration;

use stm32_bootloader::port::Instant;

use crate::browser;

pub use simulated::{simulated_port, simulated_usb_device};
pub use web_serial::WebSerial;
pub use web_usb::WebUsb;

/// Why a port was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The person closed the browser's list without picking anything.
    Dismissed,
    /// The system keeps the device from the browser: a driver or a right is missing.
    NoAccess(String),
    /// The browser or the system refused.
    Refused(String),
}

/// The time from now until `deadline`.
fn until(deadline: Instant) -> Duration {
    deadline.elapsed().saturating_sub(browser::now())
}
