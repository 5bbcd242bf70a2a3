//! Updates that end early: the cable comes out, or the person has enough.

use stm32_bootloader::sim::{Boot, Direction, Event as Done, Faults, SimulatedPort, State};
use updater::{Cause, DeviceState};

use super::*;

/// The chips, each with a small program, for there are many attempts, that yet needs more than one unit.
const SMALL: [(u16, usize); 4] = [(0x413, 17 << 10), (0x410, 3 << 10), (0x460, 5 << 10), (0x447, 2 << 10)];

/// Holds what must be true of a chip whose update ended early: it starts nothing, or one of the two programs whole.
fn is_sound(rom: &Rom, state: DeviceState, payload: &[u8]) {
    match state {
        DeviceState::Untouched => assert!(holds(rom, &program(3000, 7)), "it was touched"),
        // It is called so from the first list of units on, of which the ROM may not have got enough to begin.
        DeviceState::Incomplete => {
            let whole = holds(rom, payload) || holds(rom, &program(3000, 7));
            assert!(!rom.starts_application() || whole, "half a program would start");
        }
        DeviceState::Complete => assert!(holds(rom, payload), "it is not complete"),
    }
}

#[test]
fn a_chip_that_is_unplugged_at_any_moment_starts_no_half_program_and_is_updated_after() {
    for (product_id, size) in SMALL {
        let payload = program(size, 1);
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
        let all = port.cable().sent_to_chip();
        let connecting = 40;
        // Odd steps meet each part of an exchange; the last block, its read-back and the jump are met more closely.
        let steps = ((all - connecting) as usize / 50) | 1;
        for unplug_at in (connecting..all).step_by(steps).chain((all - 300..all).step_by(13)) {
            let to_chip = Direction { unplug_at: Some(unplug_at), ..Direction::default() };
            let faults = Faults { to_chip, ..Faults::default() };
            let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
            let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the cable is still in");
            let Ok(Identity { chip, geometry, .. }) = block_on(identify(&mut bootloader)) else { continue };
            let image = Image::parse(&payload, BASE).expect("it is a raw binary");
            let target = Target::new(&chip, &geometry);
            let result = block_on(updater::update(&mut bootloader, &image, target, &mut Recorder::default()));

            // The cable was the supply, too.
            let mut rom = port.into_rom();
            let waits_for_list = rom.waits_for_list();
            rom.reset(Boot::Bootloader);
            match result {
                Ok(_) => assert!(holds(&rom, &payload), "it ended well, and the flash is wrong"),
                Err(Failure { cause: Cause::Command(error), state }) if error.is_lost() || error.needs_reset() => {
                    assert!(error.needs_reset() || !waits_for_list, "it was left amid a list, unsaid: {error:?}");
                    is_sound(&rom, state, &payload);
                }
                Err(failure) => panic!("{failure:?} at byte {unplug_at}"),
            }

            let mut port = SimulatedPort::new(rom);
            let again = update(&mut port, &payload, &mut Recorder::default());
            again.unwrap_or_else(|failure| panic!("{failure:?} at byte {unplug_at}"));
            assert!(holds(port.rom(), &payload));
        }
    }
}

