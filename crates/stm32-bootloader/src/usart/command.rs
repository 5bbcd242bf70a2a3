//! The commands, and which of them a ROM has.

use core::fmt;

/// Opcodes of USART bootloaders, that of CAN's Speed included. One of them followed by its complement is a command.
pub(super) const OPCODES: [u8; 16] =
    [0x00, 0x01, 0x02, 0x03, 0x11, 0x21, 0x31, 0x43, 0x44, 0x50, 0x51, 0x63, 0x73, 0x82, 0x92, 0xA1];

/// A command of AN3155 on a USART.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Lists the commands.
    Get,
    /// Protocol version.
    GetVersion,
    /// Product id.
    GetId,
    /// Reads up to 256 bytes.
    ReadMemory,
    /// Starts the application.
    Go,
    /// Writes up to 256 bytes.
    WriteMemory,
    /// Erases pages numbered with one byte. A ROM has this or [`Command::ExtendedErase`], never both.
    Erase,
    /// Erases units numbered with two bytes.
    ExtendedErase,
    /// Does what is the chip's own, with up to 128 bytes.
    Special,
    /// Does what is the chip's own, with up to 128 and 1024 bytes.
    ExtendedSpecial,
    /// Write-protects sectors, and frees all others.
    WriteProtect,
    /// Frees all sectors.
    WriteUnprotect,
    /// Switches read-out protection on.
    ReadoutProtect,
    /// Erases everything and switches read-out protection off.
    ReadoutUnprotect,
    /// Computes the CRC of a stretch of memory.
    GetChecksum,
}

impl Command {
    /// The byte that names the command on the wire.
    pub const fn opcode(self) -> u8 {
        match self {
            Self::Get => 0x00,
            Self::GetVersion => 0x01,
            Self::GetId => 0x02,
            Self::ReadMemory => 0x11,
            Self::Go => 0x21,
            Self::WriteMemory => 0x31,
            Self::Erase => 0x43,
            Self::ExtendedErase => 0x44,
            Self::Special => 0x50,
            Self::ExtendedSpecial => 0x51,
            Self::WriteProtect => 0x63,
            Self::WriteUnprotect => 0x73,
            Self::ReadoutProtect => 0x82,
            Self::ReadoutUnprotect => 0x92,
            Self::GetChecksum => 0xA1,
        }
    }

    /// Whether it takes a list of units that anything sent later could be taken for a part of.
    pub(super) const fn takes_list(self) -> bool {
        matches!(self, Self::Erase | Self::ExtendedErase | Self::WriteProtect)
    }

    /// Whether the opcode is all of it, and the ROM may reset the chip after it.
    pub(super) const fn is_opcode_only_and_resets(self) -> bool {
        matches!(self, Self::WriteUnprotect | Self::ReadoutProtect | Self::ReadoutUnprotect)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "Get",
            Self::GetVersion => "Get Version",
            Self::GetId => "Get ID",
            Self::ReadMemory => "Read Memory",
            Self::Go => "Go",
            Self::WriteMemory => "Write Memory",
            Self::Erase => "Erase",
            Self::ExtendedErase => "Extended Erase",
            Self::Special => "Special",
            Self::ExtendedSpecial => "Extended Special",
            Self::WriteProtect => "Write Protect",
            Self::WriteUnprotect => "Write Unprotect",
            Self::ReadoutProtect => "Readout Protect",
            Self::ReadoutUnprotect => "Readout Unprotect",
            Self::GetChecksum => "Get Checksum",
        })
    }
}

/// The commands that a ROM lists. From protocol 4.0 on the list varies, so it is searched, never indexed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandSet(Vec<u8>);

impl CommandSet {
    pub(super) const fn new(opcodes: Vec<u8>) -> Self {
        Self(opcodes)
    }

    /// Whether the ROM has the command.
    pub fn has(&self, command: Command) -> bool {
        self.0.contains(&command.opcode())
    }

    /// Whether it is a list as AN3155 has it: known commands in order, and all that an update needs. A byte of it that was
    /// disturbed is another command, which is not known, or out of order, or in the list already.
    pub(super) fn is_plausible(&self) -> bool {
        const NEEDED: [Command; 6] =
            [Command::Get, Command::GetVersion, Command::GetId, Command::ReadMemory, Command::Go, Command::WriteMemory];
        NEEDED.into_iter().all(|command| self.has(command))
            && self.has(Command::Erase) != self.has(Command::ExtendedErase)
            && self.0.iter().all(|opcode| OPCODES.contains(opcode))
            && self.0.is_sorted_by(|a, b| a < b)
    }

    /// The opcodes as the ROM listed them.
    pub fn opcodes(&self) -> &[u8] {
        &self.0
    }
}

/// The version of the protocol, e.g. 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtocolVersion {
    /// The high digit.
    pub major: u8,
    /// The low digit.
    pub minor: u8,
}

impl ProtocolVersion {
    pub(super) const fn from_byte(byte: u8) -> Self {
        Self { major: byte >> 4, minor: byte & 0xF }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
