//! Hashes of a payload, taken as it comes.

use core::fmt::Write;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::Artifact;

/// The hashes that an artifact states, of the bytes so far.
pub(crate) struct Hashes {
    sha256: Option<(Sha256, String)>,
    md5: Option<(Md5, String)>,
}

/// The name of a hash that came out differently, what it is to be and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub name: &'static str,
    pub expected: String,
    pub found: String,
}

impl Hashes {
    pub(crate) fn of(artifact: &Artifact) -> Self {
        Self {
            sha256: stated(&artifact.sha256).map(|hash| (Sha256::new(), hash)),
            md5: stated(&artifact.md5).map(|hash| (Md5::new(), hash)),
        }
    }

    /// Whether the artifact states any.
    pub(crate) fn any(&self) -> bool {
        self.sha256.is_some() || self.md5.is_some()
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some((hash, _)) = &mut self.sha256 {
            hash.update(bytes);
        }
        if let Some((hash, _)) = &mut self.md5 {
            hash.update(bytes);
        }
    }

    /// Compares with what was stated.
    pub(crate) fn check(self) -> Result<(), Mismatch> {
        compare("SHA-256", self.sha256)?;
        compare("MD5", self.md5)
    }
}

/// The hash in lower case, if there is one.
pub(crate) fn stated(hash: &Option<String>) -> Option<String> {
    hash.as_deref().map(str::to_ascii_lowercase).filter(|hash| !hash.is_empty())
}

fn compare<D: Digest>(name: &'static str, hash: Option<(D, String)>) -> Result<(), Mismatch> {
    let Some((hash, expected)) = hash else { return Ok(()) };
    let found = hex(&hash.finalize());
    if found == expected { Ok(()) } else { Err(Mismatch { name, expected, found }) }
}

/// A hash as the API writes it: two lower-case hexadecimal digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
