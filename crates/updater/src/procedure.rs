//! The procedure: looks at the flash, plans, carries the plan out step by step, and tells each one.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry};
use stm32_bootloader::usart::VoltageRange;

use crate::part::{Block, Need, Part};
use crate::{Action, Content, Event, Found, Image, Loader, LoaderError, Phase, Plan, Stamped, Supply};

/// How often a block is sent before its error is believed.
const TRIES: u32 = 3;
/// How often what was read back wrong is looked for and written anew.
const REPAIRS: u32 = 2;
/// One of so many blocks is looked at, to tell whether comparing all of them is worth its time.
const BLOCKS_A_SAMPLE: usize = 128;
/// No more than so many.
const MOST_SAMPLES: usize = 4;

/// Who follows an update.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, stamped: Stamped);

    /// Whether the update is to end after the exchange that is under way.
    fn cancelled(&self) -> bool {
        false
    }
}

/// What the device holds when the procedure has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Nothing was erased: what was there before is still there.
    Untouched,
    /// The flash holds parts of the image. It will not start, and the ROM is there to try again.
    Incomplete,
    /// All of the image was read back and is right.
    Complete,
}

/// Why the procedure ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The person asked for it.
    #[error("cancelled")]
    Cancelled,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] LoaderError),
    /// The flash does not hold what was written, however often: it is protected or worn.
    #[error("the flash at 0x{address:08X} does not hold what was written")]
    Mismatch {
        /// The first byte that differs.
        address: u32,
    },
}

/// The end of an update that did not get to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// What the device holds now.
    pub state: DeviceState,
}

/// The end of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Whether the application runs; if not, the device needs a reset.
    pub started: bool,
}

/// What the device is expected to hold of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Not known: a few blocks tell whether a comparison is worth its time.
    Unknown,
    /// An update to this image was interrupted, so that part of it is there: all of it is compared.
    Interrupted,
}

/// The flash that an image is for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The chip.
    pub chip: &'a Chip,
    /// Its flash.
    pub geometry: &'a Geometry,
    /// What it is expected to hold.
    pub before: Before,
    /// What is known of the supply: with enough of it, some chips are told so and are faster.
    pub supply: Supply,
    /// The wires by which the chip is reset to start the application; where there are none, the ROM is told to.
    pub wiring: Option<Wiring>,
}

/// Writes `image`, which must have passed [`check`](crate::check()), to the device.
///
/// What the device holds of it already is left alone, whether from an interrupted update or because two versions have
/// it in common. An exchange that a bad line disturbed is done again, and so is what reads back wrong.
///
/// # Errors
/// [`Failure`] says why and what the device holds. After any failure the same can be done again.
pub async fn update<L: Loader>(
    loader: &mut L,
    image: &Image,
    target: Target<'_>,
    observer: &mut impl Observer,
) -> Result<Done, Failure> {
    let mut run = Run { loader, observer, state: DeviceState::Untouched };
    run.update(image, target).await.map_err(|cause| Failure { cause, state: run.state })
}

struct Run<'a, L, O> {
    loader: &'a mut L,
    observer: &'a mut O,
    state: DeviceState,
}

