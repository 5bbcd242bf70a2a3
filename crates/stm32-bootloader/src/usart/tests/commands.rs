//! The commands.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::sim::{Direction, Faults, Nack, Refusal};
use crate::usart::link::Link;
use crate::usart::{Command, Error, Stage};

/// More than the slowest exchange here takes, and less than a person would call hanging.
const LONGEST: Duration = Duration::from_secs(4);

/// The longest that a unit of the chip may take.
fn worst(product_id: u16) -> Duration {
    let chip = chip(product_id);
    chip.times.erase_largest * chip.times.worst_factor
}

fn erased(bootloader: &mut Bootloader<SimulatedPort>) -> Vec<u16> {
    let units = events(bootloader).into_iter().filter_map(|event| match event {
        Event::Erased { unit } => Some(unit),
        _ => None,
    });
    units.collect()
}

#[test]
fn the_list_of_commands_is_searched_not_indexed() {
    // The H5 has no Readout Protect, and 0x50 stands where others have 0x63.
    for (product_id, command, other) in [
        (0x413, Command::ExtendedErase, Command::Erase),
        (0x410, Command::Erase, Command::ExtendedErase),
        (0x484, Command::ExtendedErase, Command::Erase),
    ] {
        let bootloader = connected(port(product_id));
        assert!(bootloader.commands().has(command) && !bootloader.commands().has(other), "0x{product_id:03X}");
        assert!(bootloader.commands().has(Command::Go));
    }
}

#[test]
fn versions_are_what_an2606_table_3_says() {
    for (product_id, version) in [
        (0x413, "3.1"),
        (0x410, "2.2"),
        (0x418, "2.0"),
        (0x430, "3.0"),
        (0x416, "3.0"),
        (0x495, "3.2"),
        (0x460, "3.1"),
        (0x484, "4.0"),
    ] {
        let mut bootloader = connected(port(product_id));
        assert_eq!(bootloader.version().to_string(), version);
        assert_eq!(block_on(bootloader.get_version()).expect("it answers"), bootloader.version());
    }
}

#[test]
fn a_rom_of_every_version_is_met_erased_written_and_read() {
    for version in [0x20, 0x21, 0x22, 0x30, 0x31, 0x32, 0x33, 0x40] {
        // Before 3.0 there was Erase, and Extended Erase since (AN3155 Table 3).
        let product_id = if version < 0x30 { 0x410 } else { 0x460 };
        let rom = rom(product_id).with_protocol(version).with_flash(0x0800_0000, &[0x5A; 256]);
        let mut bootloader = connected(SimulatedPort::new(rom));
        assert_eq!(bootloader.version().to_string(), format!("{}.{}", version >> 4, version & 0xF));
        assert_eq!(block_on(bootloader.get_version()).expect("it answers"), bootloader.version());
        block_on(bootloader.erase(&[0], Duration::from_secs(1))).expect("it is there");
        block_on(bootloader.write_memory(0x0800_0000, &[0xC3; 8])).expect("it is erased flash");
        let mut read = [0; 16];
        block_on(bootloader.read_memory(0x0800_0000, &mut read)).expect("it is flash");
        assert_eq!(read, *[[0xC3; 8], [0xFF; 8]].as_flattened());
    }
}

#[test]
fn what_is_written_is_read_back() {
    for product_id in CHIPS {
        let mut bootloader = connected(port(product_id));
        let block: Vec<u8> = (0..chip(product_id).max_block).map(|n| n as u8 ^ 0x5A).collect();
        block_on(bootloader.write_memory(0x0800_0000, &block)).expect("it is erased flash");
        let mut read = vec![0; block.len()];
        block_on(bootloader.read_memory(0x0800_0000, &mut read)).expect("it is flash");
        assert_eq!(read, block);
    }
}

#[test]
fn single_bytes_can_be_read() {
    let mut bootloader = connected(SimulatedPort::new(rom(0x460).with_flash(0x0800_0003, &[0xA7])));
    let mut byte = [0];
    block_on(bootloader.read_memory(0x0800_0003, &mut byte)).expect("it is flash");
    assert_eq!(byte, [0xA7]);
}

#[test]
fn blocks_that_the_protocol_cannot_carry_are_not_sent() {
    let mut bootloader = connected(port(0x413));
    let sent = bootloader.port().cable().sent_to_chip();
    for (address, length) in [(0x0800_0000, 0), (0x0800_0000, 257), (0x0800_0000, 5), (0x0800_0002, 4)] {
        let result = block_on(bootloader.write_memory(address, &vec![0; length]));
        assert!(matches!(result, Err(Error::Invalid { .. })), "{length} bytes at {address:#X}");
    }
    assert!(matches!(block_on(bootloader.read_memory(0x0800_0000, &mut [])), Err(Error::Invalid { .. })));
    assert!(matches!(block_on(bootloader.erase(&[], worst(0x413))), Err(Error::Invalid { .. })));
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}

