//! Images and chips for the tests of this crate.

use stm32_bootloader::chip::{Chip, ProductId};

use crate::Image;

/// STM32F405 and its kin.
pub fn f4() -> &'static Chip {
    chip(0x413)
}

pub fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

/// A payload of `size` bytes with a vector table that is right for every chip here, and no blank block.
pub fn payload(size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..size as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    bytes[..4].copy_from_slice(&0x2000_1000u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&0x0800_0101u32.to_le_bytes());
    bytes
}

pub fn image_of(size: usize) -> Image {
    Image::parse(&payload(size), 0x0800_0000).expect("a raw binary")
}
