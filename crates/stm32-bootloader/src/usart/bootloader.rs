//! The commands.

use core::time::Duration;

use super::burst::{Bursts, frame};
use super::link::{ACK, Link};
use super::sync::Presence;
use super::{Command, CommandSet, ConnectError, Error, ProtocolVersion, Stage};
use crate::boot_mode::Wiring;
use crate::chip::ProductId;
use crate::port::Port;

/// How long the ROM is looked for: some start up to half a second after reset (AN2606 Table 227), and people are slower.
const SYNC_PATIENCE: Duration = Duration::from_secs(4);
/// The pauses between two bytes of the search. The first is longer than the way back of most answers and too short to
/// be felt. Where an answer took longer still, host and ROM are out of step, and the second search waits for it.
const SYNC_PAUSES: [Duration; 2] = [Duration::from_millis(150), Duration::from_secs(1)];
/// The longest that programming a block takes on any chip: an L0 that programs word by word, 64 × 3.94 ms.
const PROGRAM_WORST: Duration = Duration::from_millis(500);
/// The most bytes that one read or write can carry.
const MAX_BLOCK: usize = 256;
/// How often a question is asked for two answers in a row that agree.
const MOST_ASKED: usize = 4;

/// A ROM that is in step and waits for commands.
#[derive(Debug)]
pub struct Bootloader<P> {
    pub(super) link: Link<P>,
    commands: CommandSet,
    version: ProtocolVersion,
    product_id: ProductId,
    pub(super) round_trip: Duration,
    pub(super) has_begun_to_erase: bool,
    pub(super) bursts: Bursts,
    pub(super) reset_by: Option<Wiring>,
    pub(super) recoveries: u32,
}

impl<P: Port> Bootloader<P> {
    /// Finds the ROM, whether it is fresh or in step already, and asks for its commands, version and product id.
    ///
    /// # Errors
    /// [`ConnectError`] after some seconds without an answer, or when the answers do not fit together.
    pub async fn connect(port: P) -> Result<Self, ConnectError> {
        Self::connect_reset_by(port, None).await
    }

