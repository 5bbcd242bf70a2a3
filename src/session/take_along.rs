//! Takes a release along, for work without a network.

use js_sys::{Object, Uint8Array};
use leptos::prelude::*;
use release_feed::Answer;

use super::state::Session;
use super::{Code, Failure};
use crate::browser;
use crate::config::{Details, Unusable};

/// Who asks where no device does.
const NOBODY: &str = "take-along";

impl Session {
    /// What the feed offers devices of a hardware version, whatever is installed: with all checks that it passes before it
    /// is installed, which it passes then again. `None` where nothing is offered.
    ///
    /// It comes as the module for technicians keeps it: `question` and `answer`, the payload's `address` and `payload`.
    ///
    /// # Errors
    /// Those of an update up to the payload.
    pub async fn take_along(self, hardware_version: String) -> Result<Option<Object>, Failure> {
        let details = self.details.with_untracked(|details| Details {
            device_serial: NOBODY.into(),
            hardware_version,
            current_version: String::new(),
            ..details.clone()
        });
        let query = details.query().map_err(|Unusable { reason, .. }| {
            Failure::untouched(Code::UnknownDevice, reason.unwrap_or_else(|| "the software type is missing".into()))
        })?;
        let client = self.client();
        let Answer::Offered(release) = client.latest(&query).await? else { return Ok(None) };
        let (question, answer) = client.fetch().answer().ok_or_else(|| {
            Failure::untouched(Code::NoNetwork, "only what was taken along before answers")
        })?;
        let artifact = release
            .artifact_for(&query.hardware_version, &query.software_type)
            .map_err(|error| Failure::untouched(Code::UnsuitableRelease, error))?;
        self.trust(&query, &release, artifact).await?;
        let payload = client.download(&query, artifact, |_, _| ()).await?;
        let address = browser::absolute(&client.payload_url(&artifact.url)).unwrap_or_default();
        Ok(Some(browser::object(&[
            ("question", question.into()),
            ("answer", answer.into()),
            ("address", address.into()),
            ("payload", Uint8Array::from(&payload[..]).into()),
        ])))
    }
}
