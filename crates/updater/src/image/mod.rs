//! Payloads to segments: bytes with addresses.

mod hex;

use core::ops::Range;

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
}

/// Why a payload is no image. The texts are for the person who made the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is of a kind that cannot be written to flash as it is.
    #[error("this is {0}, not a raw binary or Intel HEX file")]
    WrongKind(&'static str),
    /// A line of a HEX file is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A HEX file ends without its end record.
    #[error("the file is cut off: its end record is missing")]
    CutOff,
    /// Two parts of the file claim the same address.
    #[error("two parts of the file overlap at 0x{address:08X}")]
    Overlap {
        /// The first address that is claimed twice.
        address: u32,
    },
    /// The bytes would run past the end of the address space.
    #[error("the file does not fit at 0x{address:08X}")]
    PastEnd {
        /// Where the bytes begin.
        address: u32,
    },
}

/// Beginnings of files that people upload by mistake; flashed as a raw binary they would not start.
const OTHER_KINDS: &[(&[u8], &str)] = &[
    (b"\x7fELF", "an ELF file"),
    (b"DfuSe", "a DfuSe file"),
    (b"UF2\n", "a UF2 file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x3d\xb8\xf3\x96", "an MCUboot image"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"{\"", "a JSON document"),
];

/// The first line of a text, of which 64 bytes are enough to tell that it is one.
fn first_line(text: &[u8]) -> &[u8] {
    let text = &text[..text.len().min(64)];
    text.split(|byte| b"\r\n".contains(byte)).next().unwrap_or(text)
}

impl Image {
    /// Reads a payload. Intel HEX carries its own addresses; a raw binary is placed at `base`.
    ///
    /// # Errors
    /// [`ImageError`], with the line for a HEX file.
    pub fn parse(payload: &[u8], base: u32) -> Result<Self, ImageError> {
        let text = payload.trim_ascii_start();
        if text.first() == Some(&b':') {
            return hex::parse(payload);
        }
        // An S-record begins like this; a vector table's first word is an address in RAM, 0x20…, and does not.
        if matches!(text, [b'S', b'0'..=b'3', ..]) && first_line(text).iter().all(|byte| byte.is_ascii_graphic()) {
            return Err(ImageError::WrongKind("a Motorola S-record file"));
        }
        if let Some((_, kind)) = OTHER_KINDS.iter().find(|(magic, _)| payload.starts_with(magic)) {
            return Err(ImageError::WrongKind(kind));
        }
        Self::new(vec![Segment { address: base, bytes: payload.to_vec() }])
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
        Ok(Self { segments: joined })
    }

    /// The segments, in order of address.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
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
    fn files_of_other_kinds_are_named() {
        assert_eq!(Image::parse(b"\x7fELF\x01\x01", 0), Err(ImageError::WrongKind("an ELF file")));
        assert_eq!(Image::parse(b"S00600004844521B\r\n", 0), Err(ImageError::WrongKind("a Motorola S-record file")));
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
