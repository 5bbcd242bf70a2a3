//! Erasing, and the proof that it was done.

use stm32_bootloader::chip::{Chip, Unit};

use super::{Cause, DeviceState, Observer, Run};
use crate::part::Block;
use crate::{Action, Event, Loader, Plan, Stretch};

impl<L: Loader, O: Observer> Run<'_, L, O> {
    /// Erases units, or all of them, and says which that were.
    pub(super) async fn erase(&mut self, action: &Action, chip: &Chip) -> Result<Vec<Unit>, Cause> {
        let (units, done) = match action {
            Action::Erase(units) => (units.clone(), self.loader.erase(units, chip).await),
            Action::EraseAll(flash) => (flash.units().collect(), self.loader.erase_all(flash, chip).await),
            _ => return Ok(Vec::new()),
        };
        // Once it was sent which units, the ROM may have begun, whatever it answers.
        if self.loader.has_begun_to_erase() {
            self.state = DeviceState::Incomplete;
        }
        done?;
        let numbers = units.iter().map(|unit| unit.number).collect();
        let places = Stretch::joined(units.iter().map(Stretch::from));
        self.tell(Event::Erased { units: numbers, bytes: action.size(), places });
        Ok(units)
    }

    /// The addresses of the blocks in which something is left of what was there before an erase.
    pub(super) async fn not_erased(&mut self, blocks: &[Block]) -> Result<Vec<u32>, Cause> {
        // Erased flash is the same all over, whatever the table says that it reads as.
        let is_left = |found: &[u8]| found.iter().any(|byte| *byte != found[0]);
        let mut left = Vec::new();
        for block in blocks {
            self.heed()?;
            if is_left(&self.read(block).await?) && is_left(&self.read(block).await?) {
                left.push(block.address);
            } else {
                self.tell(Event::Verified { address: block.address, bytes: block.size() });
            }
        }
        Ok(left)
    }

    /// Whether something is left at the end of what is written, where all of the flash was to be erased and its beginning was
    /// not: flash is erased at once as a whole, or bank by bank.
    pub(super) async fn keeps_the_end(&mut self, plan: &Plan) -> Result<bool, Cause> {
        let blocks = plan.steps().iter().filter_map(|step| match &step.action {
            Action::Write(block) => Some(block),
            _ => None,
        });
        let Some(last) = blocks.max_by_key(|block| block.address) else { return Ok(false) };
        Ok(!self.not_erased(&[last.beginning()]).await?.is_empty())
    }
}
