//! Bursts: what must be so before there is one, and what ends them.

use super::*;
use crate::sim::{Direction, Nack};
use crate::usart::{Command, Error, Pace, Stage, fits_burst};

const FLASH: u32 = 0x0800_0000;
/// What an FTDI adapter comes with.
const LATENCY: Duration = Duration::from_millis(16);
/// A byte of eleven bits at 115200 baud.
const BYTE: Duration = Duration::from_nanos(11_000_000_000 / 115_200);

fn tried(mut bootloader: Bootloader<SimulatedPort>) -> (Bootloader<SimulatedPort>, Pace) {
    let geometry = bootloader.port().rom().geometry();
    let pace = block_on(bootloader.try_bursts(geometry.base..geometry.end())).expect("strict reads work");
    (bootloader, pace)
}

/// A client that sends bursts.
fn bursting(port: SimulatedPort) -> Bootloader<SimulatedPort> {
    let (bootloader, pace) = tried(connected(port));
    assert_eq!(pace, Pace::Burst);
    bootloader
}

fn with_quirks(change: impl FnOnce(&mut Quirks)) -> SimulatedPort {
    let mut quirks = quirks(0x460);
    change(&mut quirks);
    SimulatedPort::new(rom(0x460).with_flash(FLASH, &block(1)).with_quirks(quirks))
}

/// A block that fits a burst, different for each seed.
fn block(seed: u32) -> Vec<u8> {
    let block = (0..256_u32).map(|n| (n.wrapping_add(seed << 8).wrapping_mul(2_654_435_761) >> 13) as u8 & 0x7F | 4);
    block.collect()
}

/// How many answers an exchange waited for.
fn answers(
    bootloader: &mut Bootloader<SimulatedPort>,
    exchange: impl AsyncFnOnce(&mut Bootloader<SimulatedPort>),
) -> u32 {
    bootloader.port().cable_mut().faults_mut().from_chip.latency = LATENCY;
    let before = bootloader.port().now();
    block_on(exchange(bootloader));
    let took = bootloader.port().now() - before;
    bootloader.port().cable_mut().faults_mut().from_chip.latency = Duration::ZERO;
    let wire_and_work = BYTE * 270 + chip(0x460).times.program_256;
    assert!(took < LATENCY * 3 + wire_and_work, "{took:?}");
    // Wire and work come to less than two answers, and to none where little is transferred.
    took.saturating_sub(wire_and_work).as_millis().div_ceil(LATENCY.as_millis()) as u32
}

async fn reads(bootloader: &mut Bootloader<SimulatedPort>) {
    bootloader.read_memory(FLASH, &mut [0; 256]).await.expect("it is flash");
}

/// What the ROM was asked that can change anything.
fn changes(bootloader: &mut Bootloader<SimulatedPort>) -> Vec<u8> {
    let obeyed = bootloader.port().rom().obeyed().iter();
    obeyed.copied().filter(|opcode| !matches!(opcode, 0x00 | 0x01 | 0x02 | 0x11)).collect()
}

#[test]
fn a_chip_that_takes_bursts_is_found_by_what_changes_nothing() {
    for product_id in CHIPS {
        let mut bootloader = bursting(SimulatedPort::new(rom(product_id).with_flash(FLASH, &block(1))));
        assert!(changes(&mut bootloader).is_empty());
        let quiet = |event: &Event| {
            matches!(event, Event::Synced { .. } | Event::Read { .. } | Event::Nacked(Nack::Complement { .. }))
        };
        let events = events(&mut bootloader);
        assert_eq!(events.iter().find(|event| !quiet(event)), None, "0x{product_id:03X}");
    }
}

#[test]
fn a_block_in_a_burst_waits_for_one_answer_instead_of_three() {
    let mut bootloader = connected(with_quirks(|_| {}));
    assert_eq!(answers(&mut bootloader, reads), 3);
    let (mut bootloader, _) = tried(bootloader);
    assert_eq!(answers(&mut bootloader, reads), 1);
    let writes = async |bootloader: &mut Bootloader<SimulatedPort>| {
        bootloader.write_memory(FLASH + 4096, &block(1)).await.expect("it is erased flash");
    };
    assert_eq!(answers(&mut bootloader, writes), 1);
}

