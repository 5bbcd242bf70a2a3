//! Chips whose flash is not simply as the table has it.

use stm32_bootloader::chip::{GivenChip, RomVersion, Run};
use stm32_bootloader::sim::Quirks;
use stm32_bootloader::usart::identify_as;

use super::*;

#[test]
fn a_chip_is_updated_by_the_division_that_its_option_bit_sets() {
    // With one bank and with two. The image reaches into the second half.
    for (product_id, kib, size) in [
        (0x419, 1024, 600 << 10),
        (0x469, 512, 300 << 10),
        (0x470, 1024, 600 << 10),
        (0x472, 512, 300 << 10),
        (0x467, 256, 150 << 10),
        (0x415, 512, 300 << 10),
    ] {
        for bit in [false, true] {
            let rom = Rom::new(chip(product_id)).with_flash_kib(kib).with_option_bit(bit);
            // Something else is everywhere, so that a unit which is not erased shows.
            let mut port = SimulatedPort::new(rom.with_flash(BASE, &vec![0x5A; usize::from(kib) << 10]));
            let payload = program(size, 1);
            update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
            assert!(holds(port.rom(), &payload), "0x{product_id:03X}, {bit}");
            assert!(nothing_missed(port.rom()));
        }
    }
}

/// Whether the chip did all that it acknowledged.
fn nothing_missed(rom: &Rom) -> bool {
    let missed = |event: &Done| {
        matches!(event, Done::NotErased { .. } | Done::NotProgrammed { .. } | Done::Hung { .. } | Done::Nacked(_))
    };
    !done(rom).any(missed)
}

#[test]
fn a_rom_that_erases_badly_is_asked_so_that_it_erases_well() {
    // One that erases the first of a list alone, and those that do not wait for the flash.
    for (product_id, rom, size) in
        [(0x454, 0xE1, 60 << 10), (0x467, 0x92, 60 << 10), (0x460, 0xB3, 60 << 10), (0x450, 0x91, 1200 << 10)]
    {
        let quirks = Quirks::of_rom(chip(product_id), RomVersion(rom));
        let all = vec![0x5A; chip(product_id).geometry.size as usize];
        let mut port = SimulatedPort::new(Rom::new(chip(product_id)).with_quirks(quirks).with_flash(BASE, &all));
        let payload = program(size, 1);
        update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
        assert!(holds(port.rom(), &payload), "0x{product_id:03X}");
        assert!(nothing_missed(port.rom()), "0x{product_id:03X}");
    }
}

#[test]
fn a_chip_that_is_not_in_the_table_is_updated_as_it_was_given() {
    let id = ProductId(0x7F0);
    let quirks = Quirks { product_id: Some(id.0), ..Quirks::of(chip(0x460)) };
    let mut port = SimulatedPort::new(in_the_field(0x460).with_quirks(quirks));
    let given = GivenChip {
        product_id: id,
        flash_base: BASE,
        runs: vec![Run { count: 64, size: 2048 }],
        erased_byte: 0xFF,
        write_alignment: 8,
        ram: 0x2000_0000..0x2000_9000,
    };
    let payload = program(100 << 10, 1);
    let mut bootloader = block_on(Bootloader::connect(&mut port)).expect("the chip answers");
    let given = Chip::given(&given).expect("it is possible");
    let Identity { chip, geometry, .. } = block_on(identify_as(&mut bootloader, given)).expect("it is so");
    let image = Image::parse(&payload, geometry.base).expect("it is a raw binary");
    check(&image, &chip, &geometry).expect("the image is for this chip");
    let target = Target::new(&chip, &geometry);
    let done = block_on(updater::update(&mut bootloader, &image, target, &mut Recorder::default()));
    assert!(done.expect("nothing is in the way").started);
    assert!(holds(port.rom(), &payload));
}
