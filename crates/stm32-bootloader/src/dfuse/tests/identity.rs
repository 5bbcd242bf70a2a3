use super::*;
use crate::chip::{Geometry, Source};
use crate::dfuse::{IdentifyError, Identity, identify};
use crate::usart::Division;

fn identified(pipe: SimulatedPipe) -> Identity {
    block_on(identify(&mut connected(pipe))).expect("it can be read")
}

fn candidates(identity: &Identity) -> Vec<u16> {
    identity.candidates.iter().map(|chip| chip.product_id.0).collect()
}

/// A device with a flash and with other memories, as dfu-util lists them.
fn listed(alternates: &[&'static str]) -> Identity {
    // Whichever chip it is has RAM, which is all that the simulation reads here.
    identified(quirky(rom(0x413), UsbQuirks { alternates: alternates.to_vec(), ..UsbQuirks::default() }))
}

#[test]
fn devices_are_told_by_their_flash_and_their_option_bytes() {
    const F4: &str = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
    const G4: &str = "@Internal Flash   /0x08000000/256*02Kg";
    const F4_OPTIONS: &str = "@Option Bytes  /0x1FFFC000/01*016 e";
    for (flash, options, expected) in [
        // An F405 cannot be told from an F2, an F412 or an F413.
        (F4, F4_OPTIONS, &[0x411, 0x413, 0x441, 0x463][..]),
        (F4, "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e", &[0x419, 0x434]),
        (G4, "@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e", &[0x469]),
        (
            "@Internal Flash  /0x08000000/128*0002Kg",
            "@Option Bytes  /0x1FFFF800/01*016 e",
            &[0x418, 0x422, 0x432, 0x446],
        ),
        ("@Internal Flash  /0x08000000/032*0001Kg", "@Option Bytes  /0x1FFFF800/01*016 e", &[0x445]),
        ("@Internal Flash  /0x08000000/1536*128g", "@Option Bytes  /0x1FF80000/01*032 e", &[0x447]),
        ("@Internal Flash  /0x08000000/1024*256 g", "@Option Bytes  /0x1FF80000/01*032 e", &[0x427, 0x436, 0x437]),
        ("@Internal Flash  /0x08000000/512*0004Kg", "@Option Bytes  /0x1FF00000/01*040 e", &[0x470]),
        ("@Internal Flash   /0x08000000/16*128Kg", "@Option Bytes   /0x5200201C/01*128 e", &[0x450]),
        ("@Internal Flash   /0x08000000/256*08Kg", "@Option Bytes   /0x5200201C/01*297 e", &[0x480]),
        ("@Internal Flash   /0x08000000/512*08Kg", "@Option Bytes   /0x40022040/01*64 e", &[0x481, 0x476]),
        ("@Internal Flash   /0x08000000/64*02Kg", "@Internal Flash   /0x08000000/64*02Kg", &[0x467, 0x489]),
        ("@Internal Flash   /0x08000000/256*02Kg", "@Option Bytes   /0x40022040/01*48 e", &[0x472]),
        (
            "@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg",
            "@Option Bytes  /0x1FFF0000/01*048 e",
            &[0x449, 0x451],
        ),
    ] {
        let mut found = candidates(&listed(&[flash, options]));
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{flash}, {options}");
    }
}

#[test]
fn a_device_that_may_be_several_is_as_slow_and_as_roomy_as_any_of_them() {
    let identity =
        listed(&["@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", "@Option Bytes  /0x1FFFC000/01*016 e"]);
    // The stack of an F413, which has the most RAM, and in the CCM, which an F2 does not have.
    assert!(identity.chip.stack_may_start_at(0x2005_0000) && identity.chip.stack_may_start_at(0x1001_0000));
    assert!(!identity.chip.stack_may_start_at(0x3000_0000));
    assert!(identity.chip.times_from_2v7.is_some(), "all of them can be told their supply");
    assert!(identity.name().starts_with("STM32F205/207/215/217 or STM32F405/407/415/417 or "), "{}", identity.name());
}

#[test]
fn a_chip_that_can_be_told_is_its_row_with_the_blocks_of_the_transfers() {
    for (product_id, block) in [(0x447, 2048), (0x450, 1024)] {
        let identity = identified(pipe(rom(product_id)));
        assert_eq!(identity.chip.product_id.0, product_id);
        assert_eq!((identity.chip.erased_byte, identity.chip.max_block), (chip(product_id).erased_byte, block));
        assert_eq!(identity.chip.source, chip(product_id).source);
        assert_eq!(identity.geometry, chip(product_id).geometry);
    }
}

#[test]
fn a_device_that_is_not_in_the_table_has_the_flash_that_it_describes_and_any_ram() {
    let identity = listed(&["@Internal Flash   /0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg"]);
    assert_eq!((identity.candidates.len(), identity.geometry.base), (0, 0x0800_C000));
    assert_eq!((identity.chip.source, identity.chip.max_block), (Source::Given, 2048));
    assert!(identity.chip.stack_may_start_at(0x2002_0000) && !identity.chip.stack_may_start_at(0x0800_0000));
    assert_eq!(identity.name(), "chip that is not in the table");
}

#[test]
fn a_device_that_lists_no_option_bytes_is_one_of_those_of_which_none_are_known() {
    // As a C5 does.
    let identity = listed(&["@Internal Flash   /0x08000000/64*08Kg"]);
    assert!(candidates(&identity).contains(&0x44E), "{}", identity.name());
    assert!(!candidates(&identity).contains(&0x476), "a U5 lists its option bytes");
    assert_eq!(identity.geometry.units().count(), 64);
}

#[test]
fn the_option_byte_tells_a_divided_flash_that_the_string_does_not() {
    // An F767 with two banks, whose ROM describes one.
    let alternates =
        vec!["@Internal Flash  /0x08000000/04*032Kg,01*128Kg,07*256Kg", "@Option Bytes  /0x1FFF0000/01*032 e"];
    for one_bank in [true, false] {
        let rom = rom(0x451).with_option_bit(one_bank);
        let divided: Geometry = rom.geometry();
        let quirks = UsbQuirks { alternates: alternates.clone(), ..UsbQuirks::default() };
        let identity = identified(quirky(rom, quirks));
        assert_eq!((identity.division, identity.geometry), (Division::Read, divided), "{one_bank}");
    }
    let alternates = vec![alternates[0], "@Option Bytes  /0x1FFF0000/01*008 e"];
    let identity = identified(quirky(rom(0x451), UsbQuirks { alternates, ..UsbQuirks::default() }));
    assert_eq!(identity.division, Division::Assumed, "the byte is not among those that can be read");
}

#[test]
fn an_option_bit_that_only_some_of_the_candidates_have_is_not_read() {
    // An F745 has something else there.
    let identity =
        listed(&["@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg", "@Option Bytes  /0x1FFF0000/01*048 e"]);
    assert_eq!((identity.division, identity.geometry.units().count()), (Division::Assumed, 8));
}

#[test]
fn a_protected_chip_is_told_as_such() {
    let rom = rom(0x413).with_quirks(Quirks { read_protected: true, ..Quirks::of(chip(0x413)) });
    let error = block_on(identify(&mut connected(pipe(rom)))).expect_err("it cannot be read");
    assert_eq!(error, IdentifyError::Protected);
}

#[test]
fn no_register_is_read_of_which_it_is_not_known_that_the_rom_lets_it_be() {
    for product_id in [0x413, 0x469, 0x450, 0x447] {
        let mut bootloader = connected(pipe(rom(product_id)));
        block_on(identify(&mut bootloader)).expect("it can be read");
        let row = chip(product_id);
        let known = |address: u32| {
            row.option_bytes.as_ref().is_some_and(|options| options.contains(&address))
                || (row.geometry.base..row.geometry.end()).contains(&address)
        };
        let read = events(&mut bootloader).into_iter();
        let mut read =
            read.filter_map(|event| if let Event::Read { address, .. } = event { Some(address) } else { None });
        assert!(read.all(known), "0x{product_id:03X}");
    }
}
