//! The plan: what to erase, write and read back, in which order, and how long it will take.

use core::time::Duration;

use stm32_bootloader::chip::{Chip, Geometry, Unit};
use stm32_bootloader::usart::Pace;

use crate::found::{Content, Found};
use crate::part::{Block, Need, Part, Proof};
use crate::{Image, LinkSpeed, Phase, Segment, Stretch, Summary};

/// An erase command of more units would go unanswered for longer than a person likes to wait for a sign of life.
const ERASE_AT_ONCE: Duration = Duration::from_secs(1);

/// One thing to do to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Erase these units with one command.
    Erase(Vec<Unit>),
    /// Erase all of the flash at once.
    EraseAll(Geometry),
    /// Read what should be erased by now. Where something is left, the erase was acknowledged and not done.
    ProveErased {
        /// A block of each unit that held something.
        blocks: Vec<Block>,
        /// Units that were written and kept nothing: not to be told from erased ones, and as wrong as those in which
        /// something is left, if there are any.
        blank: Vec<Unit>,
    },
    /// Program one block.
    Write(Block),
    /// Read one block back and compare it.
    Verify(Block),
    /// Do the same where an exchange was disturbed meanwhile: it is blank, and that its unit was erased is shown by another.
    VerifyInDoubt(Block),
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
            Self::EraseAll(flash) => flash.size,
            Self::ProveErased { blocks, .. } => blocks.iter().map(Block::size).sum(),
            Self::Write(block) | Self::Verify(block) => block.size(),
            // The rule is that it is not done.
            Self::VerifyInDoubt(_) | Self::Start { .. } => 0,
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

/// How a plan has units erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erasing {
    /// Those that have to be.
    Units,
    /// The same, and it is proven of each.
    EachProven,
    /// All of the flash at once, whatever it holds.
    Everything,
}

/// All that will be done to the device, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    steps: Vec<Step>,
    chip: Chip,
    compared: u32,
}

impl Plan {
    /// Plans to write `image`, which must have passed [`check`](crate::check()), to `chip`, whose flash is as in
    /// `geometry` and holds what was `found`.
    ///
    /// * Only units that hold a byte of the image, and are not as in the image yet, are erased: first, by itself, the
    ///   one with the vector table. No other is touched before it is proven that this was done: the old program would
    ///   start with parts of the new one.
    /// * Blocks that are blank after the erase are not written. They are read back like all others, but where something is
    ///   known that their unit held before: that this is gone shows that the unit was erased, as a whole.
    /// * The vector table's unit is written when the rest was found right, its first block last of all, and of a large
    ///   block its beginning.
    /// * What was found right was read back already, and is left alone.
    pub fn new(image: &Image, chip: &Chip, geometry: &Geometry, found: &Found) -> Self {
        Self::make(image, chip, geometry, found, Erasing::Units)
    }

    /// The one of two plans that takes less time over `link`: [`new`](Self::new), or all of the flash erased at once, what the
    /// image does not touch included, and all of the image written. That it was done is proven by the vector table, which is
    /// written last as ever, before anything else is sent.
    ///
    /// An image that does not begin where flash does has something before it that starts it, whatever else was said.
    pub fn with_mass_erase(image: &Image, chip: &Chip, geometry: &Geometry, found: &Found, link: LinkSpeed) -> Self {
        let units = Self::new(image, chip, geometry, found);
        if chip.mass_erase_time().is_none() || image.start() != geometry.base {
            return units;
        }
        let all = Self::make(image, chip, geometry, found, Erasing::Everything);
        let time = |plan: &Self| plan.summary(link).duration();
        if time(&all) < time(&units) { all } else { units }
    }

    /// Plans the same for a device that did not keep all of what was written: it is proven of each unit that it can be
    /// erased, so that all which are write-protected are known, and before all of it is written once more.
    pub fn repair(image: &Image, chip: &Chip, geometry: &Geometry, found: &Found) -> Self {
        Self::make(image, chip, geometry, found, Erasing::EachProven)
    }

    /// The plan for `size` bytes at `address`, or as many as fit, where none of them is blank and the device holds nothing
    /// of them: the longest that there is, before the image is at hand. With a `mass_erase` where that is faster over this
    /// link. None without a byte that fits.
    ///
    /// What it does not count is comparing a unit in vain, up to its first difference.
    pub fn dense(
        address: u32,
        size: usize,
        chip: &Chip,
        geometry: &Geometry,
        mass_erase: Option<LinkSpeed>,
    ) -> Option<Self> {
        let room = geometry.end().checked_sub(address)? as usize;
        let image = Image::new(vec![Segment { address, bytes: vec![!chip.erased_byte; size.min(room)] }]).ok()?;
        let found = Found::nothing();
        Some(match mass_erase {
            Some(link) => Self::with_mass_erase(&image, chip, geometry, &found, link),
            None => Self::new(&image, chip, geometry, &found),
        })
    }

