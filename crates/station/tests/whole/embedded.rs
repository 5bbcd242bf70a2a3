//! What is so only of the database in the data folder.

use std::fs;
use std::path::Path;

use release_feed::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use station::store::{Scope, TokenKind};
use tempfile::TempDir;

use crate::api::{Api, payload};
use crate::elsewhere::Elsewhere;
use crate::program::Place;
use crate::server::{DEVICE, Server, json, text, who};

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

/// All files below a folder, by their paths from there.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let of_entry = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        match entry.path() {
            path if path.is_dir() => {
                files(&path).into_iter().map(|(path, is)| (format!("{name}/{path}"), is)).collect()
            }
            path => vec![(name, fs::read(path).unwrap())],
        }
    };
    entries.flat_map(of_entry).collect()
}

#[test]
fn of_a_secret_only_its_hash_is_held_and_no_file_has_a_name_that_a_client_gave() {
    let api = Api::new();
    let server = &api.server;
    let new = server.wait(server.store.new_token(&who(), TokenKind::Organization, "CI", Scope::Read, None));
    let secrets = [new.unwrap().1, api.upload("abc"), api.upload("abcd")];
    let mut added = payload(&secrets[2], "1.0.0");
    added["file"]["name"] = "named by a client.bin".into();
    api.data("POST", "/releases/ota_payload", added);
    // The token in the address of an upload is a client's word as well, and so is what a payload is called in its own.
    for name in ["..%2F..%2Fcron", "%2Fetc%2Fcron", "..%5Ccron", "%00"] {
        assert_eq!(api.send("PUT", &format!("{}/uploads/{name}/1", server.address), "abc").status(), 404, "{name}");
    }
    api.data("POST", "/deployments", serde_json::json!({"type": "normal", "release": "1.0.0", "cohort": "default"}));
    assert!(server.payload_path().contains("/named%20by%20a%20client.bin?"));

    let files = files(server.folder.path());
    let holds = |text: &str| files.iter().any(|(_, is)| is.windows(text.len()).any(|part| part == text.as_bytes()));
    for secret in &secrets {
        assert!(!holds(secret), "{secret}");
    }
    for secret in &secrets[..2] {
        assert!(holds(&hex(&Sha256::digest(secret))), "{secret}");
    }
    let payload = format!("payloads/{}", hex(&Sha256::digest("abcd")));
    let part = format!("uploads/{}-1", hex(&Sha256::digest(&secrets[1])));
    let mut names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| !name.starts_with("station.sqlite"));
    names.sort_unstable();
    assert_eq!(names, [&*payload, &*part]);
    assert_eq!(
        api.ask("GET", "/releases/1.0.0", Value::Null).1["data"]["artifacts"][0]["filename"],
        "named by a client.bin"
    );
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
