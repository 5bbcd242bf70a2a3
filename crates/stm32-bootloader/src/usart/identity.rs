//! Which chip is at the other end.

use core::fmt;
use std::collections::BTreeMap;

use super::{Bootloader, Command, Error, IdentifyError, ProtocolVersion, Stage};
use crate::chip::{Advice, Chip, Geometry, OptionBit, RomVersion, Source, UniqueIdRegister};
use crate::port::Port;

/// The 96-bit number that ST gives each chip, in order of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UniqueId(pub [u8; 12]);

/// As three 32-bit words in order of address, each with its most significant digit first, as debuggers show them.
impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks_exact(4).try_for_each(|word| word.iter().rev().try_for_each(|byte| write!(f, "{byte:02X}")))
    }
}

/// A chip, as far as it tells of itself.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The row of the table, or the chip as it was given, as far as its ROM does what it should ([`Chip::heed`]).
    pub chip: Chip,
    /// The ROM's own version, where something depends on it and it was readable.
    pub rom: Option<RomVersion>,
    /// The protocol's version.
    pub version: ProtocolVersion,
    /// The flash of the chip at hand: the row's, cut to what the size register says.
    pub geometry: Geometry,
    /// How the division of the flash is known.
    pub division: Division,
    /// Whether the size register was read and believed; otherwise the size is the largest of the die.
    pub size_read: bool,
    /// The unique id, where the chip's place for it is known and readable.
    pub unique_id: Option<UniqueId>,
}

/// How the division of a flash is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// All chips of the die with that much flash have the same.
    Fixed,
    /// An option bit decides, and was read.
    Read,
    /// The same, with numbers of the units that are recalled: the person is warned as of a [recalled](Source::Recalled) row.
    Recalled,
    /// An option bit decides, and could not be read: it is taken for that of a chip as delivered.
    Assumed,
}

impl Identity {
    /// Whether how the flash is divided was found in what ST published, and in the chip where that decides.
    pub const fn is_proven(&self) -> bool {
        matches!((self.chip.source, self.division), (Source::Document(_), Division::Fixed | Division::Read))
    }

    /// What the person does about the faults of this ROM.
    pub fn advice(&self) -> impl Iterator<Item = Advice> {
        self.chip.advice(self.rom)
    }
}

/// Looks the chip up and reads its size register, its unique id, the option byte that divides its flash and the ROM's
/// version.
///
/// # Errors [`IdentifyError`] for a chip that refuses to be read, and for one that is not in the table: whoever knows
/// it can say what it is like, and go on with [`identify_as`].
pub async fn identify<P: Port>(bootloader: &mut Bootloader<P>) -> Result<Identity, IdentifyError> {
    let id = bootloader.product_id();
    let chip = Chip::by_product_id(id).ok_or(IdentifyError::Unknown(id))?;
    read_identity(bootloader, chip.clone()).await
}

/// Takes the chip for `chip`, as it was [given](Chip::given), whether or not the table has it, and reads what can be read.
///
/// # Errors
/// [`IdentifyError::OtherChip`] when the chip has another product id, [`IdentifyError::NotThere`] when its flash does not
/// reach as far as was given, and as for [`identify`].
pub async fn identify_as<P: Port>(bootloader: &mut Bootloader<P>, chip: Chip) -> Result<Identity, IdentifyError> {
    let found = bootloader.product_id();
    if chip.product_id != found {
        return Err(IdentifyError::OtherChip { given: chip.product_id, found });
    }
    let identity = read_identity(bootloader, chip).await?;
    let address = identity.geometry.end() - u32::from(identity.chip.max_block);
    match read(bootloader, address, usize::from(identity.chip.max_block)).await {
        Err(Error::Refused { .. }) => Err(IdentifyError::NotThere { address }),
        result => Ok(result.map(|_| identity)?),
    }
}

/// The unique id of an [identified](identify) `chip`, read until two answers agree: for who takes it for the device's name.
/// There, unlike in its size, nothing shows a disturbed byte.
///
/// # Errors
/// As for [`identify`].
pub async fn proven_unique_id<P: Port>(
    bootloader: &mut Bootloader<P>,
    chip: &Chip,
) -> Result<Option<UniqueId>, IdentifyError> {
    match chip.unique_id {
        Some(register) => Registers { bootloader, chip, read: BTreeMap::new(), once: false }.unique_id(register).await,
        None => Ok(None),
    }
}

async fn read_identity<P: Port>(bootloader: &mut Bootloader<P>, chip: Chip) -> Result<Identity, IdentifyError> {
    let mut registers = Registers { bootloader, chip: &chip, read: BTreeMap::new(), once: chip.layouts.is_empty() };
    let kib = match chip.flash_size_register {
        Some(address) => registers.size(address).await?,
        None => None,
    };
    let size = u32::from(kib.unwrap_or(0)) << 10;
    let unique_id = match chip.unique_id {
        Some(register) => registers.unique_id(register).await?,
        None => None,
    };
    let mut geometry = chip.geometry.with_size(size);
    let division = match chip.layout(geometry.size) {
        None => Division::Fixed,
        Some(layout) => {
            let (set, division) = match layout.bit {
                None => (None, Division::Fixed),
                Some(bit) => match registers.option_bit(bit).await? {
                    None => (None, Division::Assumed),
                    Some(false) if layout.clear_is_recalled => (Some(false), Division::Recalled),
                    set => (set, Division::Read),
                },
            };
            geometry.runs = layout.runs(set);
            division
        }
    };
    // Where there is no register to read, flash tells whether the ROM lets it be.
    if registers.read.is_empty() {
        match read(registers.bootloader, chip.geometry.base, usize::from(chip.max_block)).await {
            Err(Error::Refused { stage: Stage::Opcode, .. }) => return Err(IdentifyError::Protected),
            result => result.map(drop)?,
        }
    }
    let rom = match chip.rom_version {
        Some(address) => rom_version(registers.bootloader, address, chip.max_block).await?,
        None => None,
    };
    let size_read = size != 0 && size <= chip.geometry.size;
    let mut chip = chip;
    chip.heed(rom);
    Ok(Identity { version: bootloader.version(), geometry, division, size_read, unique_id, chip, rom })
}

