//! What the table claims, on virtual time.

use super::*;
use case::CHIPS;
use stm32_bootloader::usart::Pace;
use updater::{LinkSpeed, Plan};

/// The fastest link without an adapter's part, and the one with the most of it, strictly and in bursts.
fn links() -> impl Iterator<Item = Link> {
    CHIPS.into_iter().flat_map(|(id, kib)| {
        let kinds = [
            (0, Pace::Strict, false),
            (16, Pace::Strict, false),
            (16, Pace::Burst, false),
            (0, Pace::Strict, true),
            (16, Pace::Strict, true),
        ];
        kinds.map(|(latency, pace, mass_erase)| Link {
            chip: case::chip(id),
            baud: 921_600,
            latency: Duration::from_millis(latency),
            size: kib << 10,
            pace,
            mass_erase,
        })
    })
}

fn measured(link: &Link, kind: Kind) -> Measured {
    Host::OursOnVirtualTime.update(link, kind).expect("nothing is in the way")
}

#[test]
fn no_update_is_faster_than_the_limit_and_a_dense_one_a_tenth_slower_at_most() {
    for link in links() {
        for kind in Kind::ALL {
            let ratio = measured(&link, kind).done.time.as_secs_f64() / limit::limit(&link, kind).as_secs_f64();
            assert!(ratio >= 1.0, "{} {:?} {kind}: {ratio}", link.chip.family, link.latency);
            // A limit in bursts is so short that proving them, which is done strictly, is more than a tenth of it.
            let proof = if link.pace == Pace::Burst { 0.05 } else { 0.0 };
            let most = kind.limit_target().map_or(f64::INFINITY, |target| target + proof);
            assert!(ratio <= most, "{} {:?} {kind}: {ratio}", link.chip.family, link.latency);
        }
    }
}

/// What the exchanges of stm32flash take: those of the limit, with Get Version and without the ROM's version.
fn stm32flash(link: &Link) -> Duration {
    let exchanges = |bytes, answers| link.line().byte_time() * bytes + link.latency * answers;
    let version = link.chip.rom_version.map_or(Duration::ZERO, |_| exchanges(u32::from(link.chip.max_block) + 12, 3));
    limit::limit(link, Kind::Dense) + exchanges(7, 1) - version
}

#[test]
fn a_dense_update_takes_hardly_longer_than_the_exchanges_of_stm32flash() {
    for link in links().filter(|link| link.pace == Pace::Strict && !link.mass_erase) {
        let ratio = measured(&link, Kind::Dense).done.time.as_secs_f64() / stm32flash(&link).as_secs_f64();
        // The target is 1.02, of which a machine needs some for itself.
        assert!(ratio <= 1.018, "{} {:?}: {ratio}", link.chip.family, link.latency);
    }
}

#[test]
fn what_an_image_in_intel_hex_does_not_hold_is_neither_erased_nor_written_nor_read() {
    for link in links().filter(|link| !link.mass_erase) {
        let erased = measured(&link, Kind::QuarterBlankHex).done.erased;
        assert_eq!(erased, link.units().filter(|unit| !link.is_blank(unit)).count(), "{}", link.chip.family);
        let [hex, dense] = [Kind::QuarterBlankHex, Kind::Dense].map(|kind| measured(&link, kind).done.time);
        let blocks = (link.blank().len() / usize::from(link.chip.max_block)) as u32;
        // The simulated clock counts whole microseconds.
        let saved = link.line().byte_time() * 2 * 268 * blocks - Duration::from_micros(1);
        assert!(dense - hex >= saved, "{}: {hex:?} and {dense:?}", link.chip.family);
    }
}

#[test]
fn what_is_blank_in_a_raw_image_is_erased_and_not_written_and_hardly_read() {
    for link in links().filter(|link| link.pace == Pace::Strict) {
        let Measured { done, .. } = measured(&link, Kind::QuarterBlank);
        let at_once = link.mass_erase && link.chip.mass_erase_time().is_some();
        let units = if at_once { link.chip.geometry.units().count() } else { link.units().count() };
        assert_eq!(done.erased, units, "{}", link.chip.family);
        let ratio = done.time.as_secs_f64() / limit::limit(&link, Kind::QuarterBlank).as_secs_f64();
        assert!(ratio <= 1.06, "{} {:?}: {ratio}", link.chip.family, link.latency);
    }
}

#[test]
fn the_plan_says_within_a_tenth_how_long_it_will_take() {
    for link in links() {
        for kind in Kind::ALL {
            let (expected, happened) = measured(&link, kind).plan.expect("ours has a plan");
            let off = happened.as_secs_f64() / expected.as_secs_f64() - 1.0;
            assert!(off.abs() <= 0.1, "{} {:?} {kind}: {off}", link.chip.family, link.latency);
        }
    }
}

#[test]
fn what_the_page_shows_before_the_start_is_within_a_tenth_for_a_dense_image_and_at_most_that_for_others() {
    for link in links() {
        // Bursts are proven later.
        let speed = LinkSpeed::of_usart(link.line().byte_time(), link.latency, Pace::Strict);
        let geometry = &link.chip.geometry;
        let shown = Plan::dense(geometry.base, link.size, link.chip, geometry, link.mass_erase.then_some(speed));
        let shown = shown.expect("it fits").summary(speed).duration();
        for kind in Kind::ALL {
            let (_, happened) = measured(&link, kind).plan.expect("ours has a plan");
            let off = happened.as_secs_f64() / shown.as_secs_f64() - 1.0;
            assert!(off <= 0.1, "{} {:?} {kind}: {off}", link.chip.family, link.latency);
            assert!(
                off >= -0.1 || kind != Kind::Dense || link.pace == Pace::Burst,
                "{} {:?}: {off}",
                link.chip.family,
                link.latency
            );
        }
    }
}

#[test]
fn nothing_is_erased_where_nothing_changed() {
    for link in links() {
        assert_eq!(measured(&link, Kind::NothingChanged).done.erased, 0, "{}", link.chip.family);
    }
}
