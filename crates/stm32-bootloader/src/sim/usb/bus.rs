//! A simulated chip on USB for hosts that have a clock of their own: they hand transfers in, and each answer comes out when
//! its time has come.

use std::collections::VecDeque;

use super::application::Application;
use super::device::UsbRom;
use super::pipe::{BYTE, TRANSFER};
use super::quirks::UsbQuirks;
use crate::pipe::{Kind, Recipient, Request};
use crate::port::Instant;
use crate::sim::{Boot, Rom, State};

/// `bmRequestType`: from the device, its kind, what it is for (USB 2.0 Table 9-2).
const IN: u8 = 0x80;
const KIND: u8 = 0x60;
const RECIPIENT: u8 = 0x1F;
/// Standard requests (USB 2.0 Table 9-4).
const SET_CONFIGURATION: u8 = 9;
const SET_INTERFACE: u8 = 11;
/// The hub's request for its port, SET_FEATURE(PORT_RESET), by which USB/IP tells a reset (USB 2.0 §11.24.2).
const PORT_RESET: [u8; 4] = [0x23, 3, 4, 0];

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The device sent this.
    Sent(Vec<u8>),
    /// The device took all bytes; so many.
    Took(usize),
    /// STALL.
    Stalled,
}

/// A transfer that the device has not answered yet.
#[derive(Debug)]
struct Transfer {
    number: u64,
    setup: [u8; 8],
    bytes: Vec<u8>,
    /// When it is through, once the device has begun with it.
    due: Option<Instant>,
}

/// What a device answered of a host's control transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// DNLOAD: blocks and commands.
    pub downloads: u64,
    /// UPLOAD.
    pub uploads: u64,
    /// GETSTATUS.
    pub statuses: u64,
    /// Any other.
    pub others: u64,
    /// When the first of them began.
    pub begin: Option<Instant>,
    /// When the last of them ended.
    pub end: Instant,
}

impl Traffic {
    fn count(&mut self, setup: [u8; 8], now: Instant) {
        // DFU's own requests are those of a class to an interface (DFU 1.1 Table 3.2).
        let count = match (setup[0] & (KIND | RECIPIENT), setup[1]) {
            (0x21, 1) => &mut self.downloads,
            (0x21, 2) => &mut self.uploads,
            (0x21, 3) => &mut self.statuses,
            _ => &mut self.others,
        };
        *count += 1;
        self.end = now;
    }
}

/// What of a chip is on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Rom,
    Application,
}

/// A simulated chip at the end of a USB cable.
///
/// When it leaves the bus and comes back, after a reset or as its application, it is another device to the host, with the
/// next [`device_number`](Self::device_number).
#[derive(Debug)]
pub struct UsbBus {
    device: UsbRom,
    application: Option<Application>,
    now: Instant,
    plugged: bool,
    face: Option<Face>,
    device_number: u32,
    transfers: VecDeque<Transfer>,
    answers: VecDeque<(u64, Answer)>,
    /// Once so many bytes of flash were programmed, the cable is pulled out.
    unplug_at: Option<u64>,
    traffic: Traffic,
}

impl UsbBus {
    /// Plugs a chip in that has just been reset.
    pub fn new(rom: Rom) -> Self {
        let now = rom.now();
        let mut bus = Self {
            device: UsbRom::new(rom),
            application: None,
            now,
            plugged: true,
            face: None,
            device_number: 0,
            transfers: VecDeque::new(),
            answers: VecDeque::new(),
            unplug_at: None,
            traffic: Traffic::default(),
        };
        bus.look();
        bus
    }

    /// The same chip with these quirks of its ROM.
    pub fn with_quirks(mut self, quirks: UsbQuirks) -> Self {
        self.device = self.device.with_quirks(quirks);
        self
    }

    /// The same chip with an application that is a USB device, too; others are not on the bus.
    pub fn with_application(mut self, application: Application) -> Self {
        self.application = Some(application);
        self
    }

    /// The chip.
    pub fn rom(&self) -> &Rom {
        self.device.rom()
    }

    /// The chip, to do things to it.
    pub fn rom_mut(&mut self) -> &mut Rom {
        self.device.rom_mut()
    }

    /// The number of the device that is on the bus, from 1; `None` while there is none.
    pub fn device_number(&self) -> Option<u32> {
        self.face.map(|_| self.device_number)
    }

    /// What was answered since this was last asked for.
    pub fn take_traffic(&mut self) -> Traffic {
        core::mem::take(&mut self.traffic)
    }

    /// Whether the cable is plugged in.
    pub const fn is_plugged(&self) -> bool {
        self.plugged
    }

    /// Resets the chip.
    pub fn reset(&mut self, boot: Boot) {
        self.rom_mut().reset(boot);
        self.attach();
    }

    /// Pulls the cable out, which is the chip's supply too: what it was doing is cut short.
    pub fn unplug(&mut self) {
        self.unplug_at = None;
        self.plugged = false;
        self.rom_mut().hold();
        self.look();
    }

    /// Pulls the cable out by itself once `bytes` more of flash were programmed.
    pub fn unplug_after(&mut self, bytes: u64) {
        self.unplug_at = Some(self.rom().bytes_programmed() + bytes);
    }

    /// Plugs the cable in again; the chip gets its supply back and starts what `boot` says.
    pub fn plug(&mut self, boot: Boot) {
        self.unplug();
        self.plugged = true;
        self.reset(boot);
    }

