//! Whether what the feed offers is to be believed: signed by its maker, and not a step back that nobody asked for.

use core::cmp::Ordering;

use leptos::prelude::*;
use release_feed::{Artifact, LatestQuery, PublicKey, Release, Sha256Hash, Signature, Statement, Version};

use super::state::Session;
use super::{Code, Failure};
use crate::browser::{self, NoEd25519};
use crate::config::Downgrade;

impl Session {
    /// Says whether the person is to be asked, because the release is older than what is installed on `device`.
    ///
    /// # Errors
    /// When it is not signed by any of the deployment's keys, though it has some; when it is older and may not be.
    pub(super) async fn trust(
        self,
        device: &LatestQuery,
        release: &Release,
        artifact: &Artifact,
    ) -> Result<bool, Failure> {
        let version = release.version.parse::<Version>();
        let version = version.map_err(|error| unsuitable(format!("the release's version: {error}")))?;
        let downgrade_allowed = release.downgrade_allowed(artifact);
        let keys = self.config.with_value(|config| config.public_keys.clone());
        if !keys.is_empty() {
            let sha256 = artifact.sha256.as_deref().unwrap_or_default().parse::<Sha256Hash>();
            let statement = Statement {
                software_type: device.software_type.clone(),
                hardware_version: device.hardware_version.clone(),
                version: version.clone(),
                // The download is held against it.
                sha256: sha256.map_err(|error| unsuitable(format!("the file's SHA-256: {error}")))?,
                downgrade_allowed,
            };
            check_signature(&statement, &keys, &release.signatures(artifact)).await?;
        }
        let older = |installed: &Version| version.order(installed) == Some(Ordering::Less);
        match &device.current_version {
            Some(installed) if older(installed) && !downgrade_allowed => {
                match self.config.with_value(|config| config.product.downgrade) {
                    Downgrade::Confirmed => Ok(true),
                    Downgrade::Refused => {
                        let detail = format!("{version} is offered, {installed} is installed");
                        Err(Failure::untouched(Code::Older, detail))
                    }
                }
            }
            _ => Ok(false),
        }
    }
}

/// One good signature by one of the keys is enough.
async fn check_signature(statement: &Statement, keys: &[PublicKey], signatures: &[Signature]) -> Result<(), Failure> {
    let text = statement.to_string();
    for signature in signatures {
        for key in keys {
            match browser::verify_ed25519(key, signature, text.as_bytes()).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(NoEd25519(reason)) => return Err(Failure::untouched(Code::NoSignatureCheck, reason)),
            }
        }
    }
    let detail = match signatures.len() {
        0 => "it has no signature".to_owned(),
        count => format!("it has {count} signature(s), none of them by a key of this page for this very release"),
    };
    Err(Failure::untouched(Code::Unsigned, detail))
}

fn unsuitable(detail: String) -> Failure {
    Failure::untouched(Code::UnsuitableRelease, detail)
}
