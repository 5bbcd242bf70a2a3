//! A port is a byte stream with a clock.
//!
//! Web Serial, a pseudo-terminal and a simulated chip are ports. The protocol is written against
//! this trait and never knows which one it speaks through.

use core::future::Future;
use core::ops::{Add, Sub};
use core::time::Duration;

/// A moment on a port's clock: the time since some fixed moment in that port's past.
///
/// Simulated ports run on virtual time, so moments of different ports cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The moment that lies `elapsed` after the clock's zero.
    pub const fn at(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The time since the clock's zero.
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this moment; zero when `earlier` is the later one.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// The parity bit of each character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parity {
    /// 8E1, which the STM32's ROM speaks (AN3155 §2.1).
    #[default]
    Even,
    /// 8N1, which chips of BlueNRG descent and most pseudo-terminals speak.
    None,
}

/// How a port's line is set: always 8 data bits and one stop bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSettings {
    /// Bits a second.
    pub baud: u32,
    /// The parity bit.
    pub parity: Parity,
}

impl LineSettings {
    /// What every STM32 ROM is tested with: 115200 baud, 8E1 (AN3155 §2.2).
    pub const DEFAULT: Self = Self { baud: 115_200, parity: Parity::Even };

    /// The time one character takes on the wire: start, 8 data, parity and stop bits.
    pub fn byte_time(self) -> Duration {
        let bits = match self.parity {
            Parity::Even => 11,
            Parity::None => 10,
        };
        Duration::from_nanos(bits * 1_000_000_000 / u64::from(self.baud.max(1)))
    }
}

impl Default for LineSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The two modem lines that boards wire to BOOT0 and NRST. `true` is asserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// Data Terminal Ready.
    pub dtr: bool,
    /// Request To Send.
    pub rts: bool,
}

/// Why a port could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The deadline passed first. Nothing that had arrived was dropped.
    #[error("nothing arrived in time")]
    TimedOut,
    /// The device or its adapter is gone; this port is of no more use.
    #[error("the port is gone: {0}")]
    Lost(String),
    /// The line carried something that is no character (parity, framing, break, overrun). The port is still usable.
    #[error("the line is disturbed: {0}")]
    Line(String),
    /// The port refused: the operation is not supported, or the system said no.
    #[error("the port refused: {0}")]
    Refused(String),
}

/// A byte stream with a clock.
///
/// An implementation loses no byte that arrived, whether or not a read was waiting for it.
pub trait Port {
    /// The moment it is now.
    fn now(&self) -> Instant;

    /// Reads what has arrived into `buffer`, at least one byte, and says how many.
    ///
    /// # Errors
    /// [`PortError::TimedOut`] when no byte arrived before `deadline`.
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> impl Future<Output = Result<usize, PortError>>;

    /// Hands all of `bytes` to the line. The bytes may still be on their way when this returns.
    ///
    /// # Errors
    /// [`PortError::TimedOut`] when the port did not take them before `deadline`.
    fn write(&mut self, bytes: &[u8], deadline: Instant) -> impl Future<Output = Result<(), PortError>>;

    /// Drops all that has arrived and was not read.
    fn clear_input(&mut self) -> impl Future<Output = Result<(), PortError>>;

    /// Sets the modem lines.
    fn set_signals(&mut self, signals: Signals) -> impl Future<Output = Result<(), PortError>>;

    /// Changes the line's settings. Some ports must close and reopen for it, which may pulse the modem lines.
    fn set_line(&mut self, settings: LineSettings) -> impl Future<Output = Result<(), PortError>>;

    /// How the line is set now.
    fn line(&self) -> LineSettings;

    /// Waits until `moment`.
    fn wait_until(&mut self, moment: Instant) -> impl Future<Output = ()>;

    /// The ROM may begin or has ceased to wait for the list of an erase, and takes whatever it is sent for that: who can be
    /// gone at any moment keeps it for the next host, which has the chip reset first.
    fn awaits_list(&mut self, awaits: bool) {
        let _ = awaits;
    }
}

/// A borrowed port is a port, so that its owner can look at it again once a client is done with it.
impl<P: Port> Port for &mut P {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> impl Future<Output = Result<usize, PortError>> {
        (**self).read(buffer, deadline)
    }

    fn write(&mut self, bytes: &[u8], deadline: Instant) -> impl Future<Output = Result<(), PortError>> {
        (**self).write(bytes, deadline)
    }

    fn clear_input(&mut self) -> impl Future<Output = Result<(), PortError>> {
        (**self).clear_input()
    }

    fn set_signals(&mut self, signals: Signals) -> impl Future<Output = Result<(), PortError>> {
        (**self).set_signals(signals)
    }

    fn set_line(&mut self, settings: LineSettings) -> impl Future<Output = Result<(), PortError>> {
        (**self).set_line(settings)
    }

    fn line(&self) -> LineSettings {
        (**self).line()
    }

    fn wait_until(&mut self, moment: Instant) -> impl Future<Output = ()> {
        (**self).wait_until(moment)
    }

    fn awaits_list(&mut self, awaits: bool) {
        (**self).awaits_list(awaits);
    }
}
