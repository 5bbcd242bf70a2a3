//! What a session holds, and how it tells what happens.

use core::time::Duration;

use leptos::prelude::*;
use release_feed::{Artifact, LatestQuery};
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry};
use updater::{DeviceState, DfuDevice, Stamped};
use wasm_bindgen_futures::spawn_local;

use super::reached::Reached;
use super::remembered::Remembered;
use super::unfinished::{Reset, Unfinished};
use super::workshop::draw;
use super::{Cancel, Code, Event, Failure, Model, Outcome, PortChoice};
use crate::browser::{self, UnderWay};
use crate::config::{Config, Details, Drawing, Setup, Unusable};
use crate::port::ModuleError;
use crate::work::{self, Work};

/// The longest that erasing all of an unknown chip may take: 2 MiB of F4 take 32 s (datasheet).
pub(super) const ERASE_WORST: Duration = Duration::from_secs(40);
/// Of a protection that a chip keeps until it starts anew.
pub(super) const GONE_WHEN_OFF: &str = "the protection is gone once the device was off";

/// What a device told of itself, or is known of it.
pub(super) struct Identity {
    pub(super) chip: Chip,
    /// The flash of the chip at hand.
    pub(super) geometry: Geometry,
    /// What tells it from all others, where it can be read: the unique id, or what is made of it.
    pub(super) unique_id: Option<String>,
    /// As what DFU files have to name it.
    pub(super) dfu: DfuDevice,
}

/// The device at the other end, waiting in its bootloader.
pub(super) struct Connection {
    pub(super) bootloader: Reached,
    pub(super) identity: Identity,
    /// The wires by which it is reset, where it has any.
    pub(super) wiring: Option<Wiring>,
    /// How fast its kind of chip and the adapter understood each other before.
    pub(super) remembered: Remembered,
}

/// What keeps a device from being updated, and can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Read-out protection, which goes only with everything on the device.
    Readout,
    /// Write protection of some units, as far as anyone can tell: the ROM does not say so.
    Write,
}

/// A device that is protected.
pub(super) struct Locked {
    pub(super) bootloader: Reached,
    pub(super) wiring: Option<Wiring>,
    pub(super) by: Protection,
    /// What the device holds once someone has begun to remove the protection.
    pub(super) device: DeviceState,
}

/// What the feed offered, and in answer to which question.
#[derive(Clone)]
pub(super) struct Offered {
    pub(super) query: LatestQuery,
    pub(super) artifact: Artifact,
    pub(super) version: String,
}

/// A session, shared by the components of the page.
#[derive(Clone, Copy)]
pub struct Session {
    /// What the page shows.
    pub model: RwSignal<Model>,
    /// All that happened, oldest first.
    pub log: RwSignal<Vec<Stamped<Event>>>,
    /// What the feed is asked with; the person may edit it.
    pub details: RwSignal<Details>,
    /// What is missing or wrong in the details.
    pub details_problem: RwSignal<Option<Unusable>>,
    /// The second part of the page, once it is there.
    pub work: RwSignal<Option<Work>>,
    pub(super) setup: StoredValue<Setup>,
    pub(super) config: StoredValue<Config>,
    pub(super) connection: StoredValue<Option<Connection>, LocalStorage>,
    pub(super) locked: StoredValue<Option<Locked>, LocalStorage>,
    pub(super) offered: StoredValue<Option<Offered>>,
    /// Whether the latest release is wanted even where it is installed already.
    pub(super) whatever_is_installed: StoredValue<bool>,
    pub(super) cancel: StoredValue<Cancel, LocalStorage>,
    /// Told to all that is under way once another tab takes the page over.
    pub(super) taken: StoredValue<Cancel, LocalStorage>,
    /// What was connected to last.
    pub(super) connected: StoredValue<PortChoice>,
    /// How often someone has begun to connect: what an earlier attempt still waits for is nobody's any more.
    pub(super) attempt: StoredValue<u32>,
    /// How often in a row nothing was picked in the browser's list.
    pub(super) dismissed: StoredValue<u32>,
    /// The update that did not get to its end.
    pub(super) unfinished: StoredValue<Option<Unfinished>>,
    /// The wires by which the device is reset that was met last.
    pub(super) wiring: StoredValue<Option<Wiring>>,
    /// What has to be done to it before anything is sent to it.
    pub(super) reset: StoredValue<Reset>,
}

