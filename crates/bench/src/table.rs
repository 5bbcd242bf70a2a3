//! The table, and what it comes to.

use core::fmt;
use core::time::Duration;

use crate::case::{Kind, Link};
use crate::hosts::Measured;

/// How far a plan's estimate may be from what happened.
const ESTIMATE: f64 = 0.10;

pub const HEAD: &str = "\
| chip | baud | latency | KiB | image | ours | on virtual time | stm32flash | stm32loader | limit | ÷ stm32flash | target | ÷ limit | target | estimate | erased |
|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---|---:|---|---:|---:|";

/// What was measured of one image over one link.
#[derive(Clone)]
pub struct Row {
    pub link: Link,
    pub kind: Kind,
    pub ours: Option<Measured>,
    pub on_virtual_time: Option<Measured>,
    /// stm32flash, then stm32loader where it was measured.
    pub peers: Vec<Option<Measured>>,
    pub limit: Duration,
}

impl Row {
    fn peer(&self, index: usize) -> Option<Duration> {
        self.peers.get(index).copied().flatten().map(|measured| measured.done.time)
    }

    fn over(&self, other: Option<Duration>) -> Option<f64> {
        Some(self.ours?.done.time.as_secs_f64() / other?.as_secs_f64())
    }

    /// Our time in parts of stm32flash's.
    fn over_stm32flash(&self) -> Option<f64> {
        self.over(self.peer(0))
    }

    /// Our time in parts of what is possible.
    fn over_limit(&self) -> Option<f64> {
        self.over(Some(self.limit))
    }

    /// How much longer the plan took than it had said, in parts of that.
    fn off(&self) -> Option<f64> {
        let (expected, happened) = self.ours?.plan?;
        Some(happened.as_secs_f64() / expected.as_secs_f64() - 1.0)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Option<Duration>| time.map_or("–".into(), |time| format!("{:.2} s", time.as_secs_f64()));
        let ratio = |ratio: Option<f64>| ratio.map_or("–".into(), |ratio| format!("{ratio:.3}"));
        let verdict = |ratio: Option<f64>, most: Option<f64>| match (ratio, most) {
            (Some(ratio), Some(most)) => format!("{} {most:.2}", if ratio <= most { "met" } else { "**missed**" }),
            _ => String::new(),
        };
        let Self { link, kind, .. } = self;
        write!(
            f,
            "| {} | {} | {} ms | {} | {kind} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            link.chip.family,
            link.baud,
            link.latency.as_millis(),
            link.size >> 10,
            seconds(self.ours.map(|ours| ours.done.time)),
            seconds(self.on_virtual_time.map(|ours| ours.done.time)),
            seconds(self.peer(0)),
            seconds(self.peer(1)),
            seconds(Some(self.limit)),
            ratio(self.over_stm32flash()),
            verdict(self.over_stm32flash(), Some(kind.target())),
            ratio(self.over_limit()),
            verdict(self.over_limit(), kind.limit_target()),
            self.off().map_or("–".into(), |off| format!("{:+.1} %", off * 100.0)),
            self.ours.map_or("–".into(), |ours| ours.done.erased.to_string()),
        )
    }
}

/// How many rows met what was aimed at, by image.
pub struct Summary<'a>(pub &'a [Row]);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in Kind::ALL {
            let rows: Vec<&Row> = self.0.iter().filter(|row| row.kind == kind).collect();
            if rows.is_empty() {
                continue;
            }
            count(f, &format!("{kind}: ≤ {:.2} × stm32flash", kind.target()), &rows, |row| {
                Some((row.over_stm32flash()?, kind.target()))
            })?;
            if let Some(most) = kind.limit_target() {
                count(f, &format!("{kind}: ≤ {most:.2} × the limit"), &rows, |row| Some((row.over_limit()?, most)))?;
            }
        }
        let all: Vec<&Row> = self.0.iter().collect();
        count(f, "estimate within 10 %", &all, |row| Some((row.off()?.abs(), ESTIMATE)))?;
        let erased = self.0.iter().filter(|row| row.kind == Kind::NothingChanged);
        let erased: usize = erased.filter_map(|row| row.ours).map(|ours| ours.done.erased).sum();
        write!(f, "- units erased where nothing had changed: {erased}")
    }
}

/// One line: how many of the rows are at most what they may be, and the worst.
fn count(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    rows: &[&Row],
    measured: impl Fn(&Row) -> Option<(f64, f64)>,
) -> fmt::Result {
    let measured: Vec<(f64, f64)> = rows.iter().filter_map(|row| measured(row)).collect();
    if measured.is_empty() {
        return Ok(());
    }
    let met = measured.iter().filter(|(ratio, most)| ratio <= most).count();
    let worst = measured.iter().map(|(ratio, _)| *ratio).fold(0.0, f64::max);
    writeln!(f, "- {what}: {met} of {} rows, the worst {worst:.3}", measured.len())
}