    /// A control transfer from the host: its set-up packet, and what is sent to the device. `number` is the host's own.
    pub fn submit(&mut self, number: u64, setup: [u8; 8], bytes: Vec<u8>) {
        self.transfers.push_back(Transfer { number, setup, bytes, due: None });
    }

    /// The host gives a transfer up; says whether it was still under way. What the device has begun it goes on with.
    pub fn give_up(&mut self, number: u64) -> bool {
        let before = self.transfers.len();
        self.transfers.retain(|transfer| transfer.number != number);
        self.transfers.len() < before
    }

    /// The next transfer that has been answered. Those that were under way when the device left the bus never are.
    pub fn answered(&mut self) -> Option<(u64, Answer)> {
        self.answers.pop_front()
    }

    /// When something happens next, if the host does nothing.
    pub fn next_moment(&self) -> Option<Instant> {
        if !self.plugged {
            return None;
        }
        let due = self.transfers.front().and_then(|transfer| transfer.due);
        let own = self.rom().next_moment();
        let leaves = self.application.as_ref().and_then(Application::leaves_at);
        due.into_iter().chain(own).chain(leaves).min()
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Instant) {
        while self.plugged {
            self.begin_transfer();
            let Some(next) = self.next_moment().filter(|&next| next <= now) else { break };
            self.go_on(next);
            self.end_transfer();
        }
        self.go_on(now);
    }

    /// To `moment`, before which nothing happens.
    fn go_on(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
        if !self.plugged {
            return;
        }
        self.device.advance(self.now);
        if let Some(application) = &mut self.application
            && application.has_left(self.now)
        {
            self.rom_mut().reset(Boot::Bootloader);
        }
        if self.unplug_at.is_some_and(|bytes| self.rom().bytes_programmed() >= bytes) {
            return self.unplug();
        }
        let is_back = self.device.is_gone() && self.rom().last_moment().is_none();
        if is_back && self.rom().state() != State::Application {
            self.attach();
        }
        self.look();
    }

    /// The chip comes onto the bus anew.
    fn attach(&mut self) {
        self.face = None;
        self.device.attach();
        self.look();
    }

    /// Sees what is on the bus now.
    fn look(&mut self) {
        let face = match self.rom().state() {
            _ if !self.plugged => None,
            State::Application => self.application.as_ref().map(|_| Face::Application),
            State::Held => None,
            State::Waiting | State::Bootloader => (!self.device.is_gone()).then_some(Face::Rom),
            // A ROM that was led astray stays on the bus, and one that starts what is no program never comes onto it.
            State::Fault => self.face,
        };
        if face != self.face {
            self.transfers.clear();
            self.device_number += u32::from(face.is_some());
            self.face = face;
        }
    }

    fn begin_transfer(&mut self) {
        let begin = match self.face {
            Some(Face::Rom) => self.device.answers_from(self.now),
            Some(Face::Application) => Some(self.now),
            None => None,
        };
        let Some((transfer, begin)) = self.transfers.front_mut().filter(|it| it.due.is_none()).zip(begin) else {
            return;
        };
        self.traffic.begin.get_or_insert(begin);
        let asked = u32::from(u16::from_le_bytes([transfer.setup[6], transfer.setup[7]]));
        transfer.due = Some(begin + TRANSFER + BYTE * asked);
    }

    fn end_transfer(&mut self) {
        let is_due = |transfer: &Transfer| transfer.due.is_some_and(|due| due <= self.now);
        if !self.transfers.front().is_some_and(is_due) {
            return;
        }
        let Some(transfer) = self.transfers.pop_front() else { return };
        self.traffic.count(transfer.setup, self.now);
        let answer = self.answer(transfer.setup, &transfer.bytes);
        let answer = answer.map(|sent| match transfer.setup[0] & IN {
            0 => Answer::Took(transfer.bytes.len()),
            _ => Answer::Sent(sent),
        });
        // Where it left, or its processor was sent astray, nothing comes any more.
        let is_heard = answer.is_some() || self.device.answers_from(self.now).is_some() && !self.device.is_gone();
        if is_heard || self.face == Some(Face::Application) {
            self.answers.push_back((transfer.number, answer.unwrap_or(Answer::Stalled)));
        }
        self.look();
    }

    /// What the device sends; `None` is STALL.
    fn answer(&mut self, setup: [u8; 8], bytes: &[u8]) -> Option<Vec<u8>> {
        let [kind, code, value_low, value_high, index_low, index_high, length_low, length_high] = setup;
        if setup.starts_with(&PORT_RESET) {
            self.device.reset_bus();
            return Some(Vec::new());
        }
        let request = Request {
            kind: match kind & KIND {
                0 => Kind::Standard,
                0x20 => Kind::Class,
                _ => return None,
            },
            recipient: match kind & RECIPIENT {
                0 => Recipient::Device,
                1 => Recipient::Interface,
                _ => return None,
            },
            code,
            value: u16::from_le_bytes([value_low, value_high]),
            index: u16::from_le_bytes([index_low, index_high]),
        };
        if request.kind == Kind::Standard && matches!(code, SET_CONFIGURATION | SET_INTERFACE) {
            return Some(Vec::new());
        }
        let length = usize::from(u16::from_le_bytes([length_low, length_high]));
        match (self.face?, &mut self.application, kind & IN != 0) {
            (Face::Rom, _, true) => self.device.control_in(request, length),
            (Face::Rom, _, false) => self.device.control_out(request, bytes).map(|()| Vec::new()),
            (Face::Application, Some(application), _) => application.request(request, length, self.now),
            (Face::Application, None, _) => None,
        }
    }
}
