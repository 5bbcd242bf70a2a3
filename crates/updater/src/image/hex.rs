//! Intel HEX.

use ihex::Record;

use super::record::{add, lines, wrong};
use super::{Image, ImageError};

pub(super) fn parse(text: &[u8]) -> Result<Image, ImageError> {
    let mut segments = Vec::new();
    let mut base = 0u32;
    let mut ended = false;
    for (line, record) in lines(text) {
        if ended {
            return Err(wrong(line, "there is more after the end record"));
        }
        let record = core::str::from_utf8(record).map_err(|_| wrong(line, "not text"))?;
        match Record::from_record_string(record).map_err(|error| wrong(line, error))? {
            // At most 0xFFFF0000 and 0xFFFF.
            Record::Data { offset, value } => add(&mut segments, base + u32::from(offset), &value),
            Record::ExtendedLinearAddress(upper) => base = u32::from(upper) << 16,
            Record::ExtendedSegmentAddress(segment) => base = u32::from(segment) << 4,
            // The entry point is in the vector table; these say it again.
            Record::StartLinearAddress(_) | Record::StartSegmentAddress { .. } => {}
            Record::EndOfFile => ended = true,
        }
    }
    if !ended {
        return Err(ImageError::CutOff);
    }
    Image::new(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Segment;

    const TWO_LINES: &str = ":020000040800F2\r\n:0400000000010203F6\r\n:0400040004050607E2\r\n:00000001FF\r\n";

    #[test]
    fn lines_become_one_segment_at_their_address() {
        let image = parse(TWO_LINES.as_bytes()).unwrap();
        assert_eq!(image.segments(), [Segment { address: 0x0800_0000, bytes: (0..8).collect() }]);
    }

    #[test]
    fn a_wrong_checksum_is_told_with_its_line() {
        let text = TWO_LINES.replace("F6", "F7");
        assert!(matches!(parse(text.as_bytes()), Err(ImageError::Line { line: 2, .. })));
    }

    #[test]
    fn a_file_without_its_end_is_cut_off() {
        let text = TWO_LINES.replace(":00000001FF\r\n", "");
        assert_eq!(parse(text.as_bytes()), Err(ImageError::CutOff));
    }

    #[test]
    fn two_lines_for_one_address_overlap() {
        let text = TWO_LINES.replace(":0400040004050607E2", ":0400020004050607E4");
        assert_eq!(parse(text.as_bytes()), Err(ImageError::Overlap { address: 0x0800_0002 }));
    }

    #[test]
    fn bytes_past_the_last_address_are_refused() {
        let text = ":02000004FFFFFC\n:02FFFF000102FD\n:00000001FF";
        assert_eq!(parse(text.as_bytes()), Err(ImageError::PastEnd { address: u32::MAX }));
    }

    #[test]
    fn segment_addresses_count_sixteen_bytes() {
        let image = parse(b":020000021000EC\n:0400000000010203F6\n:00000001FF").unwrap();
        assert_eq!(image.start(), 0x1_0000);
    }

    #[test]
    fn text_after_the_end_is_told_with_its_line() {
        let text = format!("{TWO_LINES}:0400000000010203F6\r\n");
        assert!(matches!(parse(text.as_bytes()), Err(ImageError::Line { line: 5, .. })));
    }
}
