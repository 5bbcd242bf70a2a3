//! Write protection and read-out protection.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::sim::{Boot, Direction, Faults, Nack};
use crate::usart::{Command, Effect, Error, IdentifyError, Stage, identify};

/// One chip that resets itself after these commands (AN3155 Figures 19 to 25), slow to start, and one that does not.
const BOTH: [(u16, Effect); 2] = [(0x413, Effect::Now), (0x460, Effect::AfterReset)];

fn slow_to_start(product_id: u16) -> SimulatedPort {
    let quirks = Quirks { startup: Duration::from_millis(74), ..quirks(product_id) };
    SimulatedPort::new(rom(product_id).with_quirks(quirks))
}

fn protected(product_id: u16, change: impl FnOnce(&mut Quirks)) -> Bootloader<SimulatedPort> {
    let mut quirks = Quirks { read_protected: true, startup: Duration::from_millis(74), ..quirks(product_id) };
    change(&mut quirks);
    connected(SimulatedPort::new(rom(product_id).with_flash(0x0800_0000, &[0xA5; 4096]).with_quirks(quirks)))
}

fn worst(bootloader: &Bootloader<SimulatedPort>) -> Duration {
    let chip = chip(bootloader.product_id().0);
    chip.erase_worst(&chip.geometry)
}

/// The same chip after a reset, connected again.
fn reset(bootloader: Bootloader<SimulatedPort>) -> Bootloader<SimulatedPort> {
    let mut rom = bootloader.into_port().into_rom();
    rom.reset(Boot::Bootloader);
    connected(SimulatedPort::new(rom))
}

/// Whether writing changes the first bytes of the flash.
fn writes(bootloader: &mut Bootloader<SimulatedPort>) -> bool {
    block_on(bootloader.write_memory(0x0800_0000, &[0x11; 16])).expect("it is acknowledged");
    let mut read = [0; 16];
    block_on(bootloader.read_memory(0x0800_0000, &mut read)).expect("it is readable");
    read == [0x11; 16]
}

#[test]
fn sectors_are_protected_from_the_reset_on_that_some_chips_do_themselves() {
    for (product_id, effect) in BOTH {
        let mut bootloader = connected(slow_to_start(product_id));
        assert_eq!(block_on(bootloader.write_protect(&[0, 2])), Ok(effect));
        let unheard = |event: &Event| matches!(event, Event::Unheard { .. });
        assert!(!events(&mut bootloader).iter().any(unheard), "it was spoken to while it started up");
        if effect == Effect::AfterReset {
            bootloader = reset(bootloader);
        }
        assert!(!writes(&mut bootloader), "0x{product_id:03X}");
    }
}

#[test]
fn freeing_the_sectors_frees_all_of_them() {
    for (product_id, effect) in BOTH {
        let quirks = Quirks { write_protected: vec![0, 1], ..quirks(product_id) };
        let mut bootloader = connected(SimulatedPort::new(rom(product_id).with_quirks(quirks)));
        assert!(!writes(&mut bootloader));
        assert_eq!(block_on(bootloader.write_unprotect()), Ok(effect));
        if effect == Effect::AfterReset {
            bootloader = reset(bootloader);
        }
        assert!(writes(&mut bootloader), "0x{product_id:03X}");
    }
}

#[test]
fn a_list_of_sectors_has_1_to_256() {
    let mut bootloader = connected(port(0x413));
    let sent = bootloader.port().cable().sent_to_chip();
    for length in [0, 257] {
        let result = block_on(bootloader.write_protect(&vec![0; length]));
        assert!(matches!(result, Err(Error::Invalid { command: Command::WriteProtect, .. })), "{length}");
    }
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
    assert_eq!(block_on(bootloader.write_protect(&[0; 256])), Ok(Effect::Now));
}

#[test]
fn read_out_protection_makes_the_rom_refuse_and_its_removal_erases() {
    for (product_id, effect) in BOTH {
        let mut bootloader = connected(slow_to_start(product_id));
        assert!(writes(&mut bootloader));
        assert_eq!(block_on(bootloader.readout_protect()), Ok(effect));
        if effect == Effect::AfterReset {
            bootloader = reset(bootloader);
        }
        let refused = Err(IdentifyError::Protected);
        assert_eq!(block_on(identify(&mut bootloader)).map(|identity| identity.size_read), refused);

        let worst = worst(&bootloader);
        assert_eq!(block_on(bootloader.readout_unprotect(worst)), Ok(effect));
        assert!(bootloader.port().rom().flash().iter().all(|&byte| byte == 0xFF));
        if effect == Effect::AfterReset {
            bootloader = reset(bootloader);
        }
        block_on(identify(&mut bootloader)).expect("it is readable again");
    }
}