#[test]
fn what_is_written_in_bursts_is_read_back_in_bursts() {
    for product_id in CHIPS {
        let mut bootloader = bursting(port(product_id));
        let length = usize::from(chip(product_id).max_block);
        for number in 0..8 {
            let address = FLASH + number * length as u32;
            let block = &block(number)[..length];
            assert!(fits_burst(address, block));
            block_on(bootloader.write_memory(address, block)).expect("it is erased flash");
            let mut read = vec![0; length];
            block_on(bootloader.read_memory(address, &mut read)).expect("it is flash");
            assert_eq!(read, block);
        }
        assert_eq!(bootloader.pace(), Pace::Burst);
    }
}

#[test]
fn a_rom_that_needs_more_than_half_a_byte_for_each_is_sent_no_bursts_and_works_on() {
    for (parts, expected) in [(49, Pace::Burst), (51, Pace::Strict), (70, Pace::Strict), (120, Pace::Strict)] {
        let (mut bootloader, pace) = tried(connected(with_quirks(|quirks| quirks.byte_work = BYTE * parts / 100)));
        assert_eq!(pace, expected, "{parts} % of a byte");
        let mut read = [0; 256];
        block_on(bootloader.read_memory(FLASH, &mut read)).expect("it is flash");
        assert_eq!(read[..], block(1));
        assert!(changes(&mut bootloader).is_empty());
        // Once is enough.
        let sent = bootloader.port().cable().sent_to_chip();
        let (mut bootloader, pace) = tried(bootloader);
        assert_eq!((pace, bootloader.port().cable().sent_to_chip()), (expected, sent));
    }
}

#[test]
fn under_read_out_protection_no_burst_is_sent() {
    for two_nacks in [false, true] {
        let port = with_quirks(|quirks| {
            quirks.read_protected = true;
            quirks.two_nacks = two_nacks;
        });
        let mut bootloader = connected(port);
        let before = bootloader.port().rom().log().len();
        let (mut bootloader, pace) = tried(bootloader);
        assert_eq!(pace, Pace::Strict);
        let refused = Event::Nacked(Nack::Protected { command: 0x11 });
        let log = events(&mut bootloader);
        assert!(
            log[before..]
                .iter()
                .all(|event| matches!(event, Event::Nacked(Nack::Complement { .. })) || *event == refused)
        );
        assert!(!log[before..].contains(&Event::Nacked(Nack::Complement { command: 0x55, complement: 0x55 })));
    }
}

#[test]
fn a_rom_with_a_command_that_is_not_known_here_is_sent_no_bursts() {
    let mut bootloader = connected(with_quirks(|quirks| quirks.more_commands = vec![0xC3]));
    let sent = bootloader.port().cable().sent_to_chip();
    let (mut bootloader, pace) = tried(bootloader);
    assert_eq!((pace, bootloader.port().cable().sent_to_chip()), (Pace::Strict, sent));
}

#[test]
fn a_block_that_holds_a_command_anywhere_is_written_part_by_part() {
    let erase = [0x44, 0xBB];
    for at in [0, 1, 77, 253, 254] {
        let mut contents = block(1);
        contents[at..at + 2].copy_from_slice(&erase);
        assert!(!fits_burst(FLASH, &contents), "at {at}");
    }
    for opcode in [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x43, 0x44, 0x50, 0x51, 0x63, 0x73, 0x82, 0x92, 0xA1_u8] {
        let mut contents = block(1);
        contents[9..11].copy_from_slice(&[opcode, !opcode]);
        assert!(!fits_burst(FLASH, &contents), "0x{opcode:02X}");
        contents[9..11].copy_from_slice(&[!opcode, opcode]);
        assert!(
            fits_burst(FLASH, &contents) || [opcode, !opcode].contains(&contents[8]),
            "0x{opcode:02X} turned round"
        );
    }

    let mut bootloader = bursting(with_quirks(|_| {}));
    let mut contents = block(1);
    contents[9..11].copy_from_slice(&[0x92, 0x6D]);
    let writes = async |bootloader: &mut Bootloader<SimulatedPort>| {
        bootloader.write_memory(FLASH + 4096, &contents).await.expect("it is erased flash");
    };
    assert_eq!(answers(&mut bootloader, writes), 3);
    assert_eq!((bootloader.pace(), answers(&mut bootloader, reads)), (Pace::Burst, 1), "that is no doubt");
}

