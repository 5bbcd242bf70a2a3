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
