//! Erase and Extended Erase.

use super::*;
use crate::chip::RomVersion;
use crate::sim::Refusal;

/// U375.
const U3: u16 = 0x454;

/// A chip with no erased byte.
fn full(product_id: u16) -> Rom {
    let size = chip(product_id).geometry.size as usize;
    rom(product_id).with_flash(FLASH, &vec![0x5A; size])
}

fn erased(host: &Host) -> Vec<u16> {
    let units = host.rom().log().iter().filter_map(|entry| match entry.event {
        Event::Erased { unit } => Some(unit),
        _ => None,
    });
    units.collect()
}

#[test]
fn erase_takes_a_list_of_page_numbers_of_one_byte() {
    let mut host = Host::synced(full(F1));
    host.begin(0x43);
    assert_eq!(host.say(&sealed(&[1, 0, 5])), [ACK]);
    assert_eq!(erased(&host), [0, 5]);
    assert_eq!(host.rom().flash()[..1024], [0xFF; 1024]);
    assert_eq!(host.rom().flash()[1024..5120], [0x5A; 4096]);
    assert_eq!(host.rom().flash()[5120..6144], [0xFF; 1024]);
}

#[test]
fn ff_00_erases_everything_and_ff_with_anything_else_nothing() {
    // AN3155 §3.7, note: it is acknowledged all the same.
    let mut host = Host::synced(full(F1));
    host.begin(0x43);
    assert_eq!(host.say(&[0xFF, 0x01]), [ACK]);
    assert!(host.rom().flash().iter().all(|&byte| byte == 0x5A));
    host.begin(0x43);
    assert_eq!(host.say(&[0xFF, 0x00]), [ACK]);
    assert_eq!(*host.last(), Event::MassErased);
    assert!(host.rom().flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn extended_erase_takes_a_list_of_numbers_of_two_bytes() {
    for product_id in [F4, G0, L0] {
        let mut host = Host::synced(full(product_id));
        assert_eq!(host.erase(&[4, 1]), [ACK]);
        assert_eq!(erased(&host), [4, 1]);
        let units: Vec<_> = host.rom().geometry().units().collect();
        for unit in units {
            let contents = &host.rom().flash()[(unit.address - FLASH) as usize..(unit.end() - FLASH) as usize];
            let expected = if [1, 4].contains(&unit.number) { chip(product_id).erased_byte } else { 0x5A };
            assert!(contents.iter().all(|&byte| byte == expected), "{unit:?}");
        }
    }
}

#[test]
fn an_l0_erases_to_zero() {
    let mut host = Host::synced(full(L0));
    assert_eq!(host.erase(&[1535]), [ACK]);
    assert_eq!(host.rom().flash()[(192 << 10) - 128..], [0x00; 128]);
}

#[test]
fn a_list_with_a_wrong_checksum_erases_nothing() {
    let mut host = Host::synced(full(G0));
    host.begin(0x44);
    assert_eq!(host.say(&[0, 0, 0, 3, 0xFF]), [NACK]);
    assert_eq!((host.last(), erased(&host).len()), (&Event::Nacked(Nack::Checksum), 0));
}

#[test]
fn ffff_erases_everything_where_the_rom_can() {
    for (product_id, answer) in [(F4, ACK), (G0, ACK), (L0, NACK)] {
        let mut host = Host::synced(full(product_id));
        host.begin(0x44);
        assert_eq!(host.say(&[0xFF, 0xFF, 0x00]), [answer]);
        let erased = host.rom().flash().iter().all(|&byte| byte == chip(product_id).erased_byte);
        assert_eq!(erased, answer == ACK);
    }
}

#[test]
fn reserved_codes_are_refused() {
    let mut host = Host::synced(full(F4));
    for code in 0xFFF0..=0xFFFC_u16 {
        host.begin(0x44);
        assert_eq!(host.say(&sealed(&code.to_be_bytes())), [NACK]);
        assert_eq!(*host.last(), Event::Nacked(Nack::SpecialErase { code }));
    }
    assert!(host.rom().flash().iter().all(|&byte| byte == 0x5A));
}

#[test]
fn a_unit_that_is_not_there_is_acknowledged_and_passed_over() {
    let mut host = Host::synced(full(G0));
    assert_eq!(host.erase(&[64, 1]), [ACK]);
    let why = Refusal::NoSuchUnit;
    assert!(host.rom().log().iter().any(|entry| entry.event == Event::NotErased { unit: 64, why }));
    assert_eq!(erased(&host), [1]);
}

#[test]
fn a_list_longer_than_the_roms_buffer_is_acknowledged_and_cut() {
    let mut host = Host::synced(full(L0));
    let units: Vec<u16> = (0..513).collect();
    assert_eq!(host.erase(&units), [ACK]);
    assert_eq!(erased(&host), units[..511]);
}

#[test]
fn a_protected_unit_is_acknowledged_and_stays() {
    // AN3155 §3.7 and §3.8, note: no error is returned.
    let mut rom = full(G0);
    let quirks = Quirks { write_protected: vec![2], ..Quirks::of(chip(G0)) };
    rom = rom.with_quirks(quirks);
    let mut host = Host::synced(rom);
    assert_eq!(host.erase(&[1, 2]), [ACK]);
    assert_eq!(*host.last(), Event::NotErased { unit: 2, why: Refusal::WriteProtected });
    assert_eq!(host.rom().flash()[4096..6144], [0x5A; 2048]);
}

#[test]
fn fffe_and_fffd_erase_a_bank_where_there_are_two() {
    for (code, bank, checksum) in [(0xFFFE_u16, 0..128, 0x01), (0xFFFD, 128..256, 0x02)] {
        let mut host = Host::synced(full(G4));
        host.begin(0x44);
        let [high, low] = code.to_be_bytes();
        assert_eq!(host.say(&[high, low, checksum]), [ACK]);
        let flash = host.rom().flash().chunks(2048).map(|page| page.iter().all(|&byte| byte == 0xFF));
        assert!(flash.enumerate().all(|(page, erased)| erased == bank.contains(&page)), "{code:#06X}");
    }
    let mut host = Host::synced(full(F4));
    host.begin(0x44);
    assert_eq!(host.say(&[0xFF, 0xFE, 0x01]), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::SpecialErase { code: 0xFFFE }));
}

#[test]
fn some_roms_erase_the_first_of_a_list_and_acknowledge_all_of_it() {
    // AN2606 Table 210.
    let quirks = Quirks::of_rom(chip(U3), RomVersion(0xE1));
    let mut host = Host::synced(full(U3).with_quirks(quirks));
    assert_eq!(host.erase(&[4, 1, 2]), [ACK]);
    assert_eq!(erased(&host), [4]);
}

#[test]
fn a_rom_that_did_not_wait_for_an_erase_hangs_at_the_next_command_until_a_reset() {
    // AN2606 Table 108.
    let hasty = || full(G0).with_quirks(Quirks::of_rom(chip(G0), RomVersion(0xB3)));
    let mut host = Host::synced(hasty());
    let longest = chip(G0).erase_time(2048);
    host.begin(0x44);
    let (answer, time) = host.timed(&sealed(&[0, 0, 0, 5]));
    assert_eq!((answer, time < longest), (vec![ACK], true));
    assert_eq!(erased(&host), [5]);
    assert!(host.say(&[0x44, 0xBB]).is_empty());
    assert_eq!(*host.last(), Event::Hung { command: 0x44 });
    // One that asks for nothing in flash in the meantime, or waits, is answered.
    let mut host = Host::synced(hasty());
    assert_eq!(host.erase(&[5]), [ACK]);
    assert_eq!(host.say(&[0x02, 0xFD]).last(), Some(&ACK));
    host.now = host.now + longest;
    assert_eq!(host.erase(&[6]), [ACK]);
    assert_eq!(erased(&host), [5, 6]);
}
