//! What the device holds already is not done again.

use core::time::Duration;

use stm32_bootloader::port::LineSettings;
use stm32_bootloader::sim::{Boot, Direction, Event as Done, Faults, SimulatedPort, State};
use updater::{LinkSpeed, Phase, Plan};

use super::*;

/// The units that were erased and the blocks that were programmed.
fn work(rom: &Rom) -> (Vec<u16>, usize) {
    let erased = done(rom).filter_map(|event| if let Done::Erased { unit } = event { Some(*unit) } else { None });
    (erased.collect(), done(rom).filter(|event| matches!(event, Done::Programmed { .. })).count())
}

fn holding(product_id: u16, flash: &[u8]) -> SimulatedPort {
    SimulatedPort::new(Rom::new(chip(product_id)).with_flash(BASE, flash))
}

#[test]
fn a_device_that_holds_the_image_is_compared_and_started_and_not_touched() {
    for (product_id, size) in CHIPS {
        let payload = program(size, 1);
        let mut port = holding(product_id, &payload);
        let mut recorder = Recorder::default();
        assert!(update(&mut port, &payload, &mut recorder).expect("nothing is in the way").started);
        assert_eq!(work(port.rom()), (vec![], 0), "0x{product_id:03X}");
        assert!(recorder.events().any(|event| *event == Event::Phase { phase: Phase::Compare }));
        assert_eq!(recorder.progress.fraction(), 1.0);
    }
}

#[test]
fn one_changed_page_costs_itself_and_the_vector_tables() {
    let payload = program(64 << 10, 1);
    let mut flash = payload.clone();
    flash[0x9004] ^= 0x55;
    let mut port = holding(0x460, &flash);
    update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
    assert_eq!(work(port.rom()), (vec![0, 18], 2 * 2048 / 256));
    assert!(holds(port.rom(), &payload));
}

#[test]
fn once_compared_the_time_left_is_that_of_what_is_left_to_do() {
    for (product_id, size) in CHIPS {
        let payload = program(size, 1);
        let mut flash = payload.clone();
        flash[size / 2] ^= 0x55;
        let (mut port, mut recorder) = (holding(product_id, &flash), Recorder::default());
        update(&mut port, &payload, &mut recorder).expect("nothing is in the way");

        let stamped = &recorder.stamped;
        let is_plan = |stamped: &Stamped| matches!(stamped.event, Event::Planned(_));
        let planned = stamped.iter().rposition(is_plan).expect("there is a plan");
        let complete = stamped.iter().find(|stamped| stamped.event == Event::Complete).expect("it was complete").at;
        let mut progress = Progress::default();
        stamped[..=planned].iter().for_each(|stamped| progress.apply(stamped));
        let left = progress.remaining().as_secs_f64();
        let took = (complete - stamped[planned].at).as_secs_f64();
        assert!((left / took - 1.0).abs() < 0.1, "0x{product_id:03X}: {left} s for {took} s");

        // What is told before the start knows nothing of the flash.
        let link = LinkSpeed::of_usart(LineSettings::DEFAULT.byte_time(), Duration::ZERO, Pace::Strict);
        let chip = chip(product_id);
        let before = Plan::dense(BASE, size, chip, &chip.geometry, None).expect("it fits").summary(link).duration();
        let first = stamped.iter().find_map(|stamped| match &stamped.event {
            Event::Planned(summary) => Some(summary.duration().as_secs_f64() / before.as_secs_f64()),
            _ => None,
        });
        let first = first.expect("there is a plan");
        assert!((0.95..1.1).contains(&first), "0x{product_id:03X}: while it is compared, {first} of that");
        let all = complete - stamped[0].at;
        assert!(all < before.mul_f64(0.9), "0x{product_id:03X}: {all:?} of {before:?}");
    }
}

#[test]
fn the_vector_tables_unit_is_compared_only_where_all_else_is_as_in_the_image() {
    let payload = program(64 << 10, 1);
    let compared = |flash: &[u8]| {
        let mut recorder = Recorder::default();
        update(&mut holding(0x460, flash), &payload, &mut recorder).expect("nothing is in the way");
        let page = BASE..BASE + 2048;
        recorder
            .events()
            .filter(|event| matches!(event, Event::Compared { address, .. } if page.contains(address)))
            .count()
    };
    let mut changed = payload.clone();
    changed[0x9004] ^= 0x55;
    assert_eq!(compared(&changed), 0);
    assert_eq!(compared(&payload), 8);
}

