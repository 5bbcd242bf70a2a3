mod boundaries;

use std::collections::BTreeSet;

use super::*;
use crate::chip::{Advice, Fault, ProductId, Proof, RomVersion, Source, Unit};

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

/// Number, address and size of one unit.
fn unit(chip: &Chip, number: u16) -> (u16, u32, u32) {
    let Unit { number, address, size } =
        chip.geometry.units().find(|unit| unit.number == number).expect("the chip has the unit");
    (number, address, size)
}

#[test]
fn no_product_id_and_no_name_is_there_twice() {
    let ids: BTreeSet<_> = TABLE.iter().map(|chip| chip.product_id).collect();
    let names: BTreeSet<_> = TABLE.iter().map(|chip| chip.name).collect();
    assert_eq!((ids.len(), names.len()), (TABLE.len(), TABLE.len()));
}

#[test]
fn every_row_of_the_facts_is_there_and_has_its_geometry() {
    assert_eq!(TABLE.len(), 94);
    assert!(TABLE.iter().all(|chip| chip.geometry.size > 0));
}

#[test]
fn only_what_was_found_in_nothing_of_st_is_offered_with_a_warning() {
    let recalled = TABLE.iter().filter(|chip| !matches!(chip.source, Source::Document(_)));
    let recalled: Vec<_> = recalled.map(|chip| chip.product_id.0).collect();
    assert_eq!(recalled, [0x641, 0x03, 0x2F, 0x5F, 0x42A, 0x9A8, 0x9B0]);
}

#[test]
fn whole_blocks_keep_to_every_chips_alignment() {
    for chip in TABLE {
        let alignment = u32::from(chip.write_alignment);
        let block = u32::from(chip.max_block);
        assert!(block.is_multiple_of(alignment), "{}", chip.name);
        assert!(chip.geometry.units().all(|unit| unit.size.is_multiple_of(block)), "{}", chip.name);
        assert!(chip.geometry.base.is_multiple_of(block), "{}", chip.name);
    }
}

#[test]
fn flash_begins_at_0x08000000_on_all_but_bluenrg() {
    for chip in TABLE {
        let base = if chip.family == "NRG" { 0x1004_0000 } else { 0x0800_0000 };
        assert_eq!(chip.geometry.base, base, "{}", chip.name);
    }
}

#[test]
fn what_is_erased_reads_as_zero_on_l0_and_l1_alone_which_cannot_mass_erase() {
    for chip in TABLE {
        let low_power = matches!(chip.family, "L0" | "L1");
        assert_eq!((chip.erased_byte, chip.mass_erase), if low_power { (0x00, false) } else { (0xFF, true) });
    }
}

#[test]
fn no_chip_lets_more_ram_be_written_than_it_has() {
    for chip in TABLE {
        assert!(chip.usable_ram.as_ref().is_none_or(|ram| ram.end <= chip.sram_end), "{}", chip.name);
    }
}

#[test]
fn the_f405_is_as_in_an2606_table_226_and_public_tables() {
    let f4 = chip(0x413);
    assert_eq!(f4.geometry.size, 1 << 20);
    assert_eq!(unit(f4, 4), (4, 0x0801_0000, 64 << 10));
    assert_eq!(unit(f4, 11), (11, 0x080E_0000, 128 << 10));
    assert_eq!(f4.usable_ram, Some(0x2000_3000..0x2002_0000));
    assert_eq!(f4.system_memory, Some(0x1FFF_0000..0x1FFF_7800));
    assert_eq!(f4.flash_size_register, Some(0x1FFF_7A22));
}

#[test]
fn the_f429_has_its_second_banks_small_sectors_at_one_mebibyte() {
    assert_eq!(unit(chip(0x419), 11), (11, 0x080E_0000, 128 << 10));
    assert_eq!(unit(chip(0x419), 12), (12, 0x0810_0000, 16 << 10));
    assert_eq!(unit(chip(0x419), 23), (23, 0x081E_0000, 128 << 10));
}

