//! Releases and their artifacts as they stand in JSON, and the body of an error.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::stated;
use crate::{HardwareVersion, SoftwareType};

/// The [`Artifact::kind`] of what is written to a device.
pub const FIRMWARE: &str = "firmware";
/// The [`Artifact::firmware_type`] of a payload that needs no other.
const STANDALONE: &str = "standalone";

/// A release. Only the version and the artifacts' addresses are sure to be there; `null` counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Release {
    /// The feed's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// When it was created, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// What the device will report afterwards.
    pub version: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The revision of the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Whether older devices must have it before any later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_pass_through: Option<bool>,
    /// Release notes. Text from elsewhere: never to be put into a page as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Why this one was chosen, e.g. `cohort_settings`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the payload is a difference to another version, which cannot be written as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_delta: Option<bool>,
    /// Whatever else the release was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_info: Option<Map<String, Value>>,
    /// The payloads, one for each hardware version and more.
    pub artifacts: Vec<Artifact>,
}

/// A payload of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artifact {
    /// The feed's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// When it was created, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// [`FIRMWARE`] for what is written to a device.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `standalone`, or a kind that needs other parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_type: Option<String>,
    /// The component, where a release has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_type: Option<String>,
    /// The hardware it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_version: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The file's size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// Where it is. The address may expire.
    pub url: String,
    /// MD5 of the file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// SHA-1 of the file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// SHA-256 of the file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whatever else the artifact was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_info: Option<Map<String, Value>>,
}

impl Artifact {
    /// The hash that tells the file from every other, and that a [download](crate::Client::download) was held against:
    /// its SHA-256, or its MD5 where nothing better is stated. In lower case.
    pub fn hash(&self) -> Option<String> {
        stated(&self.sha256).or_else(|| stated(&self.md5))
    }
}

/// Why a release has nothing for a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// The release is a delta: flashed as an image it would leave the device without software.
    #[error("release {version} is a delta release, which cannot be written as a whole image")]
    Delta {
        /// Its version.
        version: String,
    },
    /// No payload is for this hardware.
    #[error("release {version} has no firmware for hardware version {hardware_version}")]
    None {
        /// Its version.
        version: String,
        /// What was looked for.
        hardware_version: HardwareVersion,
    },
    /// More than one payload could be meant.
    #[error(
        "release {version} has {count} firmware files for hardware version {hardware_version}; which one is not said"
    )]
    Several {
        /// Its version.
        version: String,
        /// What was looked for.
        hardware_version: HardwareVersion,
        /// How many fit.
        count: usize,
    },
}

impl Release {
    /// The one artifact to write to a device: whole firmware, of this software type where the artifact says one,
    /// for this hardware version. Never chosen by its place in the list.
    ///
    /// # Errors
    /// [`ArtifactError`] when there is none, when it is not clear which, or when the release is a delta.
    pub fn artifact_for(
        &self,
        hardware_version: &HardwareVersion,
        software_type: &SoftwareType,
    ) -> Result<&Artifact, ArtifactError> {
        let version = || self.version.clone();
        if self.is_delta == Some(true) {
            return Err(ArtifactError::Delta { version: version() });
        }
        // What an artifact does not say is not held against it.
        let is = |said: &Option<String>, wanted: &str| said.as_deref().is_none_or(|said| said == wanted);
        let fits = |artifact: &&Artifact| {
            is(&artifact.kind, FIRMWARE)
                && is(&artifact.firmware_type, STANDALONE)
                && is(&artifact.software_type, software_type.as_str())
                && is(&artifact.hardware_version, hardware_version.as_str())
        };
        let fitting: Vec<&Artifact> = self.artifacts.iter().filter(fits).collect();
        let hardware_version = hardware_version.clone();
        match fitting[..] {
            [artifact] => Ok(artifact),
            [] => Err(ArtifactError::None { version: version(), hardware_version }),
            _ => Err(ArtifactError::Several { version: version(), hardware_version, count: fitting.len() }),
        }
    }

    /// What people call the release: its display name, else its version.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.version)
    }
}

/// The body of an error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What an error answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorDetail {
    /// The feed's own number for the kind of error.
    #[serde(default)]
    pub code: i64,
    /// The HTTP status again.
    #[serde(default)]
    pub http_code: u16,
    /// What is wrong, for people.
    #[serde(default)]
    pub message: String,
    /// The kind of error, for programs.
    #[serde(default, rename = "type")]
    pub kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(json: &str) -> Release {
        serde_json::from_str(json).unwrap()
    }

    fn artifact_for<'a>(release: &'a Release, hardware: &str) -> Result<&'a Artifact, ArtifactError> {
        release.artifact_for(&hardware.parse().unwrap(), &"stm32-fw".parse().unwrap())
    }

    #[test]
    fn little_is_enough_and_null_counts_as_absent() {
        let release =
            release(r#"{"version":"1.0","notes":null,"new":1,"artifacts":[{"url":"http://x/a","md5":null}]}"#);
        assert_eq!(artifact_for(&release, "mp").unwrap().url, "http://x/a");
        assert_eq!(release.title(), "1.0");
    }

    #[test]
    fn the_artifact_is_chosen_by_type_and_hardware_version() {
        let release = release(
            r#"{"version":"1.0","artifacts":[
                {"url":"symbols","type":"symbols","hardware_version":"mp"},
                {"url":"chunk","type":"firmware","firmware_type":"zchunk_header_swu","hardware_version":"mp"},
                {"url":"evt","type":"firmware","hardware_version":"evt"},
                {"url":"mp","type":"firmware","hardware_version":"mp"}]}"#,
        );
        assert_eq!(artifact_for(&release, "mp").unwrap().url, "mp");
        assert!(matches!(artifact_for(&release, "dvt"), Err(ArtifactError::None { .. })));
    }

    #[test]
    fn two_that_fit_are_none_that_can_be_chosen() {
        let release = release(r#"{"version":"1.0","artifacts":[{"url":"a"},{"url":"b"}]}"#);
        assert!(matches!(artifact_for(&release, "mp"), Err(ArtifactError::Several { count: 2, .. })));
    }

    #[test]
    fn a_delta_is_never_an_image() {
        let release = release(r#"{"version":"1.0","is_delta":true,"artifacts":[{"url":"a"}]}"#);
        assert!(matches!(artifact_for(&release, "mp"), Err(ArtifactError::Delta { .. })));
    }
}
