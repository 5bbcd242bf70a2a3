//! Payloads to segments: bytes with addresses.

mod dfu;
mod dfuse;
mod elf;
mod error;
mod hex;
mod kind;
mod record;
mod s_record;

use core::ops::Range;

use dfu::Suffixed;
pub use dfu::{DfuDevice, UsbId};
pub use dfuse::LeftOut;
pub use error::ImageError;
pub use kind::Kind;

/// What the names of files end in that are Intel HEX or S-records.
const TEXTS: [&str; 10] = ["hex", "ihex", "ihx", "h86", "srec", "s19", "s28", "s37", "mot", "mhx"];

/// Bytes that belong at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The address of the first byte.
    pub address: u32,
    /// The bytes, at least one.
    pub bytes: Vec<u8>,
}

impl Segment {
    /// The addresses that the segment covers.
    ///
    /// # Panics
    /// Never for a segment of an [`Image`]: it ends within the 32-bit address space.
    pub fn range(&self) -> Range<u32> {
        let length = u32::try_from(self.bytes.len()).expect("an image is smaller than the address space");
        self.address..self.address + length
    }
}

/// What is to be in flash: segments in order of address, which neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    segments: Vec<Segment>,
    made_for: Option<UsbId>,
    made_for_other: Option<DfuDevice>,
    left_out: Vec<LeftOut>,
}

impl Image {
    /// Reads a payload for an STM32 in its ROM bootloader: a raw binary, Intel HEX, Motorola S-records, an ELF program or a DfuSe file, any of them with or
    /// without a DFU suffix. The contents tell which; a name is not asked for. All but the raw binary, which is placed at
    /// `base`, carry their own addresses.
    ///
    /// What is allocated is in proportion to the payload, whatever sizes the payload claims.
    ///
    /// # Errors
    /// [`ImageError`], with the line for a text and the offset for a binary file.
    pub fn parse(payload: &[u8], base: u32) -> Result<Self, ImageError> {
        Self::parse_for(payload, base, &DfuDevice::ROM)
    }

