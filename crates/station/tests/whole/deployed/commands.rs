//! The commands of the documents, as a shell runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::Client;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{Changes, DOCUMENT, blocks, changed, free_port};
use crate::memfault_cli;
use crate::server::{DEVICE, agent, header, json, text};
use crate::tls::{client, write_certificate};
use crate::upstream::{Authority, Upstream};

const README: &str = include_str!("../../../../../README.md");
/// The `station` of a shell: the program itself, which is left to serve behind the shell's back once it does.
const STATION: &str = r#"#!/bin/sh
if [ "$1" != serve ]; then exec "$PROGRAM" "$@"; fi
"$PROGRAM" "$@" >serving 2>log &
echo $! >"process"
until [ -s serving ]; do
    kill -0 $! || { cat log >&2; exit 1; }
    sleep 0.05
done
"#;

/// Who follows a document, in a folder of their own.
struct Person {
    folder: TempDir,
    port: u16,
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.shell("kill $(cat process)");
    }
}

impl Person {
    fn new() -> Self {
        let person = Self { folder: tempfile::tempdir().unwrap(), port: free_port() };
        let folder = person.folder.path();
        for name in ["bin", "dist"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        fs::write(folder.join("dist/index.html"), "<!doctype html>").unwrap();
        fs::write(folder.join("firmware.bin"), "firmware").unwrap();
        // There are other stations on this machine.
        person.program("pidof", "#!/bin/sh\ncat process\n");
        person.program("station", STATION);
        person
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.folder.path().join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn shell(&self, block: &str) -> Output {
        let (folder, memfault) = (self.folder.path(), memfault_cli::program());
        let path = format!("{}:{}:/usr/bin:/bin", folder.join("bin").display(), memfault.parent().unwrap().display());
        let mut shell = Command::new("sh");
        shell.args(["-euc", block]).current_dir(folder).env_clear().env("PATH", path);
        shell.env("PROGRAM", env!("CARGO_BIN_EXE_station")).output().unwrap()
    }

    /// Runs a block in which `changes` are made. What it says must be no complaint.
    fn runs(&self, block: &str, changes: Changes) {
        let block = changed(block, changes);
        let output = self.shell(&block);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.success(), "{block}\n{said}");
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the station listens and what it keeps, instead of where the document has them.
    fn place(&self) -> Changes {
        vec![("127.0.0.1:8080", format!("127.0.0.1:{}", self.port)), ("/var/lib/station", "station-data".to_owned())]
    }

    /// The version that a device is offered, by whoever has the key of the page.
    fn offered(&self) -> String {
        let config = json(&mut agent().get(format!("{}/fieldflash.json", self.address())).call().unwrap());
        let key = config["feed"]["project_key"].as_str().unwrap();
        let latest = agent().get(format!("{}/api/v0/releases/latest?{DEVICE}", self.address()));
        let release = json(&mut latest.header("Memfault-Project-Key", key).call().unwrap());
        release["version"].as_str().unwrap().to_owned()
    }

    fn page(&self) -> String {
        text(&mut agent().get(self.address()).call().unwrap())
    }
}

/// The document's blocks of commands: there are as many as are run here.
fn commands() -> [String; 5] {
    blocks(DOCUMENT, "sh").try_into().unwrap()
}

#[test]
fn a_station_alone_as_documented() {
    let person = Person::new();
    let [alone, ..] = commands();
    person.runs(&alone, person.place()[..1].into());
    assert_eq!((person.page().as_str(), person.offered().as_str()), ("<!doctype html>", "1.2.0"));
}

/// Whether a station shows a certificate of this authority.
fn shows(runtime: &Runtime, client: &Client, address: &str) -> bool {
    runtime.block_on(client.get(address).send()).is_ok()
}

#[test]
fn a_station_by_https_as_documented() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let person = Person::new();
    let [_, by_https, renewed, ..] = commands();
    let (old, new) = (Authority::new(), Authority::new());
    write_certificate(person.folder.path(), &old);
    let changes = vec![
        ("0.0.0.0:443", format!("127.0.0.1:{}", person.port)),
        ("/var/lib/station", "station-data".to_owned()),
        ("/etc/ssl/update.example.com.pem", person.path("chain.pem")),
        ("/etc/ssl/private/update.example.com.key", person.path("key.pem")),
    ];
    person.runs(&by_https, changes);
    let address = format!("https://localhost:{}", person.port);
    assert!(shows(&runtime, &client(&old, &["h2"]), &address));
    write_certificate(person.folder.path(), &new);
    person.runs(&renewed, vec![]);
    let begun = std::time::Instant::now();
    while !shows(&runtime, &client(&new, &["h2"]), &address) {
        // By itself it would take up to ten seconds.
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "it is still the old one");
    }
}

