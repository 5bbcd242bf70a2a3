//! The ports that the page has: all are the browser's, or pass for such as the simulated device does.

pub mod amid_list;
pub mod choice;
pub mod exchange;
pub mod module;
mod simulated;
mod usb_loader;
mod web_serial;

pub use module::ModuleError;
pub use simulated::simulated;
pub use usb_loader::{UsbIdentity, UsbLoader};
pub use web_serial::{WebSerial, adapter};

/// Why a port was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The person closed the browser's list without picking anything.
    Dismissed,
    /// The browser or the system refused.
    Refused(String),
}
