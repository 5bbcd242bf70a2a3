//! The page as static files, and a server in Memfault's place behind the web server.

use std::path::Path;

use axum::body::Body;
use axum::response::Response as Answer;
use reqwest::Method;

use super::{WASM, Web, of_the_station, page_headers};
use crate::server::DEVICE;
use crate::tls::header;
use crate::upstream::{Asked, Upstream};

const KEY: &str = "f00dfacef00dfacef00dfacef00dface";
const LATEST: &str = "/api/v0/releases/latest";
const BYTES: &str = "0123456789";
/// What stands in these examples only.
const MARK: &str = "YOUR_PROJECT_KEY";

/// A server in Memfault's place, with a certificate for each of these names.
fn memfault(names: &[&str]) -> Upstream {
    Upstream::start_at(names, |asked: &Asked| {
        let answer = |status: u16| Answer::builder().status(status);
        let path = asked.uri.path();
        Some(match (path, asked.header("range")) {
            (LATEST, _) => answer(204).header("memfault-reason", "latest").body(Body::empty()).unwrap(),
            ("/1/2%20x", "bytes=5-") => answer(206)
                .header("content-range", "bytes 5-9/10")
                .header("etag", "\"a\"")
                .header("content-type", "text/html")
                .body(BYTES[5..].into())
                .unwrap(),
            _ => answer(200).header("content-type", "text/html").body(BYTES.into()).unwrap(),
        })
    })
}

fn nginx(upstream: &Upstream, trusted: &Path) -> Web {
    // Memfault's names lead to the test's server.
    let hosts = ["device.memfault.com", "ota-cdn.memfault.com"];
    let hosts = hosts.map(|host| format!("upstream {host} {{ server 127.0.0.1:{}; }}", upstream.port)).concat();
    let changes = |folder: &Path| {
        vec![
            ("/var/www/fieldflash", folder.join("page").display().to_string()),
            ("/etc/ssl/certs/ca-certificates.crt", trusted.display().to_string()),
            (MARK, KEY.to_owned()),
        ]
    };
    Web::nginx(MARK, changes, &hosts)
}

fn caddy(upstream: &Upstream, trusted: &Path) -> Web {
    let changes = |folder: &Path| {
        vec![
            ("https://device.memfault.com", upstream.address()),
            ("https://ota-cdn.memfault.com", upstream.address()),
            ("/var/www/fieldflash", folder.join("page").display().to_string()),
            (MARK, KEY.to_owned()),
        ]
    };
    Web::caddy(MARK, changes, trusted)
}

/// All that the document promises of a web server alone.
fn serves_the_page_and_memfault_behind_it(web: &Web, memfault: &Upstream) {
    let page = web.get("/", &[]);
    assert_eq!((page.status().as_u16(), header(&page, "content-type").starts_with("text/html")), (200, true));
    assert_eq!(page_headers(&page), of_the_station(&web.runtime));
    assert_eq!(header(&web.get("/fieldflash.json", &[]), "cache-control"), "no-cache");
    let wasm = web.get(&format!("/{WASM}"), &[("Accept-Encoding", "gzip")]);
    assert_eq!((header(&wasm, "content-type"), header(&wasm, "content-encoding")), ("application/wasm", "gzip"));
    assert_eq!(header(&wasm, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(web.text(wasm), "packed");
    let missing = web.get("/app-fedcba9876543210.js", &[]);
    assert_eq!(missing.status(), 404);
    assert!(!header(&missing, "cache-control").contains("immutable"), "it may be there later");

    let latest = web.get(&format!("{LATEST}?{DEVICE}&current_version=1%2B2"), &[("Memfault-Project-Key", "mine")]);
    assert_eq!((latest.status().as_u16(), header(&latest, "memfault-reason")), (204, "latest"), "{}", web.log());
    let asked = memfault.asked().pop().unwrap();
    assert_eq!(asked.uri.query(), Some(&*format!("{DEVICE}&current_version=1%2B2")));
    assert_eq!(asked.headers.get_all("memfault-project-key").iter().collect::<Vec<_>>(), [KEY]);

    let own = [("Memfault-Project-Key", "mine"), ("Cookie", "a=b")];
    let whole = web.get("/ota-cdn/1/2%20x?token=t%2B&expires=1", &own);
    assert_eq!(header(&whole, "content-type"), "application/octet-stream");
    assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
    assert_eq!(web.text(whole), BYTES);
    let asked = memfault.asked().pop().unwrap();
    assert_eq!(asked.uri.path_and_query().unwrap(), "/1/2%20x?token=t%2B&expires=1");
    assert_eq!((asked.header("memfault-project-key"), asked.header("cookie")), ("", ""));
    let part = web.get("/ota-cdn/1/2%20x", &[("Range", "bytes=5-"), ("If-Range", "\"a\"")]);
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 5-9/10"));
    assert_eq!(header(&part, "etag"), "\"a\"");
    assert_eq!(memfault.asked().pop().unwrap().header("if-range"), "\"a\"");

    let count = memfault.asked().len();
    for path in [LATEST, "/ota-cdn/1/2"] {
        let refused = web.ask(Method::POST, path, &[]).status().as_u16();
        assert!([403, 405].contains(&refused), "{refused}");
    }
    for path in ["/api/v0/organizations/o", "/api/v0/releases/latest/url", "/api/v0/chunks/DEMO"] {
        assert_eq!(web.get(path, &[]).status(), 404, "{path}");
    }
    assert_eq!(memfault.asked().len(), count, "nothing else is passed on");
}

const MEMFAULT: [&str; 2] = ["device.memfault.com", "ota-cdn.memfault.com"];

#[test]
fn nginx_as_documented() {
    let memfault = memfault(&MEMFAULT);
    serves_the_page_and_memfault_behind_it(&nginx(&memfault, &memfault.authority()), &memfault);
}

#[test]
fn caddy_as_documented() {
    let memfault = memfault(&["localhost"]);
    serves_the_page_and_memfault_behind_it(&caddy(&memfault, &memfault.authority()), &memfault);
}

#[test]
fn a_server_that_only_says_it_were_memfault_is_not_given_the_key() {
    let (named, local, other) = (memfault(&MEMFAULT), memfault(&["localhost"]), Upstream::start(|_| None));
    let web = nginx(&named, &other.authority());
    assert_eq!(web.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 502);
    assert!(web.log().contains("upstream SSL certificate verify error"), "{}", web.log());
    assert!(named.asked().is_empty());

    let web = caddy(&local, &other.authority());
    assert_eq!(web.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 502);
    assert!(local.asked().is_empty());
}
