//! Units as people read them.

use core::fmt;

use stm32_bootloader::chip::{Chip, Unit};

/// Units in order of address, e.g. `sectors 4 and 5 (0x08010000–0x0805FFFF)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    units: Vec<Unit>,
    name: &'static str,
}

impl Places {
    /// Some units of `chip`, in order of address.
    pub fn of(chip: &Chip, units: Vec<Unit>) -> Self {
        // As the manuals of these families call what one erase erases.
        let name = match chip.family {
            "F2" | "F4" | "F7" | "H5" | "H7" => "sector",
            _ => "page",
        };
        Self { units, name }
    }

    /// The units, in order of address.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stretches = self.units.chunk_by(|unit, next| unit.end() == next.address && unit.number + 1 == next.number);
        for (index, stretch) in stretches.enumerate() {
            let (name, first, last) = (self.name, stretch[0], stretch[stretch.len() - 1]);
            f.write_str(if index == 0 { "" } else { ", " })?;
            match stretch.len() {
                1 => write!(f, "{name} {}", first.number)?,
                2 => write!(f, "{name}s {} and {}", first.number, last.number)?,
                _ => write!(f, "{name}s {} to {}", first.number, last.number)?,
            }
            write!(f, " (0x{:08X}–0x{:08X})", first.address, last.end() - 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{chip, f4};

    fn places(chip: &Chip, numbers: &[u16]) -> String {
        let units = chip.geometry.units().filter(|unit| numbers.contains(&unit.number)).collect();
        Places::of(chip, units).to_string()
    }

    #[test]
    fn units_read_with_their_numbers_and_addresses() {
        assert_eq!(places(f4(), &[1]), "sector 1 (0x08004000–0x08007FFF)");
        assert_eq!(places(f4(), &[4, 5]), "sectors 4 and 5 (0x08010000–0x0803FFFF)");
        let pages: Vec<u16> = (32..64).chain([80]).collect();
        assert_eq!(
            places(chip(0x447), &pages),
            "pages 32 to 63 (0x08001000–0x08001FFF), page 80 (0x08002800–0x0800287F)"
        );
    }
}
