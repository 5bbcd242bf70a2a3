//! Updates that are refused, or that the chip does not take.

use stm32_bootloader::sim::{Event as Done, Quirks, SimulatedPort};
use updater::{Cause, CheckError, DeviceState, Places};

use super::*;

fn touched(rom: &Rom) -> bool {
    done(rom).any(|event| {
        matches!(event, Done::Erased { .. } | Done::MassErased | Done::Programmed { .. } | Done::NotErased { .. })
    })
}

#[test]
fn an_image_that_is_too_large_is_refused_before_anything_is_erased() {
    for (product_id, size) in CHIPS {
        let kib = u16::try_from(size >> 11).expect("a small chip");
        let mut port = SimulatedPort::new(in_the_field(product_id).with_flash_kib(kib));
        let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
        let identity = block_on(identify(&mut bootloader)).expect("the chip tells what it is");
        let image = Image::parse(&program(size, 1), BASE).expect("it is a raw binary");
        let refused = check(&image, &identity.chip, &identity.geometry);
        let (needs, has) = (u32::try_from(size).expect("it is small"), u32::from(kib) << 10);
        assert_eq!(refused, Err(CheckError::TooLarge { needs, has }));
        assert!(!touched(port.rom()));
    }
}

#[test]
fn where_no_register_says_the_size_an_image_that_is_too_large_is_refused_before_anything_is_erased() {
    // The largest of each die has 512 KiB and 2 MiB; smaller ones are sold.
    for (product_id, kib) in [(0x478, 256), (0x484, 1024)] {
        assert_eq!(chip(product_id).flash_size_register, None);
        for (bytes, fits) in [(kib << 10, true), ((kib << 10) + 4, false)] {
            let mut port = SimulatedPort::new(in_the_field(product_id).with_flash_kib(kib as u16));
            // Most of it is blank, which takes no time to write.
            let mut payload = vec![0xFF; bytes];
            payload[..600].copy_from_slice(&program(600, 1));
            payload[bytes - 600..].copy_from_slice(&program(600, 2));
            let result = update(&mut port, &payload, &mut Recorder::default());
            if fits {
                result.expect("it is as large as the flash");
                assert!(holds(port.rom(), &payload));
                continue;
            }
            let failure = result.expect_err("it is larger");
            let address = BASE + (kib << 10) as u32;
            assert_eq!((failure.cause, failure.state), (Cause::TooLarge { address }, DeviceState::Untouched));
            assert!(!touched(port.rom()) && port.rom().starts_application());
        }
    }
}

/// An update of a chip that holds an older program of `before` bytes and has these units write-protected.
fn protected(product_id: u16, size: usize, before: usize, units: &[u16]) -> (SimulatedPort, Failure) {
    let quirks = Quirks { write_protected: units.to_vec(), ..Quirks::of(chip(product_id)) };
    let rom = Rom::new(chip(product_id)).with_flash(BASE, &program(before, 7)).with_quirks(quirks);
    let mut port = SimulatedPort::new(rom);
    let failure = update(&mut port, &program(size, 1), &mut Recorder::default()).expect_err("it is protected");
    (port, failure)
}

fn numbers(places: &Places) -> Vec<u16> {
    places.units().iter().map(|unit| unit.number).collect()
}

#[test]
fn a_device_whose_vector_table_cannot_be_erased_is_left_as_it_is() {
    for (product_id, size) in CHIPS {
        let (port, failure) = protected(product_id, size, size, &[0, 2]);
        let Cause::NotErased { places } = &failure.cause else { panic!("{failure:?}") };
        // More are not erased to find out.
        assert_eq!((numbers(places), failure.state), (vec![0], DeviceState::Untouched), "0x{product_id:03X}");
        assert!(!done(port.rom()).any(|event| matches!(event, Done::Erased { .. } | Done::Programmed { .. })));
        assert!(port.rom().starts_application());
    }
}

#[test]
fn write_protected_units_are_all_found_after_one_attempt_where_one_holds_something() {
    for (product_id, size) in CHIPS {
        // Two hold something, and one is blank.
        let units: Vec<_> = chip(product_id).geometry.units().collect();
        let before = usize::try_from(units[4].address - BASE).expect("it is small");
        let (port, failure) = protected(product_id, size, before, &[1, 3, 4]);
        let Cause::NotErased { places } = &failure.cause else { panic!("{failure:?}") };
        assert_eq!((numbers(places), failure.state), (vec![1, 3, 4], DeviceState::Incomplete), "0x{product_id:03X}");
        let first = places.units()[1];
        let tried = |event: &&Done| matches!(event, Done::NotProgrammed { address, .. } if *address == first.address);
        assert_eq!(done(port.rom()).filter(tried).count(), 1, "it was written to again");
        let text = failure.to_string();
        let named = if product_id == 0x413 { "sectors 3 and 4 (0x0800C000" } else { "pages 3 and 4 (0x0800" };
        assert!(text.contains(named) && text.ends_with(" cannot be erased"), "{text}");
    }
}

#[test]
fn write_protected_units_that_are_blank_are_a_mismatch_that_names_them_all() {
    for (product_id, size) in CHIPS {
        let (_, failure) = protected(product_id, size, 64, &[1, 3]);
        let Cause::Mismatch { address, places } = &failure.cause else { panic!("{failure:?}") };
        assert_eq!((numbers(places), failure.state), (vec![1, 3], DeviceState::Incomplete), "0x{product_id:03X}");
        assert_eq!(*address, places.units()[0].address);
    }
}

#[test]
fn a_write_protected_unit_that_is_to_be_blank_and_is_not_is_found() {
    for (product_id, size) in CHIPS {
        let unit = chip(product_id).geometry.units().nth(3).expect("a chip has more than three units");
        let start = (unit.address - BASE) as usize;
        let mut payload = program(size, 1);
        payload[start..start + unit.size as usize].fill(chip(product_id).erased_byte);
        let quirks = Quirks { write_protected: vec![unit.number], ..Quirks::of(chip(product_id)) };
        let rom = Rom::new(chip(product_id)).with_flash(BASE, &program(size, 7)).with_quirks(quirks);
        let mut port = SimulatedPort::new(rom);
        let failure = update(&mut port, &payload, &mut Recorder::default()).expect_err("it is protected");
        let Cause::NotErased { places } = &failure.cause else { panic!("{failure:?}") };
        assert_eq!((numbers(places), failure.state), (vec![3], DeviceState::Incomplete), "0x{product_id:03X}");
    }
}
