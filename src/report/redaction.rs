//! Takes out of a report what names the one device: its serial number and its unique id.

use serde_json::Value;

use super::{Entry, Report};
use crate::session::{Device, Event};

/// What stands in place of a name.
const GONE: &str = "…";
/// Fields whose values are words of the format, not of the device.
const TAGS: [&str; 6] = ["session", "event", "outcome", "code", "device", "phase"];

/// The report without any name of the device, wherever one stands.
pub(super) fn without_names(mut report: Report) -> Report {
    let mut names = Vec::new();
    for entry in &mut report.events {
        let Entry::Known(stamped) = entry else { continue };
        match &mut stamped.event {
            Event::Identified(Device { unique_id, .. }) => names.extend(unique_id.take()),
            Event::Asking { query } => names.extend(take_serial(query)),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    for entry in &mut report.events {
        let Ok(mut value) = serde_json::to_value(&*entry) else { continue };
        blank(&mut value, &names);
        *entry = serde_json::from_value(value.clone()).unwrap_or(Entry::Other(value));
    }
    blank_bytes(&mut report, &names);
    report
}

/// Takes the serial number out of a query, and gives it back as it stands there and as the device has it.
fn take_serial(query: &mut String) -> Vec<String> {
    let mut names = Vec::new();
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((key @ "device_serial", value)) => {
            names.push(value.to_owned());
            format!("{key}={GONE}")
        }
        _ => parameter.to_owned(),
    });
    *query = parameters.collect::<Vec<_>>().join("&");
    names
}

/// Replaces the names in all texts but tags.
fn blank(value: &mut Value, names: &[String]) {
    match value {
        Value::String(text) => names.iter().for_each(|name| *text = without(text, name)),
        Value::Array(values) => values.iter_mut().for_each(|value| blank(value, names)),
        Value::Object(fields) => {
            let texts = fields.iter_mut().filter(|(key, _)| !TAGS.contains(&key.as_str()));
            texts.for_each(|(_, value)| blank(value, names));
        }
        _ => {}
    }
}

/// The text with each `name` in it that is a word of its own replaced, in whichever case it is written.
fn without(text: &str, name: &str) -> String {
    // Of ASCII only, so that lengths and places stay.
    let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut result = String::new();
    let mut rest = 0;
    for (at, found) in lower.match_indices(&name) {
        let word = |c: char| c.is_ascii_alphanumeric();
        let end = at + found.len();
        if lower[..at].ends_with(word) || lower[end..].starts_with(word) {
            continue;
        }
        result.push_str(&text[rest..at]);
        result.push_str(GONE);
        rest = end;
    }
    result + &text[rest..]
}

/// Replaces the bytes of the names in what came from the device and was sent to it.
fn blank_bytes(report: &mut Report, names: &[String]) {
    let needles: Vec<String> = names.iter().flat_map(|name| as_bytes(name)).collect();
    for sent in [true, false] {
        // What belongs together may come in pieces.
        let exchanges = || report.exchanges.iter().filter(|exchange| exchange.sent == sent);
        let mut all: String = exchanges().map(|exchange| exchange.bytes.to_ascii_lowercase()).collect();
        for needle in &needles {
            let places: Vec<usize> = all.match_indices(needle).map(|(at, _)| at).filter(|at| at % 2 == 0).collect();
            for at in places {
                all.replace_range(at..at + needle.len(), &"*".repeat(needle.len()));
            }
        }
        let mut rest = all.as_str();
        for exchange in report.exchanges.iter_mut().filter(|exchange| exchange.sent == sent) {
            let (piece, after) = rest.split_at(exchange.bytes.len());
            exchange.bytes = piece.to_owned();
            rest = after;
        }
    }
}

/// A name as it crosses the cable, in hexadecimal: as text, and where it is an id of 96 bits, as its three words, which are
/// read one by one and are shown with the most significant byte first (`stm32_bootloader::usart::UniqueId`).
fn as_bytes(name: &str) -> Vec<String> {
    let mut needles = vec![release_feed::hex(name.as_bytes())];
    if name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let words = [&name[..8], &name[8..16], &name[16..]].map(str::to_ascii_lowercase);
        needles.extend(words.map(|word| [&word[6..], &word[4..6], &word[2..4], &word[..2]].concat()));
    }
    needles
}
