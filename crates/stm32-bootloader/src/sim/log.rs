//! What was done to a simulated chip, in order.

use core::fmt;

use crate::port::{Instant, Signals};

/// One thing that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The moment at which it was complete.
    pub at: Instant,
    /// What it was.
    pub event: Event,
}

/// Something that happened to a simulated chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The chip left reset.
    Reset(Boot),
    /// The host set the modem lines to something else, whether or not the board wires them to the chip.
    ModemLines(Signals),
    /// The ROM measured the first byte and locked its rate, in baud.
    Synced {
        /// The rate it took for the host's.
        baud: u32,
    },
    /// A Read Memory was answered with data.
    Read {
        /// The first address.
        address: u32,
        /// How many bytes.
        len: u16,
    },
    /// A block was programmed into flash, or written to RAM or the option bytes.
    Programmed {
        /// The first address.
        address: u32,
        /// How many bytes.
        len: u16,
    },
    /// A write was acknowledged, yet these bytes do not hold what was sent.
    NotProgrammed {
        /// The first address of the write.
        address: u32,
        /// How many bytes the write had.
        len: u16,
        /// Why.
        why: Refusal,
    },
    /// A unit was erased.
    Erased {
        /// Its number.
        unit: u16,
    },
    /// The erase of a unit was acknowledged but not done.
    NotErased {
        /// The number in the erase list.
        unit: u16,
        /// Why.
        why: Refusal,
    },
    /// All of the flash was erased.
    MassErased,
    /// One bank was erased.
    BankErased {
        /// Whether it was the second one.
        second: bool,
    },
    /// A Special or Extended Special command was carried out. What it would do on a chip is not simulated: the data of
    /// Special is answered as it came, and the status is one byte, zero.
    Special {
        /// The subcommand.
        code: u16,
        /// How many bytes came with it in all.
        len: u16,
    },
    /// The ROM was told the supply voltage.
    VoltageRange {
        /// The code of AN2606 Table 4.
        code: u8,
    },
    /// Work on the flash was cut short by a reset or a loss of power: what it worked on is in disorder.
    Interrupted {
        /// The first address that was being worked on.
        address: u32,
    },
    /// The protection of units changed, by Write Protect or Write Unprotect; it counts from the next reset on.
    WriteProtection {
        /// The units that are protected now.
        units: Vec<u16>,
    },
    /// The read-out protection changed; it counts from the next reset on.
    ReadProtection {
        /// Whether it is on now.
        active: bool,
    },
    /// The ROM jumped to the program at this address.
    Went {
        /// The address of its vector table.
        address: u32,
    },
    /// A byte came while the ROM was busy and its one receive register full: it is lost.
    Overrun {
        /// The byte.
        byte: u8,
    },
    /// A byte came while nothing listened: the chip starts up, or runs its application.
    Unheard {
        /// The byte.
        byte: u8,
    },
    /// A command reached for the flash while it worked on an erase that the ROM had not waited for: nothing runs until
    /// a reset.
    Hung {
        /// The command.
        command: u8,
    },
    /// The ROM answered NACK (or should have, and did not, see [`Nack::BadAddress`]).
    Nacked(Nack),
}

/// What the chip starts when it leaves reset: the level of BOOT0 in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boot {
    /// BOOT0 high: the ROM.
    #[default]
    Bootloader,
    /// BOOT0 low: the program in flash.
    Application,
}

/// Why acknowledged work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The unit is write-protected (AN3155: no error is returned for it).
    WriteProtected,
    /// The location was not erased before.
    NotBlank,
    /// The address is not a multiple of the alignment of AN2606 Table 7, or the count none of 4. From here on every program operation fails.
    Misaligned,
    /// An earlier misaligned write made all that follow fail (AN2606, programming constraints).
    Wedged,
    /// The chip has no such unit.
    NoSuchUnit,
    /// The list was longer than what the ROM has room for.
    ListTooLong,
    /// It was not the first of its list, and this ROM erases no other.
    NotFirst,
}

