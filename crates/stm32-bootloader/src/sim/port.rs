//! A port with a simulated chip behind it, on virtual time.

use super::cable::Cable;
use super::faults::Faults;
use super::rom::Rom;
use super::wiring::{ModemLines, Wiring};
use crate::port::{Instant, LineSettings, Port, PortError, Signals};

/// A [`Port`] to a simulated chip that never waits: time is a number, and a read moves it to the next byte or to
/// its deadline. Every future it returns is ready at once.
///
/// A program that wants the chip's real pace (a page that demonstrates an update) wraps it in a port of its
/// own that, after each call, sleeps for the time by which [`now`](Port::now) moved, divided by its speed factor.
///
/// The chip is looked at through [`rom`](Self::rom), also while a client works on `&mut port`'s behalf and gives
/// it back. Unplugging and plugging in again is [`into_rom`](Self::into_rom), perhaps [`Rom::reset`] for the
/// power that the chip lost, and [`new`](Self::new).
#[derive(Debug, Clone)]
pub struct SimulatedPort {
    cable: Cable,
    now: Instant,
    line: LineSettings,
    modem_lines: ModemLines,
    highest_baud: u32,
    awaits_list: bool,
}

impl SimulatedPort {
    /// A port at 115200 baud 8E1 without modem lines to the chip. Its clock goes on where the chip's stands.
    pub fn new(rom: Rom) -> Self {
        let now = rom.now();
        Self {
            cable: Cable::new(rom),
            now,
            line: LineSettings::DEFAULT,
            modem_lines: ModemLines::default(),
            highest_baud: u32::MAX,
            awaits_list: false,
        }
    }

    /// The same port with modem lines wired to the chip.
    pub fn with_wiring(mut self, wiring: Wiring) -> Self {
        self.modem_lines = ModemLines::to(wiring);
        self
    }

    /// The same port with an adapter that refuses to be set to more than `baud`.
    pub fn with_highest_baud(mut self, baud: u32) -> Self {
        self.highest_baud = baud;
        self
    }

    /// The same port with these faults on its cable.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        *self.cable.faults_mut() = faults;
        self
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        self.cable.rom()
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        self.cable.rom_mut()
    }

    /// Pulls the cable out and gives the chip back, in the midst of whatever it was doing.
    pub fn into_rom(self) -> Rom {
        self.cable.into_rom()
    }

    /// The cable, with its faults and its count of bytes.
    pub fn cable(&self) -> &Cable {
        &self.cable
    }

    /// The cable, to change its faults or to pull it out.
    pub fn cable_mut(&mut self) -> &mut Cable {
        &mut self.cable
    }

    /// Whether it was said last that the chip waits for the list of an erase.
    pub fn is_told_to_await_list(&self) -> bool {
        self.awaits_list
    }

    /// Fails if the cable is out.
    fn check(&self) -> Result<(), PortError> {
        if self.cable.is_unplugged() { Err(PortError::Lost("the cable was pulled out".into())) } else { Ok(()) }
    }

    /// Lets time pass until `moment`.
    fn advance(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
        self.cable.advance_listening(self.now, self.line);
    }
}

impl Port for SimulatedPort {
    fn now(&self) -> Instant {
        self.now
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        loop {
            self.advance(self.now);
            let mut count = 0;
            while count < buffer.len()
                && let Some(byte) = self.cable.receive(self.now)
            {
                buffer[count] = byte;
                count += 1;
            }
            if count > 0 {
                return Ok(count);
            }
            self.check()?;
            match self.cable.next_moment() {
                Some(next) if next <= deadline => self.advance(next),
                _ => {
                    self.advance(deadline);
                    self.check()?;
                    return Err(PortError::TimedOut);
                }
            }
        }
    }

    async fn write(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), PortError> {
        self.check()?;
        self.cable.send(bytes, self.now, self.line);
        self.check()
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        self.advance(self.now);
        while self.cable.receive(self.now).is_some() {}
        self.check()
    }

    async fn set_signals(&mut self, signals: Signals) -> Result<(), PortError> {
        self.check()?;
        self.advance(self.now);
        self.modem_lines.set(signals, self.cable.rom_mut());
        Ok(())
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        self.check()?;
        if settings.baud > self.highest_baud {
            return Err(PortError::Refused(format!("the adapter has no {} baud", settings.baud)));
        }
        self.advance(self.now);
        self.line = settings;
        Ok(())
    }

    fn line(&self) -> LineSettings {
        self.line
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.advance(moment);
    }

    fn awaits_list(&mut self, awaits: bool) {
        self.awaits_list = awaits;
    }
}
