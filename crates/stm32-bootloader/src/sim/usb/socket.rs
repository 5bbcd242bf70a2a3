//! A simulated chip on USB behind a Unix socket, at the pace of a real clock.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags};

use super::bus::{Answer, Traffic, UsbBus};
use super::serial_application::SerialApplication;
use crate::sim::clock::Clock;
use crate::sim::{Boot, Rom, State};

/// A message of USB/IP is so long, but for the bytes of the transfer (the kernel's Documentation/usb/usbip_protocol.rst).
const MESSAGE: usize = 48;
/// Its commands: hand a transfer in, give one up, and the answers to both.
const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const SUBMITTED: u32 = 3;
const UNLINKED: u32 = 4;
/// Linux's numbers for a stalled transfer (EPIPE) and for one that was given up (ECONNRESET).
const STALLED: i32 = -32;
const GIVEN_UP: i32 = -104;
/// How often the baud of an application's serial port is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A simulated chip behind a Unix socket that speaks USB/IP, as what plays a host's USB driver does at the other end: each
/// connection hands control transfers in, and is closed when the device leaves the bus. Who connects while there is none
/// waits for the next.
///
/// It does nothing by itself: its owner calls [`run`](Self::run) when one of [`poll_fds`](Self::poll_fds) is ready or
/// [`next_event`](Self::next_event) is due.
#[derive(Debug)]
pub struct SocketChip {
    bus: UsbBus,
    clock: Clock,
    listener: UnixListener,
    path: PathBuf,
    /// The connections to the device with the number.
    connections: (Option<u32>, Vec<Connection>),
    /// How many connections there were.
    count: u32,
    serial_application: Option<SerialApplication>,
}

impl SocketChip {
    /// Listens at `path` for the chip that is plugged into `bus`. Its time passes `speed` times as fast as real time.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn new(bus: UsbBus, speed: f64, path: PathBuf) -> io::Result<Self> {
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        let clock = Clock::new(bus.rom().now(), speed);
        let connections = (bus.device_number(), Vec::new());
        Ok(Self { bus, clock, listener, path, connections, count: 0, serial_application: None })
    }

    /// The same chip with an application that is a serial port.
    pub fn with_serial_application(mut self, application: SerialApplication) -> Self {
        self.serial_application = Some(application);
        self
    }

    /// Where the application's serial port is, while it runs and has one.
    pub fn application_port(&self) -> Option<&Path> {
        self.serial_application.as_ref().and_then(SerialApplication::path)
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was answered since this was last asked for.
    pub fn take_traffic(&mut self) -> Traffic {
        self.now().take_traffic()
    }

    /// Whether the cable is plugged in.
    pub fn is_plugged(&self) -> bool {
        self.bus.is_plugged()
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        self.bus.rom()
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        self.bus.rom_mut()
    }

    /// Resets the chip, now.
    pub fn reset(&mut self, boot: Boot) {
        self.now().reset(boot);
    }

    /// Pulls the cable out, now.
    pub fn unplug(&mut self) {
        self.now().unplug();
    }

    /// Pulls the cable out by itself once `bytes` more of flash were programmed.
    pub fn unplug_after(&mut self, bytes: u64) {
        self.now().unplug_after(bytes);
    }

    /// Plugs the cable in again.
    pub fn plug(&mut self, boot: Boot) {
        self.now().plug(boot);
    }

    /// The chip as it is now.
    fn now(&mut self) -> &mut UsbBus {
        self.bus.advance(self.clock.now());
        &mut self.bus
    }

    /// What to wait for: transfers, and who wants to hand some in.
    pub fn poll_fds(&self) -> Vec<PollFd<'_>> {
        let mut fds: Vec<_> = self.connections.1.iter().map(|it| PollFd::new(&it.stream, PollFlags::IN)).collect();
        fds.extend(self.bus.device_number().map(|_| PollFd::new(&self.listener, PollFlags::IN)));
        fds.extend(self.serial_application.as_ref().and_then(SerialApplication::poll_fd));
        fds
    }

    /// The time from now until the chip has something to do; `None` while it waits for the host.
    pub fn next_event(&self) -> Option<Duration> {
        if self.connections.0 != self.bus.device_number() {
            // There are connections to a device that was just reset or pulled out.
            return Some(Duration::ZERO);
        }
        let next = self.bus.next_moment().map(|moment| self.clock.until(moment));
        // That a baud is set wakes nobody up.
        next.into_iter().chain(self.application_port().map(|_| LOOK)).min()
    }

    /// Does all that is due by now.
    ///
    /// # Errors
    /// When the socket fails, which it does not by being used.
    pub fn run(&mut self) -> io::Result<()> {
        self.go_on();
        while self.bus.device_number().is_some() {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    self.count += 1;
                    self.connections.1.push(Connection { number: self.count, stream, heard: Vec::new() });
                }
                Err(error) if is_none_yet(&error) => break,
                Err(error) => return Err(error),
            }
        }
        let bus = &mut self.bus;
        self.connections.1.retain_mut(|connection| connection.listen(bus).is_ok());
        if let Some(application) = &mut self.serial_application
            && application.run(self.bus.rom().state() == State::Application)?
        {
            self.reset(Boot::Bootloader);
        }
        self.go_on();
        Ok(())
    }

    /// Lets the chip live until now, and its hosts know what it answers.
    fn go_on(&mut self) {
        self.now();
        while let Some((transfer, answer)) = self.bus.answered() {
            let (connection, sequence) = ((transfer >> 32) as u32, transfer as u32);
            if let Some(host) = self.connections.1.iter_mut().find(|it| it.number == connection) {
                // A host that does not listen any more is found gone when it is listened to.
                let _ = host.answer(sequence, answer);
            }
        }
        // Connections end with the device that they led to.
        if self.connections.0 != self.bus.device_number() {
            self.connections = (self.bus.device_number(), Vec::new());
        }
    }
}

