//! A chip that the table does not have, as `fieldflash.json` describes it.

use serde::Deserialize;
use stm32_bootloader::chip::{Chip, GivenChip, GivenError, ProductId, Run};

use super::Address;

/// One of `product.chips`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    product_id: Address,
    /// The flash's erase units from its beginning on.
    units: Vec<Units>,
    #[serde(default = "flash")]
    flash: Address,
    #[serde(default = "blank")]
    erased: u8,
    #[serde(default = "half_block")]
    write_alignment: u16,
    /// Beginning and end of the RAM that a stack may lie in.
    ram: [Address; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    count: u16,
    size: Address,
}

const fn flash() -> Address {
    Address(0x0800_0000)
}

const fn blank() -> u8 {
    0xFF
}

/// What suits every flash: blocks are written whole.
const fn half_block() -> u16 {
    128
}

impl Description {
    /// The chip.
    ///
    /// # Errors
    /// [`GivenError`] for what no chip can be like.
    pub fn chip(&self) -> Result<Chip, GivenError> {
        Chip::given(&GivenChip {
            product_id: ProductId(u16::try_from(self.product_id.0).unwrap_or(u16::MAX)),
            flash_base: self.flash.0,
            runs: self.units.iter().map(|units| Run { count: units.count, size: units.size.0 }).collect(),
            erased_byte: self.erased,
            write_alignment: self.write_alignment,
            ram: self.ram[0].0..self.ram[1].0,
        })
    }
}
