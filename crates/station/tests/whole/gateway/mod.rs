//! A station that passes on to a release service elsewhere.

mod event;
mod feed;
mod page;
mod payload;
mod trouble;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};
use station::gateway::{Gateway, Patience};

use crate::elsewhere::Elsewhere;
use crate::server::{DEVICE, Listening, Server, agent};
use crate::upstream::{Asked, Upstream};

/// The project key that the gateway sends.
const KEY: &str = "f00dfacef00dfacef00dfacef00dface";
/// A payload.
const BYTES: &[u8] = b"0123456789 and so on, for a while: 0123456789";
const LATEST: &str = "/api/v0/releases/latest";

/// Short enough for tests that wait for the end of it.
const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(2000),
    answer: Duration::from_millis(1500),
    silence: Duration::from_millis(1000),
    again: Duration::from_millis(50),
};

/// A gateway to `upstream` that trusts the authority in this file, too.
fn gateway_to(upstream: &str, authority: Option<&Path>) -> Server {
    Server::start_as(tempfile::tempdir().unwrap(), Elsewhere::fresh(), |folder, station| {
        let key = folder.join("key");
        fs::write(&key, format!("{KEY}\n")).unwrap();
        let gateway = Gateway::open(upstream.parse().unwrap(), None, &key, authority, PATIENCE).unwrap();
        station.gateway = Some(Arc::new(gateway));
        Listening::default()
    })
}

pub fn gateway(upstream: &Upstream) -> Server {
    gateway_to(&upstream.address(), Some(&upstream.authority()))
}

fn answer(status: u16, body: impl Into<Body>) -> Response {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// A release as the cloud gives it, with fields that nobody here knows. Its payload is at `url`.
fn release(url: &str) -> Value {
    json!({
        "id": 77, "version": "1.2.0", "display_name": "1.2.0", "notes": "See https://example.com", "is_delta": false,
        "something_new": {"url": "https://example.com"},
        "artifacts": [{
            "id": 78, "type": "firmware", "hardware_version": "mp", "filename": "fw 1.bin", "file_size": BYTES.len(),
            "url": url, "md5": "fb4004d522f01679ffa1edf6417f930b", "something_new": 1,
        }],
    })
}

/// An upstream with one release, whose payload is at `url`; it answers for the payload as `payload` says.
fn with_payload_at(
    url: impl Fn(&Asked) -> String + Clone + Send + Sync + 'static,
    payload: impl Fn(&Asked) -> Option<Response> + Clone + Send + Sync + 'static,
) -> Upstream {
    Upstream::start(move |asked| match asked.uri.path() {
        LATEST => Some(answer(200, release(&url(asked)).to_string())),
        "/api/v0/releases/latest/url" => Some(answer(200, url(asked) + "\n")),
        _ => payload(asked),
    })
}

/// The same with the payload at the upstream itself.
fn with_payload(payload: impl Fn(&Asked) -> Option<Response> + Clone + Send + Sync + 'static) -> Upstream {
    with_payload_at(|asked| here(asked, "/ota/1?token=t"), payload)
}

/// An address at the upstream that was asked.
fn here(asked: &Asked, path: &str) -> String {
    let authority = asked.uri.authority().map_or_else(|| asked.header("host"), |authority| authority.as_str());
    format!("https://{authority}{path}")
}

/// The path of the payload that the gateway offers.
fn payload_path(server: &Server) -> String {
    let mut response = agent().get(format!("{}{LATEST}?{DEVICE}", server.address)).call().unwrap();
    let release: Value = response.body_mut().read_json().unwrap();
    let url = release["artifacts"][0]["url"].as_str().unwrap_or_else(|| panic!("{release}"));
    url.strip_prefix(&server.address).unwrap().to_owned()
}
