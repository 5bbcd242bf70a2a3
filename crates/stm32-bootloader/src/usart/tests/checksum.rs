//! Get Checksum.

use pollster::block_on;

use super::*;
use crate::sim::Nack;
use crate::usart::{Command, Crc, Error, Stage};

/// A chip whose ROM lists the command. No ROM that AN2606 describes is known to.
fn with_checksum(change: impl FnOnce(&mut Quirks)) -> Rom {
    let mut quirks = Quirks { more_commands: vec![0xA1], ..quirks(0x460) };
    change(&mut quirks);
    let contents: Vec<u8> = (0..4096_u32).map(|n| ((n * 7) >> 3) as u8).collect();
    rom(0x460).with_flash(0x0800_0000, &contents).with_quirks(quirks)
}

#[test]
fn the_crc_is_that_of_the_crc_unit() {
    // A word of zeros gives a value that is found in many places. The highest byte of a word goes first.
    assert_eq!(Crc::STM32.of(&[0; 4]), 0xC704_DD7B);
    assert_eq!(Crc::STM32.of(&[4, 3, 2, 1, 8, 7, 6, 5]), mpeg2(&[1, 2, 3, 4, 5, 6, 7, 8]));
}

/// CRC-32/MPEG-2, byte by byte.
fn mpeg2(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xFFFF_FFFF, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte) << 24,
            |crc: u32, _| {
                if crc >> 31 == 1 { crc << 1 ^ 0x04C1_1DB7 } else { crc << 1 }
            },
        )
    })
}

#[test]
fn the_chip_computes_what_the_host_computes() {
    for twice in [false, true] {
        let mut bootloader =
            connected(SimulatedPort::new(with_checksum(|quirks| quirks.checksum_acknowledged_twice = twice)));
        let flash = bootloader.port().rom().flash().to_vec();
        let other = Crc { polynomial: 0x1EDC_6F41, initial: 0x1234_5678 };
        for (offset, words, crc) in
            [(0, 1, Crc::STM32), (0x40, 64, Crc::STM32), (0, 1024, other), (0, 0x8000, Crc::STM32)]
        {
            let expected = crc.of(&flash[offset..offset + 4 * words]);
            let address = 0x0800_0000 + offset as u32;
            let result = block_on(bootloader.get_checksum(address, words as u32, crc));
            assert_eq!(result, Ok(expected), "{words} words from {offset}, two ACKs: {twice}");
        }
    }
}

#[test]
fn a_crc_that_begins_like_an_ack_is_told_from_a_second_ack() {
    for twice in [false, true] {
        let mut bootloader =
            connected(SimulatedPort::new(with_checksum(|quirks| quirks.checksum_acknowledged_twice = twice)));
        let word = bootloader.port().rom().flash()[64..68].to_vec();
        let like_ack = |crc: &Crc| crc.of(&word) >> 24 == 0x79;
        let crcs: Vec<Crc> = (0..2000).map(|initial| Crc { initial, ..Crc::STM32 }).filter(like_ack).take(4).collect();
        assert_eq!(crcs.len(), 4);
        for crc in crcs {
            assert_eq!(block_on(bootloader.get_checksum(0x0800_0040, 1, crc)), Ok(crc.of(&word)), "two ACKs: {twice}");
        }
    }
}

#[test]
fn an_address_and_a_length_that_do_not_fit_are_refused_at_their_stage() {
    let mut bootloader = connected(SimulatedPort::new(with_checksum(|_| {})));
    let refused = |stage| Err(Error::Refused { command: Command::GetChecksum, stage });
    assert_eq!(block_on(bootloader.get_checksum(0x4000_0000, 1, Crc::STM32)), refused(Stage::Address));
    for words in [0, 0x8001, u32::MAX] {
        assert_eq!(block_on(bootloader.get_checksum(0x0800_0000, words, Crc::STM32)), refused(Stage::Body));
        assert!(events(&mut bootloader).contains(&Event::Nacked(Nack::BadLength { len: words })));
    }
    assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x460)), "it is still in step");
}

#[test]
fn it_is_refused_under_read_out_protection_and_not_sent_where_it_is_not_listed() {
    let mut bootloader = connected(SimulatedPort::new(with_checksum(|quirks| quirks.read_protected = true)));
    let refused = Err(Error::Refused { command: Command::GetChecksum, stage: Stage::Opcode });
    assert_eq!(block_on(bootloader.get_checksum(0x0800_0000, 1, Crc::STM32)), refused);

    let mut bootloader = connected(port(0x460));
    let sent = bootloader.port().cable().sent_to_chip();
    let unsupported = Err(Error::Unsupported { command: Command::GetChecksum });
    assert_eq!(block_on(bootloader.get_checksum(0x0800_0000, 1, Crc::STM32)), unsupported);
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}
