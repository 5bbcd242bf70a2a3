//! What the store does for those who manage releases.

use std::time::Duration;

use bytes::Bytes;
use station::store::{Bytestream, NewPayload, Outcome, Scope, StoreError, TokenKind};

use crate::server::{DEVICE, Server, json, text, version_of, wait_until, who};

/// Longer than any test takes.
const HOUR: Duration = Duration::from_secs(3600);

fn bytes(text: &'static str) -> Bytestream {
    Box::pin(futures_util::stream::iter([Ok(Bytes::from_static(text.as_bytes()))]))
}

/// Makes the upload of `token` the payload of a release for hardware `mp`.
fn add_upload(server: &Server, token: &str, md5: Option<&str>, version: &str) -> Result<(), StoreError> {
    let new = NewPayload {
        software_type: &"stm32-fw".parse().unwrap(),
        hardware_version: &"mp".parse().unwrap(),
        version: &version_of(version),
        revision: Some("abc123"),
        notes: None,
        must_pass_through: false,
        extra_info: &Default::default(),
        cohort: Some(&"default".parse().unwrap()),
    };
    server.wait(server.store.add_upload(&who(), token, md5, "fw.bin", &new)).map(|_| ())
}

#[test]
fn an_upload_in_one_part_becomes_a_payload() {
    let server = Server::start();
    let store = &server.store;
    let token = server.wait(store.begin_upload(3, 1, HOUR)).unwrap();
    assert!(!server.wait(store.upload(&token)).unwrap().complete);
    // RFC 1321's MD5 of "abc".
    let md5 = "900150983cd24fb0d6963f7d28e17f72";
    assert_eq!(server.wait(store.put_part(&token, 1, bytes("abc"))).unwrap(), md5);
    assert!(server.wait(store.upload(&token)).unwrap().complete);
    let wrong = add_upload(&server, &token, Some("0"), "1.0.0");
    assert!(matches!(wrong, Err(StoreError::WrongMd5 { .. })), "{wrong:?}");
    add_upload(&server, &token, Some(md5), "1.0.0").unwrap();
    let release = json(&mut server.latest(DEVICE));
    assert_eq!((&release["version"], &release["revision"]), (&"1.0.0".into(), &"abc123".into()));
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "abc");
    assert_eq!((server.count("payloads"), server.count("uploads")), (1, 0));
    assert!(matches!(server.wait(store.upload(&token)), Err(StoreError::NoUpload)));
}

#[test]
fn an_upload_in_several_parts_is_put_together_in_their_order() {
    let server = Server::start();
    let store = &server.store;
    let token = server.wait(store.begin_upload(10, 3, HOUR)).unwrap();
    let put = |number, text| server.wait(store.put_part(&token, number, bytes(text)));
    let third = put(3, "89").unwrap();
    let first = put(1, "0123").unwrap();
    let incomplete = |parts: &[(u32, &str)]| {
        let error = server.wait(store.complete_upload(&token, parts)).unwrap_err();
        assert!(matches!(error, StoreError::UploadIncomplete { size: 10, .. }), "{error}");
    };
    incomplete(&[(1, &first), (3, &third)]);
    assert!(matches!(add_upload(&server, &token, None, "1.0.0"), Err(StoreError::UploadIncomplete { .. })));
    assert!(matches!(put(2, "45678"), Err(StoreError::TooLong { at_most: 4 })));
    let second = put(2, "4567").unwrap();
    incomplete(&[(1, &first), (2, &third), (3, &third)]);
    incomplete(&[(2, &second), (1, &first), (3, &third)]);
    server.wait(store.complete_upload(&token, &[(1, &first), (2, &second), (3, &third)])).unwrap();
    assert!(matches!(put(2, "xxxx"), Err(StoreError::UploadComplete)));
    assert!(matches!(put(4, ""), Err(StoreError::NoSuchPart { number: 4, parts: 3 })));
    add_upload(&server, &token, None, "1.0.0").unwrap();
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "0123456789");
}

