//! Back to dfuIDLE from wherever a device is, and doing again what failed.

use core::time::Duration;

use super::link::{Link, PAUSES};
use super::{Bootloader, Command, Error, State};
use crate::pipe::{ControlPipe, PipeError};

/// How often a command is carried out before its error is believed.
const TRIES: u32 = 3;
/// From any state the way to dfuIDLE has five steps at most.
const MOST_STEPS: u32 = 8;
/// How many of them may fail.
const MOST_FAILURES: u32 = 3;
/// How long work is waited for that another host began: a mass erase of an STM32F405 takes no longer (datasheet).
const LONGEST_WORK: Duration = Duration::from_secs(32);

impl<P: ControlPipe> Bootloader<P> {
    /// Carries out `command`, and again if it fails in a way that a lost transfer explains. Not for writes, since flash
    /// takes no block twice.
    ///
    /// # Errors
    /// That of the last try, or of [`recover`](Self::recover).
    pub async fn insist<T>(&mut self, mut command: impl AsyncFnMut(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match command(self).await {
                Err(error) if error.may_pass() && tries < TRIES => self.recover().await?,
                result => return result,
            }
        }
    }

    /// Brings the device back to dfuIDLE, whatever it is at. Work that it has begun is waited for, not cut short; a command
    /// that it has received and not begun is dropped.
    ///
    /// # Errors
    /// [`Error::Stuck`] when it does not get there, even after a reset of its USB side.
    pub async fn recover(&mut self) -> Result<(), Error> {
        self.link.pointer = None;
        match self.link.reach_idle().await {
            Ok(()) => Ok(()),
            Err(error @ Error::Pipe(_)) => Err(error),
            Err(_) => self.restart().await.map_err(|error| match error {
                Error::Pipe(_) => error,
                _ => Error::Stuck,
            }),
        }
    }

    /// Resets the device's USB side, and begins anew.
    async fn restart(&mut self) -> Result<(), Error> {
        self.link.pipe.reset().await.map_err(|error| Error::of(Command::BackToIdle, error))?;
        self.select(self.selected).await?;
        self.link.reach_idle().await
    }

    /// Makes sure that the device takes a download (`from` is [`State::DownloadIdle`]) or an upload
    /// ([`State::UploadIdle`]).
    pub(super) async fn ready(&mut self, from: State) -> Result<(), Error> {
        match self.link.state {
            Some(State::Idle) => Ok(()),
            Some(state) if state == from => Ok(()),
            Some(State::DownloadIdle | State::UploadIdle) => self.link.abort().await,
            _ => self.recover().await,
        }
    }
}

impl<P: ControlPipe> Link<P> {
    /// One step after the other, each by what the device says that it is at.
    async fn reach_idle(&mut self) -> Result<(), Error> {
        let mut waited = false;
        let mut failures = 0;
        for _ in 0..MOST_STEPS + MOST_FAILURES {
            let step = match self.peek().await {
                Ok(State::Idle) => {
                    self.state = Some(State::Idle);
                    return Ok(());
                }
                Ok(State::Error) => self.clear_status().await,
                Ok(State::DownloadIdle | State::UploadIdle) => self.abort().await,
                Ok(State::DownloadSync | State::ManifestSync) => match self.abort().await {
                    // Where it cannot be dropped it is carried out: it is nothing that was not to be.
                    Err(Error::Transfer { error: PipeError::Stalled, .. }) => {
                        self.status(Command::BackToIdle).await.map(drop)
                    }
                    result => result,
                },
                Ok(State::DownloadBusy) if !waited => {
                    waited = true;
                    self.while_busy().await
                }
                Ok(_) => return Err(Error::Stuck),
                Err(error) => Err(error),
            };
            match step {
                Ok(()) => {}
                Err(error @ (Error::Transfer { .. } | Error::Garbled { .. })) => {
                    failures += 1;
                    if failures > MOST_FAILURES {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Stuck)
    }

    /// Waits for work that is under way, for as long as it can take. What is busy then, though it should be done, has its
    /// status cleared: this ends some STM32H7's dfuDNBUSY, and does no harm elsewhere.
    async fn while_busy(&mut self) -> Result<(), Error> {
        let end = self.busy_until.unwrap_or_else(|| self.pipe.now() + LONGEST_WORK);
        let (mut pause, longest_pause) = PAUSES;
        while self.pipe.now() < end {
            self.pipe.wait_until(self.pipe.now() + pause).await;
            if self.peek().await? != State::DownloadBusy {
                return Ok(());
            }
            pause = (pause * 2).min(longest_pause);
        }
        self.clear_status().await
    }
}
