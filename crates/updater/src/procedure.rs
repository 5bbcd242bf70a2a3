//! The procedure: looks at the flash, plans, carries the plan out step by step, and tells each one.

mod compare;
mod ending;
mod erasing;
mod step_down;

use stm32_bootloader::boot_mode::Wiring;
use stm32_bootloader::chip::{Chip, Geometry, Unit};
use stm32_bootloader::usart::{Pace, VoltageRange};

use crate::part::Block;
use crate::{Action, Event, Found, Image, Loader, LoaderError, Places, Plan, Stamped, Supply};
pub use ending::{Cause, DeviceState, Done, Failure};
use step_down::Strain;

/// How often a block is sent before its error is believed.
const TRIES: u32 = 3;
/// How often what was read back wrong is looked for and written anew.
const REPAIRS: u32 = 2;

/// Who follows an update.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, stamped: Stamped);

    /// Whether the update is to end after the exchange that is under way.
    fn cancelled(&self) -> bool {
        false
    }
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
    /// Whether blocks may go in bursts where that proves to work: an experiment (`docs/burst.md`).
    pub pace: Pace,
    /// The wires by which the chip is reset to start the application; where there are none, the ROM is told to.
    pub wiring: Option<Wiring>,
    /// Whether nothing but the image is kept in flash, so that all of it may be erased at once where that is faster.
    pub mass_erase: bool,
}

impl<'a> Target<'a> {
    /// The flash of a chip of which nothing is known.
    pub const fn new(chip: &'a Chip, geometry: &'a Geometry) -> Self {
        let (before, supply, pace) = (Before::Unknown, Supply::Unknown, Pace::Strict);
        Self { chip, geometry, before, supply, pace, wiring: None, mass_erase: false }
    }
}

/// Writes `image`, which must have passed [`check`](crate::check()), to the device.
///
/// What the device holds of it already is left alone, whether from an interrupted update or because two versions have
/// it in common. An exchange that a bad line disturbed is done again, and so is what reads back wrong. Where that does not
/// help, or happens too often, and the device can be met again at a lower rate ([`Loader::slow_down`]: wires were seen to
/// reset it), that is done, and the update goes on.
///
/// # Errors
/// [`Failure`] says why and what the device holds. After any failure the same can be done again.
pub async fn update<L: Loader>(
    loader: &mut L,
    image: &Image,
    target: Target<'_>,
    observer: &mut impl Observer,
) -> Result<Done, Failure> {
    let strain = Strain::since(loader.recoveries());
    let (state, pace) = (DeviceState::Untouched, Pace::Strict);
    let mut run = Run {
        loader,
        observer,
        target,
        state,
        strain,
        wrote_all: false,
        pace,
        again: false,
        recoveries: 0,
        erased_all: false,
    };
    run.update(image).await.map_err(|cause| Failure { cause, state: run.state })
}

struct Run<'a, L, O> {
    loader: &'a mut L,
    observer: &'a mut O,
    target: Target<'a>,
    state: DeviceState,
    strain: Strain,
    /// Whether the last plan got to its read-back, so that what is blank was written.
    wrote_all: bool,
    /// As it was told last.
    pace: Pace,
    /// Whether a block was written or read once more since the last plan, and how often host and device had been brought back
    /// into step by then.
    again: bool,
    recoveries: u32,
    /// Whether the last plan had all of the flash erased at once.
    erased_all: bool,
}

/// Whether a bootloader does not do what it is told, though it understood.
const fn is_refused(cause: &Cause) -> bool {
    match cause {
        Cause::Command(error) => error.is_refusal(),
        Cause::NotErased { .. } => true,
        _ => false,
    }
}

