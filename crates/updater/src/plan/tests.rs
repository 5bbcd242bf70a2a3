use core::time::Duration;

use super::*;
use crate::part::Part;
use crate::sample::{chip, f4, image_of, payload};

const NO_LATENCY: LinkSpeed = LinkSpeed::of_usart(Duration::from_nanos(95_486), Duration::ZERO, Pace::Strict);

fn plan(image: &Image, chip: &Chip) -> Plan {
    Plan::new(image, chip, &chip.geometry, &Found::nothing())
}

fn erased(plan: &Plan) -> Vec<u16> {
    plan.summary(NO_LATENCY).units
}

fn written(plan: &Plan) -> Vec<u32> {
    plan.steps()
        .iter()
        .filter_map(|step| match &step.action {
            Action::Write(block) => Some(block.address),
            _ => None,
        })
        .collect()
}

#[test]
fn the_vector_table_goes_first_and_comes_back_last() {
    let plan = plan(&image_of(100 << 10), f4());
    let Action::Erase(first) = &plan.steps()[0].action else { panic!("the first step erases") };
    assert_eq!(first.iter().map(|unit| unit.number).collect::<Vec<_>>(), [0]);
    assert_eq!(written(&plan).last(), Some(&0x0800_0000));
    let last_of_the_rest = plan.steps().iter().rposition(|step| step.phase == Phase::Verify).unwrap();
    let first_of_commit = plan.steps().iter().position(|step| step.phase == Phase::Commit).unwrap();
    assert!(last_of_the_rest < first_of_commit);
}

#[test]
fn only_units_that_the_image_touches_are_erased() {
    // 4 × 16 KiB, then 64 KiB: 70 KiB reach into the fifth sector.
    assert_eq!(erased(&plan(&image_of(70 << 10), f4())), [0, 1, 2, 3, 4]);
    assert_eq!(erased(&plan(&image_of(16 << 10), f4())), [0]);
    assert_eq!(erased(&plan(&image_of((16 << 10) + 1), f4())), [0, 1]);
}

#[test]
fn a_gap_of_whole_units_is_left_alone() {
    let far = Segment { address: 0x0806_0000, bytes: vec![0x55; 4] };
    let image = Image::new(vec![Segment { address: 0x0800_0000, bytes: payload(1024) }, far]).unwrap();
    assert_eq!(erased(&plan(&image, f4())), [0, 7]);
}

#[test]
fn a_gap_within_a_unit_is_erased_with_it_and_neither_written_nor_read_back() {
    let bytes = payload(32 << 10);
    let segment =
        |start: usize, end: usize| Segment { address: 0x0800_0000 + start as u32, bytes: bytes[start..end].to_vec() };
    let image = Image::new(vec![segment(0, 0x5000), segment(0x7000, 0x8000)]).unwrap();
    let plan = plan(&image, f4());
    assert_eq!(erased(&plan), [0, 1]);
    let gap = 0x0800_5000..0x0800_7000;
    let in_gap = |step: &&Step| match &step.action {
        Action::Write(block) | Action::Verify(block) => gap.contains(&block.address),
        _ => false,
    };
    assert_eq!(plan.steps().iter().find(in_gap), None);
    assert_eq!(written(&plan).len(), (24 << 10) / 256);
}

#[test]
fn every_byte_is_read_back_and_blank_blocks_are_not_written() {
    let mut bytes = payload(32 << 10);
    bytes[0x4000..0x5000].fill(0xFF);
    let plan = plan(&Image::parse(&bytes, 0x0800_0000).unwrap(), f4());
    let verified: u32 = plan
        .steps()
        .iter()
        .filter(|step| matches!(step.action, Action::Verify(_)))
        .map(|step| step.action.size())
        .sum();
    assert_eq!(verified, 32 << 10);
    assert_eq!(written(&plan).len(), (28 << 10) / 256);
    assert!(written(&plan).iter().all(|address| !(0x0800_4000..0x0800_5000).contains(address)));
}

#[test]
fn blocks_keep_to_what_the_chip_takes() {
    // L0: blocks of 128 bytes, erased flash reads as zero.
    let l0 = chip(0x447);
    let plan = plan(&image_of(1000), l0);
    for step in plan.steps() {
        if let Action::Write(block) = &step.action {
            assert_eq!((block.address % 128, block.bytes.len()), (0, 128));
        }
    }
    let last = plan.steps().iter().find_map(|step| match &step.action {
        Action::Verify(block) if block.address == 0x0800_0380 => Some(block),
        _ => None,
    });
    assert_eq!(last.expect("the last block is read back").bytes[1000 - 0x380..], [0; 24]);
}

#[test]
fn an_erase_command_stays_short() {
    // 192 KiB of 128-byte pages: 1536 units of some 3 ms.
    let l0 = chip(0x447);
    let plan = plan(&image_of(192 << 10), l0);
    let lists: Vec<_> = plan
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            Action::Erase(units) => Some(units.len()),
            _ => None,
        })
        .collect();
    assert_eq!(lists.iter().sum::<usize>(), 1536);
    assert!(lists.iter().all(|&length| length <= 128));
    // Sectors of F4 take a second or so each: one at a time, so that progress shows.
    let f4_lists = Plan::new(&image_of(512 << 10), f4(), &f4().geometry, &Found::nothing());
    let longest = f4_lists.steps().iter().filter_map(|step| match &step.action {
        Action::Erase(units) if units.iter().any(|unit| unit.size > 16 << 10) => Some(units.len()),
        _ => None,
    });
    assert!(longest.max().is_some_and(|length| length <= 2));
}

