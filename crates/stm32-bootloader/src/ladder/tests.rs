//! The ladder on simulated boards.

use pollster::block_on;

use super::*;
use crate::chip::ProductId;
use crate::sim::{self, Boot, Direction, Event, Faults, Quirks, Rom, SimulatedPort, TooFast};

/// The wiring of the boards here: DTR to NRST, RTS to BOOT0, both inverted.
const WIRING: Wiring = Wiring::PRESETS[0];
const TOP: u32 = 921_600;
/// What writing 128 KiB and reading them back comes to.
const MUCH: u32 = 2 * 512 * 268;

fn chip(product_id: u16) -> &'static Chip {
    Chip::by_product_id(ProductId(product_id)).expect("the chip is in the table")
}

fn ladder() -> Ladder<'static> {
    Ladder::new(chip(0x460), WIRING, TOP).expect("both pins are wired")
}

fn program() -> Vec<u8> {
    (0..8192_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// A wired board with a G071 that holds a program.
fn board_with(change: impl FnOnce(&mut Quirks)) -> SimulatedPort {
    let mut quirks = Quirks::of(chip(0x460));
    change(&mut quirks);
    let rom = Rom::new(chip(0x460)).with_flash(0x0800_0000, &program()).with_quirks(quirks);
    SimulatedPort::new(rom).with_wiring(sim::Wiring {
        reset: Some(sim::Wire { from: sim::ModemLine::Dtr, inverted: true }),
        boot0: Some(sim::Wire { from: sim::ModemLine::Rts, inverted: true }),
        boot: Boot::Application,
    })
}

fn board() -> SimulatedPort {
    board_with(|_| {})
}

/// One byte in so many turned over above a rate.
const fn too_fast(above: u32, one_in: u64) -> Direction {
    Direction {
        drop: Vec::new(),
        flip: Vec::new(),
        double: Vec::new(),
        silent_from: None,
        silent_for: None,
        unplug_at: None,
        latency: Duration::ZERO,
        too_fast: Some(TooFast { above, one_in, bits: 0x08 }),
    }
}

/// What came of a climb.
struct Climbed {
    bootloader: Bootloader<SimulatedPort>,
    result: Result<u32, ConnectError>,
    known: Known,
    tried: Vec<(u32, Result<(), RungError>)>,
    took: Duration,
}

impl Climbed {
    /// The rate, where host and chip are in step at it and nothing on the chip has changed.
    fn reached(&mut self) -> u32 {
        let baud = self.result.clone().expect("the chip is there");
        assert_eq!(self.bootloader.port().line().baud, baud);
        let mut bytes = [0; 256];
        block_on(self.bootloader.read_memory(0x0800_0400, &mut bytes)).expect("they are in step");
        assert_eq!(bytes, program()[0x400..0x500]);
        let changed = |event: &Event| {
            !matches!(
                event,
                Event::Reset(Boot::Bootloader)
                    | Event::ModemLines(_)
                    | Event::Synced { .. }
                    | Event::Read { .. }
                    | Event::Nacked(_)
                    | Event::Unheard { .. }
            )
        };
        assert_eq!(self.events().find(|event| changed(event)), None);
        baud
    }

    fn events(&mut self) -> impl Iterator<Item = &Event> {
        self.bootloader.port().rom().log().iter().map(|entry| &entry.event)
    }

    fn resets(&mut self) -> usize {
        self.events().filter(|event| matches!(event, Event::Reset(_))).count()
    }

    /// The rungs that were tried, and whether they worked.
    fn rungs(&self) -> Vec<(u32, bool)> {
        self.tried.iter().map(|(baud, result)| (*baud, result.is_ok())).collect()
    }
}

fn climb(port: SimulatedPort, ladder: Ladder<'_>, traffic: u32, mut known: Known) -> Climbed {
    let mut bootloader = block_on(Bootloader::connect(port)).expect("the chip answers");
    let began = bootloader.port().now();
    let mut tried = Vec::new();
    let mut tell = |baud, problem: Option<&RungError>| tried.push((baud, problem.cloned().map_or(Ok(()), Err)));
    let result = block_on(ladder.climb(&mut bootloader, traffic, &mut known, &mut tell));
    let took = bootloader.port().now() - began;
    Climbed { bootloader, result, known, tried, took }
}

#[test]
fn a_chip_that_can_do_it_is_spoken_to_at_the_highest_rate() {
    let mut climbed = climb(board(), ladder(), MUCH, Known::default());
    assert_eq!(climbed.reached(), TOP);
    assert_eq!(climbed.rungs(), [(230_400, true), (460_800, true), (TOP, true)]);
    assert_eq!(climbed.known, Known { works: Some(TOP), fails: None });
    assert_eq!(climbed.bootloader.port().rom().baud(), Some(TOP));
    assert!(climbed.took < Duration::from_millis(1500), "it took {:?}", climbed.took);
}

#[test]
fn the_rung_before_one_that_the_rom_cannot_measure_is_used() {
    for (highest, reached) in [(115_200, 115_200), (300_000, 230_400), (900_000, 460_800)] {
        let mut climbed =
            climb(board_with(|quirks| quirks.highest_baud = Some(highest)), ladder(), MUCH, Known::default());
        assert_eq!(climbed.reached(), reached);
        assert_eq!(climbed.known.fails, Some(2 * reached));
        let (_, result) = climbed.tried.last().expect("some were tried");
        assert_eq!(*result, Err(RungError::Connect(ConnectError::NoAnswer)));
        assert!(climbed.took < Duration::from_secs(3), "it took {:?}", climbed.took);
    }
}

#[test]
fn a_rate_that_the_rom_locks_wrong_is_not_used() {
    let port = board_with(|quirks| quirks.measures_in = Duration::from_micros(2));
    let mut climbed = climb(port, ladder(), MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.known.fails), (460_800, Some(TOP)));
}

#[test]
fn a_rate_that_the_adapter_refuses_is_not_used() {
    let mut climbed = climb(board().with_highest_baud(230_400), ladder(), MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.known.fails), (230_400, Some(460_800)));
}

