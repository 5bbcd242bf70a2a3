//! Which chip it is.

use pollster::block_on;

use super::*;
use crate::chip::{Advice, GivenChip, RomVersion, Run, Source, Unit};
use crate::usart::{Division, IdentifyError, Identity, UniqueId, identify, identify_as, proven_unique_id};

const ID: [u8; 12] = *b"\x10\x20\x30\x40ABCDEFGH";

fn identity(rom: Rom) -> Result<Identity, IdentifyError> {
    block_on(identify(&mut connected(SimulatedPort::new(rom))))
}

#[test]
fn each_family_tells_its_size_and_its_unique_id() {
    for (product_id, kib) in [(0x413, 512), (0x410, 64), (0x460, 64), (0x447, 128), (0x416, 64), (0x422, 128)] {
        let identity = identity(rom(product_id).with_flash_kib(kib).with_unique_id(ID)).expect("it is readable");
        assert_eq!(identity.chip.product_id, ProductId(product_id));
        assert_eq!(identity.geometry.size, u32::from(kib) << 10, "{}", identity.chip.name);
        assert!(identity.size_read, "{}", identity.chip.name);
        assert_eq!(identity.unique_id, Some(UniqueId(ID)), "{}", identity.chip.name);
    }
}

#[test]
fn a_unique_id_reads_as_debuggers_show_it() {
    assert_eq!(UniqueId(ID).to_string(), "403020104443424148474645");
}

#[test]
fn a_size_register_that_was_never_programmed_leaves_the_most_that_the_die_has() {
    for kib in [0, 0xFFFF] {
        let identity = identity(rom(0x410).with_size_register(kib)).expect("it is readable");
        assert_eq!((identity.geometry.size, identity.size_read), (128 << 10, false));
    }
}

#[test]
fn a_unique_id_that_is_blank_is_none() {
    for byte in [0x00, 0xFF] {
        let identity = identity(rom(0x460).with_unique_id([byte; 12])).expect("it is readable");
        assert_eq!(identity.unique_id, None);
    }
}

#[test]
fn a_protected_chip_says_so_and_not_that_it_is_broken() {
    for product_id in CHIPS {
        for two_nacks in [false, true] {
            let quirks = Quirks { read_protected: true, two_nacks, ..quirks(product_id) };
            let result = identity(rom(product_id).with_quirks(quirks));
            assert_eq!(result.map(|identity| identity.geometry), Err(IdentifyError::Protected));
        }
    }
}

#[test]
fn a_protected_chip_without_registers_says_so_too() {
    let quirks = Quirks { read_protected: true, ..quirks(0x485) };
    let result = identity(rom(0x485).with_quirks(quirks));
    assert_eq!(result.map(|identity| identity.geometry), Err(IdentifyError::Protected));
}

#[test]
fn size_and_unique_id_are_read_at_once_where_they_share_a_block() {
    // Twice where the flash's division depends on them. One more is for the version of the ROM, on chips where it matters.
    for (product_id, count) in [(0x410, 1), (0x413, 2), (0x460, 2), (0x450, 3)] {
        assert_eq!(reads(rom(product_id)), count, "0x{product_id:03X}");
    }
}

#[test]
fn a_size_that_is_no_power_of_two_is_read_until_two_answers_agree() {
    assert_eq!(reads(rom(0x410).with_flash_kib(96)), 3);
    // After three acknowledgements.
    let mut bootloader = connected(SimulatedPort::new(rom(0x460).with_flash_kib(64)));
    let size = bootloader.port().cable().sent_from_chip() + 3 + 0xE0;
    bootloader.port().cable_mut().faults_mut().from_chip.flip = vec![(size, 0x10)];
    let identity = block_on(identify(&mut bootloader)).expect("it is readable");
    assert_eq!((identity.geometry.size, identity.size_read), (64 << 10, true));
}

#[test]
fn a_unique_id_that_is_a_name_is_right_whichever_byte_of_it_is_disturbed() {
    let mut bootloader = connected(port(0x460));
    let identity = block_on(identify(&mut bootloader)).expect("it is readable");
    for byte in 0..12 {
        let cable = bootloader.port().cable_mut();
        // After three acknowledgements.
        let at = cable.sent_from_chip() + 3 + 0x90 + byte;
        cable.faults_mut().from_chip.flip = vec![(at, 0x03)];
        let found = block_on(proven_unique_id(&mut bootloader, &identity.chip)).expect("it is readable");
        assert_eq!(found, identity.unique_id, "{byte}");
    }
}

/// How often memory is read to identify a chip.
fn reads(rom: Rom) -> usize {
    let mut bootloader = connected(SimulatedPort::new(rom));
    block_on(identify(&mut bootloader)).expect("it is readable");
    events(&mut bootloader).into_iter().filter(|event| matches!(event, Event::Read { .. })).count()
}

/// A chip with its option bit, and a unit that tells the two divisions of its flash apart.
struct Divided {
    product_id: u16,
    kib: u16,
    bit: bool,
    unit: Unit,
}

