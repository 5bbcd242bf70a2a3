//! The events of a session folded into what the page shows.

use updater::{Progress, Stamped};

use super::event::{Device, Event, Offer, Outcome};
use super::failure::Code;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Nothing is connected.
    #[default]
    Start,
    /// The device is being reached and identified.
    Connecting,
    /// The device's protection is being removed.
    Unlocking,
    /// The person has to allow the device that has restarted in update mode.
    Permission,
    /// The person has to fill something in before the feed can be asked.
    Details,
    /// The feed is being asked.
    Asking,
    /// A release is offered and the device waits for it.
    Ready,
    /// The payload is on its way.
    Downloading,
    /// The device is being written.
    Updating,
    /// The device is being read or erased, in the workshop.
    Working,
    /// It is over; [`Model::outcome`] says how.
    Ended,
}

impl Stage {
    /// Whether something is under way that the person waits for.
    pub const fn busy(self) -> bool {
        matches!(
            self,
            Self::Connecting | Self::Unlocking | Self::Asking | Self::Downloading | Self::Updating | Self::Working
        )
    }

    /// Which of the four steps (connect, check, update, done) this is, from 0.
    const fn step(self) -> usize {
        match self {
            Self::Start | Self::Connecting | Self::Unlocking | Self::Permission => 0,
            Self::Details | Self::Asking | Self::Ready | Self::Working => 1,
            Self::Downloading | Self::Updating => 2,
            Self::Ended => 3,
        }
    }
}

/// All that the page shows of a session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// Where the session stands.
    pub stage: Stage,
    /// Where it stood before it ended.
    reached: Stage,
    /// Where it stood before the work in the workshop.
    left: Stage,
    /// The device, once identified.
    pub device: Option<Device>,
    /// Bits a second on the line to it.
    pub baud: Option<u32>,
    /// The release that is offered.
    pub offer: Option<Offer>,
    /// Bytes downloaded, and in all where known.
    pub downloaded: Option<(u64, Option<u64>)>,
    /// How far the device is.
    pub progress: Progress,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What the person is told meanwhile, and how they get on.
    pub advice: Option<Code>,
}

impl Model {
    /// Takes one more event in.
    pub fn apply(&mut self, stamped: &Stamped<Event>) {
        match &stamped.event {
            Event::Connecting { baud, .. } => {
                *self = Self { stage: Stage::Connecting, baud: *baud, ..Self::default() };
            }
            Event::EnteredByWire
            | Event::Synchronised { .. }
            | Event::Tried { .. }
            | Event::Checked { .. }
            | Event::TakenUp
            | Event::ApplicationAnswered
            | Event::Learned { .. }
            | Event::Reported { .. } => {}
            Event::Advised { code } => self.advice = Some(*code),
            Event::TakenOver => *self = Self::default(),
            Event::Restarting => *self = Self { stage: Stage::Connecting, ..Self::default() },
            Event::PermissionNeeded => self.stage = Stage::Permission,
            Event::Unlocking => *self = Self { stage: Stage::Unlocking, baud: self.baud, ..Self::default() },
            Event::Speed { baud } => self.baud = Some(*baud),
            Event::Identified(device) => self.device = Some(device.clone()),
            Event::DetailsNeeded => self.stage = Stage::Details,
            Event::Asking { .. } => {
                self.stage = Stage::Asking;
                self.offer = None;
                self.outcome = None;
            }
            Event::Offered(offer) => {
                self.stage = Stage::Ready;
                self.offer = Some(offer.clone());
            }
            Event::Work { busy: true, .. } => {
                self.left = self.stage;
                self.stage = Stage::Working;
            }
            Event::Work { busy: false, .. } => self.stage = self.shown(),
            Event::Update(_) if self.stage == Stage::Working => {}
            Event::Downloading { received, total } => {
                self.stage = Stage::Downloading;
                self.outcome = None;
                self.downloaded = Some((*received, *total));
            }
            Event::Update(event) => {
                self.stage = Stage::Updating;
                if let updater::Event::SteppedDown { to, .. } = event {
                    self.baud = Some(*to);
                }
                self.progress.apply(&Stamped { at: stamped.at, event: event.clone() });
            }
            Event::Ended(outcome) => {
                self.stage = Stage::Ended;
                self.outcome = Some(outcome.clone());
            }
        }
        if self.stage != Stage::Ended {
            self.reached = self.stage;
        }
    }