#[test]
fn an_upload_for_a_payload_that_exists_is_refused_and_stays() {
    let server = Server::start();
    server.add("1.0.0", None, b"old");
    let token = server.wait(server.store.begin_upload(3, 1, HOUR)).unwrap();
    server.wait(server.store.put_part(&token, 1, bytes("new"))).unwrap();
    assert!(matches!(add_upload(&server, &token, None, "1.0.0"), Err(StoreError::Exists { .. })));
    add_upload(&server, &token, None, "1.1.0").unwrap();
}

#[test]
fn an_upload_that_expired_leaves_nothing() {
    let server = Server::start();
    let store = &server.store;
    let token = server.wait(store.begin_upload(3, 1, Duration::from_millis(200))).unwrap();
    server.wait(store.put_part(&token, 1, bytes("abc"))).unwrap();
    wait_until(|| matches!(server.wait(store.upload(&token)), Err(StoreError::NoUpload)));
    let late = server.wait(store.put_part(&token, 1, bytes("abc")));
    assert!(matches!(late, Err(StoreError::NoUpload)));
    assert_eq!(server.count("uploads"), 1);
    server.wait(store.tidy()).unwrap();
    assert_eq!(server.count("uploads"), 0);
    assert_eq!(server.database().number("SELECT count(*) FROM upload_part"), 0);
}

#[test]
fn a_release_is_removed_with_its_payload_when_nobody_else_has_that() {
    let server = Server::start();
    let software = "stm32-fw".parse().unwrap();
    server.add("1.0.0", Some("default"), b"same");
    server.add("1.1.0", None, b"same");
    server.add("1.2.0", None, b"other");
    assert_eq!(server.count("payloads"), 2);
    let remove = |version| server.wait(server.store.remove_release(&who(), &software, &version_of(version)));
    let error = remove("1.0.0").unwrap_err();
    assert_eq!(error.to_string(), "stm32-fw 1.0.0 is deployed to default; withdraw it from there first");
    remove("1.1.0").unwrap();
    remove("1.2.0").unwrap();
    assert_eq!(server.count("payloads"), 1);
    assert!(matches!(remove("1.2.0"), Err(StoreError::NoRelease { .. })));
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "same");

    server.wait(server.store.withdraw(&who(), &software, &version_of("1.0.0"), &"default".parse().unwrap())).unwrap();
    remove("1.0.0").unwrap();
    assert_eq!(server.count("payloads"), 0);
    // What was known stays known: a device that asks is not at fault.
    assert_eq!(server.offered(DEVICE), None);
}

#[test]
fn releases_are_listed_with_all_that_is_known_of_them() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    server.add("!1.1.0", None, b"two");
    let releases = server.wait(server.store.releases(None, None)).unwrap();
    assert_eq!(releases.iter().map(|release| release.version.as_str()).collect::<Vec<_>>(), ["1.1.0", "1.0.0"]);
    assert!(releases[0].must_pass_through && releases[0].notes == "Less noise.");
    let artifact = &releases[1].artifacts[0];
    assert_eq!((artifact.hardware_version.as_str(), artifact.file_size, &*artifact.filename), ("mp", 3, "fw.bin"));
    assert_eq!(artifact.extra_info["sig"], "abc");
    let one = server.wait(server.store.releases(Some(&"stm32-fw".parse().unwrap()), Some(&version_of("1.0.0"))));
    assert_eq!(one.unwrap(), releases[1..]);
    let types = server.wait(server.store.software_types()).unwrap();
    assert_eq!(types.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["stm32-fw"]);
}

#[test]
fn what_else_devices_are_told_can_be_set_later_and_reaches_them_at_once() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    assert_eq!(json(&mut server.latest(DEVICE))["artifacts"][0]["extra_info"]["sig"], "abc");
    let info = [("sig".to_owned(), "def".to_owned())].into();
    let set = |version: &str, hardware: &str| {
        let (software, hardware) = ("stm32-fw".parse().unwrap(), hardware.parse().unwrap());
        server.wait(server.store.set_extra_info(&who(), &software, &version_of(version), &hardware, &info))
    };
    set("1.0.0", "mp").unwrap();
    assert_eq!(json(&mut server.latest(DEVICE))["artifacts"][0]["extra_info"], serde_json::json!({"sig": "def"}));
    assert!(matches!(set("9.0.0", "mp"), Err(StoreError::NoRelease { .. })));
    assert!(matches!(set("1.0.0", "evt"), Err(StoreError::NoRelease { .. })));
}