impl<L: Loader, O: Observer> Run<'_, L, O> {
    async fn update(&mut self, image: &Image, target: Target<'_>) -> Result<Done, Cause> {
        let chip = &self.tell_supply(target).await?;
        let mut before = target.before;
        let mut repairs = 0;
        loop {
            let found = self.compare(image, Target { chip, before, ..target }).await?;
            let plan = Plan::new(image, chip, target.geometry, &found);
            match self.execute(&plan, target.wiring).await {
                Err(Cause::Mismatch { address }) if repairs < REPAIRS => {
                    repairs += 1;
                    before = Before::Interrupted;
                    self.tell(Event::Repair { address });
                }
                result => return result,
            }
        }
    }

    /// Tells the ROM the supply where it is known and makes the chip faster. The chip as it then is, its times included.
    async fn tell_supply(&mut self, target: Target<'_>) -> Result<Chip, Cause> {
        let (Supply::From2V7, Some(faster)) = (target.supply, target.chip.from_2v7()) else {
            return Ok(target.chip.clone());
        };
        self.heed_cancel()?;
        let reason = match self.loader.set_voltage_range(VoltageRange::From2V7).await {
            Ok(true) => {
                self.tell(Event::SupplyTold);
                return Ok(faster);
            }
            Ok(false) => "it did not take it".into(),
            Err(error) if error.is_refusal() => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        self.tell(Event::SupplyNotTold { reason });
        Ok(target.chip.clone())
    }

    /// Compares what the device holds with the image, as far as it is worth its time.
    async fn compare(&mut self, image: &Image, target: Target<'_>) -> Result<Found, Cause> {
        let Target { chip, geometry, before, .. } = target;
        let parts = Part::of(image, chip, geometry);
        if before == Before::Unknown && !self.holds_any_of(&parts, chip).await? {
            return Ok(Found::nothing());
        }
        // What it comes to at most: all is compared, and all is written.
        let link = self.loader.speed();
        let mut summary = Plan::new(image, chip, geometry, &Found::nothing()).summary(link);
        let share = &mut summary.phases[Phase::Compare as usize];
        for block in parts.iter().flat_map(|part| &part.blocks) {
            share.bytes += block.size();
            share.duration += link.read(block.bytes.len());
        }
        self.tell(Event::Planned(summary));
        self.tell(Event::Phase { phase: Phase::Compare });
        let mut found = Found::nothing();
        // The vector table's unit is erased whenever another one is, so that it is looked at last, if at all.
        let (vectors, rest): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.contains(image.start()));
        let mut same = true;
        for part in rest {
            self.compare_part(&part, image, chip, &mut found).await?;
            same &= part.need(&found, chip.erased_byte) == Need::Nothing;
        }
        for part in vectors.into_iter().filter(|_| same) {
            self.compare_part(&part, image, chip, &mut found).await?;
        }
        Ok(found)
    }

    /// Notes what the device holds of a part, as far as it decides what is to be done to it.
    async fn compare_part(&mut self, part: &Part, image: &Image, chip: &Chip, found: &mut Found) -> Result<(), Cause> {
        let mut written = false;
        for block in &part.blocks {
            self.heed_cancel()?;
            let bytes = self.read(block).await?;
            let content = found.note(block.address, &bytes, &block.bytes, chip.erased_byte);
            let same = content == Content::Image;
            self.tell(Event::Compared { address: block.address, bytes: block.size(), same });
            written |= same && !block.is_blank(chip.erased_byte);
            // The whole unit is to be erased, whatever else it holds. Blocks are written in order, but for the
            // first of all, which comes last.
            let begun = written || block.contains(image.start());
            if content == Content::Other || content == Content::Blank && !begun {
                break;
            }
        }
        Ok(())
    }

    /// Whether the beginning of any of a few blocks, spread over the image, is there already.
    async fn holds_any_of(&mut self, parts: &[Part], chip: &Chip) -> Result<bool, Cause> {
        let samples: Vec<Block> = parts.iter().flat_map(|part| &part.blocks).map(Block::beginning).collect();
        let samples: Vec<&Block> = samples.iter().filter(|sample| !sample.is_blank(chip.erased_byte)).collect();
        let count = (samples.len() / BLOCKS_A_SAMPLE).clamp(1, MOST_SAMPLES);
        for number in 0..count {
            self.heed_cancel()?;
            // The middles of as many equal stretches.
            let Some(sample) = samples.get((2 * number + 1) * samples.len() / (2 * count)) else { continue };
            if self.read(sample).await? == sample.bytes {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn execute(&mut self, plan: &Plan, wiring: Option<Wiring>) -> Result<Done, Cause> {
        let link = self.loader.speed();
        self.tell(Event::Planned(plan.summary(link)));
        let mut phase = None;
        let mut started = true;
        for step in plan.steps() {
            // Starting a complete image can no longer be cancelled: the device would only be left waiting.
            if let Action::Start { .. } = step.action {
                self.state = DeviceState::Complete;
                self.tell(Event::Complete);
            } else {
                self.heed_cancel()?;
            }
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                self.tell(Event::Phase { phase: step.phase });
            }
            match &step.action {
                Action::Erase(units) => {
                    let chip = plan.chip();
                    let worst = units.iter().map(|unit| chip.erase_time(unit.size)).max().unwrap_or(Duration::ZERO)
                        * chip.times.worst_factor;
                    // From here on the ROM may have begun, whatever it answers.
                    self.state = DeviceState::Incomplete;
                    self.loader.erase(units, worst).await?;
                    let numbers = units.iter().map(|unit| unit.number).collect();
                    self.tell(Event::Erased { units: numbers, bytes: step.action.size() });
                }
                Action::Write(block) => {
                    self.state = DeviceState::Incomplete;
                    self.write(block, plan.chip()).await?;
                    self.tell(Event::Written { address: block.address, bytes: block.size() });
                }
                Action::Verify(block) => {
                    self.verify(block).await?;
                    self.tell(Event::Verified { address: block.address, bytes: block.size() });
                }
                Action::Start { address } => started = self.start(*address, wiring).await,
            }
        }
        Ok(Done { started })
    }

    /// Programs a block. Where the answer is lost, reading tells what became of it: flash takes no block twice.
    async fn write(&mut self, block: &Block, chip: &Chip) -> Result<(), Cause> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(error) = self.loader.write(block.address, &block.bytes).await else { return Ok(()) };
            if tries == TRIES || error.is_lost() {
                return Err(error.into());
            }
            self.tell(Event::Again { address: block.address, reason: error.to_string() });
            self.loader.recover().await?;
            let found = self.read(block).await?;
            if found == block.bytes {
                return Ok(());
            }
            if found.iter().any(|&byte| byte != chip.erased_byte) {
                return Err(Cause::Mismatch { address: block.address });
            }
        }
    }

    /// Reads a block back; twice when it differs, as a read has no checksum on the wire.
    async fn verify(&mut self, block: &Block) -> Result<(), Cause> {
        let mut found = self.read(block).await?;
        if found != block.bytes {
            self.tell(Event::ReadAgain { address: block.address });
            found = self.read(block).await?;
        }
        match found.iter().zip(&block.bytes).position(|(found, expected)| found != expected) {
            None => Ok(()),
            Some(offset) => Err(Cause::Mismatch { address: block.address + u32::try_from(offset).unwrap_or(0) }),
        }
    }

    /// What the device holds where the block is.
    async fn read(&mut self, block: &Block) -> Result<Vec<u8>, LoaderError> {
        let mut bytes = vec![0; block.bytes.len()];
        self.loader.read(block.address, &mut bytes).await?;
        Ok(bytes)
    }

    /// Starts the application. The image is complete whether or not this works, so failing here is no failure.
    async fn start(&mut self, address: u32, wiring: Option<Wiring>) -> bool {
        match self.loader.start(address, wiring).await {
            Ok(()) => {
                self.tell(Event::Started { address });
                true
            }
            Err(error) => {
                self.tell(Event::NotStarted { reason: error.to_string() });
                false
            }
        }
    }

    fn heed_cancel(&self) -> Result<(), Cause> {
        if self.observer.cancelled() { Err(Cause::Cancelled) } else { Ok(()) }
    }

    fn tell(&mut self, event: Event) {
        let at = self.loader.now().elapsed();
        self.observer.observe(Stamped { at, event });
    }
}
