//! What the chips of a family share.

use core::ops::Range;
use core::time::Duration;

use crate::chip::{Chip, FlashTimes, Geometry, ProductId, Run, Runs, Source, UniqueIdRegister};

/// Where flash begins on all but the chips of BlueNRG descent.
const FLASH: u32 = 0x0800_0000;
/// Where the main SRAM begins on every chip.
const SRAM: u32 = 0x2000_0000;

/// The next RAM after the main one, of at most 64 KiB: CCM on F3, F4 and G4, a mirror of SRAM2 on F413, L4, WB and WL.
const CLOSE_RAM: Range<u32> = 0x1000_0000..0x1001_0000;
/// Instruction RAM of F7 and H7, where nothing forbids a stack. 16 to 256 KiB.
const ITCM: Range<u32> = 0..0x0004_0000;
/// The main SRAM once more, as secure code sees it on chips with TrustZone.
const SECURE_SRAM: Range<u32> = 0x3000_0000..0x3030_0000;

/// What L5 and U5 have in place of option bytes in memory: FLASH_OPTR and the registers behind it.
const OPTION_REGISTERS: Range<u32> = 0x4002_2040..0x4002_2080;

/// `COUNT` pages of `SIZE` bytes.
pub(super) const fn pages<const COUNT: u16, const SIZE: u32>() -> Runs {
    runs(&[Run { count: COUNT, size: SIZE }])
}

/// Sectors as on F2, F4 and F7: four of `KIB` KiB, one four times as large, `REST` eight times as large.
pub(super) const fn sectors<const KIB: u32, const REST: u16>() -> Runs {
    runs(&[Run { count: 4, size: KIB << 10 }, Run { count: 1, size: KIB << 12 }, Run { count: REST, size: KIB << 13 }])
}

/// Runs of the table, which are never too many: more would not compile.
pub(super) const fn runs(runs: &[Run]) -> Runs {
    Runs::new(runs).expect("a row has few runs")
}

pub(super) const fn unique_id(address: u32) -> Option<UniqueIdRegister> {
    Some(UniqueIdRegister { address, offsets: [0, 4, 8] })
}

/// L0 and L1 keep the third word at 0x14 (RM0367, RM0038).
const fn unique_id_with_gap(address: u32) -> Option<UniqueIdRegister> {
    Some(UniqueIdRegister { address, offsets: [0, 4, 0x14] })
}

const fn times(program_256_us: u64, smallest_us: u64, largest_us: u64) -> FlashTimes {
    FlashTimes {
        program_256: Duration::from_micros(program_256_us),
        erase_smallest: Duration::from_micros(smallest_us),
        erase_largest: Duration::from_micros(largest_us),
        // Datasheets allow up to twice the typical time for an erase.
        worst_factor: 2,
    }
}

// Times are typical ones of the datasheets, most of them recalled: for estimates and, doubled, for time-outs.
/// 128 half-words of 53 µs; a page takes 20 to 40 ms.
const HALF_WORDS: FlashTimes = times(6_800, 30_000, 30_000);
/// Byte by byte, 16 µs each, as the ROM takes the supply for below 2.1 V (AN2606 §4.4); 0.4 to 2 s a sector.
const BYTES: FlashTimes = times(4_100, 400_000, 2_000_000);
/// Word by word, 16 µs each, from 2.7 V on; 0.25 to 1 s a sector. The longest times stay those of the slow way, so that a
/// ROM which did not do as it was told is still waited for.
const WORDS: FlashTimes = FlashTimes { worst_factor: 4, ..times(1_030, 250_000, 1_000_000) };
/// Double words of 82 to 91 µs; 22 ms a page.
const DOUBLE_WORDS: FlashTimes = times(2_800, 22_000, 22_000);
/// Quad words of about 0.12 ms; a few ms a page.
const QUAD_WORDS: FlashTimes = times(2_000, 3_000, 3_000);

