//! Asks the feed, downloads what it offers, and writes it to the device.

use core::time::Duration;

use leptos::prelude::*;
use release_feed::{Answer, Artifact, Client, DownloadError, FeedError, LatestQuery};
use stm32_bootloader::chip::Geometry;
use stm32_bootloader::usart::Pace;
use updater::{Before, Cause, DeviceState, Image, LinkSpeed, Observer, Plan, Stamped, Supply, Target};

use super::interrupted::{self, Attempt};
use super::state::{Connection, Identity, Locked, Offered, Protection, Session, Stop};
use super::workshop::LocalFile;
use super::{Cancel, Code, Event, Expectation, Failure, Offer, Outcome, SlowAdapter, Stage};
use crate::browser;
use crate::config::Details;
use crate::fetch::BrowserFetch;

/// What an adapter that is set up well adds to each answer, with the browser's share.
const FAST_ADAPTER: Duration = Duration::from_millis(3);
/// What the reason for a release begins with that was taken along (`src/technician/kept.js`); the day follows.
const TAKEN: &str = "taken-along ";
/// A person is told of an adapter that costs so many seconds.
const WORTH_A_WORD: u64 = 5;

impl Session {
    /// Asks the feed with the details as the person has left them.
    pub fn ask_with_details(self) {
        self.whatever_is_installed.set_value(false);
        self.ask_again();
    }

    /// Asks the feed for the latest release, whatever is installed.
    pub fn offer_again(self) {
        self.whatever_is_installed.set_value(true);
        self.ask_again();
    }

    /// Asks the feed the same once more.
    pub fn ask_again(self) {
        // What is done in the workshop comes to its end first.
        if self.model.with_untracked(|model| model.stage != Stage::Working) {
            self.spawn(self.ask());
        }
    }

    pub(super) fn client(self) -> Client<BrowserFetch> {
        self.config.with_value(|config| {
            let base = if config.feed.url.is_empty() { browser::origin() } else { config.feed.url.clone() };
            Client::new(BrowserFetch, base, config.feed.project_key.clone())
                .with_payloads_at(config.feed.payloads.clone())
                .with_chosen(self.setup.with_value(|setup| setup.chosen.clone()))
        })
    }

    pub(super) async fn ask(self) -> Result<(), Stop> {
        let device = match self.details.with_untracked(Details::query) {
            Ok(device) => device,
            Err(problem) => {
                self.details_problem.set(Some(problem));
                self.tell(Event::DetailsNeeded);
                return Ok(());
            }
        };
        self.details_problem.set(None);
        let mut query = device.clone();
        if self.whatever_is_installed.get_value() {
            query.current_version = None;
        }
        self.tell(Event::Asking { query: query.to_query_string() });
        let answer = self.client().latest(&query).await.map_err(|error| match error {
            // The usual question it may well answer.
            FeedError::NotAFeed(reason) if self.setup.with_value(|setup| setup.chosen.is_some()) => {
                let detail = format!("a release was chosen, which only a station can be asked for: {reason}");
                Failure::untouched(Code::UnsuitableRelease, detail)
            }
            error => error.into(),
        });
        match answer? {
            Answer::Offered(release) => {
                let artifact = release
                    .artifact_for(&query.hardware_version, &query.software_type)
                    .map_err(|error| Failure::untouched(Code::UnsuitableRelease, error))?
                    .clone();
                let older = self.trust(&device, &release, &artifact).await?;
                let supply = self.config.with_value(|config| config.product.supply);
                let plan = self.expected_plan(&artifact, supply);
                if let Some(plan) = &plan {
                    self.climb(plan.traffic()).await?;
                }
                let expected = plan.zip(self.expected_plan(&artifact, Supply::Unknown));
                let offer = Offer {
                    version: release.title().to_owned(),
                    notes: release.notes.clone().unwrap_or_default(),
                    size: artifact.file_size,
                    older,
                    expected: expected.and_then(|(plan, as_usual)| self.expectation(&plan, &as_usual)),
                    taken: release.reason.as_deref().and_then(|reason| reason.strip_prefix(TAKEN)).map(Into::into),
                };
                let offered = Offered { query, artifact, version: release.version };
                let goes_on = self.goes_on_by_itself(&offered);
                self.offered.set_value(Some(offered));
                self.tell(Event::Offered(offer));
                if goes_on {
                    self.update();
                }
            }
            Answer::NothingNewer { reason } => self.tell(Event::Ended(Outcome::UpToDate { reason })),
        }
        Ok(())
    }

