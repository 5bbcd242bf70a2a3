//! Updates that are refused, or that the chip does not take.

use stm32_bootloader::sim::{Event as Done, Quirks, SimulatedPort};
use updater::{Cause, CheckError, DeviceState};

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
        let refused = check(&image, identity.chip, &identity.geometry);
        let (needs, has) = (u32::try_from(size).expect("it is small"), u32::from(kib) << 10);
        assert_eq!(refused, Err(CheckError::TooLarge { needs, has }));
        assert!(!touched(port.rom()));
    }
}

#[test]
fn a_write_that_went_wrong_unnoticed_is_a_mismatch_at_its_address() {
    let mut port = SimulatedPort::new(in_the_field(0x460));
    // Two bytes of one block, turned over alike, keep its checksum right.
    port.cable_mut().faults_mut().to_chip.flip = vec![(1200, 0x40), (1210, 0x40)];
    let failure = update(&mut port, &program(8 << 10, 1), &mut Recorder::default()).expect_err("the flash is wrong");
    let Cause::Mismatch { address } = failure.cause else { panic!("{failure:?}") };
    let offset = (address - BASE) as usize;
    assert_ne!(port.rom().flash()[offset], program(8 << 10, 1)[offset]);
    assert_eq!(failure.state, DeviceState::Incomplete);
    assert!(!port.rom().starts_application());
}

#[test]
fn a_write_protected_unit_is_a_mismatch_at_its_start() {
    for (product_id, size) in CHIPS {
        for protected in [0, 1, 3] {
            let quirks = Quirks { write_protected: vec![protected], ..Quirks::of(chip(product_id)) };
            let rom = in_the_field(product_id).with_quirks(quirks);
            let unit = rom.geometry().units().nth(usize::from(protected)).expect("the chip has the unit");
            let mut port = SimulatedPort::new(rom);
            let failure = update(&mut port, &program(size, 1), &mut Recorder::default()).expect_err("it is protected");
            let Cause::Mismatch { address } = failure.cause else { panic!("{failure:?}") };
            // A byte that is the same in the old program and the new one is no difference.
            assert!((unit.address..unit.end()).contains(&address), "0x{address:08X} is not in {unit:?}");
            assert_eq!(failure.state, DeviceState::Incomplete);
        }
    }
}
