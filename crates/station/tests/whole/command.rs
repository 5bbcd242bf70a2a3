//! What the commands do and say.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::database::MAKE_NEWER;
use crate::program::Place;

const ADD: &str = "release add fw.bin --software-type stm32-fw --hardware-version mp --software-version 1.2.0";

fn list(place: &Place) -> Value {
    serde_json::from_str(&place.says("release list --json")).unwrap()
}

#[test]
fn a_release_is_added_deployed_and_listed() {
    let place = Place::new();
    assert!(place.says("release list").contains("no releases yet"));
    place.write("fw.bin", b"abc");
    assert_eq!(
        place.says(ADD),
        "Added fw.bin (3 bytes) for hardware version mp to the new release stm32-fw 1.2.0. \
         It is deployed to cohort default.\n"
    );
    let second = ADD.replace(" mp", " evt") + " --must-pass-through --cohort beta";
    assert_eq!(
        place.says(&second),
        "Added fw.bin (3 bytes) for hardware version evt to the release stm32-fw 1.2.0. \
         It is deployed to cohort beta, which is new.\n"
    );
    let list = list(&place);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!((&list[0]["hardware_version"], &list[1]["hardware_version"]), (&"evt".into(), &"mp".into()));
    assert_eq!((&list[1]["file_size"], &list[1]["must_pass_through"]), (&3.into(), &true.into()));
    assert_eq!(list[1]["cohorts"], serde_json::json!(["beta", "default"]));
    let table = place.says("release list");
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("SOFTWARE TYPE  VERSION ") && lines[2].ends_with("  beta default"), "{table}");
    assert!(lines[2].starts_with("stm32-fw       1.2.0 (must pass through)  mp        3      fw.bin  20"), "{table}");
}

#[test]
fn the_same_payload_twice_is_refused_and_changes_nothing() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(&(ADD.to_owned() + " --no-deploy"));
    let before = list(&place);
    place.write("fw.bin", b"other");
    let error = place.fails(&(ADD.to_owned() + " --must-pass-through --notes other"), 1);
    assert!(error.starts_with("error: stm32-fw 1.2.0 has a payload for hardware version mp already"), "{error}");
    assert_eq!(list(&place), before);
    assert_eq!(before[0]["cohorts"], serde_json::json!([]));
    assert_eq!(fs::read_dir(place.path().join("station-data/payloads")).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_added_is_told_in_a_sentence() {
    let place = Place::new();
    assert!(place.fails(ADD, 1).starts_with("error: fw.bin cannot be read: No such file"));
    place.write("fw.bin", b"");
    assert_eq!(place.fails(ADD, 1), "error: fw.bin is empty\n");
    let folder = ADD.replace("fw.bin", "station-data");
    assert!(place.fails(&folder, 1).starts_with("error: station-data cannot be read: Is a directory"));
    place.write("fw.bin", b"abc");
    let notes = ADD.to_owned() + " --notes-file missing.md";
    assert!(place.fails(&notes, 1).starts_with("error: the release notes missing.md cannot be read"));
    let notes = format!("{ADD} --notes {}", "x".repeat(70_000));
    assert!(place.fails(&notes, 1).starts_with("error: the release notes have 70000 bytes, at most 65536"));
    assert_eq!(list(&place), serde_json::json!([]));
    assert_eq!(fs::read_dir(place.path().join("station-data/payloads")).unwrap().count(), 0);
}

#[test]
fn names_that_devices_could_not_ask_for_are_refused() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    for (right, wrong, option) in [
        ("stm32-fw", "stm32/fw", "--software-type"),
        (" mp", " m#p", "--hardware-version"),
        ("1.2.0", "\n", "--software-version"),
        ("fw.bin", "fw.bin --cohort b,c", "--cohort"),
        ("fw.bin", "fw.bin --extra-info key", "--extra-info"),
        ("fw.bin", "fw.bin --notes a --notes-file b", "--notes"),
    ] {
        let error = place.fails(&ADD.replace(right, wrong), 2);
        assert!(error.starts_with("error: ") && error.contains(option), "{error}");
    }
    assert!(!place.path().join("station-data").exists());
}

