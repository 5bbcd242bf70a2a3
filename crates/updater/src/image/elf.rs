//! ELF: the parts of a linked program that are to be in flash, each at its load address.

use object::LittleEndian;
use object::elf::{
    ELFCLASS32, ELFDATA2LSB, EM_ARM, ET_CORE, ET_DYN, ET_EXEC, ET_REL, FileHeader32, PT_LOAD, ProgramHeader32,
    SHF_ALLOC, SHT_NOBITS, SectionHeader32,
};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use super::{Image, ImageError, Segment};

const LE: LittleEndian = LittleEndian;
type Program = ProgramHeader32<LittleEndian>;
type Section = SectionHeader32<LittleEndian>;

pub(super) fn parse(file: &[u8]) -> Result<Image, ImageError> {
    // Of a 64-bit or big-endian file nothing more could be read as the fields of this one.
    match file {
        [_, _, _, _, class, ..] if *class != ELFCLASS32.0 => {
            return Err(ImageError::WrongKind("an ELF file for a 64-bit processor"));
        }
        [_, _, _, _, _, order, ..] if *order != ELFDATA2LSB.0 => {
            return Err(ImageError::WrongKind("an ELF file for a big-endian processor"));
        }
        _ => {}
    }
    let header = FileHeader32::<LittleEndian>::parse(file)
        .map_err(|_| wrong(0, "the header is cut off or not of ELF version 1"))?;
    if header.e_machine(LE) != EM_ARM {
        return Err(ImageError::WrongKind("an ELF file for another processor than ARM"));
    }
    match header.e_type(LE) {
        ET_EXEC => {}
        ET_REL => return Err(ImageError::WrongKind("an object file, which is still to be linked")),
        ET_DYN => return Err(ImageError::WrongKind("a shared library or a program without fixed addresses")),
        ET_CORE => return Err(ImageError::WrongKind("a memory dump")),
        _ => return Err(ImageError::WrongKind("an ELF file that is no program")),
    }
    let table = place(header.e_phoff(LE));
    let programs = header
        .program_headers(LE, file)
        .map_err(|_| wrong(table, "the table of segments is cut off or its entries have another size than 32 bytes"))?;
    // Without sections there is nothing to look up in them.
    let sections = header.section_headers(LE, file).unwrap_or_default();
    let (mut segments, mut total) = (Vec::new(), 0usize);
    for program in programs.iter().filter(|program| program.p_type(LE) == PT_LOAD && program.p_filesz(LE) > 0) {
        let (address, bytes) = contents(program, file, sections)?;
        // Segments share no bytes in a program that was linked; in one that was forged they could fill the memory.
        total = total.saturating_add(bytes.len());
        if total > file.len() {
            return Err(wrong(table, "the segments hold more bytes than the file"));
        }
        segments.push(Segment { address, bytes: bytes.to_vec() });
    }
    if segments.is_empty() {
        return Err(ImageError::WrongKind("an ELF file without anything to load"));
    }
    Image::new(segments)
}

/// The bytes of a segment that are to be in flash, and where.
fn contents<'a>(program: &Program, file: &'a [u8], sections: &[Section]) -> Result<(u32, &'a [u8]), ImageError> {
    let start = place(program.p_offset(LE));
    let address = program.p_paddr(LE);
    let bytes = program.data(LE, file).map_err(|()| {
        wrong(start, format!("a segment of {} bytes for 0x{address:08X} runs past the end", program.p_filesz(LE)))
    })?;
    if start >= size_of::<FileHeader32<LittleEndian>>() {
        return Ok((address, bytes));
    }
    // A linker that aligns segments to pages lets the first one begin with the file's own headers when the program does
    // not begin on a page. They belong to no section and, written, would overwrite what lies before the program.
    let skipped = sections
        .iter()
        .filter(|section| section.sh_flags(LE).0 & SHF_ALLOC.0 != 0 && section.sh_type(LE) != SHT_NOBITS)
        .filter(|section| section.sh_size(LE) > 0)
        .map(|section| place(section.sh_offset(LE)))
        .min()
        .filter(|&offset| offset >= size_of::<FileHeader32<LittleEndian>>())
        .map(|offset| offset - start)
        .filter(|&skipped| skipped < bytes.len())
        .ok_or_else(|| wrong(start, "a segment holds the file's own headers, and no section says where they end"))?;
    let address = u32::try_from(skipped)
        .ok()
        .and_then(|skipped| address.checked_add(skipped))
        .ok_or(ImageError::PastEnd { address })?;
    Ok((address, &bytes[skipped..]))
}

