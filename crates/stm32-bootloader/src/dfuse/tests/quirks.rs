//! The devices of which something is known that others do not do.

use super::*;
use crate::dfuse::identify;
use crate::pipe::ControlPipe;
use crate::sim::WhileBusy;

fn took(bootloader: &mut Bootloader<SimulatedPipe>, start: crate::port::Instant) -> Duration {
    bootloader.pipe().now().since(start)
}

#[test]
fn an_h743_that_stays_busy_after_an_erase_is_freed_by_clearing_its_status_twice() {
    // Which the H743 of revision V does beyond the first MiB.
    let quirks =
        UsbQuirks { stays_busy_from: Some(0x0810_0000), while_busy: WhileBusy::Answers, ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x450).with_flash(BASE, &[0; 2 << 20]), quirks));
    for unit in chip(0x450).geometry.units() {
        block_on(bootloader.erase(unit.address, Duration::from_secs(4))).expect("it is freed");
    }
    assert!(flash(&mut bootloader).iter().all(|&byte| byte == 0xFF));
    let data = bytes(4096);
    block_on(bootloader.write(0x0810_0000, &data)).expect("it takes commands");
    assert_eq!(flash(&mut bootloader)[1 << 20..][..4096], data);
}

#[test]
fn a_device_that_stays_busy_for_no_known_reason_is_not_called_done() {
    let quirks = UsbQuirks { stays_busy_from: Some(BASE), while_busy: WhileBusy::Answers, ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x422), quirks));
    let error = block_on(bootloader.erase(BASE, Duration::from_millis(100))).expect_err("it does not end");
    assert_eq!(error, Error::StaysBusy { command: Command::Erase });
}

#[test]
fn a_c5_that_stalls_clrstatus_outside_of_an_error_and_has_no_option_bytes_is_used_as_any_other() {
    // Its flash is not in the table: that of an H503 stands for it.
    let alternates = vec!["@Internal Flash   /0x08000000/16*08Kg"];
    let quirks = UsbQuirks { strict_clear: true, alternates, ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x474), quirks));
    let data = bytes(3000);
    block_on(bootloader.erase(BASE, WORST)).expect("it is a unit");
    block_on(bootloader.write(BASE, &data)).expect("it is blank");
    block_on(bootloader.recover()).expect("from dfuDNLOAD-IDLE");
    let mut found = vec![0; data.len()];
    block_on(bootloader.read(BASE, &mut found)).expect("it can be read");
    assert_eq!(found, data);
}

#[test]
fn an_l4_that_stalls_its_status_while_busy_is_asked_again() {
    let quirks = UsbQuirks {
        while_busy: WhileBusy::Stalls,
        poll_timeout: Some(Duration::from_millis(10)),
        ..UsbQuirks::default()
    };
    let mut bootloader = connected(quirky(rom(0x415).with_flash(BASE, &[0; 2048]), quirks));
    // A page takes 22 ms.
    block_on(bootloader.erase(BASE, WORST)).expect("it is asked again");
    assert!(flash(&mut bootloader)[..2048].iter().all(|&byte| byte == 0xFF));
}

#[test]
fn an_f072_is_left_alone_for_its_poll_time_out_so_that_it_need_not_stall() {
    let quirks = UsbQuirks { while_busy: WhileBusy::Stalls, ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x448), quirks));
    let data = bytes(20_000);
    assert_eq!(
        transfers(&mut bootloader, async |bootloader| bootloader.write(BASE, &data[..4096]).await),
        3 + 3 + 3,
        "no status was asked for twice"
    );
}

#[test]
fn a_mass_erase_of_an_f405_takes_as_long_as_it_takes_though_it_says_100_ms() {
    let quirks = UsbQuirks { poll_timeout: Some(Duration::from_millis(100)), ..UsbQuirks::default() };
    for while_busy in [WhileBusy::Holds, WhileBusy::Answers] {
        let quirks = UsbQuirks { while_busy, ..quirks.clone() };
        let mut bootloader = connected(quirky(rom(0x413).with_flash(BASE, &[0; 1 << 20]), quirks));
        let start = bootloader.pipe().now();
        let worst = chip(0x413).erase_worst(&chip(0x413).geometry);
        block_on(bootloader.mass_erase(worst)).expect("it comes to its end");
        assert!(took(&mut bootloader, start) > Duration::from_secs(10), "{while_busy:?}");
        assert!(flash(&mut bootloader).iter().all(|&byte| byte == 0xFF), "{while_busy:?}");
    }
}

