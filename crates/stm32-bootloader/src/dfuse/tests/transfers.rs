//! How many transfers commands take, and how blocks are addressed.

use super::*;
use crate::pipe::ControlPipe;

const BLOCK: usize = 2048;

#[test]
fn a_block_that_follows_another_costs_three_transfers_to_write_and_one_to_read() {
    let mut bootloader = connected(pipe(rom(0x413)));
    let data = bytes(BLOCK);
    let mut write = |number: usize| {
        let address = BASE + (number * BLOCK) as u32;
        transfers(&mut bootloader, async |bootloader| bootloader.write(address, &data).await)
    };
    // The address first: a command, and two questions for its status.
    assert_eq!([write(0), write(1), write(2)], [6, 3, 3]);
    let mut read = |number: usize| {
        let (address, mut found) = (BASE + (number * BLOCK) as u32, vec![0; BLOCK]);
        transfers(&mut bootloader, async |bootloader| bootloader.read(address, &mut found).await)
    };
    // The address pointer is where it was; only the download has to be ended.
    assert_eq!([read(0), read(1), read(2)], [2, 1, 1]);
}

#[test]
fn blocks_lie_right_whichever_size_the_device_counts_by() {
    for counts_by_length in [false, true] {
        let quirks = UsbQuirks { counts_by_length, ..UsbQuirks::default() };
        let mut bootloader = connected(quirky(rom(0x413), quirks));
        // A last block that is shorter, then one that begins where it ended.
        let data = bytes(3 * BLOCK + 100);
        block_on(bootloader.write(BASE, &data)).expect("it is blank");
        block_on(bootloader.write(BASE + data.len() as u32, &data)).expect("it is blank");
        let twice = [&data[..], &data[..]].concat();
        assert!(flash(&mut bootloader).starts_with(&twice), "{counts_by_length}");
        let mut found = vec![0; twice.len()];
        block_on(bootloader.read(BASE, &mut found)).expect("it can be read");
        assert_eq!(found, twice, "{counts_by_length}");
    }
}

#[test]
fn an_erase_in_between_does_not_shift_the_blocks_after_it() {
    // ST's library takes the address of an erase for the pointer.
    let mut bootloader = connected(pipe(rom(0x413)));
    let data = bytes(BLOCK);
    block_on(bootloader.write(BASE, &data)).expect("it is blank");
    block_on(bootloader.erase(BASE + 0x4000, WORST)).expect("it is a unit");
    block_on(bootloader.write(BASE + BLOCK as u32, &data)).expect("it is blank");
    assert_eq!(flash(&mut bootloader)[BLOCK..2 * BLOCK], data);
}

#[test]
fn a_block_number_is_never_more_than_its_16_bits_hold() {
    // 65 533 blocks of 1024 bytes are 64 MiB, which no chip here has: the string says so all the same.
    let alternates = vec!["@Internal Flash   /0x08000000/1024*128Kg"];
    let mut bootloader = connected(quirky(rom(0x450), UsbQuirks { alternates, ..UsbQuirks::default() }));
    bootloader.link.pointer = Some(BASE);
    bootloader.link.state = Some(State::Idle);
    let far = BASE + 65_534 * 1024;
    let error = block_on(bootloader.write(far, &[0; 1024])).expect_err("it is not there");
    assert_eq!(error, Error::Refused { command: Command::SetAddress, status: Status::TARGET });
}

#[test]
fn poll_time_outs_are_honoured() {
    let mut bootloader = connected(pipe(rom(0x413)));
    let wait = Duration::from_millis(700);
    let quirks = UsbQuirks { poll_timeout: Some(wait), ..UsbQuirks::default() };
    *bootloader.pipe().device_mut() = UsbRom::new(rom(0x413)).with_quirks(quirks);
    let start = bootloader.pipe().now();
    block_on(bootloader.write(BASE, &[1; 16])).expect("it is blank");
    // One for the address, one for the block.
    let took = bootloader.pipe().now().since(start);
    assert!((2 * wait..2 * wait + Duration::from_millis(50)).contains(&took), "{took:?}");
}
