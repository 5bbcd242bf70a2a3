//! A control pipe is a USB device's endpoint 0 with a clock: the twin of [`port`](crate::port) for devices on USB.
//!
//! WebUSB and a simulated chip are control pipes. The protocol is written against this trait and never knows which one it
//! speaks through.

use core::future::Future;

use crate::port::Instant;

/// Who defines a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The USB specification.
    Standard,
    /// The class of the interface, here DFU.
    Class,
}

/// What of the device a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// All of it.
    Device,
    /// The interface whose number is in [`Request::index`].
    Interface,
}

/// The set-up of a control transfer, but for its direction and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Who defines it.
    pub kind: Kind,
    /// What it is for.
    pub recipient: Recipient,
    /// `bRequest`.
    pub code: u8,
    /// `wValue`.
    pub value: u16,
    /// `wIndex`.
    pub index: u16,
}

/// Why a transfer did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipeError {
    /// The deadline passed first. Whether the device got the request is not known.
    #[error("the device did not answer in time")]
    TimedOut,
    /// The device refused the request with STALL. The next one is taken again.
    #[error("the device stalled")]
    Stalled,
    /// The device is gone; this pipe is of no more use.
    #[error("the device is gone: {0}")]
    Lost(String),
    /// The system or the browser said no: no driver, no permission, another program has the device.
    #[error("the device cannot be used: {0}")]
    Refused(String),
}

/// Endpoint 0 of a USB device that is open and configured, with a clock.
pub trait ControlPipe {
    /// The moment it is now.
    fn now(&self) -> Instant;

    /// Waits until `moment`.
    fn wait_until(&mut self, moment: Instant) -> impl Future<Output = ()>;

    /// Asks the device for at most as many bytes as `buffer` takes, and says how many came.
    ///
    /// # Errors
    /// [`PipeError::TimedOut`] when the transfer did not end before `deadline`. It is given up then: an implementation
    /// that cannot (WebUSB) sees to it that the device's late answer does not become that of a later request.
    fn control_in(
        &mut self,
        request: Request,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> impl Future<Output = Result<usize, PipeError>>;

    /// Sends `bytes`, all or none of them, with a request.
    ///
    /// # Errors
    /// As for [`control_in`](Self::control_in).
    fn control_out(
        &mut self,
        request: Request,
        bytes: &[u8],
        deadline: Instant,
    ) -> impl Future<Output = Result<(), PipeError>>;

    /// Claims an interface, if that was not done yet, and selects one of its alternate settings. `SET_INTERFACE` is sent
    /// even where the setting is in effect already: it is what brings some devices into a known state.
    fn select(&mut self, interface: u8, alternate: u8) -> impl Future<Output = Result<(), PipeError>>;

    /// Resets the device's USB side. A device that comes back as another one is [`PipeError::Lost`].
    fn reset(&mut self) -> impl Future<Output = Result<(), PipeError>>;
}

/// A borrowed pipe is a pipe, so that its owner can look at it again once a client is done with it.
impl<P: ControlPipe> ControlPipe for &mut P {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn wait_until(&mut self, moment: Instant) -> impl Future<Output = ()> {
        (**self).wait_until(moment)
    }

    fn control_in(
        &mut self,
        request: Request,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> impl Future<Output = Result<usize, PipeError>> {
        (**self).control_in(request, buffer, deadline)
    }

    fn control_out(
        &mut self,
        request: Request,
        bytes: &[u8],
        deadline: Instant,
    ) -> impl Future<Output = Result<(), PipeError>> {
        (**self).control_out(request, bytes, deadline)
    }

    fn select(&mut self, interface: u8, alternate: u8) -> impl Future<Output = Result<(), PipeError>> {
        (**self).select(interface, alternate)
    }

    fn reset(&mut self) -> impl Future<Output = Result<(), PipeError>> {
        (**self).reset()
    }
}
