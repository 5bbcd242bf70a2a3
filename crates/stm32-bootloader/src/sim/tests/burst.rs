//! When a burst holds: a command with its address and contents sent at once, while the ROM answers each part.
//!
//! `docs/burst.md` has the formulas that are held against the simulation here, with B for the time of a byte, w for the
//! ROM's work on each byte, and a for what it takes before each answer.

use super::*;

const BAUDS: [u32; 3] = [115_200, 460_800, 921_600];

/// A ROM that works so long on each byte and before each answer, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Timing {
    work: u64,
    before_answers: u64,
    waits: bool,
    baud_error: i16,
}

impl Timing {
    fn host(self, baud: u32) -> Host {
        let mut host = Host::new(with_quirks(G0, |quirks| {
            quirks.byte_work = Duration::from_nanos(self.work);
            quirks.answer_latency = Duration::from_nanos(self.before_answers);
            quirks.does_not_wait_for_answers = !self.waits;
            quirks.baud_error = self.baud_error;
        }));
        host.line.baud = baud;
        assert_eq!(host.say(&[0x7F]), [ACK]);
        host
    }
}

/// All that a host sends of a command on an address.
fn burst(command: u8, address: u32, body: &[u8]) -> Vec<u8> {
    [&[command, !command], &sealed(&address.to_be_bytes())[..], body].concat()
}

fn reads(host: &mut Host) -> bool {
    host.say(&burst(0x11, FLASH, &[0x0F, 0xF0])) == [&[ACK; 3][..], &[0xFF; 16]].concat()
}

fn writes(host: &mut Host) -> bool {
    host.say(&burst(0x31, FLASH, &counted(&[0xA5; 256]))) == [ACK; 3] && host.rom().flash()[..256] == [0xA5; 256]
}

/// As many bytes as the longest burst has, each two of them a wrong command.
fn refuses(host: &mut Host) -> bool {
    host.say(&[0x55; 266]) == [NACK; 133]
}

/// The most work on a byte with which `holds`, in nanoseconds.
fn most_work(timing: Timing, baud: u32, holds: fn(&mut Host) -> bool) -> u64 {
    let (mut least, mut most) = (0, 2_000_000_000 * 11 / u64::from(baud));
    assert!(
        holds(&mut Timing { work: least, ..timing }.host(baud))
            && !holds(&mut Timing { work: most, ..timing }.host(baud))
    );
    while most - least > 1 {
        let work = least.midpoint(most);
        if holds(&mut Timing { work, ..timing }.host(baud)) {
            least = work;
        } else {
            most = work;
        }
    }
    least
}

/// Holds the formula against the simulation for each rate, and for answers that take 0 to a quarter of a byte's time.
fn is_bound(waits: bool, baud_error: i16, holds: fn(&mut Host) -> bool, formula: impl Fn(f64, f64) -> f64) {
    for baud in BAUDS {
        let byte = 11e9 / f64::from(baud);
        for quarter in [0.0, 0.1, 0.2, 0.25] {
            let before_answers = byte * quarter;
            let timing = Timing { work: 0, before_answers: before_answers as u64, waits, baud_error };
            let found = most_work(timing, baud, holds) as f64 / byte;
            let expected = formula(byte, before_answers) / byte;
            assert!((found / expected - 1.0).abs() < 0.01, "{baud} baud, {quarter}: {found}, not {expected} of a byte");
        }
    }
}

#[test]
fn a_rom_that_waits_for_its_answers_takes_a_burst_up_to_five_sixths_of_a_byte() {
    let formula = |byte: f64, answer: f64| ((5.0 * byte - 2.0 * answer) / 6.0).min(byte - answer);
    is_bound(true, 0, reads, formula);
    is_bound(true, 0, writes, formula);
}

#[test]
fn a_rom_that_waits_for_its_answers_refuses_a_run_of_wrong_commands_up_to_half_a_byte() {
    is_bound(true, 0, refuses, |byte, answer| (byte - answer) / 2.0);
}

#[test]
fn a_rom_that_does_not_wait_takes_a_burst_as_long_as_it_keeps_up_at_all() {
    is_bound(false, 0, writes, |byte, _| byte);
    is_bound(false, 0, refuses, |byte, answer| byte - answer / 2.0);
}

#[test]
fn a_rom_whose_baud_is_too_low_has_so_much_less_time() {
    // Two per cent: what the ROM sends takes that much longer than what comes meanwhile.
    is_bound(true, -20, refuses, |byte, answer| (byte * (1.0 - 0.02 / 0.98) - answer) / 2.0);
}

#[test]
fn what_comes_while_it_programs_is_lost_but_for_one_byte() {
    let mut host = Host::synced(rom(G0));
    let next = burst(0x11, FLASH, &[0x0F, 0xF0]);
    host.say(&[burst(0x31, FLASH, &counted(&[1; 256])), next.clone()].concat());
    let lost = host.rom().log().iter().filter(|entry| matches!(entry.event, Event::Overrun { .. }));
    assert_eq!(lost.count(), next.len() - 1);
    assert_eq!(host.rom().flash()[..256], [1; 256]);
}

#[test]
fn after_a_refusal_what_follows_is_taken_for_commands() {
    // 92 6D is Readout Unprotect, which erases everything.
    let mut contents = [0; 16];
    contents[7..9].copy_from_slice(&[0x92, 0x6D]);
    let burst = burst(0x31, FLASH, &counted(&contents));
    let mut host = Host::synced(rom(G0).with_flash(FLASH, &[0x5A]));
    host.say(&burst[1..]);
    assert!(host.rom().obeyed().contains(&0x92));
    assert_eq!(host.rom().flash()[0], 0xFF);
}
