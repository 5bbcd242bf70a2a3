//! Payloads through the gateway.

use std::io::Read;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::*;
use crate::server::{IN_2100, header, json, text};

/// What is refused, in words.
fn refused(server: &Server, path: &str) -> (u16, String) {
    let mut response = server.get(path, &[]);
    let status = response.status().as_u16();
    (status, json(&mut response)["error"]["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_payload_is_passed_on_without_the_key_and_said_to_be_nothing_that_runs() {
    let upstream = with_payload(|_| Some(with(with(answer(200, BYTES), "etag", "\"a\""), "content-type", "text/html")));
    let server = gateway(&upstream);
    let mut response =
        server.get(&payload_path(&server), &[("Memfault-Project-Key", "of the page"), ("Cookie", "a=b")]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/octet-stream");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!((header(&response, "etag"), header(&response, "content-length")), ("\"a\"", "45"));
    assert!(header(&response, "cache-control").ends_with(", immutable"));
    assert_eq!(text(&mut response).as_bytes(), BYTES);
    let asked = &upstream.asked()[1];
    assert_eq!(asked.uri.path_and_query().unwrap(), "/ota/1?token=t");
    assert!(asked.headers.keys().all(|name| name != "memfault-project-key" && name != "cookie"));
}

#[test]
fn a_range_is_passed_on_both_ways() {
    let upstream = with_payload(|asked| {
        Some(match (asked.header("range"), asked.header("if-range")) {
            ("bytes=5-", "\"a\"") => {
                let part = with(answer(206, &BYTES[5..]), "content-range", "bytes 5-44/45");
                with(with(part, "etag", "\"a\""), "accept-ranges", "bytes")
            }
            ("bytes=99-", _) => with(answer(416, ""), "content-range", "bytes */45"),
            _ => answer(200, BYTES),
        })
    });
    let server = gateway(&upstream);
    let path = payload_path(&server);
    let mut response = server.get(&path, &[("Range", "bytes=5-"), ("If-Range", "\"a\"")]);
    assert_eq!((response.status().as_u16(), header(&response, "content-range")), (206, "bytes 5-44/45"));
    assert_eq!((header(&response, "etag"), header(&response, "accept-ranges")), ("\"a\"", "bytes"));
    assert_eq!(text(&mut response).as_bytes(), &BYTES[5..]);
    let response = server.get(&path, &[("Range", "bytes=99-")]);
    assert_eq!((response.status().as_u16(), header(&response, "content-range")), (416, "bytes */45"));
    assert_eq!(server.get(&path, &[("Range", "bytes=5-"), ("If-Range", "\"b\"")]).status(), 200);
}

#[test]
fn a_head_is_asked_as_a_head() {
    let upstream = with_payload(|_| Some(answer(200, BYTES)));
    let server = gateway(&upstream);
    let response = agent().head(format!("{}{}", server.address, payload_path(&server))).call().unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (200, "45"));
    assert_eq!(upstream.asked()[1].method, "HEAD");
}

#[test]
fn what_the_client_takes_compressed_comes_as_the_upstream_compressed_it() {
    let upstream = with_payload(|asked| {
        assert!(["identity", "br"].contains(&asked.header("accept-encoding")), "{asked:?}");
        Some(with(answer(200, "packed"), "content-encoding", "br"))
    });
    let server = gateway(&upstream);
    let path = payload_path(&server);
    let mut response = server.get(&path, &[("Accept-Encoding", "br")]);
    assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), ("br", "accept-encoding"));
    assert_eq!(text(&mut response), "packed");
    assert_eq!(server.get(&path, &[]).status(), 200);
}

#[test]
fn a_link_is_good_no_longer_than_the_upstreams_own() {
    let soon = station::link::now() + 100;
    let upstream = with_payload_at(
        move |asked| here(asked, &format!("/ota/1?token=t&expires={soon}&v=2")),
        |_| Some(answer(200, BYTES)),
    );
    let server = gateway(&upstream);
    let path = payload_path(&server);
    assert!(path.contains(&format!("&size=45&expires={soon}&token=")), "{path}");
    let response = server.get(&path, &[]);
    let age = header(&response, "cache-control").strip_prefix("public, max-age=").unwrap();
    let age: u64 = age.strip_suffix(", immutable").unwrap().parse().unwrap();
    assert!((1..=100).contains(&age), "{age}");
}

