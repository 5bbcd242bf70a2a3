//! Updates in bursts: where they are wanted, and only where they are proven.

use std::time::Duration;

use stm32_bootloader::sim::{Direction, Faults, Quirks};

use super::*;

/// What an FTDI adapter comes with.
const LATENCY: Duration = Duration::from_millis(16);

/// An update over an adapter that holds answers back, how long it took and what it told.
fn updated(rom: Rom, pace: Pace, payload: &[u8]) -> (Duration, Recorder, SimulatedPort) {
    let from_chip = Direction { latency: LATENCY, ..Direction::default() };
    let mut port = SimulatedPort::new(rom).with_faults(Faults { from_chip, ..Faults::default() });
    let mut recorder = Recorder::default();
    let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
    update_paced(&mut bootloader, payload, Before::Unknown, Supply::Unknown, pace, &mut recorder)
        .expect("nothing is in the way");
    assert!(holds(port.rom(), payload));
    let took = recorder.stamped[recorder.stamped.len() - 1].at - recorder.stamped[0].at;
    (took, recorder, port)
}

/// Whether blocks went in bursts from then on, each time that it was told.
fn paces(recorder: &Recorder) -> Vec<bool> {
    recorder
        .events()
        .filter_map(|event| if let Event::Pace { bursts } = event { Some(*bursts) } else { None })
        .collect()
}

fn planned(recorder: &Recorder) -> Duration {
    let plan = recorder.events().find_map(|event| if let Event::Planned(plan) = event { Some(plan) } else { None });
    plan.expect("a plan is told").duration()
}

#[test]
fn over_a_slow_adapter_bursts_halve_the_time_and_the_plan_says_so() {
    for (product_id, size) in CHIPS {
        let payload = program(size, 1);
        let (strict, told, _) = updated(in_the_field(product_id), Pace::Strict, &payload);
        assert!(paces(&told).is_empty());
        let (burst, told, port) = updated(in_the_field(product_id), Pace::Burst, &payload);
        assert_eq!(paces(&told), [true]);
        assert!(burst < strict * 2 / 3, "0x{product_id:03X}: {burst:?} in bursts, {strict:?} without");
        let ratio = burst.as_secs_f64() / planned(&told).as_secs_f64();
        assert!((0.9..1.1).contains(&ratio), "0x{product_id:03X} took {ratio} times what was planned");
        assert!(!done(port.rom()).any(|event| matches!(event, Done::Overrun { .. } | Done::NotProgrammed { .. })));
    }
}

#[test]
fn a_rom_that_does_not_take_them_is_updated_as_ever() {
    let payload = program(16 << 10, 1);
    let slow = Quirks { byte_work: Duration::from_micros(60), ..Quirks::of(chip(0x460)) };
    let (strict, ..) = updated(in_the_field(0x460).with_quirks(slow.clone()), Pace::Strict, &payload);
    let (tried, told, _) = updated(in_the_field(0x460).with_quirks(slow), Pace::Burst, &payload);
    assert_eq!(paces(&told), [false]);
    let ratio = tried.as_secs_f64() / strict.as_secs_f64();
    assert!((0.99..1.01).contains(&ratio), "it took {ratio} times as long");
}

#[test]
fn they_are_proven_before_anything_is_erased() {
    let (_, _, port) = updated(in_the_field(0x460), Pace::Burst, &program(16 << 10, 1));
    let refused = |event: &Done| matches!(event, Done::Nacked(_));
    let log: Vec<&Done> = done(port.rom()).collect();
    let last_try = log.iter().rposition(|event| refused(event)).expect("wrong commands were refused");
    let erase = log.iter().position(|event| matches!(event, Done::Erased { .. })).expect("something was erased");
    assert!(last_try < erase);
}

#[test]
fn a_rom_that_takes_reads_in_bursts_but_no_writes_costs_one_block() {
    let payload = program(16 << 10, 1);
    let slow = Quirks { write_latency: Duration::from_micros(300), ..Quirks::of(chip(0x460)) };
    let (_, told, port) = updated(in_the_field(0x460).with_quirks(slow), Pace::Burst, &payload);
    assert_eq!(paces(&told), [true, false]);
    assert_eq!(told.events().filter(|event| matches!(event, Event::Again { .. })).count(), 1);
    assert_eq!(done(port.rom()).filter(|event| matches!(event, Done::Programmed { .. })).count(), (16 << 10) / 256);
}

#[test]
fn a_block_that_holds_a_command_ends_as_in_the_image() {
    let mut payload = program(16 << 10, 1);
    // Mass erase, erase, go, protect, in every alignment and across the end of a block.
    for (at, pair) in [(0x200, [0x92, 0x6D]), (0x405, [0x44, 0xBB]), (0x6FF, [0x21, 0xDE]), (0x8FE, [0x63, 0x9C])] {
        payload[at..at + 2].copy_from_slice(&pair);
    }
    let (_, told, _) = updated(in_the_field(0x460), Pace::Burst, &payload);
    assert_eq!(paces(&told), [true]);
}
