use super::*;
use crate::pipe::ControlPipe;
use crate::sim::{Refusal, State as RomState};
use crate::usart::{Effect, VoltageRange};

/// F405, F303, G071's larger sister G0B1, L073, H743: sectors and pages, 2048 and 1024 bytes a transfer.
const CHIPS: [u16; 5] = [0x413, 0x422, 0x467, 0x447, 0x450];

#[test]
fn what_is_written_is_read_back_and_is_in_flash() {
    for product_id in CHIPS {
        let mut bootloader = connected(pipe(rom(product_id)));
        let data = bytes(10_000);
        block_on(bootloader.write(BASE, &data)).expect("it is blank");
        let mut found = vec![0; data.len()];
        block_on(bootloader.read(BASE, &mut found)).expect("it can be read");
        assert_eq!(found, data, "0x{product_id:03X}");
        assert!(flash(&mut bootloader).starts_with(&data));
    }
}

#[test]
fn only_the_unit_at_the_address_is_erased() {
    for product_id in CHIPS {
        let geometry = chip(product_id).geometry;
        let second = geometry.units().nth(1).expect("there are two");
        let size = geometry.units().take(3).map(|unit| unit.size as usize).sum();
        let mut bootloader = connected(pipe(rom(product_id).with_flash(BASE, &vec![0x5A; size])));
        block_on(bootloader.erase(second.address, WORST)).expect("it is a unit");
        let blank = |byte: &u8| *byte == chip(product_id).erased_byte;
        let (start, end) = ((second.address - BASE) as usize, (second.end() - BASE) as usize);
        let flash = flash(&mut bootloader);
        assert!(flash[start..end].iter().all(blank), "0x{product_id:03X}");
        assert!(!flash[..start].iter().any(blank) && !flash[end..size].iter().any(blank), "0x{product_id:03X}");
    }
}

#[test]
fn a_mass_erase_erases_all() {
    let mut bootloader = connected(pipe(rom(0x413).with_flash(BASE, &[0; 0x4_0000])));
    block_on(bootloader.mass_erase(WORST)).expect("nothing is in the way");
    assert!(flash(&mut bootloader).iter().all(|&byte| byte == 0xFF));
}

#[test]
fn the_commands_are_those_that_the_rom_lists() {
    for (product_id, codes) in [(0x413, &[0x00, 0x21, 0x41, 0x92][..]), (0x484, &[0x00, 0x21, 0x41])] {
        let mut bootloader = connected(pipe(rom(product_id)));
        assert_eq!(block_on(bootloader.commands()).expect("it answers"), codes);
        block_on(bootloader.write(BASE, &[1; 16])).expect("it takes commands after it");
    }
}

#[test]
fn leaving_starts_the_program_at_the_address() {
    let mut program = bytes(64);
    program[..4].copy_from_slice(&0x2000_1000_u32.to_le_bytes());
    program[4..8].copy_from_slice(&0x0800_4101_u32.to_le_bytes());
    let mut bootloader = connected(pipe(rom(0x413).with_flash(BASE + 0x4000, &program)));
    block_on(bootloader.leave(BASE + 0x4000)).expect("it leaves");
    assert_eq!(events(&mut bootloader).last(), Some(&Event::Went { address: BASE + 0x4000 }));
    assert_eq!(bootloader.pipe().device().rom().state(), RomState::Application);
}

#[test]
fn a_device_that_is_still_there_has_not_left() {
    let quirks = UsbQuirks { cannot_leave: true, ..UsbQuirks::default() };
    let mut bootloader = connected(quirky(rom(0x472), quirks));
    let error = block_on(bootloader.leave(BASE)).expect_err("it stays");
    assert_eq!(error, Error::Unexpected { command: Command::Leave, state: State::Idle });
}

#[test]
fn a_protected_chip_says_so_to_all_that_touches_its_memory() {
    let rom = rom(0x413).with_quirks(Quirks { read_protected: true, ..Quirks::of(chip(0x413)) });
    let mut bootloader = connected(pipe(rom));
    let mut found = [0; 16];
    for result in [
        block_on(bootloader.read(BASE, &mut found)),
        block_on(bootloader.write(BASE, &[1; 16])),
        block_on(bootloader.erase(BASE, WORST)),
        block_on(bootloader.mass_erase(WORST)),
    ] {
        let error = result.expect_err("it is protected");
        assert!(error.is_protection(), "{error}");
    }
    assert_eq!(
        block_on(bootloader.read(BASE, &mut found)).unwrap_err().to_string(),
        "the bootloader refused Read Memory: it is read-out protected"
    );
}

