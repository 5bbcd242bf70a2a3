//! The page's address as a link that support made.

use release_feed::{LINK_UNTIL, PublicKey, Signature, is_day, link_statement, split_link};

/// The parameters that decide what is done with a device. All others are only about how the page looks, and how the
/// simulated device is.
pub const DECIDING: [&str; 8] =
    ["device_serial", "hardware_version", "software_type", "current_version", "release", "cohort", "baud", "wiring"];

/// Why nothing of what a link asks for is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It is not signed as the deployment wants it.
    Unsigned,
    /// It was good until this day.
    Ended(String),
}

impl Doubt {
    /// Whether a link, its parameters looked up by `parameter`, is over on the day `today`, `2026-11-24` in UTC. An end that
    /// nobody can read is over: there was to be one.
    pub fn of_end(parameter: impl Fn(&str) -> Option<String>, today: &str) -> Option<Self> {
        let until = parameter(LINK_UNTIL)?;
        let is_good = is_day(&until) && today <= until.as_str();
        (!is_good).then_some(Self::Ended(until))
    }
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// The parameters that count, `a=b&c=d`, as they stand in the address.
    pub parameters: &'a str,
    /// The signature of these.
    signature: Option<Signature>,
}

impl<'a> Link<'a> {
    /// The link with these parameters, as they stand in the address, with or without a `?` before them.
    pub fn of(parameters: &'a str) -> Self {
        let (parameters, signature) = split_link(parameters.trim_start_matches('?'));
        Self { parameters, signature }
    }

    /// What is to be checked before the link is believed by a page that wants links by `key`: a signature, and of which text
    /// it must be. `None` where it has none, and is not believed.
    pub fn to_check(&self, key: Option<PublicKey>) -> Option<(PublicKey, Signature, String)> {
        Some((key?, self.signature?, link_statement(self.parameters)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_through_its_last_day_and_one_that_says_no_day_is_over() {
        let doubt =
            |until: Option<&str>| Doubt::of_end(|name| until.filter(|_| name == "until").map(Into::into), "2026-11-24");
        for good in [None, Some("2026-11-24"), Some("2027-01-01")] {
            assert_eq!(doubt(good), None, "{good:?}");
        }
        for over in ["2026-11-23", "2025-12-31", "31.12.2026", "9", "tomorrow", ""] {
            assert_eq!(doubt(Some(over)), Some(Doubt::Ended(over.to_owned())));
        }
    }

    #[test]
    fn what_stands_behind_a_signature_does_not_count() {
        let address = format!("?release=1.2.0&sig={}&hardware_version=evt", "0a".repeat(64));
        let link = Link::of(&address);
        assert_eq!(link.parameters, "release=1.2.0");
        let key = release_feed::Bytes([1; 32]);
        let (_, _, statement) = link.to_check(Some(key)).unwrap();
        assert_eq!(statement, "fieldflash link, format 1\nrelease=1.2.0\n");
        assert_eq!(Link::of("?release=1.2.0").to_check(Some(key)), None);
    }
}
