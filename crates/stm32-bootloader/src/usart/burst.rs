//! Bursts: all of a Read or Write sent at once, and its three answers taken afterwards. An experiment.
//!
//! AN3155 has the host wait for each answer. A ROM that answers does not read meanwhile, so that what comes then must
//! fit into its receive register; `docs/burst.md` derives when it does. Whether it does on the chip and the adapter at
//! hand is [tried](Bootloader::try_bursts) with what cannot do harm. What speaks against it in any exchange after that
//! is a doubt, and ends it for good.

use core::ops::Range;
use core::time::Duration;

use super::command::OPCODES;
use super::link::{ACK, Link, NACK, checksum};
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

/// A byte that makes a wrong command with itself, whichever of a run of it get lost.
const NO_OPCODE: u8 = 0x55;
/// As many of it as the longest burst has bytes: opcode and complement, address and checksum, count, contents, checksum.
const LONGEST: usize = 2 + 5 + 1 + 256 + 1 + 1;
/// How often strict reads of each of two places are held against bursts.
const ROUNDS: usize = 4;
/// How much later than wire and flash explain an answer may come before it is a doubt.
const LATE: Duration = Duration::from_millis(500);

/// Whether a Write of these bytes to this address may be a burst. If the ROM falls out of step in one, it takes what
/// follows for commands: so no two neighbours may be one.
pub fn fits_burst(address: u32, bytes: &[u8]) -> bool {
    holds_no_command(&frame(Command::WriteMemory, address, bytes.len(), bytes))
}

/// All that the host sends of a Read or Write of `count` bytes, 1 to 256: the opcode and its complement, the address and
/// its checksum, the count, the contents if any, and the checksum of both, which for the count alone is its complement.
pub(super) fn frame(command: Command, address: u32, count: usize, contents: &[u8]) -> Vec<u8> {
    let (opcode, [a, b, c, d]) = (command.opcode(), address.to_be_bytes());
    let count = count.wrapping_sub(1) as u8;
    let mut frame = vec![opcode, !opcode, a, b, c, d, a ^ b ^ c ^ d, count];
    frame.extend_from_slice(contents);
    frame.push(checksum(contents) ^ if contents.is_empty() { !count } else { count });
    frame
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
    /// That of [`recover`](Self::recover) after something went wrong.
    pub async fn try_bursts(&mut self, flash: Range<u32>) -> Result<Pace, Error> {
        // What a command does that is not known here is not known either.
        let known = self.commands().opcodes().iter().all(|opcode| OPCODES.contains(opcode));
        if known && self.bursts == Bursts::Untried && self.prove_bursts(flash).await.is_err() {
            self.bursts = Bursts::Doubted;
            self.recover().await?;
        }
        Ok(self.pace())
    }

    /// Fails where wrong commands are not refused one by one, or bursts do not read what strict reads did.
    async fn prove_bursts(&mut self, flash: Range<u32>) -> Result<(), Error> {
        let places = [flash.start, flash.start.midpoint(flash.end) & !0xF];
        let mut expected = [[0; 16]; 2];
        for number in 0..places.len() * (1 + ROUNDS) {
            if number == places.len() {
                self.link.burst(Command::Get, &[NO_OPCODE; LONGEST], &[NACK; LONGEST / 2], Duration::ZERO).await?;
                self.bursts = Bursts::Proven(flash.clone());
            }
            let place = number % places.len();
            let mut found = [0; 16];
            self.read_memory(places[place], &mut found).await?;
            if number < places.len() {
                expected[place] = found;
            } else if found != expected[place] {
                return Err(Error::Undecided { command: Command::ReadMemory });
            }
        }
        Ok(())
    }

    /// Gives a command that has an address and a body, as one burst where that is proven and safe, else part by part, and
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
        // Neither Read nor Write has a list, or resets the chip.
        self.link.set_in_list(None);
        self.link.may_be_fresh = false;
        let has_erased = core::mem::take(&mut self.link.has_erased);
        if !self.takes_burst(address, frame) {
            let none = Duration::ZERO;
            let (opening, body) = frame.split_at(7);
            let (opcode, address) = opening.split_at(2);
            for (stage, part, work) in
                [(Stage::Opcode, opcode, none), (Stage::Address, address, none), (Stage::Body, body, work)]
            {
                self.link.block(command, stage, part, work).await?;
            }
            self.link.answer(command, answer).await?;
            // Where a byte of it came twice, its last one is still to come: of flash that was just erased, one like the others.
            let is_erased = [0x00, 0xFF].iter().any(|erased| answer.iter().all(|byte| byte == erased));
            self.link.in_step = has_erased && !answer.is_empty() && is_erased;
            return Ok(());
        }
        let over = self.link.port.now() + self.link.wire_time(frame.len() + 1) + work;
        let mut result = self.link.burst(command, frame, &[ACK; 3], work).await;
        if result.is_ok() {
            result = self.link.answer(command, answer).await;
        }
        let late = self.link.port.now() > over + self.link.wire_time(answer.len()) + LATE;
        if late || result.is_err() {
            self.bursts = Bursts::Doubted;
        }
        if result.as_ref().is_err_and(Error::may_pass) {
            // The rest of it is still on its way, or on the chip.
            self.link.port.wait_until(over).await;
        }
        result
    }

    fn takes_burst(&self, address: u32, frame: &[u8]) -> bool {
        matches!(&self.bursts, Bursts::Proven(flash) if flash.contains(&address)) && holds_no_command(frame)
    }
}

impl<P: Port> Link<P> {
    /// Sends all of something, after which the chip may work for `work`, and takes the answers that are expected.
    async fn burst(&mut self, command: Command, frame: &[u8], expected: &[u8], work: Duration) -> Result<(), Error> {
        let now = self.port.now();
        let mut byte = [0];
        // A byte that nobody asked for tells that one was taken for another before.
        match self.port.read(&mut byte, now).await {
            Err(PortError::TimedOut) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(Error::Unexpected { command, byte: byte[0] }),
        }
        self.last_block = frame.to_vec();
        self.in_step = false;
        let wire = self.wire_time(frame.len());
        self.send(frame).await?;
        let mut answers = vec![0; expected.len()];
        self.answer_after(command, &mut answers, wire + work).await?;
        // The last one cannot come before all is sent: then one came twice. An eighth is for a clock that is coarse.
        let early = self.port.now() < now + wire * 7 / 8;
        match answers.iter().zip(expected).find(|(byte, expected)| early || byte != expected) {
            Some((&byte, _)) => Err(Error::Unexpected { command, byte }),
            None => Ok(()),
        }
    }
}
