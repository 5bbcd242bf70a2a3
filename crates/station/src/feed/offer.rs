//! Which of the deployed releases a device is offered.

use std::cmp::Ordering;

use release_feed::Version;

use crate::store::Deployment;

/// Chooses for a device that runs `current`, where it says what it runs:
///
/// 1. of those newer than `current`, the lowest that must be passed through, so that a device takes these in order;
/// 2. else the highest that is newer than `current`; the highest of all for a device that does not say what it runs.
///
/// Semantic versions are in their own order. Where one of two is none, the one deployed later is the newer; a
/// `current` that was never deployed is older than all.
pub fn choose<'a>(deployments: &'a [Deployment], current: Option<&Version>) -> Option<&'a Deployment> {
    let offered = || deployments.iter().filter(|deployment| deployment.is_offered);
    let Some(current) = current else { return offered().max_by(compare) };
    let current_order =
        deployments.iter().find(|deployment| deployment.version == *current).map(|deployment| deployment.order);
    let is_newer = |deployment: &&Deployment| match deployment.version.order(current) {
        Some(ordering) => ordering.is_gt(),
        None => current_order.is_none_or(|order| deployment.order > order),
    };
    let newer = || offered().filter(is_newer);
    newer().filter(|deployment| deployment.must_pass_through).min_by(compare).or_else(|| newer().max_by(compare))
}

fn compare(a: &&Deployment, b: &&Deployment) -> Ordering {
    a.version.order(&b.version).unwrap_or(Ordering::Equal).then(a.order.cmp(&b.order))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deployed in this order; `!` must be passed through, `-` is withdrawn.
    fn deployments(versions: &[&str]) -> Vec<Deployment> {
        let deployment = |(order, text): (usize, &&str)| Deployment {
            release: 0,
            version: text.trim_start_matches(['!', '-']).parse().unwrap(),
            must_pass_through: text.starts_with('!'),
            order: order as i64,
            is_offered: !text.starts_with('-'),
        };
        versions.iter().enumerate().map(deployment).collect()
    }

    fn chosen(versions: &[&str], current: &str) -> Option<String> {
        let current = current.parse().ok();
        choose(&deployments(versions), current.as_ref()).map(|deployment| deployment.version.to_string())
    }

    #[test]
    fn the_highest_version_is_offered_not_the_one_deployed_last() {
        assert_eq!(chosen(&["1.10.0", "1.9.0"], "1.0.0").as_deref(), Some("1.10.0"));
        assert_eq!(chosen(&["1.10.0", "1.9.0"], "").as_deref(), Some("1.10.0"));
    }

    #[test]
    fn nothing_is_offered_to_a_device_that_is_as_new_or_newer() {
        assert_eq!(chosen(&["1.2.0"], "1.2.0"), None);
        assert_eq!(chosen(&["1.2.0"], "1.2.0+build"), None);
        assert_eq!(chosen(&["1.2.0"], "2.0.0"), None);
        assert_eq!(chosen(&[], ""), None);
    }

    #[test]
    fn releases_that_must_be_passed_through_are_taken_in_order() {
        let versions = ["3.0.0", "!2.0.0", "!1.5.0", "1.0.0"];
        let mut hops = vec!["1.0.0".to_owned()];
        while let Some(next) = chosen(&versions, hops.last().unwrap()) {
            hops.push(next);
        }
        assert_eq!(hops, ["1.0.0", "1.5.0", "2.0.0", "3.0.0"]);
    }

    #[test]
    fn a_device_that_does_not_say_what_it_runs_gets_the_latest() {
        assert_eq!(chosen(&["3.0.0", "!2.0.0"], "").as_deref(), Some("3.0.0"));
    }

    #[test]
    fn a_withdrawn_release_is_offered_to_nobody() {
        assert_eq!(chosen(&["1.0.0", "-2.0.0"], "0.9.0").as_deref(), Some("1.0.0"));
        assert_eq!(chosen(&["-2.0.0"], ""), None);
    }

    #[test]
    fn other_versions_are_in_the_order_of_their_deployment() {
        assert_eq!(chosen(&["summer", "autumn"], "summer").as_deref(), Some("autumn"));
        assert_eq!(chosen(&["summer", "autumn"], "autumn"), None);
        assert_eq!(chosen(&["summer", "autumn"], "spring").as_deref(), Some("autumn"));
        // A withdrawn one keeps its place.
        assert_eq!(chosen(&["summer", "-autumn"], "autumn"), None);
    }
}
