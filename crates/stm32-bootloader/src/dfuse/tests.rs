//! The client against the simulated chip, and what it reads of descriptors.

mod commands;
mod connect;
mod descriptors;
mod identity;
mod layout;
mod quirks;
mod recovery;
mod transfers;

use core::time::Duration;

use pollster::block_on;

use super::{Bootloader, Command, Error, State, Status};
use crate::chip::{Chip, ProductId};
use crate::sim::{Event, PipeFaults, Quirks, Rom, SimulatedPipe, UsbQuirks, UsbRom};

const BASE: u32 = 0x0800_0000;
/// Longer than any erase here takes.
const WORST: Duration = Duration::from_secs(40);

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

fn rom(product_id: u16) -> Rom {
    Rom::new(chip(product_id))
}

fn pipe(rom: Rom) -> SimulatedPipe {
    SimulatedPipe::new(UsbRom::new(rom))
}

fn quirky(rom: Rom, quirks: UsbQuirks) -> SimulatedPipe {
    SimulatedPipe::new(UsbRom::new(rom).with_quirks(quirks))
}

/// A client that has connected.
fn connected(pipe: SimulatedPipe) -> Bootloader<SimulatedPipe> {
    block_on(Bootloader::connect(pipe)).expect("the device answers")
}

/// What was done to the chip, without the moments.
fn events(bootloader: &mut Bootloader<SimulatedPipe>) -> Vec<Event> {
    bootloader.pipe().device().rom().log().iter().map(|entry| entry.event.clone()).collect()
}

fn flash(bootloader: &mut Bootloader<SimulatedPipe>) -> &[u8] {
    bootloader.pipe().device().rom().flash()
}

/// So many transfers did `what` take.
fn transfers(
    bootloader: &mut Bootloader<SimulatedPipe>,
    what: impl AsyncFnOnce(&mut Bootloader<SimulatedPipe>) -> Result<(), Error>,
) -> u64 {
    let before = bootloader.pipe().transfers();
    block_on(what(bootloader)).expect("nothing is in the way");
    bootloader.pipe().transfers() - before
}

/// Bytes without a pattern of the block's size.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7 + n / 251) as u8 | 1).collect()
}