#[test]
fn a_station_for_a_proxy_as_documented() {
    let person = Person::new();
    let [.., for_proxy, _] = commands();
    person.runs(&for_proxy, person.place());
    let asked = agent().get(format!("{}/api/v0/releases/latest/url?{DEVICE}", person.address()));
    assert_eq!(asked.header("X-Forwarded-Proto", "https").call().unwrap().status(), 403);
    assert_eq!(person.page(), "<!doctype html>");
}

/// An upstream that has nothing newer for anybody.
fn memfault() -> Upstream {
    Upstream::start(|_| Some(axum::http::Response::builder().status(204).body(axum::body::Body::empty()).unwrap()))
}

/// Runs the commands of a gateway, and sees that it asks with the key.
fn asks_memfault(block: &str) {
    let (person, memfault) = (Person::new(), memfault());
    fs::write(person.path("project-key"), "f00dface\n").unwrap();
    let mut changes = vec![("https://device.memfault.com", memfault.address())];
    let placed = person.place().into_iter().chain([("/etc/fieldflash/project-key", "project-key".to_owned())]);
    changes.extend(placed.filter(|(from, _)| block.contains(from)));
    // The test's authority is none of Mozilla's, and the usual port may be taken.
    let trusted = memfault.authority().display().to_string();
    let block = format!("export STATION_UPSTREAM_CA={trusted} STATION_LISTEN=127.0.0.1:{}\n{block}", person.port);
    person.runs(&block, changes);
    let latest = agent().get(format!("{}/api/v0/releases/latest?{DEVICE}", person.address())).call().unwrap();
    assert_eq!((latest.status().as_u16(), header(&latest, "cache-control")), (204, "no-store"));
    assert_eq!(memfault.asked()[0].header("memfault-project-key"), "f00dface");
    assert_eq!(person.page(), "<!doctype html>");
}

#[test]
fn a_gateway_as_documented() {
    let [.., gateway] = commands();
    asks_memfault(&gateway);
}

#[test]
fn the_readme_does_what_it_says() {
    let with = |word: &str| blocks(README, "sh").into_iter().find(|block| block.contains(word)).unwrap();
    let person = Person::new();
    let build = "cargo build --release --package station   # makes target/release/station\n";
    let mut changes = person.place();
    changes.push((build, String::new()));
    person.runs(&with("station release add"), changes);
    assert_eq!((person.page().as_str(), person.offered().as_str()), ("<!doctype html>", "1.2.0"));
    let changes =
        vec![("/var/lib/station", "station-data".to_owned()), ("https://updates.example.com", person.address())];
    person.runs(&with("memfault upload-ota-payload"), changes);
    asks_memfault(&with("station serve --upstream"));
}

/// Whether a folder of documents has commands that no test runs.
#[test]
fn no_other_document_has_commands_of_the_station() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_run = ["deploying.md", "outgrowing.md"].iter().any(|name| path.ends_with(name));
        if path.extension().is_some_and(|kind| kind == "md") && !is_run {
            let text = fs::read_to_string(&path).unwrap();
            let has = blocks(&text, "sh").iter().any(|block| block.contains("station "));
            assert!(!has, "{}", path.display());
        }
    }
}
