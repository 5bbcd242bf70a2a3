//! Read Memory and Write Memory.

use super::*;
use crate::sim::Refusal;

#[test]
fn a_read_is_acknowledged_then_data_and_nothing_else() {
    for product_id in CHIPS {
        let mut host = Host::synced(rom(product_id).with_flash(FLASH + 0x10, &[1, 2, 3, 4]));
        assert_eq!(host.read(FLASH + 0x10, 4), [ACK, 1, 2, 3, 4]);
        assert_eq!(host.read(FLASH + 0x10, 1), [ACK, 1]);
        assert_eq!(host.read(FLASH, 256).len(), 257);
        assert_eq!(*host.last(), Event::Read { address: FLASH, len: 256 });
    }
}

#[test]
fn a_wrong_checksum_at_any_block_ends_the_command() {
    let mut host = Host::synced(rom(G0));
    for command in [0x11, 0x31] {
        host.begin(command);
        assert_eq!(host.say(&[0x08, 0, 0, 0, 0x00]), [NACK]);
        assert_eq!(*host.last(), Event::Nacked(Nack::Checksum));
    }
    assert_eq!(host.at(0x11, FLASH), [ACK]);
    assert_eq!(host.say(&[3, 3]), [NACK], "a count is followed by its complement");
    assert_eq!(host.at(0x31, FLASH), [ACK]);
    assert_eq!(host.say(&[3, 1, 2, 3, 4, 0xEE]), [NACK]);
    assert_eq!(host.rom().flash()[..4], [0xFF; 4]);
    assert_eq!(host.say(&[0x01, 0xFE]), [ACK, 0x31, 0, 0, ACK], "it waits for a command again");
}

#[test]
fn an_address_out_of_reach_is_refused_from_protocol_3_1_on() {
    for product_id in [F4, G0, L0] {
        let mut host = Host::synced(rom(product_id));
        for command in [0x11, 0x31] {
            assert_eq!(host.at(command, 0x4002_0000), [NACK]);
            assert_eq!(*host.last(), Event::Nacked(Nack::BadAddress { address: 0x4002_0000 }));
        }
    }
}

#[test]
fn before_3_1_it_is_not_even_refused_and_what_follows_is_a_command() {
    // AN3155 Table 3, V3.1: the NACK was missing, and the next bytes were taken for a command.
    for product_id in [F1, 0x416, 0x429] {
        let mut host = Host::synced(rom(product_id));
        assert_eq!(host.at(0x11, 0x4002_0000), []);
        let low = product_id as u8;
        assert_eq!(host.say(&[0x02, 0xFD]), [ACK, 0x01, 0x04, low, ACK]);
    }
}

#[test]
fn flash_ends_where_the_chips_flash_ends() {
    let mut host = Host::synced(rom(G0).with_flash_kib(64));
    assert_eq!(host.at(0x31, FLASH + (64 << 10)), [NACK]);
    assert_eq!(host.write(FLASH + (64 << 10) - 8, &[7; 8]), [ACK]);
}

#[test]
fn the_roms_own_ram_cannot_be_written_and_the_rest_can() {
    let mut host = Host::synced(rom(F4));
    assert_eq!(host.at(0x31, 0x2000_2FFC), [NACK]);
    assert_eq!(host.write(0x2000_3000, &[9, 8, 7, 6]), [ACK]);
    assert_eq!(host.read(0x2000_3000, 4), [ACK, 9, 8, 7, 6]);
}

#[test]
fn a_write_is_acknowledged_once_it_is_programmed() {
    for product_id in CHIPS {
        let mut host = Host::synced(rom(product_id));
        let data: Vec<u8> = (0..=255).collect();
        assert_eq!(host.write(FLASH, &data), [ACK]);
        assert_eq!(*host.last(), Event::Programmed { address: FLASH, len: 256 });
        assert_eq!(host.rom().flash()[..256], data);
        assert_eq!(host.rom().bytes_programmed(), 256);
    }
}

#[test]
fn nor_flash_clears_bits_and_sets_none() {
    let mut host = Host::synced(rom(F4).with_flash(FLASH, &[0b1100_1100; 4]));
    assert_eq!(host.write(FLASH, &[0b1010_1010; 4]), [ACK]);
    assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH, len: 4, why: Refusal::NotBlank });
    assert_eq!(host.rom().flash()[..4], [0b1000_1000; 4]);
}