    /// The same with a chip that `wiring` is said to have just reset, if any did. That is believed of wires to both pins where
    /// the ROM is found fresh: then they are those that it is [reset by](Self::reset_by).
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_reset_by(port: P, wiring: Option<Wiring>) -> Result<Self, ConnectError> {
        let mut bootloader = Self {
            link: Link::new(port),
            commands: CommandSet::default(),
            version: ProtocolVersion::from_byte(0),
            product_id: ProductId(0),
            round_trip: Duration::MAX,
            has_begun_to_erase: false,
            bursts: Bursts::default(),
            reset_by: None,
            recoveries: 0,
        };
        let mut failed = None;
        for pause in SYNC_PAUSES {
            if failed.is_some() {
                bootloader.link.drain_until_quiet_for(pause).await?;
            }
            if bootloader.link.synchronise(SYNC_PATIENCE, pause, failed.is_some()).await? == Presence::Fresh {
                bootloader.reset_by = wiring.filter(|wiring| wiring.boot0.is_some());
            }
            match bootloader.introduction().await.map_err(ConnectError::from) {
                Ok(said) => {
                    (bootloader.version, bootloader.commands, bootloader.product_id) = said;
                    return Ok(bootloader);
                }
                Err(error @ ConnectError::Port(_)) => return Err(error),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or(ConnectError::NoAnswer))
    }

    /// Asks what every later exchange relies on. An answer has no checksum, so each is asked for until two agree, but for a
    /// list of commands that is as it should be.
    pub(super) async fn introduction(&mut self) -> Result<(ProtocolVersion, CommandSet, ProductId), Error> {
        let mut said = self.get().await?;
        if !said.1.is_plausible() {
            said = self.agreed(Command::Get, Self::get).await?;
        }
        let (version, commands) = said;
        let product_id = self.agreed(Command::GetId, Self::get_id).await?;
        Ok((version, commands, product_id))
    }

    /// The protocol's version, as Get answered it.
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The commands that the ROM has.
    pub const fn commands(&self) -> &CommandSet {
        &self.commands
    }

    /// What Get ID answered.
    pub const fn product_id(&self) -> ProductId {
        self.product_id
    }

    /// How long an answer takes beyond its time on the wire, at best: the adapter's and the browser's share. Zero, until one was
    /// measured.
    pub fn round_trip(&self) -> Duration {
        if self.round_trip == Duration::MAX { Duration::ZERO } else { self.round_trip }
    }

    /// Whether what to erase was sent since it was connected, so that something may be erased, whatever was answered.
    pub const fn has_begun_to_erase(&self) -> bool {
        self.has_begun_to_erase
    }

    /// The port, for its clock and modem lines.
    pub const fn port(&mut self) -> &mut P {
        &mut self.link.port
    }

    /// Gives the port back.
    pub fn into_port(self) -> P {
        self.link.port
    }

    /// Get: the protocol's version and the list of commands.
    ///
    /// # Errors
    /// [`Error`] when the answer is missing or not well-formed.
    pub async fn get(&mut self) -> Result<(ProtocolVersion, CommandSet), Error> {
        let answer = self.counted(Command::Get).await?;
        let (&version, opcodes) = answer.split_first().expect("a counted answer has a byte at least");
        Ok((ProtocolVersion::from_byte(version), CommandSet::new(opcodes.to_vec())))
    }

    /// Get Version: the protocol's version.
    ///
    /// # Errors
    /// [`Error`] when the answer is missing or not well-formed.
    pub async fn get_version(&mut self) -> Result<ProtocolVersion, Error> {
        self.link.begin(Command::GetVersion).await?;
        let mut answer = [0; 3];
        self.link.answer(Command::GetVersion, &mut answer).await?;
        self.link.acknowledged(Command::GetVersion, Stage::Body, 0, Duration::ZERO).await?;
        Ok(ProtocolVersion::from_byte(answer[0]))
    }

    /// Get ID: the product id.
    ///
    /// # Errors
    /// [`Error`] when the answer is missing or not well-formed.
    pub async fn get_id(&mut self) -> Result<ProductId, Error> {
        let answer = self.counted(Command::GetId).await?;
        Ok(ProductId(match answer[..] {
            [low] => low.into(),
            [high, low] => u16::from_be_bytes([high, low]),
            // Chips of BlueNRG descent send metal fix and mask set first.
            [_, _, product, ..] => product.into(),
            [] => 0,
        }))
    }

    /// Read Memory: fills `buffer`, 1 to 256 bytes, from `address` on.
    ///
    /// # Errors
    /// [`Error::Refused`] at [`Stage::Opcode`] when the chip is read-out protected, at [`Stage::Address`]
    /// when the address is not in readable memory.
    pub async fn read_memory(&mut self, address: u32, buffer: &mut [u8]) -> Result<(), Error> {
        const COMMAND: Command = Command::ReadMemory;
        is_block(COMMAND, buffer.len())?;
        let frame = frame(COMMAND, address, buffer.len(), &[]);
        self.exchange(COMMAND, address, &frame, Duration::ZERO, buffer).await
    }

    /// Write Memory: programs `bytes`, 4 to 256 of them, at `address`; both must be multiples of 4.
    ///
    /// The ROM reports neither a protected nor an unerased place: only reading back proves a write.
    ///
    /// # Errors
    /// [`Error::Invalid`] when length or address do not fit, [`Error::Refused`] as for a read.
    pub async fn write_memory(&mut self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        const COMMAND: Command = Command::WriteMemory;
        is_block(COMMAND, bytes.len())?;
        if !address.is_multiple_of(4) || !bytes.len().is_multiple_of(4) {
            return Err(Error::Invalid { command: COMMAND, reason: "address and length are not multiples of 4" });
        }
        let frame = frame(COMMAND, address, bytes.len(), bytes);
        self.exchange(COMMAND, address, &frame, PROGRAM_WORST, &mut []).await
    }

    /// Go: starts the application whose vector table is at `address`. The ROM answers no more after it.
    ///
    /// # Errors
    /// [`Error::Refused`] when the address is neither in flash nor in RAM.
    pub async fn go(&mut self, address: u32) -> Result<(), Error> {
        match self.link.begin(Command::Go).await {
            // One ROM says nothing here (AN2606 Table 136). To one that did not hear the command, the address of a
            // vector table is no other.
            Ok(()) | Err(Error::Silent { .. }) => {}
            Err(error) => return Err(error),
        }
        self.link.address(Command::Go, address).await
    }

    /// Whether the ROM lists `command`: one that it does not list is never sent.
    pub(super) fn require(&self, command: Command) -> Result<(), Error> {
        if self.commands.has(command) { Ok(()) } else { Err(Error::Unsupported { command }) }
    }

    /// What `ask` answers twice in a row: a disturbed byte of an answer is not noticed otherwise.
    pub(super) async fn agreed<T: PartialEq>(
        &mut self,
        command: Command,
        mut ask: impl AsyncFnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut before = ask(self).await?;
        for _ in 1..MOST_ASKED {
            let again = ask(self).await?;
            if again == before {
                return Ok(again);
            }
            before = again;
        }
        Err(Error::Undecided { command })
    }

    /// An answer of the shape: count − 1, that many bytes, ACK.
    async fn counted(&mut self, command: Command) -> Result<Vec<u8>, Error> {
        let start = self.link.port.now();
        self.link.begin(command).await?;
        let mut count = [0];
        self.link.answer(command, &mut count).await?;
        if count == [ACK] {
            // No ROM counts so many: it acknowledged the sync twice, and this is the answer to the opcode.
            self.link.answer(command, &mut count).await?;
            if count == [ACK] {
                return Err(Error::Unexpected { command, byte: ACK });
            }
        }
        let mut answer = vec![0; usize::from(count[0]) + 1];
        match self.link.answer(command, &mut answer).await {
            // One ROM counts two more than there are (AN2606 Table 136): its ACK is before the last place.
            Err(Error::Silent { .. }) if answer.len() > 2 && answer.ends_with(&[ACK, 0]) => {
                answer.truncate(answer.len() - 2);
                return Ok(answer);
            }
            result => result?,
        }
        self.link.acknowledged(command, Stage::Body, 0, Duration::ZERO).await?;
        // Opcode 2, ACK, count, answer, ACK.
        let wire = self.link.wire_time(answer.len() + 5);
        self.round_trip = self.round_trip.min(self.link.port.now().since(start).saturating_sub(wire));
        Ok(answer)
    }

    /// Makes sure that no stray byte is under way. Taken for the answer to an erase's opcode, it would leave it in doubt
    /// whether the ROM waits for the list.
    ///
    /// Bytes come in order: one that was before this answer would be in it, where it fits nowhere. That is sure however
    /// long an adapter holds bytes back, and done sooner than it takes to see that nothing comes. A block that was
    /// just erased and read back proves it as well: with one byte too many in it, what is still to come is no answer.
    pub(super) async fn prove_step(&mut self) -> Result<(), Error> {
        if self.link.in_step {
            return Ok(());
        }
        // Any version will do: some ROMs tell another one here than to Get (AN2606 Table 3, note 1).
        self.get_version().await.map(drop)
    }
}

/// Whether one read or write can carry so many bytes.
fn is_block(command: Command, length: usize) -> Result<(), Error> {
    match length {
        1..=MAX_BLOCK => Ok(()),
        _ => Err(Error::Invalid { command, reason: "a block has 1 to 256 bytes" }),
    }
}