#[test]
fn an_update_that_was_unplugged_goes_on_where_it_stopped() {
    for (product_id, size) in CHIPS {
        let payload = program(size, 1);
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
        let (_, blocks) = work(port.rom());

        // Two thirds of all bytes to the chip: amid the writes, for they are most of them.
        let unplug_at = Some(port.cable().sent_to_chip() * 2 / 3);
        let faults = Faults { to_chip: Direction { unplug_at, ..Direction::default() }, ..Faults::default() };
        let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
        update(&mut port, &payload, &mut Recorder::default()).expect_err("it was unplugged");
        let mut rom = port.into_rom();
        let before = work(&rom);
        rom.reset(Boot::Application);
        assert_eq!(rom.state(), State::Fault, "half a program would start");
        rom.reset(Boot::Bootloader);

        let mut port = SimulatedPort::new(rom);
        update_from(&mut port, &payload, Before::Interrupted, &mut Recorder::default())
            .expect("it is plugged in again");
        assert!(holds(port.rom(), &payload));
        let after = work(port.rom());
        // Written twice is at the most the unit that was being written. Units that are all blank are erased once more,
        // for an erase that was cut short can look like one.
        let unit = chip(product_id).geometry.unit_sizes().1 / u32::from(chip(product_id).max_block);
        assert!(before.1 > blocks / 4, "0x{product_id:03X}: it was unplugged before much was written");
        assert!(after.1 <= blocks + unit as usize, "0x{product_id:03X}: {} of {blocks} blocks", after.1);
    }
}

/// An image whose third quarter is blank, and the addresses of that.
fn quarter_blank(size: usize) -> (Vec<u8>, core::ops::Range<u32>) {
    let mut payload = program(size, 1);
    payload[size / 2..size / 4 * 3].fill(0xFF);
    let end = |quarters: usize| BASE + (size / 4 * quarters) as u32;
    (payload, end(2)..end(3))
}

/// How many bytes of `place` are read back while a chip that holds this is updated to `payload`.
fn read_back(flash: &[u8], payload: &[u8], place: &core::ops::Range<u32>, faults: Faults) -> (u32, Recorder) {
    let mut port = holding(0x460, flash).with_faults(faults);
    let mut recorder = Recorder::default();
    update(&mut port, payload, &mut recorder).expect("nothing is in the way, or it is mended");
    assert!(holds(port.rom(), payload));
    let bytes = |event: &Event| match event {
        Event::Verified { address, bytes } if place.contains(address) => *bytes,
        _ => 0,
    };
    (recorder.events().map(bytes).sum(), recorder)
}

#[test]
fn blank_blocks_are_read_back_only_where_nothing_shows_that_their_unit_was_erased() {
    let (payload, blank) = quarter_blank(32 << 10);
    let read = |flash: &[u8]| read_back(flash, &payload, &blank, Faults::default()).0;
    // Eight bytes of each of its four pages: one read for two of them.
    assert_eq!(read(&program(32 << 10, 7)), 4 * 8);
    // Nothing was there that could be gone.
    assert_eq!(read(&program(3000, 7)), 8 << 10);
    // Here there was in the first two pages.
    assert_eq!(read(&program(20 << 10, 7)), 2 * 8 + (4 << 10));
}

#[test]
fn blank_blocks_are_read_back_where_anything_was_disturbed() {
    let (payload, blank) = quarter_blank(32 << 10);
    let to_chip = Direction { drop: vec![4000], ..Direction::default() };
    let faults = Faults { to_chip, ..Faults::default() };
    let (bytes, recorder) = read_back(&program(32 << 10, 7), &payload, &blank, faults);
    assert!(recorder.events().any(|event| matches!(event, Event::Again { .. })), "nothing was disturbed");
    assert_eq!(bytes, (8 << 10) + 4 * 8);
}
