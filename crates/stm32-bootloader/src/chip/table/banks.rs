//! Chips whose flash is one bank or two, or whose banks are shorter than the die's.
//!
//! Which of its own page numbers a ROM gives the second bank of a chip with less flash than the die is told by no
//! document that was read. ST's open bootloader counts the second bank from the number that it has on the largest chip
//! of the die (G0, G4, U5), and so does RM0351 for the L47x (its Table 5, as told in stlink pull request 388); the F42x
//! with 1 MiB is known to (RM0090 §3.4). So it is taken for the rule. Where it is not, the pages of the second bank are
//! not erased, and reading back finds it out.

use super::family::{pages, runs, sectors};
use crate::chip::{Layout, OptionBit, Proof, Run, Runs};

/// The sectors of one bank of 1 MiB, and of one of 512 KiB.
const MIB: [Run; 3] = bank(7);
const HALF_MIB: [Run; 3] = bank(3);

/// A bank as on F42x: four sectors of 16 KiB, one of 64, the rest of 128.
const fn bank(rest: u16) -> [Run; 3] {
    [Run { count: 4, size: 16 << 10 }, Run { count: 1, size: 64 << 10 }, Run { count: rest, size: 128 << 10 }]
}

/// Two banks of `EACH` pages with `SKIPPED` numbers between them.
const fn halves<const EACH: u16, const SKIPPED: u16, const SIZE: u32>() -> Runs {
    let each = Run { count: EACH, size: SIZE };
    runs(&[each, Run { count: SKIPPED, size: 0 }, each])
}

/// The 2 MiB of F42x, F43x, F469 and F479: two banks, sectors 0 to 23 (RM0090 §3.4).
pub(super) const TWO_BANKS: Runs = runs(&[MIB[0], MIB[1], MIB[2], MIB[0], MIB[1], MIB[2]]);

/// 1 MiB in two banks: sectors 0 to 7, and 12 to 19 (RM0090 §3.4).
const TWO_HALVES: Runs =
    runs(&[HALF_MIB[0], HALF_MIB[1], HALF_MIB[2], Run { count: 4, size: 0 }, HALF_MIB[0], HALF_MIB[1], HALF_MIB[2]]);

/// A chip of `KIB` whose `bit` divides the flash.
const fn with<const KIB: u32>(bit: OptionBit, set: Runs, clear: Runs) -> Layout {
    Layout { only_with: Some(KIB << 10), bit: Some(bit), set, clear, clear_is_recalled: false }
}

/// The same with numbers of `clear` that are recalled.
const fn recalled(layout: Layout) -> Layout {
    Layout { clear_is_recalled: true, ..layout }
}

/// All chips of `KIB` are divided so.
const fn always<const KIB: u32>(runs: Runs) -> Layout {
    Layout { only_with: Some(KIB << 10), bit: None, set: runs, clear: runs, clear_is_recalled: false }
}

/// Bit 16 + `bit` of FLASH_OPTR as G0, G4 and L4 load it from the option bytes at `word`, which its complement follows.
/// Set as delivered.
const fn optr(word: u32, bit: u8) -> OptionBit {
    OptionBit { byte: word + 2, mask: 1 << bit, delivered: true, proof: Some(Proof::Complement(word + 6)) }
}

/// The same bit of the register itself, which is what L5 and U5 have in place of option bytes in memory (0x40022040, as
/// ST's open bootloader lets it be read). Its lowest byte is the level of the read-out protection.
const fn optr_register(bit: u8) -> OptionBit {
    const OPTR: u32 = 0x4002_2040;
    OptionBit { byte: OPTR + 2, mask: 1 << bit, delivered: true, proof: Some(Proof::Unprotected(OPTR)) }
}

/// F42x, F43x, F469 and F479 with 1 MiB: DB1M, bit 30 of FLASH_OPTCR (CMSIS header), whose upper half-word is loaded from
/// 0x1FFFC008 (as several programs read its other bits). Those with 2 MiB always have two banks.
pub(super) const DB1M: &[Layout] =
    &[with::<1024>(OptionBit { byte: 0x1FFF_C009, mask: 0x40, delivered: false, proof: None }, TWO_HALVES, TWO_BANKS)];

/// nDBANK, bit 29 of FLASH_OPTCR (CMSIS header), which is bit 13 at 0x1FFF0008 (as read by a program that tells the two
/// apart; RM0410, not read).
const NDBANK_BIT: OptionBit = OptionBit { byte: 0x1FFF_0009, mask: 0x20, delivered: true, proof: None };

