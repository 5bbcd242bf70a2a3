//! The simulated chip's other face: USB DFU with ST's extension (AN3156).

mod application;
mod bus;
mod descriptors;
mod device;
mod faults;
mod pipe;
mod quirks;
#[cfg(feature = "sim-pty")]
mod serial_application;
#[cfg(feature = "sim-pty")]
mod socket;

pub use application::Application;
pub use bus::{Answer, Traffic, UsbBus};
pub use device::UsbRom;
pub use faults::PipeFaults;
pub use pipe::SimulatedPipe;
pub use quirks::{UsbQuirks, WhileBusy};
#[cfg(feature = "sim-pty")]
pub use serial_application::SerialApplication;
#[cfg(feature = "sim-pty")]
pub use socket::SocketChip;
