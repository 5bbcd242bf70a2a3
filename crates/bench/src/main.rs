//! Measures updates against stm32flash and stm32loader on the same simulated chips; `--help` says how.

mod arguments;
mod case;
mod chip;
mod hosts;
mod limit;
mod table;

use core::time::Duration;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use arguments::{Arguments, USAGE};
use case::{Kind, Link};
use hosts::{Host, Measured};
use table::Row;

/// How many links are measured at a time where the adapter's latency has the processor wait for most of the time.
const SIDE_BY_SIDE: usize = 6;
/// What fits into so much time again is measured again, and the fastest counts.
const ENOUGH: Duration = Duration::from_secs(16);
/// How often at most.
const MOST_ROUNDS: u32 = 3;

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
    let waits = |link: &&Link| link.latency > Duration::ZERO;
    let (slow, fast): (Vec<&Link>, Vec<&Link>) = arguments.links.iter().partition(waits);
    let mut rows = measure_all(&fast, 1, arguments);
    rows.extend(measure_all(&slow, SIDE_BY_SIDE, arguments));
    println!("\n{}", table::Summary(&rows));
}

/// Measures some links side by side, and prints their rows in order as soon as they are there.
fn measure_all(links: &[&Link], abreast: usize, arguments: &Arguments) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let (done, measured) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..abreast {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(link) = links.get(index) else { break };
                    // Fails where nobody wants it any more.
                    let _ = done.send((index, measure(link, arguments)));
                }
            });
        }
        drop(done);
        let (mut rows, mut early) = (Vec::new(), BTreeMap::new());
        let mut printed = 0;
        for (index, measured) in measured {
            early.insert(index, measured);
            while let Some(measured) = early.remove(&printed) {
                measured.iter().for_each(|row| println!("{row}"));
                rows.extend(measured);
                printed += 1;
            }
        }
        rows
    })
}

/// All images over one link, one after the other.
fn measure(link: &Link, arguments: &Arguments) -> Vec<Row> {
    let mut peers = Vec::new();
    let row = |&kind: &Kind| {
        // The peers write all of a raw image, whichever it is; of Intel HEX, what they make of it.
        let own = arguments.every_image || kind == Kind::QuarterBlankHex;
        let everyone = own || peers.is_empty();
        let measured = |&(index, host): &(usize, &Host)| index == 0 || everyone && host.reads(kind);
        let hosts: Vec<Host> =
            arguments.hosts.iter().enumerate().filter(measured).map(|(_, host)| host.clone()).collect();
        let mut times = update(link, kind, &hosts).into_iter();
        let ours = times.next().flatten();
        let times: Vec<_> = if everyone { times.collect() } else { peers.clone() };
        if !own {
            peers.clone_from(&times);
        }
        let on_virtual_time = update(link, kind, &[Host::OursOnVirtualTime])[0];
        Row { link: *link, kind, ours, on_virtual_time, peers: times, limit: limit::limit(link, kind) }
    };
    arguments.images.iter().map(row).collect()
}

/// Has the hosts take turns at updating the chip. The fastest of each counts: what else the machine did meanwhile is no
/// one's part.
fn update(link: &Link, kind: Kind, hosts: &[Host]) -> Vec<Option<Measured>> {
    let mut best: Vec<Option<Measured>> = vec![None; hosts.len()];
    let rounds = if matches!(hosts, [Host::OursOnVirtualTime]) { 1 } else { MOST_ROUNDS };
    for round in 1..=rounds {
        for (host, best) in hosts.iter().zip(&mut best) {
            match host.update(link, kind) {
                Ok(measured) => {
                    *best = best.filter(|best| best.done.time <= measured.done.time).or(Some(measured));
                }
                Err(problem) => {
                    eprintln!("{} at {} baud, {:?}, {kind}: {problem}", link.chip.family, link.baud, link.latency);
                }
            }
        }
        let first = best.first().copied().flatten().map_or(Duration::ZERO, |best| best.done.time);
        if first * (round + 1) > ENOUGH {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests;