#[test]
fn both_erase_commands_erase_the_units_of_the_list() {
    for product_id in CHIPS {
        let mut bootloader = connected(port(product_id));
        block_on(bootloader.erase(&[3, 0, 7], worst(product_id))).expect("the units are there");
        assert_eq!(erased(&mut bootloader), [3, 0, 7], "0x{product_id:03X}");
    }
}

#[test]
fn an_erase_list_has_at_most_128_units() {
    // 255 pages in one list of Erase would say "everything" by their count.
    let mut bootloader = connected(SimulatedPort::new(rom(0x412)));
    let before = bootloader.port().cable().sent_to_chip();
    let pages: Vec<u16> = (0..32).cycle().take(256).collect();
    block_on(bootloader.erase(&pages, worst(0x412))).expect("the pages are there");
    assert_eq!(erased(&mut bootloader), pages);
    // Two commands, with Get Version before each: two pairs, a count, 128 pages and a checksum.
    assert_eq!(bootloader.port().cable().sent_to_chip() - before, 2 * (2 + 2 + 1 + 128 + 1));

    let mut bootloader = connected(port(0x447));
    let before = bootloader.port().cable().sent_to_chip();
    let pages: Vec<u16> = (0..1536).collect();
    block_on(bootloader.erase(&pages, worst(0x447))).expect("the pages are there");
    assert_eq!(erased(&mut bootloader), pages);
    assert_eq!(bootloader.port().cable().sent_to_chip() - before, 12 * (2 + 2 + 2 + 256 + 1));
}

#[test]
fn a_stray_byte_is_noticed_before_an_erase_and_not_taken_for_its_answer() {
    for product_id in CHIPS {
        let mut bootloader = connected(port(product_id));
        let cable = bootloader.port().cable_mut();
        cable.faults_mut().from_chip.double = vec![cable.sent_from_chip()];
        let result = block_on(bootloader.erase(&[1], worst(product_id)));
        assert!(matches!(result, Err(Error::Unexpected { command: Command::GetVersion, .. })), "{result:?}");
        let again = async |bootloader: &mut Bootloader<_>| bootloader.erase(&[1], worst(product_id)).await;
        block_on(bootloader.recover()).expect("nothing was begun");
        block_on(bootloader.insist(again)).expect("the unit is there");
        assert_eq!(erased(&mut bootloader), [1], "0x{product_id:03X}");
    }
}

#[test]
fn a_block_that_was_just_erased_proves_the_step_and_no_other_whichever_byte_of_it_came_twice() {
    let latency = Duration::from_millis(16);
    let blocks = [[0xFF; 4], [0x33; 4], [0x33, 0x33, 0x33, 0x79], [0xFF, 0xFF, 0xFF, 0x79], [0xFF, 0xFF, 0xFF, 0x1F]];
    for (block, erases_before) in blocks.into_iter().flat_map(|block| [(block, false), (block, true)]) {
        let asked = !erases_before;
        // The three acknowledgements before it, too.
        for at in 0..3 + block.len() as u64 {
            let rom = rom(0x460).with_flash(0x0800_0000, &block);
            let from_chip = Direction { latency, ..Direction::default() };
            let port = SimulatedPort::new(rom).with_faults(Faults { from_chip, ..Faults::default() });
            let mut bootloader = connected(port);
            if erases_before {
                block_on(bootloader.erase(&[0], worst(0x460))).expect("the unit is there");
                assert_eq!(erased(&mut bootloader), [0]);
            }
            let cable = bootloader.port().cable_mut();
            cable.faults_mut().from_chip.double = vec![cable.sent_from_chip() + at];
            let read = async |bootloader: &mut Bootloader<_>| bootloader.read_memory(0x0800_0000, &mut [0; 4]).await;
            block_on(bootloader.insist(read)).expect("it is readable");
            let obeyed = bootloader.port().rom().obeyed().len();
            let erase = async |bootloader: &mut Bootloader<_>| bootloader.erase(&[1], worst(0x460)).await;
            block_on(bootloader.insist(erase)).expect("the byte is passed over, or found before anything is begun");
            let all: &[u16] = if erases_before { &[0, 1] } else { &[1] };
            assert_eq!(erased(&mut bootloader), all, "{block:X?} {at}");
            let since = &bootloader.port().rom().obeyed()[obeyed..];
            let erases = since.iter().filter(|&&opcode| opcode == 0x44).count();
            assert_eq!(erases, 1, "{block:X?} {at}: {since:X?}");
            if at == 3 {
                assert_eq!(since.starts_with(&[0x01]), asked, "{block:X?}: {since:X?}");
            }
        }
    }
}

