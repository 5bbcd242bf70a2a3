//! What can go wrong between this client and the ROM.

use super::Command;
use crate::chip::ProductId;
use crate::port::PortError;

/// The part of a command that the ROM answers separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The opcode and its complement. Refused here, the chip is usually read-out protected.
    Opcode,
    /// The address and its checksum. Refused here, the address is not in memory that the ROM knows.
    Address,
    /// The length, list or contents.
    Body,
}

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The ROM answered NACK.
    #[error("the bootloader refused {command} ({stage:?})")]
    Refused {
        /// The command.
        command: Command,
        /// The part of it.
        stage: Stage,
    },
    /// The answer did not come in time, or not whole.
    #[error("the bootloader did not answer {command}")]
    Silent {
        /// The command.
        command: Command,
    },
    /// The answer is not one that the protocol knows: the line garbles bytes, or this is no STM32 ROM.
    #[error("the bootloader answered {command} with 0x{byte:02X}")]
    Unexpected {
        /// The command.
        command: Command,
        /// What came instead of an answer.
        byte: u8,
    },
    /// The ROM's list does not hold the command.
    #[error("this bootloader has no {command}")]
    Unsupported {
        /// The command.
        command: Command,
    },
    /// The request cannot be put into the protocol (length, alignment, unit number). Nothing was sent.
    #[error("{command} cannot carry this: {reason}")]
    Invalid {
        /// The command.
        command: Command,
        /// Why not.
        reason: &'static str,
    },
    /// The answer to a list of units to erase or to protect is not known, so the ROM may wait for the rest of it:
    /// anything sent to it now could be taken for a unit. It must be reset.
    #[error("the bootloader may still wait for the rest of {command}, and must be reset")]
    Stuck {
        /// The command.
        command: Command,
    },
    /// The same, for the port failed: whoever meets the ROM next must reset it first.
    #[error("{error}; the bootloader may still wait for the rest of {command}, and must be reset")]
    StuckBehind {
        /// The command.
        command: Command,
        /// What failed.
        error: PortError,
    },
    /// The ROM was in step and does not answer any more.
    #[error("the bootloader does not answer any more")]
    Lost,
    /// The same was asked several times, and the answers differ: the line garbles bytes.
    #[error("the bootloader answers {command} differently each time")]
    Undecided {
        /// The command.
        command: Command,
    },
    /// The port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Error {
    /// Whether a disturbed line explains it, so that another try may succeed.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Silent { .. } | Self::Unexpected { .. } | Self::Port(PortError::Line(_))
        )
    }

    /// Whether a line that loses or garbles bytes explains it, so that a slower one may not have it.
    pub const fn is_of_the_line(&self) -> bool {
        self.may_pass() || matches!(self, Self::Stuck { .. } | Self::Lost | Self::Undecided { .. })
    }
}

/// A ROM that was in step is not found any more.
impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Port(error) => Self::Port(error),
            _ => Self::Lost,
        }
    }
}

/// Why the ROM could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing came back at all.
    #[error("the device does not answer")]
    NoAnswer,
    /// What was sent came back and nothing else: TX and RX touch, or a loop-back plug is on.
    #[error("only an echo came back")]
    Echo,
    /// Bytes came that are no answer: an application that talks, a wrong rate, an adapter without parity.
    #[error("the device answers, but not as a bootloader")]
    Garbled,
    /// It synchronised, then the first commands failed.
    #[error("the connection is not reliable: {0}")]
    Unreliable(Error),
    /// The port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A ROM that was just found does not answer as it should.
impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        match error {
            Error::Port(error) => Self::Port(error),
            error => Self::Unreliable(error),
        }
    }
}

/// Why the chip could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// No row of the table has this product id.
    #[error("no chip with product id {0} is known")]
    Unknown(ProductId),
    /// The chip is not the one that was given.
    #[error("the chip has product id {found}, and one with {given} was described")]
    OtherChip {
        /// The product id that was given.
        given: ProductId,
        /// The chip's.
        found: ProductId,
    },
    /// The flash does not reach as far as was given.
    #[error("the chip has no memory at 0x{address:08X}, where it was described to have flash")]
    NotThere {
        /// The address of the last block of the flash as it was given.
        address: u32,
    },
    /// Reading is refused: read-out protection is on.
    #[error("the chip is read-out protected")]
    Protected,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] Error),
}
