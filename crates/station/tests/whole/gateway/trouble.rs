//! Upstreams that are slow, down, somebody else's, or out of order.

use std::net::TcpListener;
use std::time::Instant;

use super::*;
use crate::program::{Place, Serving};
use crate::server::{header, json};

/// What the gateway says of an upstream that answers thus.
fn said(answers: impl Fn(&Asked) -> Option<Response> + Clone + Send + Sync + 'static) -> (u16, String) {
    let upstream = Upstream::start(answers);
    said_by(&gateway(&upstream))
}

fn said_by(server: &Server) -> (u16, String) {
    let mut response = server.get(&format!("{LATEST}?{DEVICE}"), &[]);
    let status = response.status().as_u16();
    let error = json(&mut response);
    assert_eq!(error["error"]["http_code"], status);
    (status, error["error"]["message"].as_str().unwrap().to_owned())
}

#[test]
fn what_the_upstream_refuses_is_passed_on_in_its_words() {
    let body = r#"{"error":{"message":"no such hardware","type":"x"}}"#;
    assert_eq!(said(move |_| Some(answer(400, body))), (400, "no such hardware".to_owned()));
    for status in [429, 503] {
        let upstream = Upstream::start(move |_| Some(with(answer(status, body), "retry-after", "77")));
        let response = gateway(&upstream).get(&format!("{LATEST}?{DEVICE}"), &[]);
        assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (status, "77"));
    }
}