#[test]
fn a_page_number_that_erase_cannot_carry_is_refused_before_anything_is_sent() {
    let mut bootloader = connected(port(0x414));
    let sent = bootloader.port().cable().sent_to_chip();
    let result = block_on(bootloader.erase(&[256], worst(0x414)));
    assert!(matches!(result, Err(Error::Invalid { command: Command::Erase, .. })), "{result:?}");
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}

#[test]
fn slow_sectors_are_waited_for() {
    let mut bootloader = connected(port(0x413));
    let before = bootloader.port().now();
    block_on(bootloader.erase(&[5, 6, 7], worst(0x413))).expect("the sectors are there");
    assert!(bootloader.port().now() - before >= Duration::from_secs(6), "128 KiB take two seconds");
}

#[test]
fn go_starts_what_was_written() {
    for product_id in CHIPS {
        let mut bootloader = connected(port(product_id));
        let mut program = [0; 64];
        program[..8].copy_from_slice(&[0x00, 0x04, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08]);
        block_on(bootloader.write_memory(0x0800_0000, &program)).expect("it is erased flash");
        block_on(bootloader.go(0x0800_0000)).expect("it is flash");
        let mut port = bootloader.into_port();
        block_on(port.wait_until(port.now() + Duration::from_millis(1)));
        assert_eq!(port.rom().state(), crate::sim::State::Application);
    }
}

#[test]
fn go_reaches_a_rom_that_does_not_acknowledge_its_opcode() {
    let quirks = Quirks { go_unacknowledged: true, ..quirks(0x450) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x450).with_quirks(quirks)));
    block_on(bootloader.go(0x0800_0000)).expect("it is flash");
    assert!(events(&mut bootloader).contains(&Event::Went { address: 0x0800_0000 }));
}

#[test]
fn an_address_that_is_no_memory_is_refused_at_its_stage() {
    let mut bootloader = connected(port(0x413));
    let refused = |command| Error::Refused { command, stage: Stage::Address };
    let result = block_on(bootloader.read_memory(0x4002_0000, &mut [0; 4]));
    assert_eq!(result, Err(refused(Command::ReadMemory)));
    assert_eq!(block_on(bootloader.go(0x4002_0000)), Err(refused(Command::Go)));
    let beyond = block_on(bootloader.write_memory(0x0810_0000, &[0; 4]));
    assert_eq!(beyond, Err(refused(Command::WriteMemory)));
    block_on(bootloader.get_version()).expect("it is still in step");
}

#[test]
fn a_rom_that_does_not_even_refuse_a_bad_address_is_told_as_silent() {
    let mut bootloader = connected(port(0x410));
    let result = block_on(bootloader.read_memory(0x4002_0000, &mut [0; 4]));
    assert_eq!(result, Err(Error::Silent { command: Command::ReadMemory }));
    block_on(bootloader.get_version()).expect("it is still in step");
}

#[test]
fn one_refusal_or_two_under_protection_leave_the_next_command_in_step() {
    for two_nacks in [false, true] {
        let quirks = Quirks { read_protected: true, two_nacks, ..quirks(0x413) };
        let mut bootloader = connected(SimulatedPort::new(rom(0x413).with_quirks(quirks)));
        for _ in 0..2 {
            let refused = |command| Err(Error::Refused { command, stage: Stage::Opcode });
            let read = block_on(bootloader.read_memory(0x0800_0000, &mut [0; 4]));
            assert_eq!(read, refused(Command::ReadMemory));
            assert_eq!(block_on(bootloader.write_memory(0x0800_0000, &[0; 4])), refused(Command::WriteMemory));
            assert_eq!(block_on(bootloader.go(0x0800_0000)), refused(Command::Go));
            assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x413)));
        }
    }
}

#[test]
fn the_client_keeps_to_128_bytes_where_the_row_says_so() {
    let quirks = Quirks { longest_block: Some(128), ..quirks(0x447) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x447).with_quirks(quirks)));
    let identity = block_on(crate::usart::identify(&mut bootloader)).expect("it tells what it is");
    assert!(identity.unique_id.is_some());
    assert!(!events(&mut bootloader).iter().any(|event| matches!(event, Event::Nacked(Nack::TooLong { .. }))));
}

