//! How the ROMs and the flash of the families differ, as far as the chip table does not say.

use core::ops::Range;

use crate::chip::Chip;

/// The command list of ROMs before protocol 4.0 that erase by Erase (AN3155 §3.1).
const WITH_ERASE: &[u8] = &[0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x43, 0x63, 0x73, 0x82, 0x92];
/// The same with Extended Erase.
const WITH_EXTENDED_ERASE: &[u8] = &[0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92];
/// The list of the H5, which has no read-out protection (AN3155 §3.1).
const WITHOUT_READ_PROTECTION: &[u8] = &[0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x50, 0x63, 0x73];

/// What programming does to a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Programming {
    /// NOR flash: bits are cleared, none is set. The result is the AND of old and new.
    And,
    /// The result is the OR of old and new, where erased is 0 (L1).
    Or,
    /// So many bytes are programmed at once, and only if all of them are erased. Some flash takes all zeros at any time.
    Blank {
        /// How many bytes.
        unit: u32,
        /// Whether zeros are taken over anything.
        zeros: bool,
    },
}

/// What a read that starts in the registers with flash size and unique id does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterReads {
    /// It works from any address.
    Anywhere,
    /// Only whole reads from a 256-byte boundary work, the others are refused at the count
    /// (seen on the F401; stm32loader pull request 25).
    WholeBlocks,
    /// The registers' own addresses are refused; a read from the option bytes below runs into them
    /// (seen on L05x and L07x; stm32loader issue 61, electronics.stackexchange 418064).
    Refused,
}

/// The ROM and the flash of a family.
#[derive(Debug, Clone)]
pub struct Family {
    /// The protocol version as Get answers it: 0x31 is 3.1 (AN2606 Table 3).
    pub version: u8,
    /// The command list as Get answers it.
    pub commands: &'static [u8],
    /// How the flash programs.
    pub programming: Programming,
    /// How the size and id registers read.
    pub registers: RegisterReads,
    /// One-time programmable bytes, readable and writable.
    pub otp: Option<Range<u32>>,
    /// Data EEPROM.
    pub eeprom: Option<Range<u32>>,
    /// Whether a Read or Write that is out of reach ends without NACK: before 3.1 (AN3155 Table 3), and on the
    /// L1xxx6(8/B)A, whose 3.1 still has the fault (AN2606 Table 153).
    pub silent_bad_address: bool,
    /// Whether the ROM itself resets the chip after it changed a protection or the option bytes (AN3155 Figures 13 to 25).
    pub resets_itself: bool,
    /// Whether erasing the whole flash takes as long as all units one by one (sectors), or as one unit (pages).
    pub mass_erase_by_sector: bool,
    /// Whether the ROM can be told the supply voltage (AN2606 §4.4).
    pub voltage_range: bool,
    /// Whether the ROM erases one bank alone: it has two banks that can be, and a ROM that does. The L496's V9.3 refuses
    /// (AN2606 Table 173), and so does every L1, which has no mass erase either.
    pub banks_erase: bool,
    /// The byte at the end of system memory that tells the ROM's own version (AN2606 Table 3); the latest one where there are several.
    pub bootloader_id: Option<u8>,
}

impl Family {
    /// What is known of the ROM of `chip`.
    pub fn of(chip: &Chip) -> Self {
        let id = chip.product_id.0;
        let version = match (chip.family, id) {
            // Connectivity line: says 2.0 where 2.2 is meant (AN2606 Table 3, note 1).
            ("F1", 0x418) => 0x20,
            ("F1", 0x430) => 0x30,
            ("F1", _) => 0x22,
            ("L1", 0x416) => 0x30,
            ("WB", 0x495) => 0x32,
            ("H5" | "U3" | "C5", _) | ("C0", 0x44C | 0x44D) | ("H7", 0x485) | ("WBA", 0x4B0 | 0x4B2) => 0x40,
            _ => 0x31,
        };
        let commands = match (chip.family, version) {
            ("H5", _) => WITHOUT_READ_PROTECTION,
            // Extended Erase came with 3.0, and a ROM has one of the two (AN3155 Table 3).
            (_, ..0x30) => WITH_ERASE,
            _ => WITH_EXTENDED_ERASE,
        };
        let programming = match chip.family {
            "F2" | "F4" | "F7" => Programming::And,
            "L1" => Programming::Or,
            "F0" | "F1" | "F3" => Programming::Blank { unit: 2, zeros: true },
            // Half-pages: a second write into one that is not blank is acknowledged and lost
            // (ST community, "STM32L07xx I2C bootloader write operation limited to half page").
            "L0" => Programming::Blank { unit: 64, zeros: false },
            "H7" => Programming::Blank { unit: 32, zeros: false },
            "H5" | "U5" | "WBA" | "C5" => Programming::Blank { unit: 16, zeros: true },
            // Double words with error correction: G0, G4, L4, L5, C0, U0, U3, WB, WL.
            _ => Programming::Blank { unit: 8, zeros: true },
        };
        let eeprom_bytes = match id {
            0x457 => 0x200,
            0x425 => 0x400,
            0x417 => 0x800,
            0x416 | 0x429 => 0x1000,
            0x447 => 0x1800,
            0x427 => 0x2000,
            0x436 => 0x3000,
            0x437 => 0x4000,
            _ => 0,
        };
        Self {
            version,
            commands,
            programming,
            registers: match chip.family {
                "F2" | "F4" => RegisterReads::WholeBlocks,
                "L0" => RegisterReads::Refused,
                _ => RegisterReads::Anywhere,
            },
            otp: matches!(chip.family, "F2" | "F4").then_some(0x1FFF_7800..0x1FFF_7A10),
            eeprom: (eeprom_bytes > 0).then_some(0x0808_0000..0x0808_0000 + eeprom_bytes),
            silent_bad_address: version < 0x31 || id == 0x429,
            resets_itself: matches!(chip.family, "F0" | "F2" | "F4" | "F7") || matches!(id, 0x464 | 0x435 | 0x462),
            mass_erase_by_sector: matches!(chip.family, "F2" | "F4" | "F7" | "H7"),
            voltage_range: matches!(chip.family, "F2" | "F4" | "F7"),
            banks_erase: match chip.family {
                "F1" => id == 0x430,
                "F4" => matches!(id, 0x419 | 0x434),
                "G0" => id == 0x467,
                "G4" => id == 0x469,
                "H7" => matches!(id, 0x450 | 0x480),
                "L4" => matches!(id, 0x415 | 0x470 | 0x471),
                "H5" | "L5" | "U5" => true,
                _ => false,
            },
            bootloader_id: match id {
                0x413 => Some(0x91),
                0x417 => Some(0xC0),
                0x447 => Some(0xB2),
                0x450 | 0x480 => Some(0x92),
                0x454 => Some(0xE2),
                0x460 => Some(0xB4),
                0x483 => Some(0x93),
                _ => None,
            },
        }
    }
}
