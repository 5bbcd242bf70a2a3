//! Updates of boards whose wires can reset the chip, at a rate that was climbed to.

use std::time::Duration;

use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::ladder::{Known, Ladder};
use stm32_bootloader::port::{LineSettings, Port};
use stm32_bootloader::sim::{self, Boot, Direction, Faults, TooFast};
use updater::{Found, Plan};

use super::*;

const WIRING: Wiring = Wiring::PRESETS[0];
const TOP: u32 = 921_600;

/// A board that is wired so.
fn board(product_id: u16) -> SimulatedPort {
    SimulatedPort::new(in_the_field(product_id)).with_wiring(sim::Wiring {
        reset: Some(sim::Wire { from: sim::ModemLine::Dtr, inverted: true }),
        boot0: Some(sim::Wire { from: sim::ModemLine::Rts, inverted: true }),
        boot: Boot::Application,
    })
}

/// A ROM that was met and climbed up to `highest` baud with.
fn climbed(port: &mut SimulatedPort, highest: u32) -> Bootloader<&mut SimulatedPort> {
    let chip = port.rom().chip();
    let mut bootloader = block_on(Bootloader::connect(port)).expect("the chip answers");
    let ladder = Ladder::new(chip, WIRING, highest).expect("both pins are wired");
    let reached = block_on(ladder.climb(&mut bootloader, u32::MAX, &mut Known::default(), &mut |_, _| {}));
    assert_eq!(reached, Ok(highest));
    bootloader
}

/// A ROM that wires lead into, and that was met at `baud`: no rung was tried.
fn entered(port: &mut SimulatedPort, baud: u32) -> Bootloader<&mut SimulatedPort> {
    block_on(port.set_line(LineSettings { baud, ..LineSettings::DEFAULT })).expect("it has the rate");
    block_on(WIRING.enter(port)).expect("it has the lines");
    block_on(Bootloader::connect_reset_by(port, Some(WIRING))).expect("the chip answers")
}

fn update_wired(
    bootloader: &mut Bootloader<&mut SimulatedPort>,
    payload: &[u8],
    supply: Supply,
) -> (Result<updater::Done, Failure>, Recorder) {
    let Identity { chip, geometry, .. } = block_on(identify(bootloader)).expect("the chip tells what it is");
    let image = Image::parse(payload, geometry.base).expect("it is a raw binary");
    let target = Target { supply, wiring: Some(WIRING), ..Target::new(&chip, &geometry) };
    let mut recorder = Recorder::default();
    let result = block_on(updater::update(bootloader, &image, target, &mut recorder));
    (result, recorder)
}

/// The rates that were stepped down to.
fn steps(recorder: &Recorder) -> Vec<u32> {
    let step = |event: &Event| if let Event::SteppedDown { to, .. } = event { Some(*to) } else { None };
    recorder.events().filter_map(step).collect()
}

fn took(recorder: &Recorder) -> Duration {
    recorder.stamped[recorder.stamped.len() - 1].at - recorder.stamped[0].at
}

fn one_in(above: u32, one_in: u64) -> Option<TooFast> {
    Some(TooFast { above, one_in, bits: 0x08 })
}

#[test]
fn a_fast_line_takes_less_time_and_the_plan_says_so() {
    let payload = program(100 << 10, 1);
    let mut times = Vec::new();
    for baud in [115_200, TOP] {
        let mut port = board(0x460);
        let mut bootloader = climbed(&mut port, baud);
        let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
        result.expect("nothing is in the way");
        let planned = recorder
            .events()
            .find_map(|event| if let Event::Planned(summary) = event { Some(summary.duration()) } else { None })
            .expect("a plan is told");
        let ratio = took(&recorder).as_secs_f64() / planned.as_secs_f64();
        assert!((0.9..1.1).contains(&ratio), "it took {ratio} times what was planned at {baud} baud");
        assert!(holds(port.rom(), &payload));
        times.push(took(&recorder));
    }
    assert!(times[1] * 4 < times[0], "{times:?}");
}