#[test]
fn the_estimate_is_what_crosses_the_wire_and_what_the_flash_works() {
    let plan = plan(&image_of(32 << 10), f4());
    let summary = plan.summary(NO_LATENCY);
    let blocks = 32 * 4;
    let wire = NO_LATENCY.byte_time * (2 * 268 * blocks);
    let program = f4().times.program_256 * blocks;
    let erase = f4().erase_time(16 << 10) * 2;
    let expected = wire + program + erase;
    let difference = summary.duration().abs_diff(expected);
    assert!(difference < Duration::from_millis(10), "{:?} is not {expected:?}", summary.duration());
}

#[test]
fn before_the_image_is_at_hand_its_plan_is_the_longest_that_it_can_have() {
    for (product_id, size) in [(0x413, 200 << 10), (0x447, 1000)] {
        let chip = chip(product_id);
        let dense = Plan::dense(0x0800_0000, size, chip, &chip.geometry, None).expect("it fits");
        assert_eq!(dense.summary(NO_LATENCY), plan(&image_of(size), chip).summary(NO_LATENCY));
        let mut half_blank = payload(size);
        half_blank[size / 2..].fill(chip.erased_byte);
        let half_blank = plan(&Image::parse(&half_blank, 0x0800_0000).expect("a raw binary"), chip);
        assert!(half_blank.summary(NO_LATENCY).duration() < dense.summary(NO_LATENCY).duration());
    }
    // What does not fit is refused later, for the image may be smaller.
    let all = Plan::dense(0x0800_0000, usize::MAX, f4(), &f4().geometry, None).expect("some of it fits");
    assert_eq!(all.summary(NO_LATENCY).units.len(), f4().geometry.units().count());
    assert!(Plan::dense(0x2000_0000, 1, f4(), &f4().geometry, None).is_none());
}

/// What a device holds that has `flash` at the image's start, and was compared from end to end.
fn found(image: &Image, chip: &Chip, flash: &[u8]) -> Found {
    let mut found = Found::nothing();
    for part in Part::of(image, chip, &chip.geometry) {
        for block in part.blocks {
            let start = (block.address - chip.geometry.base) as usize;
            found.note(block.address, &flash[start..start + block.bytes.len()], &block.bytes, chip.erased_byte);
        }
    }
    found
}

fn plan_for(image: &Image, flash: &[u8]) -> Plan {
    Plan::new(image, f4(), &f4().geometry, &found(image, f4(), flash))
}

#[test]
fn a_device_that_holds_the_image_is_only_started() {
    let plan = plan_for(&image_of(100 << 10), &payload(100 << 10));
    assert!(matches!(plan.steps(), [Step { phase: Phase::Start, .. }]), "{:?}", plan.steps().first());
}

#[test]
fn one_changed_unit_is_written_with_the_vector_tables_and_no_other() {
    let mut flash = payload(100 << 10);
    flash[0x9000] ^= 1;
    let plan = plan_for(&image_of(100 << 10), &flash);
    assert_eq!(erased(&plan), [0, 2]);
    assert_eq!(written(&plan).len(), 2 * (16 << 10) / 256);
    assert_eq!(written(&plan).last(), Some(&0x0800_0000));
}

#[test]
fn a_unit_whose_writing_was_interrupted_goes_on_without_an_erase() {
    // The rest is right, the vector table's unit is erased, and the third unit is written up to its middle.
    let mut flash = payload(64 << 10);
    flash[..0x4000].fill(0xFF);
    flash[0xA000..0xC000].fill(0xFF);
    let plan = plan_for(&image_of(64 << 10), &flash);
    assert_eq!(erased(&plan), [0], "all blank: its erase may have been cut short");
    let rest: Vec<u32> = (0x0800_A000..0x0800_C000).step_by(256).collect();
    assert_eq!(written(&plan)[..rest.len()], rest);
}

#[test]
fn an_interrupted_commit_is_taken_up_where_it_stopped() {
    let mut flash = payload(64 << 10);
    flash[..0x100].fill(0xFF);
    flash[0x3000..0x4000].fill(0xFF);
    let plan = plan_for(&image_of(64 << 10), &flash);
    assert_eq!(erased(&plan), Vec::<u16>::new());
    let rest: Vec<u32> = (0x0800_3000..0x0800_4000).step_by(256).chain([0x0800_0000]).collect();
    assert_eq!(written(&plan), rest);
}

#[test]
fn an_image_that_would_start_while_parts_are_missing_is_stopped_first() {
    let mut flash = payload(64 << 10);
    flash[0x3000..0x4000].fill(0xFF);
    assert_eq!(erased(&plan_for(&image_of(64 << 10), &flash)), [0]);
}

#[test]
fn a_block_that_is_half_written_costs_its_unit() {
    let mut flash = payload(64 << 10);
    flash[..0x4000].fill(0xFF);
    flash[0xA080..0xC000].fill(0xFF);
    assert_eq!(erased(&plan_for(&image_of(64 << 10), &flash)), [0, 2]);
}

#[test]
fn a_block_in_a_burst_waits_for_one_answer_unless_it_holds_a_command() {
    let answers = |payload: &[u8], pace| {
        let image = Image::parse(payload, 0x0800_0000).expect("a raw binary");
        let slow = LinkSpeed::of_usart(Duration::ZERO, Duration::from_secs(1), pace);
        let summary = plan(&image, f4()).summary(slow);
        [Phase::Write, Phase::Verify].map(|phase| summary.phase(phase).duration.as_secs())
    };
    // Three blocks beyond the first sector, which holds the vector table.
    let mut bytes = payload((16 << 10) + 768);
    assert_eq!(answers(&bytes, Pace::Strict), [9, 9]);
    assert_eq!(answers(&bytes, Pace::Burst), [3, 3]);
    bytes[0x4080..0x4082].copy_from_slice(&[0x44, 0xBB]);
    assert_eq!(answers(&bytes, Pace::Burst), [5, 3]);
}
