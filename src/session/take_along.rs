//! Takes a release along, for work without a network.

use js_sys::Uint8Array;
use leptos::prelude::*;
use release_feed::Answer;
use wasm_bindgen::JsValue;

use super::state::Session;
use super::{Code, Failure};
use crate::config::{Details, Unusable};
use crate::{browser, fetch};

/// Who asks where no device does.
const NOBODY: &str = "take-along";

impl Session {
    /// What the feed offers devices of a hardware version, whatever is installed: with all checks that it passes before it
    /// is installed, which it passes then again. Undefined where nothing is offered.
    ///
    /// It comes as the module for technicians keeps it: `question` and `answer`, the payload's `address` and `payload`.
    ///
    /// # Errors
    /// Those of an update up to the payload.
    pub async fn take_along(self, hardware_version: String) -> Result<JsValue, Failure> {
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
        let Answer::Offered(release) = client.latest(&query).await? else { return Ok(JsValue::UNDEFINED) };
        let question = client.question(&query);
        let answer = fetch::answer_to(&question);
        if answer.is_undefined() {
            return Err(Failure::untouched(Code::NoNetwork, "only what was taken along before answers"));
        }
        let artifact = release
            .artifact_for(&query.hardware_version, &query.software_type)
            .map_err(|error| Failure::untouched(Code::UnsuitableRelease, error))?;
        self.trust(&query, &release, artifact).await?;
        let payload = self.payload(&query, artifact, false).await?;
        Ok(browser::object(&[
            ("question", question.into()),
            ("answer", answer),
            ("address", client.payload_url(&artifact.url).into()),
            ("payload", Uint8Array::from(&payload[..]).into()),
        ])
        .into())
    }
}
