//! A chip's application that is a USB device of its own, and can be told to restart in DFU mode.

use core::time::Duration;

use super::descriptors::string;
use crate::pipe::{Kind, Request};
use crate::port::Instant;

/// How long it takes to restart after it was told to.
const RESTART: Duration = Duration::from_millis(20);
/// Standard and class requests (USB 2.0 Table 9-4; DFU 1.1 Table 3.2).
const GET_DESCRIPTOR: u8 = 6;
const DETACH: u8 = 0;

/// An application with a DFU interface in run-time mode (DFU 1.1 §4.2), which detaches by itself.
#[derive(Debug, Clone)]
pub struct Application {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// Its name, and its serial number.
    pub names: [&'static str; 2],
    leaves_at: Option<Instant>,
}

impl Application {
    /// An application that shows itself as this device.
    pub const fn new(vendor: u16, product: u16, names: [&'static str; 2]) -> Self {
        Self { vendor, product, names, leaves_at: None }
    }

    /// Whether it was told to leave, and has done so by now.
    pub(super) fn has_left(&mut self, now: Instant) -> bool {
        self.leaves_at.take_if(|moment| *moment <= now).is_some()
    }

    /// When it leaves, if it was told to.
    pub(super) const fn leaves_at(&self) -> Option<Instant> {
        self.leaves_at
    }

    /// What it answers to a request for at most `length` bytes. `None` is STALL.
    pub(super) fn request(&mut self, request: Request, length: usize, now: Instant) -> Option<Vec<u8>> {
        let mut answer = match (request.kind, request.code) {
            (Kind::Standard, GET_DESCRIPTOR) => self.descriptor(request.value.to_be_bytes())?,
            (Kind::Class, DETACH) => {
                self.leaves_at = Some(now + RESTART);
                Vec::new()
            }
            _ => return None,
        };
        answer.truncate(length);
        Some(answer)
    }

    fn descriptor(&self, [kind, number]: [u8; 2]) -> Option<Vec<u8>> {
        let [[v0, v1], [p0, p1]] = [self.vendor, self.product].map(u16::to_le_bytes);
        Some(match (kind, number) {
            (1, _) => vec![18, 1, 0x00, 0x02, 0, 0, 0, 64, v0, v1, p0, p1, 0x00, 0x01, 0, 1, 2, 1],
            // One interface, and what DFU adds to it: it can be written, and detaches by itself.
            (2, 0) => vec![
                9, 2, 27, 0, 1, 1, 0, 0xC0, 50, 9, 4, 0, 0, 0, 0xFE, 1, 1, 0, 9, 0x21, 0x09, 0xFF, 0x00, 0x00, 0x08,
                0x10, 0x01,
            ],
            (3, 0) => vec![4, 3, 0x09, 0x04],
            (3, _) => {
                return string(self.names.get(usize::from(number) - 1)?.encode_utf16().flat_map(u16::to_le_bytes));
            }
            _ => return None,
        })
    }
}
