//! The same procedure over USB: whole updates, and what they save.

mod fault_matrix;

use core::time::Duration;

use stm32_bootloader::dfuse::{Bootloader, identify};
use stm32_bootloader::sim::{Boot, Quirks, SimulatedPipe, State, UsbQuirks, UsbRom, WhileBusy};
use updater::Phase;

use super::*;

/// F405, F303, G0B1, L073 and H743, each with the size of an image for it: sectors and pages, blocks of 2048 and 1024
/// bytes, and pages of which a block covers sixteen.
const ON_USB: [(u16, usize); 5] =
    [(0x413, 200 << 10), (0x422, 100 << 10), (0x467, 100 << 10), (0x447, 150 << 10), (0x450, 300 << 10)];

fn plugged_in(rom: Rom) -> SimulatedPipe {
    SimulatedPipe::new(UsbRom::new(rom))
}

/// Connects, identifies, checks and updates, as a session does.
fn update(pipe: &mut SimulatedPipe, payload: &[u8], recorder: &mut Recorder) -> Result<updater::Done, Failure> {
    update_from(pipe, payload, Before::Unknown, Supply::Unknown, recorder)
}

fn update_from(
    pipe: &mut SimulatedPipe,
    payload: &[u8],
    before: Before,
    supply: Supply,
    recorder: &mut Recorder,
) -> Result<updater::Done, Failure> {
    let mut bootloader = block_on(Bootloader::connect(pipe)).expect("the device answers");
    let identity = block_on(identify(&mut bootloader)).expect("it can be read");
    let image = Image::parse(payload, identity.geometry.base).expect("it is a raw binary");
    check(&image, &identity.chip, &identity.geometry).expect("the image is for this chip");
    let target = Target { before, supply, ..Target::new(&identity.chip, &identity.geometry) };
    block_on(updater::update(&mut bootloader, &image, target, recorder))
}

/// What was done to the chip.
fn work(pipe: &SimulatedPipe) -> Vec<&Done> {
    let done = done(pipe.device().rom());
    done.filter(|event| matches!(event, Done::Erased { .. } | Done::Programmed { .. })).collect()
}

fn erased(pipe: &SimulatedPipe) -> Vec<u16> {
    let units = work(pipe).into_iter();
    units.filter_map(|event| if let Done::Erased { unit } = event { Some(*unit) } else { None }).collect()
}

#[test]
fn the_flash_holds_the_image_and_the_chip_runs_it() {
    for (product_id, size) in ON_USB {
        let payload = program(size, 1);
        let mut pipe = plugged_in(in_the_field(product_id));
        let mut recorder = Recorder::default();
        let end = update(&mut pipe, &payload, &mut recorder).expect("nothing is in the way");
        assert!(end.started && holds(pipe.device().rom(), &payload), "0x{product_id:03X}");
        assert_eq!(pipe.device().rom().state(), State::Application);
        assert_eq!(recorder.progress.fraction(), 1.0);
        let undone = |event: &&Done| matches!(event, Done::NotErased { .. } | Done::NotProgrammed { .. });
        assert_eq!(done(pipe.device().rom()).find(undone), None, "0x{product_id:03X}");
    }
}

#[test]
fn the_vector_tables_unit_is_erased_first_and_the_stack_pointer_is_written_last() {
    for (product_id, size) in ON_USB {
        let mut pipe = plugged_in(in_the_field(product_id));
        update(&mut pipe, &program(size, 1), &mut Recorder::default()).expect("nothing is in the way");
        let work = work(&pipe);
        assert_eq!(work.first(), Some(&&Done::Erased { unit: 0 }), "0x{product_id:03X}");
        // As much as the flash programs at once, so that half of it is nothing; or as a chip that it may be does.
        let least = chip(product_id).program_unit;
        let Some(Done::Programmed { address: BASE, len }) = work.last() else { panic!("0x{product_id:03X}") };
        assert!((least..=64).contains(len), "0x{product_id:03X}: {len} bytes");
    }
}

#[test]
fn only_the_units_that_the_image_touches_are_erased() {
    // 3000 bytes are two pages of 2 KiB, and 24 of 128 bytes, of which one block would cover sixteen.
    for (product_id, units, rest) in [(0x422, 2, 0x1000), (0x447, 24, 0xC00)] {
        let rom = in_the_field(product_id).with_flash(BASE + rest, &[0xC3; 64]);
        let mut pipe = plugged_in(rom);
        let payload = program(3000, 1);
        update(&mut pipe, &payload, &mut Recorder::default()).expect("nothing is in the way");
        assert_eq!(erased(&pipe), (0..units).collect::<Vec<_>>());
        assert_eq!(pipe.device().rom().flash()[rest as usize..][..64], [0xC3; 64]);
        assert!(holds(pipe.device().rom(), &payload));
    }
}

