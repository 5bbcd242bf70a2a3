//! The chip at the end of either cable.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::PollFd;
use stm32_bootloader::port::Signals;
use stm32_bootloader::sim::{
    Application, Boot, Cable, PtyChip, Rom, SerialApplication, SocketChip, State, Traffic, UsbBus, UsbQuirks,
};

/// The application's own vendor and product, its maker and its name.
const APPLICATION: Application = Application::new(0x1209, 0x0001, ["Fieldflash", "Fan"]);
/// What it is sent to restart in the bootloader.
const RESTART: &str = "dfu\r\n";
/// What it is sent to tell of itself, and what it tells.
const ABOUT: (&str, &str) = ("info\r\n", "serial: FAN-0017\r\nhardware: mp\r\nversion: 1.4.2\r\n");

/// A simulated chip that other programs reach.
pub enum Chip {
    /// On a pseudo-terminal.
    Serial(PtyChip),
    /// On USB, behind a socket.
    Usb(SocketChip),
}

impl Chip {
    /// On USB, with an application of these kinds.
    pub fn on_usb(
        rom: Rom,
        usb_id: Option<(u16, u16)>,
        application: &[String],
        speed: f64,
        path: PathBuf,
    ) -> Result<Self, String> {
        let is = |kind| application.iter().any(|it| it == kind);
        let mut bus = UsbBus::new(rom).with_quirks(UsbQuirks { usb_id, ..UsbQuirks::default() });
        if is("dfu") {
            bus = bus.with_application(APPLICATION);
        }
        let chip = SocketChip::new(bus, speed, path.clone());
        let chip = chip.map_err(|error| format!("cannot listen at {}: {error}", path.display()))?;
        let serial = SerialApplication::new(RESTART).answering(ABOUT.0, ABOUT.1);
        Ok(Self::Usb(if is("serial") { chip.with_serial_application(serial) } else { chip }))
    }

    /// How the host has set the modem lines.
    pub fn signals(&self) -> Signals {
        match self {
            Self::Serial(chip) => chip.signals(),
            Self::Usb(_) => Signals::default(),
        }
    }

    /// The host sets the modem lines; on USB there are none.
    pub fn set_signals(&mut self, signals: Signals) -> io::Result<()> {
        match self {
            Self::Serial(chip) => chip.set_signals(signals),
            Self::Usb(_) => Ok(()),
        }
    }

    /// The application's own serial port, while it runs and has one.
    pub fn application_port(&self) -> Option<&Path> {
        match self {
            Self::Serial(_) => None,
            Self::Usb(chip) => chip.application_port(),
        }
    }

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

    /// What was answered over USB since this was last asked for.
    pub fn take_traffic(&mut self) -> Option<Traffic> {
        match self {
            Self::Serial(_) => None,
            Self::Usb(chip) => Some(chip.take_traffic()),
        }
    }

    /// The serial cable, where there is one.
    pub fn cable_mut(&mut self) -> Option<&mut Cable> {
        match self {
            Self::Serial(chip) => Some(chip.cable_mut()),
            Self::Usb(_) => None,
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

    /// The application says something; on USB it has nowhere to.
    pub fn say(&mut self, bytes: &[u8]) {
        if let Self::Serial(chip) = self {
            chip.say(bytes);
        }
    }

    /// What the application has heard since this was asked last.
    pub fn heard(&mut self) -> Vec<u8> {
        match self {
            Self::Serial(chip) => chip.heard(),
            Self::Usb(_) => Vec::new(),
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

    /// Whether that is a thing: over USB there are no lists.
    pub fn unplug_amid_list(&mut self, number: usize) -> bool {
        match self {
            Self::Serial(chip) => chip.unplug_amid_list(number),
            Self::Usb(_) => return false,
        }
        true
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
