//! A faster line to the device, before it is updated.

use leptos::prelude::*;
use stm32_bootloader::ladder::{Ladder, RungError};
use stm32_bootloader::port::Port;

use super::Event;
use super::reached::Reached;
use super::state::{Connection, Session, Stop};

impl Session {
    /// Raises the rate where wires can reset the device, as far as that pays for `traffic` bytes on the wire.
    pub(super) async fn climb(self, traffic: u32) -> Result<(), Stop> {
        let Some(mut connection) = self.connection.try_update_value(Option::take).flatten() else { return Ok(()) };
        let Connection { bootloader, identity, wiring, remembered } = &mut connection;
        let fastest = self.setup.with_value(|setup| setup.fastest_baud);
        if let Reached::Serial(bootloader) = bootloader
            && let Some(ladder) = wiring.and_then(|wiring| Ladder::new(&identity.chip, wiring, fastest))
        {
            let before = bootloader.port().line().baud;
            let mut tell = |baud, problem: Option<&RungError>| {
                self.tell(Event::Tried { baud, problem: problem.map(ToString::to_string) });
            };
            let reached = ladder.climb(bootloader, traffic, &mut remembered.known, &mut tell).await;
            remembered.keep();
            let baud = reached?;
            if baud != before {
                self.tell(Event::Speed { baud });
            }
        }
        self.connection.set_value(Some(connection));
        Ok(())
    }
}
