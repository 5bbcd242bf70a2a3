//! The client against the simulated chip.

mod burst;
mod checksum;
mod commands;
mod connect;
mod everything;
mod identity;
mod protection;
mod special;
mod voltage;

use core::time::Duration;

use pollster::block_on;

use super::Bootloader;
use crate::chip::{Chip, ProductId};
use crate::port::{Instant, LineSettings, Port, PortError, Signals};
use crate::sim::{Entry, Event, Quirks, Rom, SimulatedPort};

/// The four chips that stand for their families: F405, F103, G071, L073.
const CHIPS: [u16; 4] = [0x413, 0x410, 0x460, 0x447];

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

fn rom(product_id: u16) -> Rom {
    Rom::new(chip(product_id))
}

/// The quirks of the row, for tests to add to.
fn quirks(product_id: u16) -> Quirks {
    Quirks::of(chip(product_id))
}

fn port(product_id: u16) -> SimulatedPort {
    SimulatedPort::new(rom(product_id))
}

/// A client that has connected.
fn connected(port: SimulatedPort) -> Bootloader<SimulatedPort> {
    block_on(Bootloader::connect(port)).expect("the chip answers")
}

/// What was done to the chip, without the moments.
fn events(bootloader: &mut Bootloader<SimulatedPort>) -> Vec<Event> {
    events_of(bootloader.port().rom().log())
}

fn events_of(log: &[Entry]) -> Vec<Event> {
    log.iter().map(|entry| entry.event.clone()).collect()
}

/// A port with something at its other end that is no ROM: it sends `says` every ten milliseconds, and everything back
/// if it is an echo.
#[derive(Debug, Default)]
struct Stranger {
    now: Duration,
    says: Option<u8>,
    echo: bool,
    waiting: Vec<u8>,
}

impl Port for Stranger {
    fn now(&self) -> Instant {
        Instant::at(self.now)
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        let next = self.now + Duration::from_millis(10);
        if let Some(byte) = self.says.filter(|_| next <= deadline.elapsed()) {
            self.now = next;
            self.waiting.push(byte);
        }
        if self.waiting.is_empty() {
            self.now = deadline.elapsed().max(self.now);
            return Err(PortError::TimedOut);
        }
        buffer[0] = self.waiting.remove(0);
        Ok(1)
    }

    async fn write(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), PortError> {
        if self.echo {
            self.waiting.extend_from_slice(bytes);
        }
        Ok(())
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        self.waiting.clear();
        Ok(())
    }

    async fn set_signals(&mut self, _signals: Signals) -> Result<(), PortError> {
        Ok(())
    }

    async fn set_line(&mut self, _settings: LineSettings) -> Result<(), PortError> {
        Ok(())
    }

    fn line(&self) -> LineSettings {
        LineSettings::DEFAULT
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.now = self.now.max(moment.elapsed());
    }
}
