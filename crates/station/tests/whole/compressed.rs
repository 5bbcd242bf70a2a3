//! Payloads as they travel to clients that take them compressed.

use std::io::Read;
use std::time::{Duration, Instant};

use ureq::Body;
use ureq::http::Response;

use crate::server::{Server, header};

const LENGTH: usize = 200_001;

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|place| (place / 100 % 251) as u8).collect()
}

fn server() -> (Server, String) {
    let server = Server::start();
    server.add("1.2.0", Some("default"), &bytes());
    let path = server.payload_path();
    (server, path)
}

/// Asks until the payload comes compressed: the station does that after it was asked for the first time.
fn compressed(server: &Server, path: &str, coding: &str) -> Response<Body> {
    let begin = Instant::now();
    loop {
        let response = server.get(path, &[("Accept-Encoding", coding)]);
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "vary"), "accept-encoding");
        if header(&response, "content-encoding") == coding {
            return response;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it never came in {coding}");
    }
}

fn body(response: &mut Response<Body>) -> Vec<u8> {
    response.body_mut().read_to_vec().unwrap()
}

fn unpacked(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    match coding {
        "br" => brotli::BrotliDecompress(&mut &bytes[..], &mut unpacked).unwrap(),
        _ => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap()),
    }
    unpacked
}

#[test]
fn a_payload_comes_compressed_to_whom_takes_that() {
    let (server, path) = server();
    let plain = header(&server.get(&path, &[]), "etag").to_owned();
    for coding in ["br", "gzip"] {
        let mut response = compressed(&server, &path, coding);
        assert_eq!(header(&response, "content-type"), "application/octet-stream");
        assert!(header(&response, "cache-control").ends_with(", immutable"));
        assert_ne!(header(&response, "etag"), plain);
        let length: usize = header(&response, "content-length").parse().unwrap();
        let body = body(&mut response);
        assert!(length == body.len() && length < LENGTH / 4, "{length}");
        assert_eq!(unpacked(coding, &body), bytes());
    }
    assert_eq!(header(&server.get(&path, &[("Accept-Encoding", "br;q=0")]), "content-encoding"), "");
    assert_eq!(header(&server.get(&path, &[("Accept-Encoding", "identity")]), "etag"), plain);
}

#[test]
fn a_range_is_of_the_form_that_the_client_holds() {
    let (server, path) = server();
    let mut whole = compressed(&server, &path, "gzip");
    let (etag, whole) = (header(&whole, "etag").to_owned(), body(&mut whole));
    let range = [("Range", "bytes=100-"), ("Accept-Encoding", "gzip"), ("If-Range", &*etag)];
    let mut rest = server.get(&path, &range);
    assert_eq!((rest.status().as_u16(), header(&rest, "content-encoding")), (206, "gzip"));
    assert_eq!(header(&rest, "content-range"), format!("bytes 100-{}/{}", whole.len() - 1, whole.len()));
    assert_eq!(body(&mut rest), whole[100..]);
    // Without a word on what the client holds, it is the payload as it is.
    let mut rest = server.get(&path, &range[..2]);
    assert_eq!((rest.status().as_u16(), header(&rest, "content-encoding")), (206, ""));
    assert_eq!(body(&mut rest), bytes()[100..]);
}

#[test]
fn a_browser_that_unpacked_the_beginning_is_not_given_the_rest_packed() {
    let (server, path) = server();
    let etag = header(&compressed(&server, &path, "br"), "etag").to_owned();
    let mut rest = server.get(&path, &[("Range", "bytes=100-"), ("Accept-Encoding", "identity"), ("If-Range", &etag)]);
    assert_eq!((rest.status().as_u16(), header(&rest, "content-encoding")), (200, ""));
    assert_eq!(body(&mut rest), bytes());
}

#[test]
fn a_copy_in_any_form_is_not_sent_again() {
    let (server, path) = server();
    let plain = header(&server.get(&path, &[]), "etag").to_owned();
    let packed = header(&compressed(&server, &path, "br"), "etag").to_owned();
    for held in [plain, packed] {
        let response = server.get(&path, &[("Accept-Encoding", "br"), ("If-None-Match", &held)]);
        assert_eq!((response.status().as_u16(), header(&response, "etag")), (304, &*held));
    }
}
