//! Special and Extended Special: what is a chip's own.

use core::time::Duration;

use super::link::checksum;
use super::{Bootloader, Command, Error, Stage};
use crate::port::Port;

/// The most bytes in the first packet (AN3155 §3.14).
const FIRST_PACKET: usize = 128;
/// The most bytes in the second one (AN3155 §3.15).
const SECOND_PACKET: usize = 1024;

/// What a Special command answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecialAnswer {
    /// The data.
    pub data: Vec<u8>,
    /// The status.
    pub status: Vec<u8>,
}

impl<P: Port> Bootloader<P> {
    /// Special: has the chip do what its subcommand `code` means, with `bytes`, at most 128. `work` is the longest that
    /// it may take.
    ///
    /// What the codes mean is in AN2606's chapter on the chip, and some change protections for good: never to be sent to a
    /// chip that they are not for.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the ROM has no such command, [`Error::Refused`] for a code that it does not know,
    /// [`Error::Invalid`] for too many bytes.
    pub async fn special(&mut self, code: u16, bytes: &[u8], work: Duration) -> Result<SpecialAnswer, Error> {
        const COMMAND: Command = Command::Special;
        self.require(COMMAND)?;
        let packet = packet(COMMAND, bytes, FIRST_PACKET)?;
        self.begin_special(COMMAND, code).await?;
        self.link.block(COMMAND, Stage::Body, &packet, work).await?;
        let data = self.packet_of_answer(COMMAND, work).await?;
        let status = self.packet_of_answer(COMMAND, Duration::ZERO).await?;
        self.link.acknowledged(COMMAND, Stage::Body, 0, Duration::ZERO).await?;
        Ok(SpecialAnswer { data, status })
    }

    /// Extended Special: the same with a second packet `more` of at most 1024 bytes, and the status as the only answer.
    ///
    /// # Errors
    /// As for [`special`](Self::special).
    pub async fn extended_special(
        &mut self,
        code: u16,
        bytes: &[u8],
        more: &[u8],
        work: Duration,
    ) -> Result<Vec<u8>, Error> {
        const COMMAND: Command = Command::ExtendedSpecial;
        self.require(COMMAND)?;
        let first = packet(COMMAND, bytes, FIRST_PACKET)?;
        let second = packet(COMMAND, more, SECOND_PACKET)?;
        self.begin_special(COMMAND, code).await?;
        self.link.block(COMMAND, Stage::Body, &first, Duration::ZERO).await?;
        self.link.block(COMMAND, Stage::Body, &second, work).await?;
        let status = self.packet_of_answer(COMMAND, work).await?;
        self.link.acknowledged(COMMAND, Stage::Body, 0, Duration::ZERO).await?;
        Ok(status)
    }

    async fn begin_special(&mut self, command: Command, code: u16) -> Result<(), Error> {
        let [high, low] = code.to_be_bytes();
        self.link.begin(command).await?;
        self.link.block(command, Stage::Body, &[high, low, high ^ low], Duration::ZERO).await
    }

    /// A size of two bytes and so many bytes. These answers have no checksum.
    async fn packet_of_answer(&mut self, command: Command, work: Duration) -> Result<Vec<u8>, Error> {
        let mut size = [0; 2];
        self.link.answer_after(command, &mut size, work).await?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(size))];
        self.link.answer(command, &mut bytes).await?;
        Ok(bytes)
    }
}

/// A size of two bytes, so many bytes, and their checksum.
fn packet(command: Command, bytes: &[u8], most: usize) -> Result<Vec<u8>, Error> {
    let size = u16::try_from(bytes.len()).ok().filter(|&size| usize::from(size) <= most);
    let size = size.ok_or(Error::Invalid { command, reason: "the packet is too long" })?;
    let mut packet = size.to_be_bytes().to_vec();
    packet.extend_from_slice(bytes);
    packet.push(checksum(&packet));
    Ok(packet)
}
