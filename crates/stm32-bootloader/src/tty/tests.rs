//! A port on one end of a pseudo-terminal, its other end in the test's hand.

use core::time::Duration;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use pollster::block_on;
use rustix::pty::OpenptFlags;

use super::*;

const LINE: LineSettings = LineSettings { baud: 460_800, parity: Parity::None };

/// A port and the end that a chip would be at.
fn pair() -> (Tty, File) {
    let far = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there is a pseudo-terminal left");
    rustix::pty::grantpt(&far).expect("it is ours");
    rustix::pty::unlockpt(&far).expect("it is ours");
    let name = rustix::pty::ptsname(&far, Vec::new()).expect("it has a name");
    let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
    (Tty::open(path, LINE).expect("it is a terminal"), File::from(far))
}

fn soon(tty: &Tty) -> Instant {
    tty.now() + Duration::from_secs(5)
}

fn read(tty: &mut Tty, count: usize) -> Vec<u8> {
    let deadline = soon(tty);
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        filled += block_on(tty.read(&mut bytes[filled..], deadline)).expect("the bytes were sent");
    }
    bytes
}

#[test]
fn every_byte_passes_unchanged_both_ways() {
    let (mut tty, mut far) = pair();
    let all: Vec<u8> = (0..=255).collect();
    let deadline = soon(&tty);
    block_on(tty.write(&all, deadline)).unwrap();
    let mut heard = [0; 256];
    far.read_exact(&mut heard).unwrap();
    assert_eq!(heard[..], all);
    far.write_all(&all).unwrap();
    assert_eq!(read(&mut tty, 256), all);
}

#[test]
fn a_read_ends_at_its_deadline_and_not_before() {
    let (mut tty, _far) = pair();
    let deadline = tty.now() + Duration::from_millis(20);
    assert_eq!(block_on(tty.read(&mut [0], deadline)), Err(PortError::TimedOut));
    assert!(tty.now() >= deadline);
    assert!(tty.now() < deadline + Duration::from_secs(2));
}

#[test]
fn what_came_before_it_was_asked_for_is_not_lost() {
    let (mut tty, mut far) = pair();
    far.write_all(b"early").unwrap();
    assert_eq!(read(&mut tty, 5), b"early");
}

#[test]
fn cleared_input_is_gone_and_what_comes_after_it_is_not() {
    let (mut tty, mut far) = pair();
    far.write_all(b"old!").unwrap();
    assert_eq!(read(&mut tty, 1), b"o");
    block_on(tty.clear_input()).unwrap();
    far.write_all(b"new").unwrap();
    assert_eq!(read(&mut tty, 3), b"new");
}

#[test]
fn a_writer_waits_for_room_and_not_longer_than_its_deadline() {
    let (mut tty, _far) = pair();
    let deadline = tty.now() + Duration::from_millis(50);
    assert_eq!(block_on(tty.write(&vec![0; 1 << 20], deadline)), Err(PortError::TimedOut));
    assert!(tty.now() >= deadline);
}

#[test]
fn a_port_that_hangs_up_is_lost() {
    let (mut tty, far) = pair();
    drop(far);
    let deadline = soon(&tty);
    let error = block_on(tty.read(&mut [0], deadline)).expect_err("nobody is there");
    assert!(matches!(error, PortError::Lost(_)), "{error}");
}

#[test]
fn the_other_end_sees_the_baud_that_was_set() {
    let (mut tty, far) = pair();
    assert_eq!(termios::tcgetattr(&far).unwrap().output_speed(), LINE.baud);
    let line = LineSettings { baud: 100_000, ..LINE };
    block_on(tty.set_line(line)).unwrap();
    assert_eq!(termios::tcgetattr(&far).unwrap().output_speed(), 100_000);
    assert_eq!(tty.line(), line);
}

#[test]
fn a_terminal_without_modem_lines_refuses_them() {
    let (mut tty, _far) = pair();
    let refused = block_on(tty.set_signals(Signals { dtr: true, rts: false }));
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
}

#[test]
fn what_is_no_terminal_is_refused() {
    assert!(Tty::open("/dev/null", LINE).is_err());
}
