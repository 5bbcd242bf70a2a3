//! The chip on USB, for a host with a clock of its own.

use core::time::Duration;

use super::{F4, FLASH, rom};
use crate::port::Instant;
use crate::sim::{Answer, Application, Boot, Rom, State, UsbBus};

const GET_STATUS: [u8; 8] = [0xA1, 3, 0, 0, 0, 0, 6, 0];
const DEVICE_DESCRIPTOR: [u8; 8] = [0x80, 6, 0, 1, 0, 0, 18, 0];
const DETACH: [u8; 8] = [0x21, 0, 0xE8, 3, 0, 0, 0, 0];
const IDLE: u8 = 2;
const DOWNLOAD_BUSY: u8 = 4;

/// DFU_DNLOAD of so many bytes.
fn download(block: u8, length: u8) -> [u8; 8] {
    [0x21, 1, block, 0, 0, 0, length, 0]
}

fn set_address(bus: &mut UsbBus) {
    let mut bytes = vec![0x21];
    bytes.extend_from_slice(&FLASH.to_le_bytes());
    assert_eq!(ask(bus, download(0, 5), bytes), Answer::Took(5));
    ask(bus, GET_STATUS, Vec::new());
    pass(bus, Duration::from_millis(20));
    ask(bus, GET_STATUS, Vec::new());
}

/// Hands a transfer in, and lets time pass until it is answered.
fn ask(bus: &mut UsbBus, setup: [u8; 8], bytes: Vec<u8>) -> Answer {
    bus.submit(7, setup, bytes);
    for _ in 0..1000 {
        pass(bus, Duration::from_millis(1));
        if let Some((number, answer)) = bus.answered() {
            assert_eq!(number, 7);
            return answer;
        }
    }
    panic!("no answer for a second");
}

fn pass(bus: &mut UsbBus, time: Duration) {
    let now = bus.rom().now() + time;
    bus.advance(now);
}

fn state(answer: &Answer) -> u8 {
    match answer {
        Answer::Sent(bytes) if bytes.len() == 6 => bytes[4],
        other => panic!("{other:?} is no status"),
    }
}

/// A chip with a program that starts.
fn with_program() -> Rom {
    rom(F4).with_flash(FLASH, &[0x00, 0x10, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08])
}

#[test]
fn a_transfer_is_answered_when_its_time_has_come() {
    let mut bus = UsbBus::new(rom(F4));
    bus.submit(1, GET_STATUS, Vec::new());
    bus.advance(Instant::at(Duration::from_micros(900)));
    assert_eq!(bus.answered(), None);
    let due = bus.next_moment().expect("it is under way");
    bus.advance(due);
    let (number, answer) = bus.answered().expect("its time has come");
    assert_eq!((number, state(&answer)), (1, IDLE));
}

#[test]
fn what_it_answers_is_counted_by_kind_and_timed_until_it_is_told() {
    let mut bus = UsbBus::new(rom(F4));
    ask(&mut bus, DEVICE_DESCRIPTOR, Vec::new());
    let first = bus.take_traffic();
    assert_eq!((first.others, first.downloads, first.uploads, first.statuses), (1, 0, 0, 0));
    set_address(&mut bus);
    let then = bus.take_traffic();
    assert_eq!((then.others, then.downloads, then.uploads, then.statuses), (0, 1, 0, 2));
    assert!(then.begin >= Some(first.end) && then.end.since(first.end) > Duration::from_millis(20));
}

#[test]
fn a_transfer_that_was_given_up_is_not_answered() {
    let mut bus = UsbBus::new(rom(F4));
    bus.submit(1, GET_STATUS, Vec::new());
    assert!(bus.give_up(1));
    assert!(!bus.give_up(1));
    pass(&mut bus, Duration::from_secs(1));
    assert_eq!(bus.answered(), None);
}

#[test]
fn work_takes_its_time_on_the_hosts_clock() {
    let mut bus = UsbBus::new(rom(F4).with_flash(FLASH, &[1, 2, 3, 4]));
    let mut erase = vec![0x41];
    erase.extend_from_slice(&FLASH.to_le_bytes());
    assert_eq!(ask(&mut bus, download(0, 5), erase), Answer::Took(5));
    assert_eq!(state(&ask(&mut bus, GET_STATUS, Vec::new())), DOWNLOAD_BUSY);
    pass(&mut bus, Duration::from_millis(20));
    assert_eq!(bus.rom().peek(FLASH), 1, "16 KiB take longer");
    pass(&mut bus, Duration::from_secs(2));
    assert_eq!(bus.rom().peek(FLASH), 0xFF);
}

#[test]
fn a_request_that_it_does_not_know_is_stalled() {
    let mut bus = UsbBus::new(rom(F4));
    assert_eq!(ask(&mut bus, [0xA1, 99, 0, 0, 0, 0, 6, 0], Vec::new()), Answer::Stalled);
}

#[test]
fn the_cable_comes_out_by_itself_and_what_was_under_way_is_not_answered() {
    let mut bus = UsbBus::new(rom(F4));
    set_address(&mut bus);
    bus.unplug_after(4);
    ask(&mut bus, download(2, 8), vec![0; 8]);
    ask(&mut bus, GET_STATUS, Vec::new());
    bus.submit(1, GET_STATUS, Vec::new());
    pass(&mut bus, Duration::from_secs(1));
    assert_eq!((bus.device_number(), bus.is_plugged(), bus.answered()), (None, false, None));
    bus.plug(Boot::Bootloader);
    assert_eq!(bus.device_number(), Some(2), "it is another device to the host");
    assert_eq!(state(&ask(&mut bus, GET_STATUS, Vec::new())), IDLE);
}

#[test]
fn a_chip_that_starts_its_application_leaves_the_bus() {
    let mut bus = UsbBus::new(with_program());
    set_address(&mut bus);
    assert_eq!(ask(&mut bus, download(2, 0), Vec::new()), Answer::Took(0));
    ask(&mut bus, GET_STATUS, Vec::new());
    pass(&mut bus, Duration::from_millis(100));
    assert_eq!(bus.rom().state(), State::Application);
    assert_eq!(bus.device_number(), None);
}

#[test]
fn an_application_that_is_told_to_detach_comes_back_as_the_bootloader() {
    let application = Application::new(0x1209, 0x0001, ["Maker", "Fan"]);
    let mut bus = UsbBus::new(with_program()).with_application(application);
    bus.reset(Boot::Application);
    let vendor = |answer: &Answer| match answer {
        Answer::Sent(bytes) => [bytes[8], bytes[9]],
        other => panic!("{other:?} is no descriptor"),
    };
    assert_eq!(vendor(&ask(&mut bus, DEVICE_DESCRIPTOR, Vec::new())), [0x09, 0x12]);
    let before = bus.device_number();
    assert_eq!(ask(&mut bus, DETACH, Vec::new()), Answer::Took(0));
    pass(&mut bus, Duration::from_millis(100));
    assert_ne!(bus.device_number(), before);
    assert_eq!(vendor(&ask(&mut bus, DEVICE_DESCRIPTOR, Vec::new())), [0x83, 0x04]);
}
