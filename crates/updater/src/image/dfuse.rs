//! DfuSe files (ST UM0391): for each alternate setting of the device's DFU interface a target, for each target elements,
//! which are bytes with an address.

use core::fmt;

use super::{Image, ImageError, Segment};

/// The only version of the format.
const VERSION: u8 = 1;
/// What ST calls the internal flash, whichever alternate setting it is.
const INTERNAL_FLASH: &str = "internal flash";

/// What a DfuSe file holds for another memory than the internal flash: option bytes, an external flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The alternate setting.
    pub alternate: u8,
    /// What the file calls it, or nothing.
    pub name: String,
    /// How many bytes there are.
    pub size: usize,
}

/// As in: `16 bytes for "Option Bytes" (alternate setting 1)`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes for ", self.size)?;
        if !self.name.is_empty() {
            write!(f, "\"{}\" ", self.name)?;
        }
        write!(f, "(alternate setting {})", self.alternate)
    }
}

/// Reads a file whose suffix was taken off and found right, for a device whose internal flash is the alternate setting
/// `flash`. Where the file has no target for that one, the targets are meant that have the name of the internal flash.
pub(super) fn parse(file: &[u8], flash: u8) -> Result<Image, ImageError> {
    let mut rest = Rest { bytes: file, offset: 0 };
    rest.array::<5>("the signature")?;
    let [version] = rest.array("the version")?;
    if version != VERSION {
        return Err(rest.wrong(format!("version {version} of the format is not known")));
    }
    // The size of all of it: the CRC has proved that nothing is missing.
    rest.word("the size")?;
    let [targets] = rest.array("the number of targets")?;
    let mut all = Vec::new();
    for _ in 0..targets {
        let target = Target::parse(&mut rest)?;
        all.extend(Some(target).filter(|target| target.size() > 0));
    }
    rest.finish("after the last target")?;
    let by_setting = all.iter().any(|target| target.alternate == flash);
    let (mut segments, mut left_out) = (Vec::new(), Vec::new());
    for target in all {
        let is_meant = if by_setting { target.alternate == flash } else { target.is_called_internal_flash() };
        if is_meant {
            segments.extend(target.elements);
        } else {
            left_out.push(LeftOut { alternate: target.alternate, size: target.size(), name: target.name });
        }
    }
    if segments.is_empty() && !left_out.is_empty() {
        return Err(ImageError::WrongKind("a DfuSe file with nothing for the internal flash"));
    }
    Ok(Image { left_out, ..Image::new(segments)? })
}

struct Target {
    alternate: u8,
    name: String,
    elements: Vec<Segment>,
}

impl Target {
    fn size(&self) -> usize {
        self.elements.iter().map(|element| element.bytes.len()).sum()
    }

    /// As in `@Internal Flash   /0x08000000/04*016Kg`, or that name alone.
    fn is_called_internal_flash(&self) -> bool {
        self.name.trim_start_matches('@').trim_start().to_ascii_lowercase().starts_with(INTERNAL_FLASH)
    }

    fn parse(rest: &mut Rest<'_>) -> Result<Self, ImageError> {
        if &rest.array("a target")? != b"Target" {
            return Err(rest.wrong("a target's signature is missing before here"));
        }
        let [alternate] = rest.array("a target's alternate setting")?;
        let named = rest.word("a target's name")? != 0;
        let name = rest.array::<255>("a target's name")?;
        let name = name.split(|&byte| byte == 0).next().filter(|_| named).unwrap_or_default();
        let size = rest.word("a target's size")?;
        let count = rest.word("a target's number of elements")?;
        let mut body = rest.take(size, "a target")?;
        let mut elements = Vec::new();
        for _ in 0..count {
            let address = body.word("an element's address")?;
            let size = body.word("an element's size")?;
            elements.push(Segment { address, bytes: body.take(size, "an element")?.bytes.to_vec() });
        }
        body.finish("after a target's last element")?;
        Ok(Self { alternate, name: String::from_utf8_lossy(name).into_owned(), elements })
    }
}

/// What was not read yet of a file or of a part of it.
struct Rest<'a> {
    bytes: &'a [u8],
    /// Where that begins in the file.
    offset: usize,
}

impl<'a> Rest<'a> {
    fn wrong(&self, reason: impl Into<String>) -> ImageError {
        ImageError::At { offset: self.offset, reason: reason.into() }
    }

    fn too_short(&self, size: impl fmt::Display, what: &str) -> ImageError {
        self.wrong(format!("{what} takes {size} bytes, {} are left", self.bytes.len()))
    }

    fn array<const SIZE: usize>(&mut self, what: &str) -> Result<[u8; SIZE], ImageError> {
        let (array, bytes) = self.bytes.split_first_chunk().ok_or_else(|| self.too_short(SIZE, what))?;
        *self = Self { bytes, offset: self.offset + SIZE };
        Ok(*array)
    }

    fn word(&mut self, what: &str) -> Result<u32, ImageError> {
        self.array(what).map(u32::from_le_bytes)
    }

