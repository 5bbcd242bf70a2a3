//! The fault matrix: one fault at every byte of an update, in both directions, on virtual time.
//!
//! Whatever the fault, the update ends verified or with an error that says what it was and what the device holds; a chip
//! that holds part of an image starts nothing; and another attempt succeeds: at once, or else once the chip was reset, as the
//! person is told to.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use stm32_bootloader::port::PortError;
use stm32_bootloader::sim::{Boot, Direction, Faults, Quirks};
use stm32_bootloader::usart::{ConnectError, Error, IdentifyError, fits_burst};
use updater::{Cause, DeviceState, Segment};

use super::*;

/// What stands for its kin: Extended Erase with sectors, Erase by pages, flash that takes no location twice, and blocks
/// of 128 bytes with erased zeros. One of them once more in bursts, and two with all of the flash erased at once, by either
/// command.
const KINDS: [(u16, How); 7] = [
    (0x413, How::Usual),
    (0x410, How::Usual),
    (0x460, How::Usual),
    (0x447, How::Usual),
    (0x460, How::Burst),
    (0x410, How::MassErase),
    (0x460, How::MassErase),
];

/// How an update is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Usual,
    Burst,
    MassErase,
}

impl How {
    const fn pace(self) -> Pace {
        if matches!(self, Self::Burst) { Pace::Burst } else { Pace::Strict }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Lost,
    Flipped,
    Doubled,
    Silence,
    Unplugged,
}

const FAULTS: [Fault; 5] = [Fault::Lost, Fault::Flipped, Fault::Doubled, Fault::Silence, Fault::Unplugged];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    ToChip,
    FromChip,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Verified,
    /// The ROM was not found, or not understood.
    NotReached,
    /// It was not the chip that the image is for.
    Refused,
    /// The port went away.
    Unplugged,
    /// Only a reset helps.
    NeedsReset,
    /// The ROM stopped answering, or answered wrongly.
    LinkLost,
    /// Flash was said to hold something else, or to be protected.
    Wrong,
}

impl Ending {
    const ALL: [Self; 7] = [
        Self::Verified,
        Self::NotReached,
        Self::Refused,
        Self::Unplugged,
        Self::NeedsReset,
        Self::LinkLost,
        Self::Wrong,
    ];

    /// Whether a fault may end so. A byte that is disturbed is believed nowhere, and unplugging is all that looks like it.
    const fn may_come_of(self, fault: Fault) -> bool {
        match (self, fault) {
            (Self::Verified, _) => true,
            (Self::Unplugged, _) => matches!(fault, Fault::Unplugged),
            (Self::NeedsReset, _) => true,
            (Self::NotReached | Self::LinkLost, _) => !matches!(fault, Fault::Unplugged),
            (Self::Refused | Self::Wrong, _) => false,
        }
    }

    fn of(failure: &Failure) -> Self {
        match &failure.cause {
            Cause::Command(error) if error.is_lost() => Self::Unplugged,
            Cause::Command(error) if error.needs_reset() => Self::NeedsReset,
            Cause::Command(_) | Cause::Disturbed => Self::LinkLost,
            _ => Self::Wrong,
        }
    }
}

/// What became of the attempt that follows one that failed, with nothing done to the chip in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// There was nothing to do.
    None,
    Verified,
    /// It was told to need a reset by the attempt before: nobody may try.
    Untried,
    /// The ROM is not found: the person is told how to put the device in update mode, which is a reset.
    NotFound,
}

struct Nobody;

impl Observer for Nobody {
    fn observe(&mut self, _stamped: Stamped) {}
}