/// F76x and F77x: one bank as delivered; with two the sectors are half as large (ST's flash algorithms), and numbered
/// as on F42x (RM0410, recalled).
pub(super) const NDBANK: &[Layout] = &[
    recalled(with::<2048>(NDBANK_BIT, sectors::<32, 7>(), TWO_BANKS)),
    recalled(with::<1024>(NDBANK_BIT, sectors::<32, 7>(), TWO_HALVES)),
];

/// DBANK, bit 22 of FLASH_OPTR (CMSIS header), at 0x1FFF7800 (as read by several programs).
const DBANK_G4_BIT: OptionBit = optr(0x1FFF_7800, 6);

/// G47x and G48x: with one bank pages have 4 KiB. The second bank is at 0x08040000 on smaller chips too (stm32-data,
/// and OpenOCD, which calls it a gap).
pub(super) const DBANK_G4: &[Layout] = &[
    with::<512>(DBANK_G4_BIT, pages::<256, 2048>(), pages::<128, 4096>()),
    with::<256>(DBANK_G4_BIT, pages::<192, 2048>().without(64, 128), pages::<64, 4096>()),
    with::<128>(DBANK_G4_BIT, pages::<160, 2048>().without(32, 128), pages::<32, 4096>()),
];

/// G0B1 and G0C1 with 256 KiB: DUAL_BANK, bit 21 of FLASH_OPTR. RM0444 Table 11 numbers the pages of the second bank
/// apart.
pub(super) const DUAL_BANK_G0: &[Layout] =
    &[with::<256>(optr(0x1FFF_7800, 5), halves::<64, 64, 2048>(), pages::<128, 2048>())];

/// L47x, L48x, L49x and L4Ax with less than 1 MiB: DUALBANK, bit 21 of FLASH_OPTR (OpenOCD tells it so). Those with 1
/// MiB always have two banks.
pub(super) const DUALBANK_L4: &[Layout] = &[
    with::<512>(optr(0x1FFF_7800, 5), halves::<128, 128, 2048>(), pages::<256, 2048>()),
    with::<256>(optr(0x1FFF_7800, 5), halves::<64, 192, 2048>(), pages::<128, 2048>()),
];

/// L4R and L4S: DBANK, bit 22, with 2 MiB, and DB1M, bit 21, with 1 (OpenOCD); with one bank pages have 8 KiB. ST's
/// flash algorithm has the option bytes at 0x1FF00000; stm32flash, at 0x1FFF7800, where they are on the other L4.
pub(super) const DBANK_L4R: &[Layout] = &[
    with::<2048>(optr(0x1FF0_0000, 6), pages::<512, 4096>(), pages::<256, 8192>()),
    with::<1024>(optr(0x1FF0_0000, 5), halves::<128, 128, 4096>(), pages::<128, 8192>()),
];

/// L4P5 and L4Q5: the same with half as much flash. The address is stm32flash's, too.
pub(super) const DBANK_L4P5: &[Layout] = &[
    with::<1024>(optr(0x1FF0_0000, 6), pages::<256, 4096>(), pages::<128, 8192>()),
    with::<512>(optr(0x1FF0_0000, 5), halves::<64, 64, 4096>(), pages::<64, 8192>()),
];

/// L552 and L562: DBANK, bit 22; with one bank pages have 4 KiB (stm32-data, OpenOCD). Where DB256K, bit 21, is clear
/// beside it, the pages of a chip with 256 KiB may be numbered in a row; that is not told.
pub(super) const DBANK_L5: &[Layout] = &[
    with::<512>(optr_register(6), pages::<256, 2048>(), pages::<128, 4096>()),
    with::<256>(optr_register(6), halves::<64, 64, 2048>(), pages::<64, 4096>()),
];

/// U575 with 1 MiB: DUALBANK, bit 21 of FLASH_OPTR (OpenOCD). Those with 2 MiB always have two banks.
pub(super) const DUALBANK_U5: &[Layout] =
    &[with::<1024>(optr_register(5), halves::<64, 64, 8192>(), pages::<128, 8192>())];

/// H742, H743, H745 and H747 with 1 MiB: the second bank is at 0x08100000 all the same (ST's device family pack).
pub(super) const SHORT_BANKS_H7: &[Layout] = &[always::<1024>(pages::<12, 0x2_0000>().without(4, 8))];

/// H7A3 with 1 MiB: the same (ST's device family pack).
pub(super) const SHORT_BANKS_H7A: &[Layout] = &[always::<1024>(pages::<192, 8192>().without(64, 128))];