#[test]
fn a_device_is_listed_with_what_it_said_last() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    let device = |serial: &str| server.wait(server.store.device(&serial.parse().unwrap())).unwrap();
    assert_eq!(device("DEMO"), None);
    server.offered(DEVICE);
    let first = device("DEMO").unwrap();
    assert_eq!((&*first.cohort, &*first.hardware_version, &*first.current_version), ("default", "mp", ""));
    assert!(first.last_seen.len() == 32 && first.last_seen == first.created_date);
    server.offered(&format!("{DEVICE}&current_version=1.0.0"));
    server.wait(server.store.settle()).unwrap();
    let second = device("DEMO").unwrap();
    assert_eq!((&*second.current_version, &second.created_date), ("1.0.0", &first.created_date));
    assert!(second.last_seen > first.last_seen);

    server.wait(server.store.assign(&who(), &"ALPHA".parse().unwrap(), &"beta".parse().unwrap())).unwrap();
    let list = |cohort: Option<&str>, after: Option<&str>, limit| {
        let (cohort, after) = (cohort.map(|name| name.parse().unwrap()), after.map(|serial| serial.parse().unwrap()));
        let devices = server.wait(server.store.devices(cohort.as_ref(), after.as_ref(), limit)).unwrap();
        devices.into_iter().map(|device| device.serial).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 10), ["ALPHA", "DEMO"]);
    assert_eq!(list(None, None, 1), ["ALPHA"]);
    assert_eq!(list(None, Some("ALPHA"), 10), ["DEMO"]);
    assert_eq!(list(Some("beta"), None, 10), ["ALPHA"]);
    let cohorts = server.wait(server.store.cohorts()).unwrap();
    let cohorts: Vec<_> = cohorts.iter().map(|cohort| (cohort.name.as_str(), cohort.devices)).collect();
    assert_eq!(cohorts, [("beta", 1), ("default", 1)]);
}

#[test]
fn what_many_devices_say_is_written_by_itself() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    // More than fit into one statement, and no multiple of it.
    let queries: Vec<_> = (0..130).map(|device| DEVICE.replace("DEMO", &format!("SN-{device}"))).collect();
    for query in &queries {
        server.offered(query);
    }
    for query in &queries {
        server.offered(&format!("{query}&current_version=1.0.0"));
    }
    let sql = "SELECT count(*) FROM device WHERE current_version = '1.0.0'";
    wait_until(|| server.database().number(sql) == 130);
}

#[test]
fn a_token_is_good_until_it_is_revoked_or_expires_and_its_secret_is_not_held() {
    let server = Server::start();
    let store = &server.store;
    let (token, secret) =
        server.wait(store.new_token(&who(), TokenKind::Organization, "CI", Scope::Upload, None)).unwrap();
    assert!(secret.starts_with("oat_") && secret.len() == 68, "{secret}");
    assert_eq!(server.wait(store.token(&secret)).unwrap().as_ref(), Some(&token));
    assert!(token.scope >= Scope::Read && token.scope < Scope::Deploy);
    for wrong in ["", "oat_", &secret[..67], &secret.to_uppercase(), &format!("{secret} ")] {
        assert_eq!(server.wait(store.token(wrong)).unwrap(), None, "{wrong}");
    }
    let held = server.database().text("SELECT secret_sha256 FROM access_token");
    assert!(held.len() == 64 && !secret.contains(&held));

    let soon = Some(Duration::from_millis(100));
    let (_, short) = server.wait(store.new_token(&who(), TokenKind::User, "me@x.io", Scope::Admin, soon)).unwrap();
    assert!(short.starts_with("key_"));
    wait_until(|| server.wait(store.token(&short)).unwrap().is_none());

    server.wait(store.revoke_token(&who(), token.id)).unwrap();
    assert_eq!(server.wait(store.token(&secret)).unwrap(), None);
    assert!(matches!(server.wait(store.revoke_token(&who(), token.id)), Err(StoreError::NoToken(_))));
    let tokens = server.wait(store.tokens()).unwrap();
    assert_eq!(tokens.len(), 2);
    assert!(tokens[0].revoked_date.is_some() && tokens[1].expires_date.is_some());
}

