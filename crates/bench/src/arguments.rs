//! The command line.

use core::time::Duration;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::case::{BAUDS, CHIPS, Kind, LATENCIES, Link, chip};
use crate::hosts::Host;
use stm32_bootloader::usart::Pace;

pub const USAGE: &str = "\
Measures updates against stm32flash and stm32loader on the same simulated chips, at real speed, and prints a table.

Usage: bench [options]

  --quick                 only 460800 baud, 0 and 16 ms: some minutes instead of a good half hour
  --chip PID              only this chip: 0x410 (F1), 0x413 (F4) or 0x460 (G0)
  --baud N                only this baud
  --latency MS            only this latency of the adapter's answers
  --image NAME            only this image: dense, quarter-blank, quarter-blank-hex, one-page or nothing
  --kib N                 images of so many KiB
  --burst                 ours sends each block in one burst, where that is proven (docs/burst.md); the limit is that of bursts
  --mass-erase            ours is told that nothing else is kept in flash, and erases all of it at once where that is
                          faster, as stm32loader does; the limit is that of such a host
  --every-image           measures the peers on each image, not only on the dense one and on Intel HEX: they write all
                          of a raw one anyway
  --virtual               measures only ours, on virtual time: in a moment, and without this machine's part
  --stm32loader PYTHON    the Python that has stm32loader; without it that is left out

--chip, --baud, --latency and --image may be repeated.
";

/// What the command line says.
pub struct Arguments {
    pub links: Vec<Link>,
    pub images: Vec<Kind>,
    /// Ours first.
    pub hosts: Vec<Host>,
    pub every_image: bool,
}

/// `None` when help was asked for.
///
/// # Errors
/// A sentence, when something on it is not known.
pub fn parse() -> Result<Option<Arguments>, String> {
    let mut parser = Parser::from_env();
    let (mut chips, mut bauds, mut latencies, mut images) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut quick, mut every_image, mut on_virtual_time) = (false, false, false);
    let (mut pace, mut mass_erase) = (Pace::Strict, false);
    let mut kib: Option<usize> = None;
    let mut hosts = vec![Host::Ours, Host::Stm32flash];
    let plain = |error: lexopt::Error| error.to_string();
    while let Some(argument) = parser.next().map_err(plain)? {
        match argument {
            Arg::Long("help") => return Ok(None),
            Arg::Long("quick") => quick = true,
            Arg::Long("burst") => pace = Pace::Burst,
            Arg::Long("mass-erase") => mass_erase = true,
            Arg::Long("every-image") => every_image = true,
            Arg::Long("virtual") => on_virtual_time = true,
            Arg::Long("chip") => chips.push(parser.value().and_then(|value| value.parse_with(chip_of)).map_err(plain)?),
            Arg::Long("baud") => bauds.push(parser.value().and_then(|value| value.parse()).map_err(plain)?),
            Arg::Long("latency") => latencies.push(parser.value().and_then(|value| value.parse()).map_err(plain)?),
            Arg::Long("image") => {
                images.push(parser.value().and_then(|value| value.parse_with(kind_of)).map_err(plain)?)
            }
            Arg::Long("kib") => kib = Some(parser.value().and_then(|value| value.parse_with(kib_of)).map_err(plain)?),
            Arg::Long("stm32loader") => {
                hosts.push(Host::Stm32loader { python: PathBuf::from(parser.value().map_err(plain)?) });
            }
            _ => return Err(argument.unexpected().to_string()),
        }
    }
    if quick {
        bauds.push(460_800);
        latencies.extend([0, 16]);
    }
    if on_virtual_time {
        hosts = vec![Host::OursOnVirtualTime];
    }
    let chosen = |all: &[(u16, usize)]| -> Vec<(u16, usize)> {
        all.iter().copied().filter(|(id, _)| chips.is_empty() || chips.contains(id)).collect()
    };
    let (bauds, latencies) = (or_all(bauds, &BAUDS), or_all(latencies, &LATENCIES));
    let mut links = Vec::new();
    for &latency in &latencies {
        for &baud in &bauds {
            links.extend(chosen(&CHIPS).into_iter().map(|(id, usual)| Link {
                chip: chip(id),
                baud,
                latency: Duration::from_millis(latency),
                size: kib.unwrap_or(usual) << 10,
                pace,
                mass_erase,
            }));
        }
    }
    Ok(Some(Arguments { links, images: or_all(images, &Kind::ALL), hosts, every_image }))
}

fn or_all<T: Copy>(chosen: Vec<T>, all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all.to_vec() } else { chosen }
}

fn chip_of(text: &str) -> Result<u16, &'static str> {
    let id = text.strip_prefix("0x").and_then(|digits| u16::from_str_radix(digits, 16).ok());
    id.filter(|id| CHIPS.iter().any(|(known, _)| known == id)).ok_or("it is none of 0x410, 0x413 and 0x460")
}

fn kind_of(text: &str) -> Result<Kind, &'static str> {
    Kind::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or("there is no such image")
}

fn kib_of(text: &str) -> Result<usize, &'static str> {
    // No more than the smallest flash here, and not less than two of its largest units that matter.
    text.parse().ok().filter(|kib| (8..=128).contains(kib) && kib % 8 == 0).ok_or("it is not 8, 16, 24 … 128")
}
