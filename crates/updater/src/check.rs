//! What can be known before the first erase: whether the image belongs on this chip.

use stm32_bootloader::chip::{Chip, Geometry};

use crate::{DfuDevice, Image, UsbId};

/// Why an image must not be written to this chip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The file says that it is for something else.
    #[error("the file says that it is for USB device {made_for}, and this device's bootloader is {device}")]
    MadeForOther {
        /// What it is for.
        made_for: UsbId,
        /// What is there.
        device: DfuDevice,
    },
    /// The image is larger than the chip's flash.
    #[error("the image needs {needs} bytes of flash, the chip has {has}")]
    TooLarge {
        /// Bytes from the flash's start to the image's end.
        needs: u32,
        /// Bytes of flash.
        has: u32,
    },
    /// A part of the image does not lie in flash.
    #[error("the image has bytes at 0x{address:08X}, which is not flash")]
    OutsideFlash {
        /// The part's address.
        address: u32,
    },
    /// The image does not begin where a vector table can be.
    #[error("the image begins at 0x{address:08X}, where no vector table can be")]
    NoVectorTable {
        /// Where it begins.
        address: u32,
    },
    /// The first word, the initial stack pointer, is not in this chip's RAM.
    #[error("the image's stack pointer 0x{value:08X} is not in this chip's RAM")]
    StackPointer {
        /// The first word.
        value: u32,
    },
    /// The second word, the reset vector, does not point into the image.
    #[error("the image's reset vector 0x{value:08X} does not point into the image")]
    ResetVector {
        /// The second word.
        value: u32,
    },
}

/// Holds `image` against `chip`, whose flash is as in `geometry`.
///
/// # Errors
/// [`CheckError`]: the image must not be written.
pub fn check(image: &Image, chip: &Chip, geometry: &Geometry) -> Result<(), CheckError> {
    if let Some((made_for, device)) = image.made_for().zip(image.made_for_other()) {
        return Err(CheckError::MadeForOther { made_for, device });
    }
    for segment in image.segments() {
        let range = segment.range();
        if range.start < geometry.base || range.start >= geometry.base + chip.geometry.size {
            return Err(CheckError::OutsideFlash { address: range.start });
        }
        if range.end > geometry.end() {
            return Err(CheckError::TooLarge { needs: range.end - geometry.base, has: geometry.size });
        }
        let gap = geometry.gap();
        if range.start < gap.end && gap.start < range.end {
            return Err(CheckError::OutsideFlash { address: range.start.max(gap.start) });
        }
    }
    // The Cortex-M vector table offset register holds multiples of 128 at least (ARMv6-M, ARMv7-M manuals, VTOR).
    let start = image.start();
    let (Some(stack), Some(reset), true) = (image.word(start), image.word(start + 4), start.is_multiple_of(128)) else {
        return Err(CheckError::NoVectorTable { address: start });
    };
    if !stack.is_multiple_of(4) || !chip.stack_may_start_at(stack) {
        return Err(CheckError::StackPointer { value: stack });
    }
    // Bit 0 is set in every Thumb address; the code it names must be part of what is written.
    let code = reset & !1;
    if reset & 1 == 0 || !image.touches(&(code..code.saturating_add(2))) {
        return Err(CheckError::ResetVector { value: reset });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stm32_bootloader::chip::ProductId;

    use super::*;
    use crate::Segment;
    use crate::sample::{f4, image_of};

    fn checked(image: &Image) -> Result<(), CheckError> {
        check(image, f4(), &f4().geometry.with_size(64 << 10))
    }

    #[test]
    fn an_image_that_fits_passes() {
        assert_eq!(checked(&image_of(60 << 10)), Ok(()));
    }

    #[test]
    fn an_image_larger_than_the_flash_is_refused_with_both_sizes() {
        assert_eq!(checked(&image_of(65 << 10)), Err(CheckError::TooLarge { needs: 65 << 10, has: 64 << 10 }));
    }

    #[test]
    fn a_file_that_says_it_is_for_something_else_is_refused() {
        // A raw binary with the suffix of DFU 1.0: device, product, vendor, version, signature, length, CRC.
        let mut file = image_of(1024).segments()[0].bytes.clone();
        file.extend_from_slice(b"\xFF\xFF\x34\x12\x67\x45\x00\x01UFD\x10");
        let crc = file.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
        });
        file.extend_from_slice(&crc.to_le_bytes());
        let error = checked(&Image::parse(&file, 0x0800_0000).unwrap()).unwrap_err().to_string();
        let expected = "the file says that it is for USB device 4567:1234, and this device's bootloader is 0483:df11";
        assert_eq!(error, expected);
        let device = DfuDevice { vendor: 0x4567, product: 0x1234, flash: 1 };
        assert_eq!(checked(&Image::parse_for(&file, 0x0800_0000, &device).unwrap()), Ok(()));
    }

    #[test]
    fn bytes_outside_flash_are_refused() {
        let mut segments = image_of(1024).segments().to_vec();
        segments.push(Segment { address: 0x1FFF_C000, bytes: vec![0xAA; 4] });
        assert_eq!(checked(&Image::new(segments).unwrap()), Err(CheckError::OutsideFlash { address: 0x1FFF_C000 }));
    }

    #[test]
    fn bytes_between_two_banks_are_refused() {
        // An STM32H743 with 1 MiB has them in two halves, 1 MiB apart.
        let h743 = Chip::by_product_id(ProductId(0x450)).unwrap();
        let mut geometry = h743.geometry.with_size(1 << 20);
        geometry.runs = h743.layout(geometry.size).unwrap().runs(None);
        let with = |address| {
            let mut segments = image_of(1024).segments().to_vec();
            segments.push(Segment { address, bytes: vec![0xAA; 1 << 10] });
            check(&Image::new(segments).unwrap(), h743, &geometry)
        };
        for address in [0x0807_FE00, 0x0808_0000, 0x080F_FE00] {
            let first = address.max(0x0808_0000);
            assert_eq!(with(address), Err(CheckError::OutsideFlash { address: first }), "{address:#X}");
        }
        assert_eq!((with(0x0807_FC00), with(0x0810_0000)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_stack_pointer_that_is_not_in_ram_is_refused() {
        let image = Image::parse(&[0xFF; 64], 0x0800_0000).unwrap();
        assert_eq!(checked(&image), Err(CheckError::StackPointer { value: u32::MAX }));
    }

    #[test]
    fn a_reset_vector_that_points_out_of_the_image_is_refused() {
        let mut bytes = image_of(1024).segments()[0].bytes.clone();
        bytes[4..8].copy_from_slice(&0x0801_0001u32.to_le_bytes());
        let image = Image::parse(&bytes, 0x0800_0000).unwrap();
        assert_eq!(checked(&image), Err(CheckError::ResetVector { value: 0x0801_0001 }));
    }

    #[test]
    fn an_even_reset_vector_is_refused() {
        let mut bytes = image_of(1024).segments()[0].bytes.clone();
        bytes[4] &= !1;
        let image = Image::parse(&bytes, 0x0800_0000).unwrap();
        assert!(matches!(checked(&image), Err(CheckError::ResetVector { .. })));
    }
}
