//! Build ids that are in an image, whatever kind of file it came from.

use core::fmt;

use updater::{Image, Segment};

/// Of a note: the lengths of its name and of what it describes, its kind, its name (ELF, "Note Section"). A build id has
/// kind 3 and is called GNU; SHA-1 and its kin have 20 bytes.
const GNU: [u8; 16] = *b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0";
/// Bytes of either.
const LENGTH: usize = 20;
/// What Memfault's script calls a build id that it has put in itself (`memfault_build_id_private.h`).
const MEMFAULT_SHA1: u8 = 3;

/// A build id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildId {
    /// Who made it.
    pub maker: Maker,
    /// The id.
    pub bytes: [u8; LENGTH],
}

/// Who makes build ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The linker.
    Gnu,
    /// Memfault's script.
    Memfault,
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl BuildId {
    /// The first one in an image.
    pub fn of(image: &Image) -> Option<Self> {
        image.segments().iter().find_map(|segment| gnu(segment).or_else(|| memfault(segment, image)))
    }
}

/// All places of a segment at which a word can be.
fn words(segment: &Segment) -> impl Iterator<Item = &[u8]> {
    let first = segment.address.wrapping_neg() as usize % 4;
    (first..segment.bytes.len()).step_by(4).map(|at| &segment.bytes[at..])
}

fn gnu(segment: &Segment) -> Option<BuildId> {
    let bytes = words(segment).find_map(|rest| rest.strip_prefix(&GNU)?.first_chunk().copied())?;
    Some(BuildId { maker: Maker::Gnu, bytes })
}

/// What Memfault's script has filled in: its kind, its length, how much of it is reported, a zero, and where it is.
fn memfault(segment: &Segment, image: &Image) -> Option<BuildId> {
    words(segment).find_map(|rest| {
        let &[MEMFAULT_SHA1, length, reported, 0, a, b, c, d, ..] = rest else { return None };
        let address = u32::from_le_bytes([a, b, c, d]);
        let holds = |segment: &&Segment| segment.range().contains(&address);
        if usize::from(length) != LENGTH || reported > length {
            return None;
        }
        let holder = image.segments().iter().find(holds)?;
        let bytes = *holder.bytes[(address - holder.address) as usize..].first_chunk()?;
        // Before the script has run it is a one and zeros.
        bytes[1..].iter().any(|&byte| byte != 0).then_some(BuildId { maker: Maker::Memfault, bytes })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u32 = 0x0800_0000;

    fn image(offset: usize, parts: &[&[u8]]) -> Image {
        let mut bytes = vec![0x55; offset];
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.resize(bytes.len() + 7, 0xAA);
        Image::new(vec![Segment { address: BASE, bytes }]).unwrap()
    }

    fn id() -> [u8; LENGTH] {
        core::array::from_fn(|index| index as u8 * 11 + 1)
    }

    #[test]
    fn the_linkers_note_is_found_and_reads_as_debuggers_write_it() {
        let found = BuildId::of(&image(512, &[&GNU, &id()])).unwrap();
        assert_eq!(found, BuildId { maker: Maker::Gnu, bytes: id() });
        assert!(found.to_string().starts_with("010c17222d"), "{found}");
    }

    #[test]
    fn what_is_not_at_a_words_place_is_no_note() {
        assert_eq!(BuildId::of(&image(513, &[&GNU, &id()])), None);
    }

    #[test]
    fn memfaults_own_is_found_where_its_record_points() {
        let place = (BASE + 520).to_le_bytes();
        let record = [MEMFAULT_SHA1, 20, 6, 0];
        let found = BuildId::of(&image(512, &[&record, &place, &id()])).unwrap();
        assert_eq!(found, BuildId { maker: Maker::Memfault, bytes: id() });
    }

    #[test]
    fn a_record_that_was_not_filled_in_or_points_out_of_the_image_is_none() {
        let mut empty = [0; LENGTH];
        empty[0] = 1;
        let inside = (BASE + 520).to_le_bytes();
        assert_eq!(BuildId::of(&image(512, &[&[MEMFAULT_SHA1, 20, 6, 0], &inside, &empty])), None);
        let outside = 0x2000_0000u32.to_le_bytes();
        assert_eq!(BuildId::of(&image(512, &[&[MEMFAULT_SHA1, 20, 6, 0], &outside, &id()])), None);
        assert_eq!(BuildId::of(&image(512, &[&[1, 20, 6, 0], &inside, &id()])), None, "it says that there is none");
    }
}
