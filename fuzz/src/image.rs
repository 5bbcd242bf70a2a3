//! What holds for every payload, whatever is in it.

use stm32_bootloader::chip::{Chip, ProductId};
use updater::{Found, Image, Plan, check};

/// Where a raw binary is placed.
const FLASH: u32 = 0x0800_0000;

/// Parses `payload`; the base of a raw binary is once flash's, once what the payload happens to end with.
pub fn holds(payload: &[u8]) {
    let anywhere = payload.last_chunk().map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes));
    for base in [FLASH, anywhere] {
        match Image::parse(payload, base) {
            Ok(image) => holds_for(&image, payload.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn holds_for(image: &Image, payload_size: usize) {
    let segments = image.segments();
    assert!(!segments.is_empty(), "an image without bytes");
    assert!(segments.iter().all(|segment| !segment.bytes.is_empty()), "a segment without bytes");
    assert!(
        segments.windows(2).all(|pair| pair[0].range().end < pair[1].address),
        "out of order, touching, overlapping"
    );
    assert!(image.size() <= payload_size, "more bytes than the payload has");
    let (first, last) = (&segments[0], &segments[segments.len() - 1]);
    assert_eq!((image.start(), image.end()), (first.address, last.range().end));
    assert_eq!(image.bytes(first.address, first.bytes.len(), 0), first.bytes);
    assert_eq!(image.word(last.range().end - 1), None, "a word beyond the end");
    assert!(image.touches(&last.range()));
    let again = Image::new(segments.to_vec()).expect("segments of an image make an image");
    assert_eq!(again.segments(), segments);
    for product_id in [0x413, 0x410, 0x460, 0x447] {
        let chip = Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table");
        if check(image, chip, &chip.geometry).is_ok() {
            Plan::new(image, chip, &chip.geometry, &Found::nothing());
        }
    }
}
