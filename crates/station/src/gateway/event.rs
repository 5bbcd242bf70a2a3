//! How updates ended, as events of Memfault's (its API documentation, "Events").
//!
//! Memfault asks of an event which device it is of and which version that runs. So only outcomes become events that say
//! the one, and of which the other is known: nothing is made up.

use std::sync::Arc;
use std::time::Duration;

use release_feed::OutcomeReport;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Gateway, UpstreamError};
use crate::store::ago;

/// Where events are sent.
const PATH: &str = "/api/v0/events";
/// The version of Memfault's SDK that an event is said to be of: the first that the API takes, for where there is none.
const SDK: &str = "0.5.0";
/// Events that are on their way at a time. More are not sent: the station keeps them, as all outcomes.
pub(super) const AT_A_TIME: usize = 32;
/// How often an event is sent that could not be taken.
const ATTEMPTS: u32 = 3;

/// The event of an outcome, or why there is none. It is Memfault's regular kind: the API takes metrics in no other.
fn event(report: &OutcomeReport, date: &str) -> Result<Value, &'static str> {
    let serial = report.device_serial.as_ref().ok_or("its serial number is not reported")?;
    let runs = match report.failure {
        None => Some(&report.to_version),
        Some(_) => report.from_version.as_ref(),
    };
    let runs = runs.ok_or("which version it runs is not known")?;
    let mut details = json!({ "to_version": report.to_version.as_str() });
    let more = [
        ("from_version", report.from_version.as_ref().map(|version| version.as_str())),
        ("chip", report.chip.as_deref()),
        ("failure", report.failure.as_deref()),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            details[name] = value.into();
        }
    }
    Ok(json!({
        "type": "heartbeat",
        "device_serial": serial.as_str(),
        "hardware_version": report.hardware_version.as_str(),
        "software_type": report.software_type.as_str(),
        "software_version": runs.as_str(),
        "sdk_version": SDK,
        "captured_date": date,
        "event_info": { "metrics": {
            "fieldflash_update_succeeded": u8::from(report.failure.is_none()),
            "fieldflash_update_seconds": f64::from(report.duration_ms) / 1000.0,
        } },
        "user_info": { "fieldflash": details },
    }))
}

impl Gateway {
    /// Tells the upstream how an update ended so long ago, behind the back of who reported it. What goes wrong stands in the
    /// log.
    pub(crate) fn tell(self: &Arc<Self>, report: &OutcomeReport, age: Duration) {
        let event = match event(report, &ago(age)) {
            Ok(event) => event,
            Err(why) => return tracing::info!("the outcome of an update does not become an event: {why}"),
        };
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else {
            return tracing::warn!("{NOT_TOLD}: {AT_A_TIME} others are on their way");
        };
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            gateway.send(&event).await;
            drop(turn);
        });
    }

    async fn send(&self, event: &Value) {
        let mut pause = self.patience.again;
        for attempt in 1..=ATTEMPTS {
            let request = self.client.post(format!("{}{PATH}", self.events));
            let request = request.header("content-type", "application/json").body(json!([event]).to_string());
            match self.say(request).await {
                Ok(_) => return tracing::info!("the outcome of an update became an event of the release service"),
                Err(error) if attempt < ATTEMPTS && was_not_taken(&error) => {
                    tracing::warn!("{NOT_TOLD}, and is sent again in {} s: {error}", pause.as_secs());
                }
                Err(error) => return tracing::warn!("{NOT_TOLD}: {error}"),
            }
            sleep(pause).await;
            pause *= 2;
        }
    }
}

const NOT_TOLD: &str = "the outcome of an update did not become an event of the release service";

/// Whether an event is neither refused, which it would be again, nor perhaps taken, so that it would count twice.
fn was_not_taken(error: &UpstreamError) -> bool {
    matches!(error, UpstreamError::TooOften { .. } | UpstreamError::Unavailable { .. } | UpstreamError::Unreachable(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(serial: Option<&str>, from: Option<&str>, failure: Option<&str>) -> OutcomeReport {
        OutcomeReport {
            device_serial: serial.map(|serial| serial.parse().unwrap()),
            hardware_version: "mp".parse().unwrap(),
            software_type: "stm32-fw".parse().unwrap(),
            from_version: from.map(|version| version.parse().unwrap()),
            to_version: "1.1.0".parse().unwrap(),
            chip: None,
            failure: failure.map(str::to_owned),
            duration_ms: 61_500,
            age_seconds: None,
        }
    }

    #[test]
    fn an_event_says_what_the_outcome_says_and_nothing_else() {
        let event = event(&report(Some("A-1"), None, None), "2026-01-02T03:04:05Z").unwrap();
        let expected = json!({
            "type": "heartbeat", "device_serial": "A-1", "hardware_version": "mp", "software_type": "stm32-fw",
            "software_version": "1.1.0", "sdk_version": "0.5.0", "captured_date": "2026-01-02T03:04:05Z",
            "event_info": {"metrics": {"fieldflash_update_succeeded": 1, "fieldflash_update_seconds": 61.5}},
            "user_info": {"fieldflash": {"to_version": "1.1.0"}},
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn a_device_whose_update_failed_is_not_said_to_run_the_new_version() {
        let event = event(&report(Some("A-1"), Some("1.0.0"), Some("link-lost")), "").unwrap();
        assert_eq!(event["software_version"], "1.0.0");
        assert_eq!(event["event_info"]["metrics"]["fieldflash_update_succeeded"], 0);
        assert_eq!(event["user_info"]["fieldflash"]["failure"], "link-lost");
    }

    #[test]
    fn what_would_have_to_be_made_up_is_no_event() {
        assert!(event(&report(None, Some("1.0.0"), None), "").is_err());
        assert!(event(&report(Some("A-1"), None, Some("link-lost")), "").is_err());
    }
}