/// What most chips have; every family starts from it.
const CHIP: Chip = Chip {
    product_id: ProductId(0),
    name: "",
    family: "",
    geometry: Geometry { base: FLASH, runs: runs(&[]), size: 0 },
    layouts: &[],
    flash_size_register: None,
    unique_id: None,
    usable_ram: None,
    sram_end: SRAM,
    other_ram: &[],
    system_memory: None,
    rom_version: None,
    option_bytes: None,
    write_alignment: 8,
    program_unit: 8,
    max_block: 256,
    erased_byte: 0xFF,
    mass_erase: true,
    start_up: Duration::ZERO,
    tested_baud: 115_200,
    limitations: &[],
    erase_list: 128,
    erase_unawaited_from: None,
    unerasable_from: None,
    times: DOUBLE_WORDS,
    times_from_2v7: None,
    source: Source::Recalled,
};

/// What is assumed of a chip that is not in the table, for all that is not given: as little as can be.
pub(crate) const UNLISTED: Chip =
    Chip { name: "chip that is not in the table", family: "given", program_unit: 64, mass_erase: false, ..CHIP };

// Alignments: AN2606 Table 7. Start-up: Table 227. Addresses of the size and id registers: ST's device headers (CMSIS),
// as the crate stm32-metapac (21.0.0) has them.

pub(super) const C0: Chip = Chip {
    family: "C0",
    source: Source::Document("STM32C0xx_DFP"),
    flash_size_register: Some(0x1FFF_75A0),
    unique_id: unique_id(0x1FFF_7550),
    option_bytes: Some(0x1FFF_7800..0x1FFF_7880),
    start_up: Duration::from_micros(2358),
    ..CHIP
};

// C5, H5 and H7R/S have size and id at 0x08FFF800 (CMSIS headers), where a byte-wide read, or any with the instruction
// cache on, is a fault (nuttx 19859, tinyusb 3593). What the ROM does there is not known, so they are left alone.
pub(super) const C5: Chip = Chip {
    family: "C5",
    program_unit: 16,
    source: Source::Document("stm32c5_hw.h, stm32c5*.dtsi"),
    write_alignment: 16,
    times: QUAD_WORDS,
    start_up: Duration::from_micros(4800),
    ..CHIP
};

pub(super) const H5: Chip = Chip {
    family: "H5",
    source: Source::Document("STM32H5xx_DFP"),
    other_ram: &[SECURE_SRAM],
    start_up: Duration::from_micros(2700),
    ..C5
};

pub(super) const F0: Chip = Chip {
    family: "F0",
    source: Source::Document("STM32F0xx_DFP"),
    flash_size_register: Some(0x1FFF_F7CC),
    unique_id: unique_id(0x1FFF_F7AC),
    option_bytes: Some(0x1FFF_F800..0x1FFF_F810),
    write_alignment: 4,
    times: HALF_WORDS,
    start_up: Duration::from_micros(2000),
    ..CHIP
};

pub(super) const F1: Chip = Chip {
    family: "F1",
    source: Source::Document("STM32F1xx_DFP"),
    flash_size_register: Some(0x1FFF_F7E0),
    unique_id: unique_id(0x1FFF_F7E8),
    system_memory: Some(0x1FFF_F000..0x1FFF_F800),
    start_up: Duration::from_micros(1227),
    ..F0
};

pub(super) const F2: Chip = Chip {
    family: "F2",
    source: Source::Document("STM32F2xx_DFP"),
    other_ram: &[],
    start_up: Duration::from_micros(134000),
    ..F4
};

pub(super) const F3: Chip = Chip {
    family: "F3",
    source: Source::Document("stm32f3xx_hal_flash_ex.h"),
    other_ram: &[CLOSE_RAM],
    system_memory: Some(0x1FFF_D800..0x1FFF_F800),
    start_up: Duration::from_micros(1720),
    ..F0
};

pub(super) const F4: Chip = Chip {
    family: "F4",
    source: Source::Document("STM32F4xx_DFP"),
    flash_size_register: Some(0x1FFF_7A22),
    unique_id: unique_id(0x1FFF_7A10),
    other_ram: &[CLOSE_RAM],
    system_memory: Some(0x1FFF_0000..0x1FFF_7800),
    option_bytes: Some(0x1FFF_C000..0x1FFF_C010),
    write_alignment: 4,
    times: BYTES,
    times_from_2v7: Some(WORDS),
    start_up: Duration::from_micros(84590),
    ..CHIP
};