#[test]
fn the_f103_is_as_in_an2606_table_226_and_public_tables() {
    let f1 = chip(0x410);
    assert_eq!(unit(f1, 127), (127, 0x0801_FC00, 1024));
    assert_eq!(f1.usable_ram, Some(0x2000_0200..0x2000_5000));
    assert_eq!(f1.system_memory, Some(0x1FFF_F000..0x1FFF_F800));
    assert_eq!(f1.unique_id.map(|id| id.address), Some(0x1FFF_F7E8));
}

#[test]
fn the_g071_is_as_in_an2606_tables_7_and_226_and_public_tables() {
    let g0 = chip(0x460);
    assert_eq!(unit(g0, 63), (63, 0x0801_F800, 2048));
    assert_eq!(g0.usable_ram, Some(0x2000_2700..0x2000_9000));
    assert_eq!(g0.write_alignment, 4);
}

#[test]
fn the_l073_is_as_in_an2606_tables_7_and_226_and_public_tables() {
    let l0 = chip(0x447);
    assert_eq!(unit(l0, 1535), (1535, 0x0802_FF80, 128));
    assert_eq!(l0.usable_ram, Some(0x2000_1400..0x2000_5000));
    assert_eq!((l0.write_alignment, l0.max_block), (8, 128));
    assert_eq!(l0.unique_id.map(|id| id.offsets), Some([0, 4, 0x14]));
}

#[test]
fn stacks_may_start_at_the_end_of_any_ram_and_nowhere_else() {
    let starts = |product_id, address| chip(product_id).stack_may_start_at(address);
    assert!(starts(0x413, 0x2002_0000), "the end of the main SRAM");
    assert!(starts(0x413, 0x1001_0000), "the end of CCM");
    assert!(starts(0x450, 0x2408_0000), "the end of AXI SRAM");
    assert!(starts(0x415, 0x1000_8000), "the end of SRAM2");
    assert!(!starts(0x413, 0x2002_0004), "beyond the SRAM");
    assert!(!starts(0x413, 0x2000_0000), "no room below");
    assert!(!starts(0x410, 0x0800_0000), "flash");
    assert!(TABLE.iter().all(|chip| !chip.stack_may_start_at(0xFFFF_FFFF) && !chip.stack_may_start_at(0)));
}

#[test]
fn a_row_is_as_its_largest_chip_is_delivered() {
    for chip in TABLE {
        if let Some(layout) = chip.layout(chip.geometry.size) {
            assert_eq!(layout.runs(None), chip.geometry.runs, "{}", chip.name);
        }
        for layout in chip.layouts.iter().filter(|layout| layout.bit.is_some()) {
            assert_ne!(layout.set, layout.clear, "{}", chip.name);
        }
    }
}

#[test]
fn the_bit_that_divides_a_flash_is_among_its_option_bytes() {
    for chip in TABLE {
        for bit in chip.layouts.iter().filter_map(|layout| layout.bit) {
            let options = chip.option_bytes.clone().expect("it has some");
            let proof = bit.proof.map(|proof| proof.expects(0).0);
            assert!([Some(bit.byte), proof].into_iter().flatten().all(|byte| options.contains(&byte)), "{}", chip.name);
            assert_eq!(bit.mask.count_ones(), 1, "{}", chip.name);
            // What is read is the first of the 16 bytes around.
            assert!(proof.is_none_or(|proof| proof / 16 == bit.byte / 16), "{}", chip.name);
        }
    }
    assert_eq!(Proof::Complement(8).expects(0x5A), (8, 0xA5));
    assert_eq!(Proof::Unprotected(8).expects(0x5A), (8, 0xAA));
}

#[test]
fn start_up_is_as_in_an2606_table_227() {
    for (product_id, milliseconds) in [(0x410, 1.227), (0x413, 84.59), (0x418, 524.376), (0x460, 0.39), (0x480, 545.0)]
    {
        assert_eq!(chip(product_id).start_up.as_secs_f64() * 1000.0, milliseconds, "0x{product_id:03X}");
    }
}

