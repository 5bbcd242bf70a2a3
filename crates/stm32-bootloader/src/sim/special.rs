//! Special and Extended Special, as AN3155 §3.14 and §3.15 tell them.

use super::command::Stage;
use super::log::{Event, Nack};
use super::rom::Rom;

/// The most bytes in the first packet, and in the second one of Extended Special.
const MOST: [u16; 2] = [128, 1024];

/// The blocks that follow the opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialBlock {
    Code { extended: bool },
    First { code: u16, extended: bool },
    Second { code: u16, before: u16 },
}

impl SpecialBlock {
    /// How long the block is in all, as far as `bytes` tell. A size that is too large ends it at once.
    pub fn length(self, bytes: &[u8]) -> usize {
        let most = match self {
            Self::Code { .. } => return 3,
            Self::First { .. } => MOST[0],
            Self::Second { .. } => MOST[1],
        };
        match bytes {
            [high, low, ..] => match u16::from_be_bytes([*high, *low]) {
                size if size > most => 2,
                size => usize::from(size) + 3,
            },
            _ => 2,
        }
    }
}

impl Rom {
    /// A block is complete. Its checksum is right, unless it ended early.
    pub(super) fn special_block(&mut self, block: SpecialBlock, bytes: &[u8]) {
        let first = u16::from_be_bytes([bytes[0], bytes[1]]);
        match block {
            SpecialBlock::Code { .. } if self.quirks.special_code != Some(first) => {
                self.nack(Nack::UnknownSpecial { code: first });
            }
            SpecialBlock::Code { extended } => {
                self.ack();
                self.expect(Stage::Special(SpecialBlock::First { code: first, extended }));
            }
            _ if bytes.len() == 2 => self.nack(Nack::BadLength { len: first.into() }),
            SpecialBlock::First { code, extended: true } => {
                self.ack();
                self.expect(Stage::Special(SpecialBlock::Second { code, before: first }));
            }
            SpecialBlock::First { code, extended: false } => {
                self.ack();
                self.note(Event::Special { code, len: first });
                self.answer(&bytes[..bytes.len() - 1]);
                self.status();
            }
            SpecialBlock::Second { code, before } => {
                self.ack();
                self.note(Event::Special { code, len: before + first });
                self.status();
            }
        }
    }

    /// The packet that both commands end with, one byte as on U5 (AN2606 Table 221), and the ACK that closes them.
    fn status(&mut self) {
        self.answer(&[0x00, 0x01, 0x00]);
        self.ack();
    }
}
