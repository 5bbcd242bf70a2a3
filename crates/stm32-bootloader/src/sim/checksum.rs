//! Get Checksum, as AN3155 §3.13 tells it.

use core::time::Duration;

use super::command::Stage;
use super::log::Nack;
use super::rom::Rom;
use super::work::Work;

/// The four blocks that follow the opcode, and what was told before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumBlock {
    Address,
    Words { address: u32 },
    Polynomial { address: u32, words: u32 },
    Initial { address: u32, words: u32, polynomial: u32 },
}

/// The CRC unit takes four cycles a word; with the loop around it, at 16 MHz, about this.
const A_WORD: Duration = Duration::from_nanos(800);

impl Rom {
    /// A block is complete, and its checksum is right.
    pub(super) fn checksum_block(&mut self, block: ChecksumBlock, bytes: &[u8]) {
        let word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let next = match block {
            ChecksumBlock::Address if self.memory.can_read(word) => ChecksumBlock::Words { address: word },
            ChecksumBlock::Address => return self.nack(Nack::BadAddress { address: word }),
            ChecksumBlock::Words { address } => {
                // "Different than 0" and not beyond the memory that the address is in.
                let last = word.checked_mul(4).and_then(|bytes| address.checked_add(bytes)?.checked_sub(1));
                match last.filter(|&last| word > 0 && self.memory.can_read(last)) {
                    Some(_) => ChecksumBlock::Polynomial { address, words: word },
                    None => return self.nack(Nack::BadLength { len: word }),
                }
            }
            ChecksumBlock::Polynomial { address, words } => ChecksumBlock::Initial { address, words, polynomial: word },
            ChecksumBlock::Initial { address, words, polynomial } => {
                if self.quirks.checksum_acknowledged_twice {
                    self.ack();
                }
                self.queue(A_WORD.saturating_mul(words), Work::Think);
                self.ack();
                let crc =
                    (0..words).fold(word, |crc, index| step(crc, self.memory.word(address + 4 * index), polynomial));
                let answer = crc.to_be_bytes();
                self.answer(&answer);
                return self.answer(&[answer.iter().fold(0, |sum, byte| sum ^ byte)]);
            }
        };
        self.ack();
        self.expect(Stage::Checksum(next));
    }
}

/// One word through the CRC unit, highest bit first.
fn step(mut crc: u32, word: u32, polynomial: u32) -> u32 {
    for bit in (0..32).rev() {
        let feedback = (crc >> 31) ^ (word >> bit & 1);
        crc <<= 1;
        if feedback == 1 {
            crc ^= polynomial;
        }
    }
    crc
}