    /// The longest plan that the update can have, from what the feed says of the file: what of it the device holds is
    /// not known yet.
    fn expected_plan(self, artifact: &Artifact, supply: Supply) -> Option<Plan> {
        let file_size = usize::try_from(artifact.file_size?).ok()?;
        let size = Image::size_at_most(artifact.filename.as_deref().unwrap_or_default(), file_size);
        self.connection.try_update_value(|connection| {
            let Connection { bootloader, identity: Identity { chip, geometry, .. }, .. } = connection.as_mut()?;
            let from_2v7 = chip.from_2v7().filter(|_| supply == Supply::From2V7);
            let chip = from_2v7.as_ref().unwrap_or(chip);
            let mass_erase = self.mass_erase().then(|| LinkSpeed::of(bootloader));
            Plan::dense(self.image_address(geometry), size, chip, geometry, mass_erase)
        })?
    }

    /// What a plan will take, beside the same without what is known of the supply.
    fn expectation(self, plan: &Plan, as_usual: &Plan) -> Option<Expectation> {
        self.connection.try_update_value(|connection| {
            let Connection { bootloader, .. } = connection.as_mut()?;
            let link = LinkSpeed::of(bootloader);
            let seconds = |plan: &Plan, link| plan.summary(link).duration().as_secs_f64().ceil() as u64;
            let all = seconds(plan, link);
            let saved = seconds(as_usual, link).saturating_sub(all);
            let mut fast = link;
            fast.round_trip = link.round_trip.min(FAST_ADAPTER);
            let extra = all - seconds(plan, fast);
            let slow = SlowAdapter { milliseconds: link.round_trip.as_millis() as u64, seconds: extra };
            Some(Expectation {
                seconds: all,
                saved_by_supply: (saved > 1).then_some(saved),
                slow_adapter: (extra >= WORTH_A_WORD && bootloader.baud().is_some()).then_some(slow),
            })
        })?
    }

    /// Whether nothing but the image is kept in flash.
    fn mass_erase(self) -> bool {
        self.config.with_value(|config| config.product.mass_erase)
    }

    /// Where a raw binary belongs.
    pub(super) fn image_address(self, geometry: &Geometry) -> u32 {
        self.config.with_value(|config| config.product.image_address).map_or(geometry.base, |address| address.0)
    }

    /// Downloads the offered release, checks it and writes it to the device.
    pub fn update(self) {
        let cancel = Cancel::default();
        self.cancel.set_value(cancel.clone());
        self.spawn(async move {
            let file = self.take_file();
            let offered = self.offered.get_value().filter(|_| file.is_none());
            let _undisturbed = self.undisturbed().await?;
            let report = offered.as_ref().and_then(|offered| self.begin_report(offered));
            let unfinished = offered.as_ref().and_then(|offered| self.unfinished(offered));
            let result = self.carry_out(offered, file, cancel).await;
            self.remember(unfinished, &result);
            if let Some(report) = report {
                self.report(report, &result);
            }
            result
        });
    }

    /// Writes what was offered, or a file.
    async fn carry_out(self, offered: Option<Offered>, file: Option<LocalFile>, cancel: Cancel) -> Result<(), Stop> {
        let (image, hash, version) = match (offered, file) {
            (_, Some(file)) => (self.local_image(&file)?, Some(file.mark()), String::new()),
            (Some(offered), None) => {
                let payload = self.download(&offered, &cancel).await?;
                (self.image(&payload)?, offered.artifact.hash(), offered.version)
            }
            (None, None) => return Err(Stop::Dismissed),
        };
        let left_out = image.left_out().iter().map(ToString::to_string).collect();
        self.tell(Event::Checked { bytes: image.size() as u64, left_out });
        let started = self.write(hash, &image, cancel).await?;
        self.details.update(|details| details.current_version = version);
        self.tell(Event::Ended(Outcome::Updated { started }));
        Ok(())
    }

