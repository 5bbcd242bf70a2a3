//! Finding the ROM: 0x7F until it answers, whatever state it is in.

use core::time::Duration;

use super::ConnectError;
use super::link::{ACK, Link, NACK};
use crate::port::{Instant, Port, PortError};

/// The byte that a fresh ROM measures the baud rate on (AN3155 §2).
const SYNC: u8 = 0x7F;

impl<P: Port> Link<P> {
    /// Brings host and ROM into step, or gives up after `patience`. `between` is the pause between two tries.
    ///
    /// A fresh ROM answers ACK. One that is in step already takes 0x7F as half of a command: it is
    /// silent, and the next 0x7F makes the pair that it answers with NACK; after that it waits for a
    /// command too. An answer that takes longer than `between` is taken for that of the next try, which leaves them out
    /// of step. Junk before the answer (a stray 0x00, what an adapter kept in its buffer) is passed over.
    pub(super) async fn synchronise(&mut self, patience: Duration, between: Duration) -> Result<Synced, ConnectError> {
        self.port.clear_input().await?;
        let give_up = self.port.now() + patience;
        let mut heard = Heard::default();
        while self.port.now() < give_up {
            self.send(&[SYNC]).await?;
            if let Some(synced) = self.sync_answer(&mut heard, between).await? {
                // The STM32L412's ROM V13.1 acknowledges twice.
                if self.drain().await? {
                    return Ok(synced);
                }
                heard.junk = true;
            }
        }
        Err(match heard {
            Heard { junk: true, .. } => ConnectError::Garbled,
            Heard { echo: true, .. } => ConnectError::Echo,
            Heard { .. } => ConnectError::NoAnswer,
        })
    }

    /// Which of ACK and NACK comes before the next try is due, if one does.
    async fn sync_answer(&mut self, heard: &mut Heard, between: Duration) -> Result<Option<Synced>, PortError> {
        let due: Instant = self.port.now() + self.wire_time(2) + between;
        loop {
            let mut byte = [0];
            match self.port.read(&mut byte, due).await {
                Ok(_) => match byte[0] {
                    ACK => return Ok(Some(Synced::Fresh)),
                    NACK => return Ok(Some(Synced::InStep)),
                    0x00 => {}
                    SYNC => heard.echo = true,
                    _ => heard.junk = true,
                },
                Err(PortError::TimedOut) => return Ok(None),
                // A reset disturbs the line; a chatty one must not keep the next try from being sent.
                Err(PortError::Line(_)) if self.port.now() < due => heard.junk = true,
                Err(PortError::Line(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What the ROM was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    /// It measured the baud: it was reset before.
    Fresh,
    /// It waited for commands already.
    InStep,
}

/// What came that was no answer.
#[derive(Debug, Default)]
struct Heard {
    echo: bool,
    junk: bool,
}
