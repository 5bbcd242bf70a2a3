//! The suffix of DFU files (USB DFU 1.1, appendix B): what the file is for, and a CRC over all of it.

use core::fmt;

use super::ImageError;

/// The suffix's length in bytes, which it holds itself.
const LENGTH: u8 = 16;
/// The `bcdDFU` of DfuSe files (ST UM0391); that of plain ones is 0x0100.
const DFUSE: u16 = 0x011A;

/// A device in DFU mode, as files name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DfuDevice {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// The alternate setting that is its internal flash.
    pub flash: u8,
}

impl DfuDevice {
    /// An STM32 in its ROM bootloader, whichever way that is reached (AN2606).
    pub const ROM: Self = Self { vendor: 0x0483, product: 0xDF11, flash: 0 };
}

/// As in `0483:df11`.
impl fmt::Display for DfuDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// Which USB device a file says it is for. `None` stands for any. The `bcdDevice` that stands beside them is left alone: by
/// DFU 1.1 it is the version of the firmware in the file, not of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsbId {
    /// `idVendor`.
    pub vendor: Option<u16>,
    /// `idProduct`.
    pub product: Option<u16>,
}

/// As in `0483:df11`, with `*` for what may be any.
impl fmt::Display for UsbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = |id: Option<u16>| id.map_or_else(|| "*".to_owned(), |id| format!("{id:04x}"));
        write!(f, "{}:{}", half(self.vendor), half(self.product))
    }
}

impl UsbId {
    /// Whether a device is such a one.
    pub fn includes(self, device: &DfuDevice) -> bool {
        self.vendor.is_none_or(|vendor| vendor == device.vendor)
            && self.product.is_none_or(|product| product == device.product)
    }
}

/// A file with the suffix taken off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suffixed<'a> {
    pub(super) contents: &'a [u8],
    pub(super) made_for: UsbId,
    /// `bcdDevice`, which makers use as they like; `None` stands for any.
    pub(super) version: Option<u16>,
    /// Whether the contents are of ST's format.
    pub(super) dfuse: bool,
}

/// Takes the suffix off, or returns `None` where there is none.
pub(super) fn strip(file: &[u8]) -> Result<Option<Suffixed<'_>>, ImageError> {
    let Some((contents, suffix)) = file.split_last_chunk::<{ LENGTH as usize }>() else {
        return Ok(None);
    };
    let &[r0, r1, p0, p1, v0, v1, d0, d1, b'U', b'F', b'D', LENGTH, c0, c1, c2, c3] = suffix else {
        return Ok(None);
    };
    let offset = file.len() - 4;
    let (said, counted) = (u32::from_le_bytes([c0, c1, c2, c3]), crc(&file[..offset]));
    if said != counted {
        let reason =
            format!("the CRC is 0x{said:08X}, the contents have 0x{counted:08X}: the file was damaged on its way");
        return Err(ImageError::At { offset, reason });
    }
    let id = |low, high| Some(u16::from_le_bytes([low, high])).filter(|&id| id != 0xFFFF);
    Ok(Some(Suffixed {
        contents,
        made_for: UsbId { vendor: id(v0, v1), product: id(p0, p1) },
        version: id(r0, r1),
        dfuse: u16::from_le_bytes([d0, d1]) == DFUSE,
    }))
}

/// CRC-32 as of Ethernet, without the inversion at its end. Bit by bit: a table would weigh more than it saves.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `contents` with a suffix whose CRC is right.
    fn with_suffix(contents: &[u8], vendor: u16, product: u16, version: u16) -> Vec<u8> {
        let mut file = contents.to_vec();
        for field in [0xFFFF, product, vendor, version] {
            file.extend_from_slice(&field.to_le_bytes());
        }
        file.extend_from_slice(b"UFD\x10");
        let crc = crc(&file);
        file.extend_from_slice(&crc.to_le_bytes());
        file
    }

    #[test]
    fn the_crc_is_that_of_ethernet_not_inverted() {
        // The check value of CRC-32/JAMCRC.
        assert_eq!(crc(b"123456789"), 0x340B_C6D9);
    }

    #[test]
    fn the_suffix_says_what_the_file_is_for() {
        let file = with_suffix(b"contents", 0x0483, 0xFFFF, 0x0100);
        let suffixed = strip(&file).unwrap().unwrap();
        assert_eq!(suffixed.contents, b"contents");
        assert_eq!(suffixed.made_for, UsbId { vendor: Some(0x0483), product: None });
        assert!(!suffixed.dfuse);
    }

    #[test]
    fn any_flipped_bit_is_found_by_the_crc() {
        let file = with_suffix(b"contents", 0x0483, 0xDF11, 0x0100);
        for at in [0, 7, 8, 15, 20, 23] {
            let mut damaged = file.clone();
            damaged[at] ^= 0x10;
            assert!(matches!(strip(&damaged), Err(ImageError::At { offset: 20, .. })), "byte {at}");
        }
    }

    #[test]
    fn a_file_without_suffix_is_left_alone() {
        assert!(strip(b"contents of more than sixteen bytes").unwrap().is_none());
        assert!(strip(b"short").unwrap().is_none());
    }

    #[test]
    fn a_file_is_for_the_devices_of_its_ids_of_which_each_may_be_any() {
        let is_for_rom = |vendor, product| UsbId { vendor, product }.includes(&DfuDevice::ROM);
        assert!(is_for_rom(Some(0x0483), Some(0xDF11)));
        assert!(is_for_rom(Some(0x0483), None) && is_for_rom(None, Some(0xDF11)) && is_for_rom(None, None));
        assert!(!is_for_rom(Some(0x28E9), None) && !is_for_rom(Some(0x0483), Some(0x5740)));
    }
}
