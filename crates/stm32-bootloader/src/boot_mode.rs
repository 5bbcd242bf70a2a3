//! Into the bootloader and out of it by the modem lines, on boards that wire them to BOOT0 and NRST.

use core::time::Duration;

use crate::port::{Port, PortError, Signals};
use crate::usart::{Presence, look_for};

/// How long NRST is held low, and how long the levels are given to settle: the pin's own pull-up and capacitor take
/// microseconds, adapters that set lines by USB requests some milliseconds.
const HOLD: Duration = Duration::from_millis(50);
/// How long a ROM is given to start before it is spoken to: 74 ms on F4 (AN2606 Table 227); slower ones are asked again.
const START_UP: Duration = Duration::from_millis(100);
/// How long a ROM is looked for with each wiring that is tried. Start-up takes up to 0.56 s (AN2606 Table 227).
const TRY_FOR: Duration = Duration::from_millis(800);

/// A modem line that a host can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModemLine {
    /// Data Terminal Ready.
    Dtr,
    /// Request To Send.
    Rts,
}

/// A wire from a modem line to a pin of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// The line.
    pub line: ModemLine,
    /// Whether the pin is low while the line is asserted, as at most TTL adapters.
    pub inverted: bool,
}

/// How a board wires the modem lines to the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wiring {
    /// What drives NRST, which resets while it is low.
    pub reset: Wire,
    /// What drives BOOT0, which selects the ROM while it is high. `None` where a jumper or a button does.
    pub boot0: Option<Wire>,
}

impl Wire {
    /// Sets `signals` so that the pin is high or low.
    const fn drive(self, signals: &mut Signals, high: bool) {
        let asserted = high != self.inverted;
        match self.line {
            ModemLine::Dtr => signals.dtr = asserted,
            ModemLine::Rts => signals.rts = asserted,
        }
    }
}

impl Wiring {
    /// The wirings that are tried when it is not known which one a board has, commonest first.
    pub const PRESETS: [Self; 8] = [
        Self::of(ModemLine::Dtr, true, ModemLine::Rts, true),
        Self::of(ModemLine::Rts, true, ModemLine::Dtr, true),
        // BOOT0 through a transistor, or by an adapter's own inverter.
        Self::of(ModemLine::Dtr, true, ModemLine::Rts, false),
        Self::of(ModemLine::Rts, true, ModemLine::Dtr, false),
        Self::of(ModemLine::Dtr, false, ModemLine::Rts, true),
        Self::of(ModemLine::Rts, false, ModemLine::Dtr, true),
        Self::of(ModemLine::Dtr, false, ModemLine::Rts, false),
        Self::of(ModemLine::Rts, false, ModemLine::Dtr, false),
    ];

    const fn of(reset: ModemLine, reset_inverted: bool, boot0: ModemLine, boot0_inverted: bool) -> Self {
        Self {
            reset: Wire { line: reset, inverted: reset_inverted },
            boot0: Some(Wire { line: boot0, inverted: boot0_inverted }),
        }
    }

    fn signals(self, reset_high: bool, boot0_high: bool) -> Signals {
        let mut signals = Signals::default();
        self.reset.drive(&mut signals, reset_high);
        if let Some(boot0) = self.boot0 {
            boot0.drive(&mut signals, boot0_high);
        }
        signals
    }

    /// The time from the beginning of [`enter`](Self::enter) until a ROM that starts within `start_up` can be spoken to.
    pub(crate) fn time_to_enter(start_up: Duration) -> Duration {
        HOLD + START_UP.max(start_up)
    }

    /// Resets the chip into its bootloader, and waits until that can have started. BOOT0 stays high, for a chip that
    /// resets itself.
    ///
    /// # Errors
    /// [`PortError`] when the port has no modem lines or is gone.
    pub async fn enter<P: Port>(self, port: &mut P) -> Result<(), PortError> {
        self.reset(port, true).await?;
        port.wait_until(port.now() + START_UP).await;
        // What the application said while it was reset.
        port.clear_input().await
    }

    /// Resets the chip into its application.
    ///
    /// # Errors
    /// [`PortError`] when the port has no modem lines or is gone.
    pub async fn leave<P: Port>(self, port: &mut P) -> Result<(), PortError> {
        self.reset(port, false).await
    }

