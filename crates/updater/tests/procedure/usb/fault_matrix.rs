//! The fault matrix over USB: one fault at every transfer of an update, on virtual time.
//!
//! Whatever the fault, the update ends verified or with an error that says so; a chip that holds part of an image starts
//! nothing; and another attempt, plugged in again as a person would do it, succeeds.

use std::collections::BTreeMap;

use stm32_bootloader::sim::PipeFaults;
use updater::{DeviceState, Segment};

use super::*;

/// What stands for its kin: sectors, pages, pages of which a block covers several, flash words of 32 bytes.
const KINDS: [u16; 4] = [0x413, 0x422, 0x447, 0x450];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The transfer does not reach the device.
    Lost,
    /// It does, and its end does not reach the host.
    Unanswered,
    Stalled,
    /// For longer than the host waits.
    Delayed,
    /// Before the device sees the transfer.
    Unplugged,
    /// Some time after it, perhaps amid what the device was given to do.
    UnpluggedAfter,
}

const FAULTS: [Fault; 6] =
    [Fault::Lost, Fault::Unanswered, Fault::Stalled, Fault::Delayed, Fault::Unplugged, Fault::UnpluggedAfter];

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Verified,
    NotReached,
    Stopped,
}

/// An image of two blocks of 2048 bytes and a bit, and a bit in a unit beyond a gap.
fn image(chip: &Chip) -> Image {
    let beyond = chip.geometry.units().find(|unit| unit.address >= BASE + 0x1800);
    let segments = vec![
        Segment { address: BASE, bytes: program(4500, 1) },
        Segment { address: beyond.expect("a chip has many units").address, bytes: program(100, 3) },
    ];
    Image::new(segments).expect("two segments apart")
}

fn old_program() -> Vec<u8> {
    program(3000, 7)
}

fn holds_all_of(rom: &Rom, image: &Image) -> bool {
    image.segments().iter().all(|segment| rom.flash()[(segment.address - BASE) as usize..].starts_with(&segment.bytes))
}

/// One attempt, as a session makes it. What is called started runs, and what is not does not; but a device that is pulled
/// out as it leaves cannot be told from one that has left.
fn attempt(pipe: &mut SimulatedPipe, image: &Image) -> (Ending, Option<DeviceState>) {
    let Ok(mut bootloader) = block_on(Bootloader::connect(pipe)) else { return (Ending::NotReached, None) };
    let Ok(identity) = block_on(identify(&mut bootloader)) else { return (Ending::NotReached, None) };
    let (chip, geometry) = (&identity.chip, &identity.geometry);
    check(image, chip, geometry).expect("a device that answers tells the truth");
    let target = Target::new(chip, geometry);
    match block_on(updater::update(&mut bootloader, image, target, &mut Recorder::default())) {
        Ok(done) => {
            let pipe = bootloader.pipe();
            let runs = pipe.device().rom().state() == State::Application;
            assert!(done.started == runs || pipe.is_unplugged(), "it is told wrongly whether the application runs");
            (Ending::Verified, Some(DeviceState::Complete))
        }
        Err(failure) => (Ending::Stopped, Some(failure.state)),
    }
}

fn with_fault(fault: Fault, number: u64) -> PipeFaults {
    let mut faults = PipeFaults::default();
    match fault {
        Fault::Lost => faults.lost.push(number),
        Fault::Unanswered => faults.unanswered.push(number),
        Fault::Stalled => faults.stalled.push(number),
        Fault::Delayed => faults.delayed.push((number, Duration::from_secs(60))),
        Fault::Unplugged => faults.unplug_at = Some((number, Duration::ZERO)),
        Fault::UnpluggedAfter => faults.unplug_at = Some((number, Duration::from_micros(150 + 977 * (number % 7)))),
    }
    faults
}

/// One cell of the matrix: how the attempt with the fault ended. Panics where a chip would start part of an image, is told
/// to be what it is not, or is not updated by the next attempt.
fn cell(chip: &'static Chip, image: &Image, fault: Fault, number: u64) -> Ending {
    let told = || format!("{}: {fault:?} at transfer {number}", chip.name);
    let mut pipe = plugged_in(Rom::new(chip).with_flash(BASE, &old_program())).with_faults(with_fault(fault, number));
    let (ending, state) = attempt(&mut pipe, image);
    let mut rom = pipe.into_device().into_rom();
    // USB is the supply: what was being done is cut short.
    rom.reset(Boot::Bootloader);
    let old = holds(&rom, &old_program());
    match state {
        Some(DeviceState::Complete) => assert!(holds_all_of(&rom, image), "{}: it is not complete", told()),
        Some(DeviceState::Untouched) | None => assert!(old, "{}: it was touched", told()),
        Some(DeviceState::Incomplete) => {
            let whole = old || holds_all_of(&rom, image);
            assert!(!rom.starts_application() || whole, "{}: part of an image would start", told());
        }
    }
    let mut pipe = plugged_in(rom);
    assert_eq!(attempt(&mut pipe, image).0, Ending::Verified, "{}: the second attempt", told());
    assert!(holds_all_of(pipe.device().rom(), image), "{}: the second attempt left something else", told());
    ending
}

#[test]
fn every_fault_at_every_transfer_ends_verified_or_in_a_clear_error_and_the_next_attempt_succeeds() {
    for product_id in KINDS {
        let chip = chip(product_id);
        let image = image(chip);
        let mut pipe = plugged_in(Rom::new(chip).with_flash(BASE, &old_program()));
        assert_eq!(attempt(&mut pipe, &image).0, Ending::Verified);
        let transfers = pipe.transfers();
        println!("{}, {transfers} transfers", chip.name);
        for fault in FAULTS {
            let mut counts: BTreeMap<Ending, u64> = BTreeMap::new();
            for number in 0..transfers {
                *counts.entry(cell(chip, &image, fault, number)).or_default() += 1;
            }
            let count = |ending| counts.get(&ending).copied().unwrap_or(0);
            let row = [Ending::Verified, Ending::NotReached, Ending::Stopped];
            let row = row.map(|ending| format!("{ending:?} {}", count(ending)).to_lowercase());
            println!("  {:<15} {}", format!("{fault:?}").to_lowercase(), row.join(", "));
            // A transfer that fails costs itself, not the update.
            if !matches!(fault, Fault::Unplugged | Fault::UnpluggedAfter) {
                assert_eq!(count(Ending::Verified), transfers, "{}: {fault:?} is made good", chip.name);
            }
        }
    }
}
