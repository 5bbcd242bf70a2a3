//! Which chip it is.

use pollster::block_on;

use super::*;
use crate::usart::{IdentifyError, Identity, UniqueId, identify};

const ID: [u8; 12] = *b"\x10\x20\x30\x40ABCDEFGH";

fn identity(rom: Rom) -> Result<Identity, IdentifyError> {
    block_on(identify(&mut connected(SimulatedPort::new(rom))))
}

#[test]
fn each_family_tells_its_size_and_its_unique_id() {
    for (product_id, kib) in [(0x413, 512), (0x410, 64), (0x460, 64), (0x447, 128), (0x416, 64), (0x422, 128)] {
        let identity = identity(rom(product_id).with_flash_kib(kib).with_unique_id(ID)).expect("it is readable");
        assert_eq!(identity.chip.product_id, ProductId(product_id));
        assert_eq!(identity.geometry.size, u32::from(kib) << 10, "{}", identity.chip.name);
        assert!(identity.size_read, "{}", identity.chip.name);
        assert_eq!(identity.unique_id, Some(UniqueId(ID)), "{}", identity.chip.name);
    }
}

#[test]
fn a_unique_id_reads_as_debuggers_show_it() {
    assert_eq!(UniqueId(ID).to_string(), "403020104443424148474645");
}

#[test]
fn a_size_register_that_was_never_programmed_leaves_the_most_that_the_die_has() {
    for kib in [0, 0xFFFF] {
        let identity = identity(rom(0x410).with_size_register(kib)).expect("it is readable");
        assert_eq!((identity.geometry.size, identity.size_read), (128 << 10, false));
    }
}

#[test]
fn a_unique_id_that_is_blank_is_none() {
    for byte in [0x00, 0xFF] {
        let identity = identity(rom(0x460).with_unique_id([byte; 12])).expect("it is readable");
        assert_eq!(identity.unique_id, None);
    }
}

#[test]
fn a_protected_chip_says_so_and_not_that_it_is_broken() {
    for product_id in CHIPS {
        for two_nacks in [false, true] {
            let quirks = Quirks { read_protected: true, two_nacks, ..quirks(product_id) };
            let result = identity(rom(product_id).with_quirks(quirks));
            assert_eq!(result.map(|identity| identity.geometry), Err(IdentifyError::Protected));
        }
    }
}

#[test]
fn a_protected_chip_without_registers_says_so_too() {
    let quirks = Quirks { read_protected: true, ..quirks(0x485) };
    let result = identity(rom(0x485).with_quirks(quirks));
    assert_eq!(result.map(|identity| identity.geometry), Err(IdentifyError::Protected));
}

#[test]
fn size_and_unique_id_cost_two_reads_where_they_share_a_block() {
    for product_id in [0x413, 0x410, 0x460] {
        let mut bootloader = connected(port(product_id));
        block_on(identify(&mut bootloader)).expect("it is readable");
        let reads = events(&mut bootloader).into_iter().filter(|event| matches!(event, Event::Read { .. }));
        assert_eq!(reads.count(), 2, "0x{product_id:03X}");
    }
}

#[test]
fn a_chip_whose_flash_is_not_known_is_named() {
    let result = identity(rom(0x44F)).map(|identity| identity.geometry);
    assert_eq!(result, Err(IdentifyError::NoGeometry { name: "STM32C531/532/542" }));
}