#[test]
fn a_command_across_the_parts_of_a_burst_counts_too() {
    assert!(!fits_burst(0x0821_DE00, &block(1)), "21 DE within the address");
    assert!(!fits_burst(0x08F7_0044, &block(1)), "44 BB of address and checksum");
    assert!(!fits_burst(0x0800_0800, &block(1)), "00 FF of checksum and count");
    let mut contents = block(1)[..0x44].to_vec();
    assert!(fits_burst(FLASH, &contents));
    contents[0] = 0xBC;
    assert!(!fits_burst(FLASH, &contents), "43 BC of count and contents");
    let mut contents = block(1);
    contents[255] = 0x82;
    let sum = contents.iter().fold(0xFF, |sum, byte| sum ^ byte);
    contents[0] ^= sum ^ 0x7D;
    assert!(!fits_burst(FLASH, &contents), "82 7D of contents and checksum");
}

#[test]
fn only_the_flash_that_they_were_tried_for_is_read_and_written_in_bursts() {
    let mut bootloader = bursting(with_quirks(|_| {}));
    let reads_ram = async |bootloader: &mut Bootloader<SimulatedPort>| {
        bootloader.read_memory(0x2000_4000, &mut [0; 256]).await.expect("it is RAM");
    };
    assert_eq!(answers(&mut bootloader, reads_ram), 3);
}

#[test]
fn an_erase_is_no_burst() {
    let mut bootloader = bursting(with_quirks(|_| {}));
    bootloader.port().cable_mut().faults_mut().from_chip.latency = LATENCY;
    let before = bootloader.port().now();
    block_on(bootloader.erase(&[0], Duration::from_secs(1))).expect("the page is there");
    let took = bootloader.port().now() - before;
    // Get Version, whose answers come together, the opcode, the list.
    assert!(took > LATENCY * 3 + chip(0x460).erase_time(2048), "{took:?}");
}

#[test]
fn any_fault_in_a_burst_ends_bursts_and_the_block_can_be_done_strictly() {
    // Of a write: 265 bytes there, 3 back.
    for to_chip in [true, false] {
        for number in 0..if to_chip { 265 } else { 3 } {
            for fault in 0..4 {
                let mut bootloader = bursting(with_quirks(|_| {}));
                let cable = bootloader.port().cable_mut();
                let at = number + if to_chip { cable.sent_to_chip() } else { cable.sent_from_chip() };
                let faults = Direction {
                    drop: if fault == 0 { vec![at] } else { vec![] },
                    flip: if fault == 1 { vec![(at, 0x10)] } else { vec![] },
                    double: if fault == 2 { vec![at] } else { vec![] },
                    silent_from: (fault == 3).then_some(at),
                    silent_for: Some(Duration::from_secs(2)),
                    ..Direction::default()
                };
                let told = format!("fault {fault} at {number}, to the chip: {to_chip}");
                *if to_chip { &mut cable.faults_mut().to_chip } else { &mut cable.faults_mut().from_chip } = faults;
                let address = FLASH + 4096;
                let written = block_on(bootloader.write_memory(address, &block(3)));
                if written.is_err() {
                    assert_eq!(bootloader.pace(), Pace::Strict, "{told}");
                    block_on(bootloader.recover()).unwrap_or_else(|error| panic!("{told}: {error}"));
                }
                // What came twice at the end is before the next command.
                let read = block_on(bootloader.insist(async |bootloader: &mut Bootloader<SimulatedPort>| {
                    let mut found = vec![0; 256];
                    bootloader.read_memory(address, &mut found).await.map(|()| found)
                }));
                let found = read.unwrap_or_else(|error| panic!("{told}: {error}"));
                if found != block(3) {
                    assert_eq!(found, [0xFF; 256], "{told}");
                    block_on(bootloader.write_memory(address, &block(3))).expect("it is still erased");
                }
                assert!(written.is_err() || found == block(3), "{told}: it was called written");
                assert!(changes(&mut bootloader).iter().all(|&opcode| opcode == 0x31), "{told}");
                assert_eq!(bootloader.pace(), Pace::Strict, "{told}");
            }
        }
    }
}

