//! The page's files and its `fieldflash.json`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::server::{Server, agent, header, json, text, who};

const INDEX: &str = "<!doctype html><script type=\"module\" src=\"/app-0123456789abcdef.js\"></script>";

/// A page as it is built, with files compressed beforehand.
fn page(folder: &Path) -> Option<PathBuf> {
    let app = folder.join("app");
    fs::create_dir(&app).unwrap();
    for (name, text) in [
        ("index.html", INDEX),
        ("app-0123456789abcdef_bg.wasm", "\0asm"),
        ("app-0123456789abcdef_bg.wasm.br", "brotli"),
        ("app-0123456789abcdef_bg.wasm.gz", "gzip"),
        ("app-0123456789abcdef.js", "js"),
        ("fieldflash.json", "shadow"),
    ] {
        fs::write(app.join(name), text).unwrap();
    }
    Some(app)
}

const WASM: &str = "/app-0123456789abcdef_bg.wasm";

#[test]
fn the_page_is_at_the_root_and_asked_for_anew_each_time() {
    let server = Server::start_with(page, false);
    let mut response = server.get("/", &[]);
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "text/html"));
    assert_eq!(header(&response, "cache-control"), "no-cache");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    assert_eq!(text(&mut response), INDEX);
}

#[test]
fn the_page_may_run_its_own_files_and_reach_devices_and_its_own_origin_and_no_more() {
    let server = Server::start_with(page, false);
    let policy = |server: &Server, name| header(&server.get("/", &[]), name).to_owned();
    let content = policy(&server, "content-security-policy");
    for part in [
        "script-src 'self' 'wasm-unsafe-eval';",
        "connect-src 'self';",
        "object-src 'none'; base-uri 'none';",
        "trusted-types default; require-trusted-types-for 'script'",
    ] {
        assert!(content.contains(part), "{part} is not in {content}");
    }
    assert!(policy(&server, "permissions-policy").starts_with("serial=(self), usb=(self), "));
    assert_eq!(policy(&server, "cross-origin-opener-policy"), "same-origin");

    // Where its releases come from elsewhere, it may connect there.
    let config = server.folder.path().join("fieldflash.json");
    fs::write(&config, r#"{"feed": {"url": "https://ota.example.com"}}"#).unwrap();
    assert_eq!(policy(&server, "content-security-policy"), content.replace("connect-src 'self'", "connect-src *"));
    fs::write(&config, r#"{"name": "Fridge", "feed": {"url": ""}}"#).unwrap();
    assert_eq!(policy(&server, "content-security-policy"), content);
}

#[test]
fn hashed_files_are_kept_for_good_and_missing_ones_are_not() {
    let server = Server::start_with(page, false);
    let response = server.get(WASM, &[]);
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "application/wasm"));
    assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
    let response = server.get("/app-fedcba9876543210.js", &[]);
    assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (404, "no-cache"));
}

#[test]
fn files_that_were_compressed_beforehand_are_sent_to_whom_they_are_of_use() {
    let server = Server::start_with(page, false);
    for (accepts, encoding, bytes) in
        [("br, gzip", "br", "brotli"), ("gzip", "gzip", "gzip"), ("identity", "", "\0asm"), ("zstd", "", "\0asm")]
    {
        let mut response = server.get(WASM, &[("Accept-Encoding", accepts)]);
        assert_eq!(header(&response, "content-encoding"), encoding);
        assert_eq!(header(&response, "content-type"), "application/wasm");
        assert_eq!(text(&mut response), bytes);
    }
    let mut response = server.get("/app-0123456789abcdef.js", &[("Accept-Encoding", "br, gzip")]);
    assert_eq!(header(&response, "content-encoding"), "");
    assert_eq!(text(&mut response), "js");
}

#[test]
fn nothing_outside_the_app_folder_is_served_and_nothing_is_taken() {
    let server = Server::start_with(page, false);
    assert_eq!(server.get("/..%2Fstation.sqlite", &[]).status(), 404);
    assert_eq!(agent().post(format!("{}/index.html", server.address)).send("x").unwrap().status(), 405);
    let response = agent().post(format!("{}/index.html", server.address)).send(&vec![0; 100_000][..]).unwrap();
    assert_eq!(response.status(), 413);
}

#[test]
fn without_a_page_the_root_says_so() {
    let mut response = Server::start().get("/", &[]);
    assert_eq!(response.status(), 404);
    assert!(text(&mut response).contains("no app folder is set. Start it with --app"));
}

#[test]
fn the_page_is_told_the_key_and_what_all_releases_have_in_common() {
    let server = Server::start_with(page, false);
    let key = server.store.project_key();
    let config = || {
        let mut response = server.get("/fieldflash.json", &[]);
        assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (200, "no-cache"));
        json(&mut response)
    };
    let feed = json!({"url": "", "project_key": key});
    assert_eq!(config(), json!({"feed": feed, "product": {}}));
    server.add("1.0.0", None, b"one");
    server.add("1.1.0", None, b"two");
    assert_eq!(config(), json!({"feed": feed, "product": {"software_type": "stm32-fw", "hardware_version": "mp"}}));
    let path = server.folder.path().join("fw.bin");
    let new = station::store::NewPayload {
        software_type: &"stm32-fw".parse().unwrap(),
        hardware_version: &"evt".parse().unwrap(),
        version: &"1.1.0".parse().unwrap(),
        revision: None,
        notes: None,
        must_pass_through: false,
        extra_info: &Default::default(),
        cohort: None,
    };
    server.wait(server.store.add(&who(), &path, &new)).unwrap();
    assert_eq!(config(), json!({"feed": feed, "product": {"software_type": "stm32-fw"}}));
}

#[test]
fn a_fieldflash_json_in_the_data_folder_is_served_as_it_is() {
    let server = Server::start_with(page, false);
    let own = r#"{"name": "Fridge", "feed": {"url": "https://ota.example.com"}}"#;
    fs::write(server.folder.path().join("fieldflash.json"), own).unwrap();
    let mut response = server.get("/fieldflash.json", &[]);
    assert_eq!(
        (header(&response, "cache-control"), header(&response, "content-type")),
        ("no-cache", "application/json")
    );
    assert_eq!(text(&mut response), own);
}
