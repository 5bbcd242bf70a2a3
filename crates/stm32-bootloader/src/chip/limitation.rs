//! What a ROM is known to do wrong.

use core::fmt;

/// The version of a ROM, as the byte has it that AN2606 calls the bootloader's ID: 0xB3 is V11.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RomVersion(pub u8);

impl fmt::Display for RomVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{}.{}", self.0 >> 4, self.0 & 0xF)
    }
}

/// Something that some versions of a ROM do wrong, or differently from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limitation {
    /// The versions that do ([`RomVersion`]); all that there are where none is named.
    pub roms: &'static [u8],
    /// What they do.
    pub fault: Fault,
    /// The table of AN2606 (2026 edition) that tells it.
    pub table: u8,
}

impl Limitation {
    /// Whether a ROM of this version does it. One whose version is not known may.
    pub fn applies_to(&self, rom: Option<RomVersion>) -> bool {
        self.roms.is_empty() || rom.is_none_or(|rom| self.roms.contains(&rom.0))
    }
}

/// What a ROM does wrong, as far as a host on a USART can meet it, and what a host on USB must know beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Under read-out protection it refuses to read and write with two NACKs in place of one.
    TwoNacks,
    /// It does not answer to an address that it does not reach, and takes what follows for a command.
    SilentBadAddress,
    /// It acknowledges the first byte, 0x7F, twice.
    TwoAcks,
    /// Get counts more commands than there are.
    CommandsMiscounted,
    /// It tells another version of the protocol than it speaks.
    WrongProtocolVersion,
    /// It measures the host's baud so badly that 115200 may fail: up to 5 % off.
    InexactBaud,
    /// It answers at 57600 baud at most.
    SlowBaud,
    /// It is stuck while the RX pin of a USART that is not used is held low.
    StuckByOtherPin,
    /// It takes seconds to start where a crystal is missing or USB is plugged in.
    SlowStart,
    /// It needs another reset after power was switched on before it answers.
    SecondReset,
    /// Of a list, it erases the first unit alone, and acknowledges all of it.
    ErasesFirstOfList,
    /// It acknowledges an erase from this address on before the flash is done. What comes next may hang it.
    ErasesUnawaited {
        /// The address of the first unit that it is so with.
        from: u32,
    },
    /// Over USB, it does not erase the units of the second bank of a flash that an option bit divides into two.
    NoSecondBankOverUsb,
    /// It does not erase one bank alone.
    NoBankErase,
    /// What is written into RAM arrives spoilt.
    SpoilsRam,
    /// An application that Go starts finds the clocks of AHB1 off, and so the CCM RAM: one that begins to use it at
    /// once fails.
    GoLeavesCcmOff,
    /// An application that Go starts finds a peripheral otherwise than after a reset: the clock of the RTC's registers,
    /// the trim of the internal oscillator, or the debugger's port.
    GoLeavesTraces,
    /// Go does not acknowledge its opcode.
    GoUnacknowledged,
    /// Go does not work.
    NoGo,
    /// Go may fail where the stack begins at the end of RAM.
    GoNeedsRoomAboveStack,
    /// It locks the settings of the chip's supply until power is switched off: a reset does not free them.
    LocksSupply,
    /// It clears the flag that flash is empty: the next reset starts what is not there, until power is switched off.
    ForgetsEmptyFlash,
    /// A protection that it changes counts only after power was off.
    ProtectsAfterPowerOff,
    /// It does not answer on packages with fewer than 64 pins.
    LargePackagesOnly,
}

/// What a person does about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Reset the device after an update, unless the host does so.
    Reset,
    /// Switch the device off and on after an update.
    PowerAfter,
    /// Switch the device off and on if it stops answering while its flash is empty.
    PowerIfSilent,
}

impl Advice {
    /// All that there is.
    pub const ALL: [Self; 3] = [Self::Reset, Self::PowerAfter, Self::PowerIfSilent];
}

impl Fault {
    /// What a person does about it, where a host cannot do it.
    pub const fn advice(self) -> Option<Advice> {
        match self {
            Self::GoLeavesCcmOff | Self::NoGo | Self::GoNeedsRoomAboveStack => Some(Advice::Reset),
            Self::LocksSupply => Some(Advice::PowerAfter),
            Self::ForgetsEmptyFlash => Some(Advice::PowerIfSilent),
            _ => None,
        }
    }
}
