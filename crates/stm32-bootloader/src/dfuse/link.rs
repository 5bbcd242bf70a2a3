//! The requests of DFU, each with a deadline, and what the device is known to be at after them.

use core::time::Duration;

use super::state::Report;
use super::{Command, Error, State};
use crate::pipe::{ControlPipe, Kind, PipeError, Recipient, Request};
use crate::port::Instant;

/// How long a device may take for an answer beyond its work on the flash, the browser's share included: 1.5 s were too
/// few for an STM32F745 (fwupd 1944).
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The first pause between two questions for the status where the device asks for none. It doubles up to the second.
pub(super) const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));
/// A poll time-out above this is not believed: no chip takes longer to erase all it has (STM32F405: 32 s at most).
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// How often a status is asked for again that the device stalled amid its work. Some STM32L4 do so, as their poll
/// time-outs are too short.
const MOST_STALLS: u32 = 3;

/// The requests (DFU 1.1 Table 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Code {
    Detach,
    Download,
    Upload,
    GetStatus,
    ClearStatus,
    GetState,
    Abort,
}

/// A control pipe with a DFU device at its other end.
#[derive(Debug)]
pub(super) struct Link<P> {
    pub(super) pipe: P,
    pub(super) interface: u8,
    /// The state that the device is in, where that is known.
    pub(super) state: Option<State>,
    /// The address that block 2 stands for, where that is known.
    pub(super) pointer: Option<u32>,
    /// The moment until which the device may be busy with what it was given and did not come to an end with.
    pub(super) busy_until: Option<Instant>,
    /// How long the device may say that it is busy beyond that.
    pub(super) busy_patience: Duration,
    /// How long a short transfer takes, at best.
    pub(super) round_trip: Duration,
}

impl<P: ControlPipe> Link<P> {
    pub(super) const fn new(pipe: P, interface: u8) -> Self {
        Self {
            pipe,
            interface,
            state: None,
            pointer: None,
            busy_until: None,
            busy_patience: PATIENCE,
            round_trip: Duration::MAX,
        }
    }

    fn request(&self, code: Code, value: u16) -> Request {
        Request {
            kind: Kind::Class,
            recipient: Recipient::Interface,
            code: code as u8,
            value,
            index: self.interface.into(),
        }
    }

    /// The moment until which an answer may take.
    fn deadline(&self) -> Instant {
        let now = self.pipe.now();
        self.busy_until.map_or(now, |end| end.max(now)) + PATIENCE
    }

    /// Nothing is known of the device any more.
    pub(super) fn forget(&mut self) {
        self.state = None;
        self.pointer = None;
    }

    pub(super) async fn read(
        &mut self,
        command: Command,
        code: Code,
        value: u16,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        let (start, deadline, request) = (self.pipe.now(), self.deadline(), self.request(code, value));
        match self.pipe.control_in(request, buffer, deadline).await {
            Ok(count) => {
                if count <= Report::LENGTH {
                    self.round_trip = self.round_trip.min(self.pipe.now().since(start));
                }
                Ok(count)
            }
            Err(error) => Err(self.failed(command, error)),
        }
    }

    pub(super) async fn write(&mut self, command: Command, code: Code, value: u16, bytes: &[u8]) -> Result<(), Error> {
        let (deadline, request) = (self.deadline(), self.request(code, value));
        match self.pipe.control_out(request, bytes, deadline).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(command, error)),
        }
    }

    fn failed(&mut self, command: Command, error: PipeError) -> Error {
        self.forget();
        Error::of(command, error)
    }

    /// GETSTATUS. A command that waits is begun by it.
    pub(super) async fn status(&mut self, command: Command) -> Result<Report, Error> {
        let mut answer = [0; Report::LENGTH];
        let count = self.read(command, Code::GetStatus, 0, &mut answer).await?;
        let report = Report::parse(answer).filter(|_| count == answer.len());
        self.state = report.map(|report| report.state);
        report.ok_or(Error::Garbled { command })
    }

    /// GETSTATE, which changes nothing; where the device does not have it, GETSTATUS.
    pub(super) async fn peek(&mut self) -> Result<State, Error> {
        const COMMAND: Command = Command::Status;
        let mut state = [0];
        match self.read(COMMAND, Code::GetState, 0, &mut state).await {
            Ok(1) => State::from_byte(state[0]).ok_or(Error::Garbled { command: COMMAND }),
            Ok(_) | Err(Error::Transfer { error: PipeError::Stalled, .. }) => Ok(self.status(COMMAND).await?.state),
            Err(error) => Err(error),
        }
    }

    /// Sends a command or a block, has it carried out, and waits for its end. `worst` is the longest that it may take.
    pub(super) async fn download(
        &mut self,
        command: Command,
        block: u16,
        bytes: &[u8],
        worst: Duration,
    ) -> Result<(), Error> {
        self.send(command, block, bytes).await?;
        self.until_done(command, worst).await
    }

    /// Sends a command or a block, which waits until the status is asked for.
    pub(super) async fn send(&mut self, command: Command, block: u16, bytes: &[u8]) -> Result<(), Error> {
        self.write(command, Code::Download, block, bytes).await?;
        self.state = Some(State::DownloadSync);
        Ok(())
    }

    /// Asks for the status until the device is done: the first answer says that it begins, and how long it is to be left
    /// alone; a later one that it is done (AN3156 §5).
    pub(super) async fn until_done(&mut self, command: Command, worst: Duration) -> Result<(), Error> {
        let result = self.poll(command, worst).await;
        match result {
            Ok(()) => self.busy_until = None,
            Err(_) => self.pointer = None,
        }
        result
    }

    async fn poll(&mut self, command: Command, worst: Duration) -> Result<(), Error> {
        let mut end = self.pipe.now() + worst;
        self.busy_until = Some(end);
        let (mut pause, longest_pause) = PAUSES;
        let mut announced = Duration::ZERO;
        let mut begun = false;
        let mut stalls = 0;
        loop {
            match self.status(command).await {
                Ok(Report { state: State::DownloadBusy | State::DownloadSync, poll_timeout, .. }) => {
                    announced = poll_timeout.min(LONGEST_POLL);
                    if !begun {
                        end = end.max(self.pipe.now() + announced);
                        self.busy_until = Some(end);
                    }
                    begun = true;
                }
                Ok(Report { state: State::DownloadIdle, .. }) => return Ok(()),
                Ok(Report { state: State::Error, status, .. }) => return Err(Error::Refused { command, status }),
                Ok(Report { state, .. }) => return Err(Error::Unexpected { command, state }),
                Err(Error::Transfer { error: PipeError::Stalled, .. }) if begun && stalls < MOST_STALLS => stalls += 1,
                Err(error) => return Err(error),
            }
            let now = self.pipe.now();
            if now >= end + self.busy_patience {
                return Err(Error::StaysBusy { command });
            }
            self.pipe.wait_until(now + announced.max(pause)).await;
            pause = (pause * 2).min(longest_pause);
        }
    }

    /// CLRSTATUS, which only a device in dfuERROR has to take (DFU 1.1 §6.1.3); the STM32C5 stalls it elsewhere.
    pub(super) async fn clear_status(&mut self) -> Result<(), Error> {
        self.write(Command::BackToIdle, Code::ClearStatus, 0, &[]).await
    }

    /// ABORT, out of the states in which the device waits for more.
    pub(super) async fn abort(&mut self) -> Result<(), Error> {
        self.write(Command::BackToIdle, Code::Abort, 0, &[]).await?;
        self.state = Some(State::Idle);
        Ok(())
    }
}
