//! The codes that erase everything, or a bank.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::sim::{Direction, Faults, Nack, State};
use crate::usart::{Command, Error, Everything, Stage};

fn full(product_id: u16) -> Rom {
    let size = chip(product_id).geometry.size as usize;
    rom(product_id).with_flash(0x0800_0000, &vec![0x5A; size])
}

fn erase(bootloader: &mut Bootloader<SimulatedPort>, what: Everything) -> Result<(), Error> {
    let chip = chip(bootloader.product_id().0);
    block_on(bootloader.erase_everything(what, chip.erase_worst(&chip.geometry)))
}

#[test]
fn both_erase_commands_have_a_code_for_everything() {
    for product_id in [0x413, 0x410, 0x460] {
        let mut bootloader = connected(SimulatedPort::new(full(product_id)));
        erase(&mut bootloader, Everything::Flash).expect("it can");
        assert!(bootloader.port().rom().flash().iter().all(|&byte| byte == 0xFF), "0x{product_id:03X}");
    }
}

#[test]
fn a_mass_erase_of_sixteen_seconds_is_waited_for() {
    let mut bootloader = connected(SimulatedPort::new(full(0x413)));
    let before = bootloader.port().now();
    erase(&mut bootloader, Everything::Flash).expect("it can");
    assert!(bootloader.port().now() - before > Duration::from_secs(16));
    assert_eq!(block_on(bootloader.get_id()), Ok(ProductId(0x413)), "it is still in step");
}

#[test]
fn a_rom_that_cannot_erase_everything_refuses_the_code_and_stays_in_step() {
    let mut bootloader = connected(SimulatedPort::new(full(0x447)));
    let refused = Err(Error::Refused { command: Command::ExtendedErase, stage: Stage::Body });
    assert_eq!(erase(&mut bootloader, Everything::Flash), refused);
    assert!(events(&mut bootloader).contains(&Event::Nacked(Nack::SpecialErase { code: 0xFFFF })));
    assert!(bootloader.port().rom().flash().iter().all(|&byte| byte == 0x5A));
    assert_eq!(block_on(bootloader.recover()), Ok(()), "it does not wait inside the list");
}

#[test]
fn a_bank_is_erased_and_the_other_one_stays() {
    for product_id in [0x419, 0x469, 0x415] {
        for (what, second) in [(Everything::Bank1, false), (Everything::Bank2, true)] {
            let mut bootloader = connected(SimulatedPort::new(full(product_id)));
            erase(&mut bootloader, what).expect("it has two banks");
            assert!(events(&mut bootloader).contains(&Event::BankErased { second }));
            let flash = bootloader.port().rom().flash();
            let (first_bank, second_bank) = flash.split_at(flash.len() / 2);
            let (erased, kept) = if second { (second_bank, first_bank) } else { (first_bank, second_bank) };
            assert!(erased.iter().all(|&byte| byte == 0xFF), "0x{product_id:03X} {what:?}");
            assert!(kept.iter().all(|&byte| byte == 0x5A), "0x{product_id:03X} {what:?}");
        }
    }
}

#[test]
fn a_chip_with_one_bank_refuses_and_erase_has_no_code_for_a_bank() {
    let mut bootloader = connected(SimulatedPort::new(full(0x413)));
    let refused = Err(Error::Refused { command: Command::ExtendedErase, stage: Stage::Body });
    assert_eq!(erase(&mut bootloader, Everything::Bank2), refused);

    let mut bootloader = connected(SimulatedPort::new(full(0x410)));
    let sent = bootloader.port().cable().sent_to_chip();
    assert_eq!(erase(&mut bootloader, Everything::Bank1), Err(Error::Unsupported { command: Command::ExtendedErase }));
    assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
}

#[test]
fn nothing_is_sent_to_a_rom_that_lost_a_byte_of_the_code() {
    // Without one of its bytes, FF FF 00 is the beginning of a list of 65281 or of 65536 − 15 units.
    for lost in 2..5 {
        let mut bootloader = connected(SimulatedPort::new(full(0x460)));
        let cable = bootloader.port().cable_mut();
        let drop = vec![cable.sent_to_chip() + lost];
        *cable.faults_mut() = Faults { to_chip: Direction { drop, ..Direction::default() }, ..Faults::default() };
        assert_eq!(erase(&mut bootloader, Everything::Flash), Err(Error::Silent { command: Command::ExtendedErase }));
        let sent = bootloader.port().cable().sent_to_chip();
        assert_eq!(block_on(bootloader.recover()), Err(Error::Stuck { command: Command::ExtendedErase }));
        assert_eq!(bootloader.port().cable().sent_to_chip(), sent);
        assert_eq!(bootloader.port().rom().state(), State::Bootloader);
        assert!(bootloader.port().rom().flash().iter().all(|&byte| byte == 0x5A), "something was erased");
    }
}