#[test]
fn an_update_takes_as_long_as_the_plan_says() {
    for latency in [0, 3].map(Duration::from_millis) {
        for (product_id, size) in ON_USB {
            let mut pipe = plugged_in(in_the_field(product_id)).with_latency(latency);
            let mut recorder = Recorder::default();
            update(&mut pipe, &program(size, 1), &mut recorder).expect("nothing is in the way");
            let Some(Event::Planned(summary)) = recorder.events().next() else { panic!("the plan is told first") };
            let (first, last) = (recorder.stamped[0].at, recorder.stamped[recorder.stamped.len() - 1].at);
            let ratio = (last - first).as_secs_f64() / summary.duration().as_secs_f64();
            assert!((0.9..1.1).contains(&ratio), "0x{product_id:03X} took {ratio} times what was planned");
        }
    }
}

#[test]
fn an_h743_that_does_not_await_the_erase_of_its_second_bank_is_given_the_time() {
    let payload = program((1 << 20) + (200 << 10), 1);
    let quirks = Quirks { erases_unawaited_from: Some(0x0810_0000), ..Quirks::of(chip(0x450)) };
    // Whatever is there has to be erased.
    let rom = Rom::new(chip(0x450)).with_flash(BASE, &vec![0x5A; 2 << 20]).with_quirks(quirks);
    let mut pipe = plugged_in(rom);
    let end = update(&mut pipe, &payload, &mut Recorder::default()).expect("it is not asked too early");
    assert!(end.started && holds(pipe.device().rom(), &payload));
}

#[test]
fn a_device_that_holds_the_image_is_compared_and_started_and_not_touched() {
    for (product_id, size) in ON_USB {
        let payload = program(size, 1);
        let mut pipe = plugged_in(Rom::new(chip(product_id)).with_flash(BASE, &payload));
        let mut recorder = Recorder::default();
        assert!(update(&mut pipe, &payload, &mut recorder).expect("nothing is in the way").started);
        assert!(work(&pipe).is_empty(), "0x{product_id:03X}");
        assert!(recorder.events().any(|event| *event == Event::Phase { phase: Phase::Compare }));
    }
}

#[test]
fn one_changed_page_costs_itself_and_the_vector_tables() {
    let payload = program(64 << 10, 1);
    let mut flash = payload.clone();
    flash[0x9004] ^= 0x55;
    let mut pipe = plugged_in(Rom::new(chip(0x422)).with_flash(BASE, &flash));
    update(&mut pipe, &payload, &mut Recorder::default()).expect("nothing is in the way");
    assert_eq!(erased(&pipe), [0, 18]);
    assert!(holds(pipe.device().rom(), &payload));
}

#[test]
fn blank_blocks_are_not_written() {
    let mut payload = program(64 << 10, 1);
    payload[0x4000..0xC000].fill(0xFF);
    let transfers = |payload: &[u8], before: usize| {
        let rom = Rom::new(chip(0x413)).with_flash(BASE, &program(before, 7));
        let mut pipe = plugged_in(rom);
        update(&mut pipe, payload, &mut Recorder::default()).expect("nothing is in the way");
        assert!(holds(pipe.device().rom(), payload));
        pipe.transfers()
    };
    let saved = |before| transfers(&program(64 << 10, 1), before) - transfers(&payload, before);
    // 16 blocks, three transfers each, without those by which the address is set anew behind them, and a sample is read in vain.
    assert_eq!(saved(3000), 3 * 16 - 3 - 6);
    // Nor are they read, but for the sample, where this has something to show.
    assert_eq!(saved(64 << 10), 3 * 16 - 3 + 16 - 6 - 6);
}

#[test]
fn a_supply_that_is_known_makes_it_faster() {
    let took = |supply: Supply| {
        let mut pipe = plugged_in(in_the_field(0x413));
        let mut recorder = Recorder::default();
        let payload = program(200 << 10, 1);
        update_from(&mut pipe, &payload, Before::Unknown, supply, &mut recorder).expect("nothing is in the way");
        assert_eq!(recorder.events().any(|event| *event == Event::SupplyTold), supply == Supply::From2V7);
        recorder.stamped[recorder.stamped.len() - 1].at - recorder.stamped[0].at
    };
    let (slow, fast) = (took(Supply::Unknown), took(Supply::From2V7));
    assert!(fast < slow * 3 / 4, "{fast:?} with it, {slow:?} without");
}

