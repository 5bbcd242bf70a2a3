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
    assert_eq!(place.count("payloads"), 1);
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
    assert_eq!(place.count("payloads"), 0);
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
    assert_eq!(place.says("device assign DEMO --cohort beta"), "Device DEMO is now in cohort beta, which is new.\n");
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
    assert_eq!(place.count("payloads"), 0);
    place.says(ADD);
}

#[test]
fn a_copy_in_another_folder_is_the_whole_store_of_that_moment() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(ADD);
    place.says("device assign DEMO --cohort beta");
    let said = place.says("copy --to-data copy");
    assert!(said.starts_with("Copied 1 payloads and ") && said.contains("Nothing was changed here"), "{said}");
    place.says(&ADD.replace("1.2.0", "1.3.0"));
    // The copy needs nothing but its folder.
    let copy = |arguments: &str| {
        let mut command = place.command(&format!("{arguments} --data copy"));
        command.env_remove("STATION_DATABASE").env_remove("STATION_PAYLOADS");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(copy("key"), place.says("key"));
    let list: Value = serde_json::from_str(&copy("release list --json")).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((&list[0]["version"], &list[0]["cohorts"][0]), (&"1.2.0".into(), &"default".into()));
    let payload = place.path().join("copy/payloads").join(list[0]["sha256"].as_str().unwrap());
    assert_eq!(fs::read(payload).unwrap(), b"abc");

    let error = place.fails("copy --to-data copy", 1);
    assert!(error.starts_with("error: there are releases or devices there already"), "{error}");
    assert!(place.fails("copy", 2).contains("--to-data"));
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

#[test]
fn tokens_are_made_listed_and_revoked() {
    let place = Place::new();
    let secret = place.says("token new CI --scope upload --expires-in 30");
    assert!(secret.starts_with("oat_") && secret.trim_end().len() == 68, "{secret}");
    assert!(place.says("token new ann@acme.example --scope admin --user").starts_with("key_"));
    let list = place.says("token list");
    assert!(list.contains("organization  CI") && list.contains("good until") && !list.contains(secret.trim_end()));
    assert_eq!(place.says("token revoke 1"), "Token 1 (CI) is revoked.\n");
    assert!(place.says("token list").contains("revoked 2"));
    assert_eq!(place.fails("token revoke 1", 1), "error: there is no token 1 that could be revoked\n");
    assert!(place.fails("token new CI --scope all", 2).contains("a scope is read, upload, deploy or admin"));
}

#[test]
fn cohorts_and_devices_are_listed_and_who_changed_them_is_in_the_audit() {
    let place = Place::new();
    assert_eq!(place.says("cohort new beta"), "Cohort beta is made.\n");
    assert_eq!(place.says("cohort new beta"), "There is a cohort beta already.\n");
    place.says("device assign D1 D2 --cohort beta");
    let devices = place.says("device list --cohort beta --after D1");
    assert!(!devices.contains("D1") && devices.contains("D2      beta    -"), "{devices}");
    assert!(place.says("cohort list").contains("beta     2        2"));
    let audit = place.says("audit --limit 1");
    assert!(audit.contains("command line") && audit.contains("device_assigned  D2       beta"), "{audit}");
    let json: Value = serde_json::from_str(&place.says("audit --json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert_eq!(place.says("report"), "SOFTWARE TYPE  TO VERSION  RESULT  REASON  UPDATES\n");
}
