//! Measures updates against stm32flash and stm32loader on the same simulated chips; `--help` says how.

mod arguments;
mod case;
mod chip;
mod hosts;
mod limit;
mod table;

use core::time::Duration;
use std::process::ExitCode;
use std::thread;

use arguments::{Arguments, USAGE};
use case::{Kind, Link};
use chip::Done;
use table::Row;

/// From this latency on the processor is idle for most of the time, and links are measured side by side.
const MOSTLY_WAITING: Duration = Duration::from_millis(16);
/// How many of them.
const SIDE_BY_SIDE: usize = 3;
/// What takes less is measured as often as fits in, and counts with its fastest.
const FEW_SECONDS: Duration = Duration::from_secs(6);

fn main() -> ExitCode {
    match arguments::parse() {
        Ok(Some(arguments)) => run(&arguments),
        Ok(None) => print!("{USAGE}"),
        Err(problem) => {
            eprintln!("bench: {problem}. --help says how it is used.");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run(arguments: &Arguments) {
    if let Some(link) = arguments.links.first() {
        arguments.peers.iter().for_each(|peer| println!("{}", peer.told(link)));
    }
    println!("\n{}", table::HEAD);
    let mut rows = Vec::new();
    let mut rest = &arguments.links[..];
    while let Some(link) = rest.first() {
        let abreast = if link.latency < MOSTLY_WAITING { 1 } else { SIDE_BY_SIDE.min(rest.len()) };
        let (now, later) = rest.split_at(abreast);
        rest = later;
        thread::scope(|scope| {
            let lanes: Vec<_> = now.iter().map(|link| scope.spawn(|| measure(link, arguments))).collect();
            for lane in lanes {
                // A lane that panicked has said so.
                let measured = lane.join().unwrap_or_default();
                measured.iter().for_each(|row| println!("{row}"));
                rows.extend(measured);
            }
        });
    }
    println!("\n{}", table::Summary(&rows));
}

/// All images over one link, one after the other.
fn measure(link: &Link, arguments: &Arguments) -> Vec<Row> {
    let peers = |kind| -> Vec<Option<Done>> {
        let update = |peer: &hosts::Peer| told(best(|| peer.update(link, kind), |done| done.time), link, kind);
        arguments.peers.iter().map(update).collect()
    };
    let ours = if arguments.on_virtual_time { hosts::ours_on_virtual_time } else { hosts::ours };
    let dense = if arguments.every_image { Vec::new() } else { peers(Kind::Dense) };
    let row = |&kind: &Kind| {
        let ours = told(best(|| ours(link, kind), |ours| ours.done.time), link, kind);
        let peers = if arguments.every_image { peers(kind) } else { dense.clone() };
        Row { link: *link, kind, ours, peers, limit: limit::limit(link, kind) }
    };
    arguments.images.iter().map(row).collect()
}

/// The fastest of a few where that takes no more than a few seconds: what else the machine did meanwhile is no one's part.
fn best<T>(measure: impl Fn() -> Result<T, String>, time: impl Fn(&T) -> Duration) -> Result<T, String> {
    let mut best = measure()?;
    let mut spent = time(&best);
    while spent + time(&best) < FEW_SECONDS {
        let next = measure()?;
        spent += time(&next);
        if time(&next) < time(&best) {
            best = next;
        }
    }
    Ok(best)
}

/// What was measured; what went wrong is told, and leaves its place in the table empty.
fn told<T>(measured: Result<T, String>, link: &Link, kind: Kind) -> Option<T> {
    let place = || format!("{} {} baud {} ms {kind}", link.chip.family, link.baud, link.latency.as_millis());
    measured.inspect_err(|problem| eprintln!("{}: {problem}", place())).ok()
}
