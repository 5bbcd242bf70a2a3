//! A chip that is not in the table, as whoever deploys describes it.

use core::ops::Range;
use core::time::Duration;

use super::table::UNLISTED;
use super::{Chip, FlashTimes, Geometry, ProductId, Run, Runs, Source};

/// The sizes of block that are tried, the most that a read or write can carry first.
const BLOCKS: [u16; 2] = [256, 128];

/// What must be known of a chip that the table does not have, or has otherwise: its reference manual says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenChip {
    /// What it answers to Get ID.
    pub product_id: ProductId,
    /// The address of the flash's first byte.
    pub flash_base: u32,
    /// The erase units from there on, as the erase commands number them.
    pub runs: Vec<Run>,
    /// What erased flash reads as.
    pub erased_byte: u8,
    /// A write's address and length must be multiples of this many bytes.
    pub write_alignment: u16,
    /// The RAM that a stack may lie in.
    pub ram: Range<u32>,
}

/// Why a chip cannot be as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GivenError {
    /// No units, too many runs of them, or more than the erase commands can number.
    #[error("the flash must have 1 to 8 runs of units, and fewer than 65521 units in all")]
    Units,
    /// A unit, or the flash's beginning, does not fit whole blocks.
    #[error("units and the beginning of the flash must be multiples of 128 bytes")]
    Unaligned,
    /// The flash goes beyond the last address.
    #[error("the flash is larger than the address space")]
    TooLarge,
    /// The alignment of writes is no power of two from 4 to the block's size.
    #[error("the alignment of writes must be 4, 8, 16, 32, 64 or 128 bytes")]
    Alignment,
    /// The RAM is empty.
    #[error("the RAM's end must be after its beginning")]
    Ram,
}

impl Chip {
    /// A chip as it was given, whatever its size register says. Times are guesses on the long side; its name and the
    /// place of its unique id are known where the table has a chip with its product id.
    ///
    /// # Errors
    /// [`GivenError`] for what no chip can be like.
    pub fn given(chip: &GivenChip) -> Result<Self, GivenError> {
        let GivenChip { product_id, flash_base, erased_byte, write_alignment, .. } = *chip;
        let runs = Runs::new(&chip.runs).ok_or(GivenError::Units)?;
        let units: u32 = runs.iter().map(|run| u32::from(run.count)).sum();
        // 0xFFF0 and above are no numbers to Extended Erase.
        if !(1..0xFFF0).contains(&units) {
            return Err(GivenError::Units);
        }
        let size = runs.iter().try_fold(0_u32, |size, run| size.checked_add(run.size.checked_mul(run.count.into())?));
        let size = size.filter(|&size| flash_base.checked_add(size).is_some()).ok_or(GivenError::TooLarge)?;
        if size == 0 {
            return Err(GivenError::Units);
        }
        let fits = |block: &&u16| {
            let block = u32::from(**block);
            flash_base.is_multiple_of(block) && runs.iter().all(|run| run.size.is_multiple_of(block))
        };
        let max_block = *BLOCKS.iter().find(fits).ok_or(GivenError::Unaligned)?;
        if !write_alignment.is_power_of_two() || !(4..=128).contains(&write_alignment) {
            return Err(GivenError::Alignment);
        }
        if chip.ram.is_empty() {
            return Err(GivenError::Ram);
        }
        let geometry = Geometry { base: flash_base, runs, size };
        Ok(Self { write_alignment, max_block, erased_byte, ..Self::with_flash(product_id, geometry, chip.ram.clone()) })
    }

    /// A chip of which no more is known than its flash and its RAM, unless the table has the rest.
    pub(crate) fn with_flash(product_id: ProductId, geometry: Geometry, ram: Range<u32>) -> Self {
        let (smallest, largest) = geometry.unit_sizes();
        let row = Self::by_product_id(product_id).unwrap_or(&UNLISTED);
        Self {
            product_id,
            geometry,
            layouts: &[],
            flash_size_register: None,
            usable_ram: Some(ram),
            times: FlashTimes {
                program_256: Duration::from_millis(7),
                erase_smallest: guessed_erase(smallest),
                erase_largest: guessed_erase(largest),
                worst_factor: 4,
            },
            times_from_2v7: None,
            source: Source::Given,
            ..row.clone()
        }
    }
}

/// As slow as the slower chips: 40 ms for a small page, 2 s for a sector of 128 KiB.
fn guessed_erase(size: u32) -> Duration {
    Duration::from_millis(40 + u64::from(size) / 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> GivenChip {
        GivenChip {
            product_id: ProductId(0x7FF),
            flash_base: 0x0800_0000,
            runs: vec![Run { count: 64, size: 2048 }],
            erased_byte: 0xFF,
            write_alignment: 8,
            ram: 0x2400_0000..0x2400_8000,
        }
    }

    fn error(change: impl FnOnce(&mut GivenChip)) -> Option<GivenError> {
        let mut chip = given();
        change(&mut chip);
        Chip::given(&chip).err()
    }

    #[test]
    fn a_chip_is_as_it_was_given() {
        let chip = Chip::given(&given()).expect("it is possible");
        assert_eq!((chip.geometry.size, chip.geometry.units().count()), (128 << 10, 64));
        assert_eq!((chip.erased_byte, chip.write_alignment, chip.max_block), (0xFF, 8, 256));
        assert_eq!((chip.source, chip.unique_id), (Source::Given, None));
        assert!(chip.stack_may_start_at(0x2400_8000) && !chip.stack_may_start_at(0x2000_8000));
    }

    #[test]
    fn small_pages_make_small_blocks() {
        let chip = GivenChip { runs: vec![Run { count: 512, size: 128 }], ..given() };
        assert_eq!(Chip::given(&chip).expect("it is possible").max_block, 128);
    }

    #[test]
    fn a_chip_of_the_table_keeps_its_name_and_is_as_large_as_it_was_given() {
        let chip = GivenChip { product_id: ProductId(0x410), ..given() };
        let chip = Chip::given(&chip).expect("it is possible");
        assert_eq!((chip.name, chip.flash_size_register), ("STM32F101/102/103x8/xB", None));
        assert_eq!((chip.geometry.units().count(), chip.source), (64, Source::Given));
    }

    #[test]
    fn what_no_chip_can_be_like_is_refused() {
        let run = |count, size| vec![Run { count, size }];
        assert_eq!(error(|chip| chip.runs.clear()), Some(GivenError::Units));
        assert_eq!(error(|chip| chip.runs = vec![Run { count: 1, size: 2048 }; 9]), Some(GivenError::Units));
        assert_eq!(error(|chip| chip.runs = run(0xFFF0, 256)), Some(GivenError::Units));
        assert_eq!(error(|chip| chip.runs = run(4, 0)), Some(GivenError::Units));
        assert_eq!(error(|chip| chip.runs = run(4, 100)), Some(GivenError::Unaligned));
        assert_eq!(error(|chip| chip.flash_base = 0x0800_0040), Some(GivenError::Unaligned));
        assert_eq!(error(|chip| chip.runs = run(0xFFFF, 1)), Some(GivenError::Units));
        assert_eq!(error(|chip| chip.runs = run(0x8000, 0x2_0000)), Some(GivenError::TooLarge));
        assert_eq!(error(|chip| chip.flash_base = 0xFFFF_F000), Some(GivenError::TooLarge));
        for alignment in [0, 2, 12, 256] {
            assert_eq!(error(|chip| chip.write_alignment = alignment), Some(GivenError::Alignment));
        }
        assert_eq!(error(|chip| chip.ram = 0x2000_0000..0x2000_0000), Some(GivenError::Ram));
    }
}
