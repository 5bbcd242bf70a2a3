//! All of the flash erased at once, where nothing else is kept in it.

use core::time::Duration;

use stm32_bootloader::sim::{Boot, Direction, Faults, Quirks};
use updater::{Cause, DeviceState};

use super::*;

/// Chips that erase all of it as fast as a page, by Erase and by Extended Erase.
const AT_ONCE: [u16; 2] = [0x410, 0x460];
const SIZE: usize = 40 << 10;

/// An update that may erase all of the flash, from what the device is expected to hold.
fn update_all(
    port: &mut SimulatedPort,
    payload: &[u8],
    before: Before,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    update_all_at(BASE, port, payload, before, recorder)
}

fn update_all_at(
    address: u32,
    port: &mut SimulatedPort,
    payload: &[u8],
    before: Before,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    let mut bootloader = block_on(Bootloader::connect(port)).expect("the chip answers");
    update_at(address, &mut bootloader, payload, |target| Target { before, mass_erase: true, ..target }, recorder)
}

/// A chip that holds this program, and something else at 100 KiB.
fn holding(product_id: u16, flash: &[u8]) -> Rom {
    Rom::new(chip(product_id)).with_flash(BASE, flash).with_flash(BASE + (100 << 10), &[0x5A; 64])
}

fn keeps_the_rest(rom: &Rom) -> bool {
    rom.flash()[100 << 10..].starts_with(&[0x5A; 64])
}

fn mass_erases(rom: &Rom) -> usize {
    done(rom).filter(|event| **event == Done::MassErased).count()
}

fn unit_erases(rom: &Rom) -> usize {
    done(rom).filter(|event| matches!(event, Done::Erased { .. })).count()
}

fn written(rom: &Rom) -> usize {
    done(rom).filter(|event| matches!(event, Done::Programmed { .. })).count()
}

fn took(recorder: &Recorder) -> Duration {
    recorder.stamped[recorder.stamped.len() - 1].at - recorder.stamped[0].at
}

#[test]
fn a_new_program_is_written_to_flash_that_was_erased_at_once_and_sooner() {
    for product_id in AT_ONCE {
        let payload = program(SIZE, 1);
        let [mut port, mut sparing] = [(); 2].map(|()| SimulatedPort::new(holding(product_id, &program(SIZE, 7))));
        let [mut recorder, mut usual] = [(); 2].map(|()| Recorder::default());
        assert!(
            update_all(&mut port, &payload, Before::Unknown, &mut recorder).expect("nothing is in the way").started
        );
        update(&mut sparing, &payload, &mut usual).expect("nothing is in the way");
        assert!(holds(port.rom(), &payload) && holds(sparing.rom(), &payload));
        assert_eq!((mass_erases(port.rom()), unit_erases(port.rom())), (1, 0), "0x{product_id:03X}");
        assert_eq!(mass_erases(sparing.rom()), 0);
        assert!(!keeps_the_rest(port.rom()) && keeps_the_rest(sparing.rom()));
        // A page takes 22 or 30 ms.
        let pages = (SIZE as u32) / chip(product_id).geometry.unit_sizes().0;
        let saved = took(&usual).saturating_sub(took(&recorder));
        assert!(saved > Duration::from_millis(20) * (pages - 1), "0x{product_id:03X}: {saved:?} for {pages} pages");
        let planned = recorder.events().find_map(|event| match event {
            Event::Planned(summary) => Some(summary.duration()),
            _ => None,
        });
        let ratio = took(&recorder).as_secs_f64() / planned.expect("there is a plan").as_secs_f64();
        assert!((0.9..1.1).contains(&ratio), "0x{product_id:03X} took {ratio} times what was planned");
    }
}

#[test]
fn what_is_blank_is_shown_to_be_erased_by_what_was_there() {
    for product_id in AT_ONCE {
        let mut payload = program(SIZE, 1);
        payload[SIZE / 2..SIZE / 4 * 3].fill(0xFF);
        let mut port = SimulatedPort::new(holding(product_id, &program(SIZE, 7)));
        let mut recorder = Recorder::default();
        update_all(&mut port, &payload, Before::Unknown, &mut recorder).expect("nothing is in the way");
        assert!(holds(port.rom(), &payload) && mass_erases(port.rom()) == 1);
        let blank = BASE + SIZE as u32 / 2..BASE + SIZE as u32 / 4 * 3;
        let read = recorder.events().map(|event| match event {
            Event::Verified { address, bytes } if blank.contains(address) => *bytes,
            _ => 0,
        });
        let read: u32 = read.sum();
        assert!((1..1024).contains(&read), "0x{product_id:03X}: {read} bytes");
    }
}

#[test]
fn a_device_that_holds_most_of_the_image_keeps_it() {
    for product_id in AT_ONCE {
        let payload = program(SIZE, 1);
        let mut flash = payload.clone();
        flash[SIZE / 4] ^= 0x55;
        let mut port = SimulatedPort::new(holding(product_id, &flash));
        update_all(&mut port, &payload, Before::Unknown, &mut Recorder::default()).expect("nothing is in the way");
        assert_eq!((mass_erases(port.rom()), unit_erases(port.rom())), (0, 2), "0x{product_id:03X}");
        assert!(holds(port.rom(), &payload) && keeps_the_rest(port.rom()));
    }
}

