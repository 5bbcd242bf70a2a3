//! Telling the ROM of F2, F4 and F7 the supply voltage, as over a USART.

use super::{Bootloader, Error};
use crate::pipe::ControlPipe;
use crate::usart::{VOLTAGE_PLACE, VoltageRange};

impl<P: ControlPipe> Bootloader<P> {
    /// Tells the ROM the supply voltage, and reads back whether it took it. It counts until the next reset. ROMs that can be
    /// told list the place as a memory, `@Device Feature`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the device has no such memory.
    pub async fn set_voltage_range(&mut self, range: VoltageRange) -> Result<bool, Error> {
        let bytes = range.bytes();
        self.write(VOLTAGE_PLACE, &bytes).await?;
        let mut found = [0; 4];
        self.read(VOLTAGE_PLACE, &mut found).await?;
        Ok(found[0] == bytes[0])
    }
}