#[test]
fn a_chip_that_was_not_told_what_to_erase_is_untouched() {
    for (product_id, size) in SMALL {
        let payload = program(size, 1);
        // Cancelled with the plan made, and nothing sent for it yet.
        let mut port = SimulatedPort::new(in_the_field(product_id));
        let mut recorder = Recorder { cancel_after: Some(1), ..Recorder::default() };
        update(&mut port, &payload, &mut recorder).expect_err("it was cancelled");
        let begins = port.cable().sent_to_chip();
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
        let obeyed = port.rom().obeyed();
        let erase = obeyed.iter().position(|opcode| [0x43, 0x44].contains(opcode)).expect("it is erased");
        // Get Version, if it is asked for, and the opcode, each with its complement, and then the list.
        let list = if obeyed[erase - 1] == 0x01 { 4 } else { 2 };
        for (bytes, state) in
            [(0, DeviceState::Untouched), (list - 1, DeviceState::Untouched), (list, DeviceState::Incomplete)]
        {
            let to_chip = Direction { unplug_at: Some(begins + bytes), ..Direction::default() };
            let faults = Faults { to_chip, ..Faults::default() };
            let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
            let failure = update(&mut port, &payload, &mut Recorder::default()).expect_err("it was unplugged");
            assert_eq!(failure.state, state, "0x{product_id:03X} at byte {bytes}");
        }
        // From the opcode until its list was answered, nobody is to connect before a reset, be the cable in again or not.
        for (bytes, amid_list) in
            [(0, list == 2), (list - 1, true), (list, true), (list + 2, true), (list + 300, false)]
        {
            let to_chip = Direction { unplug_at: Some(begins + bytes), ..Direction::default() };
            let faults = Faults { to_chip, ..Faults::default() };
            let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
            let failure = update(&mut port, &payload, &mut Recorder::default()).expect_err("it was unplugged");
            let Cause::Command(error) = failure.cause else { panic!("{failure:?}") };
            assert_eq!(
                (error.needs_reset(), error.is_lost()),
                (amid_list, !amid_list),
                "0x{product_id:03X} at byte {bytes}"
            );
        }
    }
}

#[test]
fn a_chip_that_is_reset_amid_the_write_starts_nothing() {
    for (product_id, size) in SMALL {
        let payload = program(size, 1);
        let mut whole = Recorder::default();
        update(&mut SimulatedPort::new(in_the_field(product_id)), &payload, &mut whole).expect("nothing is in the way");
        let written: Vec<usize> = (0..whole.stamped.len())
            .filter(|&index| matches!(whole.stamped[index].event, Event::Written { .. }))
            .collect();
        // All but the last, which makes the image complete.
        for index in &written[..written.len() - 1] {
            let mut port = SimulatedPort::new(in_the_field(product_id));
            let mut recorder = Recorder { cancel_after: Some(index + 1), ..Recorder::default() };
            update(&mut port, &payload, &mut recorder).expect_err("it was cancelled");
            let mut rom = port.into_rom();
            rom.reset(Boot::Application);
            assert_eq!(rom.state(), State::Fault);
        }
    }
}

#[test]
fn cancelling_at_any_moment_tells_the_state_and_leaves_the_chip_in_step() {
    for (product_id, size) in SMALL {
        let payload = program(size, 1);
        let mut whole = Recorder::default();
        update(&mut SimulatedPort::new(in_the_field(product_id)), &payload, &mut whole).expect("nothing is in the way");
        let complete = whole.events().position(|event| *event == Event::Complete).expect("it completed");
        for cancel_after in (0..complete).step_by(complete / 20).chain(complete - 4..=complete) {
            let mut port = SimulatedPort::new(in_the_field(product_id));
            let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
            let mut recorder = Recorder { cancel_after: Some(cancel_after), ..Recorder::default() };
            let result = update_over(&mut bootloader, &payload, Before::Unknown, &mut recorder);
            // What is read back whole is no longer cancelled but started.
            if cancel_after == complete && result.is_ok() {
                continue;
            }
            let failure = result.expect_err("it was cancelled");
            assert_eq!(failure.cause, Cause::Cancelled);
            let erased = done(bootloader.port().rom()).any(|event| matches!(event, Done::Erased { .. }));
            assert_eq!(failure.state == DeviceState::Untouched, !erased, "after {cancel_after} events");
            is_sound(bootloader.port().rom(), failure.state, &payload);

            // It can be done again at once.
            let again = update_over(&mut bootloader, &payload, Before::Unknown, &mut Recorder::default());
            again.unwrap_or_else(|failure| panic!("{failure:?} after {cancel_after} events"));
            assert!(holds(port.rom(), &payload));
        }
    }
}
