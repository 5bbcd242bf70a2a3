//! What a chip at hand does differently from what the application notes say.

use core::time::Duration;

use super::family::Family;
use crate::chip::{Chip, Fault, RomVersion};

/// Departures of one simulated chip. The default has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quirks {
    /// Where the ROM stands when the host first talks to it.
    pub start: Start,
    /// The version of the ROM, where it is not the newest that there is ([`Quirks::of_rom`]).
    pub rom: Option<RomVersion>,
    /// What Get ID answers in place of the row's product id, as a chip does that is not in the table.
    pub product_id: Option<u16>,
    /// A stray 0x00 is sent before the first ACK, as some links show after a reset.
    pub stray_zero: bool,
    /// A second ACK follows the one of the sync, as from the STM32L412's ROM V13.1.
    pub extra_ack: bool,
    /// Read-out protection is active from the start.
    pub read_protected: bool,
    /// Read, Write and Go are refused with two NACKs under read-out protection, as by the STM32F40x ROM V9.0 (AN2606 Table 76).
    pub two_nacks: bool,
    /// Read and Write to an address out of reach end without the NACK, as before protocol 3.1 (AN3155 Table 3).
    pub silent_bad_address: bool,
    /// Readout Unprotect sends its second ACK before the mass erase instead of after it, as ST's open bootloader does.
    pub unprotect_answers_first: bool,
    /// Readout Unprotect's erase fails: NACK comes in place of the second ACK, and the protection stays.
    pub unprotect_fails: bool,
    /// Commands that the ROM lists beyond those of its family: Get Checksum (0xA1), Special (0x50), Extended Special (0x51).
    pub more_commands: Vec<u8>,
    /// The one subcommand that Special and Extended Special know. What it does is this simulation's own: see
    /// [`Event::Special`](super::Event::Special).
    pub special_code: Option<u16>,
    /// Get Checksum acknowledges the initial value first, and once more before the CRC, as the byte list of AN3155 §3.13
    /// can be read; its text has one ACK.
    pub checksum_acknowledged_twice: bool,
    /// Get counts two commands more than it lists (AN2606 Table 136).
    pub commands_miscounted: bool,
    /// Go does not acknowledge its opcode (AN2606 Table 136).
    pub go_unacknowledged: bool,
    /// Of an erase list the first unit alone is erased, and all of it is acknowledged (AN2606 Tables 110, 112 and 210).
    pub erases_first_of_list: bool,
    /// The erase of a unit from this address on is acknowledged when it begins. The unit is all that is erased of a
    /// list, and a command that reaches for the flash before it is done hangs the ROM (AN2606 Tables 108 and 136).
    pub erases_unawaited_from: Option<u32>,
    /// The ROM does not know the place where the supply voltage is told.
    pub no_voltage_range: bool,
    /// The ROM acknowledges the supply voltage that it is told, and keeps to its own.
    pub keeps_voltage_range: bool,
    /// Units that are write-protected from the start: erasing and programming them is acknowledged and changes nothing.
    pub write_protected: Vec<u16>,
    /// The most bytes that a Read or Write may have, where it is less than the 256 of AN3155 (stm32loader asks an L0 for
    /// no more than 128).
    pub longest_block: Option<u16>,
    /// How long the ROM takes before each answer.
    pub answer_latency: Duration,
    /// How long the ROM takes before it acknowledges the address of a write, beyond `answer_latency`.
    pub write_latency: Duration,
    /// How long the ROM takes for each byte that it gets, before it looks for the next one.
    pub byte_work: Duration,
    /// The ROM goes on as soon as an answer is in the transmitter (TXE), and does not wait until it is out (TC).
    pub does_not_wait_for_answers: bool,
    /// How long after a reset the ROM does not listen yet (AN2606 Table 227: 1.2 ms on F1, 74 ms on F4).
    pub startup: Duration,
    /// How far the measured baud is off, in thousandths (AN2606 Table 6: up to 60 on F4).
    pub baud_error: i16,
    /// The highest baud that the ROM can measure; above it there is no sync.
    pub highest_baud: Option<u32>,
    /// The ROM times the first byte's eight bits in whole steps of this length, as one that looks at the pin in a loop:
    /// the faster the byte, the further off is the rate that it locks. Zero measures exactly.
    pub measures_in: Duration,
}

impl Quirks {
    /// What every chip of this row does: the missing NACK of ROMs before protocol 3.1.
    pub fn of(chip: &Chip) -> Self {
        Self { silent_bad_address: Family::of(chip).silent_bad_address, ..Self::default() }
    }

    /// What a chip of this row does that has this version of the ROM, as far as its limitations are of the kind that is
    /// simulated.
    pub fn of_rom(chip: &Chip, rom: RomVersion) -> Self {
        let mut quirks = Self { rom: Some(rom), ..Self::of(chip) };
        for limitation in chip.limitations.iter().filter(|limitation| limitation.applies_to(Some(rom))) {
            match limitation.fault {
                Fault::TwoNacks => quirks.two_nacks = true,
                Fault::SilentBadAddress => quirks.silent_bad_address = true,
                Fault::TwoAcks => quirks.extra_ack = true,
                Fault::CommandsMiscounted => quirks.commands_miscounted = true,
                Fault::GoUnacknowledged => quirks.go_unacknowledged = true,
                Fault::ErasesFirstOfList => quirks.erases_first_of_list = true,
                Fault::ErasesUnawaited { from } => quirks.erases_unawaited_from = Some(from),
                _ => {}
            }
        }
        quirks
    }

    /// What `baud` is measured as in steps of [`measures_in`](Self::measures_in).
    pub(super) fn measure(&self, baud: u32) -> u32 {
        let step = self.measures_in.as_secs_f64();
        let eight_bits = 8.0 / f64::from(baud);
        if step == 0.0 { baud } else { (8.0 / ((eight_bits / step).round().max(1.0) * step)) as u32 }
    }
}

/// Where the ROM stands when the host first talks to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// Just reset: it waits for 0x7F.
    #[default]
    Fresh,
    /// An earlier host synced it at the baud of the first byte that now comes.
    Synced,
    /// The same, and the first byte of a command pair has come already.
    MidPair,
}
