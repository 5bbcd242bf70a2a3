//! Memfault's own command line, unchanged, against the station: each step of its MCU OTA Integration Guide.

use std::path::{Path, PathBuf};
use std::process::Command;

use station::store::{Scope, TokenKind};

use crate::elsewhere::Elsewhere;
use crate::program::Outcome;
use crate::server::{DEVICE, Listening, Server, header, json, text, who};

const VERSION: &str = "1.12.0";

/// Where `./dev setup` puts it.
pub fn program() -> PathBuf {
    let tools = std::env::var_os("FIELDFLASH_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache")).join("fieldflash")
    });
    let program = tools.join(format!("memfault-cli-{VERSION}/bin/memfault"));
    assert!(program.is_file(), "{} is missing; ./dev setup puts it there", program.display());
    program
}

/// A station, and the command line of somebody who has a token for it.
struct Desk {
    server: Server,
    token: String,
}

impl Desk {
    fn new() -> Self {
        Self::with_parts_of(None)
    }

    /// Payloads are uploaded in parts of so many bytes.
    fn with_parts_of(part: Option<u64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_as(folder, Elsewhere::fresh(), |_, station| {
            station.uploads.part = part;
            Listening::default()
        });
        let token = server.wait(server.store.new_token(&who(), TokenKind::Organization, "CI", Scope::Deploy, None));
        Self { token: token.unwrap().1, server }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.server.folder.path().join(name), bytes).unwrap();
    }

    /// Runs it with arguments that are separated by spaces, as whoever `environment` makes it.
    fn run_as(&self, environment: &[(&str, &str)], arguments: &str) -> Outcome {
        let mut command = Command::new(program());
        command.args(arguments.split(' ')).current_dir(self.server.folder.path()).env_clear();
        command.env("MEMFAULT_URL", &self.server.address).envs(environment.iter().copied());
        let output = command.output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Outcome { code: output.status.code(), out, err }
    }

    fn run(&self, arguments: &str) -> Outcome {
        let who = [("MEMFAULT_ORG_TOKEN", &*self.token), ("MEMFAULT_ORG", "acme"), ("MEMFAULT_PROJECT", "fridge")];
        self.run_as(&who, arguments)
    }

    /// What it says where it must succeed.
    fn says(&self, arguments: &str) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "memfault {arguments}: {}{}", outcome.out, outcome.err);
        outcome.out + &outcome.err
    }

    /// What it says where it must fail; not by a crash of its own.
    fn fails(&self, arguments: &str) -> String {
        failed(self.run(arguments))
    }

    fn upload(&self, version: &str, more: &str) -> String {
        self.says(&upload(version, "mp", more))
    }

    fn offered(&self, current: &str) -> Option<String> {
        self.server.offered(&format!("{DEVICE}&current_version={current}"))
    }
}

fn upload(version: &str, hardware: &str, more: &str) -> String {
    format!(
        "upload-ota-payload --hardware-version {hardware} --software-type stm32-fw --software-version {version}{more} fw.bin"
    )
}

fn deploy(version: &str, more: &str) -> String {
    format!("deploy-release --release-version {version} --cohort default{more}")
}

fn failed(outcome: Outcome) -> String {
    let said = outcome.out + &outcome.err;
    assert!(outcome.code.is_some_and(|code| code != 0), "{said}");
    said
}

#[test]
fn a_release_is_uploaded_deployed_offered_and_downloaded() {
    let desk = Desk::new();
    desk.write("fw.bin", b"firmware");
    desk.upload("1.0.0", " --notes Quieter --extra-metadata sig=abc --extra-metadata plant=2 --revision f00");
    assert_eq!(desk.offered("0.9.0"), None);
    desk.says(&deploy("1.0.0", ""));
    let mut response = desk.server.latest(&format!("{DEVICE}&current_version=0.9.0"));
    assert_eq!(header(&response, "memfault-reason"), "cohort_settings");
    let release = json(&mut response);
    assert_eq!((&release["notes"], &release["revision"]), (&"Quieter".into(), &"f00".into()));
    assert_eq!(release["artifacts"][0]["extra_info"], serde_json::json!({"sig": "abc", "plant": "2"}));
    assert_eq!(release["artifacts"][0]["filename"], "fw.bin");
    assert_eq!(text(&mut desk.server.get(&desk.server.payload_path(), &[])), "firmware");
    let path = format!("/api/v0/releases/latest/url?&{DEVICE}");
    let mut url = desk.server.get(&path, &[("Memfault-Project-Key", desk.server.store.project_key())]);
    assert_eq!(text(&mut url), format!("{}{}", desk.server.address, desk.server.payload_path()));
    // A device that was not seen before is in the default cohort.
    let device = desk.server.wait(desk.server.store.device(&"DEMO".parse().unwrap())).unwrap().unwrap();
    assert_eq!(device.cohort, "default");
    let done = desk.server.latest(&format!("{DEVICE}&current_version=1.0.0"));
    assert_eq!((done.status().as_u16(), header(&done, "memfault-reason")), (204, "latest"));
}

#[test]
fn a_payload_is_uploaded_in_parts_where_the_station_asks_for_that() {
    let desk = Desk::with_parts_of(Some(4));
    desk.write("fw.bin", b"a firmware of 26 characters");
    desk.upload("1.0.0", "");
    desk.says(&deploy("1.0.0", ""));
    assert_eq!(text(&mut desk.server.get(&desk.server.payload_path(), &[])), "a firmware of 26 characters");
}

