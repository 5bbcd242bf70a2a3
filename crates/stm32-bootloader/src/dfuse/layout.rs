//! Memory layout strings: the name of an alternate setting, by which a DfuSe device tells what memory is behind it.
//!
//! `@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg`: a name, then addresses, each with units from there on, as
//! `count*size`, a multiplier (none or `B` for bytes, `K`, `M`, `G`) and a letter for what may be done to them. Spaces
//! are found anywhere.

use core::ops::Range;

use crate::chip::{Geometry, Run, Runs};

/// What may be done to a unit. The lowest three bits of the letter, `a` to `g`, say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// It can be read.
    pub read: bool,
    /// It can be erased.
    pub erase: bool,
    /// It can be written.
    pub write: bool,
}

/// Units of one size, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The address of the first.
    pub address: u32,
    /// How many.
    pub count: u32,
    /// The size of each, in bytes.
    pub size: u32,
    /// What may be done to them.
    pub access: Access,
}

impl Area {
    /// Its addresses. The end is at most `u32::MAX`, as it was when it was read.
    pub const fn range(&self) -> Range<u32> {
        self.address..self.address + self.count * self.size
    }
}

/// The memory behind an alternate setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLayout {
    /// What the device calls it, e.g. `Internal Flash`.
    pub name: String,
    /// Its areas, as the string has them.
    pub areas: Vec<Area>,
}

/// Why a string is no memory layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It does not begin with `@`: the device speaks plain DFU, or the setting is something else.
    #[error("\"{0}\" describes no memory")]
    NoLayout(String),
    /// A part of it cannot be read.
    #[error("\"{part}\" in the memory layout \"{layout}\" {reason}")]
    Part {
        /// All of it.
        layout: String,
        /// The part.
        part: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl MemoryLayout {
    /// Reads the name of an alternate setting. What is not printable is passed over, as some devices pad it.
    ///
    /// # Errors
    /// [`LayoutError`]: nothing is known of the memory then, and nothing should be done to it.
    pub fn parse(text: &str) -> Result<Self, LayoutError> {
        let layout: String = text.chars().filter(|char| matches!(char, ' '..='~')).collect();
        let Some(body) = layout.trim_start().strip_prefix('@') else { return Err(LayoutError::NoLayout(layout)) };
        let mut parts = body.split('/');
        let name = parts.next().unwrap_or_default().trim().to_owned();
        let wrong = |part: &str, reason| LayoutError::Part { layout: layout.clone(), part: part.to_owned(), reason };
        let mut areas = Vec::new();
        while let Some(text) = parts.next() {
            let digits = text.trim().strip_prefix("0x").or_else(|| text.trim().strip_prefix("0X"));
            let mut address = digits
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .ok_or_else(|| wrong(text, "is not an address"))?;
            let units = parts.next().ok_or_else(|| wrong(text, "is an address with nothing there"))?;
            for text in units.split(',').filter(|text| !text.trim().is_empty()) {
                let area = area(address, text).map_err(|reason| wrong(text, reason))?;
                address = area.range().end;
                areas.push(area);
            }
        }
        if areas.is_empty() {
            return Err(wrong(&layout, "names no units"));
        }
        Ok(Self { name, areas })
    }

    /// The units that can be erased and written, as far as they follow one another without a gap, from the first on.
    /// They are numbered from the string's first unit on, whatever can be done to that. `None` where there are none, or
    /// more of them than can be numbered, or more runs than [`Runs`] holds.
    pub fn geometry(&self) -> Option<Geometry> {
        let usable = |area: &&Area| area.access.erase && area.access.write;
        let first = self.areas.iter().position(|area| usable(&area))?;
        let base = self.areas[first].address;
        let mut end = base;
        let follows = self.areas[first..].iter().take_while(usable).take_while(|area| {
            let follows = area.address == end;
            end = area.range().end;
            follows
        });
        // Numbers that no unit has stand for those before the first.
        let before = self.areas[..first].iter().map(|area| (area.count, 0));
        let mut runs: Vec<Run> = Vec::new();
        let (mut units, mut size) = (0_u16, 0);
        for (count, unit) in before.chain(follows.map(|area| (area.count, area.size))) {
            let count = u16::try_from(count).ok()?;
            units = units.checked_add(count)?;
            size += u32::from(count) * unit;
            match runs.last_mut() {
                Some(run) if run.size == unit => run.count += count,
                _ => runs.push(Run { count, size: unit }),
            }
        }
        Some(Geometry { base, runs: Runs::new(&runs)?, size })
    }

    /// Whether all of `range` lies in areas that allow `what`.
    pub(super) fn allows(&self, range: &Range<u32>, what: fn(Access) -> bool) -> bool {
        let mut from = range.start;
        while from < range.end {
            let holds = |area: &&Area| what(area.access) && area.range().contains(&from);
            let Some(area) = self.areas.iter().find(holds) else { return false };
            from = area.range().end;
        }
        true
    }
}

/// Reads `count*size`, multiplier and letter. Says what is wrong with it otherwise.
fn area(address: u32, text: &str) -> Result<Area, &'static str> {
    let dense: String = text.chars().filter(|char| *char != ' ').collect();
    let (count, rest) = dense.split_once('*').ok_or("has no *")?;
    let digits = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    let (size, rest) = rest.split_at(digits);
    let (shift, letter) = match rest.as_bytes() {
        [b'K', letter] => (10, letter),
        [b'M', letter] => (20, letter),
        [b'G', letter] => (30, letter),
        [b'B', letter] | [letter] => (0, letter),
        _ => return Err("does not end with a multiplier and a letter"),
    };
    let bits = match letter {
        b'a'..=b'g' => letter - b'a' + 1,
        _ => return Err("does not end with a letter from a to g"),
    };
    let count: u32 = count.parse().map_err(|_| "has no count")?;
    let size: u32 = size.parse().map_err(|_| "has no size")?;
    let size = size.checked_mul(1 << shift).ok_or("is larger than the address space")?;
    let bytes = size.checked_mul(count).filter(|bytes| address.checked_add(*bytes).is_some());
    match bytes {
        None => Err("is larger than the address space"),
        Some(0) => Err("has no bytes"),
        Some(_) => {
            let access = Access { read: bits & 1 != 0, erase: bits & 2 != 0, write: bits & 4 != 0 };
            Ok(Area { address, count, size, access })
        }
    }
}