#[test]
fn a_rung_that_syncs_but_garbles_what_is_read_is_not_used() {
    let from_chip = Faults { from_chip: too_fast(230_400, 3000), ..Faults::default() };
    let mut climbed = climb(board().with_faults(from_chip), ladder(), MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.known.fails), (230_400, Some(460_800)));
    assert_eq!(climbed.tried.last(), Some(&(460_800, Err(RungError::Garbled))));

    let to_chip = Faults { to_chip: too_fast(230_400, 70), ..Faults::default() };
    let mut climbed = climb(board().with_faults(to_chip), ladder(), MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.known.fails), (230_400, Some(460_800)));
}

#[test]
fn a_rung_that_is_known_to_work_is_gone_to_at_once() {
    let known = Known { works: Some(460_800), fails: Some(TOP) };
    let mut climbed = climb(board(), ladder(), MUCH, known);
    assert_eq!((climbed.reached(), climbed.resets()), (460_800, 1));
    assert_eq!(climbed.known, known);
}

#[test]
fn a_known_rung_that_works_no_longer_is_forgotten_and_the_ladder_climbed_below_it() {
    let known = Known { works: Some(TOP), fails: None };
    let mut climbed = climb(board_with(|quirks| quirks.highest_baud = Some(500_000)), ladder(), MUCH, known);
    assert_eq!(climbed.reached(), 460_800);
    assert_eq!(climbed.rungs(), [(TOP, false), (230_400, true), (460_800, true)]);
    assert_eq!(climbed.known, Known { works: Some(460_800), fails: Some(TOP) });
}

#[test]
fn what_is_known_is_believed_only_if_it_is_a_rung() {
    let known = Known { works: Some(123), fails: None };
    assert_eq!(climb(board(), ladder(), MUCH, known).reached(), TOP);
}

#[test]
fn no_rung_above_the_highest_that_is_allowed_is_tried() {
    for (highest, reached) in [(460_800, 460_800), (900_000, 460_800), (115_200, 115_200), (57_600, 115_200)] {
        let ladder = Ladder::new(chip(0x460), WIRING, highest).expect("both pins are wired");
        let known = Known { works: Some(TOP), fails: None };
        let mut climbed = climb(board(), ladder, MUCH, known);
        assert_eq!(climbed.reached(), reached);
        assert_eq!((climbed.resets() == 0, climbed.tried.is_empty()), (reached == 115_200, reached == 115_200));
    }
}

#[test]
fn a_chip_that_st_tested_only_to_less_is_left_where_it_is() {
    let rom = Rom::new(chip(0x422)).with_flash(0x0800_0000, &program());
    let ladder = Ladder::new(chip(0x422), WIRING, TOP).expect("both pins are wired");
    let mut climbed = climb(SimulatedPort::new(rom), ladder, MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.tried.len()), (115_200, 0));
}

#[test]
fn a_board_whose_boot0_is_a_button_has_no_ladder() {
    assert!(Ladder::new(chip(0x460), Wiring { boot0: None, ..WIRING }, TOP).is_none());
}

#[test]
fn wires_that_do_not_reset_the_chip_leave_it_where_it_is_and_nothing_is_learnt() {
    let rom = Rom::new(chip(0x460)).with_flash(0x0800_0000, &program());
    for works in [None, Some(460_800), Some(TOP)] {
        let known = Known { works, fails: None };
        let mut climbed = climb(SimulatedPort::new(rom.clone()), ladder(), MUCH, known);
        assert_eq!((climbed.reached(), climbed.known, climbed.tried.len()), (115_200, known, 1));
        assert_eq!(climbed.bootloader.reset_by(), None);
    }
}

#[test]
fn a_line_that_is_disturbed_as_it_is_is_not_climbed_from() {
    let mut port = board();
    port.cable_mut().faults_mut().from_chip.drop = vec![500];
    let mut climbed = climb(port, ladder(), MUCH, Known::default());
    assert_eq!((climbed.reached(), climbed.tried.len()), (115_200, 0));
}

