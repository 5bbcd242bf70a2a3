//! The flash of a simulated chip: what erasing and programming do to it, and what they do when cut short.

use std::collections::BTreeSet;

use super::family::Programming;
use super::log::Refusal;
use crate::chip::{Geometry, Unit};

/// The flash's contents and its rules.
#[derive(Debug, Clone)]
pub struct Flash {
    geometry: Geometry,
    bytes: Vec<u8>,
    erased: u8,
    programming: Programming,
    /// The numbers of the write-protected units.
    pub protected: BTreeSet<u16>,
    /// The address of a byte that keeps nothing it is programmed with, which the ROM does not notice.
    pub worn: Option<u32>,
}

impl Flash {
    /// Erased flash.
    pub fn new(geometry: Geometry, erased: u8, programming: Programming) -> Self {
        let bytes = vec![erased; span(&geometry)];
        Self { geometry, bytes, erased, programming, protected: BTreeSet::new(), worn: None }
    }

    /// What the flash holds from its base address on. A gap between banks reads as erased.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its units.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Whether the address lies in the flash.
    pub fn contains(&self, address: u32) -> bool {
        self.geometry.contains(address)
    }

    /// Gives the flash another size; what is new is erased.
    pub fn resize(&mut self, geometry: Geometry) {
        self.geometry = geometry;
        self.bytes.resize(span(&geometry), self.erased);
    }

    /// The unit with this number.
    pub fn unit(&self, number: u16) -> Option<Unit> {
        self.geometry.units().find(|unit| unit.number == number)
    }

    /// Puts `data` there as a programmer at the factory does: no rule applies. What lies outside the flash is dropped.
    pub fn load(&mut self, address: u32, data: &[u8]) {
        for (address, &byte) in (address..).zip(data) {
            if self.contains(address) {
                let index = self.index(address);
                self.bytes[index] = byte;
            }
        }
    }

    /// Erases a unit.
    pub fn erase(&mut self, unit: Unit) -> Result<(), Refusal> {
        if self.protected.contains(&unit.number) {
            return Err(Refusal::WriteProtected);
        }
        self.wipe(unit, unit.size);
        Ok(())
    }

    /// Erases all there is, protected or not.
    pub fn erase_all(&mut self) {
        self.bytes.fill(self.erased);
    }

    /// Leaves a unit as an erase does that was cut short after this share of its time: some of it is erased, and some is not.
    pub fn half_erase(&mut self, unit: Unit, share: f64) {
        if !self.protected.contains(&unit.number) {
            // At least one byte is hurt: a unit whose erase began is never whole again.
            let wiped = ((f64::from(unit.size) * share) as u32).clamp(1, unit.size);
            self.wipe(unit, wiped);
        }
    }

    /// Programs `data`, location by location. Says why, if the flash does not hold `data` afterwards.
    ///
    /// Locations that `data` covers in part are filled up with the erased value, as ST's open bootloader does.
    pub fn program(&mut self, address: u32, data: &[u8]) -> Result<(), Refusal> {
        let step = self.step();
        let mut outcome = Ok(());
        let end = (address + u32::try_from(data.len()).expect("a block fits")).min(self.geometry.end());
        let mut location = address - address % step;
        while location < end {
            let covered = location.max(address)..(location + step).min(end);
            let part = &data[(covered.start - address) as usize..(covered.end - address) as usize];
            let worn = self.worn.filter(|worn| covered.contains(worn)).map(|worn| self.index(worn));
            let before = worn.map(|index| self.bytes[index]);
            if self.is_protected(location) {
                outcome = Err(Refusal::WriteProtected);
            } else if !self.program_location(location, step, covered.start, part) {
                outcome = outcome.and(Err(Refusal::NotBlank));
            }
            if let Some((index, before)) = worn.zip(before) {
                self.bytes[index] = before;
            }
            location += step;
        }
        outcome
    }

    /// How many bytes are programmed at once, all or none.
    pub fn step(&self) -> u32 {
        match self.programming {
            Programming::And | Programming::Or => 1,
            Programming::Blank { unit, .. } => unit,
        }
    }

    /// Programs one location and says whether it now holds `part`.
    fn program_location(&mut self, location: u32, size: u32, address: u32, part: &[u8]) -> bool {
        let blank = {
            let whole = self.index(location);
            let end = (whole + size as usize).min(self.bytes.len());
            self.bytes[whole..end].iter().all(|&byte| byte == self.erased)
        };
        let start = self.index(address);
        let old = &mut self.bytes[start..start + part.len()];
        match self.programming {
            Programming::And => old.iter_mut().zip(part).for_each(|(old, new)| *old &= new),
            Programming::Or => old.iter_mut().zip(part).for_each(|(old, new)| *old |= new),
            Programming::Blank { zeros, .. } => {
                let zeroed = zeros && part.len() == size as usize && part.iter().all(|&byte| byte == 0);
                if blank || zeroed {
                    old.copy_from_slice(part);
                }
            }
        }
        self.bytes[start..start + part.len()] == *part
    }

    fn is_protected(&self, address: u32) -> bool {
        !self.protected.is_empty()
            && self
                .geometry
                .units()
                .any(|unit| (unit.address..unit.end()).contains(&address) && self.protected.contains(&unit.number))
    }

    fn wipe(&mut self, unit: Unit, count: u32) {
        let start = self.index(unit.address);
        let end = (start + count as usize).min(self.bytes.len());
        self.bytes[start..end].fill(self.erased);
    }

    fn index(&self, address: u32) -> usize {
        (address - self.geometry.base) as usize
    }
}

/// From the first address to the last, gap included, in bytes.
fn span(geometry: &Geometry) -> usize {
    (geometry.end() - geometry.base) as usize
}