#[test]
fn every_change_is_in_the_audit_with_who_made_it_and_what_failed_is_not() {
    let server = Server::start();
    let store = &server.store;
    let (software, cohort) = ("stm32-fw".parse().unwrap(), "beta".parse().unwrap());
    server.add("1.0.0", Some("beta"), b"one");
    server.wait(store.assign(&who(), &"DEMO".parse().unwrap(), &cohort)).unwrap();
    let (token, _) = server.wait(store.new_token(&who(), TokenKind::Organization, "CI", Scope::Admin, None)).unwrap();
    server.wait(store.withdraw(&(&token).into(), &software, &version_of("1.0.0"), &cohort)).unwrap();
    server.wait(store.withdraw(&who(), &software, &version_of("1.0.0"), &cohort)).unwrap_err();
    let rows = server.wait(store.audit(None, 100)).unwrap();
    let what: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.subject.as_str())).collect();
    assert_eq!(
        what,
        [
            ("deployment_aborted", "stm32-fw 1.0.0"),
            ("token_created", "token 1 (CI)"),
            ("device_assigned", "DEMO"),
            ("release_deployed", "stm32-fw 1.0.0"),
            ("cohort_created", "beta"),
            ("payload_added", "stm32-fw 1.0.0"),
        ]
    );
    assert_eq!((&*rows[0].who, &*rows[0].details), ("token 1 (CI)", "beta"));
    assert!(rows[1].who.starts_with("command line"));
    assert_eq!(server.wait(store.audit(Some(rows[1].id), 2)).unwrap(), rows[2..4]);
}

#[test]
fn outcomes_are_kept_and_counted() {
    let server = Server::start();
    let store = &server.store;
    let (serial, hardware, software) = ("DEMO".parse().unwrap(), "mp".parse().unwrap(), "stm32-fw".parse().unwrap());
    let (from, to) = (version_of("1.0.0"), version_of("1.1.0"));
    for failure in [Some("link-lost"), None, None] {
        let outcome = Outcome {
            age: Duration::ZERO,
            device_serial: Some(&serial),
            chip: None,
            hardware_version: &hardware,
            software_type: &software,
            from_version: Some(&from),
            to_version: &to,
            failure,
            duration_ms: 12_000,
        };
        server.wait(store.report(&outcome)).unwrap();
    }
    let outcomes = server.wait(store.outcomes(Some(&serial), None, 10)).unwrap();
    assert_eq!(outcomes.iter().map(|outcome| &*outcome.result).collect::<Vec<_>>(), ["updated", "updated", "failed"]);
    assert_eq!(
        (&*outcomes[2].reason, &*outcomes[2].from_version, outcomes[2].duration_ms),
        ("link-lost", "1.0.0", 12_000)
    );
    assert_eq!(server.wait(store.outcomes(None, Some(outcomes[1].id), 10)).unwrap(), outcomes[2..]);
    assert_eq!(server.wait(store.outcomes(Some(&"OTHER".parse().unwrap()), None, 10)).unwrap(), []);
    let tally = server.wait(store.tally()).unwrap();
    let tally: Vec<_> = tally.iter().map(|row| (&*row.result, &*row.reason, row.count)).collect();
    assert_eq!(tally, [("updated", "", 2), ("failed", "link-lost", 1)]);
}

#[test]
fn the_secret_that_signs_links_is_the_projects_own_and_stays() {
    let server = Server::start();
    let secret = server.store.link_secret().to_owned();
    assert!(secret.len() == 64 && secret != Server::start().store.link_secret());
    assert_eq!(server.database().text("SELECT link_secret FROM project"), secret);
}
