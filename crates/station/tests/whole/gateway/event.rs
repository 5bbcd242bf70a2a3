//! How updates ended, as the gateway tells it to a service that takes Memfault's events.

use std::io::{BufRead, BufReader};
use std::sync::mpsc;
use std::thread;

use release_feed::{OUTCOMES_PATH, OutcomeReport};

use super::*;
use crate::program::{Place, Serving};
use crate::server::{version_of, wait_until};

const EVENTS: &str = "/api/v0/events";

fn report(serial: Option<&str>, failure: Option<&str>) -> OutcomeReport {
    OutcomeReport {
        device_serial: serial.map(|serial| serial.parse().unwrap()),
        hardware_version: "mp".parse().unwrap(),
        software_type: "stm32-fw".parse().unwrap(),
        from_version: None,
        to_version: version_of("1.1.0+a"),
        chip: Some("STM32F42xxx".to_owned()),
        failure: failure.map(str::to_owned),
        duration_ms: 61_500,
        age_seconds: None,
    }
}

/// Reports as the page does. Gives back the status.
fn send(address: &str, report: &OutcomeReport) -> u16 {
    let request = agent().post(format!("{address}{OUTCOMES_PATH}"));
    let request = request.content_type("application/x-www-form-urlencoded");
    request.send(report.to_form()).unwrap().status().as_u16()
}

/// The events that an upstream was sent.
fn events(upstream: &Upstream) -> Vec<Asked> {
    upstream.asked().into_iter().filter(|asked| asked.uri.path() == EVENTS).collect()
}

#[test]
fn an_outcome_becomes_an_event_with_the_key() {
    let upstream = Upstream::start(|_| Some(answer(202, "{}")));
    let server = gateway(&upstream);
    assert_eq!(send(&server.address, &report(Some("A-1"), None)), 204);
    wait_until(|| !events(&upstream).is_empty());
    let event = events(&upstream).remove(0);
    assert_eq!((event.method.as_str(), event.header("memfault-project-key")), ("POST", KEY));
    assert_eq!(event.header("content-type"), "application/json");
    let body: Value = serde_json::from_slice(&event.body).unwrap();
    assert_eq!(body.as_array().map(Vec::len), Some(1));
    assert_eq!((&body[0]["device_serial"], &body[0]["software_version"]), (&"A-1".into(), &"1.1.0+a".into()));
    assert_eq!(body[0]["user_info"]["fieldflash"]["chip"], "STM32F42xxx");
    assert!(body[0]["captured_date"].as_str().unwrap().ends_with("+00:00"));
    // The station keeps it as well.
    assert_eq!(server.wait(server.store.outcomes(None, None, 10)).unwrap().len(), 1);
}

#[test]
fn an_outcome_of_which_too_little_is_known_is_kept_and_becomes_no_event() {
    let upstream = Upstream::start(|_| Some(answer(202, "")));
    let server = gateway(&upstream);
    for report in [report(None, None), report(Some("A-2"), Some("link-lost")), report(Some("A-1"), None)] {
        assert_eq!(send(&server.address, &report), 204);
    }
    wait_until(|| !events(&upstream).is_empty());
    let told = events(&upstream);
    assert_eq!(told.len(), 1);
    assert!(String::from_utf8_lossy(&told[0].body).contains("A-1"));
    assert_eq!(server.wait(server.store.outcomes(None, None, 10)).unwrap().len(), 3);
}

#[test]
fn an_event_that_could_not_be_taken_is_sent_again_but_not_for_ever() {
    for (status, times) in [(503, 3), (429, 3), (400, 1), (403, 1), (500, 1), (302, 1)] {
        let upstream = Upstream::start(move |_| Some(answer(status, "")));
        let server = gateway(&upstream);
        assert_eq!(send(&server.address, &report(Some("A-1"), None)), 204);
        wait_until(|| events(&upstream).len() == times);
        // Longer than what would come next.
        thread::sleep(PATIENCE.again * 5);
        assert_eq!(events(&upstream).len(), times, "{status}");
    }
}

/// A gateway as people start it, whose events go to `events`.
fn serve(place: &Place, upstream: &Upstream, events: &str) -> Serving {
    place.write("key", KEY.as_bytes());
    let authority = upstream.authority();
    place.serve(&format!(
        " --upstream {} --upstream-events {events} --project-key-file key --upstream-ca {}",
        upstream.address(),
        authority.display()
    ))
}

/// Waits until a station logs a line with `text` in it. It reads all that is logged from then on.
fn wait_for_log(serving: &mut Serving, text: &str) {
    let err = serving.child.stderr.take().unwrap();
    let (tell, told) = mpsc::channel();
    // It reads on, so that the program can write.
    thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).for_each(|line| _ = tell.send(line)));
    let mut lines: Vec<String> = vec![];
    while !lines.last().is_some_and(|line| line.contains(text)) {
        let line = told.recv_timeout(Duration::from_secs(10));
        lines.push(line.unwrap_or_else(|_| panic!("{text:?} is not among {lines:#?}")));
    }
}

#[test]
fn the_customer_does_not_notice_a_service_that_takes_no_events_but_the_log_tells() {
    let refusing = Upstream::start(|_| Some(answer(400, r#"{"error":{"message":"no such device","type":"x"}}"#)));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let down = format!("https://{}", silent.local_addr().unwrap());
    drop(silent);
    let untold = "WARN the outcome of an update did not become an event of the release service";
    for (events, said) in [
        (refusing.address(), ": no such device"),
        (down, ", and is sent again in 10 s: the release service cannot be reached from this station (Connection"),
    ] {
        let place = Place::new();
        let mut serving = serve(&place, &refusing, &events);
        let begun = std::time::Instant::now();
        assert_eq!(send(&serving.address, &report(Some("A-1"), None)), 204);
        assert!(begun.elapsed() < Duration::from_secs(2));
        wait_for_log(&mut serving, &format!("{untold}{said}"));
        assert_eq!(place.database().number("SELECT count(*) FROM outcome"), 1);
        assert_eq!(serving.end("TERM").code, Some(0));
    }
}