#[test]
fn an_f745_whose_status_comes_only_after_the_erase_is_waited_for() {
    let quirks = UsbQuirks { poll_timeout: Some(Duration::from_millis(5)), ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x449), quirks));
    let largest = chip(0x449).geometry.units().last().expect("there are units");
    block_on(bootloader.erase(largest.address, Duration::from_secs(4))).expect("it is waited for");
}

#[test]
fn a_gd32vf103_has_the_flash_that_its_serial_number_tells_and_leaves_without_a_word() {
    let quirks = UsbQuirks {
        usb_id: Some((0x28E9, 0x0189)),
        serial: Some("3CBJ"),
        utf8_strings: true,
        leaves_silently: true,
        alternates: vec!["@Internal Flash  /0x08000000/512*002Kg", "@Option Bytes  /0x1FFFF800/01*016 g"],
        ..UsbQuirks::default()
    };
    let mut bootloader = connected(quirky(rom(0x410), quirks));
    assert_eq!(bootloader.serial(), "3CBJ");
    let (count, size) = (bootloader.geometry().units().count(), bootloader.geometry().unit_sizes());
    assert_eq!((count, size), (128, (1024, 1024)));
    let identity = block_on(identify(&mut bootloader)).expect("it can be read");
    assert_eq!((identity.candidates.len(), identity.geometry.size), (0, 128 << 10), "it is none of ST's");
    block_on(bootloader.leave(BASE)).expect("it is gone");
}

#[test]
fn poll_time_outs_of_zero_for_ever_come_to_an_end() {
    let quirks = UsbQuirks {
        poll_timeout: Some(Duration::ZERO),
        while_busy: WhileBusy::Answers,
        stays_busy_from: Some(BASE),
        ..UsbQuirks::default()
    };
    let mut bootloader = connected(quirky(rom(0x410), quirks));
    let (start, before) = (bootloader.pipe().now(), bootloader.pipe().transfers());
    let error = block_on(bootloader.erase(BASE, Duration::from_millis(100))).expect_err("it does not end");
    assert_eq!(error, Error::StaysBusy { command: Command::Erase });
    assert!(took(&mut bootloader, start) < Duration::from_secs(6));
    assert!(bootloader.pipe().transfers() - before < 100, "it was asked in a hurry");
}

#[test]
fn an_early_l432_that_stalls_2048_bytes_is_given_1024() {
    let quirks = UsbQuirks { largest_transfer: Some(1024), ..UsbQuirks::default() };
    for counts_by_length in [false, true] {
        let quirks = UsbQuirks { counts_by_length, ..quirks.clone() };
        let mut bootloader = connected(quirky(rom(0x435), quirks));
        let data = bytes(10_000);
        block_on(bootloader.write(BASE, &data)).expect("smaller transfers pass");
        assert!(flash(&mut bootloader).starts_with(&data));
        let mut found = vec![0; data.len()];
        block_on(bootloader.read(BASE, &mut found)).expect("smaller transfers pass");
        assert_eq!(found, data);
    }
}

#[test]
fn a_single_stall_does_not_make_transfers_smaller() {
    let data = bytes(2048);
    // The address first, then the block.
    let block = connected(pipe(rom(0x413))).pipe().transfers() + 3;
    let faults = PipeFaults { stalled: vec![block], ..PipeFaults::default() };
    let mut bootloader = connected(pipe(rom(0x413)).with_faults(faults));
    let result = block_on(bootloader.write(BASE, &data));
    let expected = Error::Transfer { command: Command::Write, error: crate::pipe::PipeError::Stalled };
    assert_eq!(result, Err(expected));
    block_on(bootloader.write(BASE, &data)).expect("it is blank still");
    let again = transfers(&mut bootloader, async |bootloader| bootloader.write(BASE + 2048, &data).await);
    assert_eq!(again, 3, "of one block");
}

#[test]
fn the_three_equal_memories_of_a_g0b1_are_one_flash() {
    let bootloader = connected(pipe(rom(0x467)));
    assert_eq!((bootloader.alternates().len(), bootloader.selected), (3, 0));
}