#[test]
fn the_same_twice_is_fine_and_another_hardware_version_joins_the_release() {
    let desk = Desk::new();
    desk.write("fw.bin", b"firmware");
    desk.upload("1.0.0", "");
    desk.upload("1.0.0", "");
    desk.write("fw.bin", b"for evt");
    desk.says(&upload("1.0.0", "evt", ""));
    desk.says(&deploy("1.0.0", ""));
    let evt = DEVICE.replace("=mp", "=evt");
    assert_eq!(json(&mut desk.server.latest(DEVICE))["artifacts"][0]["file_size"], 8);
    assert_eq!(json(&mut desk.server.latest(&evt))["artifacts"][0]["file_size"], 7);
}

#[test]
fn devices_hop_through_what_must_be_passed_through() {
    let desk = Desk::new();
    for (version, more) in [("1.1.0", " --must-pass-through"), ("1.2.0", " --must-pass-through"), ("1.3.0", "")] {
        desk.write("fw.bin", version.as_bytes());
        desk.upload(version, more);
        desk.says(&deploy(version, ""));
    }
    for (has, next) in [("1.0.0", Some("1.1.0")), ("1.1.0", Some("1.2.0")), ("1.2.0", Some("1.3.0")), ("1.3.0", None)] {
        assert_eq!(desk.offered(has).as_deref(), next, "from {has}");
    }
}

#[test]
fn a_staged_rollout_reaches_the_same_devices_each_time_and_more_when_it_is_raised_and_none_when_it_is_aborted() {
    let desk = Desk::new();
    desk.write("fw.bin", b"firmware");
    desk.upload("1.0.0", "");
    let offered = || -> Vec<bool> {
        let query = |device| format!("device_serial=D{device}&hardware_version=mp&software_type=stm32-fw");
        (0..60).map(|device| desk.server.offered(&query(device)).is_some()).collect()
    };
    desk.says(&deploy("1.0.0", " --rollout-percent 30"));
    let first = offered();
    let share = first.iter().filter(|&&is_offered| is_offered).count();
    assert!((5..40).contains(&share), "{share} of 60");
    assert_eq!(offered(), first);
    desk.says(&deploy("1.0.0", " --rollout-percent 60"));
    let second = offered();
    assert!(first.iter().zip(&second).all(|(before, after)| !before || *after) && second != first);
    desk.says(&deploy("1.0.0", " --deactivate"));
    assert!(offered().iter().all(|is_offered| !is_offered));
    assert!(desk.fails(&deploy("1.0.0", " --deactivate")).contains("Could not find an active deployment"));
}

#[test]
fn a_cohort_gets_what_is_deployed_to_it_and_one_that_does_not_exist_is_refused() {
    let desk = Desk::new();
    desk.write("fw.bin", b"firmware");
    desk.upload("1.0.0", "");
    let to_beta = "deploy-release --release-version 1.0.0 --cohort beta";
    assert!(desk.fails(to_beta).contains("there is no cohort beta"));
    let store = &desk.server.store;
    desk.server.wait(store.assign(&who(), &"DEMO".parse().unwrap(), &"beta".parse().unwrap())).unwrap();
    desk.says(to_beta);
    assert_eq!(desk.offered("0.9.0").as_deref(), Some("1.0.0"));
    assert_eq!(desk.server.offered(&DEVICE.replace("DEMO", "OTHER")), None);
    assert!(desk.fails("deploy-release --release-version 9.9.9 --cohort beta").contains("there is no release 9.9.9"));
}

#[test]
fn a_users_key_is_good_beside_its_address_only_and_what_is_wrong_gets_the_command_lines_own_error() {
    let desk = Desk::new();
    desk.write("fw.bin", b"firmware");
    let store = &desk.server.store;
    let key = desk.server.wait(store.new_token(&who(), TokenKind::User, "ann@acme.example", Scope::Upload, None));
    let key = key.unwrap().1;
    let run = |environment: &[(&str, &str)], arguments: &str| {
        let project = [("MEMFAULT_ORG", "acme"), ("MEMFAULT_PROJECT", "fridge")];
        desk.run_as(&[&project, environment].concat(), arguments)
    };
    let [ann, eve] =
        ["ann@acme.example", "eve@acme.example"].map(|email| [("MEMFAULT_EMAIL", email), ("MEMFAULT_PASSWORD", &*key)]);
    let done = run(&ann, &upload("1.0.0", "mp", ""));
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    for environment in [&eve[..], &[("MEMFAULT_ORG_TOKEN", "oat_wrong")], &[("MEMFAULT_ORG_TOKEN", &*key)]] {
        let said = failed(run(environment, &upload("1.1.0", "mp", "")));
        assert!(said.contains("401") && said.contains("not valid"), "{said}");
    }
    // The key is good for uploads only.
    let said = failed(run(&ann, &deploy("1.0.0", "")));
    assert!(said.contains("403") && said.contains("deploy is needed"), "{said}");
    let audit = desk.server.wait(store.audit(None, 10)).unwrap();
    assert!(audit.iter().any(|row| row.what == "payload_added" && row.who == "token 2 (ann@acme.example)"));
}

#[test]
fn what_the_station_does_not_take_gets_the_command_lines_own_error() {
    let desk = Desk::new();
    desk.write("fw.bin", &vec![0; (64 << 20) + 1]);
    assert!(desk.fails(&upload("1.0.0", "mp", "")).contains("Uploaded file is too big"));
    desk.write("fw.bin", b"delta");
    let delta =
        "upload-ota-payload --hardware-version mp --software-type stm32-fw --delta-from 1.0.0 --delta-to 1.1.0 fw.bin";
    assert!(desk.fails(delta).contains("delta releases are not supported"));
}
