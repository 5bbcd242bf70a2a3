//! A serial cable with a simulated chip at its far end.

use std::collections::VecDeque;

use super::faults::Faults;
use super::line::heard;
use super::rom::Rom;
use crate::port::{Instant, LineSettings};

/// A chip at the end of a serial cable: bytes take the time of the line's baud, one after the other, and
/// suffer the cable's [`Faults`].
///
/// It is told what moment it is, and tells when it next has something to do. [`SimulatedPort`](super::SimulatedPort)
/// runs it on virtual time; a program that runs it on a real clock calls [`advance`](Self::advance) at
/// [`next_moment`](Self::next_moment).
#[derive(Debug, Clone)]
pub struct Cable {
    rom: Rom,
    faults: Faults,
    to_chip: VecDeque<Outgoing>,
    from_chip: VecDeque<(Instant, u8)>,
    /// The moment from which the host's transmitter is free.
    free: Instant,
    sent_to_chip: u64,
    sent_from_chip: u64,
    /// When the silence of each direction began, to the chip and from it.
    silences: [Option<Instant>; 2],
    unplugged: bool,
}

/// A byte on its way to the chip.
#[derive(Debug, Clone, Copy)]
struct Outgoing {
    at: Instant,
    byte: u8,
    line: LineSettings,
}

impl Cable {
    /// Plugs a cable without faults into `rom`. Its time goes on from [`Rom::now`].
    pub fn new(rom: Rom) -> Self {
        let free = rom.now();
        Self {
            rom,
            faults: Faults::default(),
            to_chip: VecDeque::new(),
            from_chip: VecDeque::new(),
            free,
            sent_to_chip: 0,
            sent_from_chip: 0,
            silences: [None; 2],
            unplugged: false,
        }
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        &self.rom
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        &mut self.rom
    }

    /// Pulls the cable out and gives the chip back. It stays as it is until someone resets it.
    pub fn into_rom(self) -> Rom {
        self.rom
    }

    /// The cable's faults, to change them.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// How many bytes the host has sent so far, which is the number of its next one in [`Faults`].
    pub fn sent_to_chip(&self) -> u64 {
        self.sent_to_chip
    }

    /// How many bytes the chip has sent so far, which is the number of its next one in [`Faults`].
    pub fn sent_from_chip(&self) -> u64 {
        self.sent_from_chip
    }

    /// Whether the cable was pulled out.
    pub fn is_unplugged(&self) -> bool {
        self.unplugged
    }

    /// Pulls the cable out: no byte passes any more, and the chip's time stands still.
    pub fn unplug(&mut self) {
        self.unplugged = true;
        self.to_chip.clear();
        self.from_chip.clear();
    }

    /// The host starts to send `bytes` at the moment `now`, or when it has sent what came before.
    pub fn send(&mut self, bytes: &[u8], now: Instant, line: LineSettings) {
        for &byte in bytes {
            if self.unplugged {
                return;
            }
            self.free = self.free.max(now) + line.byte_time();
            let number = self.sent_to_chip;
            self.sent_to_chip += 1;
            if self.faults.to_chip.unplugs(number) {
                // What is before this byte on the wire still arrives.
                self.advance(self.free);
                return self.unplug();
            }
            if self.faults.echo {
                self.from_chip.push_back((self.free, byte));
                continue;
            }
            let at = self.free + self.faults.to_chip.latency;
            let passed = self.faults.to_chip.pass(number, byte, line.baud, self.free, &mut self.silences[0]);
            self.to_chip.extend(passed.map(|byte| Outgoing { at, byte, line }));
        }
    }

    /// The next moment at which something happens by itself; `None` while all wait for the host.
    pub fn next_moment(&self) -> Option<Instant> {
        if self.unplugged {
            return None;
        }
        let arrivals = [self.to_chip.front().map(|out| out.at), self.from_chip.front().map(|&(at, _)| at)];
        arrivals.into_iter().chain([self.rom.next_moment()]).flatten().min()
    }

    /// The moment at which all that is known to come will have happened; `None` while all wait for the host.
    pub fn last_moment(&self) -> Option<Instant> {
        if self.unplugged {
            return None;
        }
        let arrivals = [self.to_chip.back().map(|out| out.at), self.from_chip.back().map(|&(at, _)| at)];
        arrivals.into_iter().chain([self.rom.last_moment()]).flatten().max()
    }

    /// Lets time pass until `moment`; the host listens with its line set to `line`.
    pub fn advance_listening(&mut self, moment: Instant, line: LineSettings) {
        while !self.unplugged {
            let arrival = self.to_chip.front().map(|out| out.at);
            let event = self.rom.next_moment();
            let Some(next) = [arrival, event].into_iter().flatten().min().filter(|&next| next <= moment) else {
                return self.rom.advance(moment);
            };
            if arrival == Some(next)
                && let Some(Outgoing { at, byte, line }) = self.to_chip.pop_front()
            {
                self.rom.receive(at, byte, line);
            } else {
                self.rom.advance(next);
            }
            self.collect(line);
        }
    }

    /// Lets time pass until `moment`, with the host set as the chip is.
    pub fn advance(&mut self, moment: Instant) {
        self.advance_listening(moment, self.rom.line());
    }

    /// The next byte that has arrived at the host by the moment `now`.
    pub fn receive(&mut self, now: Instant) -> Option<u8> {
        let arrived = self.from_chip.front().is_some_and(|&(at, _)| at <= now);
        if arrived { self.from_chip.pop_front().map(|(_, byte)| byte) } else { None }
    }

    /// Takes what the chip has sent onto the cable.
    fn collect(&mut self, line: LineSettings) {
        while let Some(sent) = self.rom.take_sent() {
            let number = self.sent_from_chip;
            self.sent_from_chip += 1;
            if self.faults.from_chip.unplugs(number) {
                return self.unplug();
            }
            let byte = heard(sent.byte, sent.line, line);
            let at = sent.at + self.faults.from_chip.latency;
            let passed = self.faults.from_chip.pass(number, byte, sent.line.baud, sent.at, &mut self.silences[1]);
            self.from_chip.extend(passed.map(|byte| (at, byte)));
        }
    }
}
