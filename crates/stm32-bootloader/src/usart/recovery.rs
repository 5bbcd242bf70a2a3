//! Back into step after an exchange that went wrong, and doing it again.

use core::time::Duration;

use super::burst::Bursts;
use super::link::Link;
use super::sync::Presence;
use super::{Bootloader, Error, Pace};
use crate::port::{Port, PortError};

/// How often a command is carried out before its error is believed.
const TRIES: u32 = 3;
/// How often a command that the ROM refuses is: a refusal is an answer, and only a disturbed byte makes it a wrong one.
const TRIES_REFUSED: u32 = 2;
/// The most bytes that the ROM may still wait for: the count, contents and checksum of a write.
const LONGEST_BLOCK: usize = 258;
/// Filler is sent in lots of this many, so that the ROM's answer is heard before much more is sent.
const LOT: usize = 16;
/// How long the ROM is looked for once it was given all that it may have waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// The pause between two bytes of that search, longer than most answers' way back.
const PAUSE: Duration = Duration::from_millis(50);

impl<P: Port> Bootloader<P> {
    /// Carries out `command`, and again if it fails in a way that a disturbed line explains.
    ///
    /// For commands that may be given twice: not for [`write_memory`](Self::write_memory), since flash takes no
    /// block twice, nor for [`go`](Self::go).
    ///
    /// # Errors
    /// That of the last try, or of [`recover`](Self::recover).
    pub async fn insist<T>(&mut self, mut command: impl AsyncFnMut(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match command(self).await {
                Err(error) if error.may_pass() => error,
                result => return result,
            };
            let most = if matches!(error, Error::Refused { .. }) { TRIES_REFUSED } else { TRIES };
            if tries >= most {
                return Err(error);
            }
            self.recover().await?;
        }
    }

    /// Brings host and ROM back into step after a command failed halfway.
    ///
    /// A byte that was lost leaves the ROM waiting for the rest of a block for ever, so it is given bytes until it
    /// answers; they are such that no block which they complete has a right checksum. Only a reset helps a ROM that may
    /// wait inside a list of units to erase or to protect: nothing is sent to it.
    ///
    /// # Errors
    /// [`Error::Stuck`] when the last command had such a list and its outcome is not known, [`Error::Lost`] when the ROM
    /// does not answer any more.
    pub async fn recover(&mut self) -> Result<(), Error> {
        self.recoveries += 1;
        if let Some(command) = self.link.in_list() {
            self.link.port.awaits_list(true);
            return Err(Error::Stuck { command });
        }
        // A chip that was reset would measure the baud on the filler.
        if !self.link.may_be_fresh {
            self.link.complete_block().await?;
        }
        self.resynchronise(PATIENCE, PAUSE).await.map(drop)
    }

    /// How often host and ROM had to be brought back into step so far: a measure of how disturbed the line is.
    pub const fn recoveries(&self) -> u32 {
        self.recoveries
    }

    /// Finds a ROM again that was in step before. Says what it was found to be.
    pub(super) async fn resynchronise(&mut self, patience: Duration, pause: Duration) -> Result<Presence, Error> {
        if self.pace() == Pace::Burst {
            self.bursts = Bursts::Doubted;
        }
        Ok(self.link.synchronise(patience, pause, true).await?)
    }
}

impl<P: Port> Link<P> {
    /// Sends filler until the ROM answers, or has all that it can have waited for.
    async fn complete_block(&mut self) -> Result<(), PortError> {
        let filler = [self.filler(); LOT];
        self.drain().await?;
        // Two make a wrong pair for a ROM that waits for a command, and no more than it can answer at a time.
        let mut lot = 2;
        let mut sent = 0;
        while sent < LONGEST_BLOCK + LOT {
            self.send(&filler[..lot]).await?;
            let answer = self.port.now() + self.wire_time(lot + 1) + PAUSE;
            match self.port.read(&mut [0; LOT], answer).await {
                Ok(_) | Err(PortError::Line(_)) => break,
                Err(PortError::TimedOut) => {}
                Err(error) => return Err(error),
            }
            sent += lot;
            lot = LOT;
        }
        self.drain().await.map(drop)
    }

    /// A byte that completes no block of the last command with a right checksum.
    ///
    /// * A block of it alone: it is even and not zero, so its XOR over an odd number of bytes is itself, and a count of it
    ///   asks for an odd number of bytes.
    /// * What is left of a block in which one byte was lost: the missing byte would have to be this one, so it is none
    ///   of those that were sent, if there is one that was not.
    fn filler(&self) -> u8 {
        (4..=0xFE).step_by(2).find(|byte| !self.last_block.contains(byte)).unwrap_or(4)
    }
}
