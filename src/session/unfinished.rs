//! An update that did not get to its end: what it left the device in, and how it goes on once that is there again.

use core::time::Duration;

use leptos::prelude::*;
use stm32_bootloader::boot_mode::Wiring;
use updater::{DeviceState, Stamped};
use wasm_bindgen_futures::spawn_local;

use super::interrupted;
use super::reached::Reached;
use super::state::{Offered, Session, Stop};
use super::{Code, Event, Failure, PortChoice, Stage};
use crate::browser;
use crate::port::{amid_list, choice};

/// How long a system may take until a device that was plugged in can be opened: its rights are set after it is seen.
const SETTLED: Duration = Duration::from_millis(500);

/// Which update of which device that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfinished {
    /// The device's unique id, where it can be read.
    device: Option<String>,
    /// The version that was being written.
    version: String,
    on_usb: bool,
    /// Whether it goes on by itself: the cable came off, and no person has to reset the device first.
    by_itself: bool,
}

/// What is done about a device that waits for a list of units to erase, before anything is sent to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Reset {
    /// Whether one does is not known to this page; it may be to one that was closed.
    #[default]
    NotKnown,
    /// These wires reset it.
    ByWires(Wiring),
    /// A person was told to reset it.
    ByPerson,
}

impl Session {
    /// What an update that begins now is once it does not get to its end.
    pub(super) fn unfinished(self, offered: &Offered) -> Option<Unfinished> {
        self.connection.with_value(|connection| {
            let connection = connection.as_ref()?;
            Some(Unfinished {
                device: connection.identity.unique_id.clone(),
                version: offered.version.clone(),
                on_usb: matches!(connection.bootloader, Reached::Usb(_)),
                by_itself: false,
            })
        })
    }

    /// Keeps in mind how it ended.
    pub(super) fn remember(self, unfinished: Option<Unfinished>, result: &Result<(), Stop>) {
        match result {
            Ok(()) => self.unfinished.set_value(None),
            Err(Stop::Cancelled(DeviceState::Incomplete)) => self.unfinished.set_value(unfinished),
            Err(Stop::Failed(Failure { device, code, .. })) => {
                // Else the device holds what it held before.
                if *device == DeviceState::Incomplete {
                    let by_itself = *code == Code::Unplugged;
                    self.unfinished.set_value(unfinished.map(|unfinished| Unfinished { by_itself, ..unfinished }));
                }
                if *code == Code::NeedsReset {
                    self.is_amid_list();
                }
            }
            _ => {}
        }
    }

    /// The device may wait for a list of units to erase, so that nothing is to be sent to it before a reset: by the wires,
    /// whatever else was set, or else by a person, who connects to it then.
    pub(super) fn is_amid_list(self) {
        let wiring = self.wiring.get_value();
        let is_wired = wiring.is_some();
        self.reset.set_value(wiring.map_or(Reset::ByPerson, Reset::ByWires));
        self.unfinished.update_value(|unfinished| {
            if let Some(unfinished) = unfinished {
                unfinished.by_itself = is_wired;
            }
        });
    }

    /// The wires by which a device has to be reset before anything is sent to it, where there is one that has.
    ///
    /// # Errors
    /// [`Failure`] where a person has to, and was not told yet.
    pub(super) fn to_be_reset_by(self) -> Result<Option<Wiring>, Failure> {
        match self.reset.get_value() {
            Reset::ByWires(wiring) => Ok(Some(wiring)),
            // Wires that whoever deploys the page has told of reset it first in any case.
            Reset::NotKnown
                if amid_list::is_left() && !self.config.with_value(|config| config.product.boot_mode.resets()) =>
            {
                self.reset.set_value(Reset::ByPerson);
                let detail = "the page was closed while the device waited for what to erase".into();
                Err(Failure { code: Code::NeedsReset, detail, device: DeviceState::Incomplete })
            }
            Reset::NotKnown | Reset::ByPerson => Ok(None),
        }
    }

    /// The device answers, so that it waits for no list.
    pub(super) fn is_amid_no_list(self) {
        self.reset.set_value(Reset::NotKnown);
        amid_list::note(false);
    }

    /// What the device holds, of which an attempt that did not get far knows no better than `state`.
    pub(super) fn left(self, state: DeviceState) -> DeviceState {
        match state {
            DeviceState::Untouched if self.unfinished.with_value(Option::is_some) || self.was_left_before() => {
                DeviceState::Incomplete
            }
            state => state,
        }
    }

    /// Whether an update did not get to its end in a page that was closed: of this device, or, where the page has met none
    /// yet, of any, which then is most likely this one.
    fn was_left_before(self) -> bool {
        match self.model.with_untracked(|model| model.device.clone()) {
            Some(device) => device.unique_id.is_some_and(|id| interrupted::is_left(&id)),
            None => {
                let has_met = |log: &Vec<_>| log.iter().any(|it: &Stamped<_>| matches!(it.event, Event::Identified(_)));
                !self.log.with_untracked(has_met) && interrupted::any_is_left()
            }
        }
    }

    /// A device was reached: it may be another one than that which was left unfinished.
    pub(super) fn is_there_again(self, device: Option<&str>) {
        self.unfinished.update_value(|unfinished| {
            if let Some(Unfinished { device: Some(left), .. }) = unfinished
                && device.is_some_and(|device| device != left)
            {
                *unfinished = None;
            }
        });
    }

    /// Whether what is offered is what was being written to this device when the cable came off.
    pub(super) fn goes_on_by_itself(self, offered: &Offered) -> bool {
        let device = self.connection.with_value(|held| held.as_ref().and_then(|held| held.identity.unique_id.clone()));
        self.unfinished.with_value(|unfinished| {
            unfinished.as_ref().is_some_and(|unfinished| {
                unfinished.by_itself
                    && device.is_some()
                    && unfinished.device == device
                    && unfinished.version == offered.version
            })
        })
    }

    /// Something was plugged in or out: connects to the device that was left unfinished, where it is that.
    pub fn look_for_unfinished(self) {
        let stage = self.model.try_with_untracked(|model| model.stage).unwrap_or_default();
        // A device that restarts in update mode leaves its port and comes to another.
        if !stage.busy() && stage != Stage::Permission {
            super::identity::forget();
        }
        let Some(unfinished) = self.unfinished.try_get_value().flatten().filter(|unfinished| unfinished.by_itself)
        else {
            return;
        };
        spawn_local(async move {
            browser::sleep(SETTLED).await;
            let known = choice::known(self.cables().1).await;
            let is_there = if unfinished.on_usb { known.device.is_some() } else { known.port.is_some() };
            if is_there && self.model.with_untracked(|model| model.stage == Stage::Ended) {
                self.connect(if unfinished.on_usb { PortChoice::KnownUsb } else { PortChoice::Known });
            }
        });
    }
}