#[test]
fn an_answer_of_no_release_service_is_told_as_such() {
    let nonsense =
        |what: &str| (502, format!("what answered this station is not a release service ({what}); check --upstream"));
    assert_eq!(said(|_| Some(answer(404, "<html>"))), nonsense("HTTP 404"));
    assert_eq!(said(|_| Some(answer(200, "<html>"))), nonsense("expected value at line 1 column 1"));
    assert_eq!(said(|_| Some(answer(200, "{}"))), nonsense("it has no artifacts"));
    assert_eq!(said(|_| Some(answer(200, r#"{"artifacts":[{}]}"#))), nonsense("an artifact has no address"));
    let url = r#"{"artifacts":[{"url":"mailto:a@b"}]}"#;
    assert_eq!(said(move |_| Some(answer(200, url))), nonsense("the address of a file is none"));
    assert_eq!(said(|_| Some(answer(200, vec![b' '; 2 << 20]))), nonsense("it has more than 1048576 bytes"));
    let down = said(|_| Some(answer(500, "")));
    assert_eq!(down, (502, "the release service is out of order (HTTP 500)".to_owned()));
}

#[test]
fn the_key_does_not_follow_a_redirect() {
    let upstream = Upstream::start(|_| Some(with(answer(302, ""), "location", "/elsewhere")));
    let moved = (502, "the release service is at another address by now; check --upstream".to_owned());
    assert_eq!(said_by(&gateway(&upstream)), moved);
    assert_eq!(upstream.asked().len(), 1);
}

#[test]
fn an_upstream_that_does_not_answer_is_waited_for_a_bounded_time() {
    let silent = (504, "the release service did not answer this station in time".to_owned());
    let begun = Instant::now();
    assert_eq!(said(|_| None), silent);
    // One that agrees on no encryption.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = gateway_to(&format!("https://{}", listener.local_addr().unwrap()), None);
    assert_eq!(said_by(&server), silent);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn an_upstream_that_is_down_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let (status, said) = said_by(&gateway_to(&address, None));
    assert_eq!(status, 502);
    assert!(said.starts_with("the release service cannot be reached from this station (Connection refused"), "{said}");
    let (status, said) = said_by(&gateway_to("https://nowhere.invalid", None));
    assert_eq!(status, 502);
    assert!(said.starts_with("the release service cannot be reached from this station ("), "{said}");
}

#[test]
fn an_upstream_with_another_certificate_is_not_spoken_to() {
    let upstream = with_payload(|_| None);
    let (status, said) = said_by(&gateway_to(&upstream.address(), None));
    assert_eq!(status, 502);
    assert!(said.contains("has no certificate that this station trusts (invalid peer certificate: Unknown"), "{said}");

    let other = Upstream::start_at(&["localhost"], |_| None);
    let (_, said) = said_by(&gateway_to(&upstream.address(), Some(&other.authority())));
    assert!(said.contains("has no certificate that this station trusts"), "{said}");
    assert!(upstream.asked().is_empty(), "the key went nowhere");
}

#[test]
fn the_upstream_is_told_the_name_that_is_wanted_of_it() {
    // It has two certificates, and none for a client that does not say whom it wants.
    let upstream = Upstream::start_at(&["device.memfault.com", "localhost"], |_| Some(answer(204, "")));
    let server = gateway(&upstream);
    assert_eq!(server.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 204);
    let by_number = format!("https://127.0.0.1:{}", upstream.port);
    let (status, said) = said_by(&gateway_to(&by_number, Some(&upstream.authority())));
    assert_eq!(status, 502, "{said}");
}

#[test]
fn the_key_is_never_logged() {
    let upstream = with_payload(|_| Some(answer(500, "")));
    let place = Place::new();
    place.write("key", KEY.as_bytes());
    let authority = upstream.authority();
    let arguments = format!(
        "serve --listen 127.0.0.1:0 --upstream {} --project-key-file key --upstream-ca {}",
        upstream.address(),
        authority.display()
    );
    let mut command = place.command(&arguments);
    command.env("RUST_LOG", "trace");
    let mut serving = Serving::start(command);
    let base = serving.address.clone();
    let mut latest = agent().get(format!("{base}{LATEST}?{DEVICE}")).call().unwrap();
    let path = json(&mut latest)["artifacts"][0]["url"].as_str().unwrap().to_owned();
    let path = path[base.len()..].to_owned();
    assert_eq!(agent().get(format!("{base}{path}")).call().unwrap().status(), 502);
    let err = serving.end("TERM").err;
    assert_eq!(upstream.asked()[0].header("memfault-project-key"), KEY);
    assert!(err.contains(LATEST) && err.contains("the release service is out of order (HTTP 500)"), "{err}");
    assert!(!err.contains(KEY), "{err}");
}

#[test]
fn a_gateway_that_cannot_be_set_up_is_told_in_a_sentence() {
    let place = Place::new();
    place.write("empty", b"\n");
    place.write("two", b"a\nb");
    place.write("key", b"abc\n");
    let serve = "serve --listen 127.0.0.1:0 --upstream https://localhost";
    let fails = |options: &str| place.fails(&format!("{serve} {options}"), 1);
    assert!(fails("--project-key-file none").starts_with("error: the project key file none cannot be read: No such"));
    for file in ["empty", "two"] {
        let said = format!("error: the project key file {file} must hold the project key in its one line");
        assert!(fails(&format!("--project-key-file {file}")).starts_with(&said));
    }
    let said = "error: key holds no certificates in PEM that can be used: there are none in it\n";
    assert_eq!(fails("--project-key-file key --upstream-ca key"), said);
    assert!(place.fails(serve, 2).contains("--project-key-file"));
    let plain = place.fails(&format!("{} --project-key-file key", serve.replace("https", "ftp")), 2);
    assert!(plain.contains("it must begin with https://"), "{plain}");
}

#[test]
fn an_answer_that_breaks_off_is_told_as_such() {
    let upstream = Upstream::start(|_| {
        let pieces = [Ok(bytes::Bytes::from_static(b"{")), Err(std::io::Error::other("broken"))];
        Some(answer(200, Body::from_stream(futures_util::stream::iter(pieces))))
    });
    let (status, said) = said_by(&gateway(&upstream));
    assert_eq!(status, 502);
    assert!(said.starts_with("the release service cannot be reached from this station ("), "{said}");
}
