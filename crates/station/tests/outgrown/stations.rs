//! Several stations on one database, and a database that is not there.

use std::fs;
use std::time::{Duration, Instant};

use crate::database::Postgres;
use crate::elsewhere::Elsewhere;
use crate::program::Place;
use crate::server::{DEVICE, Server, header, wait_until, who};

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
