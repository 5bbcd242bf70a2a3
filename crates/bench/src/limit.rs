//! What is physically possible: no host that is as careful can be faster.

use core::time::Duration;

use stm32_bootloader::usart::Pace;

use crate::case::{Kind, Link};

/// The commands that an ROM lists in its answer to Get.
const COMMANDS: usize = 11;

/// The shortest time in which the chip can hold the image, proven by reading it.
///
/// * Sync, Get and Get ID once each; where ROMs of a chip differ in what they do wrong, their version, too.
/// * The units that differ are erased with one command, or all of the flash at once where that may be done and is faster, and
///   their blocks that are not blank are written.
/// * Each block that is not blank is read once: of the others the host knows that their units were erased.
/// * Each exchange waits for the adapter: the ROM answers each block before it takes the next (AN3155). In bursts a block
///   waits once.
///
/// What an update does besides, it does for safety: the vector table's unit is erased whenever another one is.
pub fn limit(link: &Link, kind: Kind) -> Duration {
    let block = usize::from(link.chip.max_block);
    let blocks_in = |bytes: usize| bytes.div_ceil(block);
    let blank = blocks_in(link.blank().len());
    let erased: Vec<_> = match kind {
        Kind::Dense | Kind::QuarterBlank => link.units().collect(),
        Kind::QuarterBlankHex => link.units().filter(|unit| !link.is_blank(unit)).collect(),
        Kind::OnePageChanged => vec![link.changed()],
        Kind::NothingChanged => Vec::new(),
    };
    let written = match kind {
        Kind::Dense => blocks_in(link.size),
        Kind::QuarterBlank | Kind::QuarterBlankHex => blocks_in(link.size) - blank,
        Kind::OnePageChanged => blocks_in(link.changed().size as usize),
        Kind::NothingChanged => 0,
    };
    let is_blank_there = matches!(kind, Kind::QuarterBlank | Kind::QuarterBlankHex);
    let read = blocks_in(link.size) - if is_blank_there { blank } else { 0 };

    // Sync 1, ACK. Get 2, ACK, count, version, commands, ACK. Get ID 2, ACK, count, 2, ACK.
    let mut bytes = 2 + 6 + COMMANDS + 7;
    let mut answers = 3;
    let mut work = Duration::ZERO;
    if link.chip.rom_version.is_some() {
        bytes += block + 12;
        answers += 3;
    }
    if !erased.is_empty() {
        // Opcode 2, ACK, count, numbers, checksum, ACK; a number has two bytes in Extended Erase.
        let wide = if link.chip.family == "F1" { 1 } else { 2 };
        answers += 2;
        let one_by_one: Duration = erased.iter().map(|unit| link.chip.erase_time(unit.size)).sum();
        let all = matches!(kind, Kind::Dense | Kind::QuarterBlank | Kind::QuarterBlankHex) && link.mass_erase;
        let at_once = link.chip.mass_erase_time().filter(|time| all && *time < one_by_one);
        // A code in place of all numbers.
        bytes += 5 + wide * (1 + if at_once.is_some() { 0 } else { erased.len() });
        work += at_once.unwrap_or(one_by_one);
    }
    // Opcode 2, ACK, address 5, ACK, count, bytes, checksum, ACK.
    bytes += written * (block + 12);
    let waits = if link.pace == Pace::Burst { 1 } else { 3 };
    answers += written * waits;
    work += link.chip.times.program_256 * u32::try_from(written * block / 256).unwrap_or(u32::MAX);
    // Opcode 2, ACK, address 5, ACK, count 2, ACK, bytes.
    bytes += read * (block + 12);
    answers += read * waits;
    // By the chip's clock nobody waits for the last one.
    let times = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    link.line().byte_time() * times(bytes) + link.latency * times(answers - 1) + work
}
