//! Bursts: all of a Read or Write sent at once, and its three answers taken afterwards. An experiment.
//!
//! AN3155 has the host wait for each answer. A ROM that answers does not read meanwhile, so that what comes then must
//! fit into its receive register; `docs/burst.md` derives when it does. Whether it does on the chip and the adapter at
//! hand is [tried](Bootloader::try_bursts) with what cannot do harm. What speaks against it in any exchange after that
//! is a doubt, and ends it for good.

use core::ops::Range;
use core::time::Duration;

use super::link::{ACK, NACK};
use super::{Bootloader, Command, Error, Stage};
use crate::port::{Port, PortError};

/// How much is sent before an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Each part of a command is sent when the one before it was acknowledged.
    #[default]
    Strict,
    /// All of a Read or Write is sent at once.
    Burst,
}

/// What is known of bursts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Bursts {
    /// Nothing.
    #[default]
    Untried,
    /// They were tried, and are for this flash alone.
    Proven(Range<u32>),
    /// They are not to be trusted.
    Doubted,
}

/// Opcodes of USART bootloaders, that of CAN's Speed included. One of them followed by its complement is a command.
const OPCODES: [u8; 16] =
    [0x00, 0x01, 0x02, 0x03, 0x11, 0x21, 0x31, 0x43, 0x44, 0x50, 0x51, 0x63, 0x73, 0x82, 0x92, 0xA1];
/// A byte that makes a wrong command with itself, whichever of a run of it get lost.
const NO_OPCODE: u8 = 0x55;
/// As many of it as the longest burst has bytes: opcode and complement, address and checksum, count, contents, checksum.
const LONGEST: usize = 2 + 5 + 1 + 256 + 1 + 1;
/// At how many places of the flash strict reads are held against bursts.
const PLACES: u32 = 2;
/// How often at each.
const ROUNDS: usize = 4;
/// How much later than wire and flash explain an answer may come before it is a doubt.
const LATE: Duration = Duration::from_millis(500);

/// Whether a Write of these bytes to this address may be a burst. If the ROM falls out of step in one, it takes what
/// follows for commands: so no two neighbours may be one.
pub fn fits_burst(address: u32, bytes: &[u8]) -> bool {
    super::bootloader::write_frame(address, bytes).is_ok_and(|frame| holds_no_command(&frame))
}

/// Whether no pair of bytes but the first is a command.
fn holds_no_command(frame: &[u8]) -> bool {
    frame.windows(2).skip(1).all(|pair| pair[0] != !pair[1] || !OPCODES.contains(&pair[0]))
}

impl<P: Port> Bootloader<P> {
    /// How much is sent before an answer is waited for.
    pub fn pace(&self) -> Pace {
        if matches!(self.bursts, Bursts::Proven(_)) { Pace::Burst } else { Pace::Strict }
    }

    /// Tries whether this ROM, this adapter and the line take bursts, without changing anything on the chip. If they do,
    /// reads and writes of `flash` are bursts from then on, up to the first doubt.
    ///
    /// * Strict reads show that read-out protection is off: under it, a ROM refuses the opcode and takes the rest for
    ///   commands.
    /// * A run of wrong commands, as long as the longest burst, must be refused one by one. This asks more of the ROM than
    ///   a burst does, and shows that it loses no byte even when it is out of step.
    /// * Reads in bursts must bring what strict ones did.
    ///
    /// Once doubted they are not tried again.
    ///
    /// # Errors
    /// That of a strict read, or of [`recover`](Self::recover) after a burst that went wrong.
    pub async fn try_bursts(&mut self, flash: Range<u32>) -> Result<Pace, Error> {
        // What a command does that is not known here is not known either.
        let known = self.commands().opcodes().iter().all(|opcode| OPCODES.contains(opcode));
        if !known || self.bursts != Bursts::Untried {
            return Ok(self.pace());
        }
        let step = flash.end.saturating_sub(flash.start) / PLACES;
        let mut strict = Vec::new();
        for place in 0..PLACES {
            let address = flash.start + step * place;
            match self.insist(async |bootloader: &mut Self| bootloader.sample(address).await).await {
                Ok(bytes) => strict.push((address, bytes)),
                Err(Error::Refused { .. }) => return Ok(Pace::Strict),
                Err(error) => return Err(error),
            }
        }
        match self.prove_bursts(flash, &strict).await {
            Ok(true) => return Ok(Pace::Burst),
            Err(error) if !error.may_pass() => return Err(error),
            _ => self.bursts = Bursts::Doubted,
        }
        self.recover().await?;
        Ok(Pace::Strict)
    }

