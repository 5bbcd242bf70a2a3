//! Finding the ROM, in whatever state it is.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::port::Parity;
use crate::sim::{Direction, Faults, Start};
use crate::usart::{ConnectError, Error};

/// No search may take longer, whatever is at the other end: two of four seconds, and what the last exchange takes.
const LONGEST: Duration = Duration::from_secs(15);

fn connects_with(product_id: u16, quirks: Quirks) {
    let mut bootloader = connected(SimulatedPort::new(rom(product_id).with_quirks(quirks.clone())));
    assert_eq!(bootloader.product_id(), ProductId(product_id), "{quirks:?}");
    // It is in step: the next command works at once.
    block_on(bootloader.get_version()).unwrap_or_else(|error| panic!("{error} with {quirks:?}"));
}

fn refused_by(stranger: Stranger) -> ConnectError {
    let mut stranger = stranger;
    let error = block_on(Bootloader::connect(&mut stranger)).expect_err("there is no ROM");
    assert!(stranger.now < LONGEST, "it took {:?}", stranger.now);
    error
}

#[test]
fn a_fresh_chip_is_found_within_a_tenth_of_a_second() {
    for product_id in CHIPS {
        let mut bootloader = connected(port(product_id));
        assert!(bootloader.port().now().elapsed() < Duration::from_millis(100));
        assert_eq!(bootloader.product_id(), ProductId(product_id));
    }
}

#[test]
fn a_chip_that_is_in_step_already_is_found() {
    for product_id in CHIPS {
        connects_with(product_id, Quirks { start: Start::Synced, ..quirks(product_id) });
    }
}

#[test]
fn a_chip_that_holds_half_a_command_is_found() {
    for product_id in CHIPS {
        connects_with(product_id, Quirks { start: Start::MidPair, ..quirks(product_id) });
    }
}

#[test]
fn a_stray_zero_before_the_first_answer_is_passed_over() {
    connects_with(0x413, Quirks { stray_zero: true, ..quirks(0x413) });
}

#[test]
fn a_second_acknowledgement_of_the_sync_is_passed_over() {
    for latency in [0, 16].map(Duration::from_millis) {
        let from_chip = Direction { latency, ..Direction::default() };
        let rom = rom(0x464).with_quirks(Quirks { extra_ack: true, ..quirks(0x464) });
        let port = SimulatedPort::new(rom).with_faults(Faults { from_chip, ..Faults::default() });
        let mut bootloader = connected(port);
        assert_eq!(bootloader.product_id(), ProductId(0x464));
        block_on(bootloader.get_version()).expect("it is in step");
        assert!(bootloader.port().now().elapsed() < latency * 5 + Duration::from_millis(10), "it was found at once");
    }
}

#[test]
fn a_list_of_commands_with_a_disturbed_byte_is_asked_for_again() {
    for product_id in [0x410, 0x460] {
        let expected = connected(port(product_id)).commands().clone();
        // The sync's answer, that of the opcode, the count, the version.
        for number in 0..expected.opcodes().len() as u64 {
            let flip = (0..8).map(|bit| (4 + number, 1 << bit));
            for flip in flip {
                let from_chip = Direction { flip: vec![flip], ..Direction::default() };
                let bootloader = connected(port(product_id).with_faults(Faults { from_chip, ..Faults::default() }));
                assert_eq!(*bootloader.commands(), expected, "0x{product_id:03X} {flip:?}");
            }
        }
    }
}

#[test]
fn commands_that_were_counted_wrong_are_found_all_the_same() {
    let expected = connected(port(0x450)).commands().clone();
    let quirks = Quirks { commands_miscounted: true, ..quirks(0x450) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x450).with_quirks(quirks)));
    assert_eq!(*bootloader.commands(), expected);
    block_on(bootloader.get_version()).expect("it is in step");
}

