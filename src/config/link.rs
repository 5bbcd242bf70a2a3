//! The page's address as a link that support made.

use release_feed::{PublicKey, Signature, link_statement, split_link};

/// The parameters that decide what is done with a device. All others are only about how the page looks, and how the
/// simulated device is.
pub const DECIDING: [&str; 8] =
    ["device_serial", "hardware_version", "software_type", "current_version", "release", "cohort", "baud", "wiring"];

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
