//! The cable's faults, the wiring, the port, and how the log reads.

use pollster::block_on;

use super::*;
use crate::port::{Port, PortError, Signals};
use crate::sim::{Direction, Entry, Faults, ModemLine, Refusal, SimulatedPort, TooFast, Wire, Wiring};

fn host(to_chip: Direction, from_chip: Direction) -> Host {
    let mut host = Host::new(rom(G0));
    *host.cable.faults_mut() = Faults { to_chip, from_chip, ..Faults::default() };
    host
}

#[test]
fn bytes_are_lost_turned_over_and_doubled_by_number() {
    let mut dropping = host(Direction { drop: vec![0], ..Direction::default() }, Direction::default());
    assert_eq!(dropping.say(&[0x7F]), []);
    assert_eq!(dropping.say(&[0x7F]), [ACK]);
    let mut flipping = host(Direction::default(), Direction { flip: vec![(0, 0x01)], ..Direction::default() });
    assert_eq!(flipping.say(&[0x7F]), [ACK ^ 0x01]);
    let mut doubling = host(Direction::default(), Direction { double: vec![0], ..Direction::default() });
    assert_eq!(doubling.say(&[0x7F]), [ACK, ACK]);
    let mut silent = host(Direction::default(), Direction { silent_from: Some(1), ..Direction::default() });
    assert_eq!(silent.say(&[0x7F]), [ACK]);
    assert_eq!(silent.say(&[0x01, 0xFE]), []);
}

#[test]
fn bytes_that_come_too_fast_are_turned_over_now_and_then() {
    for (baud, answer) in [(460_800, [ACK, 0x31, 0, 0, ACK]), (921_600, [ACK, 0x31, 0, 1, ACK])] {
        let too_fast = Some(TooFast { above: 460_800, one_in: 5, bits: 0x01 });
        let mut host = host(Direction::default(), Direction { too_fast, ..Direction::default() });
        host.line.baud = baud;
        assert_eq!(host.say(&[0x7F]), [ACK]);
        assert_eq!(host.say(&[0x01, 0xFE]), answer, "{baud} baud");
    }
}

#[test]
fn a_cable_that_is_pulled_out_ends_all() {
    let mut host = host(Direction { unplug_at: Some(2), ..Direction::default() }, Direction::default());
    assert_eq!(host.say(&[0x7F]), [ACK]);
    assert_eq!(host.say(&[0x01, 0xFE]), []);
    assert!(host.cable.is_unplugged());
    assert_eq!((host.cable.next_moment(), host.say(&[0x7F])), (None, vec![]));
    assert_eq!(host.cable.into_rom().state(), State::Bootloader);
}

#[test]
fn a_port_times_out_at_its_deadline_and_is_lost_without_its_cable() {
    let mut port = SimulatedPort::new(rom(G0));
    let deadline = Instant::at(Duration::from_millis(5));
    assert_eq!(block_on(port.read(&mut [0; 4], deadline)), Err(PortError::TimedOut));
    assert_eq!(port.now(), deadline);
    port.cable_mut().unplug();
    assert!(matches!(block_on(port.read(&mut [0; 4], deadline)), Err(PortError::Lost(_))));
    assert!(matches!(block_on(port.write(&[0x7F], deadline)), Err(PortError::Lost(_))));
}

#[test]
fn clearing_the_input_drops_what_has_arrived_and_nothing_else() {
    let mut port = SimulatedPort::new(rom(G0));
    let later = Instant::at(Duration::from_millis(5));
    block_on(port.write(&[0x7F], later)).expect("the cable is in");
    block_on(port.wait_until(later));
    block_on(port.clear_input()).expect("the cable is in");
    block_on(port.write(&[0x02, 0xFD], later)).expect("the cable is in");
    let mut answer = [0; 5];
    for byte in &mut answer {
        let one = core::slice::from_mut(byte);
        block_on(port.read(one, later + Duration::from_secs(1))).expect("it answers");
    }
    assert_eq!(answer, [ACK, 0x01, 0x04, 0x60, ACK]);
}

#[test]
fn modem_lines_reset_the_chip_into_what_boot0_says() {
    let wiring = Wiring {
        reset: Some(Wire { from: ModemLine::Rts, inverted: true }),
        boot0: Some(Wire { from: ModemLine::Dtr, inverted: false }),
        boot: Boot::Application,
    };
    let program = [0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08];
    let mut port = SimulatedPort::new(rom(G0).with_flash(FLASH, &program)).with_wiring(wiring);
    let mut set = |dtr, rts| {
        block_on(port.set_signals(Signals { dtr, rts })).expect("the cable is in");
        port.rom().state()
    };
    assert_eq!(set(true, true), State::Held);
    assert_eq!(set(true, false), State::Waiting);
    assert_eq!(set(false, true), State::Held);
    assert_eq!(set(false, false), State::Application);
}

#[test]
fn the_log_reads_as_what_happened() {
    let mut host = Host::synced(with_quirks(G0, |quirks| quirks.write_protected = vec![2]));
    host.erase(&[1, 2]);
    host.write(FLASH + 0x800, &[1; 8]);
    host.at(0x11, 0x4000_0000);
    let text: Vec<String> = host.rom().log().iter().map(|entry| entry.event.to_string()).collect();
    assert_eq!(
        text,
        [
            "synced at 115200 baud",
            "erased unit 1",
            "did not erase unit 2: write-protected",
            "programmed 8 bytes at 0x08000800",
            "nacked: address 0x40000000 is out of reach",
        ]
    );
    let event = Event::NotProgrammed { address: FLASH, len: 4, why: Refusal::Wedged };
    let entry = Entry { at: Instant::at(Duration::from_micros(1_500_250)), event };
    assert!(entry.to_string().starts_with("1.500250 did not program 4 bytes at 0x08000000"), "{entry}");
}
