//! A station behind a proxy that has the certificate.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use station::store::{Scope, TokenKind};

use super::{Web, of_the_station, page_headers};
use crate::elsewhere::Elsewhere;
use crate::server::{DEVICE, Listening, Server, who};
use crate::tls::header;

/// Where the station listens, in these examples only.
const MARK: &str = "127.0.0.1:8080";
const LATEST: &str = "/api/v0/releases/latest";

/// A station as it is told to serve there.
fn station() -> Server {
    Server::start_as(tempfile::tempdir().unwrap(), Elsewhere::fresh(), |folder, station| {
        std::fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        station.app = Some(folder.into());
        station.behind_proxy = true;
        Listening::default()
    })
}

fn place(station: &Server) -> Vec<(&'static str, String)> {
    vec![(MARK, station.address.strip_prefix("http://").unwrap().to_owned())]
}

/// All that the document promises of a station behind a proxy.
fn serves_as_the_station_does(web: &Web, station: &Server) {
    let page = web.get("/", &[]);
    assert_eq!((page.status().as_u16(), header(&page, "content-type").starts_with("text/html")), (200, true));
    assert_eq!(page_headers(&page), of_the_station(&web.runtime));

    // Links lead back the way that the question came.
    station.add("1.2.0", Some("default"), b"0123456789");
    let key = [("Memfault-Project-Key", station.store.project_key())];
    let latest = web.get(&format!("{LATEST}?{DEVICE}"), &key);
    assert_eq!(header(&latest, "memfault-reason"), "cohort_settings");
    let release: Value = serde_json::from_str(&web.text(latest)).unwrap();
    let url = release["artifacts"][0]["url"].as_str().unwrap();
    let path = url.strip_prefix(&web.address()).unwrap_or_else(|| panic!("{url}"));
    let part = web.get(path, &[("Range", "bytes=5-")]);
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 5-9/10"));
    assert_eq!(web.text(part), "56789");

    // So do uploads, of more than proxies take by themselves.
    let who = who();
    let token = station.store.new_token(&who, TokenKind::Organization, "CI", Scope::Upload, None);
    let bearer = format!("Bearer {}", station.wait(token).unwrap().1);
    let project = "/api/v0/organizations/acme/projects/fridge";
    let bytes = vec![7; 3 << 20];
    let begin = json!({"kind": "OTA_PAYLOAD", "size": bytes.len()}).to_string();
    let begun = web.send(Method::POST, &format!("{project}/upload"), &[("Authorization", &bearer)], begin);
    let begun: Value = serde_json::from_str(&web.text(begun)).unwrap();
    let url = begun["data"]["upload_url"].as_str().unwrap();
    let path = url.strip_prefix(&web.address()).unwrap_or_else(|| panic!("{url}"));
    assert_eq!(web.send(Method::PUT, path, &[], bytes).status(), 200);

    // So does live help.
    let handshake = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut room = web.older.get(format!("{}/api/v0/fieldflash/live/ACDE", web.address()));
    for (name, value) in handshake {
        room = room.header(name, value);
    }
    assert_eq!(web.runtime.block_on(room.send()).unwrap().status(), 101, "{}", web.log());

    // Who guesses is told to wait, and nobody else is.
    let guess = |project: &str| web.get(project, &[("Authorization", "Bearer oat_wrong")]).status().as_u16();
    let answers: Vec<_> = (0..11).map(|_| guess(project)).collect();
    assert_eq!((answers[9], answers[10]), (401, 429));
    let direct = station.get(project, &[("Authorization", &bearer), ("X-Forwarded-For", "203.0.113.7")]);
    assert_eq!(direct.status(), 200);
    // What a client says of itself is not believed.
    let lied = web.get(project, &[("Authorization", &bearer), ("X-Forwarded-For", "203.0.113.7")]);
    assert_eq!(lied.status(), 429);
}

#[test]
fn a_station_behind_nginx_as_documented() {
    let station = station();
    let web = Web::nginx(MARK, |_| place(&station), "");
    serves_as_the_station_does(&web, &station);
}

#[test]
fn a_station_behind_caddy_as_documented() {
    let station = station();
    let web = Web::caddy(MARK, |_| place(&station), Path::new("/dev/null"));
    serves_as_the_station_does(&web, &station);
}
