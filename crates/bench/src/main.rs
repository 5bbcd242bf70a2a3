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
use hosts::{Host, Measured};
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
        arguments.hosts.iter().filter_map(|host| host.told(link)).for_each(|told| println!("{told}"));
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
    let mut peers = Vec::new();
    let row = |&kind: &Kind| {
        let everyone = arguments.every_image || peers.is_empty();
        let hosts = if everyone { &arguments.hosts[..] } else { &arguments.hosts[..1] };
        // The peers write all of whatever image it is.
        let mut times = update(link, kind, hosts).into_iter();
        let ours = times.next().flatten();
        if everyone {
            peers = times.collect();
        }
        Row { link: *link, kind, ours, peers: peers.clone(), limit: limit::limit(link, kind) }
    };
    arguments.images.iter().map(row).collect()
}

/// Has each host in turn update the chip, as often as fits into a few seconds, and at least once. The fastest of each
/// counts: what else the machine did meanwhile is no one's part.
fn update(link: &Link, kind: Kind, hosts: &[Host]) -> Vec<Option<Measured>> {
    let mut best: Vec<Option<Measured>> = vec![None; hosts.len()];
    let mut spent = Duration::ZERO;
    loop {
        let mut first = Duration::MAX;
        for (host, best) in hosts.iter().zip(&mut best) {
            match host.update(link, kind) {
                Ok(measured) => {
                    first = first.min(measured.done.time);
                    *best = best.filter(|best| best.done.time <= measured.done.time).or(Some(measured));
                }
                Err(problem) => {
                    eprintln!("{} at {} baud, {:?}, {kind}: {problem}", link.chip.family, link.baud, link.latency);
                }
            }
        }
        spent = spent.saturating_add(first);
        if spent.saturating_add(first) > FEW_SECONDS || matches!(hosts, [Host::OursOnVirtualTime]) {
            return best;
        }
    }
}
