//! What Intel HEX and S-record files share: numbered lines, and data that mostly goes on where the last line ended.

use super::{ImageError, Segment};

/// The lines that are not blank, each with its number from 1 and without white space around it.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// An error in line `line`.
pub(super) fn wrong(line: usize, reason: impl ToString) -> ImageError {
    ImageError::Line { line, reason: reason.to_string() }
}

/// Adds the data of one line. Joining here keeps big files quick.
pub(super) fn add(segments: &mut Vec<Segment>, address: u32, bytes: &[u8]) {
    match segments.last_mut() {
        Some(last) if u64::from(last.address) + last.bytes.len() as u64 == u64::from(address) => {
            last.bytes.extend_from_slice(bytes);
        }
        _ => segments.push(Segment { address, bytes: bytes.to_vec() }),
    }
}
