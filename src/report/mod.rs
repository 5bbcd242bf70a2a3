//! A report: what happened in a session, for those who were not there.
//!
//! It is a JSON file. The events are those that the page and its log fold ([`Event`]), so that who reads a report sees
//! what the person saw. Nothing of the person is in it, and what names the one device only where they want that.

mod redaction;
mod timeline;

pub use timeline::{Rate, Row, Timeline, Work};

use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use updater::Stamped;

use crate::session::Event;

/// The version of reports that are made here. Older ones can be read.
pub const FORMAT: u32 = 1;
/// The version of the page that makes it.
pub const PAGE: &str = env!("CARGO_PKG_VERSION");
/// How many exchanges with the device a report has at most: the last ones.
pub const EXCHANGES: usize = 200;
/// The longest report that is read: a long update of the largest chip, with all exchanges, comes to a tenth of it.
pub const LONGEST: usize = 8 << 20;
/// Blocks that follow each other within this time become one.
const MERGED: Duration = Duration::from_millis(500);

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`] when it was made.
    #[serde(rename = "fieldflash_report")]
    pub format: u32,
    /// Where it was made.
    #[serde(flatten)]
    pub place: Place,
    /// Whether serial number and unique id of the device are left in it.
    pub names_the_device: bool,
    /// All that happened, oldest first.
    pub events: Vec<Entry>,
    /// The last exchanges with the device, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

/// Where a report was made: the page, and what it ran in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// When, ISO 8601, UTC.
    #[serde(default)]
    pub made: String,
    /// Version and build of the page.
    #[serde(default)]
    pub page: String,
    /// The browser and its version.
    #[serde(default)]
    pub browser: String,
    /// The system.
    #[serde(default)]
    pub system: String,
    /// The language that the page speaks.
    #[serde(default)]
    pub language: String,
    /// What the page calls itself in its `fieldflash.json`.
    #[serde(default)]
    pub name: Option<String>,
    /// The product's software type there.
    #[serde(default)]
    pub software_type: Option<String>,
    /// The product's hardware version there.
    #[serde(default)]
    pub hardware_version: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// What is known here.
    Known(Box<Stamped<Event>>),
    /// What a newer page may tell.
    Other(Value),
}

/// Bytes that crossed the cable in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The time since the page was opened, in milliseconds.
    pub ms: u64,
    /// Whether they were sent to the device; otherwise they came from it.
    pub sent: bool,
    /// The bytes in hexadecimal; `**` for one that would name the device.
    pub bytes: String,
}

impl Exchange {
    /// As a line of a log.
    pub fn line(&self) -> String {
        format!("{} {} {}\n", seconds(self.ms), if self.sent { '>' } else { '<' }, self.bytes)
    }
}

/// What is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is nothing.
    #[error("there is nothing in it")]
    Empty,
    /// More than a report can be.
    #[error("it is longer than a report can be")]
    TooLong,
    /// No JSON.
    #[error("it is not complete, or not JSON: {0}")]
    NotJson(String),
    /// Some other JSON.
    #[error("it is not a report of this page")]
    NotAReport,
    /// A report of a newer page.
    #[error("it is of format {0}, and this page reads formats up to {FORMAT}")]
    Newer(u64),
    /// A report in which something is not as it must be.
    #[error("{0}")]
    Damaged(String),
}

impl Report {
    /// A report of `events`, and of `exchanges` if any. Unless it is to name the device, what does is taken out of it.
    pub fn new(place: Place, events: Vec<Stamped<Event>>, exchanges: Vec<Exchange>, names_the_device: bool) -> Self {
        let last = exchanges.len().saturating_sub(EXCHANGES);
        let report = Self {
            format: FORMAT,
            place,
            names_the_device,
            events: merged(events).into_iter().map(|event| Entry::Known(Box::new(event))).collect(),
            exchanges: exchanges.into_iter().skip(last).collect(),
        };
        if names_the_device { report } else { redaction::without_names(report) }
    }

    /// Reads a report.
    ///
    /// # Errors
    /// [`ReportError`] says what it is instead, for who pasted it.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        // What comes by mail may have something before and after it.
        let text = text.trim().trim_start_matches('\u{feff}');
        match text.len() {
            0 => return Err(ReportError::Empty),
            length if length > LONGEST => return Err(ReportError::TooLong),
            _ => {}
        }
        let value: Value = serde_json::from_str(text).map_err(|error| ReportError::NotJson(error.to_string()))?;
        match value.get("fieldflash_report").map(Value::as_u64) {
            Some(Some(format)) if format > FORMAT.into() => return Err(ReportError::Newer(format)),
            Some(Some(_)) => {}
            _ => return Err(ReportError::NotAReport),
        }
        serde_json::from_value(value).map_err(|error| ReportError::Damaged(error.to_string()))
    }

    /// The report as it is copied and saved.
    pub fn to_json(&self) -> String {
        // A report has texts, numbers and lists only, all of which are JSON.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The report as lines for people.
    pub fn to_text(&self) -> String {
        let Place { made, page, browser, system, language, name, software_type, hardware_version } = &self.place;
        let product: Vec<_> = [name, software_type, hardware_version].into_iter().flatten().cloned().collect();
        let mut text = format!(
            "page {page}, language {language}\nproduct {}\nbrowser {browser}, system {system}\nmade {made}\n\n",
            product.join(", ")
        );
        for entry in &self.events {
            match entry {
                Entry::Known(stamped) => text += &line(stamped),
                Entry::Other(value) => text += &format!("           {value}\n"),
            }
        }
        text.extend(self.exchanges.iter().map(Exchange::line));
        text
    }

    /// What is known of what happened, oldest first.
    pub fn known(&self) -> impl Iterator<Item = &Stamped<Event>> {
        self.events.iter().filter_map(|entry| match entry {
            Entry::Known(stamped) => Some(&**stamped),
            Entry::Other(_) => None,
        })
    }
}

/// Something that happened as a line of a log.
pub fn line(stamped: &Stamped<Event>) -> String {
    format!("{}  {}\n", seconds(stamped.at.as_millis() as u64), stamped.event)
}

/// Milliseconds as seconds, in a column of nine.
fn seconds(ms: u64) -> String {
    format!("{:5}.{:03}", ms / 1000, ms % 1000)
}

/// The events with blocks that lie and came one after the other made one: a large update has thousands.
pub fn merged(events: Vec<Stamped<Event>>) -> Vec<Stamped<Event>> {
    let mut merged: Vec<Stamped<Event>> = Vec::new();
    let mut began = Duration::ZERO;
    for next in events {
        if let Some(last) = merged.last_mut()
            && next.at.saturating_sub(began) < MERGED
            && let Some(both) = joined(&last.event, &next.event)
        {
            *last = Stamped { at: next.at, event: both };
            continue;
        }
        began = next.at;
        merged.push(next);
    }
    merged
}

/// Two blocks as one, where they are neighbours and the same was done with them.
fn joined(first: &Event, second: &Event) -> Option<Event> {
    use updater::Event::{Compared, Verified, Written};
    let (Event::Update(first), Event::Update(second)) = (first, second) else { return None };
    let event = match (first, second) {
        (&Written { address, bytes }, &Written { address: next, bytes: more }) if next == address + bytes => {
            Written { address, bytes: bytes + more }
        }
        (&Verified { address, bytes }, &Verified { address: next, bytes: more }) if next == address + bytes => {
            Verified { address, bytes: bytes + more }
        }
        (&Compared { address, bytes, same }, &Compared { address: next, bytes: more, same: also })
            if next == address + bytes && same == also =>
        {
            Compared { address, bytes: bytes + more, same }
        }
        _ => return None,
    };
    Some(Event::Update(event))
}

#[cfg(test)]
mod tests;
