//! Flash as the erase commands see it: numbered units, in runs of equal size.

use core::ops::{Deref, Range};

/// Several erase units of one size, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How many units.
    pub count: u16,
    /// The size of each, in bytes. Zero: numbers that no unit has, between those of two banks.
    pub size: u32,
}

/// The runs of a flash, in order of address: at most [`Runs::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    runs: [Run; Self::MOST],
    count: usize,
    /// The numbers of units that are not there, though their addresses count: from the first to the one after the last.
    absent: (u16, u16),
}

impl Runs {
    /// As many as the most divided flash has, and one more.
    pub const MOST: usize = 8;

    /// These runs, unless they are too many.
    pub const fn new(runs: &[Run]) -> Option<Self> {
        if runs.len() > Self::MOST {
            return None;
        }
        let mut all = [Run { count: 0, size: 0 }; Self::MOST];
        let (part, _) = all.split_at_mut(runs.len());
        part.copy_from_slice(runs);
        Some(Self { runs: all, count: runs.len(), absent: (0, 0) })
    }

    /// The same units but for those from `first` on and before `end`, which smaller chips of a die lack at the end of
    /// their first bank. Those behind keep their numbers and addresses.
    pub const fn without(mut self, first: u16, end: u16) -> Self {
        self.absent = (first, end);
        self
    }

    /// Bytes in all.
    pub const fn size(&self) -> u32 {
        let (gap, gap_end) = self.gap();
        self.up_to(u16::MAX) - (gap_end - gap)
    }

    /// Where the absent units would be, in bytes from the beginning.
    const fn gap(&self) -> (u32, u32) {
        (self.up_to(self.absent.0), self.up_to(self.absent.1))
    }

    /// The bytes before the unit with this number, as if all were there.
    const fn up_to(&self, number: u16) -> u32 {
        let mut size = 0;
        let mut left = number;
        let mut index = 0;
        while index < self.count {
            let run = self.runs[index];
            let count = if run.count < left { run.count } else { left };
            size += count as u32 * run.size;
            left -= count;
            index += 1;
        }
        size
    }
}

impl Deref for Runs {
    type Target = [Run];

    fn deref(&self) -> &[Run] {
        &self.runs[..self.count]
    }
}

/// One erase unit: a page on most chips, a sector on F2, F4, F7 and H7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Its number in the erase commands.
    pub number: u16,
    /// The address of its first byte.
    pub address: u32,
    /// Its size in bytes.
    pub size: u32,
}

impl Unit {
    /// The address after its last byte.
    pub const fn end(&self) -> u32 {
        self.address + self.size
    }
}

/// The flash's erase units from its base address upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// The address of the first unit.
    pub base: u32,
    /// The units, in order of address.
    pub runs: Runs,
    /// Bytes in all; at most the sum of the runs. The size register of the chip at hand lowers it.
    pub size: u32,
}

impl Geometry {
    /// The units that the flash has, in order of address.
    pub fn units(&self) -> impl Iterator<Item = Unit> + use<> {
        let Self { base, runs, size } = *self;
        let mut number = 0;
        let mut address = base;
        let mut left = size;
        runs.runs
            .into_iter()
            .take(runs.count)
            .flat_map(|run| core::iter::repeat_n(run.size, usize::from(run.count)))
            .map(move |size| {
                let unit = Unit { number, address, size };
                number += 1;
                address += size;
                unit
            })
            .filter(move |unit| unit.size > 0 && !(runs.absent.0..runs.absent.1).contains(&unit.number))
            .take_while(move |unit| {
                let there = left > 0;
                left = left.saturating_sub(unit.size);
                there
            })
    }

    /// The addresses between two banks at which there is nothing; empty on most chips.
    pub const fn gap(&self) -> Range<u32> {
        let (start, end) = self.runs.gap();
        self.base + start..self.base + end
    }

    /// The address after the last byte.
    pub const fn end(&self) -> u32 {
        let (start, end) = self.runs.gap();
        self.base + self.size + if start < self.size { end - start } else { 0 }
    }

    /// Whether there is flash at `address`.
    pub fn contains(&self, address: u32) -> bool {
        (self.base..self.end()).contains(&address) && !self.gap().contains(&address)
    }

    /// The smallest and the largest unit's size; zeros where there is none.
    pub fn unit_sizes(&self) -> (u32, u32) {
        let sizes = || self.runs.iter().map(|run| run.size).filter(|&size| size > 0);
        (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0))
    }

    /// The same flash with as many bytes as the size register of the chip at hand says.
    ///
    /// A register that reads zero or more than the die can have (some chips are never programmed with it) is not believed.
    pub fn with_size(mut self, bytes: u32) -> Self {
        if bytes != 0 && bytes < self.size {
            self.size = bytes;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn runs(runs: &[Run]) -> Runs {
        Runs::new(runs).expect("they are few")
    }

    const F4: Geometry = Geometry {
        base: 0x0800_0000,
        runs: runs(&[
            Run { count: 4, size: 16 << 10 },
            Run { count: 1, size: 64 << 10 },
            Run { count: 7, size: 128 << 10 },
        ]),
        size: 1 << 20,
    };

    #[test]
    fn units_are_numbered_across_runs() {
        let units: Vec<_> = F4.units().collect();
        assert_eq!(units.len(), 12);
        assert_eq!(units[4], Unit { number: 4, address: 0x0801_0000, size: 64 << 10 });
        assert_eq!(units[11].end(), F4.end());
    }

    #[test]
    fn numbers_that_no_unit_has_are_passed_over() {
        let runs =
            runs(&[Run { count: 1, size: 1 << 20 }, Run { count: 4, size: 0 }, Run { count: 1, size: 16 << 10 }]);
        assert_eq!(runs.size(), (1 << 20) + (16 << 10));
        let geometry = Geometry { runs, size: (1 << 20) + (16 << 10), ..F4 };
        let units: Vec<_> = geometry.units().map(|unit| (unit.number, unit.address)).collect();
        assert_eq!(units, [(0, 0x0800_0000), (5, 0x0810_0000)]);
        assert_eq!(geometry.unit_sizes(), (16 << 10, 1 << 20));
    }

    #[test]
    fn units_that_are_not_there_keep_their_place() {
        // An STM32H743 with 1 MiB.
        let runs = runs(&[Run { count: 12, size: 128 << 10 }]).without(4, 8);
        let geometry = Geometry { runs, size: runs.size(), ..F4 };
        assert_eq!(geometry.size, 1 << 20);
        let units: Vec<_> = geometry.units().map(|unit| (unit.number, unit.address)).collect();
        assert_eq!(units[3..5], [(3, 0x0806_0000), (8, 0x0810_0000)]);
        assert_eq!((units.len(), geometry.end()), (8, 0x0818_0000));
        assert_eq!(geometry.gap(), 0x0808_0000..0x0810_0000);
        assert!(geometry.contains(0x0807_FFFF) && geometry.contains(0x0810_0000));
        assert!(!geometry.contains(0x0808_0000) && !geometry.contains(0x080F_FFFF) && !geometry.contains(0x0818_0000));
    }

    #[test]
    fn the_size_register_takes_units_away() {
        assert_eq!(F4.with_size(512 << 10).units().count(), 8);
    }

    #[test]
    fn a_size_register_that_was_never_programmed_is_not_believed() {
        assert_eq!(F4.with_size(0), F4);
        assert_eq!(F4.with_size(0xFFFF << 10), F4);
    }
}
