//! Restarts, other processes, and ends that come too early.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{Place, Serving};
use crate::server::{DEVICE, agent, json, text};

fn add(version: &str) -> String {
    format!("release add fw.bin --software-type stm32-fw --hardware-version mp --software-version {version}")
}

/// The version that is offered.
fn offered(place: &Place, serving: &Serving) -> String {
    let mut response = agent()
        .get(format!("{}/api/v0/releases/latest?{DEVICE}", serving.address))
        .header("Memfault-Project-Key", place.says("key").trim_end())
        .call()
        .unwrap();
    json(&mut response)["version"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_added_is_there_after_a_restart() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(&add("1.0.0"));
    for signal in ["INT", "TERM"] {
        let mut serving = place.serve("");
        assert_eq!(offered(&place, &serving), "1.0.0");
        let outcome = serving.end(signal);
        assert_eq!((outcome.code, &*outcome.out, &*outcome.err), (Some(0), "", ""), "{signal}");
    }
}

#[test]
fn a_release_that_is_added_while_the_station_serves_is_offered_at_once() {
    let place = Place::new();
    let serving = place.serve("");
    for version in ["1.0.0", "1.1.0"] {
        place.write("fw.bin", version.as_bytes());
        place.says(&add(version));
        assert_eq!(offered(&place, &serving), version);
    }
}

#[test]
fn a_payload_that_is_removed_while_the_station_serves_is_there_no_more() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(&add("1.0.0"));
    let serving = place.serve("");
    let key = place.says("key");
    let ask = || {
        let query = format!("{}/api/v0/releases/latest/url?{DEVICE}", serving.address);
        agent().get(query).header("Memfault-Project-Key", key.trim_end()).call().unwrap()
    };
    let url = text(&mut ask());
    assert_eq!(text(&mut agent().get(&url).call().unwrap()), "abc");
    place.says("release withdraw 1.0.0 --software-type stm32-fw");
    place.says("release remove 1.0.0 --software-type stm32-fw");
    assert_eq!(ask().status(), 204);
    assert_eq!(agent().get(&url).call().unwrap().status(), 404);
}

#[test]
fn several_may_add_at_a_time() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    let adding: Vec<_> = (0..6)
        .map(|patch| {
            place.command(&add(&format!("1.0.{patch}"))).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in adding {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), ""));
    }
    assert_eq!(place.says("release list").lines().count(), 7);
}

#[test]
fn an_add_that_is_killed_half_way_leaves_no_release_and_can_be_done_again() {
    let place = Place::new();
    place.write("fw.bin", b"whole");
    place.says("key");
    let command = add("1.0.0").replace("fw.bin", "/dev/stdin");
    let mut adding = place.command(&command).stdin(Stdio::piped()).spawn().unwrap();
    // All but what a pipe holds has been read when this is written: more than is held in memory.
    adding.stdin.as_ref().unwrap().write_all(&vec![7; 20 << 20]).unwrap();
    adding.kill().unwrap();
    adding.wait().unwrap();
    assert!(place.says("release list").contains("no releases yet"));
    assert_eq!(place.count("payloads"), 0);
    place.says(&add("1.0.0"));
    assert_eq!(place.says("release list").lines().count(), 2);
}

#[test]
fn the_station_ends_soon_even_with_connections_open() {
    let place = Place::new();
    place.write("fw.bin", &vec![7; 20 << 20]);
    place.says(&add("1.0.0"));
    let mut serving = place.serve("");
    let address = serving.address.trim_start_matches("http://").to_owned();
    // One that asks nothing, and one that takes a payload's first bytes and no more.
    let _idle = TcpStream::connect(&address).unwrap();
    let mut slow = TcpStream::connect(&address).unwrap();
    let latest = format!("{}/api/v0/releases/latest?{DEVICE}", serving.address);
    let mut latest = agent().get(latest).header("Memfault-Project-Key", place.says("key").trim()).call().unwrap();
    let url = json(&mut latest)["artifacts"][0]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&serving.address).unwrap();
    write!(slow, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut begin = [0; 15];
    slow.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    let asked = Instant::now();
    assert_eq!(serving.end("TERM").code, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
}

#[test]
fn requests_are_logged_only_when_that_is_asked_for() {
    let place = Place::new();
    for (arguments, expected) in [("", ""), (" --verbose", "GET /fieldflash.json?a=1 200 ")] {
        let mut serving = place.serve(arguments);
        let mut response = agent().get(format!("{}/fieldflash.json?a=1", serving.address)).call().unwrap();
        assert!(text(&mut response).contains("project_key"));
        let err = serving.end("TERM").err;
        assert!(err.contains(expected) && err.lines().count() == usize::from(!expected.is_empty()), "{err}");
    }
}