const fn divided(product_id: u16, kib: u16, bit: bool, number: u16, address: u32, unit_kib: u32) -> Divided {
    Divided { product_id, kib, bit, unit: Unit { number, address, size: unit_kib << 10 } }
}

const DIVIDED: [Divided; 26] = [
    divided(0x419, 1024, false, 8, 0x0808_0000, 128),
    divided(0x419, 1024, true, 12, 0x0808_0000, 16),
    divided(0x434, 1024, true, 19, 0x080E_0000, 128),
    divided(0x451, 2048, true, 5, 0x0804_0000, 256),
    divided(0x451, 2048, false, 12, 0x0810_0000, 16),
    divided(0x451, 1024, false, 12, 0x0808_0000, 16),
    divided(0x469, 512, true, 255, 0x0807_F800, 2),
    divided(0x469, 512, false, 127, 0x0807_F000, 4),
    divided(0x471, 1024, true, 1, 0x0800_1000, 4),
    divided(0x469, 256, true, 128, 0x0804_0000, 2),
    divided(0x469, 256, false, 63, 0x0803_F000, 4),
    divided(0x469, 128, true, 159, 0x0804_F800, 2),
    divided(0x471, 1024, false, 1, 0x0800_2000, 8),
    divided(0x471, 512, true, 128, 0x0804_0000, 4),
    divided(0x471, 512, false, 63, 0x0807_E000, 8),
    divided(0x470, 2048, true, 511, 0x081F_F000, 4),
    divided(0x470, 2048, false, 255, 0x081F_E000, 8),
    divided(0x470, 1024, true, 256, 0x0808_0000, 4),
    divided(0x470, 1024, false, 64, 0x0808_0000, 8),
    divided(0x472, 512, true, 255, 0x0807_F800, 2),
    divided(0x472, 512, false, 127, 0x0807_F000, 4),
    divided(0x467, 256, true, 128, 0x0802_0000, 2),
    divided(0x467, 256, false, 64, 0x0802_0000, 2),
    divided(0x415, 512, true, 256, 0x0804_0000, 2),
    divided(0x461, 512, false, 128, 0x0804_0000, 2),
    divided(0x482, 1024, true, 128, 0x0808_0000, 8),
];

#[test]
fn the_option_bit_that_divides_a_flash_is_read() {
    for Divided { product_id, kib, bit, unit } in DIVIDED {
        let identity = identity(rom(product_id).with_flash_kib(kib).with_option_bit(bit)).expect("it is readable");
        let there = identity.geometry.units().find(|found| found.address == unit.address);
        let name = &identity.chip.name;
        // F76x in two banks.
        let division = if product_id == 0x451 && !bit { Division::Recalled } else { Division::Read };
        assert_eq!((there, identity.division), (Some(unit), division), "{name} {kib} {bit}");
        assert_eq!(identity.is_proven(), division == Division::Read, "{name} {kib} {bit}");
        assert_eq!(identity.geometry.size, u32::from(kib) << 10);
    }
}

#[test]
fn what_is_recalled_of_a_flash_is_not_proven() {
    for (product_id, proven) in [(0x413, true), (0x410, true), (0x42A, false), (0x641, false)] {
        assert_eq!(identity(rom(product_id)).expect("it is readable").is_proven(), proven, "0x{product_id:03X}");
    }
}

#[test]
fn what_is_erased_by_that_division_is_what_lies_there() {
    for Divided { product_id, kib, bit, unit } in DIVIDED {
        // More than reaches to the end of any second bank.
        let contents = vec![0x5A; 2 << 20];
        let rom = rom(product_id).with_flash_kib(kib).with_option_bit(bit).with_flash(0x0800_0000, &contents);
        let mut bootloader = connected(SimulatedPort::new(rom));
        block_on(bootloader.erase(&[unit.number], Duration::from_secs(5))).expect("it is there");
        let erased = (unit.address - 0x0800_0000) as usize..(unit.end() - 0x0800_0000) as usize;
        let flash = bootloader.port().rom();
        let right = |(at, &byte): (usize, &u8)| byte == if erased.contains(&at) { 0xFF } else { 0x5A };
        let there = |&(at, _): &(usize, &u8)| flash.geometry().contains(0x0800_0000 + at as u32);
        assert!(flash.flash().iter().enumerate().filter(there).all(right), "0x{product_id:03X} {kib} {bit}");
    }
}

#[test]
fn a_chip_with_two_mebibytes_always_has_two_banks_and_most_chips_are_divided_in_one_way() {
    for product_id in [0x419, 0x413, 0x460] {
        let identity = identity(rom(product_id)).expect("it is readable");
        assert_eq!((identity.division, identity.geometry), (Division::Fixed, identity.chip.geometry));
    }
}

