//! A part of the flash, as a person types it.

use fieldflash::session::Units;

/// Why a range is none of this flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is no hexadecimal address.
    NoAddress,
    /// It ends before it begins.
    Backwards,
    /// There is no flash at some of it.
    Outside,
}

/// The addresses from a first to a last one, both typed as hexadecimal digits, e.g. `0x08000000`: the answer is the first
/// and the one after the last.
///
/// # Errors
/// [`Wrong`].
pub fn parse(first: &str, last: &str, flash: &[Units]) -> Result<(u32, u32), Wrong> {
    let (start, last) = (address(first)?, address(last)?);
    if last < start {
        return Err(Wrong::Backwards);
    }
    let end = last.checked_add(1).ok_or(Wrong::Outside)?;
    let mut at = start;
    while let Some(units) = flash.iter().find(|units| units.address <= at && at < units.end()) {
        if end <= units.end() {
            return Ok((start, end));
        }
        at = units.end();
    }
    Err(Wrong::Outside)
}

/// An address as hexadecimal digits, with or without 0x before them.
///
/// # Errors
/// [`Wrong::NoAddress`].
pub fn address(text: &str) -> Result<u32, Wrong> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all_digits).ok_or(Wrong::NoAddress)
}

/// An address as people type it.
pub fn written(address: u32) -> String {
    format!("0x{address:08X}")
}

/// The units that have any of the bytes, as runs for one erase each: a large one by itself, small ones up to `most` bytes.
pub fn erases(start: u32, end: u32, flash: &[Units], most: u32) -> Vec<(u32, u32)> {
    let units =
        flash.iter().flat_map(|units| (0..units.count).map(|index| (units.address + index * units.size, units.size)));
    let mut erases: Vec<(u32, u32)> = Vec::new();
    for (address, size) in units.filter(|(address, size)| *address < end && start < address + size) {
        match erases.last_mut().filter(|(first, length)| first + *length == address && *length + size <= most) {
            Some((_, length)) => *length += size,
            None => erases.push((address, size)),
        }
    }
    erases
}

#[cfg(test)]
mod tests {
    use super::*;

    const F4: [Units; 3] = [
        Units { address: 0x0800_0000, count: 4, size: 16 << 10 },
        Units { address: 0x0801_0000, count: 1, size: 64 << 10 },
        Units { address: 0x0802_0000, count: 7, size: 128 << 10 },
    ];

    #[test]
    fn a_range_goes_from_its_first_to_its_last_byte() {
        assert_eq!(parse("0x08000000", " 080fffff ", &F4), Ok((0x0800_0000, 0x0810_0000)));
        assert_eq!(parse("0X08000004", "8000004", &F4), Ok((0x0800_0004, 0x0800_0005)));
    }

    #[test]
    fn what_is_none_is_refused_with_why() {
        for text in ["", "0x", "08000000h", "-1", "+8000000", "0x108000000"] {
            assert_eq!(parse(text, "0x08000000", &F4), Err(Wrong::NoAddress), "{text}");
        }
        assert_eq!(parse("0x08000001", "0x08000000", &F4), Err(Wrong::Backwards));
        assert_eq!(parse("0x08000000", "0x08100000", &F4), Err(Wrong::Outside));
        assert_eq!(parse("0x20000000", "0x20000003", &F4), Err(Wrong::Outside));
        assert_eq!(parse("0", "ffffffff", &F4), Err(Wrong::Outside));
    }

    #[test]
    fn a_range_over_a_gap_between_banks_is_refused() {
        let banks = [0x0800_0000, 0x0810_0000].map(|address| Units { address, count: 4, size: 128 << 10 });
        assert_eq!(parse("0x08000000", "0x0817ffff", &banks), Err(Wrong::Outside));
        assert!(parse("0x08100000", "0x0817ffff", &banks).is_ok());
    }

    #[test]
    fn small_units_are_erased_together_and_large_ones_by_themselves() {
        let small = [Units { address: 0x0800_0000, count: 20, size: 2 << 10 }];
        let kib = |erases: Vec<(u32, u32)>| erases.iter().map(|(_, length)| length >> 10).collect::<Vec<_>>();
        assert_eq!(kib(erases(0x0800_0000, 0x0800_A000, &small, 16 << 10)), [16, 16, 8]);
        assert_eq!(
            kib(erases(0x0800_0000, 0x0810_0000, &F4, 16 << 10)),
            [16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128]
        );
        assert_eq!(erases(0x0800_4001, 0x0800_4002, &F4, 16 << 10), [(0x0800_4000, 16 << 10)], "all of its unit goes");
    }
}
