//! The simulated chip, in a process of its own, and what its log tells of the time.

use core::time::Duration;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use updater::{Image, Segment};

use crate::case::{Kind, Link};

/// A simulated chip on a pseudo-terminal.
pub struct SimulatedChip {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: PathBuf,
    folder: PathBuf,
    link: Link,
}

/// What was done to the chip, by its own clock.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// From the first byte that it got to the last that it sent of a read.
    pub time: Duration,
    /// How many units were erased.
    pub erased: usize,
}

impl Done {
    /// What a chip's log tells.
    ///
    /// # Errors
    /// A sentence, when the chip was not read, or something went wrong that no host notices at once.
    pub fn of(log: &str, link: &Link) -> Result<Self, String> {
        let byte = link.line().byte_time();
        let (mut first, mut last, mut erased) = (None, None, 0);
        for entry in log.lines() {
            let Some((at, event)) = entry.split_once(' ') else { continue };
            let Some(at) = at.parse().ok().map(Duration::from_secs_f64) else { continue };
            let words: Vec<&str> = event.split(' ').collect();
            match words[..] {
                // The log has the end of the byte that the rate was measured on.
                ["synced", ..] => first = first.or(Some(at.saturating_sub(byte))),
                // And the moment at which all of the request was there.
                ["read", count, ..] => last = Some(at + byte * (count.parse::<u32>().unwrap_or(0) + 1)),
                ["erased", "unit", ..] => erased += 1,
                ["mass", "erased"] => erased += link.chip.geometry.units().count(),
                ["overrun,", ..] | ["did", "not", ..] => return Err(format!("The chip's log has: {event}.")),
                _ => {}
            }
        }
        let (first, last) = first.zip(last).ok_or("The chip was not read.")?;
        Ok(Self { time: last.saturating_sub(first), erased })
    }
}

impl SimulatedChip {
    /// Starts one that holds what `kind` has it hold before.
    ///
    /// # Errors
    /// A sentence, when the simulator is not beside this program or does not start.
    pub fn start(link: &Link, kind: Kind) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("fieldflash-bench-{}-{number}", std::process::id()));
        let begin = || -> io::Result<Self> {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("before.bin"), link.before(kind))?;
            fs::write(folder.join("image"), link.payload(kind))?;
            let mut process = Command::new(std::env::current_exe()?.with_file_name("simulated-stm32"))
                .args(["--chip", &link.chip.product_id.to_string()])
                .args(["--latency", &link.latency.as_millis().to_string()])
                // The least that chips of the die have and that all images here fit into: stm32loader erases all of it.
                .args(["--flash-kib", if link.chip.family == "F4" { "512" } else { "128" }])
                .arg("--load")
                .arg(folder.join("before.bin"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let (commands, answers) = process.stdin.take().zip(process.stdout.take()).expect("both are piped");
            let answers = BufReader::new(answers);
            let mut chip =
                Self { process, commands, answers, port: PathBuf::new(), folder: folder.clone(), link: *link };
            chip.port = chip.answer()?.into();
            Ok(chip)
        };
        begin()
            .map_err(|error| format!("The simulated chip does not start: {error}. Build it first: ./dev bench does."))
    }

    /// Where it is found.
    pub fn port(&self) -> &Path {
        &self.port
    }

    /// A file with the image.
    pub fn image(&self) -> PathBuf {
        self.folder.join("image")
    }

    /// Holds what it is left with against the image, and tells how long that took.
    ///
    /// # Errors
    /// A sentence, when the chip does not hold the image or was not read.
    pub fn done(&mut self) -> Result<Done, String> {
        let look = |error: io::Error| format!("The simulated chip cannot be asked: {error}.");
        let flash = self.ask("flash").map_err(look)?;
        let payload = fs::read(self.image()).map_err(look)?;
        let base = self.link.chip.geometry.base;
        let image = Image::parse(&payload, base).map_err(|error| error.to_string())?;
        let is_held = |segment: &Segment| flash[(segment.address - base) as usize..].starts_with(&segment.bytes);
        if !image.segments().iter().all(is_held) {
            return Err("The chip does not hold the image.".into());
        }
        let log = self.ask("log").map_err(look)?;
        let log = String::from_utf8_lossy(&log);
        Done::of(&log, &self.link)
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// What the chip writes into a file at this command.
    fn ask(&mut self, command: &str) -> io::Result<Vec<u8>> {
        let path = self.folder.join(command);
        writeln!(self.commands, "{command} {}", path.display())?;
        match self.answer()?.as_str() {
            "ok" => fs::read(path),
            answer => Err(io::Error::other(answer.to_owned())),
        }
    }
}

impl Drop for SimulatedChip {
    fn drop(&mut self) {
        // Fails where it has ended already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
