//! A station that is killed at any instant, while payloads are uploaded and releases deployed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Request;

use crate::api::payload;
use crate::program::Place;
use crate::server::agent;

const PROJECT: &str = "/api/v0/organizations/acme/projects/fridge";
const KILLS: usize = 100;
/// Requests that make one release: its upload is begun, its bytes are put, it is added, it is deployed.
const STEPS: usize = 4;

/// Somebody who makes release after release, and goes on after each end of the station with what it last acknowledged.
struct Maker {
    bearer: String,
    acknowledged: usize,
    token: String,
}

fn version(release: usize) -> String {
    format!("1.0.{release}")
}

/// Long enough that a kill may come between two of its bytes.
fn bytes(release: usize) -> String {
    version(release).repeat(20_000)
}

impl Maker {
    /// Sends what comes next. `None` if no whole answer came.
    fn step(&mut self, address: &str) -> Option<()> {
        let done = self.acknowledged;
        let (release, step) = (done / STEPS, done % STEPS);
        let post = |path: &str, body: Value| self.send("POST", &format!("{address}{PROJECT}{path}"), body.to_string());
        let (status, answer) = match step {
            0 => post("/upload", json!({"kind": "OTA_PAYLOAD", "size": bytes(release).len()}))?,
            1 => self.send("PUT", &format!("{address}/uploads/{}/1", self.token), bytes(release))?,
            2 => post("/releases/ota_payload", payload(&self.token, &version(release)))?,
            _ => post("/deployments", json!({"type": "normal", "release": version(release), "cohort": "default"}))?,
        };
        // What was done but not acknowledged is there already when it is asked for again.
        assert!((200..300).contains(&status) || step == 2 && status == 409, "step {step}: {status} {answer}");
        if step == 0 {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            self.token = answer["data"]["token"].as_str().unwrap().to_owned();
        }
        self.acknowledged += 1;
        Some(())
    }

    fn send(&self, method: &str, address: &str, body: String) -> Option<(u16, String)> {
        let request = Request::builder().method(method).uri(address).header("Authorization", &self.bearer);
        let mut response = agent().run(request.body(body).unwrap()).ok()?;
        Some((response.status().as_u16(), response.body_mut().read_to_string().ok()?))
    }
}

#[test]
fn what_was_acknowledged_outlives_a_hundred_kills() {
    let place = Place::new();
    let bearer = format!("Bearer {}", place.says("token new CI --scope admin").trim_end());
    let mut maker = Maker { bearer, acknowledged: 0, token: String::new() };
    for kill in 0..KILLS {
        let mut serving = place.serve("");
        let address = serving.address.clone();
        let before = maker.acknowledged;
        let acknowledged = AtomicUsize::new(0);
        thread::scope(|scope| {
            let making = scope.spawn(|| {
                while maker.step(&address).is_some() {
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
            // After some answers, and then at another instant of the next request each time.
            let begun = Instant::now();
            while acknowledged.load(Ordering::SeqCst) < kill % STEPS && !making.is_finished() {
                assert!(begun.elapsed() < Duration::from_secs(20), "the station does not answer");
                thread::yield_now();
            }
            thread::sleep(Duration::from_micros((kill * 337 % 6000) as u64));
            serving.child.kill().unwrap();
            making.join().unwrap();
        });
        assert!(maker.acknowledged >= before + kill % STEPS);
    }
    let serving = place.serve("");
    while !maker.acknowledged.is_multiple_of(STEPS) {
        maker.step(&serving.address).unwrap();
    }
    let releases = maker.acknowledged / STEPS;
    let list: Value = serde_json::from_str(&place.says("release list --json")).unwrap();
    assert!(releases > KILLS / STEPS);
    assert_eq!(list.as_array().unwrap().len(), releases);
    for (release, listed) in list.as_array().unwrap().iter().rev().enumerate() {
        assert_eq!((&listed["version"], &listed["cohorts"]), (&json!(version(release)), &json!(["default"])));
        let path = place.path().join("station-data/payloads").join(listed["sha256"].as_str().unwrap());
        assert_eq!(std::fs::read_to_string(path).unwrap(), bytes(release));
    }
}