    fn take(&mut self, size: u32, what: &str) -> Result<Self, ImageError> {
        let taken = usize::try_from(size).ok().and_then(|size| self.bytes.split_at_checked(size));
        let (bytes, rest) = taken.ok_or_else(|| self.too_short(size, what))?;
        let taken = Self { bytes, offset: self.offset };
        *self = Self { bytes: rest, offset: self.offset + bytes.len() };
        Ok(taken)
    }

    fn finish(&self, place: &str) -> Result<(), ImageError> {
        match self.bytes.len() {
            0 => Ok(()),
            count => Err(self.wrong(format!("{count} bytes more than announced {place}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target's bytes, with its sizes right.
    fn target(alternate: u8, name: &str, elements: &[(u32, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (address, bytes) in elements {
            body.extend_from_slice(&address.to_le_bytes());
            body.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            body.extend_from_slice(bytes);
        }
        let mut target = b"Target".to_vec();
        target.push(alternate);
        target.extend_from_slice(&1u32.to_le_bytes());
        target.extend_from_slice(name.as_bytes());
        target.resize(266, 0);
        target.extend_from_slice(&(body.len() as u32).to_le_bytes());
        target.extend_from_slice(&(elements.len() as u32).to_le_bytes());
        target.extend(body);
        target
    }

    fn file(targets: &[Vec<u8>]) -> Vec<u8> {
        let body = targets.concat();
        let mut file = b"DfuSe\x01".to_vec();
        file.extend_from_slice(&(body.len() as u32 + 11).to_le_bytes());
        file.push(targets.len() as u8);
        file.extend(body);
        file
    }

    fn two_elements() -> Vec<u8> {
        file(&[target(0, "Internal Flash", &[(0x0800_0000, &[1, 2, 3, 4]), (0x0800_1000, &[5])])])
    }

    fn offset(file: &[u8]) -> usize {
        match parse(file, 0) {
            Err(ImageError::At { offset, .. }) => offset,
            other => panic!("no place is wrong: {other:?}"),
        }
    }

    #[test]
    fn elements_become_segments() {
        let image = parse(&two_elements(), 0).unwrap();
        let segments = [(0x0800_0000, vec![1, 2, 3, 4]), (0x0800_1000, vec![5])];
        assert_eq!(image.segments(), segments.map(|(address, bytes)| Segment { address, bytes }));
        assert_eq!(image.left_out(), []);
    }

    #[test]
    fn what_is_for_other_memories_is_left_out_and_told() {
        let targets =
            [target(1, "Option Bytes", &[(0x1FFF_7800, &[0xAA; 16])]), target(0, "Flash", &[(0x0800_0000, &[1])])];
        let image = parse(&file(&targets), 0).unwrap();
        assert_eq!(image.size(), 1);
        assert_eq!(image.left_out()[0].to_string(), "16 bytes for \"Option Bytes\" (alternate setting 1)");
        assert!(matches!(parse(&file(&targets[..1]), 0), Err(ImageError::WrongKind(_))));
    }

    #[test]
    fn the_target_of_the_devices_own_setting_is_meant_before_one_with_the_name_of_the_flash() {
        let named = target(0, "@Internal Flash  /0x08000000/16*001Kg", &[(0x0800_0000, &[1])]);
        let other = target(2, "Slot", &[(0x0800_0000, &[2, 2])]);
        let options = target(1, "Option Bytes", &[(0x1FFF_7800, &[0xAA; 16])]);
        let file = file(&[named, options, other]);
        let held = |flash| parse(&file, flash).map(|image| (image.segments()[0].bytes[0], image.left_out().len()));
        assert_eq!((held(0), held(2)), (Ok((1, 2)), Ok((2, 2))));
        assert_eq!(held(3), Ok((1, 2)), "by its name");
    }

    #[test]
    fn an_empty_target_of_the_right_setting_is_not_meant() {
        let targets = [target(0, "Internal Flash", &[]), target(1, "Internal Flash", &[(0x0800_0000, &[1])])];
        assert_eq!(parse(&file(&targets), 0).map(|image| image.size()), Ok(1));
    }

    #[test]
    fn a_file_without_elements_is_empty() {
        assert_eq!(parse(&file(&[]), 0), Err(ImageError::Empty));
        assert_eq!(parse(&file(&[target(0, "", &[])]), 0), Err(ImageError::Empty));
    }

    #[test]
    fn a_file_that_ends_too_early_is_refused_wherever_it_ends() {
        let file = two_elements();
        for length in 5..file.len() {
            assert!(offset(&file[..length]) <= length, "{length} bytes");
        }
    }

    #[test]
    fn sizes_that_lie_are_refused_where_they_stand() {
        // Of the target, of its number of elements, of its first element: each with what it is followed by.
        for (field, value, place) in [(277, u32::MAX, 285), (281, 3, 306), (281, 1, 297), (289, u32::MAX, 293)] {
            let mut file = two_elements();
            file[field..field + 4].copy_from_slice(&value.to_le_bytes());
            assert_eq!(offset(&file), place, "field at {field}");
        }
    }

    #[test]
    fn bytes_after_the_last_target_are_refused() {
        let mut file = two_elements();
        let end = file.len();
        file.push(0);
        assert_eq!(offset(&file), end);
    }

    #[test]
    fn another_version_is_refused() {
        let mut file = two_elements();
        file[5] = 2;
        assert_eq!(offset(&file), 6);
    }
}