#[test]
fn a_rung_is_gone_down_to_until_one_works() {
    let mut climbed = climb(board(), ladder(), MUCH, Known::default());
    climbed.bootloader.port().cable_mut().faults_mut().from_chip = too_fast(57_600, 7);
    climbed.result = block_on(descend(&mut climbed.bootloader, WIRING, Duration::ZERO, 460_800));
    assert_eq!(climbed.reached(), 57_600);

    climbed.bootloader.port().cable_mut().faults_mut().from_chip = too_fast(0, 7);
    let error = block_on(descend(&mut climbed.bootloader, WIRING, Duration::ZERO, 460_800)).expect_err("none works");
    assert!(matches!(error, ConnectError::Unreliable(_)), "{error:?}");
}

#[test]
fn a_climb_pays_only_where_it_saves_more_time_than_it_costs() {
    let at = |baud| LineSettings { baud, ..LineSettings::DEFAULT };
    let fast = Duration::from_millis(1);
    let pays = |from, to, round_trip, traffic| ladder().pays(at(from), at(to), round_trip, traffic);
    // Twice as fast saves 48 µs a byte, and costs two resets of 0.15 s each and the reads: 0.19 + 0.19 s on the wire.
    assert!(!pays(115_200, 230_400, fast, 14_000));
    assert!(pays(115_200, 230_400, fast, 18_000));
    // The next rungs save half as much each.
    assert!(!pays(460_800, TOP, fast, 36_000));
    assert!(pays(460_800, TOP, fast, 60_000));
    // An adapter that is slow to answer makes the reads dear.
    assert!(!pays(115_200, 230_400, Duration::from_millis(16), 36_000));
    // Neither the same rate nor a lower one ever pays.
    assert!(!pays(115_200, 115_200, fast, u32::MAX) && !pays(115_200, 57_600, fast, u32::MAX));
    // A chip that is slow to start.
    let slow = Ladder::new(chip(0x415), WIRING, TOP).expect("both pins are wired");
    assert!(!slow.pays(at(115_200), at(230_400), fast, 100_000));
}

#[test]
fn the_time_that_a_climb_takes_is_what_it_was_weighed_with() {
    let mut climbed = climb(board(), ladder(), 18_000, Known::default());
    assert_eq!(climbed.reached(), 230_400);
    // Two resets were counted, and one was needed.
    let weighed = LineSettings { baud: 115_200, ..LineSettings::DEFAULT }.byte_time() * 18_000 / 2;
    assert!(climbed.took < weighed, "it took {:?}, and saves {weighed:?}", climbed.took);
}

#[test]
fn nothing_is_done_for_an_image_too_small() {
    let mut climbed = climb(board(), ladder(), 3000, Known { works: Some(TOP), fails: None });
    assert_eq!((climbed.reached(), climbed.resets()), (115_200, 0));
}

#[test]
fn one_fault_at_any_byte_of_a_climb_leaves_the_chip_in_step_at_a_rung_that_works() {
    let mut whole = climb(board(), ladder(), MUCH, Known::default());
    let all = whole.bootloader.port().cable().sent_to_chip();
    let faults: [fn(u64) -> Direction; 4] = [
        |at| Direction { drop: vec![at], ..Direction::default() },
        |at| Direction { flip: vec![(at, 0x10)], ..Direction::default() },
        |at| Direction { double: vec![at], ..Direction::default() },
        |at| Direction { silent_from: Some(at), silent_for: Some(Duration::from_secs(3)), ..Direction::default() },
    ];
    for number in (40..all).step_by(3) {
        for fault in faults {
            let ways = [
                Faults { to_chip: fault(number), ..Faults::default() },
                // Many more bytes come back.
                Faults { from_chip: fault(number * 16), ..Faults::default() },
            ];
            for faults in ways {
                let mut climbed = climb(board().with_faults(faults.clone()), ladder(), MUCH, Known::default());
                climbed.bootloader.port().cable_mut().faults_mut().clone_from(&Faults::default());
                let reached = climbed.reached();
                let silent = faults.to_chip.silent_from.or(faults.from_chip.silent_from).is_some();
                assert!(reached >= 115_200 || silent, "{reached} with {faults:?}");
            }
        }
    }
}

#[test]
fn a_cable_that_is_pulled_out_amid_the_climb_is_told_as_such() {
    let all = climb(board(), ladder(), MUCH, Known::default()).bootloader.port().cable().sent_to_chip();
    for unplug_at in (45..all).step_by(7) {
        let to_chip = Direction { unplug_at: Some(unplug_at), ..Direction::default() };
        let climbed =
            climb(board().with_faults(Faults { to_chip, ..Faults::default() }), ladder(), MUCH, Known::default());
        let gone = matches!(climbed.result, Err(ConnectError::Port(PortError::Lost(_))));
        assert!(gone, "{:?} at {unplug_at}", climbed.result);
        assert_eq!(climbed.known.fails, None, "no rung is to blame");
    }
}
