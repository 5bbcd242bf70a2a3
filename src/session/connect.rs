//! Reaching a device: by a port that was picked or is known, or once it has restarted.

use leptos::prelude::*;
use stm32_bootloader::boot_mode::Wiring;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{SerialPort, UsbDevice};

use super::reached::Reached;
use super::remembered::Remembered;
use super::state::{Connection, Identity, Locked, Protection, Session, Stop};
use super::{Cancel, Code, Device, Event, Failure, Stage};
use crate::browser;
use crate::port::{OpenError, choice, simulated};

/// What to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortChoice {
    /// A serial port that the person picks in the browser's list.
    Choose,
    /// The serial port that the page may use already.
    Known,
    /// A USB device that the person picks in the browser's list.
    ChooseUsb,
    /// The USB device that the page may use already.
    KnownUsb,
    /// The USB device that has restarted in update mode, and that the person picks in the browser's list.
    Restarted,
    /// The simulated device.
    Simulated,
}

/// What was chosen.
pub enum Chosen {
    /// A serial port.
    Port(SerialPort),
    /// A USB device.
    Device(UsbDevice),
}

/// It was there a moment ago.
fn gone() -> Failure {
    Failure::untouched(Code::Unplugged, "it is not there any more")
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Dismissed => Self::Dismissed,
            OpenError::Refused(reason) => Failure::untouched(Code::PortBusy, reason).into(),
        }
    }
}

impl Session {
    /// Connects, identifies the device and asks the feed.
    pub fn connect(self, wanted: PortChoice) {
        self.connected.set_value(wanted);
        self.attempt.update_value(|attempt| *attempt += 1);
        self.spawn(async move {
            // What is chosen comes before all else that waits: the browser shows its list only in answer to a click.
            let (speed, on_usb) = self.setup.with_value(|setup| (setup.simulated_speed, setup.simulated_on_usb));
            let chosen = match wanted {
                PortChoice::Known => choice::known(self.cables().1).await.port.map(Chosen::Port).ok_or_else(gone)?,
                PortChoice::KnownUsb => choice::known(true).await.device.map(Chosen::Device).ok_or_else(gone)?,
                PortChoice::Choose => Chosen::Port(self.picked(choice::choose_port().await, Code::NoPortPicked)?),
                PortChoice::ChooseUsb | PortChoice::Restarted => {
                    let device = choice::choose_device(wanted == PortChoice::Restarted).await;
                    Chosen::Device(self.picked(device, Code::NoDevicePicked)?)
                }
                PortChoice::Simulated => {
                    let what = if on_usb { "usbDevice" } else { "serialPort" };
                    let it = simulated(what, speed).await?;
                    if on_usb { Chosen::Device(it.unchecked_into()) } else { Chosen::Port(it.unchecked_into()) }
                }
            };
            let to = if wanted == PortChoice::Simulated { "a simulated device" } else { "a device" };
            self.work(chosen, to).await
        });
    }

    /// Does the same with what was just plugged in, a `SerialPort` or a `USBDevice` that the page may use.
    pub fn connect_plugged(self, plugged: JsValue) {
        self.attempt.update_value(|attempt| *attempt += 1);
        self.spawn(async move {
            let chosen = match plugged.dyn_into() {
                Ok(port) => Chosen::Port(port),
                Err(device) => Chosen::Device(device.unchecked_into()),
            };
            self.work(chosen, "the device that was plugged in").await
        });
    }

    /// Goes on with it in the page's second part, which may be still on its way.
    async fn work(self, chosen: Chosen, to: &'static str) -> Result<(), Stop> {
        // Another tab may have the device, and the page.
        browser::claimed().await;
        match self.second_part().await {
            Ok(work) => (work.reach)(self, chosen, to).await,
            Err(_) => {
                self.tell(Event::Advised { code: Code::NotLoaded });
                Err(Stop::Dismissed)
            }
        }
    }

    /// Connects to it, identifies it and asks the feed.
    pub(crate) async fn reach(self, chosen: Chosen, to: &str) -> Result<(), Stop> {
        // Two may have seen it come: an update that was interrupted, and a row of many units.
        if self.model.with_untracked(|model| model.stage == Stage::Connecting) {
            return Err(Stop::Dismissed);
        }
        match chosen {
            Chosen::Port(port) => self.reach_serial(port, to).await?,
            Chosen::Device(device) => self.reach_usb(device, to).await?,
        }
        self.learn().await;
        self.ask().await
    }

    /// What the person picked. Who picks nothing twice may not have found the device: `code` is what they are told then.
    fn picked<T>(self, picked: Result<T, OpenError>, code: Code) -> Result<T, OpenError> {
        let times = if matches!(picked, Err(OpenError::Dismissed)) { self.dismissed.get_value() + 1 } else { 0 };
        self.dismissed.set_value(times);
        if times > 1 {
            self.tell(Event::Advised { code });
        }
        picked
    }

    /// Another tab has taken the page over: what is under way ends where it is, and lets go of the device.
    pub fn let_go(self) {
        self.taken.with_value(Cancel::tell);
        self.taken.set_value(Cancel::default());
        self.connection.set_value(None);
        self.locked.set_value(None);
        self.tell(Event::TakenOver);
    }

    /// A new connection is made; what the last one led to is let go.
    pub(super) fn begin_connecting(self, to: &str, baud: Option<u32>, adapter: Option<String>) {
        self.connection.set_value(None);
        self.leave_port(None);
        self.locked.set_value(None);
        self.whatever_is_installed.set_value(false);
        self.tell(Event::Connecting { to: to.into(), baud, adapter });
    }

    /// Tells what device is there, and keeps it connected. `adapter` and chip are remembered for the rates that they manage.
    pub(super) fn met(
        self,
        bootloader: Reached,
        identity: Identity,
        wiring: Option<Wiring>,
        adapter: Option<String>,
        device: Device,
    ) {
        self.tell(Event::Identified(device));
        self.is_there_again(identity.unique_id.as_deref());
        self.wiring.set_value(wiring);
        let remembered = Remembered::of(adapter, identity.chip.product_id);
        self.connection.set_value(Some(Connection { bootloader, identity, wiring, remembered }));
    }

    /// What protects the device that waits at the other end, if anything does.
    pub fn locked_by(self) -> Option<Protection> {
        self.locked.with_value(|locked| locked.as_ref().map(|locked| locked.by))
    }

    /// Removes the protection of the device, with all that this costs, and goes on.
    pub fn unlock(self) {
        self.spawn(async move {
            let undisturbed = self.undisturbed().await?;
            let Some(locked) = self.locked.try_update_value(Option::take).flatten() else { return Ok(()) };
            let Locked { bootloader, wiring, by, device } = locked;
            self.tell(Event::Unlocking);
            let freed = match bootloader {
                Reached::Serial(bootloader) => self.free_serial(bootloader, wiring, by).await.map_err(Stop::from),
                Reached::Usb(bootloader) => self.free_usb(bootloader).await,
            };
            drop(undisturbed);
            match freed {
                Ok(()) => {
                    self.learn().await;
                    self.ask().await
                }
                Err(Stop::Failed(failure)) => Err(Failure { device, ..failure }.into()),
                stop => stop,
            }
        });
    }
}
