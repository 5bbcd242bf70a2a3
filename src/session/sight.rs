//! What the module for technicians sees of a session.

use js_sys::Object;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::state::Session;
use super::{Outcome, Stage};
use crate::{browser, text};

const fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Start => "start",
        Stage::Connecting => "connecting",
        Stage::Unlocking => "unlocking",
        Stage::Permission => "permission",
        Stage::Details => "details",
        Stage::Asking => "asking",
        Stage::Ready => "ready",
        Stage::Downloading => "downloading",
        Stage::Updating => "updating",
        Stage::Ended => "ended",
    }
}

impl Session {
    /// How the session stands, as `src/technician/row.js` documents it.
    pub fn sight(self) -> Object {
        let (model, details) = (self.model.get_untracked(), self.details.get_untracked());
        let offered = self.offered.get_value().filter(|_| model.offer.is_some());
        let (outcome, code) = match &model.outcome {
            None => ("", None),
            Some(Outcome::Updated { .. }) => ("updated", None),
            Some(Outcome::UpToDate { .. }) => ("up-to-date", None),
            Some(Outcome::Cancelled { .. }) => ("cancelled", None),
            Some(Outcome::Failed(failure)) => ("failed", Some(failure.code)),
        };
        let device = model.device.as_ref();
        let (version, hash) = offered.map(|offered| (offered.version, offered.artifact.hash())).unzip();
        let text = |text: Option<String>| JsValue::from(text.unwrap_or_default());
        browser::object(&[
            ("stage", name(model.stage).into()),
            ("outcome", outcome.into()),
            ("code", code.map_or("", |code| code.name()).into()),
            ("says", code.map_or("", |code| text::words(code).title.text()).into()),
            ("chip", text(device.map(|device| device.chip.clone()))),
            ("uniqueId", text(device.and_then(|device| device.unique_id.clone()))),
            ("serial", details.device_serial.into()),
            ("hardwareVersion", details.hardware_version.into()),
            ("softwareType", details.software_type.into()),
            ("version", text(version)),
            ("hash", text(hash.flatten())),
            ("older", model.offer.is_some_and(|offer| offer.older).into()),
            ("usb", model.baud.is_none().into()),
            ("percent", ((model.progress.fraction() * 100.0) as u32).into()),
        ])
    }
}
