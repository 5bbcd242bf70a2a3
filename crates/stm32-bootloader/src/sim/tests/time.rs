//! How long things take, and what is left of what was cut short.

use super::*;

/// A byte of eleven bits at 115200 baud.
const BYTE: Duration = Duration::from_nanos(11_000_000_000 / 115_200);

/// Whether two times are the same but for rounding.
fn same(time: Duration, expected: Duration) -> bool {
    time.abs_diff(expected) < Duration::from_micros(1)
}

#[test]
fn a_byte_takes_eleven_bits() {
    let mut host = Host::synced(rom(G0));
    // Two there, five back.
    let (answer, took) = host.timed(&[0x01, 0xFE]);
    assert_eq!(answer.len(), 5);
    assert!(same(took, BYTE * 7), "{took:?}");
}

#[test]
fn a_slower_line_takes_longer() {
    let mut host = Host::new(rom(G0));
    host.line.baud = 9600;
    host.say(&[0x7F]);
    let (_, took) = host.timed(&[0x01, 0xFE]);
    assert!(same(took, Duration::from_nanos(7 * 11_000_000_000 / 9600)), "{took:?}");
}

#[test]
fn the_rom_takes_its_time_before_each_answer() {
    let latency = Duration::from_millis(3);
    let mut host = Host::synced(with_quirks(G0, |quirks| quirks.answer_latency = latency));
    host.begin(0x11);
    let (_, took) = host.timed(&sealed(&FLASH.to_be_bytes()));
    assert!(same(took, BYTE * 6 + latency), "{took:?}");
}

#[test]
fn programming_takes_as_long_as_the_table_says() {
    for product_id in CHIPS {
        let mut host = Host::synced(rom(product_id));
        for count in [256_u32, 128] {
            assert_eq!(host.at(0x31, FLASH + 4096 + count), [ACK]);
            let (answer, took) = host.timed(&counted(&vec![0xA5; count as usize]));
            assert_eq!(answer, [ACK]);
            let work = chip(product_id).times.program_256 * count / 256;
            assert!(same(took, BYTE * (count + 3) + work), "{took:?}");
        }
    }
}

#[test]
fn erasing_takes_as_long_as_the_table_says() {
    for product_id in [F4, G0, L0] {
        let mut host = Host::synced(rom(product_id));
        host.begin(0x44);
        let (_, took) = host.timed(&sealed(&[0, 1, 0, 0, 0, 5]));
        let units: Vec<_> = host.rom().geometry().units().collect();
        let work = chip(product_id).erase_time(units[0].size) + chip(product_id).erase_time(units[5].size);
        assert!(same(took, BYTE * 8 + work), "{took:?}");
    }
}

#[test]
fn a_mass_erase_takes_all_sectors_time_or_one_pages() {
    let mass_erase = |product_id| {
        let mut host = Host::synced(rom(product_id));
        host.begin(0x44);
        host.timed(&[0xFF, 0xFF, 0x00]).1
    };
    assert!(mass_erase(F4) > Duration::from_secs(15));
    assert!(mass_erase(G0) < Duration::from_millis(100));
}

#[test]
fn while_it_works_one_byte_waits_and_the_rest_is_lost() {
    let mut host = Host::synced(rom(G0));
    host.begin(0x44);
    // The list, then a Get and half a command more while the page is erased.
    let list = sealed(&[0, 0, 0, 3]);
    let answer = host.say(&[&list[..], &[0x00, 0xFF, 0x11]].concat());
    assert_eq!(answer, [ACK]);
    let lost: Vec<&Event> = host
        .rom()
        .log()
        .iter()
        .map(|entry| &entry.event)
        .filter(|event| matches!(event, Event::Overrun { .. }))
        .collect();
    assert_eq!(lost, [&Event::Overrun { byte: 0xFF }, &Event::Overrun { byte: 0x11 }]);
    assert_eq!(host.say(&[0xFF]), Host::synced(rom(G0)).say(&[0x00, 0xFF]), "the 0x00 waited");
}

#[test]
fn a_reset_amid_an_erase_leaves_half_of_it_and_says_so() {
    let mut host = Host::synced(rom(F4).with_flash(FLASH, &[0x5A; 16 << 10]));
    host.begin(0x44);
    host.cable.send(&sealed(&[0, 0, 0, 0]), host.now, host.line);
    // Half of the 0.4 s that 16 KiB take.
    host.now = host.now + BYTE * 5 + Duration::from_millis(200);
    host.cable.advance(host.now);
    host.reset();
    let left = host.rom().flash()[..16 << 10].iter().filter(|&&byte| byte == 0x5A).count();
    assert!((7 << 10..9 << 10).contains(&left), "{left} bytes are left");
    assert!(host.rom().log().iter().any(|entry| entry.event == Event::Interrupted { address: FLASH }));
    assert!(!host.rom().log().iter().any(|entry| entry.event == Event::Erased { unit: 0 }));
}

#[test]
fn an_erase_that_had_just_begun_has_hurt_the_unit() {
    let mut host = Host::synced(rom(F4).with_flash(FLASH, &[0x5A; 16 << 10]));
    host.begin(0x44);
    host.cable.send(&sealed(&[0, 0, 0, 0]), host.now, host.line);
    host.now = host.now + BYTE * 5 + Duration::from_nanos(100);
    host.cable.advance(host.now);
    host.reset();
    assert_eq!(host.rom().flash()[..2], [0xFF, 0x5A]);
}

#[test]
fn a_loss_of_power_amid_a_write_leaves_its_beginning() {
    let mut host = Host::synced(rom(F4));
    assert_eq!(host.at(0x31, FLASH), [ACK]);
    host.cable.send(&counted(&[0x5A; 256]), host.now, host.line);
    host.now = host.now + BYTE * 258 + chip(F4).times.program_256 / 2;
    host.cable.advance(host.now);
    host.cable.rom_mut().hold();
    assert_eq!(host.rom().state(), State::Held);
    let programmed = host.rom().flash().iter().take_while(|&&byte| byte == 0x5A).count();
    assert!((120..=128).contains(&programmed), "{programmed} bytes");
    assert_eq!(host.rom().bytes_programmed(), 0, "no block was finished");
}

#[test]
fn a_half_sent_command_is_waited_for_for_ever() {
    // AN2606 Table 230 has time-outs for I2C, none for USART.
    let mut host = Host::synced(rom(G0));
    assert_eq!(host.at(0x31, FLASH), [ACK]);
    assert_eq!(host.say(&[0x03, 1, 2]), []);
    host.now = host.now + Duration::from_secs(3600);
    assert_eq!(host.say(&counted(&[1, 2, 3, 4])[3..]), [ACK]);
    assert_eq!(host.rom().flash()[..4], [1, 2, 3, 4]);
}
