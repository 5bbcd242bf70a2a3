//! Get Checksum.

use core::time::Duration;

use super::link::{ACK, checksum};
use super::{Bootloader, Command, Error};
use crate::port::Port;

/// For one word, where the ROM computes bit by bit: some 300 cycles at 16 MHz. An estimate, on the long side.
const WORD_WORST: Duration = Duration::from_micros(20);

/// Which cyclic redundancy check is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crc {
    /// The polynomial, its highest term left out.
    pub polynomial: u32,
    /// What the register holds at the beginning.
    pub initial: u32,
}

impl Crc {
    /// What the CRC unit of every STM32 computes after a reset; chips that can compute no other ignore what is asked for.
    pub const STM32: Self = Self { polynomial: 0x04C1_1DB7, initial: 0xFFFF_FFFF };

    /// The CRC of `bytes`, a multiple of four, as the CRC unit computes it: word by word as the processor reads them
    /// (lowest byte first), highest bit first, without a final inversion. What is left over after the last word is left out.
    pub fn of(self, bytes: &[u8]) -> u32 {
        bytes.as_chunks::<4>().0.iter().fold(self.initial, |crc, &word| {
            (0..32).fold(crc ^ u32::from_le_bytes(word), |crc, _| {
                let shifted = crc << 1;
                if crc >> 31 == 1 { shifted ^ self.polynomial } else { shifted }
            })
        })
    }
}

impl<P: Port> Bootloader<P> {
    /// Get Checksum: the CRC of `words` words of 32 bits from `address` on, as the chip computes it ([`Crc::of`]).
    ///
    /// # Errors
    /// [`Error::Unsupported`] on the many ROMs that have no such command (it came with protocol 3.3), [`Error::Refused`]
    /// at [`Stage::Address`](super::Stage::Address) for an address, and at [`Stage::Body`](super::Stage::Body) for a
    /// length that does not fit.
    pub async fn get_checksum(&mut self, address: u32, words: u32, crc: Crc) -> Result<u32, Error> {
        const COMMAND: Command = Command::GetChecksum;
        self.require(COMMAND)?;
        self.link.begin(COMMAND).await?;
        self.link.address(COMMAND, address).await?;
        self.link.word(COMMAND, words, Duration::ZERO).await?;
        self.link.word(COMMAND, crc.polynomial, Duration::ZERO).await?;
        let work = WORD_WORST.saturating_mul(words);
        self.link.word(COMMAND, crc.initial, work).await?;
        let mut answer = [0; 5];
        self.link.answer_after(COMMAND, &mut answer, work).await?;
        // AN3155 §3.13 can be read to mean one ACK here or two: the length of what comes tells.
        if answer[0] == ACK
            && let Some(byte) = self.link.one_more().await?
        {
            answer.rotate_left(1);
            answer[4] = byte;
        }
        let [a, b, c, d, sum] = answer;
        if checksum(&answer) != 0 {
            return Err(Error::Unexpected { command: COMMAND, byte: sum });
        }
        Ok(u32::from_be_bytes([a, b, c, d]))
    }
}
