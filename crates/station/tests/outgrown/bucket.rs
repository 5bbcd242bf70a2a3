//! What is so only of payloads in a bucket.

use std::fs;

use crate::elsewhere::Elsewhere;
use crate::payload_store::Bucket;
use crate::program::Place;
use crate::server::{DEVICE, Server, agent, header, json};

const ADD: &str = "release add fw.bin --software-type stm32-fw --hardware-version mp --software-version 1.0.0";

/// More than is held in memory or sent at a time, and no multiple of it.
const LENGTH: usize = 20_000_001;

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|place| (place % 251) as u8).collect()
}

/// Only the bucket is elsewhere.
fn with(bucket: &Bucket) -> Elsewhere {
    Elsewhere { database: None, payloads: Some(bucket.url.clone()) }
}

#[test]
fn a_large_payload_is_put_together_in_the_bucket_and_read_by_ranges() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), &bytes());
    assert_eq!((server.count("payloads"), server.count("incoming")), (1, 0));
    assert!(!server.folder.path().join("payloads").exists());
    let path = server.payload_path();
    let mut response = server.get(&path, &[("Range", "bytes=19999990-")]);
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (206, "11"));
    assert_eq!(response.body_mut().read_to_vec().unwrap(), bytes()[19_999_990..]);
    let mut response = server.get(&path, &[]);
    assert_eq!(response.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap(), bytes());
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_payload_passes_through_the_station_without_being_held() {
    let place = Place::new();
    place.write("fw.bin", &vec![7; 100 << 20]);
    place.says(ADD);
    let serving = place.serve("");
    let query = format!("{}/api/v0/releases/latest?{DEVICE}", serving.address);
    let mut latest = agent().get(query).header("Memfault-Project-Key", place.says("key").trim_end()).call().unwrap();
    let url = json(&mut latest)["artifacts"][0]["url"].as_str().unwrap().to_owned();
    let mut response = agent().get(url).call().unwrap();
    let length = std::io::copy(&mut response.body_mut().as_reader(), &mut std::io::sink()).unwrap();
    assert_eq!(length, 100 << 20);
    let status = fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 64 << 10, "{most}");
}

#[test]
fn an_object_that_somebody_else_removed_is_not_there() {
    let bucket = Bucket::start();
    let server = Server::start_in(tempfile::tempdir().unwrap(), with(&bucket), |_| None, false);
    server.add("1.0.0", Some("default"), b"abc");
    let path = server.payload_path();
    bucket.clear();
    let mut response = server.get(&path, &[]);
    assert_eq!(response.status(), 404);
    assert_eq!(json(&mut response)["error"]["http_code"], 404);
}

#[test]
fn while_the_store_is_away_devices_are_answered_and_downloads_are_told_to_come_again() {
    let bucket = Bucket::start();
    let server = Server::start_in(tempfile::tempdir().unwrap(), with(&bucket), |_| None, false);
    server.add("1.0.0", Some("default"), b"abc");
    let path = server.payload_path();
    drop(bucket);
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    let mut response = server.get(&path, &[]);
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "5"));
    assert_eq!(json(&mut response)["error"]["type"], "ServiceUnavailable");
}

#[test]
fn a_bucket_that_cannot_be_used_is_told_in_a_sentence() {
    let bucket = Bucket::start();
    let place = |url: &str| Place::with(Elsewhere { database: None, payloads: Some(url.to_owned()) });
    let away = "s3://releases?endpoint=http://127.0.0.1:1";
    let missing = bucket.url.replace("releases", "missing");
    let hint = "; see that --payloads and the variables AWS_… are right\n";
    for (url, why) in [(away, "Connection refused (os error 111)"), (&*missing, "it answers NoSuchBucket")] {
        assert_eq!(place(url).fails("key", 1), format!("error: the bucket {url} cannot be used: {why}{hint}"));
    }
    let denied = place(&bucket.url).command("key").env("AWS_SECRET_ACCESS_KEY", "wrong").output().unwrap();
    let expected = format!("error: the bucket {} cannot be used: it answers SignatureDoesNotMatch{hint}", bucket.url);
    assert_eq!(String::from_utf8_lossy(&denied.stderr), expected);
    assert!(place("s3://releases?endpoint=nowhere").fails("key", 2).contains("no http or https address"));
}

#[test]
fn what_is_added_while_the_store_is_away_does_not_become_a_release() {
    let bucket = Bucket::start();
    let server = Server::start_in(tempfile::tempdir().unwrap(), with(&bucket), |_| None, false);
    drop(bucket);
    let error = server.try_add("1.0.0", Some("default"), b"abc").unwrap_err().to_string();
    assert_eq!(error, "payloads cannot be read or written: Connection refused (os error 111)");
    assert_eq!(server.wait(server.store.list()).unwrap(), []);
}
