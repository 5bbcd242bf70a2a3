//! A chip's application that is a serial port, and can be told to restart in the bootloader.

use std::io;
use std::path::Path;

use rustix::event::{PollFd, PollFlags};

use crate::sim::pty::Terminal;

/// The baud by whose setting Arduino's boards are told to.
const TOUCH: u32 = 1200;

/// An application with a serial port on USB, which is a pseudo-terminal here.
#[derive(Debug)]
pub struct SerialApplication {
    /// What it is sent to restart in the bootloader.
    text: &'static str,
    /// What it is sent to tell of itself, and what it tells.
    about: Option<(&'static str, &'static str)>,
    port: Option<Terminal>,
    heard: Vec<u8>,
}

impl SerialApplication {
    /// One that restarts in the bootloader when its port is set to 1200 baud, or when it is sent `text`.
    pub const fn new(text: &'static str) -> Self {
        Self { text, about: None, port: None, heard: Vec::new() }
    }

    /// The same, which answers `question` with `answer`.
    pub fn answering(self, question: &'static str, answer: &'static str) -> Self {
        Self { about: Some((question, answer)), ..self }
    }

    /// Where its port is, while it runs.
    pub(super) fn path(&self) -> Option<&Path> {
        self.port.as_ref().map(|port| port.path.as_path())
    }

    /// What to wait for.
    pub(super) fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.port.as_ref().map(|port| PollFd::new(&port.chip_side, PollFlags::IN))
    }

    /// Does all that is due, and says whether it was told to restart. Its port is there while it runs.
    pub(super) fn run(&mut self, is_running: bool) -> io::Result<bool> {
        if !is_running {
            self.port = None;
            return Ok(false);
        }
        let port = match &self.port {
            Some(port) => port,
            None => {
                self.heard.clear();
                self.port.insert(Terminal::open()?)
            }
        };
        let mut buffer = [0; 256];
        let count = port.read(&mut buffer)?;
        self.heard.extend_from_slice(&buffer[..count]);
        let hears = |text: &str| self.heard.windows(text.len()).any(|heard| heard == text.as_bytes());
        let is_told = hears(self.text);
        if let Some((question, answer)) = self.about
            && hears(question)
        {
            port.write(answer.as_bytes())?;
            self.heard.clear();
        }
        let restarts = is_told || port.baud()? == TOUCH;
        if restarts {
            self.port = None;
        }
        Ok(restarts)
    }
}
