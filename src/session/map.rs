//! The events of an update folded into a picture of the flash: what became of which bytes.

use stm32_bootloader::chip::Geometry;
use updater::{Event, Stretch};

use super::event::Units;

/// What became of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They are as they were before.
    Kept,
    /// They were as in the image already, and are left alone.
    Skipped,
    /// They were erased, and are still to be written.
    Erased,
    /// They were erased, and nothing is to be written there.
    Blank,
    /// They were written, and not read back yet.
    Written,
    /// They were written and read back.
    Verified,
}

impl State {
    /// All of them, in the order in which a picture explains them.
    pub const ALL: [Self; 6] = [Self::Kept, Self::Skipped, Self::Erased, Self::Blank, Self::Written, Self::Verified];
}

/// Bytes that lie next to each other and of which the same became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Where they are.
    pub at: Stretch,
    /// What became of them.
    pub state: State,
}

/// All of a device's flash.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FlashMap {
    /// Its units, in order of address.
    pub flash: Vec<Units>,
    /// What became of it, in order of address: neighbours differ, so that there are few, however many pages.
    pub runs: Vec<Run>,
    /// The address of the vector table that the image has.
    pub vectors: Option<u32>,
    to_write: Vec<Stretch>,
}

/// The units of a flash, with as many as possible in one.
pub fn units_of(geometry: &Geometry) -> Vec<Units> {
    let mut all: Vec<Units> = Vec::new();
    for unit in geometry.units() {
        match all.last_mut().filter(|last| last.size == unit.size && last.end() == unit.address) {
            Some(last) => last.count += 1,
            None => all.push(Units { address: unit.address, count: 1, size: unit.size }),
        }
    }
    all
}

impl FlashMap {
    /// A flash with these units, to which nothing was done yet.
    pub fn of(flash: &[Units]) -> Self {
        let all = flash.iter().map(|units| Stretch { address: units.address, bytes: units.end() - units.address });
        let runs = Stretch::joined(all).into_iter().map(|at| Run { at, state: State::Kept }).collect();
        Self { flash: flash.to_vec(), runs, ..Self::default() }
    }

    /// Takes one more event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Planned(summary) => {
                self.to_write.clone_from(&summary.write);
                self.vectors = Some(summary.vectors);
            }
            Event::Compared { address, bytes, same: true } => {
                self.paint(Stretch { address: *address, bytes: *bytes }, State::Skipped, |_| true);
            }
            Event::Erased { places, .. } => {
                for place in places {
                    self.paint(*place, State::Blank, |_| true);
                }
                for stretch in core::mem::take(&mut self.to_write) {
                    for place in places {
                        let address = stretch.address.max(place.address);
                        let bytes = stretch.end().min(place.end()).saturating_sub(address);
                        self.paint(Stretch { address, bytes }, State::Erased, |_| true);
                    }
                    self.to_write.push(stretch);
                }
            }
            Event::Written { address, bytes } => {
                self.paint(Stretch { address: *address, bytes: *bytes }, State::Written, |_| true);
            }
            // That a unit is erased is proven by reading a block of it, too.
            Event::Verified { address, bytes } => {
                let at = Stretch { address: *address, bytes: *bytes };
                self.paint(at, State::Verified, |state| state == State::Written);
            }
            _ => {}
        }
    }

    /// How many bytes are in this state.
    pub fn bytes(&self, state: State) -> u32 {
        self.runs.iter().filter(|run| run.state == state).map(|run| run.at.bytes).sum()
    }

    /// Gives all of `at` a state that is in one which `from` holds for.
    fn paint(&mut self, at: Stretch, state: State, from: impl Fn(State) -> bool) {
        let mut runs: Vec<Run> = Vec::with_capacity(self.runs.len() + 2);
        let mut push = |address: u32, end: u32, state| {
            if address < end {
                match runs.last_mut().filter(|last| last.state == state && last.at.end() == address) {
                    Some(last) => last.at.bytes = end - last.at.address,
                    None => runs.push(Run { at: Stretch { address, bytes: end - address }, state }),
                }
            }
        };
        for run in &self.runs {
            let (start, end) = (run.at.address, run.at.end());
            let painted = if from(run.state) { state } else { run.state };
            push(start, end.min(at.address), run.state);
            push(start.max(at.address), end.min(at.end()), painted);
            push(start.max(at.end()), end, run.state);
        }
        self.runs = runs;
    }
}

#[cfg(test)]
mod tests {
    use stm32_bootloader::chip::{Chip, ProductId};
    use updater::Summary;

    use super::State::*;
    use super::*;

    const BASE: u32 = 0x0800_0000;