#[test]
fn what_the_chip_does_not_do_is_only_seen_by_reading_back() {
    let quirks = Quirks { write_protected: vec![0], ..quirks(0x413) };
    let mut bootloader = connected(SimulatedPort::new(rom(0x413).with_quirks(quirks)));
    block_on(bootloader.erase(&[0], worst(0x413))).expect("it is acknowledged");
    block_on(bootloader.write_memory(0x0800_0000, &[0x55; 16])).expect("it is acknowledged");
    let why = Refusal::WriteProtected;
    assert!(events(&mut bootloader).contains(&Event::NotErased { unit: 0, why }));
    let mut read = [0; 16];
    block_on(bootloader.read_memory(0x0800_0000, &mut read)).expect("it is flash");
    assert_eq!(read, [0xFF; 16]);
}

/// Each command, on a chip with a cable that fails at the `at`th byte after it connected.
fn with_fault(at: u64, fault: impl Fn(u64, u64) -> Faults) -> Vec<(Result<(), Error>, Duration)> {
    type Exchange = fn(&mut Bootloader<SimulatedPort>) -> Result<(), Error>;
    let exchanges: [Exchange; 6] = [
        |bootloader| block_on(bootloader.get()).map(drop),
        |bootloader| block_on(bootloader.get_id()).map(drop),
        |bootloader| block_on(bootloader.read_memory(0x0800_0000, &mut [0; 64])),
        |bootloader| block_on(bootloader.write_memory(0x0800_0000, &[0x11; 64])),
        |bootloader| block_on(bootloader.erase(&[1, 2], worst(0x460))),
        |bootloader| block_on(bootloader.go(0x0800_0000)),
    ];
    let run = |exchange: &Exchange| {
        let mut bootloader = connected(port(0x460));
        let cable = bootloader.port().cable_mut();
        *cable.faults_mut() = fault(cable.sent_to_chip() + at, cable.sent_from_chip() + at);
        let before = bootloader.port().now();
        let result = exchange(&mut bootloader);
        (result, bootloader.port().now() - before)
    };
    exchanges.iter().map(run).collect()
}

#[test]
fn no_exchange_hangs_when_the_line_falls_silent_at_any_byte() {
    for at in 0..80 {
        let silent = |to, from| Faults {
            to_chip: Direction { silent_from: Some(to), ..Direction::default() },
            from_chip: Direction { silent_from: Some(from), ..Direction::default() },
            ..Faults::default()
        };
        for (result, took) in with_fault(at, silent) {
            assert!(took < LONGEST, "{result:?} took {took:?}");
            assert!(matches!(result, Ok(()) | Err(Error::Silent { .. })), "{result:?} at byte {at}");
            assert!(at > 2 || result.is_err(), "it went on without the line");
        }
    }
}

#[test]
fn no_exchange_hangs_when_a_byte_is_lost_doubled_or_turned_over() {
    for at in 0..80 {
        let on = |direction: &dyn Fn(u64) -> Direction, to: u64, from: u64| {
            [(direction(to), Direction::default()), (Direction::default(), direction(from))]
        };
        let kinds: [&dyn Fn(u64) -> Direction; 3] = [
            &|at| Direction { drop: vec![at], ..Direction::default() },
            &|at| Direction { double: vec![at], ..Direction::default() },
            &|at| Direction { flip: vec![(at, 0x04)], ..Direction::default() },
        ];
        for kind in kinds {
            for side in 0..2 {
                let faults = |to, from| {
                    let (to_chip, from_chip) = on(kind, to, from)[side].clone();
                    Faults { to_chip, from_chip, ..Faults::default() }
                };
                for (result, took) in with_fault(at, faults) {
                    assert!(took < LONGEST, "{result:?} took {took:?}");
                }
            }
        }
    }
}

#[test]
fn an_unplugged_port_is_told_as_gone_at_once() {
    for at in 0..2 {
        let unplugged =
            |to, _| Faults { to_chip: Direction { unplug_at: Some(to), ..Direction::default() }, ..Faults::default() };
        for (result, took) in with_fault(at, unplugged) {
            assert!(matches!(result, Err(Error::Port(PortError::Lost(_)))), "{result:?}");
            assert!(took < Duration::from_millis(100), "it took {took:?}");
        }
    }
}

#[test]
fn a_chip_that_says_busy_for_ever_is_told_as_silent() {
    let mut link = Link::new(Stranger { says: Some(0x76), ..Stranger::default() });
    let result = block_on(link.begin(Command::GetVersion));
    assert_eq!(result, Err(Error::Silent { command: Command::GetVersion }));
    assert!(link.port.now < LONGEST);
}
