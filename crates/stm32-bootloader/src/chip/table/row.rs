//! How a row is made from what its family shares.

use core::ops::Range;
use core::time::Duration;

use super::family::unique_id;
use crate::chip::{Chip, Layout, Limitation, ProductId, Runs, Source};

impl Chip {
    /// A die of this family. `usable_ram` is what the bootloader lets be written, empty where that is nothing;
    /// the SRAM ends where it ends, unless [`sram_to`](Self::sram_to) says otherwise.
    pub(super) const fn die(mut self, product_id: u16, name: &'static str, runs: Runs, usable_ram: Range<u32>) -> Self {
        self.product_id = ProductId(product_id);
        self.name = name;
        self.geometry.runs = runs;
        self.geometry.size = runs.size();
        self.sram_end = usable_ram.end;
        if usable_ram.start < usable_ram.end {
            self.usable_ram = Some(usable_ram);
        }
        self
    }

    /// The SRAM goes on to `end`, beyond what AN2606 lets the bootloader write.
    pub(super) const fn sram_to(mut self, end: u32) -> Self {
        self.sram_end = end;
        self
    }

    /// The ROM is here, unlike on the rest of the family.
    pub(super) const fn rom(mut self, system_memory: Range<u32>) -> Self {
        self.system_memory = Some(system_memory);
        self
    }

    /// The option bytes are here, unlike on the rest of the family.
    pub(super) const fn options(mut self, option_bytes: Range<u32>) -> Self {
        self.option_bytes = Some(option_bytes);
        self
    }

    /// Size and id are found here, unlike on the rest of the family.
    pub(super) const fn registers(mut self, flash_size: u32, id: u32) -> Self {
        self.flash_size_register = Some(flash_size);
        self.unique_id = unique_id(id);
        self
    }

    /// The size register does not hold KiB, or there is none.
    pub(super) const fn without_size(mut self) -> Self {
        self.flash_size_register = None;
        self
    }

    /// The same, and there is no place for the unique id that is known to be readable.
    pub(super) const fn without_registers(mut self) -> Self {
        self.unique_id = None;
        self.without_size()
    }

    /// The ROM's version is here, and something depends on it.
    pub(super) const fn version_at(mut self, address: u32) -> Self {
        self.rom_version = Some(address);
        self
    }

    /// Writes keep to multiples of so many bytes, unlike on the rest of the family.
    pub(super) const fn aligned_to(mut self, bytes: u16) -> Self {
        self.write_alignment = bytes;
        self
    }

    /// The flash is divided otherwise on some chips, or as an option bit says.
    pub(super) const fn divided_by(mut self, layouts: &'static [Layout]) -> Self {
        self.layouts = layouts;
        self
    }

    /// The ROM listens so many microseconds after a reset, unlike on the rest of the family.
    pub(super) const fn starts_in(mut self, microseconds: u64) -> Self {
        self.start_up = Duration::from_micros(microseconds);
        self
    }

    /// ST tested some of the chips at no more than this baud.
    pub(super) const fn tested_to(mut self, baud: u32) -> Self {
        self.tested_baud = baud;
        self
    }

    /// What the ROM does wrong.
    pub(super) const fn limited_by(mut self, limitations: &'static [Limitation]) -> Self {
        self.limitations = limitations;
        self
    }

    /// The geometry was found in this of ST, unlike that of the rest of the family.
    pub(super) const fn told_by(mut self, document: &'static str) -> Self {
        self.source = Source::Document(document);
        self
    }

    /// The flash's division is recalled, or found in one public table only.
    pub(super) const fn recalled(mut self) -> Self {
        self.source = Source::Recalled;
        self
    }
}
