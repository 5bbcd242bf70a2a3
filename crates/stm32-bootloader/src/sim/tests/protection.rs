//! Read-out and write protection.

use super::*;
use crate::sim::Refusal;

#[test]
fn under_read_protection_only_the_commands_of_an3155_table_2_work() {
    for product_id in [F4, G0, L0] {
        let mut host = Host::synced(with_quirks(product_id, |quirks| quirks.read_protected = true));
        for command in [0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82] {
            assert_eq!(host.say(&[command, !command]), [NACK], "{command:#04X}");
            assert_eq!(*host.last(), Event::Nacked(Nack::Protected { command }));
        }
        for command in [0x00, 0x01, 0x02] {
            assert_eq!(host.say(&[command, !command]).last(), Some(&ACK), "{command:#04X}");
        }
    }
}

#[test]
fn some_roms_refuse_read_write_and_go_twice() {
    // AN2606 Table 76, V9.0.
    let mut host = Host::synced(with_quirks(F4, |quirks| {
        quirks.read_protected = true;
        quirks.two_nacks = true;
    }));
    for (command, answer) in [(0x11, &[NACK, NACK][..]), (0x21, &[NACK, NACK]), (0x31, &[NACK, NACK]), (0x44, &[NACK])]
    {
        assert_eq!(host.say(&[command, !command]), answer);
    }
}

#[test]
fn readout_protect_counts_from_the_reset_that_follows() {
    let mut host = Host::synced(rom(F4));
    assert_eq!(host.say(&[0x82, 0x7D]), [ACK, ACK]);
    assert_eq!(*host.last(), Event::Reset(Boot::Bootloader), "the F4's ROM resets the chip");
    assert_eq!(host.say(&[0x7F]), [ACK]);
    assert_eq!(host.say(&[0x11, 0xEE]), [NACK]);

    let mut host = Host::synced(rom(G0));
    assert_eq!(host.say(&[0x82, 0x7D]), [ACK, ACK]);
    assert_eq!(host.say(&[0x11, 0xEE]), [ACK], "the G0's does not");
    host.reset();
    assert_eq!(host.say(&[0x11, 0xEE]), [NACK]);
}

#[test]
fn readout_unprotect_erases_flash_and_ram_first() {
    let rom = with_quirks(F4, |quirks| quirks.read_protected = true).with_flash(FLASH, &[1; 1024]);
    let mut host = Host::synced(rom);
    let (answer, took) = host.timed(&[0x92, 0x6D]);
    assert_eq!(answer, [ACK, ACK]);
    assert!(took > Duration::from_secs(16), "a mass erase of 1 MiB took {took:?}");
    assert!(host.rom().flash().iter().all(|&byte| byte == 0xFF));
    assert_eq!(host.say(&[0x7F]), [ACK]);
    assert_eq!(host.read(FLASH, 4), [ACK, 0xFF, 0xFF, 0xFF, 0xFF]);
}

#[test]
fn some_roms_answer_readout_unprotect_before_they_erase() {
    let rom = with_quirks(F4, |quirks| {
        quirks.read_protected = true;
        quirks.unprotect_answers_first = true;
    });
    let mut host = Host::synced(rom);
    host.cable.send(&[0x92, 0x6D], host.now, host.line);
    host.now = host.now + Duration::from_millis(1);
    host.cable.advance(host.now);
    assert_eq!(core::iter::from_fn(|| host.cable.receive(host.now)).collect::<Vec<_>>(), [ACK, ACK]);
    assert!(!host.rom().log().iter().any(|entry| entry.event == Event::MassErased));
    assert_eq!(host.say(&[]), []);
    assert!(host.rom().log().iter().any(|entry| entry.event == Event::MassErased));
}

#[test]
fn write_protect_replaces_the_list_before() {
    let mut host = Host::synced(rom(F4));
    for sectors in [&[0][..], &[2, 3]] {
        host.begin(0x63);
        assert_eq!(host.say(&counted(sectors)), [ACK]);
        assert_eq!(host.say(&[0x7F]), [ACK], "a reset came in between");
    }
    assert_eq!(host.write(FLASH, &[1; 4]), [ACK]);
    assert_eq!(*host.last(), Event::Programmed { address: FLASH, len: 4 });
    assert_eq!(host.write(FLASH + 0x8000, &[1; 4]), [ACK]);
    let why = Refusal::WriteProtected;
    assert_eq!(*host.last(), Event::NotProgrammed { address: FLASH + 0x8000, len: 4, why });
}

#[test]
fn a_sector_of_write_protect_is_four_kibibytes_on_chips_with_small_pages() {
    let mut host = Host::synced(rom(F1));
    host.begin(0x63);
    assert_eq!(host.say(&counted(&[1])), [ACK]);
    assert_eq!(*host.last(), Event::WriteProtection { units: vec![4, 5, 6, 7] });
}

#[test]
fn write_unprotect_frees_all() {
    let mut host = Host::synced(with_quirks(F4, |quirks| quirks.write_protected = vec![0, 1]));
    assert_eq!(host.say(&[0x73, 0x8C]), [ACK, ACK]);
    assert_eq!(host.say(&[0x7F]), [ACK]);
    assert_eq!(host.erase(&[0]), [ACK]);
    assert_eq!(*host.last(), Event::Erased { unit: 0 });
}
