//! Paths of pictures: what became of the flash, row by row, and how fast that went.

use core::fmt::Write;

use fieldflash::session::map::{FlashMap, State};
use fieldflash::session::rates::Rates;
use updater::Phase;

/// The flash is drawn in so many rows, each of this width and height and this far below the last.
const ROWS: u64 = 4;
const WIDTH: u64 = 2048;
const HEIGHT: u64 = 100;
const PITCH: u64 = 120;
/// Units that are narrower are not told apart.
const NARROWEST: u64 = 24;
/// The graph's size.
const SPAN: usize = 2048;
const TOP: u32 = 300;

/// The stretches between places of the flash, which goes from 0 to 1 in units of `all` bytes, row by row.
fn rows(path: &mut String, from: u64, to: u64, all: u64) {
    let place = |bytes: u64| bytes * WIDTH * ROWS / all.max(1);
    let (mut from, to) = (place(from), place(to));
    while from < to {
        let (row, start) = (from / WIDTH, from % WIDTH);
        let end = (to - row * WIDTH).min(WIDTH);
        let _ = write!(path, "M{start} {}H{end}v{HEIGHT}H{start}z", row * PITCH);
        from = (row + 1) * WIDTH;
    }
}

fn all(map: &FlashMap) -> u64 {
    map.runs.iter().map(|run| u64::from(run.at.bytes)).sum()
}

/// All that is in a state, or all that there is.
pub fn area(map: &FlashMap, state: Option<State>) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for run in &map.runs {
        let end = at + u64::from(run.at.bytes);
        if state.is_none_or(|state| state == run.state) {
            rows(&mut path, at, end, all(map));
        }
        at = end;
    }
    path
}

/// What lies between units, where they are wide enough.
pub fn lines(map: &FlashMap) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for units in &map.flash {
        for _ in 0..units.count {
            let width = u64::from(units.size) * WIDTH * ROWS / all(map).max(1);
            if width >= NARROWEST {
                let place = at * WIDTH * ROWS / all(map).max(1);
                let _ = write!(path, "M{} {}v{HEIGHT}", place % WIDTH, place / WIDTH * PITCH);
            }
            at += u64::from(units.size);
        }
    }
    path
}

/// The unit with the vector table.
pub fn vectors(map: &FlashMap) -> String {
    let (mut path, mut at) = (String::new(), 0);
    for units in &map.flash {
        if let Some(offset) = map.vectors.and_then(|address| address.checked_sub(units.address))
            && offset < units.end() - units.address
        {
            let start = at + u64::from(offset / units.size * units.size);
            let narrowest = NARROWEST * all(map) / (WIDTH * ROWS);
            rows(&mut path, start, start + u64::from(units.size).max(narrowest), all(map));
        }
        at += u64::from(units.end() - units.address);
    }
    path
}

/// The spans of a phase: of an erase, which goes by units, only that it was.
pub fn bars(rates: &Rates, phase: Phase) -> String {
    let (mut path, count, most) = (String::new(), rates.spans.len(), rates.most().max(1));
    for (index, span) in rates.spans.iter().enumerate().filter(|(_, span)| span.phase == phase) {
        let height = if phase == Phase::Erase { TOP } else { TOP / 8 * span.bytes / (most / 8).max(1) };
        let (start, end) = (index * SPAN / count, (index + 1) * SPAN / count);
        let _ = write!(path, "M{start} {TOP}V{}H{end}V{TOP}z", TOP.saturating_sub(height));
    }
    path
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use fieldflash::session::Units;
    use updater::{Event, Stamped, Summary};

    use super::*;

    const BASE: u32 = 0x0800_0000;

    /// A flash of 1 MiB as an F4 has it.
    fn f4() -> FlashMap {
        FlashMap::of(&[
            Units { address: BASE, count: 4, size: 16 << 10 },
            Units { address: BASE + (64 << 10), count: 1, size: 64 << 10 },
            Units { address: BASE + (128 << 10), count: 7, size: 128 << 10 },
        ])
    }

    #[test]
    fn all_of_the_flash_fills_the_rows() {
        let row = |y: u32| format!("M0 {y}H2048v100H0z");
        assert_eq!(area(&f4(), None), [0, 120, 240, 360].map(row).concat());
        assert_eq!(area(&f4(), Some(State::Written)), "");
    }

    #[test]
    fn what_goes_over_the_end_of_a_row_goes_on_in_the_next() {
        let mut map = f4();
        map.apply(&Event::Written { address: BASE + (128 << 10), bytes: 256 << 10 });
        assert_eq!(area(&map, Some(State::Written)), "M1024 0H2048v100H1024zM0 120H1024v100H0z");
    }

    #[test]
    fn units_are_told_apart_where_they_are_wide_enough() {
        assert_eq!(lines(&f4()).matches('M').count(), 12);
        let pages = FlashMap::of(&[Units { address: BASE, count: 2048, size: 512 }]);
        assert_eq!(lines(&pages), "");
    }

    #[test]
    fn the_unit_with_the_vector_table_is_marked() {
        let mut map = f4();
        assert_eq!(vectors(&map), "");
        map.apply(&Event::Planned(Summary { vectors: BASE + (16 << 10), ..Summary::default() }));
        assert_eq!(vectors(&map), "M128 0H256v100H128z");
    }

    #[test]
    fn the_fastest_span_is_as_high_as_the_graph() {
        let mut rates = Rates::default();
        for (ms, event) in [
            (0, Event::Phase { phase: Phase::Write }),
            (50, Event::Written { address: 0, bytes: 800 }),
            (150, Event::Written { address: 0, bytes: 400 }),
        ] {
            rates.apply(&Stamped { at: Duration::from_millis(ms), event });
        }
        assert_eq!(bars(&rates, Phase::Write), "M0 300V4H1024V300zM1024 300V152H2048V300z");
        assert_eq!(bars(&rates, Phase::Verify), "");
    }
}