/// The ROM's version at `address`, where it can be read. It is asked for once: a disturbed byte matters only where it
/// comes from a ROM with a fault, and then at worst an update fails, and is done again.
async fn rom_version<P: Port>(
    bootloader: &mut Bootloader<P>,
    address: u32,
    max_block: u16,
) -> Result<Option<RomVersion>, Error> {
    let offset = address % u32::from(max_block);
    match read(bootloader, address - offset, usize::from(max_block)).await {
        // Where there is none, it reads as erased.
        Ok(bytes) => Ok(Some(RomVersion(bytes[offset as usize])).filter(|rom| !matches!(rom.0, 0x00 | 0xFF))),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The registers around size and unique id. Each place is read for all that is in it: they share a block on most chips.
struct Registers<'a, P> {
    bootloader: &'a mut Bootloader<P>,
    chip: &'a Chip,
    /// What was read, by address and length; `None` where the ROM does not let it be read.
    read: BTreeMap<(u32, usize), Option<Vec<u8>>>,
    /// Whether an answer is believed at once; else when two agree.
    once: bool,
}

impl<P: Port> Registers<'_, P> {
    /// How many KiB of flash there are. Where nothing else depends on the number, it vouches for its block: it is a power of
    /// two on most chips, and no more if a bit of it is disturbed or the bytes before it are one more or less.
    async fn size(&mut self, address: u32) -> Result<Option<u16>, IdentifyError> {
        let kib = self.bytes(address).await?.map(u16::from_le_bytes);
        if !self.once || kib.is_some_and(u16::is_power_of_two) {
            return Ok(kib);
        }
        self.once = false;
        self.read.clear();
        Ok(self.bytes(address).await?.map(u16::from_le_bytes))
    }

    async fn unique_id(&mut self, register: UniqueIdRegister) -> Result<Option<UniqueId>, IdentifyError> {
        let mut id = [0; 12];
        for (word, offset) in id.chunks_exact_mut(4).zip(register.offsets) {
            match self.bytes::<4>(register.address + u32::from(offset)).await? {
                Some(bytes) => word.copy_from_slice(&bytes),
                None => return Ok(None),
            }
        }
        // An unreadable place reads as all ones or all zeros, which no chip has as its id.
        let real = id.iter().any(|&byte| byte != id[0]);
        Ok(real.then_some(UniqueId(id)))
    }

    /// Whether the option bit is set, or `None` where its byte is not readable or not what is there.
    async fn option_bit(&mut self, bit: OptionBit) -> Result<Option<bool>, IdentifyError> {
        // The first of the option bytes, for all that are needed are among them, and nothing is known of what follows.
        const FIRST: u32 = 16;
        let base = bit.byte - bit.byte % FIRST;
        let Some(bytes) = self.place(base, FIRST as usize).await? else { return Ok(None) };
        Ok(bit.read(|address| bytes.get((address - base) as usize).copied()))
    }

    /// The bytes at `address`, or `None` where the ROM does not let them be read.
    ///
    /// F4 and L0 refuse short reads here, so the aligned block around them is read whole if it can be.
    async fn bytes<const N: usize>(&mut self, address: u32) -> Result<Option<[u8; N]>, IdentifyError> {
        let length = u32::from(self.chip.max_block);
        let offset = (address % length) as usize;
        let whole = self.place(address - address % length, usize::from(self.chip.max_block)).await?;
        if let Some(bytes) = whole {
            return Ok(bytes.get(offset..offset + N).and_then(|bytes| bytes.try_into().ok()));
        }
        Ok(self.place(address, N).await?.and_then(|bytes| bytes.try_into().ok()))
    }

    async fn place(&mut self, address: u32, length: usize) -> Result<Option<Vec<u8>>, IdentifyError> {
        if let Some(read) = self.read.get(&(address, length)) {
            return Ok(read.clone());
        }
        let ask = async |bootloader: &mut Bootloader<P>| read(bootloader, address, length).await;
        let answer = match self.once {
            true => ask(self.bootloader).await,
            // Nothing else tells a disturbed byte from a right one here.
            false => self.bootloader.agreed(Command::ReadMemory, ask).await,
        };
        let found = match answer {
            // No address is readable under read-out protection.
            Err(Error::Refused { stage: Stage::Opcode, .. }) => return Err(IdentifyError::Protected),
            Err(Error::Refused { .. }) => None,
            result => Some(result?),
        };
        self.read.insert((address, length), found.clone());
        Ok(found)
    }
}

async fn read<P: Port>(bootloader: &mut Bootloader<P>, address: u32, length: usize) -> Result<Vec<u8>, Error> {
    bootloader
        .insist(async |bootloader: &mut Bootloader<P>| {
            let mut bytes = vec![0; length];
            bootloader.read_memory(address, &mut bytes).await?;
            Ok(bytes)
        })
        .await
}
