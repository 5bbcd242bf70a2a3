//! Uploads that become payloads of releases.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use release_feed::{HardwareVersion, SoftwareType, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Data, Sent, parse};
use super::caller::Caller;
use crate::store::{LONGEST_NOTES, NewPayload, Scope};
use crate::{Refusal, Station};

/// A payload, as Memfault's command line describes it.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OtaPayload {
    file: File,
    software_version: SoftwareVersion,
    hardware_version: String,
    #[serde(default)]
    must_pass_through: bool,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    extra_info: Option<BTreeMap<String, String>>,
    /// What it is in an update of several components; only whole images are taken.
    #[serde(default)]
    firmware_type: Option<String>,
}

/// A file that was uploaded.
#[derive(Debug, Deserialize, ToSchema)]
struct File {
    token: String,
    #[serde(default)]
    md5: Option<String>,
    name: String,
}

/// A version of a component.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PayloadVersion)]
struct SoftwareVersion {
    /// One, or the two that a delta payload leads from and to.
    version: serde_json::Value,
    software_type: String,
    #[serde(default)]
    revision: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Added {
    software_type: String,
    version: String,
    hardware_version: String,
    filename: String,
    /// Bytes.
    file_size: u64,
}

#[utoipa::path(
    post,
    path = "/releases/ota_payload",
    tag = "release",
    request_body = OtaPayload,
    responses((status = 201, body = Data<Added>))
)]
pub(super) async fn add(
    State(station): State<Station>,
    caller: Caller,
    Sent(sent): Sent<OtaPayload>,
) -> Result<(StatusCode, Data<Added>), Refusal> {
    let who = caller.may(Scope::Upload)?;
    let software_type: SoftwareType = parse("software_type", &sent.software_version.software_type)?;
    let hardware_version: HardwareVersion = parse("hardware_version", &sent.hardware_version)?;
    let version = full_version(&sent.software_version.version)?;
    if sent.firmware_type.as_ref().is_some_and(|kind| kind != "standalone") {
        return Err(Refusal::BadRequest("only whole images are taken, of the firmware_type standalone".to_owned()));
    }
    let filename = plain_name(&sent.file.name)?;
    let notes = sent.notes.as_deref().filter(|notes| !notes.is_empty());
    if notes.is_some_and(|notes| notes.len() > LONGEST_NOTES) {
        return Err(Refusal::BadRequest(format!("release notes have at most {LONGEST_NOTES} bytes")));
    }
    let extra_info = sent.extra_info.unwrap_or_default();
    let new = NewPayload {
        software_type: &software_type,
        hardware_version: &hardware_version,
        version: &version,
        revision: sent.software_version.revision.as_deref(),
        notes,
        must_pass_through: sent.must_pass_through,
        extra_info: &extra_info,
        cohort: None,
    };
    let added = station.store.add_upload(&who, &sent.file.token, sent.file.md5.as_deref(), filename, &new).await?;
    let data = Added {
        software_type: software_type.to_string(),
        version: version.to_string(),
        hardware_version: hardware_version.to_string(),
        filename: added.filename,
        file_size: added.size,
    };
    Ok((StatusCode::CREATED, Data { data }))
}

/// The version of a payload that is whole. What leads from one version to another cannot be flashed as it is.
pub(super) fn full_version(sent: &serde_json::Value) -> Result<Version, Refusal> {
    match sent {
        serde_json::Value::String(version) if version.contains(' ') => {
            Err(Refusal::BadRequest("a version has no spaces".to_owned()))
        }
        serde_json::Value::String(version) => parse("version", version),
        serde_json::Value::Array(_) => {
            Err(Refusal::BadRequest("delta releases are not supported, only full ones of one version".to_owned()))
        }
        _ => Err(Refusal::BadRequest("the version must be a text".to_owned())),
    }
}

/// The name of a file that leads to no other place than where it is put.
fn plain_name(name: &str) -> Result<&str, Refusal> {
    let is_plain = (1..=255).contains(&name.len())
        && ![".", ".."].contains(&name)
        && !name.chars().any(|letter| letter.is_control() || ['/', '\\'].contains(&letter));
    let not_plain = || Refusal::BadRequest("file.name must be the name of a file, without a folder".to_owned());
    if is_plain { Ok(name) } else { Err(not_plain()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for name in ["", ".", "..", "/etc/passwd", "a/b", "..\\b", "a\0b", "a\nb", &"a".repeat(256)] {
            assert!(plain_name(name).is_err(), "{name:?}");
        }
        assert_eq!(plain_name("Gerät v1.2 (a).bin").unwrap(), "Gerät v1.2 (a).bin");
    }
}
