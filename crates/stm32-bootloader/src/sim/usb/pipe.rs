//! A control pipe with a simulated chip behind it, on virtual time.

use core::time::Duration;

use super::device::UsbRom;
use super::faults::PipeFaults;
use crate::pipe::{ControlPipe, PipeError, Request};
use crate::port::Instant;

/// What a transfer takes beside its bytes: a full-speed frame for each of its stages, most of which share one.
pub(super) const TRANSFER: Duration = Duration::from_millis(1);
/// A byte of a full-speed control transfer, at the 832 bytes a frame that its packets leave (USB 2.0 Table 5-2).
pub(super) const BYTE: Duration = Duration::from_nanos(1202);

/// A [`ControlPipe`] to a simulated chip that never waits: time is a number, and a transfer moves it to its end or to its
/// deadline. Every future it returns is ready at once.
///
/// Unplugging and plugging in again is [`into_rom`](UsbRom::into_rom), perhaps [`Rom::reset`](crate::sim::Rom::reset) for
/// the power that the chip lost, and [`new`](Self::new).
#[derive(Debug, Clone)]
pub struct SimulatedPipe {
    device: UsbRom,
    now: Instant,
    faults: PipeFaults,
    latency: Duration,
    transfers: u64,
    unplugged: bool,
}

/// What becomes of a transfer.
enum Fate {
    Passes { answered: bool },
    Stalls,
}

impl SimulatedPipe {
    /// Plugs the device in. The clock goes on where the chip's stands.
    pub fn new(device: UsbRom) -> Self {
        let now = device.rom().now();
        Self { device, now, faults: PipeFaults::default(), latency: Duration::ZERO, transfers: 0, unplugged: false }
    }

    /// The same pipe with these faults.
    pub fn with_faults(mut self, faults: PipeFaults) -> Self {
        self.faults = faults;
        self
    }

    /// The same pipe with so much more time for each transfer, as a browser takes.
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The device.
    pub fn device(&self) -> &UsbRom {
        &self.device
    }

    /// The device, to do things to it.
    pub fn device_mut(&mut self) -> &mut UsbRom {
        &mut self.device
    }

    /// The device, pulled out.
    pub fn into_device(self) -> UsbRom {
        self.device
    }

    /// How many transfers there were, which is the number of the next one in [`PipeFaults`].
    pub fn transfers(&self) -> u64 {
        self.transfers
    }

    /// Whether the device was pulled out.
    pub fn is_unplugged(&self) -> bool {
        self.unplugged
    }

    /// Pulls the device out: its time stands still.
    pub fn unplug(&mut self) {
        self.unplugged = true;
    }

    fn advance(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
        if !self.unplugged {
            self.device.advance(self.now);
        }
    }

    fn lost(&self) -> Option<PipeError> {
        let reason = if self.unplugged { "it was pulled out" } else { "it left the bus" };
        (self.unplugged || self.device.is_gone()).then(|| PipeError::Lost(reason.into()))
    }

    /// Waits for as long as a transfer takes, unless a fault or the deadline is before its end.
    fn transfer(&mut self, bytes: usize, deadline: Instant) -> Result<Fate, PipeError> {
        let number = self.transfers;
        self.transfers += 1;
        self.advance(self.now);
        if let Some(error) = self.lost() {
            return Err(error);
        }
        if let Some((at, after)) = self.faults.unplug_at
            && number >= at
            && after.is_zero()
        {
            self.unplug();
            return Err(PipeError::Lost("it was pulled out".into()));
        }
        if self.faults.stalled.contains(&number) {
            self.advance(self.now + TRANSFER);
            return Ok(Fate::Stalls);
        }
        let delays = self.faults.delayed.iter().filter(|(delayed, _)| *delayed == number);
        let delay: Duration = delays.map(|(_, delay)| *delay).sum();
        let lost = self.faults.lost.contains(&number);
        let begin = self.device.answers_from(self.now).filter(|begin| *begin <= deadline && !lost);
        let Some(begin) = begin else {
            self.advance(deadline);
            return Err(self.lost().unwrap_or(PipeError::TimedOut));
        };
        let time = TRANSFER + self.latency + BYTE * u32::try_from(bytes).unwrap_or(u32::MAX);
        self.advance(begin + time);
        let answered = !self.faults.unanswered.contains(&number) && self.now + delay <= deadline;
        if answered {
            self.now = self.now + delay;
        }
        Ok(Fate::Passes { answered })
    }

    /// The end of a transfer that the device has seen.
    fn end<T>(&mut self, answer: Option<T>, answered: bool, deadline: Instant) -> Result<T, PipeError> {
        if let Some((at, after)) = self.faults.unplug_at
            && self.transfers > at
        {
            self.advance(self.now + after);
            self.unplug();
            return Err(PipeError::Lost("it was pulled out".into()));
        }
        if !answered {
            self.advance(deadline);
            return Err(PipeError::TimedOut);
        }
        match answer {
            Some(answer) => Ok(answer),
            None if self.device.answers_from(self.now).is_none() => {
                self.advance(deadline);
                Err(PipeError::TimedOut)
            }
            None => Err(self.lost().unwrap_or(PipeError::Stalled)),
        }
    }
}

impl ControlPipe for SimulatedPipe {
    fn now(&self) -> Instant {
        self.now
    }

    async fn wait_until(&mut self, moment: Instant) {
        self.advance(moment);
    }

    async fn control_in(&mut self, request: Request, buffer: &mut [u8], deadline: Instant) -> Result<usize, PipeError> {
        let Fate::Passes { answered } = self.transfer(buffer.len(), deadline)? else { return Err(PipeError::Stalled) };
        let answer = self.device.control_in(request, buffer.len());
        let answer = self.end(answer, answered, deadline)?;
        buffer[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }

    async fn control_out(&mut self, request: Request, bytes: &[u8], deadline: Instant) -> Result<(), PipeError> {
        let Fate::Passes { answered } = self.transfer(bytes.len(), deadline)? else { return Err(PipeError::Stalled) };
        let answer = self.device.control_out(request, bytes);
        self.end(answer, answered, deadline)
    }

    async fn select(&mut self, _interface: u8, _alternate: u8) -> Result<(), PipeError> {
        let deadline = self.now + Duration::from_secs(5);
        match self.transfer(0, deadline)? {
            Fate::Passes { answered } => self.end(Some(()), answered, deadline),
            Fate::Stalls => Err(PipeError::Stalled),
        }
    }

    async fn reset(&mut self) -> Result<(), PipeError> {
        self.advance(self.now + Duration::from_millis(100));
        match self.lost() {
            Some(error) => Err(error),
            None => {
                self.device.reset_bus();
                Ok(())
            }
        }
    }
}
