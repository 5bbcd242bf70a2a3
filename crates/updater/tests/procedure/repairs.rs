//! What a bad line breaks is mended on the way.

use stm32_bootloader::sim::{Direction, Event as Done, Faults, SimulatedPort};

use super::*;

/// An update of a chip on a cable with these faults, which succeeds.
fn mended(faults: Faults) -> (SimulatedPort, Recorder) {
    let mut port = SimulatedPort::new(in_the_field(0x460)).with_faults(faults);
    let mut recorder = Recorder::default();
    update(&mut port, &program(8 << 10, 1), &mut recorder).expect("the fault is mended");
    assert!(holds(port.rom(), &program(8 << 10, 1)));
    (port, recorder)
}

fn programmed(port: &SimulatedPort) -> usize {
    done(port.rom()).filter(|event| matches!(event, Done::Programmed { .. })).count()
}

#[test]
fn a_lost_byte_of_a_block_costs_that_block() {
    let to_chip = Direction { drop: vec![1200], ..Direction::default() };
    let (port, recorder) = mended(Faults { to_chip, ..Faults::default() });
    assert_eq!(recorder.events().filter(|event| matches!(event, Event::Again { .. })).count(), 1);
    assert_eq!(programmed(&port), (8 << 10) / 256, "no block was programmed twice");
}

#[test]
fn a_lost_acknowledgement_programs_no_block_twice() {
    // The first bytes that come back one by one are the acknowledgements of the writes.
    let whole = mended(Faults::default()).0;
    let reads = 8 << 10;
    let before_the_reads = whole.cable().sent_from_chip() - reads - 3 * reads / 256 - 200;
    for lost in before_the_reads..before_the_reads + 6 {
        let from_chip = Direction { drop: vec![lost], ..Direction::default() };
        let (port, _) = mended(Faults { from_chip, ..Faults::default() });
        let twice = done(port.rom()).find(|event| matches!(event, Done::NotProgrammed { .. }));
        assert_eq!((twice, programmed(&port)), (None, (8 << 10) / 256), "answer {lost} lost");
    }
}

#[test]
fn a_write_that_went_wrong_unnoticed_is_found_and_written_anew() {
    // Two bytes of one block, turned over alike, keep its checksum right.
    let to_chip = Direction { flip: vec![(1200, 0x40), (1210, 0x40)], ..Direction::default() };
    let (port, recorder) = mended(Faults { to_chip, ..Faults::default() });
    assert_eq!(recorder.events().filter(|event| matches!(event, Event::Repair { .. })).count(), 1);
    let erased: Vec<_> = done(port.rom()).filter(|event| matches!(event, Done::Erased { .. })).collect();
    // Four pages, then the wrong one and the vector table's, all blank still.
    assert_eq!(erased.len(), 4 + 2, "{erased:?}");
}

#[test]
fn a_block_that_is_written_to_another_address_unnoticed_is_taken_away_there() {
    // The same bit of two bytes of an address, turned over, keeps its checksum right.
    let mut payload = program(16 << 10, 1);
    payload[0x2000..0x3000].fill(0xFF);
    let mut elsewhere = 0;
    // Through the first writes, which are of 270 bytes: where each is to go is at the same place of each.
    for number in 1000..1270 {
        let to_chip = Direction { flip: vec![(number, 0x20), (number + 1, 0x20)], ..Direction::default() };
        let rom = Rom::new(chip(0x460)).with_flash(BASE, &program(16 << 10, 7));
        let mut port = SimulatedPort::new(rom).with_faults(Faults { to_chip, ..Faults::default() });
        update(&mut port, &payload, &mut Recorder::default()).expect("the fault is mended");
        assert!(holds(port.rom(), &payload), "disturbed at byte {number}");
        let blank = BASE + 0x2000..BASE + 0x3000;
        let is_there = |event: &Done| matches!(event, Done::Programmed { address, .. } if blank.contains(address));
        elsewhere += done(port.rom()).filter(|event| is_there(event)).count();
    }
    assert!(elsewhere > 0, "no block went elsewhere");
}