pub(super) const F7: Chip = Chip {
    family: "F7",
    source: Source::Document("STM32F7xx_DFP"),
    flash_size_register: Some(0x1FF0_F442),
    unique_id: unique_id(0x1FF0_F420),
    other_ram: &[ITCM],
    system_memory: Some(0x1FF0_0000..0x1FF0_EDC0),
    option_bytes: Some(0x1FFF_0000..0x1FFF_0020),
    times: BYTES,
    times_from_2v7: Some(WORDS),
    start_up: Duration::from_micros(17930),
    ..CHIP
};

/// F72x and F73x keep their registers elsewhere than the rest of the F7.
pub(super) const F72: Chip = Chip { flash_size_register: Some(0x1FF0_7A22), unique_id: unique_id(0x1FF0_7A10), ..F7 };

/// Their ROM is tested with addresses that are multiples of 4 (AN2606 Table 7), though the flash programs 8 bytes.
pub(super) const G0: Chip = Chip {
    family: "G0",
    source: Source::Document("STM32G0xx_DFP"),
    flash_size_register: Some(0x1FFF_75E0),
    unique_id: unique_id(0x1FFF_7590),
    system_memory: Some(0x1FFF_0000..0x1FFF_7000),
    option_bytes: Some(0x1FFF_7800..0x1FFF_7880),
    write_alignment: 4,
    times: times(2_700, 22_000, 22_000),
    start_up: Duration::from_micros(390),
    ..CHIP
};

pub(super) const G4: Chip = Chip {
    family: "G4",
    source: Source::Document("STM32G4xx_DFP"),
    other_ram: &[CLOSE_RAM],
    option_bytes: Some(0x1FFF_7800..0x1FFF_7830),
    write_alignment: 8,
    times: DOUBLE_WORDS,
    ..G0
};

/// Stacks are found in DTCM, AXI SRAM and the SRAM of the other two domains, all taken as large as the largest chip's.
pub(super) const H7: Chip = Chip {
    family: "H7",
    program_unit: 32,
    source: Source::Document("STM32H7xx_DFP"),
    flash_size_register: Some(0x1FF1_E880),
    unique_id: unique_id(0x1FF1_E800),
    other_ram: &[ITCM, 0x2400_0000..0x2410_0000, 0x3000_0000..0x3004_8000, 0x3800_0000..0x3801_0000],
    system_memory: Some(0x1FF0_0000..0x1FF1_E800),
    times: times(1_500, 2_000_000, 2_000_000),
    start_up: Duration::from_micros(53975),
    ..CHIP
};

/// H7A3, H7B0 and H7B3: 8 KiB sectors, registers in the flash's own area.
pub(super) const H7A: Chip = Chip {
    flash_size_register: Some(0x08FF_F80C),
    unique_id: unique_id(0x08FF_F800),
    times: times(1_500, 5_000, 5_000),
    ..H7
};

pub(super) const L0: Chip = Chip {
    family: "L0",
    program_unit: 64,
    source: Source::Document("STM32L0xx_DFP"),
    flash_size_register: Some(0x1FF8_007C),
    unique_id: unique_id_with_gap(0x1FF8_0050),
    system_memory: Some(0x1FF0_0000..0x1FF0_1000),
    option_bytes: Some(0x1FF8_0000..0x1FF8_0020),
    max_block: 128,
    erased_byte: 0x00,
    mass_erase: false,
    // Half-pages of 64 bytes, 3.2 ms each, and as much to erase a page.
    times: times(12_800, 3_200, 3_200),
    start_up: Duration::from_micros(710),
    ..CHIP
};

/// Categories 1 and 2.
pub(super) const L1: Chip = Chip {
    family: "L1",
    program_unit: 8,
    source: Source::Document("STM32L1xx_DFP"),
    flash_size_register: Some(0x1FF8_004C),
    system_memory: Some(0x1FF0_0000..0x1FF0_2000),
    max_block: 256,
    // Half-pages of 128 bytes.
    times: times(6_400, 3_200, 3_200),
    start_up: Duration::from_micros(542),
    ..L0
};

