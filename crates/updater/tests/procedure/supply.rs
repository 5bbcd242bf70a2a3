//! A supply of 2.7 V or more makes some chips faster, if they are told.

use std::time::Duration;

use stm32_bootloader::sim::Quirks;

use super::*;

/// An update of 100 KiB, how long it took and what it told.
fn updated(rom: Rom, supply: Supply) -> (Duration, Recorder, SimulatedPort) {
    let size = 100 << 10;
    let payload = program(size, 1);
    let mut port = SimulatedPort::new(rom);
    let mut recorder = Recorder::default();
    let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
    update_supplied(&mut bootloader, &payload, Before::Unknown, supply, &mut recorder).expect("nothing is in the way");
    assert!(holds(port.rom(), &payload));
    let took = recorder.stamped[recorder.stamped.len() - 1].at - recorder.stamped[0].at;
    (took, recorder, port)
}

fn planned(recorder: &Recorder) -> Duration {
    let plan =
        recorder.events().find_map(|event| if let Event::Planned(summary) = event { Some(summary) } else { None });
    plan.expect("a plan is told").duration()
}

#[test]
fn a_chip_that_is_told_takes_less_time_and_the_plan_says_so() {
    for product_id in [0x413, 0x451] {
        let (slow, unknown, _) = updated(in_the_field(product_id), Supply::Unknown);
        let (fast, told, port) = updated(in_the_field(product_id), Supply::From2V7);
        assert!(fast < slow * 19 / 20, "0x{product_id:03X}: {fast:?} with it, {slow:?} without");
        assert!(planned(&told) < planned(&unknown));
        let ratio = fast.as_secs_f64() / planned(&told).as_secs_f64();
        assert!((0.9..1.1).contains(&ratio), "0x{product_id:03X} took {ratio} times what was planned");
        assert_eq!(told.events().next(), Some(&Event::SupplyTold));

        let at = |wanted: fn(&Done) -> bool| done(port.rom()).position(wanted);
        let range = at(|event| matches!(event, Done::VoltageRange { code: 3 })).expect("it was told");
        let erase = at(|event| matches!(event, Done::Erased { .. })).expect("something was erased");
        assert!(range < erase);
    }
}

#[test]
fn nothing_is_said_of_a_supply_that_is_not_known_nor_to_a_chip_that_cannot_be_told() {
    for (product_id, supply) in [(0x413, Supply::Unknown), (0x460, Supply::From2V7), (0x410, Supply::From2V7)] {
        let (_, recorder, port) = updated(in_the_field(product_id), supply);
        let told = |event: &Event| matches!(event, Event::SupplyTold | Event::SupplyNotTold { .. });
        assert!(!recorder.events().any(told), "0x{product_id:03X}");
        assert!(!done(port.rom()).any(|event| matches!(event, Done::VoltageRange { .. } | Done::Nacked(_))));
    }
}

#[test]
fn a_rom_that_will_not_be_told_is_updated_as_slowly_as_ever() {
    let (slow, ..) = updated(in_the_field(0x413), Supply::Unknown);
    let refuses = Quirks { no_voltage_range: true, ..Quirks::of(chip(0x413)) };
    let keeps = Quirks { keeps_voltage_range: true, ..Quirks::of(chip(0x413)) };
    for quirks in [refuses, keeps] {
        let (took, recorder, _) = updated(in_the_field(0x413).with_quirks(quirks), Supply::From2V7);
        assert!(matches!(recorder.events().next(), Some(Event::SupplyNotTold { .. })));
        let ratio = took.as_secs_f64() / slow.as_secs_f64();
        assert!((0.99..1.01).contains(&ratio), "it took {ratio} times as long");
        let ratio = took.as_secs_f64() / planned(&recorder).as_secs_f64();
        assert!((0.9..1.1).contains(&ratio), "it took {ratio} times what was planned");
    }
}
