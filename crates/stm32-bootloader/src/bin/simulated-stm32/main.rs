//! A simulated STM32 on a pseudo-terminal or on USB, for other programs to talk to; `--help` says how.

mod arguments;
mod chip;
mod control;
mod modem_lines;

use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use stm32_bootloader::sim::PtyChip;

use arguments::{Arguments, USAGE};
use chip::Chip;
use control::{Control, Outcome};
use modem_lines::ModemLines;

fn main() -> ExitCode {
    let result = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Some(arguments)) => run(arguments),
        Ok(None) => {
            say(USAGE.trim_end());
            Ok(())
        }
        Err(problem) => Err(format!("{problem}. --help says how it is used.")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("simulated-stm32: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let Arguments { rom, usb, usb_id, application, link, speed, latency, wiring, modem_lines, dump } = arguments;
    be_punctual();
    let mut chip = match usb {
        Some(path) => Chip::on_usb(rom, usb_id, &application, speed, path)?,
        None => {
            let chip = PtyChip::new(rom, speed).map_err(|error| format!("no pseudo-terminal: {error}"))?;
            Chip::Serial(chip.with_latency(latency).with_wiring(wiring))
        }
    };
    let modem_lines = modem_lines.map(ModemLines::open).transpose()?;
    let mut link = Link { path: link, leads_to: None };
    link.follow(&chip)?;
    say(&chip.path().map(|path| path.display().to_string()).unwrap_or_default());
    let served = serve(&mut chip, &mut link, modem_lines.as_ref()).map_err(|error| error.to_string());
    if let Some(path) = dump {
        control::write(&path, chip.rom().flash())?;
    }
    served
}

/// Linux lets timers be 50 µs late, to wake up less often: four bytes at 921600 baud.
fn be_punctual() {
    #[cfg(target_os = "linux")]
    {
        // The pace is a little less even without it.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    }
}

/// Until `quit` or a signal.
fn serve(chip: &mut Chip, link: &mut Link, modem_lines: Option<&ModemLines>) -> io::Result<()> {
    let (ends, sender) = UnixStream::pair()?;
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::low_level::pipe::register(signal, sender.try_clone()?)?;
    }
    let mut control = Control::default();
    let mut listens = true;
    loop {
        chip.run()?;
        if let Some(modem_lines) = modem_lines {
            modem_lines.serve(chip)?;
        }
        while let Some(outcome) = control.carry_out(chip) {
            match outcome {
                // The link is right before whoever waits for the answer reads it.
                Outcome::Said(line) => match link.follow(chip) {
                    Ok(()) => say(&line),
                    Err(problem) => say(&format!("error: {problem}")),
                },
                Outcome::Waits => break,
                Outcome::Quits => {
                    say("ok");
                    return Ok(());
                }
            }
        }
        link.follow(chip).map_err(io::Error::other)?;
        let ready = wait(chip, &ends, listens, modem_lines)?;
        if ready.ends {
            return Ok(());
        }
        if ready.input {
            let mut buffer = [0; 4096];
            match rustix::io::read(io::stdin().as_fd(), &mut buffer) {
                Ok(0) => listens = false,
                Ok(count) => control.hear(&buffer[..count]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                // Whoever gave the commands is gone; the chip stays.
                Err(_) => listens = false,
            }
        }
    }
}

/// What is there to be read.
struct Ready {
    ends: bool,
    input: bool,
}

/// Waits for the host, a command, a signal, modem lines, or the chip's next event.
fn wait(chip: &Chip, ends: &UnixStream, listens: bool, modem_lines: Option<&ModemLines>) -> io::Result<Ready> {
    let input = io::stdin();
    let mut fds = vec![PollFd::new(ends, PollFlags::IN)];
    if listens {
        fds.push(PollFd::new(&input, PollFlags::IN));
    }
    fds.extend(modem_lines.map(|socket| PollFd::new(socket, PollFlags::IN)));
    fds.extend(chip.poll_fds());
    let timeout = chip.next_event().map(timespec);
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Ready { ends: false, input: false }),
        Err(error) => return Err(error.into()),
    }
    let ready = |index: usize| !fds[index].revents().is_empty();
    Ok(Ready { ends: ready(0), input: listens && ready(1) })
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}

/// Says a line. Where nobody listens any more that is no reason to end.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The symbolic link that leads to the pseudo-terminal, while there is one.
struct Link {
    path: Option<PathBuf>,
    leads_to: Option<PathBuf>,
}

impl Link {
    /// Makes the link lead to where the chip is now.
    fn follow(&mut self, chip: &Chip) -> Result<(), String> {
        let Some(path) = self.path.as_deref().filter(|_| self.leads_to.as_deref() != chip.path()) else {
            return Ok(());
        };
        remove(path);
        if let Some(target) = chip.path() {
            let made = std::os::unix::fs::symlink(target, path);
            made.map_err(|error| format!("cannot make the link {}: {error}", path.display()))?;
        }
        self.leads_to = chip.path().map(Path::to_owned);
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            remove(path);
        }
    }
}

/// Removes a link, and nothing else than a link.
fn remove(path: &Path) {
    if path.is_symlink() {
        // If it stays, making the new one says so.
        let _ = std::fs::remove_file(path);
    }
}