/// An offset of the file; one beyond all memory is past the end of every file.
fn place(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn wrong(offset: usize, reason: impl Into<String>) -> ImageError {
    ImageError::At { offset, reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: usize = 52;
    const SEGMENT: usize = 32;

    /// A program whose segments are as in `(offset, address, size)`, in a file of 512 bytes that count up.
    fn program(segments: &[(u32, u32, u32)]) -> Vec<u8> {
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend([2, 0, 40, 0, 1, 0, 0, 0]);
        for word in [0x0800_0001, HEADER as u32, 0, 0x0500_0000] {
            file.extend(word.to_le_bytes());
        }
        for half in [HEADER, SEGMENT, segments.len(), 40, 0, 0] {
            file.extend((half as u16).to_le_bytes());
        }
        for (offset, address, size) in segments {
            for word in [1, *offset, 0x2000_0000, *address, *size, *size, 7, 4] {
                file.extend(word.to_le_bytes());
            }
        }
        file.extend((file.len()..512).map(|at| at as u8));
        file
    }

    fn kind(change: impl Fn(&mut [u8])) -> &'static str {
        let mut file = program(&[(256, 0x0800_0000, 4)]);
        change(&mut file);
        match parse(&file) {
            Err(ImageError::WrongKind(kind)) => kind,
            other => panic!("the kind is not refused: {other:?}"),
        }
    }

    #[test]
    fn segments_lie_at_their_load_address() {
        let image = parse(&program(&[(256, 0x0800_0000, 4), (300, 0x0800_0100, 2), (0, 0x0800_2000, 0)])).unwrap();
        let segments = [(0x0800_0000, vec![0, 1, 2, 3]), (0x0800_0100, vec![44, 45])];
        assert_eq!(image.segments(), segments.map(|(address, bytes)| Segment { address, bytes }));
    }

    #[test]
    fn a_file_is_read_wherever_it_lies_in_memory() {
        let file = program(&[(256, 0x0800_0000, 4)]);
        for shift in 0..4 {
            let shifted = [vec![0; shift], file.clone()].concat();
            assert!(parse(&shifted[shift..]).is_ok(), "{shift} bytes further");
        }
    }

    #[test]
    fn what_is_no_program_for_the_chip_is_named() {
        assert!(kind(|file| file[4] = 2).contains("64-bit"));
        assert!(kind(|file| file[5] = 2).contains("big-endian"));
        assert!(kind(|file| file[18] = 62).contains("another processor"));
        assert!(kind(|file| file[16] = 1).contains("object file"));
        assert!(kind(|file| file[16] = 3).contains("shared library"));
        assert!(kind(|file| file[16] = 4).contains("memory dump"));
        assert!(kind(|file| file[16] = 9).contains("no program"));
        assert!(kind(|file| file[HEADER] = 2).contains("anything to load"));
    }

    #[test]
    fn a_segment_that_runs_past_the_end_is_told_with_its_place() {
        assert!(matches!(parse(&program(&[(510, 0x0800_0000, 4)])), Err(ImageError::At { offset: 510, .. })));
        assert!(matches!(parse(&program(&[(256, 0x0800_0000, u32::MAX)])), Err(ImageError::At { offset: 256, .. })));
    }

    #[test]
    fn a_file_that_ends_in_its_tables_is_refused() {
        let file = program(&[(256, 0x0800_0000, 4)]);
        for length in 4..HEADER + SEGMENT {
            assert!(matches!(parse(&file[..length]), Err(ImageError::At { .. })), "{length} bytes");
        }
    }

    #[test]
    fn segments_that_share_their_bytes_cannot_fill_the_memory() {
        let segments = [0, 1, 2].map(|n| (256, 0x0800_0000 + n * 0x1000, 256));
        assert!(parse(&program(&segments[..2])).is_ok());
        assert!(matches!(parse(&program(&segments)), Err(ImageError::At { offset: HEADER, .. })));
    }

    #[test]
    fn the_files_own_headers_are_never_flashed() {
        assert!(matches!(parse(&program(&[(0, 0x0800_0000, 512)])), Err(ImageError::At { offset: 0, .. })));
    }

    #[test]
    fn segments_that_overlap_or_wrap_around_are_refused() {
        let overlap = program(&[(256, 0x0800_0000, 8), (264, 0x0800_0004, 8)]);
        assert_eq!(parse(&overlap), Err(ImageError::Overlap { address: 0x0800_0004 }));
        assert_eq!(parse(&program(&[(256, u32::MAX, 2)])), Err(ImageError::PastEnd { address: u32::MAX }));
    }
}
