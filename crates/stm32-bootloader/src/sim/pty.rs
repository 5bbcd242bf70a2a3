//! A simulated chip on a pseudo-terminal, at the pace of a real clock.

use core::time::Duration;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::{self, OptionalActions};

use super::cable::Cable;
use super::clock::Clock;
use super::log::Boot;
use super::rom::{Rom, State};
use super::wiring::{ModemLines, Wiring};
use crate::port::{Instant, LineSettings, Signals};

/// How long bytes that others follow may wait for them: a frame of full-speed USB.
const FRAME: Duration = Duration::from_millis(1);
/// More than this of what the application has heard is forgotten.
const MOST_HEARD: usize = 64 << 10;

/// A simulated chip behind a pseudo-terminal: a serial port for any program on this machine.
///
/// Bytes are paced by the baud that the other program sets. A pseudo-terminal carries no parity bit, so the chip hears
/// what it expects; nor has it modem lines, so its owner tells them by [`set_signals`](Self::set_signals). It does
/// nothing by itself: its owner calls [`run`](Self::run) when [`poll_fd`](Self::poll_fd) is ready or
/// [`next_event`](Self::next_event) is due.
#[derive(Debug)]
pub struct PtyChip {
    cable: Cable,
    terminal: Option<Terminal>,
    clock: Clock,
    /// What has arrived at the host's end and the pseudo-terminal had no room for yet.
    arrived: Vec<u8>,
    /// What the host has sent to the application.
    heard: Vec<u8>,
    /// Once so many bytes of flash were programmed, the cable is pulled out.
    unplug_at: Option<u64>,
    /// Once the ROM waits for its list of units after so many erase commands, it is as well.
    unplug_amid_list: Option<usize>,
    latency: Duration,
    modem_lines: ModemLines,
}

impl PtyChip {
    /// Plugs `rom` into a new pseudo-terminal. Its time passes `speed` times as fast as real time.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left.
    pub fn new(rom: Rom, speed: f64) -> io::Result<Self> {
        let clock = Clock::new(rom.now(), speed);
        let terminal = Some(Terminal::open()?);
        Ok(Self {
            cable: Cable::new(rom),
            terminal,
            clock,
            arrived: Vec::new(),
            heard: Vec::new(),
            unplug_at: None,
            unplug_amid_list: None,
            latency: Duration::ZERO,
            modem_lines: ModemLines::default(),
        })
    }

    /// The same chip on a board that wires modem lines to it.
    pub fn with_wiring(mut self, wiring: Wiring) -> Self {
        self.modem_lines = ModemLines::to(wiring);
        self
    }

