//! How a board wires the modem lines to the chip.

use super::log::{Boot, Event};
use super::rom::Rom;
use crate::port::Signals;

/// The pins of the chip that modem lines drive. The default drives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wiring {
    /// What drives NRST, the reset pin, which resets while it is low.
    pub reset: Option<Wire>,
    /// What drives BOOT0, which selects the ROM while it is high. Where nothing does, the pin keeps `boot`.
    pub boot0: Option<Wire>,
    /// What BOOT0 selects where no modem line drives it.
    pub boot: Boot,
}

/// A wire from a modem line to a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// The line.
    pub from: ModemLine,
    /// Whether the pin is low while the line is asserted, as at most TTL adapters.
    pub inverted: bool,
}

/// A modem line that a host can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModemLine {
    /// Data Terminal Ready.
    Dtr,
    /// Request To Send.
    Rts,
}

impl Wire {
    /// Whether the pin is high.
    fn is_high(self, signals: Signals) -> bool {
        let asserted = match self.from {
            ModemLine::Dtr => signals.dtr,
            ModemLine::Rts => signals.rts,
        };
        asserted != self.inverted
    }
}

impl Wiring {
    /// Whether these signals hold the chip in reset.
    fn holds(self, signals: Signals) -> bool {
        self.reset.is_some_and(|wire| !wire.is_high(signals))
    }

    /// What the chip starts when it leaves reset with these signals.
    fn boots(self, signals: Signals) -> Boot {
        match self.boot0.map(|wire| wire.is_high(signals)) {
            None => self.boot,
            Some(true) => Boot::Bootloader,
            Some(false) => Boot::Application,
        }
    }
}

/// The modem lines as the host has set them, and the board that they lead to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ModemLines {
    wiring: Wiring,
    /// How they are set.
    pub signals: Signals,
}

impl ModemLines {
    /// Both lines let go, on a board wired like this.
    pub const fn to(wiring: Wiring) -> Self {
        Self { wiring, signals: Signals { dtr: false, rts: false } }
    }

    /// The host sets them, now.
    pub fn set(&mut self, signals: Signals, rom: &mut Rom) {
        let before = core::mem::replace(&mut self.signals, signals);
        if before == signals {
            return;
        }
        rom.note(Event::ModemLines(signals));
        match (self.wiring.holds(before), self.wiring.holds(signals)) {
            (false, true) => rom.hold(),
            (true, false) => rom.reset(self.wiring.boots(signals)),
            _ => {}
        }
    }
}
