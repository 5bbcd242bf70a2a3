//! What is in a file that a person has picked.

use updater::{Image, ImageError, Kind};

use crate::build_id::BuildId;

/// A file, looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Which kind it is.
    pub kind: Kind,
    /// What it holds for the flash.
    pub image: Image,
    /// What its DFU suffix says of its version.
    pub version: Option<u16>,
    /// Which build it is of.
    pub build_id: Option<BuildId>,
}

impl Contents {
    /// Looks into a file; a raw binary is for `address`.
    ///
    /// # Errors
    /// [`ImageError`], with the line for a text and the offset for a binary file.
    pub fn of(file: &[u8], address: u32) -> Result<Self, ImageError> {
        let (kind, version) = Image::kind(file)?;
        let image = Image::parse(file, address)?;
        Ok(Self { kind, version, build_id: BuildId::of(&image), image })
    }

    /// The kind, as its makers call it.
    pub const fn format(&self) -> &'static str {
        match self.kind {
            Kind::Raw => "binary (.bin)",
            Kind::IntelHex => "Intel HEX",
            Kind::SRecord => "Motorola S-record",
            Kind::Elf => "ELF",
            Kind::DfuSe => "DfuSe (.dfu)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::intel_hex;

    #[test]
    fn a_raw_binary_lies_where_it_is_told_and_others_where_they_say() {
        let raw = Contents::of(&[1, 2, 3, 4], 0x0800_8000).unwrap();
        assert_eq!((raw.kind, raw.image.start()), (Kind::Raw, 0x0800_8000));
        let hex = Contents::of(intel_hex(0x0800_0000, &[1, 2, 3]).as_bytes(), 0x0800_8000).unwrap();
        assert_eq!((hex.kind, hex.image.start(), hex.version, hex.build_id), (Kind::IntelHex, 0x0800_0000, None, None));
    }

    #[test]
    fn the_version_that_a_dfu_suffix_says_is_told() {
        let contents = Contents::of(include_bytes!("../../updater/tests/files/fwupd.dfu"), 0).unwrap();
        assert_eq!((contents.kind, contents.version), (Kind::DfuSe, Some(0x2200)));
        let any = Contents::of(include_bytes!("../../updater/tests/files/program.dfu"), 0x0800_0000).unwrap();
        assert_eq!((any.kind, any.version), (Kind::Raw, None), "its suffix is for any");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let file = intel_hex(0x0800_0000, &[1, 2, 3]).replace("010203", "010204");
        let error = Contents::of(file.as_bytes(), 0).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