#[test]
fn a_chip_that_is_still_starting_up_is_waited_for() {
    let mut rom = rom(0x413).with_quirks(Quirks { startup: Duration::from_millis(524), ..quirks(0x413) });
    rom.reset(crate::sim::Boot::Bootloader);
    let mut bootloader = connected(SimulatedPort::new(rom));
    assert!(events(&mut bootloader).contains(&Event::Unheard { byte: 0x7F }));
}

#[test]
fn an_answer_so_late_that_the_sync_was_sent_again_is_caught_up_with() {
    for latency in [100, 160, 200, 250, 320, 500, 900].map(Duration::from_millis) {
        let from_chip = Direction { latency, ..Direction::default() };
        let bootloader = connected(port(0x460).with_faults(Faults { from_chip, ..Faults::default() }));
        assert_eq!(bootloader.product_id(), ProductId(0x460), "{latency:?}");
        assert!(bootloader.round_trip() >= latency, "{:?}", bootloader.round_trip());
    }
}

#[test]
fn a_lost_sync_byte_or_answer_is_made_good() {
    for faults in [
        Faults { to_chip: Direction { drop: vec![0], ..Direction::default() }, ..Faults::default() },
        Faults { from_chip: Direction { drop: vec![0], ..Direction::default() }, ..Faults::default() },
        Faults { to_chip: Direction { drop: vec![2], ..Direction::default() }, ..Faults::default() },
        Faults { from_chip: Direction { flip: vec![(2, 0x10)], ..Direction::default() }, ..Faults::default() },
    ] {
        assert_eq!(connected(port(0x413).with_faults(faults.clone())).product_id(), ProductId(0x413), "{faults:?}");
    }
}

#[test]
fn connecting_again_finds_the_chip_in_step() {
    for product_id in CHIPS {
        let port = connected(port(product_id)).into_port();
        assert_eq!(connected(port).product_id(), ProductId(product_id));
    }
}

/// A chip that an earlier client synced, sent these blocks, waiting for each answer, and left.
fn left_after(product_id: u16, blocks: &[&[u8]]) -> SimulatedPort {
    let mut port = port(product_id);
    for block in [&[0x7F][..]].iter().chain(blocks) {
        let later = port.now() + Duration::from_secs(1);
        block_on(port.write(block, later)).expect("the cable is in");
        block_on(port.wait_until(later));
    }
    block_on(port.clear_input()).expect("the cable is in");
    port
}

const ADDRESS: [u8; 5] = [0x08, 0x00, 0x10, 0x00, 0x18];

#[test]
fn a_chip_that_was_left_amid_a_read_a_jump_or_the_address_of_a_write_is_found() {
    for product_id in CHIPS {
        for opcode in [0x11, 0x21, 0x31] {
            for sent in 0..ADDRESS.len() {
                let port = left_after(product_id, &[&[opcode, !opcode], &ADDRESS[..sent]]);
                let mut bootloader = connected(port);
                let done = events(&mut bootloader);
                assert!(!done.iter().any(|event| matches!(event, Event::Read { .. } | Event::Went { .. })), "{done:?}");
            }
        }
        for sent in 0..2 {
            connected(left_after(product_id, &[&[0x11, 0xEE], &ADDRESS, &[0xFF, 0x00][..sent]]));
        }
    }
}