    async fn download(self, offered: &Offered, cancel: &Cancel) -> Result<Vec<u8>, Stop> {
        let Offered { query, artifact, .. } = offered;
        self.tell(Event::Downloading { received: 0, total: artifact.file_size });
        match cancel.or(self.payload(query, artifact, true)).await {
            Some(payload) => Ok(payload?),
            None => Err(Stop::Cancelled(DeviceState::Untouched)),
        }
    }

    /// The payload of an offer, as it was released. Whether it `tells` how far the download is.
    pub(super) async fn payload(
        self,
        query: &LatestQuery,
        artifact: &Artifact,
        tells: bool,
    ) -> Result<Vec<u8>, DownloadError> {
        let progress = |received, total| {
            if tells {
                self.tell(Event::Downloading { received, total });
            }
        };
        self.client().download(query, artifact, progress).await
    }

    /// The payload as an image that the connected device can hold.
    fn image(self, payload: &[u8]) -> Result<Image, Failure> {
        let geometry = self.connection.with_value(|connection| connection.as_ref().map(|it| it.identity.geometry));
        self.parsed(payload, self.image_address(&geometry.ok_or_else(disconnected)?))
    }

    /// The same, with a raw binary at `address`.
    pub(super) fn parsed(self, payload: &[u8], address: u32) -> Result<Image, Failure> {
        self.connection.with_value(|connection| {
            let identity = &connection.as_ref().ok_or_else(disconnected)?.identity;
            let image = Image::parse_for(payload, address, &identity.dfu)
                .map_err(|error| Failure::untouched(Code::BadImage, error))?;
            updater::check(&image, &identity.chip, &identity.geometry)?;
            Ok(image)
        })
    }

    /// Writes the image and lets the device go: whatever came of it, the next attempt starts from a fresh connection.
    /// `payload` is the hash of what the image is from. Says whether the device has started it.
    async fn write(self, payload: Option<String>, image: &Image, cancel: Cancel) -> Result<bool, Stop> {
        let connection = self.connection.try_update_value(Option::take).flatten().ok_or_else(disconnected)?;
        let Connection { mut bootloader, identity, wiring, mut remembered } = connection;
        let was_left = identity.unique_id.as_deref().is_some_and(interrupted::is_left);
        let attempt = identity.unique_id.zip(payload).map(|(id, payload)| Attempt::new(&id, payload));
        let interrupted = attempt.as_ref().is_some_and(Attempt::was_interrupted);
        if interrupted {
            self.tell(Event::TakenUp);
        }
        // It can be done without.
        if let Some(Err(code)) = attempt.as_ref().map(Attempt::begin) {
            self.tell(Event::Advised { code });
        }
        let before = if interrupted { Before::Interrupted } else { Before::Unknown };
        let (supply, burst) = self.config.with_value(|config| (config.product.supply, config.product.burst));
        let pace = if burst { Pace::Burst } else { Pace::Strict };
        let mass_erase = self.mass_erase();
        let target =
            Target { before, supply, pace, wiring, mass_erase, ..Target::new(&identity.chip, &identity.geometry) };
        let baud = bootloader.baud();
        let result = updater::update(&mut bootloader, image, target, &mut Follow { session: self, cancel }).await;
        if let Some(lowered) = bootloader.baud().filter(|_| bootloader.baud() < baud) {
            remembered.known.lowered(lowered);
            remembered.keep();
        }
        // Nothing is left to be taken up where all is there, or where nothing was ever done.
        let state = result.as_ref().map_or_else(|failure| failure.state, |_| DeviceState::Complete);
        if state == DeviceState::Complete || state == DeviceState::Untouched && !was_left {
            attempt.iter().for_each(Attempt::end);
        }
        if let Err(updater::Failure { cause: Cause::Mismatch { .. } | Cause::NotErased { .. }, .. }) = &result
            && bootloader.has_write_unprotect()
        {
            self.locked.set_value(Some(Locked { bootloader, wiring, by: Protection::Write, device: state }));
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

pub(super) fn disconnected() -> Failure {
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
