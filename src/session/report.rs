//! Tells the feed how an update ended.
//!
//! By default only where the feed is the page's own origin, a station or its gateway: a feed elsewhere need not have
//! this route. Nothing of the person is told, and the device's serial number only where the deployment says so. What
//! cannot be told for now is kept by the browser and told later.

use leptos::prelude::*;
use release_feed::{FeedError, OutcomeReport};
use wasm_bindgen_futures::spawn_local;

use super::Event;
use super::state::{Offered, Session, Stop};
use crate::{browser, offline};

impl Session {
    /// What there is to report of an update that begins: `None` where nothing is to be.
    pub(super) fn begin_report(self, offered: &Offered) -> Option<OutcomeReport> {
        let serial_too = self.config.with_value(|config| config.feed.reports().then_some(config.feed.report_serial))?;
        let query = &offered.query;
        Some(OutcomeReport {
            device_serial: serial_too.then(|| query.device_serial.clone()),
            hardware_version: query.hardware_version.clone(),
            software_type: query.software_type.clone(),
            from_version: self.details.with_untracked(|details| details.current_version.trim().parse().ok()),
            to_version: offered.version.parse().ok()?,
            chip: self.connection.with_value(|held| held.as_ref().map(|held| held.identity.chip.name.to_owned())),
            failure: None,
            duration_ms: browser::now().as_millis() as u32,
            age_seconds: None,
        })
    }

    /// Reports it. What fails is for the log: the person at the device can do nothing about it.
    pub(super) fn report(self, mut report: OutcomeReport, result: &Result<(), Stop>) {
        report.duration_ms = (browser::now().as_millis() as u32).wrapping_sub(report.duration_ms);
        report.failure = match result {
            Ok(()) => None,
            Err(Stop::Failed(failure)) => Some(failure.code.name().to_owned()),
            // A person's own decision is neither.
            Err(Stop::Cancelled(_) | Stop::Dismissed) => return,
        };
        spawn_local(async move {
            let client = self.client();
            let problem = match client.report(&report).await {
                Ok(()) => None,
                Err(
                    error @ (FeedError::Unreachable(_) | FeedError::TooOften { .. } | FeedError::OutOfOrder { .. }),
                ) => {
                    let (address, project_key) = client.outcomes();
                    let kept = offline::tell_later(&address, project_key, &report.to_form());
                    Some(if browser::settled(&kept).await.is_ok() {
                        format!("{error}; it will be told later")
                    } else {
                        error.to_string()
                    })
                }
                Err(error) => Some(error.to_string()),
            };
            self.tell(Event::Reported { problem });
        });
    }
}