#[test]
fn chips_that_would_need_as_long_as_for_each_unit_or_cannot_are_not_told_to() {
    for product_id in [0x413, 0x447] {
        let mut port = SimulatedPort::new(holding(product_id, &program(SIZE, 7)));
        let payload = program(SIZE, 1);
        update_all(&mut port, &payload, Before::Unknown, &mut Recorder::default()).expect("nothing is in the way");
        assert_eq!(mass_erases(port.rom()), 0);
        assert!(holds(port.rom(), &payload) && keeps_the_rest(port.rom()), "0x{product_id:03X}");
    }
}

#[test]
fn what_starts_an_image_that_begins_further_on_is_kept() {
    for product_id in AT_ONCE {
        let own = program(8 << 10, 3);
        let mut port = SimulatedPort::new(holding(product_id, &own));
        let (mut payload, address) = (program(SIZE, 1), BASE + (8 << 10));
        payload[4..8].copy_from_slice(&(address + 0x41).to_le_bytes());
        update_all_at(address, &mut port, &payload, Before::Unknown, &mut Recorder::default())
            .expect("nothing is in the way");
        assert_eq!(mass_erases(port.rom()), 0, "0x{product_id:03X}");
        assert!(holds(port.rom(), &own) && port.rom().flash()[8 << 10..].starts_with(&payload));
    }
}

#[test]
fn an_update_that_was_unplugged_after_it_goes_on_where_it_stopped() {
    for product_id in AT_ONCE {
        let payload = program(SIZE, 1);
        let device = || holding(product_id, &program(SIZE, 7));
        let mut port = SimulatedPort::new(device());
        update_all(&mut port, &payload, Before::Unknown, &mut Recorder::default()).expect("nothing is in the way");
        let blocks = written(port.rom());

        let unplug_at = Some(port.cable().sent_to_chip() * 2 / 3);
        let faults = Faults { to_chip: Direction { unplug_at, ..Direction::default() }, ..Faults::default() };
        let mut port = SimulatedPort::new(device()).with_faults(faults);
        let failure = update_all(&mut port, &payload, Before::Unknown, &mut Recorder::default());
        assert_eq!(failure.expect_err("it was unplugged").state, DeviceState::Incomplete);
        let mut rom = port.into_rom();
        rom.reset(Boot::Application);
        assert!(!rom.starts_application(), "part of a program would start");
        rom.reset(Boot::Bootloader);

        let mut port = SimulatedPort::new(rom);
        update_all(&mut port, &payload, Before::Interrupted, &mut Recorder::default()).expect("it is plugged in again");
        assert!(holds(port.rom(), &payload));
        assert_eq!(mass_erases(port.rom()), 1, "0x{product_id:03X}: what was written was erased");
        assert!(written(port.rom()) < blocks + blocks / 10, "0x{product_id:03X}");
    }
}

#[test]
fn where_a_unit_is_protected_that_is_not_needed_the_others_are_erased_one_by_one() {
    for product_id in AT_ONCE {
        let last = chip(product_id).geometry.units().last().expect("a chip has units").number;
        let quirks = Quirks { write_protected: vec![last], ..Quirks::of(chip(product_id)) };
        let mut port = SimulatedPort::new(holding(product_id, &program(SIZE, 7)).with_quirks(quirks));
        let (payload, mut recorder) = (program(SIZE, 1), Recorder::default());
        update_all(&mut port, &payload, Before::Unknown, &mut recorder).expect("what it needs is not protected");
        assert!(recorder.events().any(|event| matches!(event, Event::NoMassErase { .. })));
        assert!(holds(port.rom(), &payload) && keeps_the_rest(port.rom()), "0x{product_id:03X}");
    }
}

#[test]
fn a_device_of_which_nothing_can_be_erased_is_left_as_it_is() {
    for product_id in AT_ONCE {
        let quirks = Quirks { write_protected: vec![0], ..Quirks::of(chip(product_id)) };
        let mut port = SimulatedPort::new(holding(product_id, &program(SIZE, 7)).with_quirks(quirks));
        let payload = program(SIZE, 1);
        let failure = update_all(&mut port, &payload, Before::Unknown, &mut Recorder::default());
        let failure = failure.expect_err("the vector table is protected");
        assert!(matches!(failure.cause, Cause::NotErased { .. }), "{failure:?}");
        assert_eq!(failure.state, DeviceState::Untouched, "0x{product_id:03X}");
        assert!(port.rom().starts_application() && keeps_the_rest(port.rom()));
    }
}

#[test]
fn where_a_rom_does_not_know_the_code_units_are_erased_one_by_one() {
    let chip = Box::leak(Box::new(Chip { mass_erase: false, ..chip(0x460).clone() }));
    let mut port = SimulatedPort::new(Rom::new(chip).with_flash(BASE, &program(SIZE, 7)));
    let (payload, mut recorder) = (program(SIZE, 1), Recorder::default());
    update_all(&mut port, &payload, Before::Unknown, &mut recorder).expect("it knows the other command");
    assert!(recorder.events().any(|event| matches!(event, Event::NoMassErase { .. })));
    assert!(holds(port.rom(), &payload) && mass_erases(port.rom()) == 0 && unit_erases(port.rom()) > 0);
}
