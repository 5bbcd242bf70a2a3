//! The simulated chip's other face: USB DFU with ST's extension (AN3156).

mod descriptors;
mod device;
mod faults;
mod pipe;
mod quirks;

pub use device::UsbRom;
pub use faults::PipeFaults;
pub use pipe::SimulatedPipe;
pub use quirks::{UsbQuirks, WhileBusy};