    async fn reset<P: Port>(self, port: &mut P, boot0: bool) -> Result<(), PortError> {
        port.set_signals(self.signals(false, boot0)).await?;
        port.wait_until(port.now() + HOLD).await;
        port.set_signals(self.signals(true, boot0)).await
    }

    /// Tries [`PRESETS`](Self::PRESETS) until the ROM answers, and says with which. The lines are let go if none does.
    ///
    /// A step of a wrong wiring can reset the chip into its ROM by chance. The right one does so again, and once more, so
    /// that the ROM is left fresh.
    ///
    /// # Errors
    /// [`PortError`] when the port has no modem lines or is gone.
    pub async fn find<P: Port>(port: &mut P) -> Result<Option<Self>, PortError> {
        for wiring in Self::PRESETS {
            let mut resets = async || {
                wiring.enter(port).await?;
                Ok::<_, PortError>(look_for(port, TRY_FOR).await? == Some(Presence::Fresh))
            };
            if resets().await? && resets().await? {
                wiring.enter(port).await?;
                return Ok(Some(wiring));
            }
        }
        port.set_signals(Signals::default()).await?;
        Ok(None)
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::chip::{Chip, ProductId};
    use crate::sim::{self, Boot, Rom, SimulatedPort, State};
    use crate::usart::Bootloader;

    /// A chip that runs its application, on a board wired like this.
    fn board(wiring: Wiring) -> SimulatedPort {
        let wire = |wire: Wire| sim::Wire {
            from: match wire.line {
                ModemLine::Dtr => sim::ModemLine::Dtr,
                ModemLine::Rts => sim::ModemLine::Rts,
            },
            inverted: wire.inverted,
        };
        let chip = Chip::by_product_id(ProductId(0x410)).expect("the chip is in the table");
        let program = [0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0xFE, 0xE7];
        let mut rom = Rom::new(chip).with_flash(chip.geometry.base, &program);
        rom.reset(Boot::Application);
        SimulatedPort::new(rom).with_wiring(sim::Wiring {
            reset: Some(wire(wiring.reset)),
            boot0: wiring.boot0.map(wire),
            boot: Boot::Bootloader,
        })
    }

    #[test]
    fn each_wiring_leads_into_the_bootloader_and_back_to_the_application() {
        let with_button = Wiring { boot0: None, ..Wiring::PRESETS[0] };
        for wiring in Wiring::PRESETS.into_iter().chain([with_button]) {
            let mut port = board(wiring);
            block_on(wiring.enter(&mut port)).unwrap();
            assert_eq!(port.rom().state(), State::Waiting, "{wiring:?}");
            block_on(Bootloader::connect(&mut port)).unwrap();
            if wiring.boot0.is_some() {
                block_on(wiring.leave(&mut port)).unwrap();
                assert_eq!(port.rom().state(), State::Application, "{wiring:?}");
            }
        }
    }

    #[test]
    fn the_wiring_of_a_board_is_found() {
        for wiring in Wiring::PRESETS {
            let mut port = board(wiring);
            let found = block_on(Wiring::find(&mut port)).unwrap().expect("one of them is the board's");
            // Another may do as well; what counts is that it leads to the ROM and back.
            block_on(Bootloader::connect(&mut port)).unwrap_or_else(|error| panic!("{wiring:?}: {error}"));
            block_on(found.leave(&mut port)).unwrap();
            assert_eq!(port.rom().state(), State::Application, "{wiring:?} was taken for {found:?}");
        }
    }

    #[test]
    fn a_board_without_wires_is_none_and_is_left_alone() {
        let chip = Chip::by_product_id(ProductId(0x410)).expect("the chip is in the table");
        let program = [0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0xFE, 0xE7];
        let mut rom = Rom::new(chip).with_flash(chip.geometry.base, &program);
        rom.reset(Boot::Application);
        let mut port = SimulatedPort::new(rom);
        assert_eq!(block_on(Wiring::find(&mut port)), Ok(None));
        assert_eq!(port.rom().state(), State::Application);
    }
}
