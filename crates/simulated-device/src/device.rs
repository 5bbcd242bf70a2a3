//! A chip on a cable, at the pace of the page's clock.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::FutureExt;
use stm32_bootloader::chip::{Chip, ProductId};
use stm32_bootloader::port::{Instant, LineSettings, Port, PortError, Signals};
use stm32_bootloader::sim::{Boot, ModemLine, Rom, SimulatedPort, Wire, Wiring};

use crate::clock::{Pace, Pauses, SHORTEST_WAIT};
use crate::signal::Signal;

/// STM32F405 and its kin.
const PRODUCT_ID: ProductId = ProductId(0x413);
/// Its board's wires, which matter only to a product that is said to have some.
const WIRING: Wiring = Wiring {
    reset: Some(Wire { from: ModemLine::Dtr, inverted: true }),
    boot0: Some(Wire { from: ModemLine::Rts, inverted: true }),
    boot: Boot::Bootloader,
};
/// How much of what the chip sends is passed on at a time.
const PIECE: usize = 512;

/// The chip that is simulated, new from the factory.
pub(crate) fn new_chip() -> Result<Rom, String> {
    Chip::by_product_id(PRODUCT_ID).map(Rom::new).ok_or_else(|| format!("no chip {PRODUCT_ID} to simulate"))
}

/// The chip. What was written to it stays until the page is closed.
pub(crate) struct Device {
    port: RefCell<SimulatedPort>,
    pace: Cell<Pace>,
    /// Counts the openings, so that what belongs to an earlier one ends.
    opening: Cell<u32>,
    host_did: Signal,
    pauses: Pauses,
}

thread_local! {
    static DEVICE: RefCell<Option<Rc<Device>>> = const { RefCell::new(None) };
}

impl Device {
    /// Plugs the chip in, freshly reset into its bootloader.
    pub(crate) fn plug_in(speed: f64) -> Result<Rc<Self>, String> {
        let device = DEVICE.with_borrow_mut(|device| match device {
            Some(device) => Ok(Rc::clone(device)),
            None => {
                let new = Self::at(SimulatedPort::new(new_chip()?).with_wiring(WIRING), speed);
                Ok::<_, String>(Rc::clone(device.insert(Rc::new(new))))
            }
        })?;
        device.close();
        device.port.borrow_mut().rom_mut().reset(Boot::Bootloader);
        device.pace.set(Pace::new(device.port.borrow().now(), speed));
        Ok(device)
    }

    /// The chip at the other end of `port`, as it is.
    pub(crate) fn at(port: SimulatedPort, speed: f64) -> Self {
        Self {
            pace: Cell::new(Pace::new(port.now(), speed)),
            port: RefCell::new(port),
            opening: Cell::new(0),
            host_did: Signal::default(),
            pauses: Pauses::new(),
        }
    }

    /// The number of this opening.
    pub(crate) fn open(&self, line: LineSettings) -> Result<u32, PortError> {
        self.do_now(|port| port.set_line(line).now_or_never())?;
        Ok(self.opening.get())
    }

    pub(crate) fn close(&self) {
        self.opening.set(self.opening.get().wrapping_add(1));
        self.host_did.tell();
    }

    pub(crate) fn send(&self, bytes: &[u8]) -> Result<(), PortError> {
        self.do_now(|port| port.write(bytes, port.now()).now_or_never())
    }

    pub(crate) fn set_signals(&self, signals: Signals) -> Result<(), PortError> {
        self.do_now(|port| port.set_signals(signals).now_or_never())
    }

    /// Does what the host does, at the moment at which it does it.
    fn do_now(&self, act: impl FnOnce(&mut SimulatedPort) -> Option<Result<(), PortError>>) -> Result<(), PortError> {
        let mut port = self.port.borrow_mut();
        let _ = port.wait_until(self.pace.get().chip_now()).now_or_never();
        let done = act(&mut port);
        drop(port);
        self.host_did.tell();
        done.unwrap_or(Ok(()))
    }

    /// The next bytes that the chip sends; `None` once the opening with this number has ended.
    pub(crate) async fn next(&self, opening: u32) -> Option<Vec<u8>> {
        while self.opening.get() == opening {
            let Some((moment, sent)) = self.go_on() else {
                self.host_did.told().await;
                continue;
            };
            self.pauses.catch_up(self.pace.get().until(moment)).await;
            if !sent.is_empty() {
                return Some(sent);
            }
        }
        None
    }

    /// Lets the chip go on to the moment that is given back, and what it sends till then; `None` while it waits for the host.
    fn go_on(&self) -> Option<(Instant, Vec<u8>)> {
        let mut port = self.port.borrow_mut();
        let last = port.cable_mut().last_moment()?;
        // As much at a time as no wait lies within.
        let soon = last.min(port.now() + self.pace.get().chip_span(SHORTEST_WAIT));
        let _ = port.wait_until(soon).now_or_never();
        let mut sent = vec![0; PIECE];
        let count = port.read(&mut sent, soon).now_or_never().and_then(Result::ok).unwrap_or(0);
        sent.truncate(count);
        Some((soon, sent))
    }
}