#[test]
fn nobody_makes_the_gateway_fetch_something_else() {
    let upstream = with_payload(|_| Some(answer(200, BYTES)));
    let server = gateway(&upstream);
    let path = payload_path(&server);
    let elsewhere = path.replace("ota%2F1", "ota%2F2");
    assert_ne!(elsewhere, path);
    let more = path.replace("size=45", "size=9999999");
    let own = format!("/payloads/x?from={}%2Fota%2F2&expires={IN_2100}&token=AAAA", upstream.address());
    for forged in [&elsewhere, &more, &own, "/payloads/x?from=https%3A%2F%2Fexample.com"] {
        assert_eq!(refused(&server, forged), (403, "this link is not valid; ask the release feed for one".to_owned()));
    }
    assert_eq!(upstream.asked().len(), 1);
}

#[test]
fn redirects_of_a_payload_are_followed_a_few_times() {
    let upstream = with_payload(|asked| {
        let hop: usize = asked.uri.path().rsplit('/').next().unwrap().parse().unwrap();
        Some(match hop {
            4 => answer(200, format!("{BYTES_TEXT}{}", asked.header("range"))),
            _ => with(answer(302, ""), "location", &format!("/ota/{}", hop + 1)),
        })
    });
    let server = gateway(&upstream);
    let mut response = server.get(&payload_path(&server), &[("Range", "bytes=0-")]);
    assert_eq!(text(&mut response), "hop bytes=0-", "each hop is asked for the range");

    let upstream = with_payload(|_| Some(with(answer(302, ""), "location", "/ota/1")));
    let server = gateway(&upstream);
    assert_eq!(
        refused(&server, &payload_path(&server)),
        (502, "the release service is out of order (the file is moved on again and again)".to_owned())
    );
    assert_eq!(upstream.asked().len(), 5);
}

const BYTES_TEXT: &str = "hop ";

#[test]
fn a_payload_is_not_taken_from_a_host_with_another_certificate() {
    let other = Upstream::start(|_| Some(answer(200, BYTES)));
    let address = format!("{}/ota/1", other.address());
    let redirected = address.clone();
    let at_once = with_payload_at(move |_| address.clone(), |_| None);
    let by_redirect = with_payload(move |_| Some(with(answer(302, ""), "location", &redirected)));
    for upstream in [at_once, by_redirect] {
        let server = gateway(&upstream);
        let (status, said) = refused(&server, &payload_path(&server));
        assert_eq!(status, 502);
        assert!(said.contains("has no certificate that this station trusts"), "{said}");
    }
    assert!(other.asked().is_empty());
}

#[test]
fn neither_an_address_nor_a_redirect_leads_into_the_stations_own_network() {
    let said = |host: &str, why: &str| {
        (502, format!("the release service has the file at {host}, which {why}, so this station does not fetch it"))
    };
    let inside = "is inside this station's own network";
    for (url, host, why) in [
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254", inside),
        ("https://10.0.0.1/", "10.0.0.1", inside),
        ("https://[fe80::1]/", "[fe80::1]", inside),
        // As browsers read it, 10.0.0.1.
        ("https://0x0a000001/", "10.0.0.1", inside),
        ("http://example.com/fw.bin", "example.com", "is not addressed by https"),
        ("ftp://example.com/fw.bin", "example.com", "is not addressed by https"),
        ("https://user:password@example.com/fw.bin", "example.com", "is addressed with a password"),
    ] {
        let upstream = with_payload_at(move |_| url.to_owned(), |_| None);
        let server = gateway(&upstream);
        assert_eq!(refused(&server, &payload_path(&server)), said(host, why));

        let upstream = with_payload(move |_| Some(with(answer(307, ""), "location", url)));
        let server = gateway(&upstream);
        assert_eq!(refused(&server, &payload_path(&server)), said(host, why), "by a redirect");
    }
}

