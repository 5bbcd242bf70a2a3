//! Several stations on one database, and a database that is not there.

use std::fs;

use crate::database;
use crate::program::Place;
use crate::server::{DEVICE, Server, who};

#[test]
fn what_one_station_deploys_the_other_offers_at_once() {
    let url = database::fresh();
    let [one, other] = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        Server::start_in(folder, url.clone(), |_| None, false)
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
    let url = database::fresh();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let start = || {
            let place = Place::with_database(url.clone());
            place.says("key")
        };
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn nothing_is_kept_in_sqlite() {
    let place = Place::new();
    place.says("key");
    let mut names = fs::read_dir(place.path().join("station-data")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.all(|name| name == "payloads" || name == "uploads"));
}

#[test]
fn a_database_that_is_not_there_is_told_in_a_sentence_that_does_not_tell_the_password() {
    for (url, expected) in [
        ("postgres://me:secret@127.0.0.1:1/station", "error: the database cannot be reached: "),
        ("postgres://me:secret@localhost/station?host=/nowhere", "error: the database cannot be reached: "),
    ] {
        let error = Place::with_database(Some(url.to_owned())).fails("key", 1);
        assert!(error.starts_with(expected) && !error.contains("secret"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let missing = database::fresh().unwrap().replace("/postgres?", "/missing?");
    let error = Place::with_database(Some(missing)).fails("key", 1);
    assert_eq!(error, "error: the database cannot be used: database \"missing\" does not exist\n");
}

#[test]
fn an_address_that_is_none_of_postgresql_is_a_matter_of_usage() {
    for url in ["mysql://me@localhost/station", "postgres://me:secret@local host/station"] {
        let error = Place::with_database(Some(url.to_owned())).fails("key", 2);
        assert!(error.contains("it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE"), "{error}");
    }
}
