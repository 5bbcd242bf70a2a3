//! Simulated chips that behave as the ROM bootloader of the real ones does, on virtual time.
//!
//! * [`Rom`]: the chip. It speaks AN3155 with the timing, the refusals and the silences of its family; its
//!   [`Quirks`] are set as data, and its [log](Rom::log) tells what was done to it.
//! * [`Cable`]: a serial line to it, with [`Faults`].
//! * [`SimulatedPort`]: both behind the [`Port`](crate::port::Port) trait, on a clock that jumps.
//! * [`UsbRom`] and [`SimulatedPipe`]: the chip as it is on USB, behind the
//!   [`ControlPipe`](crate::pipe::ControlPipe) trait, with [`UsbQuirks`] and [`PipeFaults`] of its own.
//! * `PtyChip` (feature `sim-pty`): both on a pseudo-terminal, on a real clock, for other programs.
//! * [`UsbBus`]: the chip on USB for hosts with a clock of their own; `SocketChip` (feature `sim-pty`): that on a socket
//!   for what plays another program's USB driver.
//!
//! It is written from AN3155, AN3156 and AN2606 alone, and never from the client beside it, so that each proves the other.

mod cable;
mod checksum;
#[cfg(feature = "sim-pty")]
mod clock;
mod command;
mod family;
mod faults;
mod flash;
mod line;
mod log;
mod memory;
mod port;
#[cfg(feature = "sim-pty")]
mod pty;
mod quirks;
mod rom;
mod special;
mod usart;
mod usb;
mod voltage;
mod wiring;
mod work;

pub use cable::Cable;
pub use faults::{Direction, Faults, TooFast};
pub use log::{Boot, Entry, Event, Nack, Refusal};
pub use port::SimulatedPort;
#[cfg(feature = "sim-pty")]
pub use pty::PtyChip;
pub use quirks::{Quirks, Start};
pub use rom::{Rom, State};
pub use usart::Sent;
pub use usb::{Answer, Application, PipeFaults, SimulatedPipe, Traffic, UsbBus, UsbQuirks, UsbRom, WhileBusy};
#[cfg(feature = "sim-pty")]
pub use usb::{SerialApplication, SocketChip};
pub use wiring::{ModemLine, Wire, Wiring};

#[cfg(test)]
mod tests;