/// Why something ended before its end.
pub enum Stop {
    /// It failed.
    Failed(Failure),
    /// The person ended it, with the device in this state.
    Cancelled(DeviceState),
    /// Nothing has ended: the person closed the browser's list, or is to do something first and was told so.
    Dismissed,
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl Session {
    /// A session of a page that is set up like this.
    pub fn new(config: Config, setup: Setup) -> Self {
        Self {
            model: RwSignal::new(Model::default()),
            log: RwSignal::new(Vec::new()),
            details: RwSignal::new(setup.details.clone()),
            details_problem: RwSignal::new(None),
            work: RwSignal::new(None),
            setup: StoredValue::new(setup),
            config: StoredValue::new(config),
            connection: StoredValue::new_local(None),
            locked: StoredValue::new_local(None),
            offered: StoredValue::new(None),
            whatever_is_installed: StoredValue::new(false),
            cancel: StoredValue::new_local(Cancel::default()),
            taken: StoredValue::new_local(Cancel::default()),
            connected: StoredValue::new(PortChoice::Known),
            attempt: StoredValue::new(0),
            dismissed: StoredValue::new(0),
            unfinished: StoredValue::new(None),
            wiring: StoredValue::new(None),
            reset: StoredValue::new(Reset::NotKnown),
        }
    }

    /// Whether the devices that the page is for can be at a serial port, and on USB.
    pub fn cables(self) -> (bool, bool) {
        self.config.with_value(|config| (config.product.serial != Some(false), config.product.usb != Some(false)))
    }

    /// Whether there is anything on the page for technicians.
    pub fn is_for_technicians(self) -> bool {
        self.config.with_value(|config| config.technician != Some(false))
    }

    /// How a device gets into update mode: the picture, and the deployment's own words if it has any.
    pub fn boot_mode(self) -> (Drawing, Vec<String>) {
        self.config.with_value(|Config { product, .. }| {
            let drawing = product.boot_drawing.clone().unwrap_or_else(|| Drawing::of(&product.boot_mode));
            (drawing, product.boot_steps.clone())
        })
    }

    /// Whether a device waits at the other end, so that another try needs no new connection.
    pub fn is_connected(self) -> bool {
        self.connection.with_value(Option::is_some)
    }

    /// Begins what must not be disturbed, for as long as the answer is kept.
    ///
    /// # Errors
    /// [`Code::OtherTab`] where another tab has such a thing under way.
    pub(super) async fn undisturbed(self) -> Result<UnderWay, Failure> {
        let begun = UnderWay::begin().await;
        begun.ok_or_else(|| Failure::untouched(Code::OtherTab, "an update is under way in another tab"))
    }

    pub(super) fn tell(self, event: Event) {
        let stamped = Stamped { at: browser::now(), event };
        self.model.update(|model| model.apply(&stamped));
        draw(&stamped);
        self.log.update(|log| match (log.last_mut(), &stamped.event) {
            // A download is one line that counts up.
            (Some(last), Event::Downloading { .. }) if matches!(last.event, Event::Downloading { .. }) => {
                *last = stamped;
            }
            _ => log.push(stamped),
        });
    }

    /// Has the second part of the page be there.
    ///
    /// # Errors
    /// [`ModuleError`], when it cannot be loaded. It is tried anew each time.
    pub async fn second_part(self) -> Result<Work, ModuleError> {
        let work = work::loaded().await?;
        if self.work.try_with_untracked(Option::is_none).unwrap_or_default() {
            self.work.set(Some(work));
        }
        Ok(work)
    }

    pub(super) fn spawn(self, work: impl Future<Output = Result<(), Stop>> + 'static) {
        let taken = self.taken.get_value();
        spawn_local(async move {
            let Some(ended) = taken.or(work).await else { return };
            let outcome = match ended {
                Ok(()) | Err(Stop::Dismissed) => return,
                Err(Stop::Cancelled(device)) => Outcome::Cancelled { device: self.left(device) },
                Err(Stop::Failed(failure)) => Outcome::Failed(Failure { device: self.left(failure.device), ..failure }),
            };
            self.tell(Event::Ended(outcome));
        });
    }
}
