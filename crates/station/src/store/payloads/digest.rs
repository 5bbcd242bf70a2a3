//! What tells a payload from all others.

use std::fmt;
use std::str::FromStr;

use md5::Md5;
use release_feed::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The SHA-256 of a payload: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayloadId(String);

impl PayloadId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PayloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a payload is named by 64 lower-case hexadecimal digits")]
pub struct PayloadIdError;

impl FromStr for PayloadId {
    type Err = PayloadIdError;

    fn from_str(text: &str) -> Result<Self, PayloadIdError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(is_digit) { Ok(Self(text.to_owned())) } else { Err(PayloadIdError) }
    }
}

/// What tells a payload from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Digests {
    /// Bytes.
    pub size: u64,
    /// MD5, hexadecimal.
    pub md5: String,
    /// SHA-1, hexadecimal.
    pub sha1: String,
    /// SHA-256.
    pub id: PayloadId,
}

/// Digests of bytes that come one after the other.
#[derive(Default)]
pub(super) struct Digesting {
    /// Bytes so far.
    pub size: u64,
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Digesting {
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    pub fn finish(self) -> Digests {
        Digests {
            size: self.size,
            md5: hex(&self.md5.finalize()),
            sha1: hex(&self.sha1.finalize()),
            id: PayloadId(hex(&self.sha256.finalize())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_named_by_64_lower_case_digits() {
        assert!("0123456789abcdef".repeat(4).parse::<PayloadId>().is_ok());
        for wrong in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            assert_eq!(wrong.parse::<PayloadId>(), Err(PayloadIdError), "{wrong}");
        }
    }

    #[test]
    fn bytes_have_the_digests_of_the_standards() {
        let mut digesting = Digesting::default();
        digesting.update(b"a");
        digesting.update(b"bc");
        let digests = digesting.finish();
        // The digests of "abc" are test vectors of RFC 1321 and FIPS 180.
        assert_eq!((digests.size, &*digests.md5), (3, "900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(digests.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(digests.id.as_str().starts_with("ba7816bf8f01cfea"));
    }
}