#[test]
fn releases_are_withdrawn_and_deployed_by_name() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(ADD);
    let of = |verb| format!("release {verb} 1.2.0 --software-type stm32-fw");
    assert!(place.says(&of("withdraw")).starts_with("stm32-fw 1.2.0 is withdrawn from cohort default"));
    assert_eq!(list(&place)[0]["cohorts"], serde_json::json!([]));
    assert_eq!(place.fails(&of("withdraw"), 1), "error: stm32-fw 1.2.0 is not deployed to cohort default\n");
    assert_eq!(place.says(&of("deploy")), "stm32-fw 1.2.0 is now deployed to cohort default.\n");
    assert_eq!(place.says(&of("deploy")), "stm32-fw 1.2.0 is already deployed to cohort default.\n");
    let error = place.fails(&of("deploy").replace("1.2.0", "9.9"), 1);
    assert!(error.starts_with("error: there is no release stm32-fw 9.9"), "{error}");
    assert_eq!(place.says("assign DEMO --cohort beta"), "Device DEMO is now in cohort beta, which is new.\n");
}

#[test]
fn a_release_is_rolled_out_in_stages_and_removed_when_nobody_is_to_have_it() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(&(ADD.to_owned() + " --no-deploy"));
    let of = |verb| format!("release {verb} 1.2.0 --software-type stm32-fw");
    let staged = of("deploy") + " --rollout-percent 20";
    assert_eq!(place.says(&staged), "stm32-fw 1.2.0 is now deployed to 20 % of cohort default.\n");
    assert_eq!(place.says(&staged), "stm32-fw 1.2.0 is already deployed to 20 % of cohort default.\n");
    for percent in ["0", "101", "half"] {
        let error = place.fails(&format!("{} --rollout-percent {percent}", of("deploy")), 2);
        assert!(error.contains("a rollout is to 1 to 100 percent of the devices"), "{error}");
    }
    let error = place.fails(&of("remove"), 1);
    assert_eq!(error, "error: stm32-fw 1.2.0 is deployed to default; withdraw it from there first\n");
    place.says(&of("withdraw"));
    assert_eq!(place.says(&of("remove")), "stm32-fw 1.2.0 is removed.\n");
    assert_eq!(list(&place), serde_json::json!([]));
    assert_eq!(fs::read_dir(place.path().join("station-data/payloads")).unwrap().count(), 0);
    place.says(ADD);
}

#[test]
fn the_key_is_made_once_for_a_data_folder() {
    let (place, other) = (Place::new(), Place::new());
    let key = place.says("key");
    assert!(key.len() == 33 && key.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    assert_eq!(place.says("key"), key);
    assert_ne!(other.says("key"), key);
}

#[test]
fn a_port_in_use_is_told_in_a_sentence() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = place.fails(&format!("serve --listen 127.0.0.1:{port}"), 1);
    assert!(error.starts_with(&format!("error: port {port} of 127.0.0.1 is in use")), "{error}");
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn an_app_folder_without_a_page_is_told_in_a_sentence() {
    let place = Place::new();
    let error = place.fails("serve --listen 127.0.0.1:0 --app dist", 1);
    assert!(error.starts_with("error: the app folder dist holds no index.html"), "{error}");
}

#[test]
fn a_data_folder_that_cannot_be_used_is_told_in_a_sentence() {
    let place = Place::new();
    place.write("file", b"");
    let error = place.fails("serve --data file/data", 1);
    assert!(error.starts_with("error: the data folder file/data cannot be written to: "), "{error}");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    place.says("key");
    place.database().execute(MAKE_NEWER);
    for command in ["serve", "key"] {
        let error = place.fails(command, 1);
        assert!(error.starts_with("error: the database is of a newer version of the station"), "{error}");
    }
}

#[test]
fn a_wrong_option_is_a_matter_of_usage() {
    let place = Place::new();
    assert!(place.fails("serve --listen nowhere", 2).contains("--listen"));
    assert!(place.fails("serve --unknown", 2).contains("Usage: station serve"));
}
