//! Telling the ROM of F2, F4 and F7 the supply voltage.
//!
//! Their flash programs and erases as many bits at a time as the supply allows. The ROM cannot measure it, so it takes it
//! for below 2.1 V, the slowest, unless it is told (AN2606 §4.4).

use super::{Bootloader, Error};
use crate::port::Port;

/// The place that holds the range: not memory, but readable and writable as if it were.
pub(crate) const PLACE: u32 = 0xFFFF_0000;

/// What the supply is, at least. Told too high, the flash is programmed with less than it needs, and may lose it in time:
/// only who built the device knows.
///
/// The fifth range of AN2606 Table 4, for which 9 V must be put on a pin, is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoltageRange {
    /// 1.8 V: a byte at a time, as after a reset.
    From1V8,
    /// 2.1 V: a half-word at a time.
    From2V1,
    /// 2.4 V: a half-word at a time.
    From2V4,
    /// 2.7 V: a word at a time.
    From2V7,
}

impl VoltageRange {
    /// What is written to the place: the other three bytes must be as they are (AN2606 §4.4).
    pub(crate) const fn bytes(self) -> [u8; 4] {
        [self as u8, 0xFF, 0xFF, 0xFF]
    }
}

impl<P: Port> Bootloader<P> {
    /// Tells the ROM the supply voltage, and reads back whether it took it. It counts until the next reset.
    ///
    /// # Errors
    /// [`Error::Refused`] where the ROM has no such place.
    pub async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, Error> {
        let bytes = range.bytes();
        self.write_memory(PLACE, &bytes).await?;
        let mut found = [0];
        self.read_memory(PLACE, &mut found).await?;
        Ok(found[0] == bytes[0])
    }
}
