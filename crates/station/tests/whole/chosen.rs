//! A release that someone chose, by a link of support's: the station's own route.

use crate::server::{DEVICE, Server, json, text};

/// What is answered to a device that runs `current` and wants `wish`: a version, or a status and what is said.
fn chosen(server: &Server, current: &str, wish: &str) -> Result<String, (u16, String)> {
    let path = format!("/api/v0/fieldflash/releases/chosen?{DEVICE}&current_version={current}{wish}");
    let mut response = server.get(&path, &[("Memfault-Project-Key", server.store.project_key())]);
    match response.status().as_u16() {
        200 => Ok(json(&mut response)["version"].as_str().unwrap().to_owned()),
        status => Err((status, text(&mut response))),
    }
}

/// Three releases for everybody, the second of which must be passed through, and one for testers.
fn server() -> Server {
    let server = Server::start();
    for version in ["1.0.0", "!1.5.0", "2.0.0"] {
        server.add(version, Some("default"), version.as_bytes());
    }
    server.add("3.0.0-beta", Some("testers"), b"beta");
    server
}

#[test]
fn a_release_is_offered_by_its_version() {
    let server = server();
    assert_eq!(server.offered(DEVICE).as_deref(), Some("2.0.0"));
    assert_eq!(chosen(&server, "", "&release=1.5.0"), Ok("1.5.0".into()));
    assert_eq!(chosen(&server, "1.5.0", "&release=2.0.0"), Ok("2.0.0".into()));
}

#[test]
fn an_older_one_and_the_one_that_is_installed_are_offered_to_who_asks_for_them() {
    let server = server();
    assert_eq!(chosen(&server, "2.0.0", "&release=1.0.0"), Ok("1.0.0".into()));
    assert_eq!(chosen(&server, "2.0.0", "&release=2.0.0"), Ok("2.0.0".into()));
}

#[test]
fn what_must_be_passed_through_is_not_jumped_over_by_choice() {
    assert_eq!(chosen(&server(), "1.0.0", "&release=2.0.0"), Ok("1.5.0".into()));
}

#[test]
fn what_is_deployed_to_another_cohort_is_offered_to_who_asks_for_that_cohort() {
    let server = server();
    assert_eq!(chosen(&server, "", "&cohort=testers"), Ok("3.0.0-beta".into()));
    assert_eq!(chosen(&server, "", "&cohort=testers&release=3.0.0-beta"), Ok("3.0.0-beta".into()));
    // The device itself stays in its cohort.
    assert_eq!(server.offered(DEVICE).as_deref(), Some("2.0.0"));
}

#[test]
fn what_is_not_deployed_is_not_offered() {
    let server = server();
    assert_eq!(chosen(&server, "", "&release=3.0.0-beta").unwrap_err().0, 204);
    assert_eq!(chosen(&server, "", "&release=9.9.9").unwrap_err().0, 204);
    server.add("4.0.0", None, b"not deployed");
    assert_eq!(chosen(&server, "", "&release=4.0.0").unwrap_err().0, 204);
}

#[test]
fn a_wish_that_is_none_is_refused_in_words() {
    let server = server();
    for (wish, says) in [
        ("", "neither release nor cohort"),
        ("&cohort=nobody", "cohort nobody does not exist"),
        ("&cohort=a%20b", "cohort is not valid"),
        (&format!("&release={}", "1".repeat(200)), "release is not valid"),
    ] {
        let (status, said) = chosen(&server, "", wish).unwrap_err();
        assert!(status == 400 && said.contains(says), "{wish}: {status} {said}");
    }
}

#[test]
fn who_has_not_the_project_key_cannot_choose() {
    let path = format!("/api/v0/fieldflash/releases/chosen?{DEVICE}&release=2.0.0");
    assert_eq!(server().get(&path, &[]).status().as_u16(), 403);
}
