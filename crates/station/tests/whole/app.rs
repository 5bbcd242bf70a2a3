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
fn pages_of_other_origins_show_the_page_in_theirs_only_where_the_deployment_names_them() {
    let server = Server::start_with(page, false);
    fs::write(server.folder.path().join("app/support.html"), "<!doctype html>").unwrap();
    let policy = |path| header(&server.get(path, &[]), "content-security-policy").to_owned();
    let before = policy("/");
    assert!(before.contains("frame-ancestors 'self';"), "{before}");
    let embed = |origins| {
        let config = format!(r#"{{"feed": {{}}, "embed": {{"origins": {origins}}}}}"#);
        fs::write(server.folder.path().join("fieldflash.json"), config).unwrap();
    };
    embed(r#"["https://www.example.com", "https://shop.example.com:8443"]"#);
    let allowed = "frame-ancestors 'self' https://www.example.com https://shop.example.com:8443;";
    assert_eq!(policy("/"), before.replace("frame-ancestors 'self';", allowed));
    assert_eq!(policy("/index.html"), policy("/"));
    assert_eq!(policy("/support.html"), before, "support's page is not for frames");
    // What is no origin says nothing, and above all nothing else.
    embed(r#"["*", "https://a.example; script-src *", "https://a.example\r\nX: y", 7]"#);
    assert_eq!(policy("/"), before);
}

#[test]
fn the_logo_that_the_deployment_names_comes_out_of_the_data_folder_and_nothing_else_does() {
    let server = Server::start_with(page, false);
    let data = server.folder.path();
    fs::write(data.join("logo.svg"), "<svg/>").unwrap();
    fs::write(data.join("other.svg"), "<svg/>").unwrap();
    assert_eq!(server.get("/logo.svg", &[]).status(), 404);
    let theme = r#"{"feed": {}, "theme": {"logo": {"light": "logo.svg", "dark": "station.sqlite"}}}"#;
    fs::write(data.join("fieldflash.json"), theme).unwrap();
    let mut response = server.get("/logo.svg", &[]);
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "image/svg+xml"));
    assert!(header(&response, "content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header(&response, "cache-control"), "no-cache");
    assert_eq!(text(&mut response), "<svg/>");
    for other in ["/other.svg", "/station.sqlite", "/..%2Fother.svg"] {
        assert_eq!(server.get(other, &[]).status(), 404, "{other}");
    }
}

#[test]
fn the_manifest_has_the_name_and_the_colour_of_the_deployment() {
    let server = Server::start_with(page, false);
    let built = r##"{"name":"Device update","short_name":"Device update","scope":"./","theme_color":"#f4f5f7"}"##;
    fs::write(server.folder.path().join("app/manifest.webmanifest"), built).unwrap();
    let manifest = || text(&mut server.get("/manifest.webmanifest", &[]));
    assert_eq!(manifest(), built);
    let config = r##"{"name": "Fridge", "feed": {}, "theme": {"colours": {"light": {"background": "#eef5f0"}}}}"##;
    fs::write(server.folder.path().join("fieldflash.json"), config).unwrap();
    let made: serde_json::Value = serde_json::from_str(&manifest()).unwrap();
    let (name, colour) = ("Fridge", "#eef5f0");
    assert_eq!(
        made,
        json!({"name": name, "short_name": name, "scope": "./", "theme_color": colour, "background_color": colour})
    );
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
