//! Chips whose flash is one bank or two, as an option bit says.

use super::family::{pages, runs, sectors};
use crate::chip::{Layout, Run, Runs};

/// The sectors of one bank of 1 MiB, and of one of 512 KiB.
const MIB: [Run; 3] = bank(7);
const HALF_MIB: [Run; 3] = bank(3);

/// A bank as on F42x: four sectors of 16 KiB, one of 64, the rest of 128.
const fn bank(rest: u16) -> [Run; 3] {
    [Run { count: 4, size: 16 << 10 }, Run { count: 1, size: 64 << 10 }, Run { count: rest, size: 128 << 10 }]
}

/// The 2 MiB of F42x, F43x, F469 and F479: two banks, sectors 0 to 23 (RM0090 §3.4).
pub(super) const TWO_BANKS: Runs = runs(&[MIB[0], MIB[1], MIB[2], MIB[0], MIB[1], MIB[2]]);

/// 1 MiB in two banks: sectors 0 to 7, and 12 to 19 (RM0090 §3.4).
const TWO_HALVES: Runs =
    runs(&[HALF_MIB[0], HALF_MIB[1], HALF_MIB[2], Run { count: 4, size: 0 }, HALF_MIB[0], HALF_MIB[1], HALF_MIB[2]]);

/// F42x, F43x, F469 and F479 with 1 MiB: DB1M, bit 30 of FLASH_OPTCR (CMSIS header), whose upper half-word is loaded from
/// 0x1FFFC008 (as several programs read its other bits). Those with 2 MiB always have two banks.
pub(super) const DB1M: &[Layout] = &[Layout {
    byte: 0x1FFF_C009,
    mask: 0x40,
    complement: None,
    only_with: Some(1 << 20),
    set: TWO_HALVES,
    clear: TWO_BANKS,
}];

/// F76x and F77x: nDBANK, bit 29 of FLASH_OPTCR (CMSIS header), which is bit 13 at 0x1FFF0008 (as read by a program that
/// tells the two apart; RM0410, not read). One bank as delivered; with two the sectors are half as large, and numbered as
/// on F42x (RM0410, recalled).
pub(super) const NDBANK: &[Layout] = &[
    Layout {
        byte: 0x1FFF_0009,
        mask: 0x20,
        complement: None,
        only_with: Some(2 << 20),
        set: sectors::<32, 7>(),
        clear: TWO_BANKS,
    },
    Layout {
        byte: 0x1FFF_0009,
        mask: 0x20,
        complement: None,
        only_with: Some(1 << 20),
        set: sectors::<32, 7>(),
        clear: TWO_HALVES,
    },
];

/// G47x and G48x: DBANK, bit 22 of FLASH_OPTR (CMSIS header), which is bit 6 at 0x1FFF7802 (as read by several programs).
/// With one bank pages have 4 KiB. The second word of each pair is the complement of the first (RM0440, recalled).
pub(super) const DBANK_G4: &[Layout] = &[Layout {
    byte: 0x1FFF_7802,
    mask: 0x40,
    complement: Some(0x1FFF_7806),
    only_with: None,
    set: pages::<256, 2048>(),
    clear: pages::<128, 4096>(),
}];

/// L4P5 and L4Q5: the same bit at 0x1FF00002. The address of the option bytes is from stm32flash's table, the rest is
/// recalled (RM0432); a wrong place has no right complement, so it would not be believed.
pub(super) const DBANK_L4P5: &[Layout] = &[Layout {
    byte: 0x1FF0_0002,
    mask: 0x40,
    complement: Some(0x1FF0_0006),
    only_with: Some(1 << 20),
    set: pages::<256, 4096>(),
    clear: pages::<128, 8192>(),
}];
