//! Sync, the commands that tell what the ROM is, and Go.

use super::*;
use crate::port::Parity;
use crate::sim::Start;

#[test]
fn a_fresh_chip_acknowledges_0x7f_at_the_rate_of_the_host() {
    for product_id in CHIPS {
        for baud in [1200, 57_600, 115_200, 460_800] {
            let mut host = Host::new(rom(product_id));
            host.line.baud = baud;
            assert_eq!(host.rom().state(), State::Waiting);
            assert_eq!(host.say(&[0x7F]), [ACK]);
            assert_eq!((host.rom().state(), host.rom().baud()), (State::Bootloader, Some(baud)));
        }
    }
}

#[test]
fn any_other_first_byte_makes_it_lock_a_wrong_rate() {
    // AN2606, "USART connection timing": receiving anything but 0x7F starts communication at a wrong rate.
    let mut host = Host::new(rom(F4));
    assert_ne!(host.say(&[0x55]), [ACK]);
    assert_ne!(host.rom().baud(), Some(115_200));
    assert_ne!(host.say(&[0x7F, 0x7F]), [NACK]);
}

#[test]
fn the_rate_is_measured_once_for_each_reset() {
    let mut host = Host::synced(rom(F4));
    host.line.baud = 57_600;
    assert_ne!(host.say(&[0x01, 0xFE]), [ACK, 0x31, 0, 0, ACK]);
    host.reset();
    assert_eq!(host.say(&[0x01, 0xFE]), [ACK, 0x31, 0, 0, ACK]);
}

#[test]
fn a_chip_in_step_takes_0x7f_as_half_a_command() {
    for start in [Start::Synced, Start::MidPair] {
        let mut host = Host::new(with_quirks(F4, |quirks| quirks.start = start));
        if start == Start::Synced {
            assert_eq!(host.say(&[0x7F]), []);
        }
        assert_eq!(host.say(&[0x7F]), [NACK]);
        assert_eq!(host.say(&[0x02, 0xFD]), [ACK, 0x01, 0x04, 0x13, ACK]);
    }
}

#[test]
fn quirks_of_the_sync_are_shown_once() {
    let mut host = Host::new(with_quirks(0x464, |quirks| quirks.extra_ack = true));
    assert_eq!(host.say(&[0x7F]), [ACK, ACK]);
    let mut host = Host::new(with_quirks(F4, |quirks| quirks.stray_zero = true));
    assert_eq!(host.say(&[0x7F]), [0x00, ACK]);
    assert_eq!(host.say(&[0x02, 0xFD]), [ACK, 0x01, 0x04, 0x13, ACK]);
}

#[test]
fn nothing_is_heard_before_the_rom_has_started_up() {
    let mut rom = with_quirks(F4, |quirks| quirks.startup = Duration::from_millis(74));
    rom.reset(Boot::Bootloader);
    let mut host = Host::new(rom);
    assert_eq!(host.say(&[0x7F]), []);
    assert_eq!(*host.last(), Event::Unheard { byte: 0x7F });
    host.now = host.now + Duration::from_millis(74);
    assert_eq!(host.say(&[0x7F]), [ACK]);
}

#[test]
fn a_rate_above_what_it_can_measure_does_not_sync() {
    let mut host = Host::new(with_quirks(0x422, |quirks| quirks.highest_baud = Some(57_600)));
    assert_eq!(host.say(&[0x7F]), []);
    host.line.baud = 57_600;
    assert_eq!(host.say(&[0x7F]), [ACK]);
}

#[test]
fn a_rom_that_looks_at_the_pin_too_seldom_locks_high_rates_wrong() {
    for (baud, understood) in [(115_200, true), (460_800, true), (921_600, false)] {
        let mut host = Host::new(with_quirks(F1, |quirks| quirks.measures_in = Duration::from_micros(2)));
        host.line.baud = baud;
        host.say(&[0x7F]);
        let answer = host.say(&[0x11, 0xEE]);
        assert_eq!(answer == [ACK], understood, "{baud} was taken for {:?}", host.rom().baud());
    }
}

