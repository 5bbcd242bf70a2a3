//! Special and Extended Special.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::sim::Nack;
use crate::usart::{Command, Error, SpecialAnswer, Stage};

const CODE: u16 = 0x0082;
const NO_TIME: Duration = Duration::ZERO;

fn special() -> Bootloader<SimulatedPort> {
    let quirks = Quirks { more_commands: vec![0x50, 0x51], special_code: Some(CODE), ..quirks(0x472) };
    connected(SimulatedPort::new(rom(0x472).with_quirks(quirks)))
}

#[test]
fn special_sends_a_packet_and_takes_data_and_status() {
    for bytes in [&[][..], &[1, 2, 3, 4], &[0xA5; 128]] {
        let mut bootloader = special();
        let answer = block_on(bootloader.special(CODE, bytes, NO_TIME)).expect("the code is known");
        // The simulated chip answers the data as it came.
        assert_eq!(answer, SpecialAnswer { data: bytes.to_vec(), status: vec![0] });
        assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x472)), "it is still in step");
    }
}

#[test]
fn extended_special_sends_two_packets_and_takes_a_status() {
    let mut bootloader = special();
    let status = block_on(bootloader.extended_special(CODE, &[1; 128], &[2; 1024], NO_TIME));
    assert_eq!(status, Ok(vec![0]));
    assert!(events(&mut bootloader).contains(&Event::Special { code: CODE, len: 128 + 1024 }));
    assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x472)));
}

#[test]
fn a_subcommand_that_the_chip_does_not_know_is_refused() {
    let mut bootloader = special();
    let result = block_on(bootloader.special(0x0101, &[], NO_TIME));
    assert_eq!(result, Err(Error::Refused { command: Command::Special, stage: Stage::Body }));
    assert!(events(&mut bootloader).contains(&Event::Nacked(Nack::UnknownSpecial { code: 0x0101 })));
}

#[test]
fn packets_that_are_too_long_are_not_sent() {
    let mut bootloader = special();
    let sent = bootloader.port().cable().sent_to_chip();
    let results = [
        block_on(bootloader.special(CODE, &[0; 129], NO_TIME)).map(drop),
        block_on(bootloader.extended_special(CODE, &[0; 129], &[], NO_TIME)).map(drop),
        block_on(bootloader.extended_special(CODE, &[], &[0; 1025], NO_TIME)).map(drop),
    ];
    assert!(results.iter().all(|result| matches!(result, Err(Error::Invalid { .. }))), "{results:?}");
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}

#[test]
fn a_rom_without_these_commands_is_sent_none_of_them() {
    let mut bootloader = connected(port(0x460));
    let sent = bootloader.port().cable().sent_to_chip();
    let result = block_on(bootloader.special(CODE, &[], NO_TIME)).map(drop);
    assert_eq!(result, Err(Error::Unsupported { command: Command::Special }));
    let result = block_on(bootloader.extended_special(CODE, &[], &[], NO_TIME)).map(drop);
    assert_eq!(result, Err(Error::Unsupported { command: Command::ExtendedSpecial }));
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}
