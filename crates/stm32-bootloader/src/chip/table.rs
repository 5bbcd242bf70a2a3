//! The chips, by family.
//!
//! Product ids, usable RAM and ROM: AN2606 (2026 edition) Table 226. Division of the flash: as the family's or the
//! row's source says; what differs from the tables of stm32flash and stm32loader is told at the row.

mod banks;
mod family;
mod limits;
mod row;

use super::Chip;
use banks::*;
pub(super) use family::UNLISTED;
use family::*;
use limits::*;

/// Every chip that is known.
///
/// The end of the SRAM, up to where an initial stack pointer is believed, is never below what the largest chip of the
/// die has: an image that is right must not be refused.
#[rustfmt::skip]
pub static TABLE: &[Chip] = &[
    // AN2606 prints C011's and C031's RAM the other way round; the chips have 6 and 12 KiB.
    C0.die(0x443, "STM32C011", pages::<16, 2048>(), 0x2000_1000..0x2000_1800).rom(0x1FFF_0000..0x1FFF_1800),
    C0.die(0x44C, "STM32C051", pages::<32, 2048>(), 0x2000_1400..0x2000_3000).rom(0x1FFF_0000..0x1FFF_3000)
        .limited_by(C051),
    C0.die(0x44D, "STM32C091/092", pages::<128, 2048>(), 0x2000_2400..0x2000_7800)
        .sram_to(0x2000_9000).rom(0x1FFF_0000..0x1FFF_4000).limited_by(C091),
    C0.die(0x453, "STM32C031", pages::<16, 2048>(), 0x2000_1000..0x2000_3000).rom(0x1FFF_0000..0x1FFF_1800),
    C0.die(0x493, "STM32C071", pages::<64, 2048>(), 0x2000_2300..0x2000_6000).rom(0x1FFF_0000..0x1FFF_7000)
        .limited_by(C071),

    C5.die(0x44E, "STM32C551/552/562", pages::<64, 8192>(), 0x2000_3C40..0x2002_0000).rom(0x0BF8_0080..0x0BF8_8600),
    C5.die(0x44F, "STM32C531/532/542", pages::<32, 8192>(), 0x2000_3C00..0x2001_0000).rom(0x0BF8_0080..0x0BF8_8600),
    C5.die(0x45A, "STM32C591/593/5A3", pages::<128, 8192>(), 0x2000_3C00..0x2004_0000).rom(0x0BF8_0080..0x0BF8_8600),

    F0.die(0x440, "STM32F030x8/F051", pages::<64, 1024>(), 0x2000_0800..0x2000_2000).rom(0x1FFF_EC00..0x1FFF_F800)
        .limited_by(F05),
    F0.die(0x442, "STM32F030xC/F091/F098", pages::<128, 2048>(), 0x2000_1800..0x2000_8000)
        .rom(0x1FFF_D800..0x1FFF_F800),
    F0.die(0x444, "STM32F030x4/x6/F031/F038", pages::<32, 1024>(), 0x2000_0800..0x2000_1000)
        .rom(0x1FFF_EC00..0x1FFF_F800).limited_by(F03),
    F0.die(0x445, "STM32F042/F048/F070x6", pages::<32, 1024>(), 0x2000_1800..0x2000_1800)
        .rom(0x1FFF_C400..0x1FFF_F800).starts_in(230_000),
    F0.die(0x448, "STM32F070xB/F071/F072/F078", pages::<64, 2048>(), 0x2000_1800..0x2000_4000)
        .rom(0x1FFF_C800..0x1FFF_F800).starts_in(230_000),

    F1.die(0x410, "STM32F101/102/103x8/xB", pages::<128, 1024>(), 0x2000_0200..0x2000_5000),
    F1.die(0x412, "STM32F101/102/103x4/x6", pages::<32, 1024>(), 0x2000_0200..0x2000_2800),
    F1.die(0x414, "STM32F101/103xC/xD/xE", pages::<256, 2048>(), 0x2000_0200..0x2001_0000),
    F1.die(0x418, "STM32F105/107", pages::<128, 2048>(), 0x2000_1000..0x2001_0000)
        .rom(0x1FFF_B000..0x1FFF_F800).starts_in(524_376).limited_by(F105),
    F1.die(0x420, "STM32F100x4/x6/x8/xB", pages::<128, 1024>(), 0x2000_0200..0x2000_2000),
    F1.die(0x428, "STM32F100xC/xD/xE", pages::<256, 2048>(), 0x2000_0200..0x2000_8000),
    F1.die(0x430, "STM32F101/103xF/xG", pages::<512, 2048>(), 0x2000_0800..0x2001_8000).rom(0x1FFF_E000..0x1FFF_F800),
    F1.die(0x641, "STM32F103 PL", pages::<128, 1024>(), 0x2000_0200..0x2000_5000).recalled(),

    F2.die(0x411, "STM32F205/207/215/217", sectors::<16, 7>(), 0x2000_2000..0x2002_0000).limited_by(F205),

    F3.die(0x422, "STM32F302/303xB/xC/F358", pages::<128, 2048>(), 0x2000_1400..0x2000_A000)
        .starts_in(43_400).tested_to(57_600).limited_by(F358),
    F3.die(0x432, "STM32F373/F378", pages::<128, 2048>(), 0x2000_1400..0x2000_8000)
        .starts_in(43_400).tested_to(57_600).limited_by(F378),
    F3.die(0x438, "STM32F303x6/x8/F328/F334", pages::<32, 2048>(), 0x2000_1800..0x2000_3000),
    F3.die(0x439, "STM32F301/F302x6/x8/F318", pages::<32, 2048>(), 0x2000_1800..0x2000_4000).starts_in(560_800),
    F3.die(0x446, "STM32F302/303xD/xE/F398", pages::<256, 2048>(), 0x2000_1800..0x2001_0000)
        .starts_in(146_710),

    // The usable RAM is that of ROM V9.x; V3.x lets it be written from 0x20002000 on.
    F4.die(0x413, "STM32F405/407/415/417", sectors::<16, 7>(), 0x2000_3000..0x2002_0000).limited_by(F405)
        .version_at(0x1FFF_77DE),
    F4.die(0x419, "STM32F427/429/437/439", TWO_BANKS, 0x2000_3000..0x2003_0000).divided_by(DB1M).limited_by(F42),
    F4.die(0x421, "STM32F446", sectors::<16, 3>(), 0x2000_3000..0x2002_0000).limited_by(F446),
    F4.die(0x423, "STM32F401xB/xC", sectors::<16, 1>(), 0x2000_3000..0x2001_0000).limited_by(F401C),
    F4.die(0x431, "STM32F411", sectors::<16, 3>(), 0x2000_3000..0x2002_0000).limited_by(F411),
    F4.die(0x433, "STM32F401xD/xE", sectors::<16, 3>(), 0x2000_3000..0x2001_8000).limited_by(F401E),
    F4.die(0x434, "STM32F469/479", TWO_BANKS, 0x2000_3000..0x2006_0000).divided_by(DB1M).limited_by(F469),
    F4.die(0x441, "STM32F412", sectors::<16, 7>(), 0x2000_3000..0x2004_0000).starts_in(642).limited_by(F412),
    F4.die(0x458, "STM32F410", sectors::<16, 0>(), 0x2000_3000..0x2000_8000).starts_in(642).limited_by(F410),
    F4.die(0x463, "STM32F413/423", sectors::<16, 11>(), 0x2000_3000..0x2005_0000).starts_in(642).limited_by(F413),

    F7.die(0x449, "STM32F745/746/750/756", sectors::<32, 3>(), 0x2000_4000..0x2005_0000).limited_by(F74),
    F7.die(0x451, "STM32F765/767/769/777/779", sectors::<32, 7>(), 0x2000_4000..0x2008_0000).divided_by(NDBANK)
        .limited_by(F76),
    F72.die(0x452, "STM32F722/723/730/732/733", sectors::<16, 3>(), 0x2000_4000..0x2004_0000).limited_by(F722),

    // AN2606 ends the RAM at 0x20002000; the chip has 18 KiB.
    G0.die(0x456, "STM32G050/051/061", pages::<32, 2048>(), 0x2000_1000..0x2000_4800).rom(0x1FFF_0000..0x1FFF_2000)
        .limited_by(G05),
    G0.die(0x460, "STM32G070/071/081", pages::<64, 2048>(), 0x2000_2700..0x2000_9000).limited_by(G07)
        .version_at(0x1FFF_6FFE),
    G0.die(0x466, "STM32G030/031/041", pages::<32, 2048>(), 0x2000_1000..0x2000_2000).rom(0x1FFF_0000..0x1FFF_2000)
        .limited_by(G03),
    G0.die(0x467, "STM32G0B0/0B1/0C1", pages::<256, 2048>(), 0x2000_4000..0x2002_0000).sram_to(0x2002_4000)
        .divided_by(DUAL_BANK_G0).limited_by(G0B),

    G4.die(0x468, "STM32G431/441", pages::<64, 2048>(), 0x2000_4000..0x2000_5800).sram_to(0x2000_8000),
    G4.die(0x469, "STM32G471/473/474/483/484", pages::<256, 2048>(), 0x2000_4000..0x2001_8000).sram_to(0x2002_0000)
        .divided_by(DBANK_G4),
    G4.die(0x479, "STM32G491/4A1", pages::<256, 2048>(), 0x2000_4000..0x2001_C000),

    // Those with less flash than the die have two banks as well. How the ROM numbers the second one's pages is not
    // told; they are taken for numbered in a row, and the size of the chip at hand is not known.
    H5.die(0x474, "STM32H503", pages::<16, 8192>(), 0x2000_4000..0x2000_8000).rom(0x0BF8_7000..0x0BF9_0000),
    // stm32flash says 1 MiB; the largest, xE, have 512 KiB (STM32H5xx_DFP).
    H5.die(0x478, "STM32H523/533", pages::<64, 8192>(), 0x2000_4000..0x2004_4000).rom(0x0BF9_7000..0x0BFA_0000),
    H5.die(0x47A, "STM32H5E4/5E5/5F4/5F5", pages::<512, 8192>(), 0x2000_4000..0x2018_0000)
        .rom(0x0BFA_C000..0x0BFB_8000).starts_in(11_700).told_by("stm32h5e5Xj.dtsi"),
    H5.die(0x484, "STM32H562/563/573", pages::<256, 8192>(), 0x2000_0000..0x200A_0000).rom(0x0BF9_7000..0x0BFA_0000),

    H7.die(0x450, "STM32H742/743/745/747/750/753/755/757", pages::<16, 0x2_0000>(), 0x2000_4100..0x2002_0000)
        .divided_by(SHORT_BANKS_H7).limited_by(H74).version_at(0x1FF1_E7FE),
    // stm32flash says 1 MiB; the H7A3xI has 2 (STM32H7xx_DFP).
    H7A.die(0x480, "STM32H7A3/7B0/7B3", pages::<256, 8192>(), 0x2000_4100..0x2002_0000).rom(0x1FF0_0000..0x1FF1_4000)
        .starts_in(545_000).divided_by(SHORT_BANKS_H7A).limited_by(H7A3).version_at(0x1FF1_3FFE),
    H7.die(0x483, "STM32H723/725/730/733/735", pages::<8, 0x2_0000>(), 0x2000_4100..0x2002_0000)
        .limited_by(H72).version_at(0x1FF1_E7FE),
    // The programs of these live in external flash as a rule; 64 KiB are inside.
    H7A.die(0x485, "STM32H7R3/7R7/7S3/7S7", pages::<8, 8192>(), 0x2000_0000..0x2003_0000)
        .rom(0x1FF1_8000..0x1FF2_0000).without_registers().aligned_to(16).told_by("STM32H7RSxx_DFP"),

    L0.die(0x417, "STM32L051/052/053/062/063", pages::<512, 128>(), 0x2000_1000..0x2000_2000),
    // AN2606 Table 226 has RAM from 0x20001000 on; its section on the chip says that none can be read or written.
    L0.die(0x425, "STM32L031/041", pages::<256, 128>(), 0x2000_2000..0x2000_2000),
    // The usable RAM is that of ROM V11.2; V4.1 lets it be written from 0x20001000 on.
    L0.die(0x447, "STM32L071/072/073/081/082/083", pages::<1536, 128>(), 0x2000_1400..0x2000_5000)
        .rom(0x1FF0_0000..0x1FF0_2000),
    L0.die(0x457, "STM32L010/011/021", pages::<128, 128>(), 0x2000_0800..0x2000_0800),

    L1.die(0x416, "STM32L100/151/152x6/x8/xB", pages::<512, 256>(), 0x2000_0800..0x2000_4000).limited_by(L1_B),
    L1_LARGE.die(0x427, "STM32L100/151/152/162xC", pages::<1024, 256>(), 0x2000_1000..0x2000_8000).limited_by(L1_C),
    L1.die(0x429, "STM32L100/151/152x6/x8/xB-A", pages::<512, 256>(), 0x2000_1000..0x2000_8000).limited_by(L1_A),
    // The size register holds a code, 0 for 384 KiB and 1 for 256 (RM0038, recalled).
    L1_LARGE.die(0x436, "STM32L151/152/162xD", pages::<1536, 256>(), 0x2000_1000..0x2000_C000).without_size()
        .limited_by(L1_D),
    L1_LARGE.die(0x437, "STM32L151/152/162xE", pages::<2048, 256>(), 0x2000_1000..0x2001_4000).limited_by(L1_E),

    L4.die(0x415, "STM32L471/475/476/486", pages::<512, 2048>(), 0x2000_3100..0x2001_8000)
        .starts_in(2_560_500).limited_by(L476).divided_by(DUALBANK_L4),
    L4.die(0x435, "STM32L431/432/433/442/443", pages::<128, 2048>(), 0x2000_3100..0x2000_C000).sram_to(0x2001_0000)
        .limited_by(L43),
    L4.die(0x461, "STM32L496/4A6", pages::<512, 2048>(), 0x2000_3100..0x2004_0000).sram_to(0x2005_0000)
        .starts_in(76_930).limited_by(L496).divided_by(DUALBANK_L4),
    L4.die(0x462, "STM32L451/452/462", pages::<256, 2048>(), 0x2000_3100..0x2002_0000).sram_to(0x2002_8000),
    L4.die(0x464, "STM32L412/422", pages::<64, 2048>(), 0x2000_2100..0x2000_8000)
        .sram_to(0x2000_A000).limited_by(L412),
    L4.die(0x470, "STM32L4R5/4R7/4R9/4S5/4S7/4S9", pages::<512, 4096>(), 0x2000_3200..0x200A_0000)
        .options(0x1FF0_0000..0x1FF0_0010).divided_by(DBANK_L4R).starts_in(10_120),
    L4.die(0x471, "STM32L4P5/4Q5", pages::<256, 4096>(), 0x2000_4000..0x2005_0000).options(0x1FF0_0000..0x1FF0_0010)
        .starts_in(9_891).divided_by(DBANK_L4P5),

    L5.die(0x472, "STM32L552/562", pages::<256, 2048>(), 0x2000_4000..0x2004_0000).divided_by(DBANK_L5),

    NRG.die(0x03, "BlueNRG-1", pages::<80, 2048>(), 0x2001_0000..0x2001_0000),
    NRG.die(0x06, "STM32WB09", pages::<256, 2048>(), 0x2001_0000..0x2001_0000).told_by("STM32WB0x_DFP"),
    NRG.die(0x2F, "BlueNRG-2", pages::<128, 2048>(), 0x2001_0000..0x2001_0000),
    NRG.die(0x3B, "STM32WB05/BlueNRG-LPS", pages::<96, 2048>(), 0x2001_0000..0x2001_0000).told_by("STM32WB0x_DFP"),
    NRG.die(0x3F, "STM32WB06/07/BlueNRG-LP", pages::<128, 2048>(), 0x2001_0000..0x2001_0000).told_by("STM32WB0x_DFP"),
    NRG.die(0x5F, "STM32WL30/31/33", pages::<128, 2048>(), 0x2001_0000..0x2001_0000),

    U0.die(0x459, "STM32U031", pages::<32, 2048>(), 0x2000_1500..0x2000_3000)
        .rom(0x1FFF_0000..0x1FFF_3800).registers(0x1FFF_3EA0, 0x1FFF_3E50).limited_by(U031),
    U0.die(0x489, "STM32U073/083", pages::<128, 2048>(), 0x2000_2170..0x2000_A000)
        .rom(0x1FFF_0000..0x1FFF_6800).registers(0x1FFF_6EA0, 0x1FFF_6E50).limited_by(U073),

    // 2 MiB as Zephyr's stm32u3c5Xi.dtsi has it, which is not by ST; pages as on the U375.
    U3.die(0x42A, "STM32U3B5/3C5", pages::<512, 4096>(), 0x2000_4000..0x200A_0000).recalled(),
    U3.die(0x454, "STM32U375/385", pages::<256, 4096>(), 0x2000_4000..0x2004_0000).limited_by(U375)
        .version_at(0x0BF9_8FFE),

    // The device family pack has the second bank of a U5F with 2 MiB at 0x08200000, and a flash algorithm that runs
    // through from the first. It is taken for the one behind the other; numbers are told for the U575 alone.
    U5.die(0x455, "STM32U535/545", pages::<64, 8192>(), 0x2000_4000..0x2024_0000),
    U5.die(0x476, "STM32U5F7/5F9/5G7/5G9", pages::<512, 8192>(), 0x2000_4000..0x202F_0000),
    U5.die(0x481, "STM32U595/599/5A5/5A9", pages::<512, 8192>(), 0x2000_4000..0x2027_0000),
    U5.die(0x482, "STM32U575/585", pages::<256, 8192>(), 0x2000_4000..0x200C_0000).divided_by(DUALBANK_U5),

    W.die(0x9A8, "STM32W108 128K", pages::<128, 1024>(), 0x2000_0200..0x2000_2000),
    W.die(0x9B0, "STM32W108 256K", pages::<128, 2048>(), 0x2000_0200..0x2000_4000),

    WB.die(0x494, "STM32WB10/15", pages::<160, 2048>(), 0x2000_5000..0x2004_0000),
    // The other core's RAM is beyond what the bootloader lets be written.
    WB.die(0x495, "STM32WB30/35/50/55", pages::<256, 4096>(), 0x2000_4000..0x2000_C000)
        .sram_to(0x2004_0000).options(0x1FFF_8000..0x1FFF_8080).limited_by(WB55),

    WBA.die(0x492, "STM32WBA50/52/54/55", pages::<128, 8192>(), 0x2000_1800..0x2000_2000)
        .sram_to(0x2002_0000).starts_in(390),
    WBA.die(0x4B0, "STM32WBA62/63/64/65", pages::<256, 8192>(), 0x2000_3000..0x2008_0000)
        .rom(0x0BF9_0000..0x0BFA_0000).registers(0x0BFA_07A0, 0x0BFA_0700),
    WBA.die(0x4B2, "STM32WBA20/23/25", pages::<128, 4096>(), 0x2000_3000..0x2001_8000).rom(0x0BF8_5000..0x0BF8_CE00)
        .told_by("stm32wba25Xe.dtsi"),

    WL.die(0x497, "STM32WLE5/WL55", pages::<128, 2048>(), 0x2000_2000..0x2001_0000),
];

#[cfg(test)]
mod tests;