#[test]
fn an_update_that_was_unplugged_goes_on_where_it_stopped() {
    for (product_id, size) in ON_USB {
        let payload = program(size, 1);
        let mut pipe = plugged_in(in_the_field(product_id));
        update(&mut pipe, &payload, &mut Recorder::default()).expect("nothing is in the way");
        let (all, whole) = (pipe.transfers(), work(&pipe).len());

        // Amid the writes, three transfers each: behind them are as many reads, and the end.
        let blocks = size as u64 / 2048;
        let unplug_at = Some((all - blocks - 3 * blocks / 2, Duration::ZERO));
        let faults = stm32_bootloader::sim::PipeFaults { unplug_at, ..Default::default() };
        let mut pipe = plugged_in(in_the_field(product_id)).with_faults(faults);
        let failure = update(&mut pipe, &payload, &mut Recorder::default()).expect_err("it was unplugged");
        assert!(matches!(&failure.cause, updater::Cause::Command(error) if error.is_lost()), "{failure:?}");
        let mut rom = pipe.into_device().into_rom();
        rom.reset(Boot::Application);
        assert_eq!(rom.state(), State::Fault, "half a program would start");
        rom.reset(Boot::Bootloader);
        let before = done(&rom).count();

        let mut pipe = plugged_in(rom);
        update_from(&mut pipe, &payload, Before::Interrupted, Supply::Unknown, &mut Recorder::default())
            .expect("it is plugged in again");
        assert!(holds(pipe.device().rom(), &payload));
        let after = done(pipe.device().rom()).skip(before);
        let after = after.filter(|event| matches!(event, Done::Erased { .. } | Done::Programmed { .. })).count();
        assert!(after < whole, "0x{product_id:03X}: {after} of {whole} were done again");
    }
}

#[test]
fn cancelling_at_any_moment_tells_the_state_and_leaves_the_device_ready() {
    for (product_id, size) in [(0x413, 17 << 10), (0x447, 5 << 10)] {
        let payload = program(size, 1);
        let mut whole = Recorder::default();
        update(&mut plugged_in(in_the_field(product_id)), &payload, &mut whole).expect("nothing is in the way");
        let complete = whole.events().position(|event| *event == Event::Complete).expect("it completed");
        for cancel_after in 0..complete {
            let mut pipe = plugged_in(in_the_field(product_id));
            let mut recorder = Recorder { cancel_after: Some(cancel_after), ..Recorder::default() };
            let failure = update(&mut pipe, &payload, &mut recorder).expect_err("it was cancelled");
            assert_eq!(failure.cause, updater::Cause::Cancelled);
            update(&mut pipe, &payload, &mut Recorder::default()).expect("it can be done again at once");
            assert!(holds(pipe.device().rom(), &payload));
        }
    }
}

#[test]
fn devices_that_do_what_others_do_not_are_updated_as_any_other() {
    let short = Some(Duration::from_millis(10));
    let quirks = |quirks: UsbQuirks| quirks;
    for (product_id, quirks) in [
        (0x413, quirks(UsbQuirks { poll_timeout: Some(Duration::ZERO), ..UsbQuirks::default() })),
        (0x413, quirks(UsbQuirks { counts_by_length: true, ..UsbQuirks::default() })),
        (0x415, quirks(UsbQuirks { while_busy: WhileBusy::Stalls, poll_timeout: short, ..UsbQuirks::default() })),
        (0x435, quirks(UsbQuirks { largest_transfer: Some(1024), ..UsbQuirks::default() })),
        (0x449, quirks(UsbQuirks { poll_timeout: short, starts_in_error: true, ..UsbQuirks::default() })),
        (0x474, quirks(UsbQuirks { strict_clear: true, ..UsbQuirks::default() })),
        (
            0x450,
            quirks(UsbQuirks {
                stays_busy_from: Some(BASE + 0x2_0000),
                while_busy: WhileBusy::Answers,
                ..UsbQuirks::default()
            }),
        ),
    ] {
        let payload = program(100 << 10, 1);
        let rom = in_the_field(product_id).with_flash(BASE + 0x8000, &[0x77; 64]);
        let mut pipe = SimulatedPipe::new(UsbRom::new(rom).with_quirks(quirks.clone()));
        let end = update(&mut pipe, &payload, &mut Recorder::default());
        end.unwrap_or_else(|failure| panic!("0x{product_id:03X} {quirks:?}: {failure:?}"));
        assert!(holds(pipe.device().rom(), &payload), "0x{product_id:03X} {quirks:?}");
    }
}

#[test]
fn a_device_that_does_not_leave_is_complete_and_told_to_need_a_reset() {
    let quirks = UsbQuirks { cannot_leave: true, ..UsbQuirks::default() };
    let mut pipe = SimulatedPipe::new(UsbRom::new(in_the_field(0x472)).with_quirks(quirks));
    let mut recorder = Recorder::default();
    let payload = program(20 << 10, 1);
    let end = update(&mut pipe, &payload, &mut recorder).expect("the image is complete");
    assert!(!end.started && holds(pipe.device().rom(), &payload));
    assert!(matches!(recorder.events().last(), Some(Event::NotStarted { .. })));
}