    fn make(image: &Image, chip: &Chip, geometry: &Geometry, found: &Found, erasing: Erasing) -> Self {
        let erased = chip.erased_byte;
        let (vectors, rest): (Vec<Part>, Vec<Part>) =
            Part::of(image, chip, geometry).into_iter().partition(|part| part.vectors);
        let need = |part: &Part| match erasing {
            Erasing::Everything => Need::Whole,
            _ => part.need(found, erased).unwrap_or(Need::Whole),
        };
        let needed = |part: Part| match need(&part) {
            Need::Nothing => None,
            need => Some((part, need)),
        };
        let rest: Vec<(Part, Need)> = rest.into_iter().filter_map(needed).collect();
        let vectors = vectors.into_iter().filter_map(|part| {
            let starts = part.blocks.first().is_none_or(|block| found.at(block.address) != Some(Content::Blank));
            match need(&part) {
                Need::Nothing if rest.is_empty() => None,
                Need::Rest if !starts => Some((part, Need::Rest)),
                // While there is work left, the image must not start.
                _ => Some((part, Need::Whole)),
            }
        });
        let vectors: Vec<(Part, Need)> = vectors.collect();

        let mut steps = Vec::new();
        let mut push = |phase, action| steps.push(Step { phase, action });
        if erasing == Erasing::Everything {
            push(Phase::Erase, Action::EraseAll(*geometry));
        } else {
            for list in erase_lists(&vectors, chip) {
                push(Phase::Erase, Action::Erase(list));
            }
        }
        // Four vectors are enough: erased flash is the same all over.
        let table = whole(&vectors).filter_map(|part| part.blocks.first());
        let table = table.filter(|block| found.at(block.address) != Some(Content::Blank));
        let blocks: Vec<Block> = table.map(Block::beginning).collect();
        if !blocks.is_empty() {
            push(Phase::Erase, Action::ProveErased { blocks, blank: Vec::new() });
        }
        for list in erase_lists(&rest, chip).into_iter().filter(|_| erasing != Erasing::Everything) {
            push(Phase::Erase, Action::Erase(list));
        }
        let blocks: Vec<Block> = whole(&rest).filter_map(|part| part.something_else(found)).cloned().collect();
        if erasing == Erasing::EachProven && !blocks.is_empty() {
            let blank = whole(&rest).filter(|part| part.something_else(found).is_none());
            let blank = blank.flat_map(|part| part.units.iter().copied()).collect();
            push(Phase::Erase, Action::ProveErased { blocks, blank });
        }
        let to_write = |parts: &[(Part, Need)]| -> Vec<Block> {
            let blocks = parts.iter().flat_map(|(part, need)| part.blocks.iter().map(move |block| (block, need)));
            let left =
                blocks.filter(|(block, need)| **need == Need::Whole || found.at(block.address) != Some(Content::Image));
            left.map(|(block, _)| block.clone()).collect()
        };
        let verify = |parts: &[(Part, Need)], blocks: Vec<Block>| -> Vec<Action> {
            let mut proofs: Vec<Block> = Vec::new();
            let mut shown = Vec::new();
            for part in whole(parts).filter(|part| part.blank(erased).count() > 1) {
                match part.proof(found, erased) {
                    None => continue,
                    Some(Proof::Written) => {}
                    Some(Proof::Blank(sample)) => match proofs.last_mut() {
                        Some(last) if last.address + last.size() == sample.address => last.bytes.extend(sample.bytes),
                        _ => proofs.push(sample),
                    },
                }
                shown.push(part.range());
            }
            let is_shown = |block: &Block| shown.iter().any(|range| range.contains(&block.address));
            let verify = |block: Block| match block.is_blank(erased) && is_shown(&block) {
                true => Action::VerifyInDoubt(block),
                false => Action::Verify(block),
            };
            proofs.into_iter().map(Action::Verify).chain(blocks.into_iter().map(verify)).collect()
        };
        let blocks = to_write(&rest);
        for block in blocks.iter().filter(|block| !block.is_blank(erased)) {
            push(Phase::Write, Action::Write(block.clone()));
        }
        for action in verify(&rest, blocks) {
            push(Phase::Verify, action);
        }
        let mut commit = to_write(&vectors);
        let first = commit.iter().position(|block| block.contains(image.start())).map(|index| commit.remove(index));
        for block in commit.iter().filter(|block| !block.is_blank(erased)) {
            push(Phase::Commit, Action::Write(block.clone()));
        }
        for action in verify(&vectors, commit) {
            push(Phase::Commit, action);
        }
        for block in first.into_iter().flat_map(|block| block.split(chip)) {
            push(Phase::Commit, Action::Write(block.clone()));
            push(Phase::Commit, Action::Verify(block));
        }
        push(Phase::Start, Action::Start { address: image.start() });
        let compared = u32::try_from(found.blocks()).unwrap_or(u32::MAX).saturating_mul(chip.max_block.into());
        Self { steps, chip: chip.clone(), compared }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The units that are to be erased one by one.
    pub fn erased(&self) -> impl Iterator<Item = &Unit> {
        let lists = self.steps.iter().filter_map(|step| match &step.action {
            Action::Erase(units) => Some(units),
            _ => None,
        });
        lists.flatten()
    }

    /// Whether all of the flash is erased at once.
    pub fn erases_all(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::EraseAll(_)))
    }

    /// The address, and those of all blocks that the plan writes after it in the same phase and proves after it: a repair
    /// writes only what was wrong.
    pub(crate) fn rewritten_with(&self, address: u32) -> Vec<u32> {
        let (mut phase, mut addresses) = (None, vec![address]);
        for step in &self.steps {
            let Action::Write(block) = &step.action else { continue };
            if block.contains(address) {
                phase = Some(step.phase);
            } else if phase == Some(step.phase) {
                addresses.push(block.address);
            }
        }
        addresses
    }

    /// The chip that the plan is for.
    pub const fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The time that `action` takes over a link, the flash's work included.
    fn time(&self, action: &Action, link: LinkSpeed) -> Duration {
        let chip = &self.chip;
        match action {
            Action::Erase(units) => {
                let work = |unit: &Unit| chip.erase_time(unit.size).max(chip.erase_unawaited(unit));
                let work: Duration = units.iter().map(work).sum();
                link.erase(units.len()) + work
            }
            Action::EraseAll(_) => link.erase(1) + chip.mass_erase_time().unwrap_or_default(),
            Action::Write(block) => {
                link.write(block) + chip.times.program_256.mul_f64(block.bytes.len() as f64 / 256.0)
            }
            Action::ProveErased { blocks, .. } => blocks.iter().map(|block| link.read(block.bytes.len())).sum(),
            Action::Verify(block) => link.read(block.bytes.len()),
            Action::VerifyInDoubt(_) => Duration::ZERO,
            Action::Start { .. } => link.start(),
        }
    }

    /// How many bytes cross the wire, both ways together.
    pub fn traffic(&self) -> u32 {
        // At a nanosecond a byte, the wire's share of the time is their number.
        let time = |byte_time| self.summary(LinkSpeed::of_usart(byte_time, Duration::ZERO, Pace::Strict)).duration();
        let share = time(Duration::from_nanos(1)).saturating_sub(time(Duration::ZERO));
        u32::try_from(share.as_nanos()).unwrap_or(u32::MAX)
    }

    /// What the plan comes to over a link, the comparison that it rests on included.
    pub fn summary(&self, link: LinkSpeed) -> Summary {
        let mut summary = Summary::default();
        let block = usize::from(self.chip.max_block);
        let compare = &mut summary.phases[Phase::Compare as usize];
        compare.bytes = self.compared;
        compare.duration = link.read(block) * (self.compared / u32::from(self.chip.max_block));
        let (mut erase, mut write) = (Vec::new(), Vec::new());
        for step in &self.steps {
            let share = &mut summary.phases[step.phase as usize];
            share.bytes += step.action.size();
            share.duration += self.time(&step.action, link);
            match &step.action {
                Action::Erase(units) => {
                    summary.units.extend(units.iter().map(|unit| unit.number));
                    erase.extend(units.iter().map(Stretch::from));
                }
                Action::EraseAll(flash) => {
                    summary.units.extend(flash.units().map(|unit| unit.number));
                    erase.extend(flash.units().map(|unit| Stretch::from(&unit)));
                }
                Action::Write(block) => write.push(block.into()),
                Action::Start { address } => summary.vectors = *address,
                Action::ProveErased { .. } | Action::Verify(_) | Action::VerifyInDoubt(_) => {}
            }
        }
        summary.erase = Stretch::joined(erase);
        summary.write = Stretch::joined(write);
        summary
    }
}

/// The parts that must be erased and written.
fn whole(parts: &[(Part, Need)]) -> impl Iterator<Item = &Part> {
    parts.iter().filter(|(_, need)| *need == Need::Whole).map(|(part, _)| part)
}

/// Lists of units for one erase command each.
fn erase_lists(parts: &[(Part, Need)], chip: &Chip) -> Vec<Vec<Unit>> {
    let mut lists: Vec<Vec<Unit>> = Vec::new();
    let mut time = Duration::ZERO;
    for unit in whole(parts).flat_map(|part| &part.units) {
        match lists.last_mut() {
            Some(list) if list.len() < usize::from(chip.erase_list) && time < ERASE_AT_ONCE => list.push(*unit),
            _ => {
                lists.push(vec![*unit]);
                time = Duration::ZERO;
            }
        }
        time += chip.erase_time(unit.size);
    }
    lists
}

#[cfg(test)]
mod tests;
