//! A chip on USB, at the pace of the page's clock.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use stm32_bootloader::port::Instant;
use stm32_bootloader::sim::{Answer, Boot, UsbBus};

use crate::clock::{Pace, Pauses};
use crate::device::new_chip;
use crate::signal::Signal;

/// Why a transfer has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The device is not on the bus any more.
    Gone,
    /// The host closed it.
    Closed,
}

/// The chip. What was written to it stays until the page is closed.
pub(crate) struct UsbChip {
    bus: RefCell<UsbBus>,
    pace: Cell<Pace>,
    /// Counts the openings, so that what belongs to an earlier one ends.
    opening: Cell<u32>,
    /// Counts the transfers.
    transfers: Cell<u64>,
    host_did: Signal,
    pauses: Pauses,
}

thread_local! {
    static CHIP: RefCell<Option<Rc<UsbChip>>> = const { RefCell::new(None) };
}

impl UsbChip {
    /// Plugs the chip in, freshly reset into its bootloader.
    pub(crate) fn plug_in(speed: f64) -> Result<Rc<Self>, String> {
        let chip = CHIP.with_borrow_mut(|chip| match chip {
            Some(chip) => Ok(Rc::clone(chip)),
            None => Self::new(speed).map(|new| Rc::clone(chip.insert(Rc::new(new)))),
        })?;
        chip.close();
        chip.bus.borrow_mut().plug(Boot::Bootloader);
        chip.pace.set(Pace::new(chip.bus.borrow().rom().now(), speed));
        Ok(chip)
    }

    fn new(speed: f64) -> Result<Self, String> {
        let bus = UsbBus::new(new_chip()?);
        Ok(Self {
            pace: Cell::new(Pace::new(bus.rom().now(), speed)),
            bus: RefCell::new(bus),
            opening: Cell::new(0),
            transfers: Cell::new(0),
            host_did: Signal::default(),
            pauses: Pauses::new(),
        })
    }

    /// The number of the device that is on the bus.
    pub(crate) fn device_number(&self) -> Option<u32> {
        self.advance(self.pace.get().chip_now());
        self.bus.borrow().device_number()
    }

    pub(crate) fn close(&self) {
        self.opening.set(self.opening.get().wrapping_add(1));
        self.host_did.tell();
    }

    /// Hands a control transfer in to the device with this number, and waits for what it answers.
    pub(crate) async fn transfer(&self, device: u32, setup: [u8; 8], bytes: Vec<u8>) -> Result<Answer, Ended> {
        let (opening, number) = (self.opening.get(), self.transfers.get());
        self.transfers.set(number + 1);
        if self.device_number() != Some(device) {
            return Err(Ended::Gone);
        }
        self.bus.borrow_mut().submit(number, setup, bytes);
        // What it waits for is known once it has begun.
        self.advance(self.pace.get().chip_now());
        loop {
            let (answered, is_there, next) = {
                let mut bus = self.bus.borrow_mut();
                (bus.answered(), bus.device_number() == Some(device), bus.next_moment())
            };
            match (answered, next) {
                // Those of transfers that were given up are nobody's.
                (Some((answered, answer)), _) if answered == number => return Ok(answer),
                (Some(_), _) => {}
                _ if !is_there => return Err(Ended::Gone),
                _ if self.opening.get() != opening => {
                    self.bus.borrow_mut().give_up(number);
                    return Err(Ended::Closed);
                }
                (None, Some(moment)) => {
                    self.pauses.catch_up(self.pace.get().until(moment)).await;
                    self.advance(moment);
                }
                (None, None) => self.host_did.told().await,
            }
        }
    }

    fn advance(&self, moment: Instant) {
        self.bus.borrow_mut().advance(moment);
    }
}
