//! Telling the supply voltage.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::sim::{Boot, Nack};
use crate::usart::{Command, Error, Stage, VoltageRange};

fn erasing_takes(bootloader: &mut Bootloader<SimulatedPort>) -> Duration {
    // After this, and not after a read, it is asked for once more before the erase.
    block_on(bootloader.get_version()).expect("it answers");
    let before = bootloader.port().now();
    block_on(bootloader.erase(&[0], Duration::from_secs(2))).expect("the sector is there");
    bootloader.port().now() - before
}

#[test]
fn f2_f4_and_f7_erase_and_program_faster_from_2_7_volts_on_until_the_next_reset() {
    for product_id in [0x411, 0x413, 0x451] {
        let mut bootloader = connected(port(product_id));
        let slow = erasing_takes(&mut bootloader);
        assert_eq!(block_on(bootloader.set_voltage_range(VoltageRange::From2V7)), Ok(true), "0x{product_id:03X}");
        assert!(events(&mut bootloader).contains(&Event::VoltageRange { code: 3 }));
        let fast = erasing_takes(&mut bootloader);
        assert!(fast < slow * 7 / 10, "{fast:?} is not faster than {slow:?}");

        let mut rom = bootloader.into_port().into_rom();
        rom.reset(Boot::Bootloader);
        assert_eq!(erasing_takes(&mut connected(SimulatedPort::new(rom))), slow);
    }
}

#[test]
fn lower_ranges_are_taken_and_change_no_times_here() {
    let mut bootloader = connected(port(0x413));
    let slow = erasing_takes(&mut bootloader);
    for range in [VoltageRange::From2V4, VoltageRange::From2V1, VoltageRange::From1V8] {
        assert_eq!(block_on(bootloader.set_voltage_range(range)), Ok(true));
        assert_eq!(erasing_takes(&mut bootloader), slow);
    }
}

#[test]
fn other_families_refuse_the_address() {
    for product_id in [0x460, 0x447] {
        let mut bootloader = connected(port(product_id));
        let refused = Err(Error::Refused { command: Command::WriteMemory, stage: Stage::Address });
        assert_eq!(block_on(bootloader.set_voltage_range(VoltageRange::From2V7)), refused);
        assert!(chip(product_id).times_from_2v7.is_none());
    }
}

#[test]
fn a_rom_that_does_not_do_as_it_is_told_is_found_out() {
    let quirks = Quirks { keeps_voltage_range: true, ..quirks(0x413) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x413).with_quirks(quirks)));
    assert_eq!(block_on(bootloader.set_voltage_range(VoltageRange::From2V7)), Ok(false));
}

#[test]
fn the_other_three_bytes_must_stay_as_they_are() {
    let mut bootloader = connected(port(0x413));
    for bytes in [[3, 0xFF, 0xFF, 0], [5, 0xFF, 0xFF, 0xFF]] {
        let refused = Err(Error::Refused { command: Command::WriteMemory, stage: Stage::Body });
        assert_eq!(block_on(bootloader.write_memory(0xFFFF_0000, &bytes)), refused);
        assert!(events(&mut bootloader).contains(&Event::Nacked(Nack::BadVoltageRange)));
    }
}
