//! Who updates the chip: this project's client, and its peers.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pollster::block_on;
use stm32_bootloader::port::Port;
use stm32_bootloader::sim::{Direction, Faults, Rom, SimulatedPort};
use stm32_bootloader::tty::Tty;
use stm32_bootloader::usart::{Bootloader, identify};
use updater::{Event, Image, Observer, Stamped, Target, check, update};

use crate::case::{Kind, Link};
use crate::chip::{Done, SimulatedChip};

/// What updates a chip.
#[derive(Debug, Clone)]
pub enum Host {
    /// This project's client and procedure.
    Ours,
    /// The same on virtual time, where neither this machine nor what else runs on it costs any.
    OursOnVirtualTime,
    /// Debian's stm32flash.
    Stm32flash,
    /// stm32loader.
    Stm32loader {
        /// The Python that has it.
        python: PathBuf,
    },
}

/// How an update went.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// By the chip's clock.
    pub done: Done,
    /// What the last plan expected of the whole update, and how long it took from the first plan to the end. Only ours
    /// have a plan.
    pub plan: Option<(Duration, Duration)>,
}

impl Host {
    /// Has it write and verify the image.
    ///
    /// # Errors
    /// A sentence, with what failed.
    pub fn update(&self, link: &Link, kind: Kind) -> Result<Measured, String> {
        match self {
            Self::Ours => ours(link, kind),
            Self::OursOnVirtualTime => ours_on_virtual_time(link, kind),
            Self::Stm32flash | Self::Stm32loader { .. } => self.peer(link, kind),
        }
    }

    /// Whether it takes the file that an image comes in: stm32loader would write the text of Intel HEX as it is.
    pub const fn reads(&self, kind: Kind) -> bool {
        !matches!((self, kind), (Self::Stm32loader { .. }, Kind::QuarterBlankHex))
    }

    /// The command line of a peer: the options are those that someone would give who knows it.
    fn command(&self, link: &Link, port: &Path, image: &Path) -> Option<Command> {
        let baud = link.baud.to_string();
        match self {
            Self::Ours | Self::OursOnVirtualTime => None,
            Self::Stm32flash => {
                let mut command = Command::new("stm32flash");
                // A pseudo-terminal carries no parity.
                command.args(["-b", &baud, "-m", "8n1", "-w"]).arg(image).arg("-v").arg(port);
                Some(command)
            }
            Self::Stm32loader { python } => {
                let mut command = Command::new(python);
                command
                    .args(["-c", WITHOUT_MODEM_LINES])
                    .args(["-b", &baud, "-P", "none", "-f", link.chip.family, "-n", "-e", "-w", "-v", "-p"])
                    .args([port, image]);
                Some(command)
            }
        }
    }

    /// The command line of a peer, for people.
    pub fn told(&self, link: &Link) -> Option<String> {
        let command = self.command(link, Path::new("PORT"), Path::new("FILE"))?;
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        Some(match self {
            Self::Stm32loader { .. } => format!("stm32loader {}", arguments[2..].join(" ")),
            _ => format!("stm32flash {}", arguments.join(" ")),
        })
    }

    fn peer(&self, link: &Link, kind: Kind) -> Result<Measured, String> {
        let mut chip = SimulatedChip::start(link, kind)?;
        let mut command = self.command(link, chip.port(), &chip.image()).ok_or("This host is no peer.")?;
        let name = command.get_program().to_string_lossy().into_owned();
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{name} does not start: {error}."))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            return Err(format!("{name} failed: {}", said.trim().lines().last().unwrap_or_default()));
        }
        Ok(Measured { done: chip.done()?, plan: None })
    }
}

/// stm32loader sets modem lines, which a pseudo-terminal has none of.
const WITHOUT_MODEM_LINES: &str = include_str!("../stm32loader_without_modem_lines.py");

/// The times that are held against each other.
#[derive(Default)]
struct Times {
    planned: Option<Duration>,
    expected: Duration,
    complete: Duration,
}

impl Times {
    fn of_plan(&self) -> (Duration, Duration) {
        (self.expected, self.complete.saturating_sub(self.planned.unwrap_or_default()))
    }
}

impl Observer for Times {
    fn observe(&mut self, stamped: Stamped) {
        match stamped.event {
            Event::Planned(summary) => {
                self.planned.get_or_insert(stamped.at);
                self.expected = summary.duration();
            }
            Event::Complete => self.complete = stamped.at,
            _ => {}
        }
    }
}

/// Over a pseudo-terminal.
fn ours(link: &Link, kind: Kind) -> Result<Measured, String> {
    let mut chip = SimulatedChip::start(link, kind)?;
    let tty = Tty::open(chip.port(), link.line()).map_err(|error| format!("The port does not open: {error}."))?;
    let times = session(tty, link, kind)?;
    Ok(Measured { done: chip.done()?, plan: Some(times.of_plan()) })
}

fn ours_on_virtual_time(link: &Link, kind: Kind) -> Result<Measured, String> {
    let rom = Rom::new(link.chip).with_flash(link.chip.geometry.base, &link.before(kind));
    let from_chip = Direction { latency: link.latency, ..Direction::default() };
    let mut port = SimulatedPort::new(rom).with_faults(Faults { from_chip, ..Faults::default() });
    block_on(port.set_line(link.line())).map_err(|error| error.to_string())?;
    let times = session(&mut port, link, kind)?;
    let log: String = port.rom().log().iter().map(|entry| format!("{entry}\n")).collect();
    Ok(Measured { done: Done::of(&log, link)?, plan: Some(times.of_plan()) })
}

/// Reaches the chip, identifies and updates it, as a session of the page does.
fn session(port: impl Port, link: &Link, kind: Kind) -> Result<Times, String> {
    let mut times = Times::default();
    let session = async {
        let mut bootloader = Bootloader::connect(port).await.map_err(|error| error.to_string())?;
        let identity = identify(&mut bootloader).await.map_err(|error| error.to_string())?;
        let (row, geometry) = (identity.chip, &identity.geometry);
        let image = Image::parse(&link.payload(kind), geometry.base).map_err(|error| error.to_string())?;
        check(&image, &row, geometry).map_err(|error| error.to_string())?;
        let target = Target { pace: link.pace, mass_erase: link.mass_erase, ..Target::new(&row, geometry) };
        update(&mut bootloader, &image, target, &mut times).await.map_err(|error| error.to_string())
    };
    block_on(session).map(|_| times)
}
