//! What the device holds of the image already.

use core::ops::Range;

use stm32_bootloader::chip::Chip;

use super::{Before, Cause, Observer, Run, Target};
use crate::part::{Block, Need, Part, SAMPLE};
use crate::{Content, Event, Found, Image, Loader, Phase, Share};

/// One of so many blocks is looked at, to tell whether comparing all of them is worth its time.
const BLOCKS_A_SAMPLE: usize = 128;
/// No more than so many.
const MOST_SAMPLES: usize = 4;

impl<L: Loader, O: Observer> Run<'_, L, O> {
    /// Compares what the device holds with the image, as far as it is worth its time.
    pub(super) async fn compare(&mut self, image: &Image, target: Target<'_>) -> Result<Found, Cause> {
        let Target { chip, geometry, before, .. } = target;
        let parts = Part::of(image, chip, geometry);
        // What cannot be erased may be blank, or right already.
        let must_look = parts.iter().flat_map(|part| &part.units).any(|unit| chip.cannot_erase(unit));
        if before == Before::Unknown && !must_look && !self.holds_any_of(&parts, chip).await? {
            return Ok(Found::nothing());
        }
        // As if nothing were there, which is what was told before the start. Each block is read once: what is found right
        // is not read back, and a unit that is not right is compared no further than to its first difference.
        let link = self.loader.speed();
        let mut summary = self.plan(image, target, &Found::nothing()).summary(link);
        summary.phases[Phase::Verify as usize] = Share::default();
        let share = &mut summary.phases[Phase::Compare as usize];
        for block in parts.iter().flat_map(|part| &part.blocks) {
            share.bytes += block.size();
            share.duration += link.read(block.bytes.len());
        }
        self.tell(Event::Planned(summary));
        self.tell(Event::Phase { phase: Phase::Compare });
        let mut found = Found::nothing();
        // The vector table's unit is erased whenever another one is, so that it is looked at last, if at all.
        let (vectors, rest): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.vectors);
        let mut same = true;
        for part in rest {
            self.compare_part(&part, chip, &mut found).await?;
            same &= part.need(&found, chip.erased_byte) == Some(Need::Nothing);
        }
        for part in vectors.into_iter().filter(|_| same) {
            self.compare_part(&part, chip, &mut found).await?;
        }
        Ok(found)
    }

    /// Looks at a few bytes of each unit that is to be erased and of which several blocks stay blank, for what an erase has to
    /// take away: where these are gone afterwards, the blank blocks need not be read. One read is for two units that meet.
    pub(super) async fn sample(&mut self, image: &Image, target: Target<'_>, found: &mut Found) -> Result<(), Cause> {
        let Target { chip, geometry, .. } = target;
        let erased = chip.erased_byte;
        let is_worth_it = |part: &Part| {
            let need = part.need(found, erased).unwrap_or(Need::Whole);
            need == Need::Whole && part.blank(erased).count() > 2 && part.proof(found, erased).is_none()
        };
        let parts: Vec<Range<u32>> =
            Part::of(image, chip, geometry).iter().filter(|part| is_worth_it(part)).map(Part::range).collect();
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            let address = match parts.next_if(|next| next.start == part.end) {
                Some(_) => part.end - SAMPLE as u32 / 2,
                None => part.start,
            };
            self.heed()?;
            let mut bytes = [0; SAMPLE];
            self.loader.read(address, &mut bytes).await?;
            found.sample(address, &bytes);
        }
        Ok(())
    }

    /// Notes what the device holds of a part, as far as it decides what is to be done to it.
    async fn compare_part(&mut self, part: &Part, chip: &Chip, found: &mut Found) -> Result<(), Cause> {
        for block in &part.blocks {
            if part.need(found, chip.erased_byte).is_some() {
                break;
            }
            self.heed()?;
            let bytes = self.read(block).await?;
            let content = found.note(block.address, &bytes, &block.bytes, chip.erased_byte);
            let same = content == Content::Image;
            self.tell(Event::Compared { address: block.address, bytes: block.size(), same });
        }
        Ok(())
    }

    /// Whether the beginning of any of a few blocks, spread over the image, is there already.
    async fn holds_any_of(&mut self, parts: &[Part], chip: &Chip) -> Result<bool, Cause> {
        let samples: Vec<Block> = parts.iter().flat_map(|part| &part.blocks).map(Block::beginning).collect();
        let samples: Vec<&Block> = samples.iter().filter(|sample| !sample.is_blank(chip.erased_byte)).collect();
        let count = (samples.len() / BLOCKS_A_SAMPLE).clamp(1, MOST_SAMPLES);
        for number in 0..count {
            self.heed()?;
            // The middles of as many equal stretches.
            let Some(sample) = samples.get((2 * number + 1) * samples.len() / (2 * count)) else { continue };
            if self.read(sample).await? == sample.bytes {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
