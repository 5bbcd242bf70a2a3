//! The chip at the end of either cable.

use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::event::PollFd;
use stm32_bootloader::sim::{Boot, PtyChip, Rom, SocketChip, State};

/// A simulated chip that other programs reach.
pub enum Chip {
    /// On a pseudo-terminal.
    Serial(PtyChip),
    /// On USB, behind a socket.
    Usb(SocketChip),
}

impl Chip {
    /// Where it is reached; `None` while it is unplugged.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Serial(chip) => chip.path(),
            Self::Usb(chip) => chip.is_plugged().then(|| chip.path()),
        }
    }

    /// Its state in a word.
    pub fn state(&self) -> &'static str {
        match self.rom().state() {
            _ if self.path().is_none() => "unplugged",
            State::Waiting => "waiting",
            State::Bootloader => "bootloader",
            State::Application => "application",
            State::Fault => "fault",
            State::Held => "held",
        }
    }

    pub fn rom(&self) -> &Rom {
        match self {
            Self::Serial(chip) => chip.rom(),
            Self::Usb(chip) => chip.rom(),
        }
    }

    pub fn rom_mut(&mut self) -> &mut Rom {
        match self {
            Self::Serial(chip) => chip.rom_mut(),
            Self::Usb(chip) => chip.rom_mut(),
        }
    }

    pub fn reset(&mut self, boot: Boot) {
        match self {
            Self::Serial(chip) => chip.reset(boot),
            Self::Usb(chip) => chip.reset(boot),
        }
    }

    pub fn unplug(&mut self) {
        match self {
            Self::Serial(chip) => chip.unplug(),
            Self::Usb(chip) => chip.unplug(),
        }
    }

    pub fn unplug_after(&mut self, bytes: u64) {
        match self {
            Self::Serial(chip) => chip.unplug_after(bytes),
            Self::Usb(chip) => chip.unplug_after(bytes),
        }
    }

    pub fn plug(&mut self, boot: Boot) -> io::Result<()> {
        match self {
            Self::Serial(chip) => chip.plug(boot),
            Self::Usb(chip) => {
                chip.plug(boot);
                Ok(())
            }
        }
    }

    pub fn run(&mut self) -> io::Result<()> {
        match self {
            Self::Serial(chip) => chip.run(),
            Self::Usb(chip) => chip.run(),
        }
    }

    pub fn poll_fds(&self) -> Vec<PollFd<'_>> {
        match self {
            Self::Serial(chip) => chip.poll_fd().into_iter().collect(),
            Self::Usb(chip) => chip.poll_fds(),
        }
    }

    pub fn next_event(&self) -> Option<Duration> {
        match self {
            Self::Serial(chip) => chip.next_event(),
            Self::Usb(chip) => chip.next_event(),
        }
    }
}