#[test]
fn a_write_protected_unit_is_named_as_not_erased() {
    let rom = in_the_field(0x413).with_quirks(Quirks { write_protected: vec![1], ..Quirks::of(chip(0x413)) });
    let mut pipe = plugged_in(rom.with_flash(BASE + 0x4000, &[0x33; 64]));
    let failure = update(&mut pipe, &program(40 << 10, 1), &mut Recorder::default()).expect_err("it is protected");
    let updater::Cause::NotErased { places } = &failure.cause else { panic!("{failure:?}") };
    assert!(places.units().iter().any(|unit| unit.number == 1), "{places}");
}

/// An F429 with 1 MiB in two banks, of which the ROM does not erase the second over USB, with an old program that ends
/// there.
const SECOND_BANK: u32 = BASE + (512 << 10);

fn in_two_banks(two: bool, in_second_bank: &[u8]) -> SimulatedPipe {
    let rom = Rom::new(chip(0x419)).with_flash_kib(1024).with_option_bit(two);
    let rom = rom.with_flash(BASE, &program(3000, 7)).with_flash(SECOND_BANK, in_second_bank);
    let quirks = UsbQuirks {
        unerasable_from: two.then_some(SECOND_BANK),
        // As dfu-util lists it, whichever it is.
        alternates: vec![
            "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
            "@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e",
        ],
        ..UsbQuirks::default()
    };
    SimulatedPipe::new(UsbRom::new(rom).with_quirks(quirks))
}

#[test]
fn a_second_bank_that_an_f429_does_not_erase_over_usb_is_refused_before_anything_is() {
    let mut pipe = in_two_banks(true, &[0x33; 64]);
    let payload = program(520 << 10, 1);
    let mut recorder = Recorder::default();
    let failure = update(&mut pipe, &payload, &mut recorder).expect_err("it is known not to be erased");
    let updater::Cause::Unerasable { places } = &failure.cause else { panic!("{failure:?}") };
    assert_eq!(places.to_string(), "sector 12 (0x08080000–0x08083FFF)");
    assert_eq!((failure.state, work(&pipe).len()), (updater::DeviceState::Untouched, 0));
    // The same in one bank is done.
    let mut pipe = in_two_banks(false, &[0x33; 64]);
    update(&mut pipe, &payload, &mut Recorder::default()).expect("all of it can be erased");
    assert!(holds(pipe.device().rom(), &payload));
}

#[test]
fn an_f429_in_two_banks_is_updated_over_usb_where_nothing_in_the_second_has_to_be_erased() {
    let payload = program(520 << 10, 1);
    for (payload, in_second_bank) in [
        // It ends in the first bank; the second is blank; it is right already.
        (&payload[..512 << 10], &[0x33; 64][..]),
        (&payload[..], &[]),
        (&payload[..], &payload[512 << 10..]),
    ] {
        let mut pipe = in_two_banks(true, in_second_bank);
        let end = update(&mut pipe, payload, &mut Recorder::default());
        end.unwrap_or_else(|failure| panic!("{} bytes there: {failure:?}", in_second_bank.len()));
        assert!(holds(pipe.device().rom(), payload), "{} bytes there", in_second_bank.len());
    }
}

#[test]
fn a_second_bank_that_is_not_erased_though_nothing_foretold_it_is_found_and_named() {
    // With 2 MiB there are always two banks.
    let second = BASE + (1 << 20);
    let rom = in_the_field(0x419).with_flash(second, &[0x33; 64]);
    let quirks = UsbQuirks { unerasable_from: Some(second), ..UsbQuirks::default() };
    let mut pipe = SimulatedPipe::new(UsbRom::new(rom).with_quirks(quirks));
    let payload = program((1 << 20) + 4096, 1);
    let failure = update(&mut pipe, &payload, &mut Recorder::default()).expect_err("it is not erased");
    let updater::Cause::NotErased { places } = &failure.cause else { panic!("{failure:?}") };
    assert_eq!(places.to_string(), "sector 12 (0x08100000–0x08103FFF)");
}

#[test]
fn a_block_takes_three_transfers_to_write_and_one_to_read_back() {
    let transfers = |size: usize| {
        let mut pipe = plugged_in(in_the_field(0x413));
        update(&mut pipe, &program(size, 1), &mut Recorder::default()).expect("nothing is in the way");
        (pipe.transfers() - 3 * erased(&pipe).len() as u64, size as u64 / 2048)
    };
    let ((few, few_blocks), (many, blocks)) = (transfers(8 << 10), transfers(256 << 10));
    let a_block = 4;
    // The rest is the beginning and the end, and the vector table's unit, which is written and read by itself.
    println!("{} transfers for {blocks} blocks, {} for all else", many, many - a_block * blocks);
    let beside = |all: u64, blocks: u64| all - a_block * blocks;
    assert!(beside(many, blocks) < beside(few, few_blocks) + 15, "{many}, {few}");
}
