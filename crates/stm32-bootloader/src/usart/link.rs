//! Bytes to and from the ROM, each answer with a deadline.

use core::time::Duration;

use super::{Command, Error, Stage};
use crate::port::{Instant, Port, PortError};

pub(super) const ACK: u8 = 0x79;
pub(super) const NACK: u8 = 0x1F;
/// "Still busy", which only the I2C and SPI variants are documented to send; harmless to wait through.
const BUSY: u8 = 0x76;

/// How long an adapter and a browser may hold an answer back beyond wire time and flash work. A
/// hidden tab's timers run once a second.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long a line is watched for bytes that nobody asked for: longer than an FTDI adapter's 16 ms buffer.
pub(super) const QUIET: Duration = Duration::from_millis(25);
/// How much later than that the line may fall quiet: what talks on is no ROM.
const NEVER_QUIET: Duration = Duration::from_secs(1);

/// A port with the ROM at its other end.
#[derive(Debug)]
pub(super) struct Link<P> {
    pub(super) port: P,
    /// The block that was sent last.
    pub(super) last_block: Vec<u8>,
    /// The command whose list the ROM may be in the midst of.
    in_list: Option<Command>,
    /// Whether flash was erased and nothing read or written since.
    pub(super) has_erased: bool,
    /// Whether the last exchange was one after which no byte can come that could be taken for the answer to the next.
    pub(super) in_step: bool,
    /// Whether the last command can leave behind a chip that was reset, and no ROM that waits for a block.
    pub(super) may_be_fresh: bool,
}

impl<P: Port> Link<P> {
    pub(super) const fn new(port: P) -> Self {
        Self { port, last_block: Vec::new(), in_list: None, has_erased: false, in_step: false, may_be_fresh: false }
    }

    /// The chip was reset: nothing is under way.
    pub(super) fn forget(&mut self) {
        self.last_block.clear();
        self.set_in_list(None);
        self.has_erased = false;
        self.in_step = false;
        self.may_be_fresh = false;
    }

    /// The command whose list the ROM may be in the midst of.
    pub(super) const fn in_list(&self) -> Option<Command> {
        self.in_list
    }

    /// The ROM may be in the midst of the list of this command, or is in none.
    pub(super) fn set_in_list(&mut self, command: Option<Command>) {
        if self.in_list.is_some() != command.is_some() {
            self.port.awaits_list(command.is_some());
        }
        self.in_list = command;
    }