#[test]
fn the_traffic_of_a_plan_is_what_crosses_the_wire() {
    let payload = program(20 << 10, 1);
    let mut port = SimulatedPort::new(in_the_field(0x460));
    let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
    let crossed = |bootloader: &mut Bootloader<&mut SimulatedPort>| {
        bootloader.port().cable().sent_to_chip() + bootloader.port().cable().sent_from_chip()
    };
    let Identity { chip, geometry, .. } = block_on(identify(&mut bootloader)).expect("the chip tells what it is");
    let before = crossed(&mut bootloader);
    let image = Image::parse(&payload, geometry.base).expect("it is a raw binary");
    let plan = Plan::new(&image, &chip, &geometry, &Found::nothing());
    update_over(&mut bootloader, &payload, Before::Unknown, &mut Recorder::default()).expect("nothing is in the way");
    let ratio = (crossed(&mut bootloader) - before) as f64 / f64::from(plan.traffic());
    assert!((0.97..1.03).contains(&ratio), "{ratio} times what was planned");
}

#[test]
fn a_line_that_becomes_bad_amid_the_write_is_slowed_down_and_nothing_is_done_twice() {
    let payload = program(60 << 10, 1);
    let mut port = board(0x460);
    let mut bootloader = climbed(&mut port, TOP);
    bootloader.port().cable_mut().faults_mut().to_chip.too_fast = one_in(460_800, 700);
    let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
    assert!(result.expect("it goes on at a lower rate").started);
    assert_eq!(steps(&recorder), [460_800]);
    assert_eq!(bootloader.port().line().baud, 460_800);
    assert!(holds(port.rom(), &payload));
    let count = |wanted: fn(&Done) -> bool| done(port.rom()).filter(|event| wanted(event)).count();
    let programmed = count(|event| matches!(event, Done::Programmed { .. }));
    let spoilt = count(|event| matches!(event, Done::NotProgrammed { .. }));
    assert_eq!((programmed, spoilt), (60 << 10 >> 8, 0), "a block was programmed twice");
}

#[test]
fn without_a_climb_the_wires_that_led_into_the_bootloader_are_known_to_reset_it() {
    let payload = program(60 << 10, 1);
    let mut port = board(0x460);
    let mut bootloader = entered(&mut port, 230_400);
    bootloader.port().cable_mut().faults_mut().to_chip.too_fast = one_in(115_200, 700);
    let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
    result.expect("it goes on at a lower rate");
    assert_eq!(steps(&recorder), [115_200]);
    assert!(holds(port.rom(), &payload));
    // What was in step all along, whatever the wires did, was not reset by them; nor is what needs a button, too.
    let mut port = SimulatedPort::new(in_the_field(0x460));
    block_on(Bootloader::connect(&mut port)).expect("the chip answers");
    assert_eq!(entered(&mut port, 115_200).reset_by(), None);
    let mut port = board(0x460);
    let with_button = Wiring { boot0: None, ..WIRING };
    let met = block_on(Bootloader::connect_reset_by(&mut port, Some(with_button))).expect("the chip answers");
    assert_eq!(met.reset_by(), None);
}

#[test]
fn a_line_that_gets_worse_and_worse_is_stepped_down_from_rung_by_rung() {
    for (works, rungs) in [(230_400, vec![460_800, 230_400]), (57_600, vec![460_800, 230_400, 115_200, 57_600])] {
        let payload = program(30 << 10, 1);
        let mut port = board(0x410);
        let mut bootloader = climbed(&mut port, TOP);
        bootloader.port().cable_mut().faults_mut().from_chip.too_fast = one_in(works, 900);
        let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
        result.expect("it goes on at a lower rate");
        let down = steps(&recorder);
        assert_eq!(down.last(), Some(&works));
        assert!(down.iter().all(|rung| rungs.contains(rung)), "{down:?}");
        assert!(down.is_sorted_by(|a, b| a > b), "no rung is tried twice: {down:?}");
        assert!(holds(port.rom(), &payload));
    }
}

#[test]
fn trouble_now_and_then_is_no_reason_to_slow_down() {
    let payload = program(100 << 10, 1);
    let mut port = board(0x460);
    let mut bootloader = climbed(&mut port, TOP);
    bootloader.port().cable_mut().faults_mut().to_chip.too_fast = one_in(460_800, 20_011);
    let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
    result.expect("each is mended");
    assert!(recorder.events().any(|event| matches!(event, Event::Again { .. })));
    assert_eq!(steps(&recorder), []);
}