#[test]
fn a_chip_that_was_left_amid_a_write_or_a_list_is_found_or_silent_and_holds_what_it_held() {
    // None of these is a block whose checksum comes out right with 0x7F for what is missing.
    let written: Vec<u8> = [255, 0x40].into_iter().chain([0; 255]).collect();
    let pages: &[u8] = &[3, 9, 5, 6, 7, 14];
    let units: &[u8] = &[0, 3, 0, 9, 0, 5, 0, 6, 0, 7, 14];
    for product_id in CHIPS {
        let (erase, list) = if product_id == 0x410 { (0x43, pages) } else { (0x44, units) };
        let write = |sent| left_after(product_id, &[&[0x31, 0xCE], &ADDRESS, &written[..sent]]);
        let erase = |sent| left_after(product_id, &[&[erase, !erase], &list[..sent]]);
        for mut port in (0..written.len()).step_by(16).map(write).chain((0..list.len()).map(erase)) {
            match block_on(Bootloader::connect(&mut port)) {
                Ok(bootloader) => assert_eq!(bootloader.product_id(), ProductId(product_id)),
                Err(error) => assert_eq!(error, ConnectError::NoAnswer),
            }
            let done = events_of(port.rom().log());
            let changed = |event: &Event| matches!(event, Event::Programmed { .. } | Event::Erased { .. });
            assert!(!done.iter().any(changed), "0x{product_id:03X}: {done:?}");
        }
    }
}

#[test]
fn silence_is_no_answer() {
    assert_eq!(refused_by(Stranger::default()), ConnectError::NoAnswer);
}

#[test]
fn a_line_that_is_held_low_is_no_answer() {
    assert_eq!(refused_by(Stranger { says: Some(0x00), ..Stranger::default() }), ConnectError::NoAnswer);
}

#[test]
fn an_application_is_no_answer() {
    let mut rom = rom(0x413).with_flash(0x0800_0000, &[0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08]);
    rom.reset(crate::sim::Boot::Application);
    let mut port = SimulatedPort::new(rom);
    assert_eq!(block_on(Bootloader::connect(&mut port)).expect_err("it runs"), ConnectError::NoAnswer);
    assert!(port.now().elapsed() < LONGEST);
}

#[test]
fn what_comes_back_unchanged_is_an_echo() {
    assert_eq!(refused_by(Stranger { echo: true, ..Stranger::default() }), ConnectError::Echo);
}

#[test]
fn an_application_that_talks_is_garble() {
    assert_eq!(refused_by(Stranger { says: Some(b'h'), ..Stranger::default() }), ConnectError::Garbled);
}

#[test]
fn an_application_that_says_what_an_answer_is_does_not_hold_the_search_up() {
    // `y` is ACK.
    assert_eq!(refused_by(Stranger { says: Some(b'y'), ..Stranger::default() }), ConnectError::Garbled);
}

#[test]
fn a_line_without_parity_is_told_as_unreliable() {
    let mut port = port(0x413);
    block_on(port.set_line(LineSettings { parity: Parity::None, ..LineSettings::DEFAULT })).expect("it can be set");
    let error = block_on(Bootloader::connect(&mut port)).expect_err("its bytes have no parity bit");
    assert!(matches!(error, ConnectError::Unreliable(Error::Refused { .. } | Error::Unexpected { .. })), "{error:?}");
    assert!(port.now().elapsed() < LONGEST);
}

#[test]
fn a_rate_that_the_chip_measured_too_badly_is_told() {
    for baud_error in [-60, 60] {
        let mut port = SimulatedPort::new(rom(0x413).with_quirks(Quirks { baud_error, ..quirks(0x413) }));
        let error = block_on(Bootloader::connect(&mut port)).expect_err("nothing can be understood");
        assert!(matches!(error, ConnectError::Unreliable(_) | ConnectError::Garbled), "{error:?}");
        assert!(port.now().elapsed() < LONGEST);
    }
}

#[test]
fn a_port_that_goes_is_told_as_gone() {
    for unplug_at in 0..40 {
        let to_chip = Direction { unplug_at: Some(unplug_at), ..Direction::default() };
        let port = port(0x413).with_faults(Faults { to_chip, ..Faults::default() });
        match block_on(Bootloader::connect(port)) {
            Err(ConnectError::Port(PortError::Lost(_))) => {}
            Ok(_) => assert!(unplug_at > 5, "it connected with {unplug_at} bytes"),
            Err(error) => panic!("{error:?} after {unplug_at} bytes"),
        }
    }
}
