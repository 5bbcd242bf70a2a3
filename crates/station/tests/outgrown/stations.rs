//! Several stations on one database, and a database that is not there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::database::Postgres;
use crate::elsewhere::Elsewhere;
use crate::program::Place;
use crate::server::{DEVICE, Server, header, text, wait_until, who};

/// With only the database elsewhere.
fn at(url: &str) -> Place {
    Place::with(Elsewhere { database: Some(url.to_owned()), payloads: None })
}

#[test]
fn what_one_station_deploys_the_other_offers_at_once() {
    let elsewhere = Elsewhere::fresh();
    let [one, other] = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        Server::start_in(folder, elsewhere.clone(), |_| None, false)
    });
    assert_eq!(one.store.project_key(), other.store.project_key());
    for version in ["1.0.0", "1.1.0"] {
        one.add(version, Some("default"), version.as_bytes());
        assert_eq!(other.offered(DEVICE).as_deref(), Some(version));
    }
    other.wait(other.store.assign(&who(), &"DEMO".parse().unwrap(), &"beta".parse().unwrap())).unwrap();
    assert_eq!(one.offered(DEVICE), None);
}

#[test]
fn stations_that_start_at_the_same_time_make_one_database() {
    let elsewhere = Elsewhere::fresh();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let start = || {
            let place = Place::with(elsewhere.clone());
            place.says("key")
        };
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn nothing_is_kept_in_the_data_folder() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says("release add fw.bin --software-type stm32-fw --hardware-version mp --software-version 1.0.0");
    assert_eq!(fs::read_dir(place.path().join("station-data")).unwrap().count(), 0);
    assert_eq!(place.count("payloads"), 1);
}

#[test]
fn a_station_outgrows_its_machine_without_its_devices_noticing() {
    const ADD: &str = "release add fw.bin --software-type stm32-fw --hardware-version mp --software-version";
    let small = Place::with(Elsewhere::default());
    for version in ["1.0.0", "1.1.0"] {
        small.write("fw.bin", version.as_bytes());
        small.says(&format!("{ADD} {version}"));
    }
    small.says("device assign DEMO --cohort beta");
    small.says("release deploy 1.0.0 --software-type stm32-fw --cohort beta");
    let large = Elsewhere::fresh();
    let [database, payloads] = [&large.database, &large.payloads].map(|url| url.as_deref().unwrap());
    let copy = small.says(&format!("copy --to-database {database} --to-payloads {payloads}"));
    assert!(copy.starts_with("Copied 2 payloads and "), "{copy}");

    let server = Server::start_in(tempfile::tempdir().unwrap(), large, |_| None, false);
    assert_eq!(server.store.project_key(), small.says("key").trim_end());
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "1.0.0");
    assert_eq!(server.offered(&DEVICE.replace("DEMO", "OTHER")).as_deref(), Some("1.1.0"));
    // What is new has numbers that were not copied.
    server.add("1.2.0", Some("gamma"), b"new");
    let releases = server.wait(server.store.releases(None, None)).unwrap();
    assert_eq!(releases.iter().map(|release| release.id).collect::<Vec<_>>(), [3, 2, 1]);
}

#[test]
fn a_database_that_is_not_there_is_told_in_a_sentence_that_does_not_tell_the_password() {
    for (url, expected) in [
        ("postgres://me:secret@127.0.0.1:1/station", "error: the database cannot be reached: "),
        ("postgres://me:secret@localhost/station?host=/nowhere", "error: the database cannot be reached: "),
    ] {
        let error = at(url).fails("key", 1);
        assert!(error.starts_with(expected) && !error.contains("secret"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let missing = crate::database::fresh().unwrap().replace("/postgres?", "/missing?");
    let error = at(&missing).fails("key", 1);
    assert_eq!(error, "error: the database cannot be used: database \"missing\" does not exist\n");
}

#[test]
fn a_database_that_was_away_is_used_again() {
    let mut postgres = Postgres::start();
    let elsewhere = Elsewhere { database: Some(postgres.url()), payloads: None };
    let server = Server::start_in(tempfile::tempdir().unwrap(), elsewhere, |_| None, false);
    server.add("1.0.0", Some("default"), b"abc");
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    postgres.tell("stop");
    let asked = Instant::now();
    let response = server.latest(DEVICE);
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "5"));
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    postgres.tell("start");
    wait_until(|| server.latest(DEVICE).status() == 200);
    server.add("1.1.0", Some("default"), b"def");
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.1.0"));
}

#[test]
fn an_address_that_is_none_of_postgresql_is_a_matter_of_usage() {
    for url in ["mysql://me@localhost/station", "postgres://me:secret@local host/station"] {
        let error = at(url).fails("key", 2);
        assert!(error.contains("it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE"), "{error}");
    }
}

#[test]
fn the_commands_of_the_document_do_what_it_says() {
    let large = Elsewhere::fresh();
    let place = Place::with(Elsewhere::default());
    place.write("fw.bin", b"abc");
    place.says("release add fw.bin --software-type stm32-fw --hardware-version mp --software-version 1.0.0");
    let document = include_str!("../../../../docs/outgrowing.md")
        .replace("postgres://station:password@db.example.com/station?sslmode=verify-full", &large.database.unwrap())
        .replace("s3://releases/stm32?endpoint=https://s3.example.com", &large.payloads.unwrap())
        .replace("/var/lib/station", "station-data")
        .replace("station serve", "station serve --listen 127.0.0.1:0")
        .replace('\'', "");
    let mut said = vec![];
    for block in document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let mut exported = vec![];
        for line in block.lines() {
            match line.split_once(' ').unwrap() {
                ("export", pairs) => exported.extend(pairs.split(' ').map(|pair| pair.split_once('=').unwrap())),
                ("station", arguments) => {
                    let mut command = place.command(arguments);
                    said.push(last_line(command.envs(exported.iter().copied()), arguments.starts_with("serve")));
                }
                _ => panic!("{line}"),
            }
        }
    }
    let [copied, served, listed] = &said[..] else { panic!("{said:?}") };
    assert!(copied.starts_with("Copied 1 payloads and "), "{copied}");
    assert!(served.starts_with("Fieldflash station: http://localhost:"), "{served}");
    assert!(listed.starts_with("stm32-fw       1.0.0 "), "{listed}");
}

/// The last line that a command says; of one that serves the first, after which it is ended.
fn last_line(command: &mut Command, serves: bool) -> String {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = if serves { lines.next() } else { lines.last() };
    if serves {
        child.kill().unwrap();
    }
    assert!(child.wait().unwrap().success() || serves);
    line.unwrap()
}
