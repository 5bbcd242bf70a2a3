//! The events of an update folded into how many bytes a second went when.

use core::time::Duration;

use updater::{Event, Phase, Stamped};

/// So many spans are kept at most; then each becomes twice as long.
const MOST: usize = 120;
/// How long each is at first.
const SHORTEST: Duration = Duration::from_millis(100);

/// What went in one span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The phase that it ended in.
    pub phase: Phase,
    /// Bytes of flash that were erased, written or read.
    pub bytes: u32,
}

/// The bytes of an update over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// One after the other, from the first phase on.
    pub spans: Vec<Span>,
    /// How long each is.
    pub span: Duration,
    began: Option<Duration>,
    phase: Phase,
}

impl Default for Rates {
    fn default() -> Self {
        Self { spans: Vec::new(), span: SHORTEST, began: None, phase: Phase::Compare }
    }
}

impl Rates {
    /// Takes one more event in.
    pub fn apply(&mut self, stamped: &Stamped) {
        let bytes = match &stamped.event {
            Event::Phase { phase } => {
                self.phase = *phase;
                self.began.get_or_insert(stamped.at);
                return;
            }
            Event::Compared { bytes, .. }
            | Event::Erased { bytes, .. }
            | Event::Written { bytes, .. }
            | Event::Verified { bytes, .. } => *bytes,
            _ => return,
        };
        let since = stamped.at.saturating_sub(*self.began.get_or_insert(stamped.at));
        let mut index = self.index(since);
        while index >= MOST {
            self.span *= 2;
            self.spans = self.spans.chunks(2).map(joined).collect();
            index = self.index(since);
        }
        while self.spans.len() <= index {
            self.spans.push(Span { phase: self.phase, bytes: 0 });
        }
        // What an event tells has gone on since the one before it: an erase takes seconds and is told at its end.
        let from = self.spans[..index].iter().rposition(|span| span.bytes > 0);
        let from = from.map_or(0, |last| last + 1);
        let count = (index + 1 - from) as u32;
        for span in &mut self.spans[from..=index] {
            // Where two phases meet, the span is of the later one alone.
            if span.phase != self.phase {
                *span = Span { phase: self.phase, bytes: 0 };
            }
            span.bytes += bytes / count;
        }
        self.spans[index].bytes += bytes % count;
    }

    fn index(&self, since: Duration) -> usize {
        (since.as_millis() / self.span.as_millis()) as usize
    }

    /// The most bytes of a span that were read or written: erasing goes by units, and is of another scale.
    pub fn most(&self) -> u32 {
        self.spans.iter().filter(|span| span.phase != Phase::Erase).map(|span| span.bytes).max().unwrap_or(0)
    }
}

fn joined(spans: &[Span]) -> Span {
    Span { phase: spans[spans.len() - 1].phase, bytes: spans.iter().map(|span| span.bytes).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(events: impl IntoIterator<Item = (u64, Event)>) -> Rates {
        let mut rates = Rates::default();
        for (ms, event) in events {
            rates.apply(&Stamped { at: Duration::from_millis(5000 + ms), event });
        }
        rates
    }

    fn written(bytes: u32) -> Event {
        Event::Written { address: 0, bytes }
    }

    fn begins(phase: Phase) -> Event {
        Event::Phase { phase }
    }

    #[test]
    fn bytes_are_counted_in_spans_from_the_first_phase_on() {
        let rates = fold([(0, begins(Phase::Write)), (30, written(256)), (60, written(256)), (130, written(256))]);
        assert_eq!(rates.spans.iter().map(|span| span.bytes).collect::<Vec<_>>(), [512, 256]);
        assert_eq!(rates.most(), 512);
    }

    #[test]
    fn what_takes_long_went_on_all_the_time() {
        let erased = Event::Erased { units: vec![0], bytes: 1000, places: Vec::new() };
        let rates = fold([(0, begins(Phase::Erase)), (450, erased), (500, begins(Phase::Write)), (510, written(64))]);
        let spans: Vec<_> = rates.spans.iter().map(|span| (span.phase, span.bytes)).collect();
        assert_eq!(spans[..5], [(Phase::Erase, 200); 5]);
        assert_eq!((spans[5], rates.most()), ((Phase::Write, 64), 64), "an erase is of another scale");
    }

    #[test]
    fn a_long_update_has_no_more_spans_than_a_picture_has_room_for_and_loses_no_byte() {
        let events = (0..20_000).map(|index| (index * 30, written(256)));
        let rates = fold([(0, begins(Phase::Write))].into_iter().chain(events));
        assert!((MOST / 2..=MOST).contains(&rates.spans.len()), "{}", rates.spans.len());
        assert_eq!(rates.spans.iter().map(|span| u64::from(span.bytes)).sum::<u64>(), 20_000 * 256);
    }
}