    /// Where the page stands: work in the workshop does not take it anywhere.
    pub fn shown(&self) -> Stage {
        if self.stage == Stage::Working { self.left } else { self.stage }
    }

    /// Which of the four steps (connect, check, update, done) the person is at, from 0. What failed is not done.
    pub fn step(&self) -> usize {
        match self.outcome {
            Some(Outcome::Failed(_) | Outcome::Cancelled { .. }) => self.reached.step(),
            _ => self.shown().step(),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::super::{Code, Failure};
    use super::*;

    fn fold(events: impl IntoIterator<Item = Event>) -> Model {
        let mut model = Model::default();
        for event in events {
            model.apply(&Stamped { at: Duration::ZERO, event });
        }
        model
    }

    fn device() -> Device {
        Device {
            chip: "STM32F405".into(),
            product_id: "0x413".into(),
            flash_kib: 1024,
            flash_size_read: true,
            units: Vec::new(),
            unique_id: None,
            rom: None,
            notices: Vec::new(),
        }
    }

    fn connecting() -> Event {
        Event::Connecting { to: "a device".into(), baud: Some(115_200), adapter: None }
    }

    fn offer() -> Event {
        Event::Offered(Offer {
            version: "1.2.0".into(),
            notes: String::new(),
            size: None,
            older: false,
            expected: None,
            taken: None,
        })
    }

    #[test]
    fn an_offer_makes_the_session_ready() {
        let model = fold([connecting(), Event::Identified(device()), offer()]);
        assert_eq!((model.stage, model.step()), (Stage::Ready, 1));
        assert_eq!(model.device, Some(device()));
    }

    #[test]
    fn connecting_again_forgets_what_was_before() {
        let failed = Event::Ended(Outcome::Failed(Failure::untouched(Code::NoAnswer, "silent")));
        let model = fold([connecting(), Event::Identified(device()), offer(), failed, connecting()]);
        assert_eq!(model, fold([connecting()]));
    }

    #[test]
    fn asking_again_takes_the_answer_back_but_keeps_the_device() {
        let up_to_date = Event::Ended(Outcome::UpToDate { reason: None });
        let asking = Event::Asking { query: String::new() };
        let model = fold([connecting(), Event::Identified(device()), up_to_date, asking]);
        assert_eq!((model.stage, model.outcome, model.device), (Stage::Asking, None, Some(device())));
    }

    #[test]
    fn the_rate_is_the_one_that_was_climbed_or_stepped_down_to() {
        let tried = Event::Tried { baud: 921_600, problem: Some("no answer".into()) };
        let mut events = vec![connecting(), Event::Identified(device()), tried, Event::Speed { baud: 460_800 }];
        assert_eq!(fold(events.clone()).baud, Some(460_800));
        let down = updater::Event::SteppedDown { from: 460_800, to: 230_400, reason: String::new() };
        events.push(Event::Update(down));
        assert_eq!(fold(events).baud, Some(230_400));
    }

    #[test]
    fn work_in_the_workshop_leads_back_to_where_it_began() {
        let mut events = vec![connecting(), Event::Identified(device()), offer()];
        let ready = fold(events.clone());
        events.push(Event::Work { what: "reads".into(), busy: true });
        let working = fold(events.clone());
        assert!(working.stage.busy() && working.shown() == Stage::Ready);
        let erased = updater::Event::Erased { units: vec![0], bytes: 1024, places: Vec::new() };
        events.extend([Event::Update(erased), Event::Work { what: "done".into(), busy: false }]);
        let after = fold(events);
        assert_eq!((after.stage, after.offer), (Stage::Ready, ready.offer));
    }

    #[test]
    fn what_failed_is_not_done() {
        let failed = Event::Ended(Outcome::Failed(Failure::untouched(Code::WrongKey, "no")));
        assert_eq!(fold([connecting(), Event::Identified(device()), offer(), failed]).step(), 1);
        assert_eq!(fold([connecting(), Event::Ended(Outcome::Updated { started: true })]).step(), 3);
    }
}
