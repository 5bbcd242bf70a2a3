//! Which of the deployed releases a device is offered.

use std::cmp::Ordering;

use release_feed::{LatestQuery, Version};

use crate::store::Deployment;

/// What a device gets for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<'a> {
    /// This release.
    Offered(&'a Deployment),
    /// Nothing: it has the latest.
    Latest,
    /// Nothing as yet: what is newer is rolled out in stages, and the device has not its turn.
    NotYet,
    /// Nothing: no release with a payload for its hardware is deployed to its cohort.
    NoRelease,
}

/// Chooses of what is or was deployed to a device's cohort, given in the order of deployment. `has_payload` tells of a
/// release, by its number, whether it has a payload for the device's hardware.
///
/// 1. Of those newer than what the device runs, the lowest that must be passed through, so that a device takes these in
///    order. If that is one that the device has not its turn for, it is offered none of those after it either.
/// 2. Else the highest that is newer and that it has its turn for; the highest of all for a device that does not say
///    what it runs.
///
/// Semantic versions are in their own order. Where one of two is none, the one deployed later is the newer; a version
/// that was never deployed is older than all.
pub fn choose<'a>(deployments: &'a [Deployment], query: &LatestQuery, has_payload: impl Fn(i64) -> bool) -> Choice<'a> {
    // Asked last of all: of hundreds that are deployed few are left by then.
    let has_payload = |deployment: &&Deployment| has_payload(deployment.release);
    let deployed = || deployments.iter().filter(|deployment| deployment.percent > 0);
    let current_order = query.current_version.as_ref().and_then(|current| {
        let held = deployments.iter().rfind(|deployment| deployment.version == *current);
        held.map(|deployment| deployment.id)
    });
    let is_newer = |deployment: &&Deployment| match &query.current_version {
        None => true,
        Some(current) => match deployment.version.order(current) {
            Some(ordering) => ordering.is_gt(),
            None => current_order.is_none_or(|order| deployment.id > order),
        },
    };
    let has_turn = |deployment: &&Deployment| deployment.has_turn(&query.device_serial);
    let newer = || deployed().filter(is_newer);
    let is_hop = |deployment: &&Deployment| deployment.must_pass_through && query.current_version.is_some();
    let chosen = match newer().filter(is_hop).filter(has_payload).min_by(compare) {
        Some(hop) if has_turn(&hop) => Some(hop),
        Some(hop) => {
            let before = newer().filter(|deployment| compare(deployment, &hop).is_lt());
            before.filter(has_turn).filter(has_payload).max_by(compare)
        }
        None => newer().filter(has_turn).filter(has_payload).max_by(compare),
    };
    match chosen {
        Some(deployment) => Choice::Offered(deployment),
        None if newer().any(|deployment| has_payload(&deployment)) => Choice::NotYet,
        None if deployed().any(|deployment| has_payload(&deployment)) => Choice::Latest,
        None => Choice::NoRelease,
    }
}

fn compare(a: &&Deployment, b: &&Deployment) -> Ordering {
    order(&a.version, &b.version).then(a.id.cmp(&b.id))
}

