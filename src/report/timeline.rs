//! The events of a report folded into what a person reads: what was done when and for how long, and how fast.

use core::time::Duration;

use updater::{Phase, Stamped, Summary};

use crate::session::{Device, Event, Failure, Outcome};

/// Over what time a rate is taken.
const WINDOW: Duration = Duration::from_secs(1);
/// Less than that says nothing of a rate.
const LEAST: Duration = Duration::from_millis(100);

/// What bytes are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// They are compared with what the device holds.
    Compare,
    /// They are erased.
    Erase,
    /// They are written.
    Write,
    /// They are read back.
    Verify,
}

impl Work {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Compare, Self::Erase, Self::Write, Self::Verify];
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// Something happened.
    Step {
        /// When, on the page's clock.
        at: Duration,
        /// How long it took, where it takes any time.
        lasted: Option<Duration>,
        /// What.
        event: Box<Event>,
    },
    /// Bytes were worked on, block after block.
    Blocks {
        /// When the first was done.
        at: Duration,
        /// Until the last was.
        lasted: Duration,
        /// What was done.
        work: Work,
        /// Their bytes.
        bytes: u64,
    },
}

/// How fast something went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The begin of the time over which it is taken.
    pub since: Duration,
    /// Its end.
    pub at: Duration,
    /// Bytes a second.
    pub bytes: u64,
    /// At what.
    pub work: Work,
}

/// A session, as it is read afterwards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// When the first thing happened: what is shown begins there.
    pub began: Duration,
    /// When the last did.
    pub ended: Duration,
    /// What happened, oldest first.
    pub rows: Vec<Row>,
    /// How fast bytes went.
    pub rates: Vec<Rate>,
    /// The adapter's ids, those of the last connection.
    pub adapter: Option<String>,
    /// The device that was met last.
    pub device: Option<Device>,
    /// The plan that held last.
    pub plan: Option<Summary>,
    /// What went wrong, all of it in order.
    pub failures: Vec<Failure>,
}

impl Timeline {
    /// The timeline of `events`, oldest first.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Stamped<Event>>) -> Self {
        let mut timeline = Self::default();
        let mut meter = Meter::default();
        // The row of what is under way: how long it lasts shows when the next thing begins.
        let mut open: Option<usize> = None;
        let mut previous = None;
        for Stamped { at, event } in events {
            let at = *at;
            timeline.ended = at;
            if previous.is_none() {
                timeline.began = at;
            }
            timeline.note(event);
            if let Some((work, bytes)) = done(event) {
                meter.count(at, previous.unwrap_or(at), work, bytes, &mut timeline.rates);
                timeline.block(at, previous.unwrap_or(at), work, bytes);
            } else {
                meter.restart(&mut timeline.rates);
                if begins(event) || matches!(event, Event::Ended(_)) {
                    if let Some(Row::Step { at: begun, lasted, .. }) =
                        open.take().and_then(|open| timeline.rows.get_mut(open))
                    {
                        *lasted = Some(at.saturating_sub(*begun));
                    }
                    open = begins(event).then_some(timeline.rows.len());
                }
                timeline.rows.push(Row::Step { at, lasted: None, event: Box::new(event.clone()) });
            }
            previous = Some(at);
        }
        meter.restart(&mut timeline.rates);
        timeline
    }

    /// Keeps what is shown beside the rows.
    fn note(&mut self, event: &Event) {
        match event {
            Event::Connecting { adapter, .. } => self.adapter.clone_from(adapter),
            Event::Identified(device) => self.device = Some(device.clone()),
            Event::Update(updater::Event::Planned(plan)) => self.plan = Some(plan.clone()),
            Event::Ended(Outcome::Failed(failure)) => self.failures.push(failure.clone()),
            _ => {}
        }
    }

    /// Takes one more block in: with those before it where the same is done with them.
    fn block(&mut self, at: Duration, since: Duration, work: Work, bytes: u64) {
        match self.rows.last_mut() {
            Some(Row::Blocks { at: begun, lasted, work: same, bytes: sum }) if *same == work => {
                *lasted = at.saturating_sub(*begun);
                *sum += bytes;
            }
            _ => self.rows.push(Row::Blocks { at: since, lasted: at.saturating_sub(since), work, bytes }),
        }
    }

    /// The fastest that anything went, in bytes a second; at least 1.
    pub fn fastest(&self) -> u64 {
        self.rates.iter().map(|rate| rate.bytes).max().unwrap_or(0).max(1)
    }
}

/// What an event does with how many bytes.
fn done(event: &Event) -> Option<(Work, u64)> {
    let Event::Update(event) = event else { return None };
    match event {
        updater::Event::Compared { bytes, .. } => Some((Work::Compare, (*bytes).into())),
        updater::Event::Erased { bytes, .. } => Some((Work::Erase, (*bytes).into())),
        updater::Event::Written { bytes, .. } => Some((Work::Write, (*bytes).into())),
        updater::Event::Verified { bytes, .. } => Some((Work::Verify, (*bytes).into())),
        _ => None,
    }
}

/// Whether an event begins something that lasts until the next one does.
fn begins(event: &Event) -> bool {
    matches!(
        event,
        Event::Connecting { .. }
            | Event::Restarting
            | Event::PermissionNeeded
            | Event::Unlocking
            | Event::DetailsNeeded
            | Event::Asking { .. }
            | Event::Offered(_)
            | Event::Downloading { .. }
            | Event::Update(updater::Event::Phase { .. })
    ) && !matches!(event, Event::Update(updater::Event::Phase { phase: Phase::Start }))
}

/// Takes rates.
#[derive(Debug, Default)]
struct Meter {
    window: Option<(Work, Duration, Duration, u64)>,
}

impl Meter {
    fn count(&mut self, at: Duration, since: Duration, work: Work, bytes: u64, rates: &mut Vec<Rate>) {
        match &mut self.window {
            Some((same, _, end, sum)) if *same == work => (*end, *sum) = (at, *sum + bytes),
            _ => {
                self.restart(rates);
                self.window = Some((work, since, at, bytes));
            }
        }
        if self.window.is_some_and(|(_, begin, end, _)| end.saturating_sub(begin) >= WINDOW) {
            self.restart(rates);
        }
    }

    /// Ends the window.
    fn restart(&mut self, rates: &mut Vec<Rate>) {
        let Some((work, begin, end, bytes)) = self.window.take() else { return };
        let time = end.saturating_sub(begin);
        if time >= LEAST {
            rates.push(Rate { since: begin, at: end, bytes: bytes * 1000 / time.as_millis() as u64, work });
        }
    }
}