#[test]
fn a_rom_that_acknowledges_before_it_erases_is_left_alone_until_it_is_done() {
    for (product_id, effect) in BOTH {
        let mut bootloader = protected(product_id, |quirks| quirks.unprotect_answers_first = true);
        let worst = worst(&bootloader);
        assert_eq!(block_on(bootloader.readout_unprotect(worst)), Ok(effect));
        let unheard = |event: &Event| matches!(event, Event::Unheard { .. } | Event::Overrun { .. });
        assert!(!events(&mut bootloader).iter().any(unheard), "it was disturbed at its work");
        assert!(events(&mut bootloader).contains(&Event::MassErased));
        assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(product_id)));
    }
}

#[test]
fn an_erase_that_fails_leaves_the_protection_and_is_told() {
    let mut bootloader = protected(0x413, |quirks| quirks.unprotect_fails = true);
    let worst = worst(&bootloader);
    let refused = Err(Error::Refused { command: Command::ReadoutUnprotect, stage: Stage::Body });
    assert_eq!(block_on(bootloader.readout_unprotect(worst)), refused);
    assert!(events(&mut bootloader).contains(&Event::Nacked(Nack::EraseFailed)));
    assert_eq!(bootloader.port().rom().flash()[..4096], [0xA5; 4096]);
    assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x413)), "it is still in step");
}

#[test]
fn under_read_out_protection_only_its_removal_is_taken() {
    let mut bootloader = protected(0x460, |_| {});
    let refused = |command| Err(Error::Refused { command, stage: Stage::Opcode });
    assert_eq!(block_on(bootloader.write_protect(&[1])), refused(Command::WriteProtect));
    assert_eq!(block_on(bootloader.write_unprotect()), refused(Command::WriteUnprotect));
    assert_eq!(block_on(bootloader.readout_protect()), refused(Command::ReadoutProtect));
    assert_eq!(block_on(bootloader.recover()), Ok(()), "a refused list is none that it waits in");
    let worst = worst(&bootloader);
    assert_eq!(block_on(bootloader.readout_unprotect(worst)), Ok(Effect::AfterReset));
}

#[test]
fn a_rom_without_these_commands_is_sent_none_of_them() {
    // The H5's list ends with Write Unprotect (AN3155 §3.1).
    let mut bootloader = connected(port(0x484));
    let sent = bootloader.port().cable().sent_to_chip();
    let unsupported = |command| Err(Error::Unsupported { command });
    assert_eq!(block_on(bootloader.readout_protect()), unsupported(Command::ReadoutProtect));
    let worst = worst(&bootloader);
    assert_eq!(block_on(bootloader.readout_unprotect(worst)), unsupported(Command::ReadoutUnprotect));
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
    assert_eq!(block_on(bootloader.write_unprotect()), Ok(Effect::AfterReset));
}

#[test]
fn a_chip_that_resets_into_its_application_is_lost() {
    // Where BOOT0 is low by then, as where a button held it.
    let mut bootloader = connected(port(0x413));
    bootloader.port().rom_mut().set_boot0(Boot::Application);
    assert_eq!(block_on(bootloader.write_unprotect()), Err(Error::Lost));
}

#[test]
fn a_list_of_sectors_that_lost_a_byte_is_not_completed() {
    for lost in 2..6 {
        let mut bootloader = connected(port(0x413));
        let cable = bootloader.port().cable_mut();
        let drop = vec![cable.sent_to_chip() + lost];
        *cable.faults_mut() = Faults { to_chip: Direction { drop, ..Direction::default() }, ..Faults::default() };
        let result = block_on(bootloader.write_protect(&[5, 6]));
        assert_eq!(result, Err(Error::Silent { command: Command::WriteProtect }), "without byte {lost}");
        let sent = bootloader.port().cable().sent_to_chip();
        assert_eq!(block_on(bootloader.recover()), Err(Error::Stuck { command: Command::WriteProtect }));
        assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
    }
}

#[test]
fn whatever_byte_is_lost_of_a_command_that_resets_the_rom_is_found_again() {
    for (product_id, _) in BOTH {
        for lost in 0..2 {
            for to_chip in [true, false] {
                let mut bootloader = connected(slow_to_start(product_id));
                let cable = bootloader.port().cable_mut();
                let at = if to_chip { cable.sent_to_chip() } else { cable.sent_from_chip() };
                let lossy = Direction { drop: vec![at + lost], ..Direction::default() };
                let faults = cable.faults_mut();
                *if to_chip { &mut faults.to_chip } else { &mut faults.from_chip } = lossy;
                let result = block_on(bootloader.write_unprotect());
                assert_eq!(result, Err(Error::Silent { command: Command::WriteUnprotect }));
                assert_eq!(block_on(bootloader.recover()), Ok(()), "0x{product_id:03X}: byte {lost}, to it: {to_chip}");
                assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(product_id)));
            }
        }
    }
}
