//! Finding the ROM: 0x7F until it answers, whatever state it is in.

use core::time::Duration;

use super::ConnectError;
use super::link::{ACK, Link, NACK, QUIET};
use crate::port::{Instant, Port, PortError};

/// The byte that a fresh ROM measures the baud rate on (AN3155 §2).
const SYNC: u8 = 0x7F;
/// How long after an answer that was not held back at all a second one may come.
const AT_ONCE: Duration = Duration::from_millis(3);

/// The pause between two bytes of a short search.
const SHORT_PAUSE: Duration = Duration::from_millis(100);

/// A ROM that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It had not been spoken to since its reset, and has now measured the baud rate.
    Fresh,
    /// It was in step already.
    InStep,
}

/// Looks for a ROM for `patience`; `None` where none answers. It is in step afterwards.
///
/// # Errors
/// [`PortError`] when the port fails.
pub async fn look_for<P: Port>(port: &mut P, patience: Duration) -> Result<Option<Presence>, PortError> {
    match Link::new(port).synchronise(patience, SHORT_PAUSE, true).await {
        Ok(presence) => Ok(Some(presence)),
        Err(ConnectError::Port(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl<P: Port> Link<P> {
    /// Brings host and ROM into step, or gives up after `patience`. `between` is the pause between two tries.
    ///
    /// A fresh ROM answers ACK. One that is in step already takes 0x7F as half of a command: it is
    /// silent, and the next 0x7F makes the pair that it answers with NACK; after that it waits for a
    /// command too. An answer that takes longer than `between` is taken for that of the next try, which leaves them out
    /// of step. Junk before the answer (a stray 0x00, what an adapter kept in its buffer) is passed over.
    ///
    /// A fresh ROM may acknowledge twice. The second one is waited for (`until_quiet`), or left to whoever gives the
    /// first command, where the first byte that came at all was the answer to the first one sent.
    pub(super) async fn synchronise(
        &mut self,
        patience: Duration,
        between: Duration,
        until_quiet: bool,
    ) -> Result<Presence, ConnectError> {
        self.port.clear_input().await?;
        let give_up = self.port.now() + patience;
        let mut heard = Heard::default();
        let mut first = true;
        while self.port.now() < give_up {
            let sent = self.port.now();
            self.send(&[SYNC]).await?;
            if let Some(presence) = self.sync_answer(&mut heard, between).await? {
                if presence == Presence::Fresh && first && !until_quiet && heard == Heard::default() {
                    return Ok(presence);
                }
                // The STM32L412's ROM V13.1 acknowledges twice. What is to come takes no longer than what came.
                let quiet = QUIET.min(self.port.now().since(sent) + AT_ONCE);
                if self.drain_until_quiet_for(quiet).await? {
                    return Ok(presence);
                }
                heard.junk = true;
            }
            first = false;
        }
        // A ROM that is silent still may be amid a block that an earlier client did not finish, and waits for the rest
        // for ever. The bytes so far have completed an address or a length, which was then refused, and the ROM found.
        // The contents of a write take up to 258, and more bytes would complete them too. They are not sent: a list of
        // units to erase looks the same from here, and without the bytes that it has already there are none of which it
        // is known that they do not give it a right checksum. So one unfinished list in 256, and more of those with
        // small numbers, would be carried out, with units that nobody named. The search takes that chance too, as
        // whoever looks for a ROM must, but only with lists that lack no more than its own few bytes. A reset by hand
        // takes none.
        Err(match heard {
            Heard { junk: true, .. } => ConnectError::Garbled,
            Heard { echo: true, .. } => ConnectError::Echo,
            Heard { .. } => ConnectError::NoAnswer,
        })
    }

    /// ACK or NACK, if either comes before the next try is due.
    async fn sync_answer(&mut self, heard: &mut Heard, between: Duration) -> Result<Option<Presence>, PortError> {
        let due: Instant = self.port.now() + self.wire_time(2) + between;
        loop {
            let mut byte = [0];
            match self.port.read(&mut byte, due).await {
                Ok(_) => match byte[0] {
                    ACK => return Ok(Some(Presence::Fresh)),
                    NACK => return Ok(Some(Presence::InStep)),
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

/// What came that was no answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    echo: bool,
    junk: bool,
}