/// Why the ROM answered NACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nack {
    /// The second byte of a command was not the complement of the first.
    Complement {
        /// The first byte.
        command: u8,
        /// What followed.
        complement: u8,
    },
    /// This ROM has no such command.
    Unknown {
        /// The command.
        command: u8,
    },
    /// The command is not available while read-out protection is active.
    Protected {
        /// The command.
        command: u8,
    },
    /// The checksum of a block is wrong.
    Checksum,
    /// The command does not reach this address. ROMs before protocol 3.1 say nothing at all here.
    BadAddress {
        /// The address.
        address: u32,
    },
    /// More bytes than this ROM transfers at once ([`Quirks::longest_block`](super::Quirks)).
    TooLong {
        /// How many were asked for.
        len: u16,
    },
    /// The erase of Readout Unprotect failed.
    EraseFailed,
    /// A length of zero, or one that goes beyond the memory (Get Checksum, both Specials).
    BadLength {
        /// The length that was asked for, in the command's own unit.
        len: u32,
    },
    /// Special does not know this subcommand.
    UnknownSpecial {
        /// The subcommand.
        code: u16,
    },
    /// No voltage range of AN2606 Table 4, or one byte of the place that must stay 0xFF does not.
    BadVoltageRange,
    /// Whole-flash, bank or reserved erase codes that this ROM does not have.
    SpecialErase {
        /// The code, from 0xFFF0 up.
        code: u16,
    },
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} {}", self.at.elapsed().as_secs_f64(), self.event)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset(Boot::Bootloader) => write!(f, "reset into the bootloader"),
            Self::Reset(Boot::Application) => write!(f, "reset into the application"),
            Self::ModemLines(Signals { dtr, rts }) => {
                write!(f, "modem lines dtr={} rts={}", u8::from(*dtr), u8::from(*rts))
            }
            Self::Synced { baud } => write!(f, "synced at {baud} baud"),
            Self::Read { address, len } => write!(f, "read {len} bytes at {address:#010X}"),
            Self::Programmed { address, len } => write!(f, "programmed {len} bytes at {address:#010X}"),
            Self::NotProgrammed { address, len, why } => {
                write!(f, "did not program {len} bytes at {address:#010X}: {why}")
            }
            Self::Erased { unit } => write!(f, "erased unit {unit}"),
            Self::NotErased { unit, why } => write!(f, "did not erase unit {unit}: {why}"),
            Self::MassErased => write!(f, "mass erased"),
            Self::BankErased { second: false } => write!(f, "erased the first bank"),
            Self::BankErased { second: true } => write!(f, "erased the second bank"),
            Self::VoltageRange { code } => write!(f, "voltage range {code}"),
            Self::Special { code, len } => write!(f, "special command {code:#06X} with {len} bytes"),
            Self::Interrupted { address } => write!(f, "interrupted at {address:#010X}"),
            Self::WriteProtection { units } => write!(f, "write protection of units {units:?}"),
            Self::ReadProtection { active: true } => write!(f, "read-out protection on"),
            Self::ReadProtection { active: false } => write!(f, "read-out protection off"),
            Self::Went { address } => write!(f, "went to {address:#010X}"),
            Self::Overrun { byte } => write!(f, "overrun, lost {byte:#04X}"),
            Self::Unheard { byte } => write!(f, "unheard {byte:#04X}"),
            Self::Hung { command } => write!(f, "hung at command {command:#04X}"),
            Self::Nacked(why) => write!(f, "nacked: {why}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WriteProtected => "write-protected",
            Self::NotBlank => "not erased before",
            Self::Misaligned => "misaligned",
            Self::Wedged => "wedged by an earlier misaligned write",
            Self::NoSuchUnit => "no such unit",
            Self::ListTooLong => "the list is too long",
            Self::NotFirst => "not the first of its list",
        })
    }
}

impl fmt::Display for Nack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complement { command, complement } => {
                write!(f, "{complement:#04X} is not the complement of {command:#04X}")
            }
            Self::Unknown { command } => write!(f, "unknown command {command:#04X}"),
            Self::Protected { command } => write!(f, "command {command:#04X} under read-out protection"),
            Self::Checksum => write!(f, "wrong checksum"),
            Self::BadAddress { address } => write!(f, "address {address:#010X} is out of reach"),
            Self::TooLong { len } => write!(f, "{len} bytes are too many"),
            Self::BadVoltageRange => write!(f, "no voltage range"),
            Self::EraseFailed => write!(f, "the erase failed"),
            Self::BadLength { len } => write!(f, "a length of {len} does not fit"),
            Self::UnknownSpecial { code } => write!(f, "unknown special command {code:#06X}"),
            Self::SpecialErase { code } => write!(f, "special erase {code:#06X}"),
        }
    }
}
