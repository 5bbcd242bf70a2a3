//! What the maker of a device signs of a release, so that the page need not trust the feed.
//!
//! A signature is Ed25519 (RFC 8032) over the bytes of a [`Statement`]: which file it is, and what it is for. So neither
//! another file can be put in its place, nor the file be offered to other hardware or under another version.
//! Signing and verifying are left to others: the station signs, the page asks the browser to verify.

use core::fmt;
use core::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Artifact, HardwareVersion, Release, SoftwareType, Version, hex};

/// Where an artifact or its release has the signatures in its `extra_info`: hexadecimal, with spaces between several.
pub const SIGNATURE_KEY: &str = "fieldflash_signature";
/// Where it says that devices with a newer version may have this one: [`DOWNGRADE_ALLOWED`].
pub const DOWNGRADE_KEY: &str = "fieldflash_downgrade";
/// The only value of [`DOWNGRADE_KEY`] that means anything.
pub const DOWNGRADE_ALLOWED: &str = "allowed";

/// What a signature is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What is updated with the file.
    pub software_type: SoftwareType,
    /// The hardware that it is for.
    pub hardware_version: HardwareVersion,
    /// The version that it is.
    pub version: Version,
    /// The file's SHA-256.
    pub sha256: Sha256Hash,
    /// Whether devices with a newer version may have it.
    pub downgrade_allowed: bool,
}

/// Lines of text, each ended by a line feed, which none of the values can hold. So any tool can sign it.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { software_type, hardware_version, version, sha256, downgrade_allowed } = self;
        let downgrade = if *downgrade_allowed { DOWNGRADE_ALLOWED } else { "refused" };
        write!(
            f,
            "fieldflash release, format 1\nsoftware type: {software_type}\nhardware version: {hardware_version}\n\
             version: {version}\nsha-256: {sha256}\ndowngrade: {downgrade}\n"
        )
    }
}

impl Release {
    /// Whether the release says of `artifact` that devices with a newer version may have it. Only to be believed as part
    /// of a signed [`Statement`], where signatures are asked for.
    pub fn downgrade_allowed(&self, artifact: &Artifact) -> bool {
        self.told_with(artifact, DOWNGRADE_KEY) == Some(DOWNGRADE_ALLOWED)
    }

    /// The signatures of `artifact`. What is none is passed over: another one may be good.
    pub fn signatures(&self, artifact: &Artifact) -> Vec<Signature> {
        let told = self.told_with(artifact, SIGNATURE_KEY).unwrap_or_default();
        told.split_whitespace().filter_map(|text| text.parse().ok()).collect()
    }

    /// What the artifact's `extra_info` has under `key`, or else the release's.
    fn told_with<'a>(&'a self, artifact: &'a Artifact, key: &str) -> Option<&'a str> {
        let told = |extra_info: &'a Option<Map<String, Value>>| extra_info.as_ref()?.get(key)?.as_str();
        told(&artifact.extra_info).or_else(|| told(&self.extra_info))
    }
}

/// A text is not so many bytes in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be {digits} hexadecimal digits")]
pub struct HexError {
    /// How many digits there must be.
    pub digits: usize,
}

/// `LENGTH` bytes, written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Bytes<const LENGTH: usize>(pub [u8; LENGTH]);

/// An Ed25519 public key (RFC 8032 §5.1.5).
pub type PublicKey = Bytes<32>;
/// An Ed25519 signature (RFC 8032 §5.1.6).
pub type Signature = Bytes<64>;
/// A SHA-256.
pub type Sha256Hash = Bytes<32>;

impl<const LENGTH: usize> FromStr for Bytes<LENGTH> {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        let error = HexError { digits: 2 * LENGTH };
        let digits = text.as_bytes();
        if digits.len() != 2 * LENGTH {
            return Err(error);
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(error);
        let mut bytes = [0; LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl<const LENGTH: usize> TryFrom<String> for Bytes<LENGTH> {
    type Error = HexError;

    fn try_from(text: String) -> Result<Self, HexError> {
        text.parse()
    }
}

impl<const LENGTH: usize> fmt::Display for Bytes<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            software_type: "stm32-fw".parse().unwrap(),
            hardware_version: "mp".parse().unwrap(),
            version: "1.2.0".parse().unwrap(),
            sha256: Bytes([0xAB; 32]),
            downgrade_allowed: false,
        }
    }

    /// Signatures outlive versions of this program: the bytes must never change.
    #[test]
    fn a_statement_is_these_bytes() {
        let expected = format!(
            "fieldflash release, format 1\nsoftware type: stm32-fw\nhardware version: mp\nversion: 1.2.0\n\
             sha-256: {}\ndowngrade: refused\n",
            "ab".repeat(32)
        );
        assert_eq!(statement().to_string(), expected);
    }

    #[test]
    fn whatever_differs_is_another_statement() {
        let others = [
            Statement { software_type: "stm32-boot".parse().unwrap(), ..statement() },
            Statement { hardware_version: "evt".parse().unwrap(), ..statement() },
            Statement { version: "1.2.1".parse().unwrap(), ..statement() },
            Statement { sha256: Bytes([0xAC; 32]), ..statement() },
            Statement { downgrade_allowed: true, ..statement() },
        ];
        for other in others {
            assert_ne!(other.to_string(), statement().to_string());
        }
    }

    #[test]
    fn no_value_can_pass_for_another_line() {
        assert!("1.2.0\ndowngrade: allowed".parse::<Version>().is_err());
        assert!("mp\nversion: 9".parse::<HardwareVersion>().is_err());
        assert!("fw\nversion: 9".parse::<SoftwareType>().is_err());
    }

    #[test]
    fn what_the_artifact_says_comes_before_what_its_release_says() {
        let release: Release = serde_json::from_str(
            r#"{"version":"1","extra_info":{"fieldflash_downgrade":"allowed"},"artifacts":[
                {"url":"a"},{"url":"b","extra_info":{"fieldflash_downgrade":"no"}}]}"#,
        )
        .unwrap();
        assert!(release.downgrade_allowed(&release.artifacts[0]));
        assert!(!release.downgrade_allowed(&release.artifacts[1]));
    }

    #[test]
    fn signatures_are_found_and_rubbish_beside_them_is_passed_over() {
        let text = format!("rubbish {} {}", "01".repeat(64), "FE".repeat(64));
        let release = Release { artifacts: vec![Artifact::default()], ..Release::default() };
        assert!(release.signatures(&release.artifacts[0]).is_empty());
        let extra_info = Some(Map::from_iter([(SIGNATURE_KEY.to_owned(), text.into())]));
        let artifact = Artifact { extra_info, ..Artifact::default() };
        assert_eq!(release.signatures(&artifact), [Bytes([0x01; 64]), Bytes([0xFE; 64])]);
    }

    #[test]
    fn a_key_of_another_length_or_alphabet_is_none() {
        let error = Err(HexError { digits: 64 });
        assert_eq!("ab".repeat(31).parse::<PublicKey>(), error);
        assert_eq!("ag".repeat(32).parse::<PublicKey>(), error);
        assert_eq!("é".repeat(32).parse::<PublicKey>(), error);
        assert_eq!("AB".repeat(32).parse::<PublicKey>(), Ok(Bytes([0xAB; 32])));
    }
}
