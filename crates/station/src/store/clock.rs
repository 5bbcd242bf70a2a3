//! The time of day.

use chrono::{SecondsFormat, Utc};

/// This moment as the API writes it: ISO 8601 in UTC, to the microsecond. Such texts are in the order of time.
pub(super) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, false)
}
