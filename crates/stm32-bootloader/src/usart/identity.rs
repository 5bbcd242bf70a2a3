//! Which chip is at the other end.

use core::fmt;

use super::{Bootloader, Error, IdentifyError, ProtocolVersion, Stage};
use crate::chip::{Chip, Geometry, UniqueIdRegister};
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
    /// The row of the table.
    pub chip: &'static Chip,
    /// The protocol's version.
    pub version: ProtocolVersion,
    /// The flash of the chip at hand: the row's, cut to what the size register says.
    pub geometry: Geometry,
    /// Whether the size register was read and believed; otherwise the size is the largest of the die.
    pub size_read: bool,
    /// The unique id, where the chip's place for it is known and readable.
    pub unique_id: Option<UniqueId>,
}

/// Looks the chip up and reads its size register and unique id.
///
/// # Errors
/// [`IdentifyError`] for a chip that is not in the table or that refuses to be read.
pub async fn identify<P: Port>(bootloader: &mut Bootloader<P>) -> Result<Identity, IdentifyError> {
    let id = bootloader.product_id();
    let chip = Chip::by_product_id(id).ok_or(IdentifyError::Unknown(id))?;
    if chip.geometry.size == 0 {
        return Err(IdentifyError::NoGeometry { name: chip.name });
    }
    // Reading flash is what read-out protection refuses; it is also the first exchange as long as the update's own.
    let mut block = vec![0; usize::from(chip.max_block)];
    match bootloader.read_memory(chip.geometry.base, &mut block).await {
        Err(Error::Refused { stage: Stage::Opcode, .. }) => return Err(IdentifyError::Protected),
        result => result?,
    }
    let size = match chip.flash_size_register {
        Some(address) => read_register(bootloader, chip, address).await?.map(|[low, high, ..]| [low, high]),
        None => None,
    };
    let size = size.map_or(0, |kib| u32::from(u16::from_le_bytes(kib)) << 10);
    let unique_id = match chip.unique_id {
        Some(register) => read_unique_id(bootloader, chip, register).await?,
        None => None,
    };
    Ok(Identity {
        chip,
        version: bootloader.version(),
        geometry: chip.geometry.with_size(size),
        size_read: size != 0 && size <= chip.geometry.size,
        unique_id,
    })
}

async fn read_unique_id<P: Port>(
    bootloader: &mut Bootloader<P>,
    chip: &Chip,
    register: UniqueIdRegister,
) -> Result<Option<UniqueId>, Error> {
    let mut id = [0; 12];
    for (word, offset) in id.chunks_exact_mut(4).zip(register.offsets) {
        match read_register(bootloader, chip, register.address + u32::from(offset)).await? {
            Some(bytes) => word.copy_from_slice(&bytes),
            None => return Ok(None),
        }
    }
    // An unreadable place reads as all ones or all zeros, which no chip has as its id.
    let real = id.iter().any(|&byte| byte != id[0]);
    Ok(real.then_some(UniqueId(id)))
}

/// The four bytes at `address`, or `None` where the ROM does not let them be read.
///
/// F4 and L0 refuse short reads here, so the aligned block around the register is read whole.
async fn read_register<P: Port>(
    bootloader: &mut Bootloader<P>,
    chip: &Chip,
    address: u32,
) -> Result<Option<[u8; 4]>, Error> {
    let length = u32::from(chip.max_block);
    let start = address - address % length;
    let mut block = vec![0; usize::from(chip.max_block)];
    match bootloader.read_memory(start, &mut block).await {
        Ok(()) => {
            let offset = (address - start) as usize;
            // A 16-bit register may be the last thing in its block.
            let mut bytes = [0; 4];
            let tail = &block[offset..(offset + 4).min(block.len())];
            bytes[..tail.len()].copy_from_slice(tail);
            Ok(Some(bytes))
        }
        Err(Error::Refused { stage: Stage::Address | Stage::Body, .. }) => {
            let mut bytes = [0; 4];
            match bootloader.read_memory(address, &mut bytes).await {
                Ok(()) => Ok(Some(bytes)),
                Err(Error::Refused { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}
