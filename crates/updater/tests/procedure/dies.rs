//! Chips whose flash is not simply as the table has it.

use stm32_bootloader::chip::{GivenChip, Run};
use stm32_bootloader::sim::Quirks;
use stm32_bootloader::usart::identify_as;

use super::*;

#[test]
fn a_chip_is_updated_by_the_division_that_its_option_bit_sets() {
    // F429 with 1 MiB and G474: with one bank and with two. The image reaches into the second half.
    for (product_id, kib, size) in [(0x419, 1024, 600 << 10), (0x469, 512, 300 << 10)] {
        for bit in [false, true] {
            let rom = Rom::new(chip(product_id)).with_flash_kib(kib).with_option_bit(bit);
            // Something else is everywhere, so that a unit which is not erased shows.
            let mut port = SimulatedPort::new(rom.with_flash(BASE, &vec![0x5A; usize::from(kib) << 10]));
            let payload = program(size, 1);
            update(&mut port, &payload, &mut Recorder::default()).expect("nothing is in the way");
            assert!(holds(port.rom(), &payload), "0x{product_id:03X}, {bit}");
            assert!(
                !done(port.rom()).any(|event| matches!(event, Done::NotErased { .. } | Done::NotProgrammed { .. }))
            );
        }
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
    let target = Target {
        chip: &chip,
        geometry: &geometry,
        before: Before::Unknown,
        supply: Supply::Unknown,
        pace: Pace::Strict,
        wiring: None,
    };
    let done = block_on(updater::update(&mut bootloader, &image, target, &mut Recorder::default()));
    assert!(done.expect("nothing is in the way").started);
    assert!(holds(port.rom(), &payload));
}