#[test]
fn flash_with_error_correction_takes_a_second_write_only_as_zeros() {
    let mut host = Host::synced(rom(G0).with_flash(FLASH, &[0xA5; 8]));
    assert_eq!(host.write(FLASH, &[0x05; 8]), [ACK]);
    assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH, len: 8, why: Refusal::NotBlank });
    assert_eq!(host.rom().flash()[..8], [0xA5; 8]);
    assert_eq!(host.write(FLASH, &[0x00; 8]), [ACK]);
    assert_eq!(host.rom().flash()[..8], [0x00; 8]);
}

#[test]
fn an_l0_loses_a_second_write_into_a_half_page() {
    let mut host = Host::synced(rom(L0));
    assert_eq!(host.write(FLASH, &[0x11; 32]), [ACK]);
    assert_eq!(host.write(FLASH + 32, &[0x22; 32]), [ACK]);
    assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH + 32, len: 32, why: Refusal::NotBlank });
    assert_eq!(host.write(FLASH + 64, &[0x33; 64]), [ACK]);
    assert_eq!(host.rom().flash()[64..128], [0x33; 64]);
}

#[test]
fn a_misaligned_write_makes_all_that_follow_fail_until_a_reset() {
    // AN2606, programming constraints: 8 bytes on L0, 4 on F4.
    for (product_id, offset) in [(L0, 4), (F4, 2)] {
        let mut host = Host::synced(rom(product_id));
        assert_eq!(host.write(FLASH + offset, &[1; 4]), [ACK]);
        assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH + offset, len: 4, why: Refusal::Misaligned });
        assert_eq!(host.write(FLASH + 256, &[1; 64]), [ACK]);
        assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH + 256, len: 64, why: Refusal::Wedged });
        host.reset();
        assert_eq!(host.write(FLASH + 256, &[1; 64]), [ACK]);
        assert_eq!(*host.last(), Event::Programmed { address: FLASH + 256, len: 64 });
    }
}

#[test]
fn a_rom_with_shorter_blocks_refuses_longer_ones() {
    let mut host = Host::synced(with_quirks(L0, |quirks| quirks.longest_block = Some(128)));
    assert_eq!(host.read(FLASH, 129), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::TooLong { len: 129 }));
    assert_eq!(host.write(FLASH, &[0x55; 256]), [NACK]);
    assert_eq!(host.write(FLASH, &[0x55; 128]), [ACK]);
}

#[test]
fn option_bytes_are_written_from_their_first_on_and_a_reset_follows_where_the_rom_does_that() {
    let options = 0x1FFF_C000;
    let mut host = Host::synced(rom(F4));
    assert_eq!(host.at(0x31, options + 4), [NACK]);
    assert_eq!(host.write(options, &[0xAA; 16]), [ACK]);
    assert_eq!((host.last(), host.rom().state()), (&Event::Reset(Boot::Bootloader), State::Waiting));
    assert_eq!(host.say(&[0x7F]), [ACK]);
    assert_eq!(host.read(options, 16)[1..], [0xAA; 16]);

    let mut host = Host::synced(rom(G0));
    assert_eq!(host.write(0x1FFF_7800, &[0xAA; 8]), [ACK]);
    assert_eq!(host.rom().state(), State::Bootloader);
}

#[test]
fn f4_reads_its_registers_in_whole_blocks_only() {
    let mut host = Host::synced(rom(F4).with_flash_kib(512).with_unique_id(*b"abcdefghijkl"));
    assert_eq!(host.read(0x1FFF_7A22, 2), [NACK]);
    let block = host.read(0x1FFF_7A00, 256);
    assert_eq!(block[1 + 0x22..][..2], 512_u16.to_le_bytes());
    assert_eq!(&block[1 + 0x10..][..12], b"abcdefghijkl");
}

#[test]
fn l0_reads_its_registers_from_the_option_bytes_on() {
    let mut host = Host::synced(rom(L0).with_unique_id(*b"abcdefghijkl"));
    assert_eq!(host.at(0x11, 0x1FF8_007C), [NACK]);
    let block = host.read(0x1FF8_0000, 128);
    assert_eq!(block[1 + 0x7C..][..2], 192_u16.to_le_bytes());
    assert_eq!(&block[1 + 0x50..][..8], b"abcdefgh");
    assert_eq!(&block[1 + 0x64..][..4], b"ijkl");
}

#[test]
fn the_bootloader_id_is_at_its_place_in_the_rom() {
    // AN2606 Table 3: V9.1 on the F405, V11.4 on the G071.
    assert_eq!(Host::synced(rom(F4)).read(0x1FFF_77DE, 1), [ACK, 0x91]);
    assert_eq!(Host::synced(rom(G0)).read(0x1FFF_6FFE, 1), [ACK, 0xB4]);
}
