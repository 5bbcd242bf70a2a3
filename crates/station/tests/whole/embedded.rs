//! What is so only of the database in the data folder.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::elsewhere::Elsewhere;
use crate::program::Place;
use crate::server::{DEVICE, Server, json, text};

/// A data folder that the first version of the station made, before there was another database.
fn folder_of_version_1() -> TempDir {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole/version-1");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("payloads")).unwrap();
    fs::copy(made.join("station.sqlite"), folder.path().join("station.sqlite")).unwrap();
    for payload in fs::read_dir(made.join("payloads")).unwrap() {
        let payload = payload.unwrap();
        fs::copy(payload.path(), folder.path().join("payloads").join(payload.file_name())).unwrap();
    }
    folder
}

#[test]
fn a_data_folder_of_the_first_version_is_taken_over_without_loss() {
    let folder = folder_of_version_1();
    let server = Server::start_in(folder, Elsewhere::default(), |_| None, false);
    assert_eq!(server.store.project_key(), "a33a808b851b3f4419009f25a778dfc8");

    let mut release = json(&mut server.latest(&format!("{DEVICE}&current_version=1.0.0")));
    let artifact = release["artifacts"][0].take();
    assert_eq!((&release["version"], &release["notes"]), (&"1.1.0".into(), &"Größer, \"besser\".".into()));
    assert_eq!((&release["id"], &release["must_pass_through"]), (&2.into(), &true.into()));
    assert_eq!(release["created_date"], "2026-11-24T08:48:38.540000+00:00");
    assert_eq!((&artifact["id"], &artifact["extra_info"]["sig"]), (&3.into(), &"abc".into()));
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "two");

    // It withdrew 1.2.0, put a device into another cohort, and deployed `summer` a second time, after `autumn`.
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.1.0"));
    assert_eq!(server.offered(&DEVICE.replace("DEMO", "TESTER")).as_deref(), Some("2.0.0"));
    assert_eq!(server.offered(&DEVICE.replace("mp", "evt")).as_deref(), Some("1.0.0"));
    let radio = DEVICE.replace("stm32-fw", "radio");
    assert_eq!(server.offered(&format!("{radio}&current_version=autumn")).as_deref(), Some("summer"));
    let sql = "SELECT string_agg(serial || ' ' || name, ', ') FROM device JOIN cohort ON cohort.id = cohort_id";
    assert_eq!(server.database().text(sql), "DEMO default, TESTER beta");

    server.add("1.3.0", Some("default"), b"five");
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.3.0"));
}

#[test]
fn a_file_that_is_no_database_is_told_in_a_sentence() {
    let place = Place::new();
    place.says("key");
    fs::write(place.path().join("station-data/station.sqlite"), "no database, whatever it is called").unwrap();
    assert_eq!(place.fails("key", 1), "error: the database cannot be used: file is not a database\n");
}

#[test]
fn a_payload_that_the_disk_damaged_is_not_served() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"abc");
    let path = server.payload_path();
    let file = fs::read_dir(server.folder.path().join("payloads")).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, b"abd").unwrap();
    assert_eq!(server.get(&path, &[]).status(), 503);
    fs::write(&file, b"abc").unwrap();
    assert_eq!(text(&mut server.get(&path, &[])), "abc");
}

#[test]
fn the_data_folder_can_be_named_by_the_environment() {
    let (place, other) = (Place::new(), Place::new());
    let by_environment = place.command("key").env("STATION_DATA", other.path().join("station-data")).output().unwrap();
    assert_eq!(by_environment.stdout, other.says("key").into_bytes());
    assert!(!place.path().join("station-data").exists());
}

#[test]
fn a_folder_with_odd_characters_is_one_like_any_other() {
    let place = Place::new();
    let key = place.says("key --data Größe#1?&50%");
    assert!(place.path().join("Größe#1?&50%/station.sqlite").is_file());
    assert_eq!(place.says("key --data Größe#1?&50%"), key);
}
