//! How long exchanges with a bootloader take.

use core::time::Duration;

use stm32_bootloader::usart::{Pace, fits_burst};

use crate::{Block, Loader};

/// A byte of a full-speed control transfer at the 832 bytes that a frame of 1 ms has room for (USB 2.0 Table 5-2).
const USB_BYTE: Duration = Duration::from_nanos(1202);

/// What the bootloader speaks, which decides what a command costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AN3155.
    Usart,
    /// AN3156.
    Dfuse,
}

/// How fast bytes cross the link, and how many more of them and of answers a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSpeed {
    /// What is spoken over it.
    pub protocol: Protocol,
    /// The time of one byte on the wire.
    pub byte_time: Duration,
    /// What the adapter and the browser add to each answer.
    pub round_trip: Duration,
    /// Whether a block waits for one answer or for three, over a USART.
    pub pace: Pace,
}

impl LinkSpeed {
    /// As it was measured when the bootloader was reached.
    pub fn of(loader: &mut impl Loader) -> Self {
        loader.speed()
    }

    /// A USART with this time for a byte.
    pub const fn of_usart(byte_time: Duration, round_trip: Duration, pace: Pace) -> Self {
        Self { protocol: Protocol::Usart, byte_time, round_trip, pace }
    }

    /// USB at full speed, as all of ST's ROMs have it, with this time for a short transfer.
    pub const fn of_usb(round_trip: Duration) -> Self {
        Self { protocol: Protocol::Dfuse, byte_time: USB_BYTE, round_trip, pace: Pace::Strict }
    }

    /// `bytes` in all, in both directions, with `answers` waited for.
    fn time(&self, bytes: usize, answers: usize) -> Duration {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.byte_time * count(bytes) + self.round_trip * count(answers)
    }

    /// Reading a block of so many bytes.
    pub fn read(&self, bytes: usize) -> Duration {
        match self.protocol {
            // Opcode 2, ACK, address 5, ACK, count 2, ACK, bytes.
            Protocol::Usart => self.time(bytes + 12, self.answers(true)),
            // One transfer, for blocks follow one another.
            Protocol::Dfuse => self.time(bytes, 1),
        }
    }

    /// Sending a block to be written, the flash's work aside.
    pub(crate) fn write(&self, block: &Block) -> Duration {
        let bytes = block.bytes.len();
        match self.protocol {
            // Opcode 2, ACK, address 5, ACK, count, bytes, checksum, ACK.
            Protocol::Usart => self.time(bytes + 12, self.answers(fits_burst(block.address, &block.bytes))),
            // The block, and the status at its beginning and end.
            Protocol::Dfuse => self.time(bytes, 3),
        }
    }

    /// How many answers are waited for with a block that fits a burst or does not.
    fn answers(&self, fits: bool) -> usize {
        if fits && self.pace == Pace::Burst { 1 } else { 3 }
    }

    /// Erasing so many units, the flash's work aside.
    pub(crate) fn erase(&self, units: usize) -> Duration {
        match self.protocol {
            // Opcode 2, ACK, list, ACK.
            Protocol::Usart => self.time(2 * units + 7, 2),
            // A command for each, and its status twice.
            Protocol::Dfuse => self.time(5 * units, 3 * units),
        }
    }

    /// Starting the application.
    pub(crate) fn start(&self) -> Duration {
        match self.protocol {
            Protocol::Usart => self.time(9, 2),
            // The address, with its status twice, the end, and its status.
            Protocol::Dfuse => self.time(5, 5),
        }
    }
}
