//! What takes the ROM time, and what is left when it is cut short.

use core::time::Duration;
use std::collections::BTreeSet;

use super::command::Machine;
use super::log::{Event, Refusal};
use super::rom::Rom;
use super::voltage::VoltageRange;
use crate::chip::Unit;
use crate::port::Instant;

/// Something the ROM does from one moment to another. Its effect comes at the end.
#[derive(Debug, Clone)]
pub struct Task {
    pub begin: Instant,
    pub end: Instant,
    pub work: Work,
}

/// What the ROM does.
#[derive(Debug, Clone)]
pub enum Work {
    /// Nothing but time.
    Think,
    /// A byte goes into the transmitter, and is `out` at that moment.
    Send {
        byte: u8,
        out: Instant,
    },
    /// Write Memory, into whatever memory it is.
    Write {
        address: u32,
        data: Vec<u8>,
    },
    /// One unit of an erase list, as the host numbered it.
    Erase {
        number: u16,
    },
    MassErase,
    BankErase {
        second: bool,
    },
    /// Readout Unprotect's erase, which no protection stops and which clears the RAM too.
    EraseForUnprotect,
    SetWriteProtection(BTreeSet<u16>),
    SetReadProtection(bool),
    Go {
        address: u32,
    },
    /// The ROM resets the chip.
    Reset,
}

impl Work {
    /// Whether the ROM, or its USART, is not there afterwards: a byte that is being sent is waited for.
    pub fn ends_the_rom(&self) -> bool {
        matches!(self, Self::Go { .. } | Self::Reset)
    }
}

impl Rom {
    /// The time that `work` on the flash takes.
    pub(super) fn flash_time(&self, work: &Work) -> Duration {
        let fast = self.memory.voltage.is_some_and(VoltageRange::is_fast);
        let chip = &self.chip.from_2v7().filter(|_| fast).unwrap_or_else(|| self.chip.clone());
        let times = &chip.times;
        match work {
            Work::Write { address, data } if self.memory.flash.contains(*address) => {
                times.program_256 * u32::try_from(data.len()).unwrap_or(256) / 256
            }
            // Option bytes are a page of their own.
            Work::Write { address, .. } if self.memory.is_options(*address) => times.erase_smallest,
            Work::SetWriteProtection(_) | Work::SetReadProtection(_) => times.erase_smallest,
            Work::Erase { number } => {
                self.memory.flash.unit(*number).map_or(Duration::ZERO, |unit| chip.erase_time(unit.size))
            }
            Work::MassErase | Work::EraseForUnprotect if self.family.mass_erase_by_sector => {
                self.geometry().units().map(|unit| chip.erase_time(unit.size)).sum()
            }
            Work::BankErase { second } if self.family.mass_erase_by_sector => {
                self.bank(*second).map(|unit| chip.erase_time(unit.size)).sum()
            }
            Work::MassErase | Work::BankErase { .. } | Work::EraseForUnprotect => times.erase_largest,
            _ => Duration::ZERO,
        }
    }

    /// The effect of work that had all its time.
    pub(super) fn finish(&mut self, work: Work) {
        match work {
            Work::Think => {}
            Work::Send { byte, out } => self.sent(byte, out),
            Work::Write { address, data } => {
                let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
                let event = match self.memory.write(address, &data) {
                    Ok(()) => Event::Programmed { address, len },
                    Err(why) => Event::NotProgrammed { address, len, why },
                };
                self.note(event);
            }
            Work::Erase { number } => self.erase(number),
            Work::MassErase => {
                // One protected unit stops it (seen as WRPERR by a program that does the same).
                if let Some(&unit) = self.memory.flash.protected.first() {
                    self.note(Event::NotErased { unit, why: Refusal::WriteProtected });
                } else {
                    self.memory.flash.erase_all();
                    self.note(Event::MassErased);
                }
            }
            Work::BankErase { second } => {
                let units: Vec<Unit> = self.bank(second).collect();
                let protected = units.iter().find(|unit| self.memory.flash.protected.contains(&unit.number));
                if let Some(&Unit { number, .. }) = protected {
                    self.note(Event::NotErased { unit: number, why: Refusal::WriteProtected });
                } else {
                    units.iter().for_each(|&unit| self.memory.flash.half_erase(unit, 1.0));
                    self.note(Event::BankErased { second });
                }
            }
            Work::EraseForUnprotect if self.quirks.unprotect_fails => {}
            Work::EraseForUnprotect => {
                self.memory.flash.erase_all();
                self.memory.clear_ram();
                self.note(Event::MassErased);
            }
            Work::SetWriteProtection(units) => {
                self.note(Event::WriteProtection { units: units.iter().copied().collect() });
                self.memory.next_write_protected = Some(units);
            }
            Work::SetReadProtection(active) => {
                self.note(Event::ReadProtection { active });
                self.memory.next_read_protected = Some(active);
            }
            Work::Go { address } => {
                self.note(Event::Went { address });
                self.machine = if self.memory.starts_at(address) { Machine::Application } else { Machine::Fault };
            }
            Work::Reset => {
                self.hold();
                self.start();
            }
        }
    }

    /// What is left of work that had only this share of its time.
    pub(super) fn cut_short(&mut self, work: &Work, share: f64) {
        match work {
            Work::Write { address, data } if self.memory.flash.contains(*address) => {
                let step = (self.memory.flash.step() as usize).max(4);
                let done = ((data.len() as f64 * share) as usize).min(data.len()) / step * step;
                // What was programmed stays; that the rest is missing is what the log says.
                let _ = self.memory.write(*address, &data[..done]);
                self.note(Event::Interrupted { address: *address });
            }
            Work::Erase { number } => {
                if let Some(unit) = self.memory.flash.unit(*number) {
                    self.memory.flash.half_erase(unit, share);
                    self.note(Event::Interrupted { address: unit.address });
                }
            }
            Work::MassErase | Work::EraseForUnprotect => {
                let units: Vec<Unit> = self.geometry().units().collect();
                units.iter().for_each(|&unit| self.memory.flash.half_erase(unit, share));
                self.note(Event::Interrupted { address: self.geometry().base });
            }
            Work::BankErase { second } => {
                let units: Vec<Unit> = self.bank(*second).collect();
                units.iter().for_each(|&unit| self.memory.flash.half_erase(unit, share));
                self.note(Event::Interrupted { address: units.first().map_or(0, |unit| unit.address) });
            }
            _ => {}
        }
    }

    /// The units of a bank: each has half of the flash.
    fn bank(&self, second: bool) -> impl Iterator<Item = Unit> + use<> {
        let geometry = self.geometry();
        let middle = geometry.base + geometry.size / 2;
        geometry.units().filter(move |unit| (unit.address >= middle) == second)
    }

    fn erase(&mut self, number: u16) {
        let erased = match self.memory.flash.unit(number) {
            Some(unit) => self.memory.flash.erase(unit),
            None => Err(Refusal::NoSuchUnit),
        };
        self.note(match erased {
            Ok(()) => Event::Erased { unit: number },
            Err(why) => Event::NotErased { unit: number, why },
        });
    }
}