fn order(a: &Version, b: &Version) -> Ordering {
    a.order(b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Deployed in this order; `!` must be passed through, `-` is withdrawn, `N%` is rolled out to so many.
    fn deployments(texts: &[&str]) -> Vec<Deployment> {
        let deployment = |(order, text): (usize, &&str)| {
            let (percent, text) = match text.split_once('%') {
                Some((percent, text)) => (percent.parse().unwrap(), text),
                None if text.starts_with('-') => (0, &text[1..]),
                None => (100, *text),
            };
            Deployment {
                id: order as i64,
                release: order as i64,
                version: text.trim_start_matches('!').parse().unwrap(),
                must_pass_through: text.starts_with('!'),
                percent,
            }
        };
        texts.iter().enumerate().map(deployment).collect()
    }

    fn query(serial: &str, current: &str) -> LatestQuery {
        LatestQuery {
            device_serial: serial.parse().unwrap(),
            hardware_version: "mp".parse().unwrap(),
            software_type: "stm32-fw".parse().unwrap(),
            current_version: current.parse().ok(),
        }
    }

    /// What a device is offered: a version, or why none.
    fn chosen_by(serial: &str, texts: &[&str], current: &str) -> String {
        match choose(&deployments(texts), &query(serial, current), |_| true) {
            Choice::Offered(deployment) => deployment.version.to_string(),
            nothing => format!("{nothing:?}"),
        }
    }

    fn chosen(texts: &[&str], current: &str) -> String {
        chosen_by("DEMO", texts, current)
    }

    #[test]
    fn the_highest_version_is_offered_not_the_one_deployed_last() {
        assert_eq!(chosen(&["1.10.0", "1.9.0"], "1.0.0"), "1.10.0");
        assert_eq!(chosen(&["1.10.0", "1.9.0"], ""), "1.10.0");
    }

    #[test]
    fn nothing_is_offered_to_a_device_that_is_as_new_or_newer() {
        assert_eq!(chosen(&["1.2.0"], "1.2.0"), "Latest");
        assert_eq!(chosen(&["1.2.0"], "1.2.0+build"), "Latest");
        assert_eq!(chosen(&["1.2.0"], "2.0.0"), "Latest");
        assert_eq!(chosen(&[], ""), "NoRelease");
    }

    #[test]
    fn a_release_without_a_payload_for_the_hardware_is_not_offered() {
        let deployments = deployments(&["1.0.0", "!1.1.0"]);
        let query = query("DEMO", "0.9.0");
        assert_eq!(choose(&deployments, &query, |release| release == 0), Choice::Offered(&deployments[0]));
        assert_eq!(choose(&deployments, &query, |_| false), Choice::NoRelease);
    }

    #[test]
    fn of_hundreds_of_releases_it_is_only_asked_of_newer_ones_whether_they_have_a_payload() {
        let versions: Vec<_> = (0..200).map(|minor| format!("1.{minor}.0")).collect();
        let deployments = deployments(&versions.iter().map(String::as_str).collect::<Vec<_>>());
        let asked = Cell::new(0);
        let has_payload = |_| asked.replace(asked.get() + 1) < usize::MAX;
        let choice = choose(&deployments, &query("DEMO", "1.197.0"), has_payload);
        assert_eq!((choice, asked.replace(0)), (Choice::Offered(&deployments[199]), 2));
        let choice = choose(&deployments, &query("DEMO", "1.199.0"), has_payload);
        assert_eq!((choice, asked.get()), (Choice::Latest, 1));
    }

    #[test]
    fn releases_that_must_be_passed_through_are_taken_in_order() {
        let versions = ["3.0.0", "!2.0.0", "!1.5.0", "1.0.0"];
        let mut hops = vec!["1.0.0".to_owned()];
        while hops.last().unwrap() != "Latest" {
            hops.push(chosen(&versions, hops.last().unwrap()));
        }
        assert_eq!(hops, ["1.0.0", "1.5.0", "2.0.0", "3.0.0", "Latest"]);
    }

    #[test]
    fn a_device_that_does_not_say_what_it_runs_gets_the_latest() {
        assert_eq!(chosen(&["3.0.0", "!2.0.0"], ""), "3.0.0");
    }

    #[test]
    fn a_withdrawn_release_is_offered_to_nobody() {
        assert_eq!(chosen(&["1.0.0", "-2.0.0"], "0.9.0"), "1.0.0");
        assert_eq!(chosen(&["-2.0.0"], ""), "NoRelease");
        assert_eq!(chosen(&["1.0.0", "-!1.5.0", "2.0.0"], "1.0.0"), "2.0.0");
    }

    #[test]
    fn other_versions_are_in_the_order_of_their_deployment() {
        assert_eq!(chosen(&["summer", "autumn"], "summer"), "autumn");
        assert_eq!(chosen(&["summer", "autumn"], "autumn"), "Latest");
        assert_eq!(chosen(&["summer", "autumn"], "spring"), "autumn");
        // A withdrawn one keeps its place; deployed again it has a new one.
        assert_eq!(chosen(&["summer", "-autumn"], "autumn"), "Latest");
        assert_eq!(chosen(&["-summer", "autumn", "summer"], "autumn"), "summer");
        assert_eq!(chosen(&["-summer", "autumn", "summer"], "summer"), "Latest");
    }

    /// Two serial numbers of which only the first has its turn when the deployment of this number is for 10 %.
    fn first_and_later(id: usize) -> [String; 2] {
        let ten = Deployment { id: id as i64, ..deployments(&["10%1.0.0"]).remove(0) };
        let turn = |turn| (0..).map(|n| format!("SN-{n}")).find(|s| ten.has_turn(&s.parse().unwrap()) == turn);
        [turn(true).unwrap(), turn(false).unwrap()]
    }

    #[test]
    fn a_staged_rollout_is_offered_to_those_that_have_their_turn() {
        let [first, later] = first_and_later(1);
        let versions = ["1.0.0", "10%2.0.0"];
        assert_eq!(chosen_by(&first, &versions, "1.0.0"), "2.0.0");
        assert_eq!(chosen_by(&later, &versions, "1.0.0"), "NotYet");
        assert_eq!(chosen_by(&later, &versions, "0.9.0"), "1.0.0");
        assert_eq!(chosen_by(&later, &versions, ""), "1.0.0");
        // It has what is rolled out, however it came by it.
        assert_eq!(chosen_by(&later, &versions, "2.0.0"), "Latest");
    }

    #[test]
    fn a_hop_that_a_device_has_not_its_turn_for_is_not_jumped_over() {
        let [first, later] = first_and_later(1);
        let versions = ["1.1.0", "10%!1.5.0", "2.0.0"];
        assert_eq!(chosen_by(&first, &versions, "1.0.0"), "1.5.0");
        assert_eq!(chosen_by(&later, &versions, "1.0.0"), "1.1.0");
        assert_eq!(chosen_by(&later, &versions, "1.1.0"), "NotYet");
        assert_eq!(chosen_by(&later, &versions, "1.5.0"), "2.0.0");
    }

    #[test]
    fn a_raised_share_only_adds_devices_and_is_as_large_as_it_says() {
        let serials: Vec<_> = (0..10_000).map(|n| format!("SN-{n:06}").parse().unwrap()).collect();
        let at = |id, percent| {
            let deployment = Deployment { id, percent, ..deployments(&["1.0.0"]).remove(0) };
            serials.iter().map(|serial| deployment.has_turn(serial)).collect::<Vec<_>>()
        };
        let count = |turns: &[bool]| turns.iter().filter(|&&turn| turn).count();
        let (ten, thirty) = (at(7, 10), at(7, 30));
        assert!(ten.iter().zip(&thirty).all(|(before, after)| after >= before));
        // Three standard deviations of what chance makes of it.
        assert!((910..=1090).contains(&count(&ten)), "{}", count(&ten));
        assert!((2862..=3138).contains(&count(&thirty)), "{}", count(&thirty));
        assert_eq!((count(&at(7, 0)), count(&at(7, 100))), (0, 10_000));
        // Of another deployment it is others that go first.
        let both = at(8, 10).iter().zip(&ten).filter(|(a, b)| **a && **b).count();
        assert!(both < 200, "{both}");
    }
}