    /// The same chip behind an adapter that holds back what the chip sends for so long, in the chip's time.
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self.cable.faults_mut().from_chip.latency = latency;
        self
    }

    /// Where other programs find the port; `None` while it is unplugged.
    pub fn path(&self) -> Option<&Path> {
        self.terminal.as_ref().map(|terminal| terminal.path.as_path())
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        self.cable.rom()
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        self.cable.rom_mut()
    }

    /// The cable, to give it faults. Plugged in again it has none.
    pub fn cable_mut(&mut self) -> &mut Cable {
        &mut self.cable
    }

    /// How the host has set the modem lines.
    pub const fn signals(&self) -> Signals {
        self.modem_lines.signals
    }

    /// The host sets the modem lines. What it wrote before is on its way to the chip by then.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn set_signals(&mut self, signals: Signals) -> io::Result<()> {
        self.run()?;
        self.modem_lines.set(signals, self.cable.rom_mut());
        Ok(())
    }

    /// Resets the chip, now.
    pub fn reset(&mut self, boot: Boot) {
        self.cable.advance(self.clock.now());
        self.rom_mut().reset(boot);
    }

    /// The application says something, where it runs: it is at the host's end at once.
    pub fn say(&mut self, bytes: &[u8]) {
        if self.rom().state() == State::Application {
            self.arrived.extend_from_slice(bytes);
        }
    }

    /// What the host has sent to the application since this was asked last.
    pub fn heard(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.heard)
    }

    /// Pulls the cable out, which is the chip's supply too: what it was doing is cut short, the port is gone, and who
    /// has it open sees it hang up.
    pub fn unplug(&mut self) {
        self.cable.advance(self.clock.now());
        self.pull();
    }

    /// Pulls the cable out by itself once `bytes` more of flash were programmed.
    pub fn unplug_after(&mut self, bytes: u64) {
        self.unplug_at = Some(self.rom().bytes_programmed() + bytes);
    }

    /// Pulls the cable out by itself once the ROM waits for the list of units of the `number`th erase from now on.
    pub fn unplug_amid_list(&mut self, number: usize) {
        self.unplug_amid_list = Some(self.erases() + number);
    }

    /// How many erase commands the ROM has taken.
    fn erases(&self) -> usize {
        self.rom().obeyed().iter().filter(|&opcode| matches!(opcode, 0x43 | 0x44)).count()
    }

    /// Plugs the cable in again, into a new port; the chip gets its supply back and starts what `boot` says.
    /// The modem lines are let go, as an adapter has them that nobody has opened.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left.
    pub fn plug(&mut self, boot: Boot) -> io::Result<()> {
        self.unplug();
        self.terminal = Some(Terminal::open()?);
        self.modem_lines.signals = Signals::default();
        self.cable = Cable::new(self.rom().clone());
        self.cable.faults_mut().from_chip.latency = self.latency;
        self.reset(boot);
        Ok(())
    }

    /// What to wait for: bytes from the host, and room for those that go to it. `None` while it is unplugged.
    pub fn poll_fd(&self) -> Option<PollFd<'_>> {
        let wanted = if self.arrived.is_empty() { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT };
        self.terminal.as_ref().map(|terminal| PollFd::new(&terminal.chip_side, wanted))
    }

    /// The time from now until the chip's side has something to do; `None` while it waits for the host.
    ///
    /// Like a USB adapter it passes bytes on in frames of a millisecond, and the last of an answer at once. So it does
    /// not wake up for each byte, and keeps its pace on a busy machine.
    pub fn next_event(&self) -> Option<Duration> {
        let (next, last) = self.cable.next_moment().zip(self.cable.last_moment())?;
        Some((self.clock.until(next) + FRAME).min(self.clock.until(last)))
    }

    /// Does all that is due by now.
    ///
    /// # Errors
    /// When the pseudo-terminal fails, which it does not by being used.
    pub fn run(&mut self) -> io::Result<()> {
        let now = self.clock.now();
        self.advance(now);
        let Some(terminal) = &self.terminal else { return Ok(()) };
        let mut buffer = [0; 4096];
        let count = terminal.read(&mut buffer)?;
        if self.cable.rom().state() == State::Application && self.heard.len() < MOST_HEARD {
            self.heard.extend_from_slice(&buffer[..count]);
        }
        if count > 0 {
            let line = LineSettings { baud: terminal.baud()?, ..self.cable.rom().line() };
            self.cable.send(&buffer[..count], now, line);
        }
        self.arrived.extend(core::iter::from_fn(|| self.cable.receive(now)));
        let written = terminal.write(&self.arrived)?;
        self.arrived.drain(..written);
        Ok(())
    }

    /// Lets time pass event by event, so that the cable comes out between the right two blocks.
    fn advance(&mut self, now: Instant) {
        while let Some(next) = self.cable.next_moment().filter(|&next| next <= now) {
            // What has arrived by then is what the host got; it is not to stand in for the next event.
            self.arrived.extend(core::iter::from_fn(|| self.cable.receive(next)));
            self.cable.advance(next);
            if self.unplug_at.is_some_and(|bytes| self.rom().bytes_programmed() >= bytes)
                || self.unplug_amid_list.is_some_and(|number| self.rom().waits_for_list() && self.erases() >= number)
            {
                return self.pull();
            }
        }
        self.cable.advance(now);
    }

    fn pull(&mut self) {
        self.unplug_at = None;
        self.unplug_amid_list = None;
        self.rom_mut().hold();
        self.cable.unplug();
        self.arrived.clear();
        self.terminal = None;
    }
}

/// A raw pseudo-terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) chip_side: OwnedFd,
    /// Held open so that the chip's side is not hung up, and keeps its settings, between two programs that use it.
    _host_side: OwnedFd,
    pub(super) path: PathBuf,
}

impl Terminal {
    pub(super) fn open() -> io::Result<Self> {
        let chip_side = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::pty::grantpt(&chip_side)?;
        rustix::pty::unlockpt(&chip_side)?;
        let name = rustix::pty::ptsname(&chip_side, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let host_side = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut settings = termios::tcgetattr(&host_side)?;
        settings.make_raw();
        settings.set_speed(LineSettings::DEFAULT.baud)?;
        termios::tcsetattr(&host_side, OptionalActions::Now, &settings)?;
        rustix::fs::fcntl_setfl(&chip_side, OFlags::RDWR | OFlags::NONBLOCK)?;
        rustix::io::fcntl_setfd(&chip_side, rustix::io::FdFlags::CLOEXEC)?;
        Ok(Self { chip_side, _host_side: host_side, path })
    }

    /// The baud that the host has set. Zero is how a host hangs up; the chip hears nothing of that.
    pub(super) fn baud(&self) -> io::Result<u32> {
        let baud = termios::tcgetattr(&self.chip_side)?.output_speed();
        Ok(if baud == 0 { LineSettings::DEFAULT.baud } else { baud })
    }

    /// How many bytes the host had sent; zero where there were none.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        none_yet(rustix::io::read(self.chip_side.as_fd(), buffer))
    }

    /// How many of the bytes there was room for.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        none_yet(rustix::io::write(self.chip_side.as_fd(), bytes))
    }
}

fn none_yet(result: Result<usize, Errno>) -> io::Result<usize> {
    match result {
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        result => Ok(result?),
    }
}
