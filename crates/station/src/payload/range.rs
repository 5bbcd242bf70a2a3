//! The one byte range that a request asks for (RFC 9110, section 14).

use std::ops::Range;

/// What of a payload is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range is asked for, or none that must be understood.
    Whole,
    /// These bytes; never none.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Unsatisfiable,
}

impl Wanted {
    /// Reads the `Range` header of a request for a payload of `length` bytes.
    ///
    /// Several ranges at once are answered with the whole, as a server may.
    pub fn parse(header: Option<&str>, length: u64) -> Self {
        let Some((unit, range)) = header.and_then(|header| header.split_once('=')) else { return Self::Whole };
        let Some((first, last)) = range.trim().split_once('-') else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let range = match (position(first), position(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
            (Some(first), None) if last.is_empty() => first..length,
            (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
            _ => return Self::Whole,
        };
        if range.is_empty() { Self::Unsatisfiable } else { Self::Part(range) }
    }
}

/// A number of decimal digits and nothing else. One that is too large is as good as the largest.
fn position(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Wanted::{Part, Unsatisfiable, Whole};
    use super::*;

    fn wanted(header: &str) -> Wanted {
        Wanted::parse(Some(header), 1000)
    }

    #[test]
    fn a_range_is_of_first_and_last_byte() {
        assert_eq!(wanted("bytes=0-0"), Part(0..1));
        assert_eq!(wanted("bytes=10-19"), Part(10..20));
        assert_eq!(wanted("bytes=10-"), Part(10..1000));
        assert_eq!(wanted("bytes=990-5000"), Part(990..1000));
    }

    #[test]
    fn a_suffix_counts_from_the_end() {
        assert_eq!(wanted("bytes=-10"), Part(990..1000));
        assert_eq!(wanted("bytes=-5000"), Part(0..1000));
    }

    #[test]
    fn bytes_beyond_the_end_cannot_be_had() {
        assert_eq!(wanted("bytes=1000-"), Unsatisfiable);
        assert_eq!(wanted("bytes=99999999999999999999-"), Unsatisfiable);
        assert_eq!(wanted("bytes=-0"), Unsatisfiable);
    }

    #[test]
    fn what_is_no_single_range_gives_the_whole() {
        assert_eq!(Wanted::parse(None, 1000), Whole);
        for header in ["bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "bytes=+1-2", "lines=0-1", "bytes 0-1"] {
            assert_eq!(wanted(header), Whole, "{header}");
        }
    }
}
