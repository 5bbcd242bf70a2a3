//! Links to the page that its deployment has signed: what they ask for was asked for by support, and by nobody else.
//!
//! A link's parameters stand as they are in what is signed, and the signature after them, so that any tool can make one.

use crate::Signature;

/// The parameter with the signature: what stands before it is signed.
pub const LINK_SIGNATURE: &str = "sig";

/// The parameter with the last day on which a link is good, `2026-12-31`, that day included, in UTC.
pub const LINK_UNTIL: &str = "until";

/// Whether a text is written as [`LINK_UNTIL`] has to be, so that days in order of time are texts in order. That there is such
/// a day is not looked at: it ends, either way.
pub fn is_day(text: &str) -> bool {
    let is_right = |(at, c): (usize, u8)| if matches!(at, 4 | 7) { c == b'-' } else { c.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(is_right)
}

/// What is signed of a link with these parameters, `a=b&c=d`, as they stand in the address.
pub fn link_statement(parameters: &str) -> String {
    format!("fieldflash link, format 1\n{parameters}\n")
}

/// A link's parameters in two: those that are signed, or would be if there were a signature; and the signature. What mail
/// programs put behind it is no part of either.
pub fn split_link(parameters: &str) -> (&str, Option<Signature>) {
    let places = || parameters.match_indices(LINK_SIGNATURE);
    let is_one = |at: usize| {
        (at == 0 || parameters[..at].ends_with('&')) && parameters[at + LINK_SIGNATURE.len()..].starts_with('=')
    };
    let Some(at) = places().map(|(at, _)| at).find(|&at| is_one(at)) else { return (parameters, None) };
    let value = &parameters[at + LINK_SIGNATURE.len() + 1..];
    let signature = value.split('&').next().and_then(|value| value.parse().ok());
    (parameters[..at].trim_end_matches('&'), signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bytes;

    #[test]
    fn a_signature_holds_for_what_stands_before_it() {
        let signature = "0a".repeat(64);
        let link = format!("hardware_version=mp&release=1.2.0&sig={signature}&utm_source=mail");
        assert_eq!(split_link(&link), ("hardware_version=mp&release=1.2.0", Some(Bytes([10; 64]))));
        assert_eq!(split_link(&format!("sig={signature}")), ("", Some(Bytes([10; 64]))));
    }

    #[test]
    fn a_day_is_one_as_it_is_compared() {
        for (day, is_one) in [
            ("2026-12-31", true),
            ("2026-1-1", false),
            ("31.12.2026", false),
            ("2026-12-31T00:00Z", false),
            ("2026-12-+1", false),
            ("", false),
        ] {
            assert_eq!(is_day(day), is_one, "{day}");
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        assert_eq!(split_link("release=1.2.0"), ("release=1.2.0", None));
        assert_eq!(split_link("release=1.2.0&sig=12"), ("release=1.2.0", None));
        // Words that only hold the name are parameters like others.
        assert_eq!(split_link("design=1&sig_a=2"), ("design=1&sig_a=2", None));
        assert_eq!(split_link(""), ("", None));
    }

    #[test]
    fn the_first_signature_counts_so_that_nothing_can_be_put_before_it_unsigned() {
        let (good, other) = ("0a".repeat(64), "0b".repeat(64));
        let link = format!("a=1&sig={good}&b=2&sig={other}");
        let (signed, signature) = split_link(&link);
        assert_eq!((signed, signature), ("a=1", Some(Bytes([10; 64]))));
    }
}
