//! Motorola S-records.

use super::record::{add, lines, wrong};
use super::{Image, ImageError};

pub(super) fn parse(text: &[u8]) -> Result<Image, ImageError> {
    let mut segments = Vec::new();
    let mut count = 0usize;
    let (mut counted, mut ended) = (false, false);
    for (line, record) in lines(text) {
        if ended {
            return Err(wrong(line, "there is more after the end record"));
        }
        let Record { kind, number, data } = Record::parse(record).map_err(|reason| wrong(line, reason))?;
        match kind {
            // A name, for people.
            b'0' => {}
            b'1'..=b'3' if counted => return Err(wrong(line, "there is data after the count")),
            b'1'..=b'3' => {
                count += 1;
                add(&mut segments, number, &data);
            }
            _ if !data.is_empty() => return Err(wrong(line, format!("S{} carries no data", char::from(kind)))),
            b'5' | b'6' if u32::try_from(count) != Ok(number) => {
                return Err(wrong(line, format!("{number} data records are announced, {count} are there")));
            }
            b'5' | b'6' => counted = true,
            // The entry point is in the vector table; these say it again.
            _ => ended = true,
        }
    }
    // Some tools end a file that names no entry point with the count, which proves as well that nothing is missing.
    if !ended && !counted {
        return Err(ImageError::CutOff);
    }
    Image::new(segments)
}

/// One line.
struct Record {
    /// The digit after the S.
    kind: u8,
    /// The address, or the count of data records.
    number: u32,
    data: Vec<u8>,
}

impl Record {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let (kind, digits) = match line {
            [b'S', kind @ (b'0'..=b'3' | b'5'..=b'9'), digits @ ..] => (*kind, digits),
            [b'S', kind, ..] => return Err(format!("there is no record S{}", char::from(*kind).escape_default())),
            _ => return Err("a record begins with S".into()),
        };
        let bytes = bytes(digits)?;
        let [length, body @ .., checksum] = &bytes[..] else {
            return Err("too short".into());
        };
        if usize::from(*length) != body.len() + 1 {
            return Err(format!("{length} bytes are announced, {} are there", body.len() + 1));
        }
        let sum = !body.iter().fold(*length, |sum, byte| sum.wrapping_add(*byte));
        if sum != *checksum {
            return Err(format!("the checksum is {checksum:02X}, the contents have {sum:02X}"));
        }
        let width = match kind {
            b'0' | b'1' | b'5' | b'9' => 2,
            b'2' | b'6' | b'8' => 3,
            _ => 4,
        };
        let (number, data) = body.split_at_checked(width).ok_or("too short")?;
        let number = number.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        Ok(Self { kind, number, data: data.to_vec() })
    }
}

/// Pairs of hexadecimal digits as bytes.
fn bytes(digits: &[u8]) -> Result<Vec<u8>, String> {
    if !digits.len().is_multiple_of(2) {
        return Err("half a byte is missing".into());
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or("what follows the type must be hexadecimal digits");
    // Two digits are at most 0xFF.
    digits.chunks_exact(2).map(|pair| Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Segment;

    const FILE: &str =
        "S00600004844521B\r\nS30908000000010203 04E4\r\nS30908000004050607 08D0\r\nS5030002FA\r\nS70508000000F2\r\n";

    fn file() -> String {
        FILE.replace(' ', "")
    }

    fn reason(text: &str) -> (usize, String) {
        match parse(text.as_bytes()) {
            Err(ImageError::Line { line, reason }) => (line, reason),
            other => panic!("no line is wrong: {other:?}"),
        }
    }

    #[test]
    fn lines_become_one_segment_at_their_address() {
        let image = parse(file().as_bytes()).unwrap();
        assert_eq!(image.segments(), [Segment { address: 0x0800_0000, bytes: (1..9).collect() }]);
    }

    #[test]
    fn addresses_have_two_three_or_four_bytes() {
        let image = parse(b"S1041234AB0A\nS205123456CD91\nS804000000FB\n").unwrap();
        let segments =
            [(0x1234, 0xAB), (0x12_3456, 0xCD)].map(|(address, byte)| Segment { address, bytes: vec![byte] });
        assert_eq!(image.segments(), segments);
    }

    #[test]
    fn a_wrong_checksum_is_told_with_its_line() {
        assert_eq!(reason(&file().replace("04E4", "05E4")), (2, "the checksum is E4, the contents have E3".into()));
    }

    #[test]
    fn a_line_of_another_length_than_it_says_is_refused() {
        assert_eq!(
            reason(&file().replace("S309080000040", "S30A080000040")),
            (3, "10 bytes are announced, 9 are there".into())
        );
        assert_eq!(reason(&file().replace("S5030002FA", "S502FD")), (4, "2 bytes are announced, 1 are there".into()));
        assert_eq!(reason(&file().replace("S5030002FA", "S50200FD")), (4, "too short".into()));
    }

    #[test]
    fn a_missing_line_is_told_by_the_count() {
        let text = file().replace("S3090800000405060708D0\r\n", "");
        assert_eq!(reason(&text), (3, "2 data records are announced, 1 are there".into()));
    }

    #[test]
    fn what_is_no_record_is_told_with_its_line() {
        assert_eq!(reason(&file().replace("S503", "S403")), (4, "there is no record S4".into()));
        assert_eq!(reason(&file().replace("S503", "T503")), (4, "a record begins with S".into()));
        assert_eq!(reason(&file().replace("S503", "S5G3")).0, 4);
        assert_eq!(reason(&file().replace("S503", "S53")), (4, "half a byte is missing".into()));
    }

    #[test]
    fn a_file_with_neither_end_nor_count_is_cut_off() {
        let without_end = file().replace("S70508000000F2\r\n", "");
        assert!(parse(without_end.as_bytes()).is_ok());
        assert_eq!(parse(without_end.replace("S5030002FA\r\n", "").as_bytes()), Err(ImageError::CutOff));
    }

    #[test]
    fn what_follows_the_end_or_the_count_is_told_with_its_line() {
        assert_eq!(reason(&format!("{}S5030002FA\n", file())).0, 6);
        let data = "S3090800000405060708D0\r\n";
        let text = file().replace(data, "").replace("S5030002FA", "S5030001FB").replace("S705", &format!("{data}S705"));
        assert_eq!(reason(&text), (4, "there is data after the count".into()));
    }
}