/// Categories 3 to 6.
pub(super) const L1_LARGE: Chip = Chip {
    flash_size_register: Some(0x1FF8_00CC),
    unique_id: unique_id_with_gap(0x1FF8_00D0),
    start_up: Duration::from_micros(708),
    ..L1
};

pub(super) const L4: Chip = Chip {
    family: "L4",
    source: Source::Document("STM32L4xx_DFP"),
    option_bytes: Some(0x1FFF_7800..0x1FFF_7810),
    start_up: Duration::from_micros(860),
    ..G4
};

pub(super) const L5: Chip = Chip {
    family: "L5",
    source: Source::Document("STM32L5xx_DFP"),
    flash_size_register: Some(0x0BFA_05E0),
    unique_id: unique_id(0x0BFA_0590),
    other_ram: &[SECURE_SRAM],
    system_memory: Some(0x0BF9_0000..0x0BF9_8000),
    option_bytes: Some(OPTION_REGISTERS),
    write_alignment: 16,
    start_up: Duration::from_micros(390),
    ..CHIP
};

/// BlueNRG and its descendants. Their ROM speaks without parity (stm32loader), so that a port has to be set to that:
/// `LineSettings::DEFAULT`, which the page opens, does not reach them, and the simulated ROM has even parity for all.
pub(super) const NRG: Chip = Chip {
    family: "NRG",
    geometry: Geometry { base: 0x1004_0000, runs: runs(&[]), size: 0 },
    write_alignment: 4,
    ..CHIP
};

pub(super) const U0: Chip =
    Chip { family: "U0", source: Source::Document("STM32U0xx_DFP"), start_up: Duration::from_micros(5626), ..CHIP };

pub(super) const U3: Chip = Chip {
    family: "U3",
    source: Source::Document("STM32U3xx_DFP"),
    flash_size_register: Some(0x0BFA_07A0),
    unique_id: unique_id(0x0BFA_0700),
    other_ram: &[SECURE_SRAM],
    system_memory: Some(0x0BF8_F000..0x0BFA_0000),
    times: QUAD_WORDS,
    start_up: Duration::from_micros(4500),
    ..CHIP
};

pub(super) const U5: Chip = Chip {
    family: "U5",
    program_unit: 16,
    source: Source::Document("STM32U5xx_DFP"),
    other_ram: &[SECURE_SRAM, 0x2800_0000..0x2800_4000, 0x3800_0000..0x3800_4000],
    system_memory: Some(0x0BF9_0000..0x0BFA_0000),
    option_bytes: Some(OPTION_REGISTERS),
    write_alignment: 16,
    start_up: Duration::from_micros(390),
    ..U3
};

/// STM32W, an EM357.
pub(super) const W: Chip = Chip {
    family: "W",
    system_memory: Some(0x0804_0000..0x0804_0800),
    option_bytes: Some(0x0804_0800..0x0804_0810),
    write_alignment: 4,
    times: HALF_WORDS,
    ..CHIP
};

pub(super) const WB: Chip = Chip {
    family: "WB",
    source: Source::Document("STM32WBxx_DFP"),
    option_bytes: Some(0x1FFF_7800..0x1FFF_7880),
    ..G4
};

pub(super) const WBA: Chip = Chip {
    family: "WBA",
    source: Source::Document("STM32WBAxx_DFP"),
    option_bytes: None,
    flash_size_register: Some(0x0BF9_07A0),
    unique_id: unique_id(0x0BF9_0700),
    system_memory: Some(0x0BF8_8000..0x0BF9_0000),
    start_up: Duration::from_micros(2730),
    ..U5
};

pub(super) const WL: Chip = Chip {
    family: "WL",
    source: Source::Document("STM32WLxx_DFP"),
    system_memory: Some(0x1FFF_0000..0x1FFF_4000),
    option_bytes: Some(0x1FFF_7800..0x1FFF_8000),
    ..G4
};