#[test]
fn a_host_without_parity_is_not_understood() {
    let mut host = Host::new(rom(F4));
    host.line.parity = Parity::None;
    host.say(&[0x7F]);
    assert_eq!(host.say(&[0x00, 0xFF]), [NACK]);
}

#[test]
fn get_answers_the_list_of_the_family() {
    let classic = |version, erase| {
        [&[ACK, 11, version, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, erase, 0x63, 0x73, 0x82, 0x92][..], &[ACK]].concat()
    };
    assert_eq!(Host::synced(rom(F4)).say(&[0x00, 0xFF]), classic(0x31, 0x44));
    assert_eq!(Host::synced(rom(G0)).say(&[0x00, 0xFF]), classic(0x31, 0x44));
    assert_eq!(Host::synced(rom(L0)).say(&[0x00, 0xFF]), classic(0x31, 0x44));
    assert_eq!(Host::synced(rom(F1)).say(&[0x00, 0xFF]), classic(0x22, 0x43));
    // AN3155 §3.1 gives the H5's answer byte for byte.
    let h5 = [ACK, 10, 0x40, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x50, 0x63, 0x73, ACK];
    assert_eq!(Host::synced(rom(0x484)).say(&[0x00, 0xFF]), h5);
}

#[test]
fn get_version_and_get_id_end_with_an_acknowledgement() {
    for (product_id, version) in [(F4, 0x31), (F1, 0x22), (0x418, 0x20), (G0, 0x31), (L0, 0x31)] {
        let mut host = Host::synced(rom(product_id));
        assert_eq!(host.say(&[0x01, 0xFE]), [ACK, version, 0x00, 0x00, ACK]);
        assert_eq!(host.say(&[0x02, 0xFD]), [ACK, 0x01, 0x04, product_id as u8, ACK]);
    }
}

#[test]
fn a_wrong_complement_and_an_unknown_command_are_refused() {
    let mut host = Host::synced(rom(F4));
    assert_eq!(host.say(&[0x00, 0x00]), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::Complement { command: 0x00, complement: 0x00 }));
    // It has Extended Erase, so it has no Erase.
    for command in [0x43, 0x50, 0xA1, 0xFF] {
        assert_eq!(host.say(&[command, !command]), [NACK]);
        assert_eq!(*host.last(), Event::Nacked(Nack::Unknown { command }));
    }
}

#[test]
fn go_starts_what_is_there_or_nothing() {
    let program = [0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08];
    for product_id in CHIPS {
        let mut host = Host::synced(rom(product_id).with_flash(FLASH, &program));
        assert!(host.rom().starts_application());
        assert_eq!(host.at(0x21, FLASH), [ACK]);
        assert_eq!((host.last(), host.rom().state()), (&Event::Went { address: FLASH }, State::Application));
        assert_eq!(host.say(&[0x7F]), [], "no ROM is there any more");

        let mut host = Host::synced(rom(product_id));
        assert_eq!(host.at(0x21, FLASH), [ACK]);
        assert_eq!(host.rom().state(), State::Fault);
    }
}

#[test]
fn go_leads_to_flash_and_ram_only() {
    let mut host = Host::synced(rom(F4));
    // Peripherals, the ROM, its own RAM, beyond the flash.
    for address in [0x4002_0000, 0x1FFF_0000, 0x2000_0000, 0x0810_0000] {
        assert_eq!(host.at(0x21, address), [NACK], "{address:#010X}");
        assert_eq!(*host.last(), Event::Nacked(Nack::BadAddress { address }));
    }
    host.begin(0x21);
    assert_eq!(host.say(&[0x08, 0x00, 0x00, 0x00, 0x09]), [NACK]);
    assert_eq!(*host.last(), Event::Nacked(Nack::Checksum));
}

#[test]
fn boot0_low_starts_the_application() {
    let mut rom = rom(G0).with_flash(FLASH, &[0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08]);
    rom.reset(Boot::Application);
    assert_eq!(rom.state(), State::Application);
    rom.reset(Boot::Bootloader);
    assert_eq!(rom.state(), State::Waiting);
}
