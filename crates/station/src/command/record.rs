//! `station audit` and `station report`: what happened.

use clap::Args;
use serde::Serialize;

use super::CommandError;
use super::table::{minute, or_dash, table};
use crate::store::{Audited, Reported, Store, Tally};

/// How much of a record to print, and how.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// At most so many, the latest first
    #[arg(long, value_name = "N", default_value = "50")]
    limit: u32,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// Each update that was reported, instead of how often what happened
    #[arg(long)]
    each: bool,
    #[command(flatten)]
    show: Show,
}

pub(super) async fn audit(store: &Store, show: &Show) -> Result<String, CommandError> {
    let rows = store.audit(None, show.limit).await?;
    if show.json {
        return json(&rows);
    }
    let row = |row: Audited| [minute(&row.date), row.who, row.what, row.subject, or_dash(&row.details)];
    Ok(table(["WHEN", "WHO", "WHAT", "TO WHAT", "DETAILS"], rows.into_iter().map(row).collect()))
}

pub(super) async fn report(store: &Store, report: &Report) -> Result<String, CommandError> {
    let json_wanted = report.show.json;
    if report.each {
        let rows = store.outcomes(None, None, report.show.limit).await?;
        return if json_wanted { json(&rows) } else { Ok(each(rows)) };
    }
    let rows = store.tally().await?;
    if json_wanted { json(&rows) } else { Ok(tally(rows)) }
}

fn tally(rows: Vec<Tally>) -> String {
    let row = |row: Tally| [row.software_type, row.to_version, row.result, or_dash(&row.reason), row.count.to_string()];
    table(["SOFTWARE TYPE", "TO VERSION", "RESULT", "REASON", "UPDATES"], rows.into_iter().map(row).collect())
}

fn each(rows: Vec<Reported>) -> String {
    let row = |row: Reported| {
        [
            minute(&row.date),
            row.software_type,
            or_dash(&row.from_version),
            row.to_version,
            row.hardware_version,
            or_dash(&row.chip),
            row.result,
            or_dash(&row.reason),
            format!("{:.1} s", row.duration_ms as f64 / 1000.0),
            or_dash(&row.device_serial),
        ]
    };
    let head = ["WHEN", "SOFTWARE TYPE", "FROM", "TO", "HARDWARE", "CHIP", "RESULT", "REASON", "TOOK", "SERIAL"];
    table(head, rows.into_iter().map(row).collect())
}

fn json(rows: &impl Serialize) -> Result<String, CommandError> {
    Ok(serde_json::to_string_pretty(rows).map(|json| json + "\n").map_err(std::io::Error::from)?)
}