    /// The time that `count` bytes take on the wire.
    pub(super) fn wire_time(&self, count: usize) -> Duration {
        self.port.line().byte_time() * u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The moment until which an answer of `count` bytes may take, after `work` of the chip.
    fn deadline(&self, count: usize, work: Duration) -> Instant {
        self.port.now() + self.wire_time(count) + work + PATIENCE
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let deadline = self.deadline(bytes.len(), Duration::ZERO);
        self.port.write(bytes, deadline).await
    }

    /// Fills `buffer`, or fails at the deadline.
    async fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<(), PortError> {
        let mut filled = 0;
        while filled < buffer.len() {
            filled += self.port.read(&mut buffer[filled..], deadline).await?;
        }
        Ok(())
    }

    /// The answer of a command: like [`Link::receive`], with silence told as the command's.
    pub(super) async fn answer(&mut self, command: Command, buffer: &mut [u8]) -> Result<(), Error> {
        self.answer_after(command, buffer, Duration::ZERO).await
    }

    /// The same, of a command that the chip works on first.
    pub(super) async fn answer_after(
        &mut self,
        command: Command,
        buffer: &mut [u8],
        work: Duration,
    ) -> Result<(), Error> {
        let deadline = self.deadline(buffer.len(), work);
        self.receive(buffer, deadline).await.map_err(|error| silent(error, command))
    }

    /// Waits for ACK. `sent` bytes are still to cross the wire and `work` to be done by the chip before it comes.
    pub(super) async fn acknowledged(
        &mut self,
        command: Command,
        stage: Stage,
        sent: usize,
        work: Duration,
    ) -> Result<(), Error> {
        let deadline = self.deadline(sent + 1, work);
        loop {
            let mut byte = [0];
            self.receive(&mut byte, deadline).await.map_err(|error| silent(error, command))?;
            // Whatever it answers to the list, it has all of it.
            if stage == Stage::Body || byte[0] == NACK {
                self.set_in_list(None);
            }
            match byte[0] {
                ACK => return Ok(()),
                BUSY => {}
                NACK => {
                    // Some ROMs answer a protected command with two NACKs (AN3155 §3, notes).
                    self.drain().await?;
                    return Err(Error::Refused { command, stage });
                }
                // What was left of the answer before it: what is no answer is none to a list that is still to be sent.
                _ if stage == Stage::Opcode && command.takes_list() && self.port.now() < deadline => {}
                byte => return Err(Error::Unexpected { command, byte }),
            }
        }
    }

    /// Sends one block of a command and waits for its ACK.
    pub(super) async fn block(
        &mut self,
        command: Command,
        stage: Stage,
        bytes: &[u8],
        work: Duration,
    ) -> Result<(), Error> {
        self.in_step = false;
        let done = async {
            // Nothing that came before is an answer to what is sent now.
            self.port.clear_input().await?;
            self.last_block.clear();
            self.last_block.extend_from_slice(bytes);
            self.send(bytes).await?;
            if stage == Stage::Body && self.in_list.is_some() {
                // All of it is on its way, whatever becomes of this host.
                self.port.awaits_list(false);
            }
            self.acknowledged(command, stage, bytes.len(), work).await
        }
        .await;
        match (done, self.in_list) {
            (Err(Error::Port(error)), Some(command)) if !matches!(error, PortError::Line(_)) => {
                self.port.awaits_list(true);
                Err(Error::StuckBehind { command, error })
            }
            (done, _) => done,
        }
    }

    /// Begins a command: the opcode and its complement.
    pub(super) async fn begin(&mut self, command: Command) -> Result<(), Error> {
        let opcode = command.opcode();
        self.set_in_list(command.takes_list().then_some(command));
        self.may_be_fresh = command.is_opcode_only_and_resets();
        self.block(command, Stage::Opcode, &[opcode, !opcode], Duration::ZERO).await
    }

    /// The address block: most significant byte first, then the XOR of the four.
    pub(super) async fn address(&mut self, command: Command, address: u32) -> Result<(), Error> {
        let [a, b, c, d] = address.to_be_bytes();
        self.block(command, Stage::Address, &[a, b, c, d, a ^ b ^ c ^ d], Duration::ZERO).await
    }

    /// One 32-bit parameter, as an address block.
    pub(super) async fn word(&mut self, command: Command, word: u32, work: Duration) -> Result<(), Error> {
        let [a, b, c, d] = word.to_be_bytes();
        self.block(command, Stage::Body, &[a, b, c, d, a ^ b ^ c ^ d], work).await
    }

    /// One more byte of an answer, if one comes at all.
    pub(super) async fn one_more(&mut self) -> Result<Option<u8>, PortError> {
        let mut byte = [0];
        let deadline = self.port.now() + self.wire_time(1) + QUIET;
        match self.receive(&mut byte, deadline).await {
            Ok(()) => Ok(Some(byte[0])),
            Err(PortError::TimedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Drops what is still to come of an answer. Says whether the line fell quiet at all.
    pub(super) async fn drain(&mut self) -> Result<bool, PortError> {
        self.drain_until_quiet_for(QUIET).await
    }

    /// Drops what comes until nothing has come for so long. Says whether the line fell quiet at all.
    pub(super) async fn drain_until_quiet_for(&mut self, quiet: Duration) -> Result<bool, PortError> {
        let mut sink = [0; 64];
        let give_up = self.port.now() + quiet + NEVER_QUIET;
        while self.port.now() < give_up {
            let deadline = self.port.now() + quiet;
            match self.port.read(&mut sink, deadline).await {
                Ok(_) | Err(PortError::Line(_)) => {}
                Err(PortError::TimedOut) => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

fn silent(error: PortError, command: Command) -> Error {
    match error {
        PortError::TimedOut => Error::Silent { command },
        error => Error::Port(error),
    }
}

/// The XOR over a block, which ends it on the wire.
pub(super) fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}
