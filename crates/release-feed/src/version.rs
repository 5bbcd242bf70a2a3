//! Versions of software: texts, ordered where they can be.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use crate::NameError;

/// The most characters in a version.
const LONGEST: usize = 128;

/// A version as a device reports it. Any text that is not blank; two are ordered if both are semantic versions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    text: String,
    /// Read once: a station compares a device's version with those of all releases.
    semantic: Option<semver::Version>,
}

impl Version {
    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How this version stands to `other`; `None` unless they are equal or both are semantic versions.
    ///
    /// A leading `v` is passed over, and build metadata counts only for equality, as semantic versioning has it.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        Some(self.semantic.as_ref()?.cmp_precedence(other.semantic.as_ref()?))
    }
}

impl FromStr for Version {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err(NameError::Empty)
        } else if length > LONGEST {
            Err(NameError::TooLong(length))
        } else if let Some(found) = text.chars().find(|c| c.is_control()) {
            Err(NameError::Character { found, allowed: "what can be printed" })
        } else {
            let semantic = semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).ok();
            Ok(Self { text: text.to_owned(), semantic })
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Option<Ordering> {
        a.parse::<Version>().unwrap().order(&b.parse().unwrap())
    }

    #[test]
    fn semantic_versions_are_ordered() {
        assert_eq!(order("1.10.0", "1.9.0"), Some(Ordering::Greater));
        assert_eq!(order("1.0.0-alpha", "1.0.0"), Some(Ordering::Less));
        assert_eq!(order("v1.2.0", "1.2.1"), Some(Ordering::Less));
        assert_eq!(order("1.0.0+a", "1.0.0+b"), Some(Ordering::Equal));
    }

    #[test]
    fn other_texts_are_equal_or_not_ordered() {
        assert_eq!(order("nightly", "nightly"), Some(Ordering::Equal));
        assert_eq!(order("nightly", "1.0.0"), None);
    }

    #[test]
    fn a_blank_text_is_no_version() {
        assert_eq!(" ".parse::<Version>().unwrap_err(), NameError::Empty);
    }
}