    /// Whether wrong commands are refused one by one, and bursts read what strict reads did.
    async fn prove_bursts(&mut self, flash: Range<u32>, strict: &[(u32, [u8; 16])]) -> Result<bool, Error> {
        if !self.wrong_commands_are_refused().await? {
            return Ok(false);
        }
        self.bursts = Bursts::Proven(flash);
        for (address, expected) in strict.iter().cycle().take(strict.len() * ROUNDS) {
            if self.sample(*address).await? != *expected || self.pace() == Pace::Strict {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn wrong_commands_are_refused(&mut self) -> Result<bool, Error> {
        let run = [NO_OPCODE; LONGEST];
        self.link.last_block.clear();
        self.link.last_block.extend_from_slice(&run);
        self.link.port.clear_input().await?;
        self.link.send(&run).await?;
        let mut answers = [0; LONGEST / 2];
        let wire = self.link.wire_time(LONGEST);
        self.link.answer_after(Command::Get, &mut answers, wire).await?;
        Ok(answers == [NACK; LONGEST / 2])
    }

    /// A few bytes of flash.
    async fn sample(&mut self, address: u32) -> Result<[u8; 16], Error> {
        let mut bytes = [0; 16];
        self.read_memory(address, &mut bytes).await.map(|()| bytes)
    }

    /// Sends a command with its address and its body as one burst where that is proven and safe, else part by part, and
    /// fills `answer`. The chip may work for `work` before its last acknowledgement.
    ///
    /// `frame` is the opcode 2, the address 5, the body.
    pub(super) async fn exchange(
        &mut self,
        command: Command,
        address: u32,
        frame: &[u8],
        work: Duration,
        answer: &mut [u8],
    ) -> Result<(), Error> {
        if self.takes_burst(address, frame).await? {
            return self.burst(command, frame, work, answer).await;
        }
        self.link.begin(command).await?;
        self.link.address(command, address).await?;
        self.link.block(command, Stage::Body, &frame[7..], work).await?;
        self.link.answer(command, answer).await
    }

    async fn takes_burst(&mut self, address: u32, frame: &[u8]) -> Result<bool, Error> {
        let Bursts::Proven(flash) = &self.bursts else { return Ok(false) };
        if !flash.contains(&address) || !holds_no_command(frame) {
            return Ok(false);
        }
        // A byte that nobody asked for tells that one was taken for another before.
        let now = self.link.port.now();
        match self.link.port.read(&mut [0], now).await {
            Err(PortError::TimedOut) => return Ok(true),
            Ok(_) | Err(PortError::Line(_)) => self.bursts = Bursts::Doubted,
            Err(error) => return Err(error.into()),
        }
        Ok(false)
    }

    async fn burst(&mut self, command: Command, frame: &[u8], work: Duration, answer: &mut [u8]) -> Result<(), Error> {
        let sent = self.link.port.now();
        let result = self.burst_answered(command, frame, work, answer).await;
        let over = sent + self.link.wire_time(frame.len() + 1) + work;
        if let Err(error) = &result {
            self.bursts = Bursts::Doubted;
            if error.may_pass() {
                // The rest of it is still on its way, or on the chip.
                self.link.port.wait_until(over).await;
                self.link.drain().await?;
            }
        } else if self.link.port.now() > over + self.link.wire_time(answer.len()) + LATE {
            self.bursts = Bursts::Doubted;
        }
        result
    }

    async fn burst_answered(
        &mut self,
        command: Command,
        frame: &[u8],
        work: Duration,
        answer: &mut [u8],
    ) -> Result<(), Error> {
        self.link.in_list = None;
        self.link.may_be_fresh = false;
        self.link.last_block.clear();
        self.link.last_block.extend_from_slice(frame);
        let wire = self.link.wire_time(frame.len());
        let earliest = self.link.port.now() + wire * 7 / 8;
        self.link.send(frame).await?;
        for stage in [Stage::Opcode, Stage::Address, Stage::Body] {
            let mut byte = [0];
            self.link.answer_after(command, &mut byte, wire + work).await?;
            match byte[0] {
                // The last one cannot come before all is sent: then one came twice.
                ACK if stage != Stage::Body || self.link.port.now() >= earliest => {}
                NACK => return Err(Error::Refused { command, stage }),
                byte => return Err(Error::Unexpected { command, byte }),
            }
        }
        self.link.answer(command, answer).await
    }
}
