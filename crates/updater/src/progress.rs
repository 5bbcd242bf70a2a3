//! Events folded into what a progress bar shows.

use core::time::Duration;

use crate::{Event, Phase, Stamped, Summary};

/// A measured pace is believed once this much of the expected time has been measured.
const MEASURED_ENOUGH: Duration = Duration::from_secs(1);
/// The rate is taken over the last blocks, so that it follows the link without jumping.
const RATE_WINDOW: usize = 16;

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    summary: Summary,
    phase: Option<Phase>,
    done: [u32; 6],
    /// The most that was shown: a bar that goes back is not believed.
    shown: f64,
    began: Duration,
    now: Duration,
    recent: Vec<(Duration, u32)>,
    complete: bool,
}

impl Progress {
    /// Takes one more event in.
    pub fn apply(&mut self, stamped: &Stamped) {
        self.now = stamped.at;
        match &stamped.event {
            Event::Planned(summary) => {
                // What was compared is behind and counts in the new plan too; all else is as the new plan says.
                let compared = self.done[Phase::Compare as usize].min(summary.phase(Phase::Compare).bytes);
                self.summary = summary.clone();
                self.done = [0; 6];
                self.done[Phase::Compare as usize] = compared;
                self.began = stamped.at.saturating_sub(self.expected_so_far());
            }
            Event::Phase { phase } => {
                self.phase = Some(*phase);
                self.recent = vec![(stamped.at, 0)];
            }
            Event::Compared { bytes, .. }
            | Event::Erased { bytes, .. }
            | Event::Written { bytes, .. }
            | Event::Verified { bytes, .. } => {
                if let Some(phase) = self.phase {
                    self.done[phase as usize] += bytes;
                    self.recent.push((stamped.at, *bytes));
                    if self.recent.len() > RATE_WINDOW {
                        self.recent.remove(0);
                    }
                }
            }
            Event::Complete => self.complete = true,
            Event::SupplyTold
            | Event::SupplyNotTold { .. }
            | Event::NoMassErase { .. }
            | Event::Pace { .. }
            | Event::ReadAgain { .. }
            | Event::Again { .. }
            | Event::Repair { .. }
            | Event::SteppedDown { .. }
            | Event::Started { .. }
            | Event::NotStarted { .. } => {}
        }
        self.shown = self.shown.max(self.part());
    }

    /// The phase that is under way.
    pub const fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// Bytes done and bytes in all of the phase that is under way.
    pub fn phase_bytes(&self) -> (u32, u32) {
        self.phase.map_or((0, 0), |phase| (self.done[phase as usize], self.summary.phase(phase).bytes))
    }

    /// The part of the expected time that is behind, 0 to 1. It never goes back.
    pub const fn fraction(&self) -> f64 {
        self.shown
    }

    fn part(&self) -> f64 {
        let all = self.summary.duration();
        if self.complete {
            1.0
        } else if all.is_zero() {
            0.0
        } else {
            (self.expected_so_far().as_secs_f64() / all.as_secs_f64()).min(1.0)
        }
    }

    /// The time left: what the plan expects of the rest, at the pace that was measured so far.
    pub fn remaining(&self) -> Duration {
        let so_far = self.expected_so_far();
        let rest = self.summary.duration().saturating_sub(so_far);
        if self.complete {
            Duration::ZERO
        } else if so_far < MEASURED_ENOUGH {
            rest
        } else {
            rest.mul_f64(self.now.saturating_sub(self.began).as_secs_f64() / so_far.as_secs_f64())
        }
    }

    /// Bytes a second of the phase that is under way, over its last blocks; none before the second block.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.recent.first()?.0, self.recent.last()?.0);
        let bytes: u32 = self.recent.iter().skip(1).map(|(_, bytes)| bytes).sum();
        let span = last.saturating_sub(first).as_secs_f64();
        (bytes > 0 && span > 0.0).then(|| f64::from(bytes) / span)
    }

    fn expected_so_far(&self) -> Duration {
        Phase::ALL
            .iter()
            .map(|&phase| {
                let share = self.summary.phase(phase);
                match share.bytes {
                    0 => Duration::ZERO,
                    bytes => share.duration.mul_f64(f64::from(self.done[phase as usize].min(bytes)) / f64::from(bytes)),
                }
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Share;

    fn at(ms: u64, event: Event) -> Stamped {
        Stamped { at: Duration::from_millis(ms), event }
    }

    fn half_erased() -> Progress {
        let share = |bytes, ms| Share { bytes, duration: Duration::from_millis(ms) };
        let phases = [share(0, 0), share(2000, 4000), share(1000, 3000), share(1000, 3000), share(0, 0), share(0, 0)];
        let mut progress = Progress::default();
        progress.apply(&at(100, Event::Planned(Summary { units: vec![0, 1], phases, ..Summary::default() })));
        progress.apply(&at(100, Event::Phase { phase: Phase::Erase }));
        progress.apply(&at(4100, Event::Erased { units: vec![0], bytes: 1000, places: Vec::new() }));
        progress
    }

    #[test]
    fn phases_weigh_as_long_as_they_take() {
        assert_eq!(half_erased().fraction(), 0.2);
        assert_eq!(half_erased().phase_bytes(), (1000, 2000));
    }

    #[test]
    fn time_left_follows_the_pace_that_was_measured() {
        // Two seconds were expected and four were needed: the remaining eight will be sixteen.
        assert_eq!(half_erased().remaining(), Duration::from_secs(16));
    }

    #[test]
    fn the_rate_is_of_the_phase_under_way() {
        let mut progress = half_erased();
        progress.apply(&at(5000, Event::Phase { phase: Phase::Write }));
        assert_eq!(progress.rate(), None);
        progress.apply(&at(5100, Event::Written { address: 0, bytes: 256 }));
        progress.apply(&at(5200, Event::Written { address: 256, bytes: 256 }));
        assert_eq!(progress.rate(), Some(2560.0));
    }

    #[test]
    fn it_is_whole_only_when_all_was_read_back() {
        let mut progress = half_erased();
        for phase in [Phase::Erase, Phase::Write, Phase::Verify] {
            progress.apply(&at(9000, Event::Phase { phase }));
        }
        progress.apply(&at(9000, Event::Complete));
        assert_eq!((progress.fraction(), progress.remaining()), (1.0, Duration::ZERO));
    }

    #[test]
    fn a_plan_that_grows_does_not_turn_the_bar_back() {
        let mut progress = half_erased();
        let before = progress.fraction();
        let share = Share { bytes: 10_000, duration: Duration::from_secs(90) };
        progress.apply(&at(5000, Event::Planned(Summary { units: vec![0], phases: [share; 6], ..Summary::default() })));
        assert_eq!(progress.fraction(), before);
        assert_eq!(progress.remaining(), Duration::from_secs(540));
    }
}
