//! Writing Intel HEX, for what was read out of a flash.

use core::fmt::Write;

/// Bytes a line, as most tools write them.
const LINE: usize = 16;

/// `bytes` from `address` on as a file, with its lines ended as the format's own tools do.
pub fn intel_hex(address: u32, bytes: &[u8]) -> String {
    let mut file = String::with_capacity(bytes.len() * 3);
    let mut upper = None;
    let mut at = 0;
    while at < bytes.len() {
        let here = address.wrapping_add(at as u32);
        if upper != Some(here >> 16) {
            upper = Some(here >> 16);
            record(&mut file, 0, 4, &((here >> 16) as u16).to_be_bytes());
        }
        // No line goes past 64 KiB.
        let length = LINE.min(bytes.len() - at).min(0x1_0000 - (here & 0xFFFF) as usize);
        record(&mut file, here as u16, 0, &bytes[at..at + length]);
        at += length;
    }
    record(&mut file, 0, 1, &[]);
    file
}

fn record(file: &mut String, offset: u16, kind: u8, data: &[u8]) {
    let [high, low] = offset.to_be_bytes();
    let body = [data.len() as u8, high, low, kind];
    let sum = body.iter().chain(data).fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
    file.push(':');
    for byte in body.iter().chain(data).chain([&sum]) {
        let _ = write!(file, "{byte:02X}");
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use updater::{Image, Segment};

    use super::*;

    #[test]
    fn a_line_is_as_the_format_says() {
        assert_eq!(intel_hex(0x0800_0000, &[1, 2, 3]), ":020000040800F2\r\n:03000000010203F7\r\n:00000001FF\r\n");
    }

    #[test]
    fn what_was_written_is_read_again_across_64_kib() {
        let (address, bytes) = (0x0800_FFF3, (0..1000u32).map(|n| (n * 7) as u8).collect::<Vec<_>>());
        let image = Image::parse(intel_hex(address, &bytes).as_bytes(), 0).unwrap();
        assert_eq!(image.segments(), [Segment { address, bytes }]);
    }
}
