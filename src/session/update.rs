//! Asks the feed, downloads what it offers, and writes it to the device.

use core::time::Duration;

use leptos::prelude::*;
use release_feed::{Answer, Artifact, Client};
use updater::{Before, Cause, DeviceState, Found, Image, LinkSpeed, Observer, Plan, Segment, Stamped, Supply, Target};

use super::interrupted::Attempt;
use super::state::{Connection, Locked, Offered, Protection, Session, Stop};
use super::{Cancel, Code, Event, Failure, Offer, Outcome, SlowAdapter};
use crate::browser;
use crate::config::Details;
use crate::fetch::BrowserFetch;

/// What an adapter that is set up well adds to each answer, with the browser's share.
const FAST_ADAPTER: Duration = Duration::from_millis(3);
/// A person is told of an adapter that costs so many seconds.
const WORTH_A_WORD: u64 = 5;

impl Session {
    /// Asks the feed with the details as they are now.
    pub fn ask_again(self) {
        self.spawn(self.ask());
    }

    /// Asks the feed for the latest release, whatever is installed.
    pub fn offer_again(self) {
        self.details.update(|details| details.current_version.clear());
        self.ask_again();
    }

    fn client(self) -> Client<BrowserFetch> {
        self.config.with_value(|config| {
            let base = if config.feed.url.is_empty() { browser::origin() } else { config.feed.url.clone() };
            Client::new(BrowserFetch, base, config.feed.project_key.clone())
        })
    }

    pub(super) async fn ask(self) -> Result<(), Stop> {
        let query = match self.details.with_untracked(Details::query) {
            Ok(query) => query,
            Err(problem) => {
                self.details_problem.set(Some(problem));
                self.tell(Event::DetailsNeeded);
                return Ok(());
            }
        };
        self.details_problem.set(None);
        self.tell(Event::Asking { query: query.to_query_string() });
        match self.client().latest(&query).await? {
            Answer::Offered(release) => {
                let artifact = release
                    .artifact_for(&query.hardware_version, &query.software_type)
                    .map_err(|error| Failure::untouched(Code::UnsuitableRelease, error))?
                    .clone();
                let older = self.trust(&query, &release, &artifact).await?;
                let (seconds, slow_adapter) = self.expectation(&artifact).unzip();
                let offer = Offer {
                    version: release.title().to_owned(),
                    notes: release.notes.clone().unwrap_or_default(),
                    size: artifact.file_size,
                    older,
                    seconds,
                    slow_adapter: slow_adapter.flatten(),
                };
                self.offered.set_value(Some(Offered { query, artifact, version: release.version }));
                self.tell(Event::Offered(offer));
            }
            Answer::NothingNewer { reason } => self.tell(Event::Ended(Outcome::UpToDate { reason })),
        }
        Ok(())
    }

