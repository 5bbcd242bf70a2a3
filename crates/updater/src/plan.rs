//! The plan: what to erase, write and read back, in which order, and how long it will take.

use core::ops::Range;
use core::time::Duration;

use stm32_bootloader::chip::{Chip, Geometry, Unit};
use stm32_bootloader::port::Port;
use stm32_bootloader::usart::Bootloader;

use crate::{Image, Phase, Summary};

/// An erase command of more units would go unanswered for longer than a person likes to wait for a sign of life.
const ERASE_AT_ONCE: Duration = Duration::from_millis(500);
/// Units in one erase command: ROM buffers for the list are finite.
const UNITS_AT_ONCE: usize = 128;

/// One thing to do to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Erase these units with one command.
    Erase(Vec<Unit>),
    /// Program one block.
    Write {
        /// Where it goes.
        address: u32,
        /// What it holds, padded to whole blocks.
        bytes: Vec<u8>,
    },
    /// Read one block back and compare it.
    Verify {
        /// Where it is.
        address: u32,
        /// What it must hold.
        bytes: Vec<u8>,
    },
    /// Start the application.
    Start {
        /// The address of its vector table.
        address: u32,
    },
}

impl Action {
    /// How many bytes of flash it is about.
    pub fn size(&self) -> u32 {
        match self {
            Self::Erase(units) => units.iter().map(|unit| unit.size).sum(),
            Self::Write { bytes, .. } | Self::Verify { bytes, .. } => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            Self::Start { .. } => 0,
        }
    }
}

/// An action and the phase that people are told it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// The action.
    pub action: Action,
}

/// How fast bytes cross the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSpeed {
    /// The time of one byte on the wire.
    pub byte_time: Duration,
    /// What the adapter and the browser add to each answer.
    pub round_trip: Duration,
}

impl LinkSpeed {
    /// As it was measured when the bootloader was reached.
    pub fn of<P: Port>(bootloader: &mut Bootloader<P>) -> Self {
        Self { byte_time: bootloader.port().line().byte_time(), round_trip: bootloader.round_trip() }
    }

    /// `bytes` in all, in both directions, with `answers` waited for.
    fn time(&self, bytes: usize, answers: u32) -> Duration {
        self.byte_time * u32::try_from(bytes).unwrap_or(u32::MAX) + self.round_trip * answers
    }
}

/// All that will be done to the device, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    steps: Vec<Step>,
    chip: &'static Chip,
}

impl Plan {
    /// Plans to write `image`, which must have passed [`check`](crate::check()), to `chip`, whose flash is as in `geometry`.
    ///
    /// * Only units that hold a byte of the image are erased: first, by itself, the one with the vector table.
    /// * Blocks that are blank after the erase are not written, but they are read back like all others.
    /// * The vector table's unit is written when the rest was found right, its first block last of all.
    pub fn new(image: &Image, chip: &'static Chip, geometry: &Geometry) -> Self {
        let units: Vec<Unit> = geometry.units().filter(|unit| image.touches(&(unit.address..unit.end()))).collect();
        let (vector_units, rest): (Vec<Unit>, Vec<Unit>) =
            units.iter().partition(|unit| (unit.address..unit.end()).contains(&image.start()));

        let mut steps = Vec::new();
        let mut push = |phase, action| steps.push(Step { phase, action });
        for units in erase_lists(&vector_units, chip).chain(erase_lists(&rest, chip)) {
            push(Phase::Erase, Action::Erase(units));
        }
        let blocks = |units: &[Unit]| -> Vec<(u32, Vec<u8>)> {
            units.iter().flat_map(|unit| blocks_of(image, chip, unit.address..unit.end())).collect()
        };
        let blank = |bytes: &[u8]| bytes.iter().all(|&byte| byte == chip.erased_byte);

        let rest = blocks(&rest);
        for (address, bytes) in rest.iter().filter(|(_, bytes)| !blank(bytes)).cloned() {
            push(Phase::Write, Action::Write { address, bytes });
        }
        for (address, bytes) in rest {
            push(Phase::Verify, Action::Verify { address, bytes });
        }
        let mut commit = blocks(&vector_units);
        let first = (!commit.is_empty()).then(|| commit.remove(0));
        for (address, bytes) in commit.iter().filter(|(_, bytes)| !blank(bytes)).cloned() {
            push(Phase::Commit, Action::Write { address, bytes });
        }
        for (address, bytes) in commit {
            push(Phase::Commit, Action::Verify { address, bytes });
        }
        if let Some((address, bytes)) = first {
            push(Phase::Commit, Action::Write { address, bytes: bytes.clone() });
            push(Phase::Commit, Action::Verify { address, bytes });
        }
        push(Phase::Start, Action::Start { address: image.start() });
        Self { steps, chip }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The chip that the plan is for.
    pub const fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// The time that `action` takes over a link: bytes on the wire, answers, and the flash's work.
    fn time(&self, action: &Action, link: LinkSpeed) -> Duration {
        let chip = self.chip;
        match action {
            // Opcode 2, ACK, list, ACK.
            Action::Erase(units) => {
                let work: Duration = units.iter().map(|unit| chip.erase_time(unit.size)).sum();
                link.time(2 * units.len() + 7, 2) + work
            }
            // Opcode 2, ACK, address 5, ACK, count, bytes, checksum, ACK.
            Action::Write { bytes, .. } => {
                let work = chip.times.program_256.mul_f64(bytes.len() as f64 / 256.0);
                link.time(bytes.len() + 12, 3) + work
            }
            // Opcode 2, ACK, address 5, ACK, count 2, ACK, bytes.
            Action::Verify { bytes, .. } => link.time(bytes.len() + 12, 3),
            Action::Start { .. } => link.time(9, 2),
        }
    }

    /// What the plan comes to over a link.
    pub fn summary(&self, link: LinkSpeed) -> Summary {
        let mut summary = Summary::default();
        for step in &self.steps {
            let share = &mut summary.phases[step.phase as usize];
            share.bytes += step.action.size();
            share.duration += self.time(&step.action, link);
            if let Action::Erase(units) = &step.action {
                summary.units.extend(units.iter().map(|unit| unit.number));
            }
        }
        summary
    }
}

/// Lists of units for one erase command each.
fn erase_lists<'a>(units: &'a [Unit], chip: &'static Chip) -> impl Iterator<Item = Vec<Unit>> + 'a {
    let mut rest = units;
    core::iter::from_fn(move || {
        let mut time = Duration::ZERO;
        let count = rest
            .iter()
            .take(UNITS_AT_ONCE)
            .take_while(|unit| {
                let fits = time < ERASE_AT_ONCE;
                time += chip.erase_time(unit.size);
                fits
            })
            .count();
        let (list, left) = rest.split_at(count);
        rest = left;
        (!list.is_empty()).then(|| list.to_vec())
    })
}

/// The blocks of `range` that hold a byte of the image, whole and padded with the erased value.
fn blocks_of<'a>(image: &'a Image, chip: &'a Chip, range: Range<u32>) -> impl Iterator<Item = (u32, Vec<u8>)> + 'a {
    let block = usize::from(chip.max_block);
    range
        .step_by(block)
        .filter(move |&address| image.touches(&(address..address + u32::from(chip.max_block))))
        .map(move |address| (address, image.bytes(address, block, chip.erased_byte)))
}

#[cfg(test)]
mod tests;
