//! Which chip is behind a USB device.
//!
//! The protocol has no Get ID, and the processor's own id is no memory that the ROM lets be read. What a device does tell is
//! how its flash is divided, and where its option bytes are, which differs from family to family. So a device can be one of
//! several dies, and is taken for all of them at once: its RAM is as large as the largest's, its flash as slow as the
//! slowest's.

use super::{Alternate, Area, Bootloader, Error, IdentifyError, MemoryLayout};
use crate::chip::{Chip, Geometry, Layout, OptionBit, ProductId};
use crate::pipe::ControlPipe;
use crate::usart::Division;

/// The dies whose ROM has USB (AN2606 Table 3), with where they list their option bytes, as far as dfu-util's lists of such
/// devices were found: mostly where the chip has them.
#[rustfmt::skip]
const ON_USB: &[(&[u16], Options)] = &[
    (&[0x493, 0x445, 0x448, 0x418, 0x411, 0x432, 0x422, 0x439, 0x446], Options::AsInTable),
    (&[0x413, 0x423, 0x433, 0x431, 0x441, 0x463, 0x421, 0x452, 0x449, 0x451], Options::AsInTable),
    (&[0x468, 0x479, 0x447, 0x427, 0x436, 0x437], Options::AsInTable),
    (&[0x464, 0x435, 0x462, 0x415, 0x461, 0x470, 0x471, 0x495], Options::AsInTable),
    (&[0x455, 0x482, 0x481, 0x476, 0x472], Options::AsInTable),
    // A second bank has some of its own.
    (&[0x419, 0x434], Options::AlsoAt(0x1FFE_C000)),
    (&[0x469], Options::AlsoAt(0x1FFF_F800)),
    // Registers, from FLASH_OPTSR_CUR on.
    (&[0x483, 0x450, 0x480], Options::At(0x5200_201C)),
    // The G0B1 lists its flash three times, the C5 only once.
    (&[0x467, 0x44E, 0x44F, 0x45A], Options::Unlisted),
    (&[0x474, 0x478, 0x484, 0x47A, 0x485, 0x489, 0x454, 0x42A, 0x4B2, 0x4B0], Options::Unknown),
];

/// Where a die lists its option bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Options {
    /// Where the table has them.
    AsInTable,
    /// Elsewhere.
    At(u32),
    /// In two places: there, and where the table has them.
    AlsoAt(u32),
    /// Nowhere.
    Unlisted,
    /// No list of such a device was found.
    Unknown,
}

/// ST's vendor id. What has another one may describe its memory as it likes.
const ST: u16 = 0x0483;
/// The most bytes of a block (AN3156 §4.1).
const MOST_BLOCK: u16 = 2048;

/// A chip, as far as it tells of itself over USB.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What it is taken for: the row of the table, or several in one; with the device's own units and transfer size.
    pub chip: Chip,
    /// The rows that it may be; none where the table has no such chip.
    pub candidates: Vec<&'static Chip>,
    /// The flash of the chip at hand.
    pub geometry: Geometry,
    /// How the division of the flash is known.
    pub division: Division,
}

impl Identity {
    /// What it may be, for people: `STM32F405/407/415/417 or STM32F412`.
    pub fn name(&self) -> String {
        match &self.candidates[..] {
            [] => self.chip.name.to_owned(),
            rows => rows.iter().map(|chip| chip.name).collect::<Vec<_>>().join(" or "),
        }
    }
}

/// Looks the device up by what it describes, finds out whether it is protected, and reads the option byte that divides its
/// flash: some ROMs describe a flash of one bank where there are two (STM32CubeProgrammer fails on such an STM32F767,
/// STM32Cube_MCU_Overall_Offer issue 11).
///
/// # Errors
/// [`IdentifyError`] for a chip that refuses to be read, or does not answer.
pub async fn identify<P: ControlPipe>(bootloader: &mut Bootloader<P>) -> Result<Identity, IdentifyError> {
    let mut geometry = *bootloader.geometry();
    let mut beginning = [0; 16];
    match read(bootloader, geometry.base, &mut beginning).await {
        Err(error) if error.is_protection() => return Err(IdentifyError::Protected),
        result => result?,
    }
    let of_st = bootloader.device().vendor == ST;
    let candidates = if of_st { candidates(bootloader.alternates(), &geometry) } else { Vec::new() };
    let layouts: Vec<Option<&Layout>> = candidates.iter().map(|row| row.layout(geometry.size)).collect();
    let division = match layouts[..] {
        // Where another die may be meant that does not have it, an option bit says nothing.
        [Some(layout), ref rest @ ..] if rest.iter().all(|other| *other == Some(layout)) => {
            let (set, division) = match layout.bit {
                None => (None, Division::Fixed),
                Some(bit) => match option_bit(bootloader, bit).await? {
                    None => (None, Division::Assumed),
                    set => (set, Division::Read),
                },
            };
            geometry.runs = layout.runs(set);
            division
        }
        _ if layouts.iter().flatten().any(|layout| layout.bit.is_some()) => Division::Assumed,
        _ => Division::Fixed,
    };
    // The largest power of two that a transfer has room for, so that units are whole multiples of it or it of them.
    let block = 1 << bootloader.functional().transfer_size.min(MOST_BLOCK).ilog2();
    let chip = Chip { max_block: block, ..Chip::any_of(&candidates, &geometry) };
    Ok(Identity { chip, candidates, geometry, division })
}