impl Drop for SocketChip {
    fn drop(&mut self) {
        // Whoever made the folder clears it away where this fails.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A host's driver that has the device open.
#[derive(Debug)]
struct Connection {
    number: u32,
    stream: UnixStream,
    heard: Vec<u8>,
}

impl Connection {
    /// Takes in what the host wants. An error is its end.
    fn listen(&mut self, bus: &mut UsbBus) -> io::Result<()> {
        let mut buffer = [0; 8192];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.heard.extend_from_slice(&buffer[..count]),
                Err(error) if is_none_yet(&error) => break,
                Err(error) => return Err(error),
            }
        }
        while let Some(message) = self.heard.first_chunk::<MESSAGE>().copied() {
            let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| message[4 * at + byte]));
            let [command, sequence, _, is_in, _, given_up, length] = core::array::from_fn(word);
            match command {
                SUBMIT => {
                    let end = MESSAGE + if is_in == 1 { 0 } else { length as usize };
                    let Some(bytes) = self.heard.get(MESSAGE..end).map(<[u8]>::to_vec) else { break };
                    self.heard.drain(..end);
                    let setup = core::array::from_fn(|byte| message[40 + byte]);
                    bus.submit(self.transfer(sequence), setup, bytes);
                }
                UNLINK => {
                    self.heard.drain(..MESSAGE);
                    let status = if bus.give_up(self.transfer(given_up)) { GIVEN_UP } else { 0 };
                    self.say([UNLINKED, sequence, 0, 0, 0, status.cast_unsigned(), 0], &[])?;
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(())
    }

    /// The bus's number of this connection's transfer.
    fn transfer(&self, sequence: u32) -> u64 {
        u64::from(self.number) << 32 | u64::from(sequence)
    }

    fn answer(&mut self, sequence: u32, answer: Answer) -> io::Result<()> {
        let (status, length, bytes) = match answer {
            Answer::Sent(bytes) => (0, bytes.len(), bytes),
            Answer::Took(length) => (0, length, Vec::new()),
            Answer::Stalled => (STALLED, 0, Vec::new()),
        };
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.say([SUBMITTED, sequence, 0, 0, 0, status.cast_unsigned(), length], &bytes)
    }

    fn say(&mut self, words: [u32; 7], bytes: &[u8]) -> io::Result<()> {
        let mut message: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
        message.resize(MESSAGE, 0);
        message.extend_from_slice(bytes);
        self.stream.write_all(&message)
    }
}

fn is_none_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
