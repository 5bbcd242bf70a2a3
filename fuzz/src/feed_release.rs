//! What holds for every answer of a feed, whatever is in it.

use release_feed::{ErrorBody, HardwareVersion, Release, SoftwareType};

/// Reads `answer` as a release and asks it for the artifact of each device that it names, and of another one.
pub fn holds(answer: &[u8]) {
    if let Ok(error) = serde_json::from_slice::<ErrorBody>(answer) {
        let json = serde_json::to_vec(&error).expect("an error body can be written");
        assert_eq!(serde_json::from_slice::<ErrorBody>(&json).expect("and read again"), error);
    }
    let Ok(release) = serde_json::from_slice::<Release>(answer) else { return };
    let software_type: SoftwareType = "stm32-fw".parse().expect("a software type");
    let named = release.artifacts.iter().filter_map(|artifact| artifact.hardware_version.as_deref());
    for hardware_version in named.chain(["mp"]).filter_map(|name| name.parse::<HardwareVersion>().ok()) {
        match release.artifact_for(&hardware_version, &software_type) {
            Ok(artifact) => {
                let said = artifact.hardware_version.as_deref();
                assert!(said.is_none_or(|said| said == hardware_version.as_str()), "for another device");
                assert_ne!(release.is_delta, Some(true), "a delta");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert!(!release.title().is_empty() || release.version.is_empty());
    let json = serde_json::to_vec(&release).expect("a release can be written");
    let again: Release = serde_json::from_slice(&json).expect("and read again");
    // Numbers with a fraction, which only the extras may hold, lose digits on the way.
    assert_eq!(without_extras(again), without_extras(release));
}

fn without_extras(mut release: Release) -> Release {
    release.extra_info = None;
    for artifact in &mut release.artifacts {
        artifact.extra_info = None;
    }
    release
}
