//! What some devices do differently, as data.
//!
//! Only what a client must know beforehand is here. What it can notice is handled for every device: poll time-outs that
//! are too short or never end (STM32L4, STM32F405, Black Magic), a status that comes only when the work is done
//! (STM32F745) or is stalled until then (STM32L4, STM32F072), CLRSTATUS that is stalled outside of dfuERROR (STM32C5), a
//! start in dfuERROR (STM32F767), transfers that are stalled beyond 1024 bytes (early STM32L432).

use super::{Device, MemoryLayout};
use crate::chip::{Geometry, Run, Runs};

/// What a device does differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks {
    /// After the erase of some units it stays in dfuDNBUSY for ever, though the erase is complete. CLRSTATUS twice helps,
    /// as STM32CubeProgrammer does it: the first leads to dfuERROR, the second to dfuIDLE. STM32H743 revision V, beyond
    /// the first MiB (betaflight-configurator 1861, 5348).
    pub stays_busy: bool,
    /// Its memory layout is wrong, and its serial number tells the right one. GD32VF103 (dfu-util's `LAYOUT`).
    pub size_in_serial: bool,
}

/// Vendor and product of the GD32VF103.
const GD32VF103: (u16, u16) = (0x28E9, 0x0189);
/// The option registers of the STM32H7, by which its layout is known (as dfu-util lists an STM32H743).
const H7_OPTIONS: u32 = 0x5200_201C;

impl Quirks {
    /// Those of a device, by what it says of itself.
    pub(super) fn of(device: &Device, layouts: &[&MemoryLayout]) -> Self {
        let has_options_at =
            |address| layouts.iter().flat_map(|layout| &layout.areas).any(|area| area.address == address);
        Self { stays_busy: has_options_at(H7_OPTIONS), size_in_serial: (device.vendor, device.product) == GD32VF103 }
    }
}

/// The flash of a GD32VF103, as the third character of its serial number tells it (`3CBJ` is a CB): pages of 1 KiB.
pub(super) fn gd32_geometry(serial: &str, base: u32) -> Option<Geometry> {
    let count = match serial.as_bytes().get(2)? {
        b'4' => 16,
        b'6' => 32,
        b'8' => 64,
        b'B' => 128,
        _ => return None,
    };
    let runs = Runs::new(&[Run { count, size: 1024 }])?;
    Some(Geometry { base, runs, size: runs.size() })
}