impl<L: Loader, O: Observer> Run<'_, L, O> {
    async fn update(&mut self, image: &Image) -> Result<Done, Cause> {
        let target = self.target;
        self.try_bursts(target).await?;
        let mut told = None;
        let mut before = target.before;
        let mut repairs = 0;
        loop {
            match self.attempt(image, Target { before, ..target }, &mut told).await {
                Err(Cause::Mismatch { address, .. }) if repairs < REPAIRS => {
                    repairs += 1;
                    before = Before::Interrupted;
                    self.tell(Event::Repair { address });
                }
                // It can be erased unit by unit.
                Err(cause) if self.target.mass_erase && self.erased_all && is_refused(&cause) => {
                    self.target.mass_erase = false;
                    if self.state != DeviceState::Untouched {
                        before = Before::Interrupted;
                    }
                    self.tell(Event::NoMassErase { reason: cause.to_string() });
                }
                Err(cause) => {
                    self.step_down(cause, target.chip).await?;
                    // A reset makes the ROM forget it.
                    told = None;
                    if self.state != DeviceState::Untouched {
                        before = Before::Interrupted;
                    }
                }
                Ok(done) => return Ok(done),
            }
        }
    }

    /// From what the device holds to the end. `told` is the chip as it is once its ROM was told the supply.
    async fn attempt(&mut self, image: &Image, target: Target<'_>, told: &mut Option<Chip>) -> Result<Done, Cause> {
        let chip = match told {
            Some(chip) => chip,
            None => {
                self.prove_size(image, target).await?;
                told.insert(self.tell_supply(target).await?)
            }
        };
        let mut found = self.compare(image, Target { chip, ..target }).await?;
        self.sample(image, Target { chip, ..target }, &mut found).await?;
        (self.again, self.recoveries) = (false, self.loader.recoveries());
        let plan = self.plan(image, Target { chip, ..target }, &found);
        self.erased_all = plan.erases_all();
        let unerasable: Vec<Unit> = plan.erased().filter(|unit| chip.cannot_erase(unit)).copied().collect();
        if !unerasable.is_empty() {
            return Err(Cause::Unerasable { places: Places::of(chip, unerasable) });
        }
        match self.execute(&plan, target.wiring).await {
            Err(Cause::Mismatch { address, .. }) => {
                Err(Cause::Mismatch { address, places: self.places(&plan.rewritten_with(address)) })
            }
            result => result,
        }
    }

    /// What is to be done, from what was found.
    fn plan(&mut self, image: &Image, Target { chip, geometry, .. }: Target<'_>, found: &Found) -> Plan {
        match () {
            () if self.wrote_all => Plan::repair(image, chip, geometry, found),
            () if self.target.mass_erase => Plan::with_mass_erase(image, chip, geometry, found, self.loader.speed()),
            () => Plan::new(image, chip, geometry, found),
        }
    }

    /// Reads the image's last block where the size of the flash is that of the largest chip of the die.
    async fn prove_size(&mut self, image: &Image, target: Target<'_>) -> Result<(), Cause> {
        let Target { chip, geometry, .. } = target;
        let Some(last) = image.segments().iter().map(|segment| segment.range().end - 1).max() else { return Ok(()) };
        if chip.flash_size_register.is_some() {
            return Ok(());
        }
        self.heed()?;
        let block = u32::from(chip.max_block);
        let address = last - (last - geometry.base) % block;
        match self.loader.read(address, &mut vec![0; block as usize]).await {
            Err(error) if error.is_refusal() => Err(Cause::TooLarge { address }),
            result => Ok(result?),
        }
    }

    /// Tells the ROM the supply where it is known and makes the chip faster. The chip as it then is, its times included.
    async fn tell_supply(&mut self, target: Target<'_>) -> Result<Chip, Cause> {
        let (Supply::From2V7, Some(faster)) = (target.supply, target.chip.from_2v7()) else {
            return Ok(target.chip.clone());
        };
        self.heed()?;
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

    /// Finds out whether blocks can go in bursts, if they are wanted.
    async fn try_bursts(&mut self, target: Target<'_>) -> Result<(), Cause> {
        if target.pace == Pace::Burst {
            self.heed()?;
            self.loader.try_bursts(target.geometry.base..target.geometry.end()).await?;
            self.pace = self.loader.speed().pace;
            self.tell(Event::Pace { bursts: self.pace == Pace::Burst });
        }
        Ok(())
    }

    async fn execute(&mut self, plan: &Plan, wiring: Option<Wiring>) -> Result<Done, Cause> {
        let link = self.loader.speed();
        self.tell(Event::Planned(plan.summary(link)));
        let (mut phase, mut started) = (None, true);
        let (before, mut erased) = (self.state, Vec::new());
        self.wrote_all = false;
        for step in plan.steps() {
            // Starting a complete image can no longer be cancelled: the device would only be left waiting.
            if let Action::Start { .. } = step.action {
                self.state = DeviceState::Complete;
                self.tell(Event::Complete);
            } else {
                self.heed()?;
            }
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                self.tell(Event::Phase { phase: step.phase });
            }
            match &step.action {
                Action::Erase(_) | Action::EraseAll(_) => {
                    erased.extend(self.erase(&step.action, plan.chip()).await?);
                }
                Action::ProveErased { blocks, blank } => {
                    let mut left = self.not_erased(blocks).await?;
                    if !left.is_empty() {
                        left.extend(blank.iter().map(|unit| unit.address));
                        let places = self.places(&left);
                        if erased.iter().all(|unit| places.units().contains(unit))
                            || plan.erases_all() && self.keeps_the_end(plan).await?
                        {
                            self.state = before;
                        }
                        return Err(Cause::NotErased { places });
                    }
                }
                Action::Write(block) => {
                    self.state = DeviceState::Incomplete;
                    self.write(block, plan.chip()).await?;
                    self.tell(Event::Written { address: block.address, bytes: block.size() });
                }
                Action::Verify(block) => {
                    self.wrote_all = true;
                    self.verify(block).await?;
                    self.tell(Event::Verified { address: block.address, bytes: block.size() });
                }
                Action::VerifyInDoubt(block) => {
                    if self.again || self.loader.recoveries() != self.recoveries {
                        self.verify(block).await?;
                        self.tell(Event::Verified { address: block.address, bytes: block.size() });
                    }
                }
                Action::Start { address } => started = self.start(*address, wiring).await,
            }
        }
        Ok(Done { started })
    }

    /// The units that hold these addresses.
    fn places(&self, addresses: &[u32]) -> Places {
        let holds = |unit: &Unit| addresses.iter().any(|address| (unit.address..unit.end()).contains(address));
        Places::of(self.target.chip, self.target.geometry.units().filter(holds).collect())
    }

    fn mismatch(&self, address: u32) -> Cause {
        Cause::Mismatch { address, places: self.places(&[address]) }
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
            self.again = true;
            self.tell(Event::Again { address: block.address, reason: error.to_string() });
            self.loader.recover().await?;
            let found = self.read(block).await?;
            if found == block.bytes {
                return Ok(());
            }
            if found.iter().any(|&byte| byte != chip.erased_byte) {
                return Err(self.mismatch(block.address));
            }
        }
    }

    /// Reads a block back; twice when it differs, as a read has no checksum on the wire.
    async fn verify(&mut self, block: &Block) -> Result<(), Cause> {
        let mut found = self.read(block).await?;
        if found != block.bytes {
            self.again = true;
            self.strain.again();
            self.tell(Event::ReadAgain { address: block.address });
            found = self.read(block).await?;
        }
        match found.iter().zip(&block.bytes).position(|(found, expected)| found != expected) {
            None => Ok(()),
            Some(offset) => Err(self.mismatch(block.address + u32::try_from(offset).unwrap_or(0))),
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

    fn tell(&mut self, event: Event) {
        let at = self.loader.now().elapsed();
        if core::mem::replace(&mut self.pace, self.loader.speed().pace) != self.pace {
            self.observer.observe(Stamped { at, event: Event::Pace { bursts: self.pace == Pace::Burst } });
        }
        self.observer.observe(Stamped { at, event });
    }
}