    /// The same for another device, or one that has its flash at another alternate setting: of a DfuSe file it decides which
    /// target is meant. What is for others is left out, which [`left_out`](Self::left_out) tells.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn parse_for(payload: &[u8], base: u32, device: &DfuDevice) -> Result<Self, ImageError> {
        let suffixed = dfu::strip(payload)?;
        let contents = suffixed.map_or(payload, |suffixed| suffixed.contents);
        let image = match (Kind::of(contents)?, suffixed) {
            (Kind::DfuSe, None) => Err(ImageError::CutOff),
            (Kind::DfuSe, Some(_)) => dfuse::parse(contents, device.flash),
            (_, Some(Suffixed { dfuse: true, .. })) => {
                let reason = "the suffix is that of a DfuSe file, whose beginning is missing".into();
                Err(ImageError::At { offset: 0, reason })
            }
            (Kind::IntelHex, _) => hex::parse(contents),
            (Kind::SRecord, _) => s_record::parse(contents),
            (Kind::Elf, _) => elf::parse(contents),
            (Kind::Raw, _) => Self::new(vec![Segment { address: base, bytes: contents.to_vec() }]),
        }?;
        let made_for = suffixed.map(|suffixed| suffixed.made_for);
        let made_for_other = made_for.filter(|made_for| !made_for.includes(device)).map(|_| *device);
        Ok(Self { made_for, made_for_other, ..image })
    }

    /// Which kind of file a payload is, and, where it has a DFU suffix, what that says of its version: `bcdDevice`, of
    /// which `None` stands for any.
    ///
    /// # Errors
    /// [`ImageError`] where it is none that becomes an image, or its suffix is damaged.
    pub fn kind(payload: &[u8]) -> Result<(Kind, Option<u16>), ImageError> {
        let suffixed = dfu::strip(payload)?;
        let contents = suffixed.map_or(payload, |suffixed| suffixed.contents);
        Ok((Kind::of(contents)?, suffixed.and_then(|suffixed| suffixed.version)))
    }

    /// Puts segments in order and joins those that touch.
    ///
    /// # Errors
    /// [`ImageError::Empty`], [`ImageError::Overlap`], [`ImageError::PastEnd`].
    pub fn new(mut segments: Vec<Segment>) -> Result<Self, ImageError> {
        segments.retain(|segment| !segment.bytes.is_empty());
        segments.sort_by_key(|segment| segment.address);
        let mut joined: Vec<Segment> = Vec::new();
        for segment in segments {
            let end = u64::from(segment.address) + segment.bytes.len() as u64;
            if end > u64::from(u32::MAX) {
                return Err(ImageError::PastEnd { address: segment.address });
            }
            match joined.last_mut() {
                Some(last) if segment.address < last.range().end => {
                    return Err(ImageError::Overlap { address: segment.address });
                }
                Some(last) if segment.address == last.range().end => last.bytes.extend_from_slice(&segment.bytes),
                _ => joined.push(segment),
            }
        }
        if joined.is_empty() {
            return Err(ImageError::Empty);
        }
        Ok(Self { segments: joined, made_for: None, made_for_other: None, left_out: Vec::new() })
    }

    /// The segments, in order of address.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Which USB device the file says it is for; `None` where it says nothing. Only files with a DFU suffix do.
    pub fn made_for(&self) -> Option<UsbId> {
        self.made_for
    }

    /// The device that it was read for, where the file says that it is for another.
    pub fn made_for_other(&self) -> Option<DfuDevice> {
        self.made_for_other
    }

    /// What the file holds besides, for other memories than the internal flash. Only DfuSe files do.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The lowest address, where the vector table is.
    pub fn start(&self) -> u32 {
        self.segments[0].address
    }

    /// The address after the last byte.
    pub fn end(&self) -> u32 {
        self.segments.last().map_or(0, |last| last.range().end)
    }

    /// How many bytes there are, gaps not counted.
    pub fn size(&self) -> usize {
        self.segments.iter().map(|segment| segment.bytes.len()).sum()
    }

    /// How many bytes the image of a file of `file_size` bytes has at most, as far as its name tells, before the file is at
    /// hand. A container (ELF, DfuSe) holds no more than it is long.
    pub fn size_at_most(file_name: &str, file_size: usize) -> usize {
        let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| TEXTS.contains(&&*ending)) {
            // The longest line that is usual has 32 bytes, for which S-records take 75 to 80 characters with the end of the
            // line, and Intel HEX 76 or 77. Lines of 16 bytes hold a fifth to a quarter less.
            file_size.saturating_mul(32).div_ceil(75)
        } else {
            file_size
        }
    }

    /// Whether any byte of the image lies in `range`.
    pub fn touches(&self, range: &Range<u32>) -> bool {
        self.segments.iter().any(|segment| segment.range().start < range.end && range.start < segment.range().end)
    }

    /// The `length` bytes from `address` on, with `fill` where the image has none.
    pub fn bytes(&self, address: u32, length: usize, fill: u8) -> Vec<u8> {
        let mut bytes = vec![fill; length];
        for segment in &self.segments {
            let from = i64::from(segment.address) - i64::from(address);
            let into = usize::try_from(from.max(0)).unwrap_or(usize::MAX);
            let skip = usize::try_from((-from).max(0)).unwrap_or(usize::MAX);
            if into < length && skip < segment.bytes.len() {
                let count = (length - into).min(segment.bytes.len() - skip);
                bytes[into..into + count].copy_from_slice(&segment.bytes[skip..skip + count]);
            }
        }
        bytes
    }

    /// The little-endian word at `address`, if the image holds all of it.
    pub fn word(&self, address: u32) -> Option<u32> {
        let segment = self.segments.iter().find(|segment| segment.range().contains(&address))?;
        let offset = (address - segment.address) as usize;
        let bytes = segment.bytes.get(offset..offset + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(address: u32, bytes: &[u8]) -> Segment {
        Segment { address, bytes: bytes.to_vec() }
    }

    #[test]
    fn segments_that_touch_become_one() {
        let image = Image::new(vec![segment(0x104, &[5, 6]), segment(0x100, &[1, 2, 3, 4])]).unwrap();
        assert_eq!(image.segments(), [segment(0x100, &[1, 2, 3, 4, 5, 6])]);
    }

    #[test]
    fn an_overlap_is_refused_with_its_address() {
        let error = Image::new(vec![segment(0x100, &[1, 2, 3, 4]), segment(0x103, &[9])]).unwrap_err();
        assert_eq!(error, ImageError::Overlap { address: 0x103 });
    }

    #[test]
    fn an_image_past_the_end_of_the_address_space_is_refused() {
        let error = Image::new(vec![segment(u32::MAX - 1, &[1, 2, 3])]).unwrap_err();
        assert_eq!(error, ImageError::PastEnd { address: u32::MAX - 1 });
    }

    #[test]
    fn bytes_are_filled_where_the_image_has_a_gap() {
        let image = Image::new(vec![segment(0x100, &[1, 2]), segment(0x105, &[3])]).unwrap();
        assert_eq!(image.bytes(0xFF, 8, 0xEE), [0xEE, 1, 2, 0xEE, 0xEE, 0xEE, 3, 0xEE]);
        assert_eq!(image.bytes(0x101, 1, 0xEE), [2]);
    }

    #[test]
    fn an_empty_file_is_told() {
        assert_eq!(Image::parse(b"", 0), Err(ImageError::Empty));
    }

    #[test]
    fn a_raw_binary_lies_at_the_base() {
        let image = Image::parse(&[0, 0, 2, 0x20, 1, 2, 0, 8], 0x0800_0000).unwrap();
        assert_eq!(image.word(0x0800_0000), Some(0x2002_0000));
        assert_eq!(image.word(0x0800_0004), Some(0x0800_0201));
        assert_eq!(image.word(0x0800_0006), None);
    }
}