#[test]
fn a_smaller_chip_whose_second_bank_lies_where_that_of_the_largest_does_is_told_by_its_size() {
    for (product_id, kib, units) in
        [(0x450, 1024, [0x0808_0000, 0x0810_0000]), (0x480, 1024, [0x080F_E000, 0x0817_E000])]
    {
        let identity = identity(rom(product_id).with_flash_kib(kib)).expect("it is readable");
        let there = units.map(|address| identity.geometry.units().any(|unit| unit.address == address));
        assert_eq!((there, identity.division), ([false, true], Division::Fixed), "{}", identity.chip.name);
        assert_eq!(identity.geometry.size, u32::from(kib) << 10);
    }
    // The smallest have one bank.
    let identity = identity(rom(0x450).with_flash_kib(128)).expect("it is readable");
    assert_eq!((identity.geometry.units().count(), identity.geometry.end()), (1, 0x0802_0000));
}

#[test]
fn the_version_of_the_rom_decides_which_faults_the_client_heeds() {
    for (rom_id, list, advice) in [(0xB4, 128, vec![]), (0xB3, 1, vec![Advice::PowerIfSilent])] {
        let quirks = Quirks::of_rom(chip(0x460), RomVersion(rom_id));
        let identity = identity(rom(0x460).with_quirks(quirks)).expect("it is readable");
        assert_eq!((identity.rom, identity.chip.erase_list), (Some(RomVersion(rom_id)), list));
        assert_eq!(identity.advice().collect::<Vec<_>>(), advice, "0x{rom_id:02X}");
    }
}

#[test]
fn a_rom_that_does_not_tell_its_version_is_taken_for_the_worst() {
    for unread in [0x00, 0xFF] {
        let quirks = Quirks { rom: Some(RomVersion(unread)), ..quirks(0x460) };
        let identity = identity(rom(0x460).with_quirks(quirks)).expect("it is readable");
        assert_eq!((identity.rom, identity.chip.erase_list), (None, 1));
    }
}

#[test]
fn an_option_register_without_a_level_of_protection_that_fits_is_not_believed() {
    let mut rom = rom(0x472).with_option_bit(false);
    rom.spoil_option_byte(0x4002_2040);
    let identity = identity(rom).expect("it is readable");
    assert_eq!((identity.division, identity.geometry), (Division::Assumed, identity.chip.geometry));
}

#[test]
fn an_option_byte_without_its_complement_is_not_believed() {
    let mut rom = rom(0x469).with_option_bit(false);
    rom.spoil_option_byte(0x1FFF_7806);
    let identity = identity(rom).expect("it is readable");
    assert_eq!((identity.division, identity.geometry), (Division::Assumed, identity.chip.geometry));
}

/// A G071 by another name, and what its manual would say.
const UNLISTED: u16 = 0x7F0;

fn unlisted() -> SimulatedPort {
    SimulatedPort::new(rom(0x460).with_quirks(Quirks { product_id: Some(UNLISTED), ..quirks(0x460) }))
}

fn given(product_id: u16, pages: u16) -> Chip {
    Chip::given(&GivenChip {
        product_id: ProductId(product_id),
        flash_base: 0x0800_0000,
        runs: vec![Run { count: pages, size: 2048 }],
        erased_byte: 0xFF,
        write_alignment: 8,
        ram: 0x2000_0000..0x2000_9000,
    })
    .expect("it is possible")
}

#[test]
fn a_chip_that_is_not_in_the_table_is_taken_for_what_it_was_given_as() {
    let mut bootloader = connected(unlisted());
    let unknown = block_on(identify(&mut bootloader)).map(|identity| identity.geometry);
    assert_eq!(unknown, Err(IdentifyError::Unknown(ProductId(UNLISTED))));

    let identity = block_on(identify_as(&mut bootloader, given(UNLISTED, 64))).expect("it is as it was given");
    assert_eq!((identity.geometry.size, identity.chip.source), (128 << 10, Source::Given));
    assert_eq!((identity.size_read, identity.unique_id), (false, None));
    let worst = identity.chip.erase_worst(&identity.geometry);
    block_on(bootloader.erase(&[63], worst)).expect("it is there");
    assert!(events(&mut bootloader).contains(&Event::Erased { unit: 63 }));
}

#[test]
fn a_flash_that_was_given_larger_than_it_is_is_found_out_before_anything_is_done() {
    let mut bootloader = connected(unlisted());
    let result = block_on(identify_as(&mut bootloader, given(UNLISTED, 65))).map(|identity| identity.geometry);
    assert_eq!(result, Err(IdentifyError::NotThere { address: 0x0802_0700 }));
}

#[test]
fn what_was_given_for_another_chip_is_not_used() {
    let mut bootloader = connected(port(0x413));
    let result = block_on(identify_as(&mut bootloader, given(UNLISTED, 64))).map(|identity| identity.geometry);
    assert_eq!(result, Err(IdentifyError::OtherChip { given: ProductId(UNLISTED), found: ProductId(0x413) }));
}

#[test]
fn a_protected_chip_that_is_not_in_the_table_says_so_too() {
    let quirks = Quirks { product_id: Some(UNLISTED), read_protected: true, ..quirks(0x460) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x460).with_quirks(quirks)));
    let result = block_on(identify_as(&mut bootloader, given(UNLISTED, 64))).map(|identity| identity.geometry);
    assert_eq!(result, Err(IdentifyError::Protected));
}
