//! What the module for technicians sees of a session.

use js_sys::Object;
use leptos::prelude::*;

use super::state::{Offered, Session};
use super::{Code, Model, Outcome, Stage};
use crate::config::Details;
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
        Stage::Working => "working",
        Stage::Ended => "ended",
    }
}

impl Session {
    /// How the session stands, as `src/technician/row.js` documents it.
    pub fn sight(self) -> Object {
        let offered = self.offered.get_value();
        self.details.with_untracked(|details| self.model.with_untracked(|model| sight(model, details, offered)))
    }
}

fn sight(model: &Model, details: &Details, offered: Option<Offered>) -> Object {
    let (outcome, code) = match &model.outcome {
        None => ("", None),
        Some(Outcome::Updated { .. }) => ("updated", None),
        Some(Outcome::UpToDate { .. }) => ("up-to-date", None),
        Some(Outcome::Cancelled { .. }) => ("cancelled", None),
        Some(Outcome::Failed(failure)) => ("failed", Some(failure.code)),
    };
    let device = model.device.as_ref();
    let offered = offered.filter(|_| model.offer.is_some());
    let hash = offered.as_ref().and_then(|offered| offered.artifact.hash());
    let properties = [
        ("stage", name(model.stage)),
        ("outcome", outcome),
        ("code", code.map_or("", Code::name)),
        ("says", code.map_or("", |code| text::title(code).text())),
        ("chip", device.map_or("", |device| &device.chip)),
        ("uniqueId", device.and_then(|device| device.unique_id.as_deref()).unwrap_or_default()),
        ("serial", &details.device_serial),
        ("hardwareVersion", &details.hardware_version),
        ("softwareType", &details.software_type),
        ("installed", &details.current_version),
        ("version", offered.as_ref().map_or("", |offered| &offered.version)),
        ("hash", hash.as_deref().unwrap_or_default()),
        ("older", if model.offer.as_ref().is_some_and(|offer| offer.older) { "older" } else { "" }),
        ("usb", if model.baud.is_none() { "usb" } else { "" }),
        ("percent", &percent(model).to_string()),
    ];
    browser::object(&properties.map(|(name, text)| (name, text.into())))
}

/// Of the update.
pub fn percent(model: &Model) -> u32 {
    (model.progress.fraction() * 100.0) as u32
}