#[test]
fn no_more_bytes_come_than_the_release_says() {
    let more = [BYTES, b"!"].concat();
    let upstream = with_payload({
        let more = more.clone();
        move |_| Some(answer(200, more.clone()))
    });
    let server = gateway(&upstream);
    let said = "the file of the release service has more than the 45 bytes that its release says";
    assert_eq!(refused(&server, &payload_path(&server)), (502, said.to_owned()));

    // Where it does not say beforehand how much comes.
    let upstream = with_payload(move |_| {
        let pieces = more.chunks(10).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)));
        Some(answer(200, Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()))))
    });
    let server = gateway(&upstream);
    let response = agent().get(format!("{}{}", server.address, payload_path(&server))).call();
    let whole = response.and_then(|mut response| response.body_mut().read_to_vec());
    assert!(whole.is_err(), "it breaks off");
}

#[test]
fn the_upstreams_no_is_told_in_the_gateways_words() {
    for (status, expected, said) in [
        (403, 403, "this link has expired; ask the release feed for a fresh one"),
        (410, 403, "this link has expired; ask the release feed for a fresh one"),
        (404, 404, "there is nothing at this address"),
        (429, 429, "the release service was asked too often"),
        (503, 503, "the release service cannot answer at the moment: HTTP 503"),
        (500, 502, "the release service is out of order (HTTP 500)"),
        (206, 502, "the release service is out of order (HTTP 206)"),
    ] {
        let upstream = with_payload(move |_| Some(with(answer(status, "<html>"), "retry-after", "7")));
        let server = gateway(&upstream);
        let path = payload_path(&server);
        assert_eq!(refused(&server, &path), (expected, said.to_owned()), "{status}");
        let asked_later = header(&server.get(&path, &[]), "retry-after") == "7";
        assert_eq!(asked_later, [429, 503].contains(&status), "{status}");
    }
}

#[test]
fn a_payload_that_stops_coming_is_broken_off() {
    let upstream = with_payload(|_| {
        let piece = || Bytes::from_static(&BYTES[..10]);
        let pieces = stream::unfold(0, move |count| async move {
            if count > 0 {
                std::future::pending::<()>().await;
            }
            Some((Ok::<_, std::io::Error>(piece()), count + 1))
        });
        Some(answer(200, Body::from_stream(pieces)))
    });
    let server = gateway(&upstream);
    let begun = Instant::now();
    let mut response = server.get(&payload_path(&server), &[]);
    let mut received = Vec::new();
    assert!(response.body_mut().as_reader().read_to_end(&mut received).is_err());
    assert_eq!(received, &BYTES[..10]);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Notes when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_client_that_takes_nothing_holds_little_and_leaves_nothing_behind() {
    const SIZE: usize = 64 << 20;
    let (given, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let upstream = Upstream::start({
        let (given, is_over) = (Arc::clone(&given), Arc::clone(&is_over));
        move |asked| {
            if asked.uri.path() == LATEST {
                let mut release = release(&here(asked, "/ota/1"));
                release["artifacts"][0]["file_size"] = SIZE.into();
                return Some(answer(200, release.to_string()));
            }
            let (given, guard) = (Arc::clone(&given), Dropped(Arc::clone(&is_over)));
            let piece = Bytes::from(vec![7; 64 << 10]);
            let pieces = stream::iter(0..SIZE / piece.len()).map(move |_| {
                let _guard = &guard;
                given.fetch_add(piece.len(), Ordering::Relaxed);
                Ok::<_, std::io::Error>(piece.clone())
            });
            Some(answer(200, Body::from_stream(pieces)))
        }
    });
    let server = gateway(&upstream);
    let path = payload_path(&server);
    let mut client = TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
    std::io::Write::write_all(&mut client, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut begin = [0; 15];
    client.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    // Whatever is on its way settles: as much as sockets and windows hold.
    let mut before = usize::MAX;
    while std::mem::replace(&mut before, given.load(Ordering::Relaxed)) != before {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(before < SIZE / 2, "{before} bytes were fetched for a client that took none");
    drop(client);
    let begun = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        assert!(begun.elapsed() < Duration::from_secs(10), "the upstream still sends");
        std::thread::yield_now();
    }
}
