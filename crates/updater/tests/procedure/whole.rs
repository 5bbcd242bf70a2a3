//! Updates that come to their end.

use core::time::Duration;

use stm32_bootloader::port::Port;
use stm32_bootloader::sim::{Direction, Event as Done, Faults, SimulatedPort, State};
use updater::{Event, Phase, Stretch};

use super::*;

#[test]
fn the_flash_holds_the_image_and_the_chip_runs_it() {
    for (product_id, size) in CHIPS {
        let payload = program(size, 1);
        let mut port = SimulatedPort::new(in_the_field(product_id));
        let mut recorder = Recorder::default();
        let done = update(&mut port, &payload, &mut recorder).expect("nothing is in the way");
        block_on(port.wait_until(port.now() + Duration::from_millis(1)));
        assert!(done.started);
        assert!(holds(port.rom(), &payload), "0x{product_id:03X}");
        assert_eq!(port.rom().state(), State::Application);
        assert_eq!(recorder.progress.fraction(), 1.0);
    }
}

#[test]
fn an_application_that_the_bootloader_does_not_start_is_complete_and_told_to_need_a_reset() {
    for (product_id, _) in CHIPS {
        let payload = program(600, 1);
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
        // Opcode, complement, address and checksum of Go never arrive.
        let silent_from = Some(port.cable().sent_to_chip() - 7);
        let faults = Faults { to_chip: Direction { silent_from, ..Direction::default() }, ..Faults::default() };
        let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
        let mut recorder = Recorder::default();
        let done = update(&mut port, &payload, &mut recorder).expect("all of it is there");
        assert!(!done.started, "0x{product_id:03X}");
        let last: Vec<&Event> = recorder.events().collect();
        assert!(
            matches!(last[last.len() - 2..], [Event::Complete | Event::Phase { .. }, Event::NotStarted { .. }]),
            "{last:?}"
        );
        assert!(holds(port.rom(), &payload) && port.rom().state() == State::Bootloader);
    }
}

#[test]
fn no_acknowledged_work_was_left_undone() {
    for (product_id, size) in CHIPS {
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &program(size, 1), &mut Recorder::default()).expect("nothing is in the way");
        let undone = |event: &&Done| {
            matches!(event, Done::NotErased { .. } | Done::NotProgrammed { .. } | Done::Overrun { .. })
                || matches!(event, Done::Unheard { .. })
        };
        assert_eq!(done(port.rom()).find(undone), None, "0x{product_id:03X}");
    }
}

#[test]
fn the_vector_tables_unit_is_erased_first_and_its_first_block_is_written_last() {
    for (product_id, size) in CHIPS {
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &program(size, 1), &mut Recorder::default()).expect("nothing is in the way");
        let work: Vec<&Done> =
            done(port.rom()).filter(|event| matches!(event, Done::Erased { .. } | Done::Programmed { .. })).collect();
        assert_eq!(work.first(), Some(&&Done::Erased { unit: 0 }));
        let len = chip(product_id).max_block;
        assert_eq!(work.last(), Some(&&Done::Programmed { address: BASE, len }));
        // Between the last block and the jump there is its read-back, and nothing else is left to be read.
        let end: Vec<&Done> = done(port.rom()).collect();
        assert!(matches!(
            end[end.len() - 3..],
            [Done::Programmed { address: BASE, .. }, Done::Read { address: BASE, .. }, Done::Went { address: BASE }]
        ));
    }
}

#[test]
fn only_the_units_that_the_image_touches_are_erased() {
    let kept = [0xC3; 64];
    let rom = in_the_field(0x460).with_flash(BASE + 0x8000, &kept);
    let mut port = SimulatedPort::new(rom);
    update(&mut port, &program(30 << 10, 1), &mut Recorder::default()).expect("nothing is in the way");
    assert_eq!(port.rom().flash()[0x8000..0x8040], kept);
}

#[test]
fn every_phase_is_told_once_and_in_order() {
    for (product_id, size) in CHIPS {
        let mut recorder = Recorder::default();
        let mut port = SimulatedPort::new(in_the_field(product_id));
        update(&mut port, &program(size, 1), &mut recorder).expect("nothing is in the way");
        let phases: Vec<Phase> = recorder
            .events()
            .filter_map(|event| if let Event::Phase { phase } = event { Some(*phase) } else { None })
            .collect();
        assert_eq!(phases, Phase::ALL[1..], "nothing of the image was there to compare");
        assert!(recorder.stamped.is_sorted_by_key(|stamped| stamped.at));
        assert!(matches!(
            recorder.stamped.last().map(|stamped| &stamped.event),
            Some(Event::Started { address: BASE })
        ));
    }
}

#[test]
fn the_plan_says_where_it_erases_and_writes_and_so_do_the_events() {
    for (product_id, size) in CHIPS {
        let mut port = SimulatedPort::new(in_the_field(product_id));
        let mut recorder = Recorder::default();
        update(&mut port, &program(size, 1), &mut recorder).expect("nothing is in the way");
        let plan = recorder.events().find_map(|event| if let Event::Planned(plan) = event { Some(plan) } else { None });
        let plan = plan.expect("the plan is told");
        let mut erased = Vec::new();
        let mut written = Vec::new();
        for event in recorder.events() {
            match event {
                Event::Erased { places, .. } => erased.extend_from_slice(places),
                &Event::Written { address, bytes } => written.push(Stretch { address, bytes }),
                _ => {}
            }
        }
        let program = Stretch { address: BASE, bytes: size as u32 };
        assert_eq!((plan.vectors, &plan.write[..]), (BASE, &[program][..]), "0x{product_id:03X}");
        assert_eq!((Stretch::joined(erased), Stretch::joined(written)), (plan.erase.clone(), plan.write.clone()));
    }
}

#[test]
fn an_update_takes_as_long_as_the_plan_says() {
    for latency in [0, 4].map(Duration::from_millis) {
        for (product_id, size) in CHIPS {
            let from_chip = Direction { latency, ..Direction::default() };
            let faults = Faults { from_chip, ..Faults::default() };
            let mut port = SimulatedPort::new(in_the_field(product_id)).with_faults(faults);
            let mut recorder = Recorder::default();
            update(&mut port, &program(size, 1), &mut recorder).expect("nothing is in the way");
            let Some(Event::Planned(summary)) = recorder.events().next() else { panic!("the plan is told first") };
            let (first, last) = (recorder.stamped[0].at, recorder.stamped[recorder.stamped.len() - 1].at);
            let ratio = (last - first).as_secs_f64() / summary.duration().as_secs_f64();
            assert!((0.9..1.1).contains(&ratio), "0x{product_id:03X} took {ratio} times what was planned");
        }
    }
}

#[test]
fn a_read_that_the_line_garbled_is_read_again() {
    let payload = program(4 << 10, 1);
    let mut port = SimulatedPort::new(in_the_field(0x460));
    let mut recorder = Recorder::default();
    // Some 4 KiB are read back; the answers before them are short.
    port.cable_mut().faults_mut().from_chip.flip = vec![(2500, 0x20)];
    update(&mut port, &payload, &mut recorder).expect("the second read is right");
    assert!(recorder.events().any(|event| matches!(event, Event::ReadAgain { .. })));
    assert!(holds(port.rom(), &payload));
}
