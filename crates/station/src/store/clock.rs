//! The time of day, as texts that are in the order of time.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// This moment as the API writes it: ISO 8601 in UTC, to the microsecond.
pub(crate) fn now() -> String {
    text(Utc::now())
}

/// The moment that is `time` from now.
pub(super) fn in_future(time: Duration) -> String {
    text(Utc::now() + time)
}

/// The moment that was `time` ago.
pub(crate) fn ago(time: Duration) -> String {
    text(Utc::now() - time)
}

fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_texts_of_one_length_in_their_order() {
        let moments = [ago(Duration::from_secs(1)), now(), in_future(Duration::from_secs(1))];
        assert!(moments.is_sorted(), "{moments:?}");
        assert!(moments.iter().all(|moment| moment.len() == 32 && moment.ends_with("+00:00")), "{moments:?}");
    }
}