#[test]
fn st_tested_two_dies_at_57600_baud_only_and_their_limitations_say_so() {
    for chip in TABLE {
        let slow = matches!(chip.product_id.0, 0x422 | 0x432);
        assert_eq!(chip.tested_baud, if slow { 57_600 } else { 115_200 }, "{}", chip.name);
        let said = chip.limitations.iter().any(|limitation| limitation.fault == Fault::SlowBaud);
        assert_eq!(said, slow, "{}", chip.name);
    }
}

#[test]
fn the_version_of_a_rom_is_asked_for_only_where_something_depends_on_it() {
    let matters = |fault: Fault| {
        matches!(fault, Fault::ErasesFirstOfList | Fault::ErasesUnawaited { .. }) || fault.advice().is_some()
    };
    for chip in TABLE.iter().filter(|chip| chip.rom_version.is_some()) {
        let differ = chip.limitations.iter().any(|limitation| !limitation.roms.is_empty() && matters(limitation.fault));
        assert!(differ, "{}", chip.name);
        assert!(
            chip.system_memory.clone().is_some_and(|rom| rom.contains(&chip.rom_version.unwrap_or(0))),
            "{}",
            chip.name
        );
    }
}

#[test]
fn a_limitation_counts_for_its_versions_and_for_one_that_is_not_known() {
    let erasing = |product_id, rom: Option<u8>| {
        let mut chip = chip(product_id).clone();
        chip.heed(rom.map(RomVersion));
        (chip.erase_list, chip.erase_unawaited_from)
    };
    // AN2606 Table 108: V11.3 must be given 40 ms after each page.
    assert_eq!(erasing(0x460, Some(0xB4)), (128, None));
    assert_eq!(erasing(0x460, Some(0xB3)), (1, Some(0)));
    assert_eq!(erasing(0x460, None), (1, Some(0)));
    // Table 136: V9.1 is so with the second bank.
    assert_eq!(erasing(0x450, Some(0x91)), (1, Some(0x0810_0000)));
    assert_eq!(erasing(0x450, Some(0x92)), (128, None));
    // Table 210.
    assert_eq!(erasing(0x454, Some(0xE1)), (1, None));
    assert_eq!(erasing(0x454, Some(0xE2)), (128, None));
    // Tables 110 and 112: both versions that there are.
    assert_eq!(erasing(0x467, None), (1, None));
}

#[test]
fn a_person_is_told_what_to_do_once_and_only_for_the_versions_that_it_is_about() {
    let told = |product_id, rom| chip(product_id).advice(rom).collect::<Vec<_>>();
    let advice = |product_id, rom| told(product_id, Some(RomVersion(rom)));
    assert_eq!(advice(0x460, 0xB3), [Advice::PowerIfSilent]);
    assert_eq!(advice(0x460, 0xB4), []);
    assert_eq!(advice(0x483, 0x92), [Advice::PowerAfter]);
    assert_eq!(advice(0x483, 0x93), []);
    assert_eq!(advice(0x450, 0x90), [Advice::Reset, Advice::PowerAfter]);
    assert_eq!(advice(0x413, 0x91), []);
    assert_eq!(told(0x413, None), [Advice::Reset]);
}

#[test]
fn a_roms_version_reads_as_st_writes_it() {
    assert_eq!([RomVersion(0xB3), RomVersion(0x20)].map(|rom| rom.to_string()), ["V11.3", "V2.0"]);
}

#[test]
fn what_is_programmed_at_once_is_a_part_of_every_unit() {
    for chip in TABLE {
        let unit = chip.program_unit;
        assert!(unit.is_power_of_two() && (8..=64).contains(&unit), "{}", chip.name);
        assert!(chip.geometry.runs.iter().all(|run| run.size.is_multiple_of(unit.into())), "{}", chip.name);
    }
    // 32-byte flash words (RM0433 §4.3.9, recalled), half-pages (RM0367), quad words.
    for (product_id, unit) in [(0x450, 32), (0x447, 64), (0x484, 16), (0x482, 16), (0x413, 8), (0x460, 8)] {
        assert_eq!(chip(product_id).program_unit, unit, "0x{product_id:03X}");
    }
}
