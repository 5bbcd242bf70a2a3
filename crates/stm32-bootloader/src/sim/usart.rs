//! The chip's USART: one register for the byte that was received last, one for the byte that is to be sent next, and a
//! shift register behind each.
//!
//! A byte is complete when its stop bit is over. While the one before it still waits to be read, it is lost, and the
//! register keeps what it has: the overrun of the reference manuals. The FIFOs of newer chips, which a ROM would have to
//! switch on, are left out.

use std::collections::VecDeque;

use super::command::Machine;
use super::line::heard;
use super::log::Event;
use super::rom::Rom;
use super::work::Work;
use crate::port::{Instant, LineSettings, Parity};

/// The registers.
#[derive(Debug, Clone, Default)]
pub struct Usart {
    /// The byte that the ROM has not read yet.
    pub received: Option<u8>,
    /// The moment from which the transmitter's shift register is free.
    pub free: Instant,
    /// What is out, or will be.
    sent: VecDeque<Sent>,
}

impl Usart {
    /// What a reset leaves: the byte that was being sent is cut off.
    pub fn reset(&mut self, now: Instant) {
        self.received = None;
        self.free = now;
        while self.sent.back().is_some_and(|sent| sent.at > now) {
            self.sent.pop_back();
        }
    }
}

/// A byte that the chip has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The moment at which its stop bit was over.
    pub at: Instant,
    /// The byte.
    pub byte: u8,
    /// How the chip's line was set when it sent it.
    pub line: LineSettings,
}

impl Rom {
    /// A byte that a host sent with its line set to `host` is completely received `at` this moment.
    ///
    /// Moments must not go back; one that does counts as now.
    pub fn receive(&mut self, at: Instant, byte: u8, host: LineSettings) {
        self.advance(at);
        if self.clock < self.listens_from || self.machine.is_deaf() {
            self.note(Event::Unheard { byte });
        } else if matches!(self.machine, Machine::Waiting) {
            self.sync(byte, host);
        } else {
            let line = *self.line.get_or_insert(LineSettings { parity: Parity::Even, ..host });
            let byte = heard(byte, host, line);
            if self.tasks.is_empty() {
                self.take(byte);
            } else if self.usart.received.is_none() {
                self.usart.received = Some(byte);
            } else {
                self.note(Event::Overrun { byte });
            }
        }
    }

    /// Sends a byte after all that is queued.
    ///
    /// ST's open bootloader, the only source there is, waits until the byte is out (TC). A ROM that
    /// [does not](super::Quirks::does_not_wait_for_answers) goes on once it is in the shift register (TXE).
    pub(super) fn send(&mut self, byte: u8) {
        let ready = self.tasks.back().map_or(self.clock, |task| task.end);
        let begin = ready.max(self.usart.free);
        let out = begin + self.line().byte_time();
        self.usart.free = out;
        let goes_on = if self.quirks.does_not_wait_for_answers { begin } else { out };
        self.queue(goes_on - ready, Work::Send { byte, out });
    }

    /// A byte is in the transmitter, and is out `at` this moment.
    pub(super) fn sent(&mut self, byte: u8, at: Instant) {
        self.usart.sent.push_back(Sent { at, byte, line: self.line() });
    }

    /// The next byte that the chip has sent, in order.
    pub fn take_sent(&mut self) -> Option<Sent> {
        if self.usart.sent.front()?.at <= self.clock { self.usart.sent.pop_front() } else { None }
    }

    /// The next moment at which the chip does something by itself; `None` while it waits for the host.
    pub fn next_moment(&self) -> Option<Instant> {
        let sent = self.usart.sent.front().map(|sent| sent.at);
        [sent, self.tasks.front().map(|task| task.end)].into_iter().flatten().min()
    }

    /// The moment at which the chip will have done all that it has begun; `None` while it waits for the host.
    pub fn last_moment(&self) -> Option<Instant> {
        let sent = self.usart.sent.back().map(|sent| sent.at);
        [sent, self.tasks.back().map(|task| task.end)].into_iter().flatten().max()
    }
}