    fn stretch(from_kib: u32, kib: u32) -> Stretch {
        Stretch { address: BASE + (from_kib << 10), bytes: kib << 10 }
    }

    fn erased(from_kib: u32, kib: u32) -> Event {
        Event::Erased { units: Vec::new(), bytes: kib << 10, places: vec![stretch(from_kib, kib)] }
    }

    fn written(from_kib: u32, kib: u32) -> Event {
        let Stretch { address, bytes } = stretch(from_kib, kib);
        Event::Written { address, bytes }
    }

    fn verified(from_kib: u32, kib: u32) -> Event {
        let Stretch { address, bytes } = stretch(from_kib, kib);
        Event::Verified { address, bytes }
    }

    fn planned(write: Stretch) -> Event {
        Event::Planned(Summary { write: vec![write], vectors: BASE, ..Summary::default() })
    }

    /// A flash of 64 pages of 2 KiB, and what became of it, with sizes in KiB.
    fn fold(events: impl IntoIterator<Item = Event>) -> Vec<(u32, State)> {
        let mut map = FlashMap::of(&[Units { address: BASE, count: 64, size: 2048 }]);
        events.into_iter().for_each(|event| map.apply(&event));
        map.runs.iter().map(|run| (run.at.bytes >> 10, run.state)).collect()
    }

    #[test]
    fn what_no_event_is_about_is_kept() {
        assert_eq!(fold([]), [(128, Kept)]);
        assert_eq!(fold([planned(stretch(0, 20))]), [(128, Kept)]);
    }

    #[test]
    fn an_image_is_erased_then_written_then_verified_and_what_it_leaves_is_blank() {
        let mut events = vec![planned(stretch(0, 5)), erased(0, 6)];
        assert_eq!(fold(events.clone()), [(5, Erased), (1, Blank), (122, Kept)]);
        events.push(written(2, 3));
        assert_eq!(fold(events.clone()), [(2, Erased), (3, Written), (1, Blank), (122, Kept)]);
        events.extend([verified(2, 4), written(0, 2), verified(0, 2)]);
        assert_eq!(fold(events), [(5, Verified), (1, Blank), (122, Kept)]);
    }

    #[test]
    fn a_proof_that_a_unit_is_erased_does_not_make_it_written() {
        assert_eq!(fold([planned(stretch(0, 8)), erased(0, 2), verified(0, 1)]), [(2, Erased), (126, Kept)]);
    }

    #[test]
    fn what_is_as_in_the_image_already_is_skipped_unless_it_is_erased_after_all() {
        let Stretch { address, bytes } = stretch(4, 2);
        let same = Event::Compared { address, bytes, same: true };
        let differs = Event::Compared { address: address + 4096, bytes, same: false };
        assert_eq!(fold([same.clone(), differs]), [(4, Kept), (2, Skipped), (122, Kept)]);
        assert_eq!(fold([same, planned(stretch(4, 2)), erased(4, 2)]), [(4, Kept), (2, Erased), (122, Kept)]);
    }

    #[test]
    fn an_erase_that_is_not_of_an_update_leaves_blank_flash() {
        assert_eq!(fold([erased(0, 128)]), [(128, Blank)]);
    }

    #[test]
    fn few_runs_are_kept_of_many_pages() {
        let events = (0..64).map(|page| written(page * 2, 2));
        assert_eq!(fold(events), [(128, Written)]);
    }

    #[test]
    fn bytes_are_counted_by_state() {
        let mut map = FlashMap::of(&[Units { address: BASE, count: 64, size: 2048 }]);
        for event in [planned(stretch(0, 4)), erased(0, 6), written(0, 2)] {
            map.apply(&event);
        }
        assert_eq!(State::ALL.map(|state| map.bytes(state) >> 10), [122, 0, 2, 2, 2, 0]);
    }

    #[test]
    fn units_of_one_size_are_one_and_a_gap_between_banks_stays_one() {
        let geometry = |id: u16, size: u32| {
            let chip = Chip::by_product_id(ProductId(id)).unwrap();
            let mut geometry = chip.geometry.with_size(size);
            if let Some(layout) = chip.layout(size) {
                geometry.runs = layout.runs(None);
            }
            geometry
        };
        let units: Vec<_> = units_of(&geometry(0x413, 1 << 20)).iter().map(|it| (it.count, it.size >> 10)).collect();
        assert_eq!(units, [(4, 16), (1, 64), (7, 128)]);
        let h743 = units_of(&geometry(0x450, 1 << 20));
        assert_eq!(h743.len(), 2);
        assert_eq!(FlashMap::of(&h743).runs.len(), 2, "nothing is shown where there is none");
    }
}
