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
        let refused = check(&image, &identity.chip, &identity.geometry);
        let (needs, has) = (u32::try_from(size).expect("it is small"), u32::from(kib) << 10);
        assert_eq!(refused, Err(CheckError::TooLarge { needs, has }));
        assert!(!touched(port.rom()));
    }
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
