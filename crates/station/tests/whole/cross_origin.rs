//! A page on another origin that uses the station.

use ureq::http::{Method, Request};

use crate::server::{DEVICE, Server, agent, header};

#[test]
fn a_page_of_any_origin_is_told_that_it_may_ask() {
    let server = Server::start();
    for (path, wanted) in [
        ("/api/v0/releases/latest", "memfault-project-key"),
        ("/api/v0/releases/latest/url", "memfault-project-key"),
        ("/payloads/0/fw.bin", "range,if-range"),
    ] {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(format!("{}{path}", server.address))
            .header("Origin", "https://updates.example.com")
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", wanted)
            .body(())
            .unwrap();
        let response = agent().run(request).unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "access-control-allow-origin")),
            (200, "*"),
            "{path}"
        );
        assert_eq!(header(&response, "access-control-allow-methods"), "GET,HEAD,POST");
        let allowed = header(&response, "access-control-allow-headers");
        assert!(wanted.split(',').all(|name| allowed.split(',').any(|allowed| allowed == name)), "{allowed}");
    }
}

#[test]
fn it_may_read_what_it_needs_of_every_answer() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let payload = server.payload_path();
    let refused = format!("/api/v0/releases/latest?{DEVICE}");
    for (path, status) in [(payload.as_str(), 200), (&refused, 403), ("/api/v0/nothing", 404)] {
        let response = server.get(path, &[("Origin", "https://updates.example.com")]);
        assert_eq!((response.status().as_u16(), header(&response, "access-control-allow-origin")), (status, "*"));
        let exposed = header(&response, "access-control-expose-headers");
        for name in ["memfault-reason", "retry-after", "etag", "content-range", "content-length"] {
            assert!(exposed.split(',').any(|exposed| exposed == name), "{name} is not in {exposed}");
        }
    }
}

#[test]
fn the_page_itself_is_for_its_own_origin() {
    let server = Server::start();
    let response = server.get("/fieldflash.json", &[("Origin", "https://updates.example.com")]);
    assert_eq!((response.status().as_u16(), header(&response, "access-control-allow-origin")), (200, ""));
}