/// Bytes of which each may be part of a command, yet no two of them in a burst are one.
fn noise(address: u32, size: usize) -> Vec<u8> {
    let noise = |seed: u32| {
        let next = |dice: &u32| Some(dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(Some(seed), next).map(|dice| (dice >> 24) as u8).take(size).collect()
    };
    (1..).map(noise).find(|noise: &Vec<u8>| fits_burst(address, noise)).expect("most noise fits")
}

/// An image of two blocks in the first unit, one beyond it, and three further on that are blank.
fn image(chip: &Chip) -> Image {
    // Not at the second unit's start: with 0x08000800 there is no burst, for its checksum and the count are Get.
    let second = chip.geometry.units().nth(1).expect("a chip has more than one unit").address;
    let beyond = second + u32::from(chip.max_block);
    let blank = vec![chip.erased_byte; 3 * usize::from(chip.max_block)];
    let blocks = if chip.geometry.unit_sizes().0 > chip.max_block.into() { 2 } else { 1 };
    let first = program(usize::from(chip.max_block) * blocks - 20, 1);
    let segments = vec![
        Segment { address: BASE, bytes: first },
        Segment { address: beyond, bytes: noise(beyond, usize::from(chip.max_block)) },
        Segment { address: blank_unit(chip), bytes: blank },
    ];
    Image::new(segments).expect("segments apart")
}

/// Where the image has blocks that are blank, and the old program has something: three in one unit, but where units are as
/// small as blocks.
fn blank_unit(chip: &Chip) -> u32 {
    chip.geometry.units().nth(4).expect("a chip has more than four units").address
}

/// A chip that runs the old program. In bursts its ROM is about as slow as it may be: it works on each byte for half of the
/// byte's time.
fn device(chip: &'static Chip, how: How) -> Rom {
    let byte_work = if how == How::Burst { Duration::from_micros(46) } else { Duration::ZERO };
    let quirks = Quirks { byte_work, ..Quirks::of(chip) };
    let rest = program(3 * usize::from(chip.max_block), 9);
    Rom::new(chip)
        .with_flash(BASE, &program(usize::from(chip.max_block), 7))
        .with_flash(blank_unit(chip), &rest)
        .with_quirks(quirks)
}

fn holds_all_of(rom: &Rom, image: &Image) -> bool {
    image.segments().iter().all(|segment| {
        let start = (segment.address - BASE) as usize;
        rom.flash()[start..].starts_with(&segment.bytes)
    })
}

/// One attempt, as a session makes it, and what the device is said to hold.
fn attempt(port: &mut SimulatedPort, image: &Image, how: How) -> (Ending, DeviceState) {
    let untouched = |ending| (ending, DeviceState::Untouched);
    let mut bootloader = match block_on(Bootloader::connect(port)) {
        Ok(bootloader) => bootloader,
        Err(ConnectError::Port(PortError::Lost(_))) => return untouched(Ending::Unplugged),
        Err(_) => return untouched(Ending::NotReached),
    };
    let identity = match block_on(identify(&mut bootloader)) {
        Ok(identity) => identity,
        Err(IdentifyError::Command(Error::Port(PortError::Lost(_)))) => return untouched(Ending::Unplugged),
        Err(_) => return untouched(Ending::NotReached),
    };
    let geometry = &identity.geometry;
    if check(image, &identity.chip, geometry).is_err() {
        return untouched(Ending::Refused);
    }
    let (pace, mass_erase) = (how.pace(), how == How::MassErase);
    let target = Target { pace, mass_erase, ..Target::new(&identity.chip, geometry) };
    match block_on(updater::update(&mut bootloader, image, target, &mut Nobody)) {
        Ok(_) => (Ending::Verified, DeviceState::Complete),
        Err(failure) => (Ending::of(&failure), failure.state),
    }
}

fn with_fault(fault: Fault, way: Way, number: u64) -> Faults {
    let mut direction = Direction::default();
    match fault {
        Fault::Lost => direction.drop.push(number),
        Fault::Flipped => direction.flip.push((number, 0x10)),
        Fault::Doubled => direction.double.push(number),
        Fault::Silence => {
            direction.silent_from = Some(number);
            direction.silent_for = Some(Duration::from_secs(30));
        }
        Fault::Unplugged => direction.unplug_at = Some(number),
    }
    match way {
        Way::ToChip => Faults { to_chip: direction, ..Faults::default() },
        Way::FromChip => Faults { from_chip: direction, ..Faults::default() },
    }
}

/// What the ROM obeyed though nobody meant it, if anything: a command that an update never gives, an erase without the Get
/// Version or the read that precedes each, or work on what is not the image's.
fn not_meant(rom: &Rom, image: &Image, how: How) -> Option<String> {
    let obeyed = rom.obeyed();
    let command = (0..obeyed.len()).find(|&index| match obeyed[index] {
        0x00 | 0x01 | 0x02 | 0x11 | 0x21 | 0x31 => false,
        0x43 | 0x44 => index == 0 || ![0x01, 0x11].contains(&obeyed[index - 1]),
        _ => true,
    });
    let units: Vec<_> = rom.geometry().units().filter(|unit| image.touches(&(unit.address..unit.end()))).collect();
    let meant = |event: &&Done| match event {
        Done::Erased { unit } => units.iter().any(|touched| touched.number == *unit),
        Done::Programmed { address, .. } => units.iter().any(|unit| (unit.address..unit.end()).contains(address)),
        // 08 00 00 00 08 with its first byte twice is another address with a right checksum. All is done by then.
        Done::Went { address } => *address == BASE || holds_all_of(rom, image),
        Done::MassErased => how == How::MassErase,
        Done::BankErased { .. } | Done::Special { .. } | Done::VoltageRange { .. } => false,
        Done::WriteProtection { .. } | Done::ReadProtection { .. } => false,
        _ => true,
    };
    let command = command.map(|index| format!("command 0x{:02X}", obeyed[index]));
    command.or_else(|| done(rom).find(|event| !meant(event)).map(ToString::to_string))
}

/// Panics where the chip obeyed what nobody meant, would start part of an image, or does not hold what is said.
fn is_as_said(rom: &Rom, image: &Image, how: How, before: &Rom, state: DeviceState) {
    assert_eq!(not_meant(rom, image, how), None, "it was not meant");
    match state {
        DeviceState::Untouched => assert!(rom.flash() == before.flash(), "it was called untouched and is not"),
        DeviceState::Complete => assert!(holds_all_of(rom, image), "it was called complete and is not"),
        DeviceState::Incomplete => {}
    }
    let old = rom.flash() == before.flash();
    assert!(!rom.starts_application() || old || holds_all_of(rom, image), "part of an image would start");
}

/// One cell of the matrix: how the attempt with the fault ended, and the next one. Panics where one of them did what it must
/// not, or the device is not updated at last.
fn cell(chip: &'static Chip, image: &Image, how: How, fault: Fault, way: Way, number: u64) -> (Ending, Next) {
    let before = device(chip, how);
    let mut port = SimulatedPort::new(before.clone()).with_faults(with_fault(fault, way, number));
    let (ending, state) = attempt(&mut port, image, how);
    // Where the page is closed then, the next one has to know it.
    assert_eq!(port.is_told_to_await_list(), ending == Ending::NeedsReset, "it ended as {ending:?}");
    let mut rom = port.into_rom();
    is_as_said(&rom, image, how, &before, state);
    assert!(ending.may_come_of(fault), "it ended as {ending:?}");
    assert!(!rom.waits_for_list() || ending == Ending::NeedsReset, "it waits for a list, and {ending:?} was said");
    let mut next = Next::None;
    if ending == Ending::NeedsReset {
        next = Next::Untried;
    } else if ending != Ending::Verified {
        let mut port = SimulatedPort::new(rom);
        let (again, state) = attempt(&mut port, image, how);
        rom = port.into_rom();
        // Who does not know of the attempt before says untouched of what it left.
        is_as_said(
            &rom,
            image,
            how,
            &before,
            if state == DeviceState::Untouched { DeviceState::Incomplete } else { state },
        );
        next = match again {
            Ending::Verified => return (ending, Next::Verified),
            Ending::NotReached => Next::NotFound,
            again => panic!("the second attempt ended as {again:?}"),
        };
    }
    rom.reset(Boot::Bootloader);
    let mut port = SimulatedPort::new(rom);
    assert_eq!(attempt(&mut port, image, how).0, Ending::Verified, "the attempt after a reset");
    assert!(holds_all_of(port.rom(), image), "the attempt after a reset left something else");
    (ending, next)
}

/// Every cell of one chip, shared out to as many threads as there are processors.
fn matrix(chip: &'static Chip, how: How) -> BTreeMap<(Fault, Ending, Next), usize> {
    let image = image(chip);
    let mut port = SimulatedPort::new(device(chip, how));
    assert_eq!(attempt(&mut port, &image, how).0, Ending::Verified);
    let bytes = [(Way::ToChip, port.cable().sent_to_chip()), (Way::FromChip, port.cable().sent_from_chip())];
    let cells: Vec<(Fault, Way, u64)> = FAULTS
        .into_iter()
        .flat_map(|fault| bytes.into_iter().flat_map(move |(way, all)| (0..all).map(move |n| (fault, way, n))))
        .collect();
    let counts = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&(fault, way, number)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let cell = || cell(chip, &image, how, fault, way, number);
                    let (ending, again) = catch_unwind(AssertUnwindSafe(cell)).unwrap_or_else(|panic| {
                        eprintln!("{} {how:?}: {fault:?} {way:?} at byte {number}", chip.name);
                        resume_unwind(panic)
                    });
                    *counts.lock().unwrap().entry((fault, ending, again)).or_default() += 1;
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

#[test]
fn every_fault_at_every_byte_ends_verified_or_in_a_clear_error_and_the_next_attempt_succeeds() {
    for (product_id, how) in KINDS {
        let counts = matrix(chip(product_id), how);
        let count = |fault: Fault, ending: Ending| -> usize {
            counts.iter().filter(|((f, e, _), _)| (*f, *e) == (fault, ending)).map(|(_, count)| count).sum()
        };
        let how = match how {
            How::Usual => "",
            How::Burst => ", in bursts",
            How::MassErase => ", all of the flash erased at once",
        };
        println!("{}{how}", chip(product_id).name);
        for fault in FAULTS {
            let next = |next: Next| -> usize {
                counts.iter().filter(|((f, _, n), _)| (*f, *n) == (fault, next)).map(|(_, count)| count).sum()
            };
            let row =
                Ending::ALL.map(|ending| (ending, count(fault, ending))).into_iter().filter(|(_, count)| *count > 0);
            let row: Vec<String> = row.map(|(ending, count)| format!("{ending:?} {count}").to_lowercase()).collect();
            let [verified, untried, not_found] = [Next::Verified, Next::Untried, Next::NotFound].map(next);
            let fault = format!("{fault:?}").to_lowercase();
            println!(
                "  {fault:<10} {}; the next attempt: verified at once {verified}, after a reset {} ({untried} told so)",
                row.join(", "),
                untried + not_found,
            );
        }
        // A single lost, flipped or doubled byte costs a block, not the update, unless an erase is in doubt.
        for fault in [Fault::Lost, Fault::Flipped, Fault::Doubled] {
            let all: usize = counts.iter().filter(|((f, ..), _)| *f == fault).map(|(_, count)| count).sum();
            let verified = count(fault, Ending::Verified);
            // But for the byte on which the ROM measures the rate.
            let not_reached = count(fault, Ending::NotReached);
            assert!(not_reached <= 1, "{fault:?}: {not_reached} were not reached");
            assert_eq!(verified + not_reached + count(fault, Ending::NeedsReset), all, "{fault:?} ended an update");
            assert!(verified * 100 >= all * 95, "{fault:?}: only {verified} of {all} were mended");
        }
    }
}