/// The rows that the device can be: by its option bytes and its flash, or by its flash alone where it lists no option bytes
/// or others than are known.
fn candidates(alternates: &[Alternate], flash: &Geometry) -> Vec<&'static Chip> {
    let addresses = layouts(alternates).flat_map(|layout| &layout.areas).map(|area| area.address);
    let others: Vec<u32> = addresses.filter(|address| !(flash.base..flash.end()).contains(address)).collect();
    let lists_options_at = |address| others.contains(&address);
    let rows = |wanted: &dyn Fn(&Chip, Options) -> bool| -> Vec<&'static Chip> {
        let dies = ON_USB.iter().flat_map(|(dies, options)| dies.iter().map(move |die| (*die, *options)));
        let rows = dies.filter_map(|(die, options)| Some((Chip::by_product_id(ProductId(die))?, options)));
        rows.filter(|(row, options)| wanted(row, *options)).map(|(row, _)| row).collect()
    };
    // Who lists no option bytes may be one of which it is not known what it lists.
    let unknown = |options| options == Options::Unknown || options == Options::Unlisted && others.is_empty();
    let in_table = |row: &Chip| row.option_bytes.as_ref().is_some_and(|range| lists_options_at(range.start));
    let by_both_places = rows(&|row, options| {
        matches!(options, Options::AlsoAt(second) if lists_options_at(second))
            && in_table(row)
            && divides_like(row, flash)
    });
    let by_options = rows(&|row, options| {
        let listed = match options {
            Options::AsInTable => in_table(row),
            Options::At(address) => lists_options_at(address),
            Options::AlsoAt(_) | Options::Unlisted | Options::Unknown => false,
        };
        listed && divides_like(row, flash)
    });
    let by_flash = rows(&|row, options| unknown(options) && divides_like(row, flash));
    [by_both_places, by_options, by_flash].into_iter().find(|rows| !rows.is_empty()).unwrap_or_default()
}

/// Whether a chip of this die can have the units that the device describes.
fn divides_like(row: &Chip, flash: &Geometry) -> bool {
    let places = |geometry: Geometry| geometry.units().map(|unit| (unit.address, unit.size));
    let like = |runs| places(*flash).eq(places(Geometry { runs, size: flash.size, ..row.geometry }));
    flash.size <= row.geometry.size
        && match row.layout(flash.size) {
            Some(layout) => like(layout.set) || like(layout.clear),
            None => like(row.geometry.runs),
        }
}

/// What is known of each memory.
fn layouts(alternates: &[Alternate]) -> impl Iterator<Item = &MemoryLayout> {
    alternates.iter().filter_map(|memory| memory.layout.as_ref().ok())
}

async fn option_bit<P: ControlPipe>(bootloader: &mut Bootloader<P>, bit: OptionBit) -> Result<Option<bool>, Error> {
    let holds = |area: &&Area| area.access.read && area.range().contains(&bit.byte);
    let area = layouts(bootloader.alternates()).flat_map(|layout| &layout.areas).find(holds).copied();
    let Some(area) = area else { return Ok(None) };
    // Option bytes are only read all at once (AN3156 §4.1).
    let mut bytes = vec![0; area.range().len()];
    match read(bootloader, area.address, &mut bytes).await {
        Err(Error::Refused { .. }) => Ok(None),
        result => {
            result?;
            Ok(bit.read(|address| bytes.get(address.checked_sub(area.address)? as usize).copied()))
        }
    }
}

async fn read<P: ControlPipe>(bootloader: &mut Bootloader<P>, address: u32, buffer: &mut [u8]) -> Result<(), Error> {
    bootloader.insist(async |bootloader: &mut Bootloader<P>| bootloader.read(address, buffer).await).await
}