#[test]
fn slower_is_faster_where_much_has_to_be_done_again() {
    let payload = program(100 << 10, 1);
    let bad = |wired: bool| {
        let mut port = board(0x460);
        let mut bootloader = climbed(&mut port, TOP);
        if !wired {
            // Met anew, it is not known to be reset by wires.
            let port = bootloader.into_port();
            bootloader = block_on(Bootloader::connect(port)).expect("it is in step");
        }
        bootloader.port().cable_mut().faults_mut().to_chip.too_fast = one_in(460_800, 2000);
        let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
        result.expect("all is mended");
        assert_eq!(steps(&recorder).is_empty(), !wired);
        took(&recorder)
    };
    let (slowed_down, endured) = (bad(true), bad(false));
    assert!(slowed_down < endured, "{slowed_down:?} at a lower rate, {endured:?} at the same");
}

#[test]
fn a_chip_that_is_reset_is_told_the_supply_again() {
    let payload = program(60 << 10, 1);
    let mut port = board(0x413);
    let mut bootloader = climbed(&mut port, TOP);
    bootloader.port().cable_mut().faults_mut().to_chip.too_fast = one_in(460_800, 700);
    let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::From2V7);
    result.expect("it goes on at a lower rate");
    assert_eq!(steps(&recorder), [460_800]);
    let told: Vec<usize> =
        (0..recorder.stamped.len()).filter(|&index| recorder.stamped[index].event == Event::SupplyTold).collect();
    let step = recorder.events().position(|event| matches!(event, Event::SteppedDown { .. })).expect("there is one");
    assert!(told.len() == 2 && told[0] < step && step < told[1], "told at {told:?}, stepped down at {step}");
}

#[test]
fn a_device_that_is_found_at_no_rate_any_more_is_an_error_and_starts_nothing() {
    let payload = program(30 << 10, 1);
    let mut port = board(0x460);
    let mut bootloader = climbed(&mut port, TOP);
    let from = bootloader.port().cable().sent_to_chip() + 12_000;
    bootloader.port().cable_mut().faults_mut().to_chip.silent_from = Some(from);
    let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
    let failure = result.expect_err("nothing arrives");
    assert_eq!((failure.state, steps(&recorder)), (updater::DeviceState::Incomplete, vec![]));
    assert!(took(&recorder) < Duration::from_secs(20), "it took {:?}", took(&recorder));
    assert!(!port.rom().starts_application());
}

/// Faults of one byte.
const ONE_BYTE: [fn(u64) -> Direction; 3] = [
    |at| Direction { drop: vec![at], ..Direction::default() },
    |at| Direction { flip: vec![(at, 0x10)], ..Direction::default() },
    |at| Direction { double: vec![at], ..Direction::default() },
];

#[test]
fn with_wires_no_fault_of_one_byte_ends_an_update_not_even_within_an_erase() {
    for product_id in [0x460, 0x413] {
        let payload = program(600, 1);
        // Which bytes the update sends in each direction, with these faults, and how often it stepped down.
        let updated = |faults: Faults| {
            let mut port = board(product_id);
            let mut bootloader = entered(&mut port, 230_400);
            let cable = bootloader.port().cable_mut();
            let began = (cable.sent_to_chip(), cable.sent_from_chip());
            cable.faults_mut().clone_from(&faults);
            let (result, recorder) = update_wired(&mut bootloader, &payload, Supply::Unknown);
            result.unwrap_or_else(|failure| panic!("{failure:?} with {faults:?}"));
            assert!(holds(port.rom(), &payload), "{faults:?}");
            let cable = port.cable();
            (began.0..cable.sent_to_chip(), began.1..cable.sent_from_chip(), steps(&recorder).len())
        };
        let (to_chip, from_chip, _) = updated(Faults::default());
        let mut stepped = 0;
        for fault in ONE_BYTE {
            for at in to_chip.clone() {
                stepped += updated(Faults { to_chip: fault(at), ..Faults::default() }).2;
            }
            for at in from_chip.clone() {
                stepped += updated(Faults { from_chip: fault(at), ..Faults::default() }).2;
            }
        }
        assert!((1..60).contains(&stepped), "only what nothing but a reset mends is worth a step: {stepped}");
    }
}
