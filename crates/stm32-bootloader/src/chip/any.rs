//! A chip that may be one of several.

use core::ops::Range;

use super::{Chip, Geometry, ProductId};

/// No die's.
const UNKNOWN: ProductId = ProductId(0);
/// RAM that any chip may have, for one that is not known.
const ANY_RAM: Range<u32> = 0x2000_0000..0x2030_0000;

impl Chip {
    /// All of `rows` in one, for a chip that may be any of them: its RAM is as large as the largest's, its flash as slow as
    /// the slowest's. Which version its ROM is does not show either, so an erase that any version does not await is waited
    /// for, and what any does not erase is not to be erased. Where there are none, a chip with this flash, and with any RAM.
    pub fn any_of(rows: &[&'static Self], flash: &Geometry) -> Self {
        let Some((first, rest)) = rows.split_first() else { return Self::with_flash(UNKNOWN, *flash, ANY_RAM) };
        let mut all = (*first).clone();
        all.erase_unawaited_from = rows.iter().filter_map(|row| row.unawaited_by_any_rom()).min();
        all.unerasable_from = rows.iter().filter_map(|row| row.unerasable_over_usb(flash)).min();
        for row in rest {
            all.sram_end = all.sram_end.max(row.sram_end);
            all.usable_ram =
                all.usable_ram.zip(row.usable_ram.clone()).map(|(a, b)| a.start.min(b.start)..a.end.max(b.end));
            if row.other_ram.len() > all.other_ram.len() {
                all.other_ram = row.other_ram;
            }
            all.write_alignment = all.write_alignment.max(row.write_alignment);
            all.program_unit = all.program_unit.max(row.program_unit);
            all.times = all.times.slower(row.times);
            all.times_from_2v7 = all.times_from_2v7.zip(row.times_from_2v7).map(|(a, b)| a.slower(b));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::{Run, Runs};

    #[test]
    fn a_second_bank_that_is_not_erased_over_usb_is_known_however_its_units_are_counted() {
        let rows = [0x419, 0x434].map(|id| Chip::by_product_id(ProductId(id)).expect("it is in the table"));
        let flash = |runs: &[Run]| {
            let runs = Runs::new(runs).expect("it has room for as many");
            Geometry { base: 0x0800_0000, runs, size: runs.size() }
        };
        let run = |count, kib: u32| Run { count, size: kib << 10 };
        let two = [run(4, 16), run(1, 64), run(3, 128), run(4, 16), run(1, 64), run(3, 128)];
        let from = |rows: &[&'static Chip], runs: &[Run]| Chip::any_of(rows, &flash(runs)).unerasable_from;
        assert_eq!(from(&rows, &two), Some(0x0808_0000));
        assert_eq!(from(&rows, &[&two[..], &[run(0, 0), run(0, 0)]].concat()), Some(0x0808_0000));
        assert_eq!(from(&rows[1..], &two), None, "an F469 has no such fault");
        assert_eq!(from(&rows, &[run(4, 16), run(1, 64), run(7, 128)]), None, "one bank");
        let all = [run(4, 16), run(1, 64), run(7, 128), run(4, 16), run(1, 64), run(7, 128)];
        assert_eq!(from(&rows, &all), None, "two whatever the option bytes say");
    }
}