#[test]
fn a_rom_that_falls_out_of_step_amid_anything_that_fits_a_burst_obeys_no_command() {
    let mut dice = 1_u32;
    let mut roll = || {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 24) as u8
    };
    let mut fit = 0;
    for _ in 0..2000 {
        let contents: Vec<u8> = (0..256).map(|_| roll()).collect();
        if !fits_burst(FLASH, &contents) {
            continue;
        }
        fit += 1;
        let mut bootloader = bursting(port(0x460));
        let cable = bootloader.port().cable_mut();
        // A byte before the contents.
        cable.faults_mut().to_chip.drop = vec![cable.sent_to_chip() + u64::from(roll() % 8)];
        let _ = block_on(bootloader.write_memory(FLASH, &contents));
        let obeyed = changes(&mut bootloader);
        assert!(obeyed.is_empty() || obeyed == [0x31], "{obeyed:02X?} of {contents:02X?}");
    }
    assert!((1700..1950).contains(&fit), "{fit} of 2000 random blocks fit");
}

#[test]
fn a_refusal_in_a_burst_is_a_doubt_and_is_told_with_its_part_when_the_read_is_strict() {
    let mut bootloader = bursting(with_quirks(|quirks| quirks.longest_block = Some(128)));
    let mut refused = || block_on(bootloader.read_memory(FLASH, &mut [0; 256]));
    assert_eq!(refused(), Err(Error::Unexpected { command: Command::ReadMemory, byte: 0x1F }));
    assert_eq!(refused(), Err(Error::Refused { command: Command::ReadMemory, stage: Stage::Body }));
    assert_eq!(bootloader.pace(), Pace::Strict);
}

#[test]
fn a_byte_that_nobody_asked_for_ends_bursts() {
    let mut bootloader = bursting(with_quirks(|_| {}));
    let cable = bootloader.port().cable_mut();
    // The last byte of the first read comes twice.
    cable.faults_mut().from_chip.double = vec![cable.sent_from_chip() + 3 + 15];
    let mut found = [0; 16];
    block_on(bootloader.read_memory(FLASH, &mut found)).expect("all of it is there");
    assert_eq!((bootloader.pace(), &found[..]), (Pace::Burst, &block(1)[..16]));
    let sent = bootloader.port().cable().sent_to_chip();
    let stray = block_on(bootloader.read_memory(FLASH + 16, &mut found));
    assert_eq!(stray, Err(Error::Unexpected { command: Command::ReadMemory, byte: block(1)[15] }));
    assert_eq!((bootloader.pace(), bootloader.port().cable().sent_to_chip()), (Pace::Strict, sent));
}

#[test]
fn an_answer_that_comes_twice_is_not_taken_for_the_next_one() {
    for number in 0..2 {
        let mut bootloader = bursting(with_quirks(|_| {}));
        let cable = bootloader.port().cable_mut();
        cable.faults_mut().from_chip.double = vec![cable.sent_from_chip() + number];
        let early = block_on(bootloader.write_memory(FLASH + 4096, &block(1)));
        assert_eq!(early, Err(Error::Unexpected { command: Command::WriteMemory, byte: 0x79 }));
        assert_eq!(bootloader.port().rom().flash()[4096..4096 + 256], block(1), "the chip was waited for");
    }
}

#[test]
fn a_late_answer_is_taken_and_ends_bursts() {
    let mut bootloader = bursting(with_quirks(|_| {}));
    bootloader.port().cable_mut().faults_mut().from_chip.latency = Duration::from_millis(600);
    let mut found = [0; 256];
    block_on(bootloader.read_memory(FLASH, &mut found)).expect("it is late, but right");
    assert_eq!((bootloader.pace(), &found[..]), (Pace::Strict, &block(1)[..]));
}

#[test]
fn a_chip_that_was_reset_is_sent_no_bursts() {
    let mut bootloader = bursting(with_quirks(|_| {}));
    block_on(bootloader.write_unprotect()).expect("the ROM has it");
    assert_eq!(bootloader.pace(), Pace::Strict);
}

#[test]
fn a_rom_that_takes_reads_in_bursts_but_no_writes_is_found_out_by_the_first() {
    let mut bootloader = bursting(with_quirks(|quirks| quirks.write_latency = BYTE * 3));
    assert_eq!(
        block_on(bootloader.write_memory(FLASH + 4096, &block(1))),
        Err(Error::Silent { command: Command::WriteMemory })
    );
    assert_eq!(bootloader.pace(), Pace::Strict);
    block_on(bootloader.recover()).expect("the ROM waits for the rest");
    block_on(bootloader.write_memory(FLASH + 4096, &block(1))).expect("it is still erased");
    assert_eq!(bootloader.port().rom().flash()[4096..4096 + 256], block(1));
}
