//! Which kind of file a payload is, told by its contents.

use super::ImageError;

/// A kind of file that becomes an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A raw binary, without addresses.
    Raw,
    /// Intel HEX.
    IntelHex,
    /// Motorola S-records.
    SRecord,
    /// A linked ELF program.
    Elf,
    /// ST's DfuSe.
    DfuSe,
}

/// Beginnings of files that people upload by mistake; flashed as a raw binary they would not start.
const OTHER_KINDS: &[(&[u8], &str)] = &[
    (b"UF2\n", "a UF2 file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x3d\xb8\xf3\x96", "an MCUboot image"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"{\"", "a JSON document"),
];

impl Kind {
    /// The kind of `file`, any DFU suffix taken off before.
    pub(super) fn of(file: &[u8]) -> Result<Self, ImageError> {
        // A raw binary begins with an address in RAM, 0x20…, whose lower bytes may be a blank and a colon. Its highest
        // byte is no digit, so digits after the first character tell a text.
        match file.trim_ascii_start() {
            [b':', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => return Ok(Self::IntelHex),
            [b'S', b'0'..=b'9', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                return Ok(Self::SRecord);
            }
            _ => {}
        }
        if file.starts_with(b"\x7fELF") {
            return Ok(Self::Elf);
        }
        if file.starts_with(b"DfuSe") {
            return Ok(Self::DfuSe);
        }
        match OTHER_KINDS.iter().find(|(magic, _)| file.starts_with(magic)) {
            Some((_, kind)) => Err(ImageError::WrongKind(kind)),
            None => Ok(Self::Raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_how_they_begin() {
        assert_eq!(Kind::of(b"\r\n:020000040800F2"), Ok(Kind::IntelHex));
        assert_eq!(Kind::of(b"S00600004844521B"), Ok(Kind::SRecord));
        assert_eq!(Kind::of(b"\x7fELF\x01\x01"), Ok(Kind::Elf));
        assert_eq!(Kind::of(b"DfuSe\x01"), Ok(Kind::DfuSe));
        assert_eq!(Kind::of(b"\x00\x10\x00\x20"), Ok(Kind::Raw));
    }

    #[test]
    fn a_stack_pointer_that_looks_like_the_start_of_a_text_is_none() {
        assert_eq!(Kind::of(&0x2000_3A20u32.to_le_bytes()), Ok(Kind::Raw));
        assert_eq!(Kind::of(&0x2030_5320u32.to_le_bytes()), Ok(Kind::Raw));
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        assert_eq!(Kind::of(b"UF2\nWQ]\x9e"), Err(ImageError::WrongKind("a UF2 file")));
        assert_eq!(Kind::of(b"PK\x03\x04\x14"), Err(ImageError::WrongKind("a zip archive")));
        assert_eq!(Kind::of(b"\x1f\x8b\x08"), Err(ImageError::WrongKind("a gzip archive")));
        assert_eq!(Kind::of(b"\x3d\xb8\xf3\x96"), Err(ImageError::WrongKind("an MCUboot image")));
    }
}
