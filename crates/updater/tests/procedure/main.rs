//! Whole updates on simulated chips: image, check, plan, procedure, and what is in flash afterwards.

mod bursts;
mod dies;
mod fault_matrix;
mod interruptions;
mod ladder;
mod mass_erase;
mod refusals;
mod repairs;
mod savings;
mod supply;
mod usb;
mod whole;

use pollster::block_on;
use stm32_bootloader::chip::{Chip, ProductId};
use stm32_bootloader::sim::{Event as Done, Rom, SimulatedPort};
use stm32_bootloader::usart::{Bootloader, Identity, Pace, identify};
use updater::{Before, Event, Failure, Image, Observer, Progress, Stamped, Supply, Target, check};

const BASE: u32 = 0x0800_0000;

/// F405, F103, G071 and L073, each with the size of an image for it: 200 KiB where that fits.
const CHIPS: [(u16, usize); 4] = [(0x413, 200 << 10), (0x410, 120 << 10), (0x460, 120 << 10), (0x447, 190 << 10)];

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

/// A program of `size` bytes that would start on each chip here, and differs with `seed`.
fn program(size: usize, seed: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        (0..size as u32).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    bytes[..4].copy_from_slice(&0x2000_1000_u32.to_le_bytes());
    bytes[4..8].copy_from_slice(&0x0800_0041_u32.to_le_bytes());
    bytes
}

/// A chip that runs an older program.
fn in_the_field(product_id: u16) -> Rom {
    Rom::new(chip(product_id)).with_flash(BASE, &program(3000, 7))
}

/// What an update told, and when it is cancelled.
#[derive(Default)]
struct Recorder {
    stamped: Vec<Stamped>,
    progress: Progress,
    /// The numbers of events after which the person asks for the end.
    cancel_after: Option<usize>,
}

impl Observer for Recorder {
    fn observe(&mut self, stamped: Stamped) {
        let before = self.progress.fraction();
        self.progress.apply(&stamped);
        assert!(self.progress.fraction() >= before, "progress went back at {:?}", stamped.event);
        self.stamped.push(stamped);
    }

    fn cancelled(&self) -> bool {
        self.cancel_after.is_some_and(|count| self.stamped.len() >= count)
    }
}

impl Recorder {
    fn events(&self) -> impl Iterator<Item = &Event> {
        self.stamped.iter().map(|stamped| &stamped.event)
    }
}

/// Connects, identifies, checks and updates, as a session does.
fn update(port: &mut SimulatedPort, payload: &[u8], recorder: &mut Recorder) -> Result<updater::Done, Failure> {
    update_from(port, payload, Before::Unknown, recorder)
}

fn update_from(
    port: &mut SimulatedPort,
    payload: &[u8],
    before: Before,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    let mut bootloader = block_on(Bootloader::connect(port)).expect("the chip answers");
    update_over(&mut bootloader, payload, before, recorder)
}

fn update_over(
    bootloader: &mut Bootloader<&mut SimulatedPort>,
    payload: &[u8],
    before: Before,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    update_supplied(bootloader, payload, before, Supply::Unknown, recorder)
}

fn update_supplied(
    bootloader: &mut Bootloader<&mut SimulatedPort>,
    payload: &[u8],
    before: Before,
    supply: Supply,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    update_paced(bootloader, payload, before, supply, Pace::Strict, recorder)
}

fn update_paced(
    bootloader: &mut Bootloader<&mut SimulatedPort>,
    payload: &[u8],
    before: Before,
    supply: Supply,
    pace: Pace,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    update_at(BASE, bootloader, payload, |target| Target { before, supply, pace, ..target }, recorder)
}

/// Identifies, checks and updates with a raw binary at `address`, and with what is known of the `target`.
fn update_at(
    address: u32,
    bootloader: &mut Bootloader<&mut SimulatedPort>,
    payload: &[u8],
    target: impl for<'a> FnOnce(Target<'a>) -> Target<'a>,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    let Identity { chip, geometry, .. } = block_on(identify(bootloader)).expect("the chip tells what it is");
    let image = Image::parse(payload, address).expect("it is a raw binary");
    check(&image, &chip, &geometry).expect("the image is for this chip");
    block_on(updater::update(bootloader, &image, target(Target::new(&chip, &geometry)), recorder))
}

/// What was done to the chip.
fn done(rom: &Rom) -> impl Iterator<Item = &Done> {
    rom.log().iter().map(|entry| &entry.event)
}

fn holds(rom: &Rom, payload: &[u8]) -> bool {
    rom.flash().starts_with(payload)
}
