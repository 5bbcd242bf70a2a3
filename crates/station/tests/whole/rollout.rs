//! Staged rollouts, aborts, and what stays of them.

use station::store::{DeploymentFilter, Percent, Rollout, StoreError};

use crate::server::{DEVICE, Server, header, version_of, who};

fn staged(percent: i64) -> Rollout {
    Rollout::Staged(Percent::try_from(percent).unwrap())
}

/// How a release came to the default cohort: kind, percent and status of each deployment, the latest first.
fn history(server: &Server, version: &str) -> Vec<(String, i64, String)> {
    let version = version_of(version);
    let filter = DeploymentFilter { version: Some(&version), ..DeploymentFilter::default() };
    let deployments = server.wait(server.store.deployments(filter)).unwrap();
    deployments.into_iter().map(|found| (found.kind, found.rollout_percent, found.status)).collect()
}

fn deploy(server: &Server, version: &str, rollout: Rollout) -> station::store::Deployed {
    let (software, cohort) = ("stm32-fw".parse().unwrap(), "default".parse().unwrap());
    server.wait(server.store.deploy(&who(), &software, &version_of(version), &cohort, rollout)).unwrap()
}

/// Of a hundred devices that run 1.0.0, those that are offered 2.0.0.
fn offered_to(server: &Server) -> Vec<usize> {
    let is_offered = |device: &usize| {
        let query = DEVICE.replace("DEMO", &format!("SN-{device}"));
        server.offered(&format!("{query}&current_version=1.0.0")).is_some()
    };
    (0..100).filter(is_offered).collect()
}

#[test]
fn a_staged_rollout_reaches_a_stable_share_that_grows_until_it_is_everybody() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    server.add("2.0.0", None, b"two");
    let first = deploy(&server, "2.0.0", staged(20));
    assert!(!first.already && deploy(&server, "2.0.0", staged(20)).already);
    assert_eq!(history(&server, "2.0.0"), [("staged_rollout".to_owned(), 20, "in_progress".to_owned())]);
    let early = offered_to(&server);
    assert!((5..40).contains(&early.len()), "{early:?}");
    assert_eq!(offered_to(&server), early);

    let later = *(0..100).collect::<Vec<_>>().iter().find(|device| !early.contains(device)).unwrap();
    let query = DEVICE.replace("DEMO", &format!("SN-{later}"));
    let response = server.latest(&format!("{query}&current_version=1.0.0"));
    assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (204, "staged-rollout"));

    assert_eq!(deploy(&server, "2.0.0", staged(60)).deployment.id, first.deployment.id);
    let more = offered_to(&server);
    assert!(more.len() > early.len() && early.iter().all(|device| more.contains(device)));

    deploy(&server, "2.0.0", Rollout::Normal);
    assert_eq!(history(&server, "2.0.0"), [("normal".to_owned(), 100, "done".to_owned())]);
    assert_eq!(offered_to(&server).len(), 100);
}

#[test]
fn an_aborted_rollout_is_offered_to_nobody_and_those_that_have_it_keep_it() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    server.add("2.0.0", None, b"two");
    let id = deploy(&server, "2.0.0", staged(50)).deployment.id;
    assert!(!offered_to(&server).is_empty());
    let aborted = server.wait(server.store.abort(&who(), id)).unwrap();
    assert!(!aborted.is_active());
    assert_eq!(offered_to(&server), [0; 0]);
    assert_eq!(server.offered(&format!("{DEVICE}&current_version=2.0.0")), None);
    let again = server.wait(server.store.abort(&who(), id));
    assert!(matches!(again, Err(StoreError::NoDeployment(found)) if found == id));
}

#[test]
fn a_release_that_is_deployed_again_has_a_history() {
    let server = Server::start();
    server.add("2.0.0", Some("default"), b"two");
    let id = deploy(&server, "2.0.0", Rollout::Normal).deployment.id;
    server.wait(server.store.abort(&who(), id)).unwrap();
    let again = deploy(&server, "2.0.0", staged(100));
    assert!(again.deployment.id > id && !again.already);
    assert_eq!(
        history(&server, "2.0.0"),
        [("staged_rollout".to_owned(), 100, "done".to_owned()), ("normal".to_owned(), 100, "aborted".to_owned())]
    );
    let filter = |cohort| DeploymentFilter { cohort: Some(cohort), ..DeploymentFilter::default() };
    let beta = "beta".parse().unwrap();
    assert_eq!(server.wait(server.store.deployments(filter(&beta))).unwrap(), []);
}

#[test]
fn a_device_takes_a_hop_that_is_rolled_out_in_stages_before_what_comes_after_it() {
    let server = Server::start();
    server.add("!1.5.0", None, b"hop");
    server.add("2.0.0", Some("default"), b"two");
    deploy(&server, "1.5.0", staged(50));
    let offered: Vec<_> = (0..20)
        .map(|device| DEVICE.replace("DEMO", &format!("SN-{device}")))
        .map(|query| server.offered(&format!("{query}&current_version=1.0.0")))
        .collect();
    assert!(offered.contains(&None) && offered.contains(&Some("1.5.0".to_owned())), "{offered:?}");
    assert!(!offered.contains(&Some("2.0.0".to_owned())), "{offered:?}");
    assert_eq!(server.offered(&format!("{DEVICE}&current_version=1.5.0")).as_deref(), Some("2.0.0"));
}