    /// How long the update will take, from what the feed says of the file: as a plan for an image of that size. And how
    /// much of that is a slow adapter's.
    fn expectation(self, artifact: &Artifact) -> Option<(u64, Option<SlowAdapter>)> {
        let mut size = usize::try_from(artifact.file_size?).ok()?;
        if artifact.filename.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".hex")) {
            // A line of Intel HEX is 45 characters for 16 bytes.
            size = size * 16 / 45;
        }
        let supply = self.config.with_value(|config| config.product.supply);
        self.connection.try_update_value(|connection| {
            let Connection { bootloader, identity, .. } = connection.as_mut()?;
            let geometry = &identity.geometry;
            let bytes = vec![!identity.chip.erased_byte; size.min(geometry.size as usize)];
            let image = Image::new(vec![Segment { address: geometry.base, bytes }]).ok()?;
            let from_2v7 = identity.chip.from_2v7().filter(|_| supply == Supply::From2V7);
            let plan = Plan::new(&image, from_2v7.as_ref().unwrap_or(&identity.chip), geometry, &Found::nothing());
            let link = LinkSpeed::of(bootloader);
            let seconds = |link| plan.summary(link).duration().as_secs_f64().ceil() as u64;
            let all = seconds(link);
            let mut fast = link;
            fast.round_trip = link.round_trip.min(FAST_ADAPTER);
            let extra = all - seconds(fast);
            let slow = SlowAdapter { milliseconds: link.round_trip.as_millis() as u64, seconds: extra };
            Some((all, (extra >= WORTH_A_WORD && bootloader.has_adapter()).then_some(slow)))
        })?
    }

    /// Downloads the offered release, checks it and writes it to the device.
    pub fn update(self) {
        let cancel = Cancel::default();
        self.cancel.set_value(cancel.clone());
        self.spawn(async move {
            let Some(offered) = self.offered.get_value() else { return Ok(()) };
            let payload = self.download(&offered, &cancel).await?;
            let image = self.image(&payload)?;
            let started = self.write(&payload, &image, cancel).await?;
            self.details.update(|details| details.current_version.clone_from(&offered.version));
            self.tell(Event::Ended(Outcome::Updated { started }));
            Ok(())
        });
    }

    async fn download(self, offered: &Offered, cancel: &Cancel) -> Result<Vec<u8>, Stop> {
        let Offered { query, artifact, .. } = offered;
        let progress = |received, total| self.tell(Event::Downloading { received, total });
        progress(0, artifact.file_size);
        match cancel.or(self.client().download(query, artifact, progress)).await {
            Some(payload) => Ok(payload?),
            None => Err(Stop::Cancelled(DeviceState::Untouched)),
        }
    }

    /// The payload as an image that the connected device can hold.
    fn image(self, payload: &[u8]) -> Result<Image, Failure> {
        self.connection.with_value(|connection| {
            let identity = &connection.as_ref().ok_or_else(disconnected)?.identity;
            let base = self
                .config
                .with_value(|config| config.product.image_address)
                .map_or(identity.geometry.base, |address| address.0);
            let image = Image::parse(payload, base).map_err(|error| Failure::untouched(Code::BadImage, error))?;
            updater::check(&image, &identity.chip, &identity.geometry)?;
            let left_out = image.left_out().iter().map(ToString::to_string).collect();
            self.tell(Event::Checked { bytes: image.size() as u64, left_out });
            Ok(image)
        })
    }

    /// Writes the image and lets the device go: whatever came of it, the next attempt starts from a fresh connection.
    /// Says whether the device has started it.
    async fn write(self, payload: &[u8], image: &Image, cancel: Cancel) -> Result<bool, Stop> {
        let connection = self.connection.try_update_value(Option::take).flatten().ok_or_else(disconnected)?;
        let Connection { mut bootloader, identity, wiring } = connection;
        let attempt = identity.unique_id.as_deref().map(|id| Attempt::new(id, payload));
        let interrupted = attempt.as_ref().is_some_and(Attempt::was_interrupted);
        if interrupted {
            self.tell(Event::TakenUp);
        }
        attempt.iter().for_each(Attempt::begin);
        let before = if interrupted { Before::Interrupted } else { Before::Unknown };
        let supply = self.config.with_value(|config| config.product.supply);
        let target = Target { chip: &identity.chip, geometry: &identity.geometry, before, supply, wiring };
        let result = updater::update(&mut bootloader, image, target, &mut Follow { session: self, cancel }).await;
        // Nothing is left to be taken up where all is there, or where nothing was done yet.
        let state = result.as_ref().map_or_else(|failure| failure.state, |_| DeviceState::Complete);
        if state == DeviceState::Complete || state == DeviceState::Untouched && !interrupted {
            attempt.iter().for_each(Attempt::end);
        }
        if let Err(updater::Failure { cause: Cause::Mismatch { .. }, .. }) = &result
            && bootloader.has_write_unprotect()
        {
            self.locked.set_value(Some(Locked { bootloader, wiring, by: Protection::Write }));
        }
        match result {
            Ok(done) => Ok(done.started),
            Err(updater::Failure { cause: Cause::Cancelled, state }) => Err(Stop::Cancelled(state)),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Ends the update after the exchange that is under way.
    pub fn cancel(self) {
        self.cancel.with_value(Cancel::tell);
    }
}

fn disconnected() -> Failure {
    Failure::untouched(Code::Unplugged, "the device is no longer connected")
}

/// Passes the procedure's events on, on the page's clock: a simulated device has one of its own.
struct Follow {
    session: Session,
    cancel: Cancel,
}

impl Observer for Follow {
    fn observe(&mut self, stamped: Stamped) {
        self.session.tell(Event::Update(stamped.event));
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_told()
    }
}
