//! A serial port of this machine: an adapter's terminal device, or a pseudo-terminal.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::{thread, time};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions};
use serial2::SerialPort;

use crate::port::{Instant, LineSettings, Parity, Port, PortError, Signals};

/// A serial port, open and raw.
///
/// It blocks: each of its futures is ready when it is polled for the first time, so it belongs on a thread that does
/// nothing else meanwhile. A pseudo-terminal carries no parity bit; it takes the setting and leaves it at that.
#[derive(Debug)]
pub struct Tty {
    port: SerialPort,
    line: LineSettings,
    opened: time::Instant,
}

impl Tty {
    /// Opens the port at `path`, as `/dev/ttyUSB0`, and sets its line.
    ///
    /// # Errors
    /// When it is not there or no terminal, may not be used, or cannot be set like this.
    pub fn open(path: impl AsRef<Path>, line: LineSettings) -> io::Result<Self> {
        // Non-blocking, so that opening does not wait for a carrier, and reading never for a byte.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let port = SerialPort::from(rustix::fs::open(path.as_ref(), flags, Mode::empty())?);
        apply(&port, line, OptionalActions::Now)?;
        Ok(Self { port, line, opened: time::Instant::now() })
    }

    /// Waits until the port is `ready`, or for the deadline.
    fn wait(&self, ready: PollFlags, deadline: Instant) -> Result<(), PortError> {
        let left = deadline.since(self.now());
        if left.is_zero() {
            return Err(PortError::TimedOut);
        }
        let timeout =
            Timespec { tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        match rustix::event::poll(&mut [PollFd::new(&self.port, ready)], Some(&timeout)) {
            // What it is that woke us, the next read or write tells, and whether the deadline has passed the next wait.
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(lost(error)),
        }
    }
}

/// Sets the line: raw, 8 data bits, one stop bit, no flow control.
fn apply(port: &SerialPort, line: LineSettings, when: OptionalActions) -> io::Result<()> {
    let mut settings = termios::tcgetattr(port)?;
    settings.make_raw();
    settings.control_modes.remove(ControlModes::CSTOPB | ControlModes::CRTSCTS | ControlModes::PARODD);
    settings.control_modes.insert(ControlModes::CLOCAL | ControlModes::CREAD);
    settings.control_modes.set(ControlModes::PARENB, line.parity == Parity::Even);
    settings.set_speed(line.baud)?;
    termios::tcsetattr(port, when, &settings)?;
    // Drivers take the nearest baud that they have. The ROM measures it, but not the most that it is off.
    match termios::tcgetattr(port)?.output_speed() {
        baud if baud.abs_diff(line.baud) <= line.baud / 50 => Ok(()),
        baud => Err(io::Error::new(io::ErrorKind::Unsupported, format!("it has {baud} baud, not {}", line.baud))),
    }
}

impl Port for Tty {
    fn now(&self) -> Instant {
        Instant::at(self.opened.elapsed())
    }

    async fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        loop {
            match rustix::io::read(self.port.as_fd(), &mut *buffer) {
                Ok(0) => return Err(PortError::Lost("it hung up".into())),
                Ok(count) => return Ok(count),
                Err(Errno::AGAIN | Errno::INTR) => self.wait(PollFlags::IN, deadline)?,
                Err(error) => return Err(lost(error)),
            }
        }
    }

    async fn write(&mut self, mut bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        while !bytes.is_empty() {
            match rustix::io::write(self.port.as_fd(), bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::AGAIN | Errno::INTR) => self.wait(PollFlags::OUT, deadline)?,
                Err(error) => return Err(lost(error)),
            }
        }
        Ok(())
    }

    async fn clear_input(&mut self) -> Result<(), PortError> {
        let now = self.now();
        loop {
            match self.read(&mut [0; 256], now).await {
                Ok(_) => {}
                Err(PortError::TimedOut) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    async fn set_signals(&mut self, signals: Signals) -> Result<(), PortError> {
        self.port.set_dtr(signals.dtr).and_then(|()| self.port.set_rts(signals.rts)).map_err(refused)
    }

    async fn set_line(&mut self, settings: LineSettings) -> Result<(), PortError> {
        // What was written goes out as it was meant.
        apply(&self.port, settings, OptionalActions::Drain).map_err(refused)?;
        self.line = settings;
        Ok(())
    }

    fn line(&self) -> LineSettings {
        self.line
    }

    async fn wait_until(&mut self, moment: Instant) {
        thread::sleep(moment.since(self.now()));
    }
}

fn lost(error: Errno) -> PortError {
    PortError::Lost(error.to_string())
}

fn refused(error: io::Error) -> PortError {
    PortError::Refused(error.to_string())
}

#[cfg(test)]
mod tests;