#[test]
fn the_protection_is_removed_with_everything_else_and_the_device_is_gone_where_it_resets_itself() {
    for (product_id, effect) in [(0x413, Effect::Now), (0x467, Effect::AfterReset)] {
        let rom = rom(product_id).with_flash(BASE, &[0x55; 64]);
        let rom = rom.with_quirks(Quirks { read_protected: true, ..Quirks::of(chip(product_id)) });
        let mut bootloader = connected(pipe(rom));
        assert_eq!(block_on(bootloader.read_unprotect(WORST)), Ok(effect), "0x{product_id:03X}");
        let now = bootloader.pipe().now();
        block_on(bootloader.pipe().wait_until(now + WORST));
        let done = events(&mut bootloader);
        assert!(done.contains(&Event::ReadProtection { active: false }));
        assert!(flash(&mut bootloader)[..64].iter().all(|&byte| byte == 0xFF));
    }
}

#[test]
fn a_write_protected_unit_is_not_reported() {
    let rom = rom(0x413).with_quirks(Quirks { write_protected: vec![0], ..Quirks::of(chip(0x413)) });
    let mut bootloader = connected(pipe(rom.with_flash(BASE, &[0x11; 32])));
    assert_eq!(block_on(bootloader.erase(BASE, WORST)), Ok(()));
    let undone = Event::NotErased { unit: 0, why: Refusal::WriteProtected };
    assert!(events(&mut bootloader).contains(&undone));
}

#[test]
fn nothing_is_asked_of_memory_that_the_device_does_not_describe() {
    let mut bootloader = connected(pipe(rom(0x413)));
    let before = bootloader.pipe().transfers();
    let mut found = [0; 32];
    // Beyond the end of flash ST's ROM crashes.
    for address in [0x0810_0000 - 16, 0x1FFF_7A10, 0xE004_2000, u32::MAX - 3] {
        let error = block_on(bootloader.read(address, &mut found)).expect_err("it is not described");
        assert!(matches!(error, Error::Invalid { command: Command::Read, .. }));
        assert!(block_on(bootloader.write(address, &found)).is_err());
    }
    assert!(matches!(block_on(bootloader.erase(0x1FFF_C000, WORST)), Err(Error::Invalid { .. })));
    assert!(block_on(bootloader.read(BASE, &mut [0])).is_err() && block_on(bootloader.write(BASE, &[0])).is_err());
    assert_eq!(bootloader.pipe().transfers(), before, "nothing was sent");
}

#[test]
fn other_memories_are_reached_by_their_alternate_setting() {
    let mut bootloader = connected(pipe(rom(0x413)));
    let mut options = [0; 16];
    block_on(bootloader.read(0x1FFF_C000, &mut options)).expect("the option bytes can be read");
    assert_eq!(bootloader.selected, 1);
    block_on(bootloader.read(BASE, &mut options)).expect("and flash after them");
    assert_eq!(bootloader.selected, 0);
}

#[test]
fn a_refused_address_is_told_and_the_next_command_works() {
    // The string says 1 MiB, the chip has half of it.
    let alternates = vec!["@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"];
    let rom = rom(0x413).with_flash_kib(512);
    let mut bootloader = connected(quirky(rom, UsbQuirks { alternates, ..UsbQuirks::default() }));
    let error = block_on(bootloader.erase(0x080E_0000, WORST)).expect_err("there is no such unit");
    assert_eq!(error, Error::Refused { command: Command::Erase, status: Status::TARGET });
    block_on(bootloader.erase(BASE, WORST)).expect("it is ready again");
}

#[test]
fn the_supply_is_told_where_the_rom_lists_a_place_for_it() {
    let mut bootloader = connected(pipe(rom(0x413)));
    assert_eq!(block_on(bootloader.set_voltage_range(VoltageRange::From2V7)), Ok(true));
    assert!(events(&mut bootloader).contains(&Event::VoltageRange { code: 3 }));
    block_on(bootloader.write(BASE, &[1; 16])).expect("flash is selected again");

    let mut bootloader = connected(pipe(rom(0x467)));
    let error = block_on(bootloader.set_voltage_range(VoltageRange::From2V7)).expect_err("a G0 has none");
    assert!(matches!(error, Error::Invalid { .. }));
}
