//! What devices ask, and are answered through the gateway.

use super::*;
use crate::server::{agent, header, json, text};
use release_feed::OUTCOMES_PATH;

#[test]
fn a_question_is_passed_on_with_the_key_that_who_asks_has_not() {
    let upstream = with_payload(|_| None);
    let server = gateway(&upstream);
    let query = format!("?&{DEVICE}&current_version=1.0.0%2Ba&unknown=1");
    let mut response = server.get(&format!("{LATEST}{query}"), &[("Memfault-Project-Key", "of the page")]);
    assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (200, "no-store"));
    let release = json(&mut response);
    assert_eq!((&release["version"], &release["artifacts"][0]["file_size"]), (&"1.2.0".into(), &45.into()));

    let asked = &upstream.asked()[0];
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.uri.path_and_query().unwrap().as_str(), format!("{LATEST}?{DEVICE}&current_version=1.0.0%2Ba"));
    assert_eq!(asked.header("memfault-project-key"), KEY);
    assert!(asked.headers.keys().all(|name| !["x-forwarded-for", "referer", "origin"].contains(&name.as_str())));
}

#[test]
fn only_the_addresses_of_payloads_are_replaced() {
    let upstream = with_payload(|_| None);
    let server = gateway(&upstream);
    let mut given = json(&mut server.get(&format!("{LATEST}?{DEVICE}"), &[]));
    let url = given["artifacts"][0]["url"].take();
    let mut expected = release("");
    expected["artifacts"][0]["url"].take();
    assert_eq!(given, expected);
    let url = url.as_str().unwrap();
    assert!(url.starts_with(&format!("{}/payloads/fw%201.bin?from=https%3A%2F%2Flocalhost", server.address)), "{url}");
}

#[test]
fn the_text_route_gives_a_link_of_the_gateways_too() {
    let upstream = with_payload(|_| Some(answer(200, BYTES)));
    let server = gateway(&upstream);
    let mut response = server.get(&format!("{LATEST}/url?{DEVICE}"), &[]);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let url = text(&mut response);
    let path = url.strip_prefix(&server.address).unwrap();
    assert!(path.starts_with("/payloads/1?from="), "{path}");
    assert_eq!(text(&mut server.get(path, &[])).as_bytes(), BYTES);
}

#[test]
fn a_reason_comes_with_nothing_newer_as_with_a_release() {
    for (status, body) in [(204, String::new()), (200, release("https://x").to_string())] {
        let upstream =
            Upstream::start(move |_| Some(with(answer(status, body.clone()), "memfault-reason", "rate-limited")));
        let response = gateway(&upstream).get(&format!("{LATEST}?{DEVICE}"), &[]);
        assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (status, "rate-limited"));
    }
}

#[test]
fn a_query_that_is_none_is_refused_without_asking() {
    let upstream = with_payload(|_| None);
    let server = gateway(&upstream);
    let mut response = server.get(&format!("{LATEST}?hardware_version=mp"), &[]);
    assert_eq!(response.status(), 400);
    assert_eq!(json(&mut response)["error"]["message"], "the query parameter device_serial is missing");
    assert!(upstream.asked().is_empty());
}

#[test]
fn nothing_but_the_device_facing_routes_is_passed_on() {
    let upstream = with_payload(|_| Some(answer(200, BYTES)));
    let server = gateway(&upstream);
    for path in ["/api/v0/organizations/o/projects/p", "/api/v0/chunks/DEMO", "/payloads/ab/fw.bin", "/ota/1", "//x"] {
        assert_eq!(server.get(path, &[]).status(), 404, "{path}");
    }
    for path in [&format!("{LATEST}?{DEVICE}"), "/payloads/fw.bin"] {
        let response = agent().post(format!("{}{path}", server.address)).send("x").unwrap();
        assert_eq!(response.status(), 405, "{path}");
    }
    assert!(upstream.asked().is_empty());
}

#[test]
fn the_page_of_a_gateway_is_told_no_key_and_pages_elsewhere_are_told_nothing() {
    let upstream = with_payload(|_| None);
    let server = gateway(&upstream);
    let config = json(&mut server.get("/fieldflash.json", &[]));
    assert_eq!(config, json!({"feed": {"url": ""}, "product": {}}));
    let response = server.get(&format!("{LATEST}?{DEVICE}"), &[("Origin", "https://elsewhere.example.com")]);
    assert_eq!((response.status().as_u16(), header(&response, "access-control-allow-origin")), (200, ""));
}

#[test]
fn a_path_before_the_api_is_kept() {
    let upstream = Upstream::start(|asked| {
        let is_there = asked.uri.path() == format!("/feed{LATEST}");
        Some(answer(if is_there { 204 } else { 404 }, ""))
    });
    let server = gateway_to(&format!("{}/feed/", upstream.address()), Some(&upstream.authority()));
    assert_eq!(server.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 204);
}

#[test]
fn the_gateways_own_page_reports_without_a_key_and_pages_elsewhere_do_not() {
    let upstream = with_payload(|_| None);
    let server = gateway(&upstream);
    let form = "duration_ms=1&hardware_version=mp&software_type=stm32-fw&to_version=1.0.0";
    let from = |origin: &str| {
        let request = agent().post(format!("{}{OUTCOMES_PATH}", server.address)).header("Origin", origin);
        request.content_type("application/x-www-form-urlencoded").send(form).unwrap().status().as_u16()
    };
    assert_eq!(from(&server.address), 204);
    assert_eq!(from("https://evil.example"), 403);
    assert_eq!(server.wait(server.store.outcomes(None, None, 10)).unwrap().len(), 1);
}
