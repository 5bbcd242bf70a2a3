//! A client for the bootloader that ST puts in the ROM of every STM32.
//!
//! * [`port`]: what the client needs of the world, a byte stream with a clock.
//! * [`boot_mode`]: into the bootloader and out of it by the modem lines.
//! * [`ladder`]: a faster line, where those can reset the chip.
//! * [`usart`]: the USART protocol of ST's application note AN3155.
//! * [`pipe`]: what the client needs of USB, a control pipe with a clock.
//! * [`dfuse`]: the USB protocol of ST's application note AN3156.
//! * [`chip`]: what is known of each chip: flash geometry, registers, times.
//! * [`sim`] (feature `sim`): simulated chips that behave as the ROM does.
//! * `tty` (feature `tty`): a serial port of this machine as a port.

pub mod boot_mode;
pub mod chip;
pub mod dfuse;
pub mod ladder;
pub mod pipe;
pub mod port;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "tty")]
pub mod tty;
pub mod usart;
