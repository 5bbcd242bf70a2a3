//! What can go wrong between this client and a DfuSe device.

use core::fmt;

use super::{DescriptorError, LayoutError, State, Status};
use crate::pipe::PipeError;

/// What was asked of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Its commands (AN3156 §4.2).
    GetCommands,
    /// To read memory.
    Read,
    /// To write memory.
    Write,
    /// To take an address for the reads and writes that follow.
    SetAddress,
    /// To erase a unit.
    Erase,
    /// To erase all of the flash.
    MassErase,
    /// To switch read-out protection off, and erase everything.
    ReadUnprotect,
    /// To start the application.
    Leave,
    /// Its status or state.
    Status,
    /// To forget an error, or what it was at.
    BackToIdle,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetCommands => "Get Commands",
            Self::Read => "Read Memory",
            Self::Write => "Write Memory",
            Self::SetAddress => "Set Address Pointer",
            Self::Erase => "Erase",
            Self::MassErase => "Mass Erase",
            Self::ReadUnprotect => "Read Unprotect",
            Self::Leave => "Leave",
            Self::Status => "Get Status",
            Self::BackToIdle => "Abort",
        })
    }
}

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The device says that it failed.
    #[error("the bootloader refused {command}: {status}")]
    Refused {
        /// The command.
        command: Command,
        /// Why.
        status: Status,
    },
    /// The request was stalled, or its transfer did not end in time.
    #[error("{command} failed: {error}")]
    Transfer {
        /// The command.
        command: Command,
        /// [`PipeError::Stalled`] or [`PipeError::TimedOut`].
        error: PipeError,
    },
    /// The device is in a state that does not follow from the command.
    #[error("the bootloader is at {state:?} after {command}")]
    Unexpected {
        /// The command.
        command: Command,
        /// The state.
        state: State,
    },
    /// The answer is not one that the protocol knows, or shorter than what was asked for.
    #[error("the bootloader's answer to {command} makes no sense")]
    Garbled {
        /// The command.
        command: Command,
    },
    /// The device says that it is busy for longer than the work can take.
    #[error("the bootloader does not come to an end with {command}")]
    StaysBusy {
        /// The command.
        command: Command,
    },
    /// The request cannot be put into the protocol, or would hang the ROM. Nothing was sent.
    #[error("{command} cannot be done: {reason}")]
    Invalid {
        /// The command.
        command: Command,
        /// Why not.
        reason: &'static str,
    },
    /// The device does not get back to where it takes commands.
    #[error("the bootloader is stuck, and must be reset")]
    Stuck,
    /// The pipe failed.
    #[error(transparent)]
    Pipe(PipeError),
}

impl Error {
    /// The error of a transfer that was part of `command`.
    pub(super) fn of(command: Command, error: PipeError) -> Self {
        match error {
            PipeError::Stalled | PipeError::TimedOut => Self::Transfer { command, error },
            PipeError::Lost(_) | PipeError::Refused(_) => Self::Pipe(error),
        }
    }

    /// Whether it may be gone with another try.
    pub(super) const fn may_pass(&self) -> bool {
        !matches!(self, Self::Invalid { .. } | Self::Stuck | Self::Pipe(_))
    }

    /// Whether read-out protection is the reason.
    pub const fn is_protection(&self) -> bool {
        matches!(self, Self::Refused { status: Status::VENDOR, .. })
    }
}

/// Why a device cannot be reached as a DfuSe bootloader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Its descriptors cannot be used.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// It speaks DFU without ST's extension, which has no addresses.
    #[error("the device speaks DFU {}.{:02x}, not ST's extension of it", .version >> 8, .version & 0xFF)]
    NotDfuse {
        /// `bcdDFUVersion`.
        version: u16,
    },
    /// It can only be read, or only be written; an update needs both.
    #[error("the device's DFU interface cannot be both read and written")]
    OneWay,
    /// None of its memories can be erased and written: why the first of them cannot.
    #[error("the device has no flash that can be written{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoFlash(Option<LayoutError>),
    /// It does not answer as it should.
    #[error(transparent)]
    Command(#[from] Error),
}

impl From<PipeError> for ConnectError {
    fn from(error: PipeError) -> Self {
        Self::Command(Error::of(Command::Status, error))
    }
}

/// Why the chip could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifyError {
    /// Reading is refused: read-out protection is on.
    #[error("the chip is read-out protected")]
    Protected,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] Error),
}
