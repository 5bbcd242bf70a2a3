//! What devices ask.

use std::io::{Read, Write};
use std::net::TcpStream;

use release_feed::Release;
use serde_json::{Value, json};
use station::store::Rollout;

use crate::database::BEGIN_TO_WRITE;
use crate::server::{DEVICE, Server, header, json, text, version_of, who};

const KEY: &str = "Memfault-Project-Key";
const BOTH: [&str; 2] = ["/api/v0/releases/latest", "/api/v0/releases/latest/url"];

#[test]
fn a_release_is_given_in_memfaults_shape() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let mut response = server.latest(DEVICE);
    assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (200, "cohort_settings"));
    assert_eq!(header(&response, "cache-control"), "no-store");
    let mut release = json(&mut response);
    for date in [release["created_date"].take(), release["artifacts"][0]["created_date"].take()] {
        let date = date.as_str().unwrap();
        assert!(date.len() == 32 && date.starts_with("20") && date.ends_with("+00:00"), "{date}");
    }
    let url = release["artifacts"][0]["url"].take();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        release,
        json!({
            "id": 1, "created_date": null, "version": "1.2.0", "display_name": "1.2.0", "revision": "",
            "must_pass_through": false, "notes": "Less noise.", "reason": "cohort_settings", "is_delta": false,
            "extra_info": {},
            "artifacts": [{
                "id": 1, "created_date": null, "type": "firmware", "hardware_version": "mp", "filename": "fw.bin",
                "file_size": 3, "url": null,
                "md5": "900150983cd24fb0d6963f7d28e17f72", "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
                "sha256": sha256, "extra_info": {"sig": "abc"},
            }],
        })
    );
    let url = url.as_str().unwrap();
    assert!(url.starts_with(&format!("{}/payloads/{sha256}/fw.bin?expires=", server.address)), "{url}");
}

#[test]
fn the_pages_own_reader_takes_the_release() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let release: Release = serde_json::from_value(json(&mut server.latest(DEVICE))).unwrap();
    let artifact = release.artifact_for(&"mp".parse().unwrap(), &"stm32-fw".parse().unwrap()).unwrap();
    assert_eq!(artifact.file_size, Some(3));
}

#[test]
fn the_text_route_gives_the_address_alone() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let mut response = server.get(&format!("{}?{DEVICE}", BOTH[1]), &[(KEY, server.store.project_key())]);
    assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (200, "cohort_settings"));
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let address = text(&mut response);
    assert!(address.starts_with(&format!("{}/payloads/", server.address)), "{address}");
    assert_eq!(text(&mut server.get(&address[server.address.len()..], &[])), "abc");
}

#[test]
fn nothing_newer_is_204_with_the_reason() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    for path in BOTH {
        let query = format!("{path}?{DEVICE}&current_version=1.2.0");
        let mut response = server.get(&query, &[(KEY, server.store.project_key())]);
        assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (204, "latest"));
        assert_eq!(text(&mut response), "");
    }
}

#[test]
fn a_version_whose_plus_was_not_escaped_is_known_again() {
    let server = Server::start();
    // Not a semantic version, so that only the very same text is up to date.
    server.add("build+7", Some("default"), b"abc");
    for version in ["build+7", "build%2B7"] {
        assert_eq!(server.latest(&format!("{DEVICE}&current_version={version}")).status(), 204, "{version}");
    }
}

#[test]
fn a_cohort_without_a_release_is_not_told_that_it_is_up_to_date() {
    let server = Server::start();
    server.add("1.2.0", None, b"abc");
    for path in BOTH {
        let response = server.get(&format!("{path}?{DEVICE}"), &[(KEY, server.store.project_key())]);
        assert_eq!((response.status().as_u16(), header(&response, "memfault-reason")), (204, "no-release"));
    }
}

#[test]
fn a_missing_or_wrong_key_is_refused() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    for path in BOTH {
        for headers in [&[][..], &[(KEY, "wrong")]] {
            let mut response = server.get(&format!("{path}?{DEVICE}"), headers);
            assert_eq!(response.status(), 403);
            let error = &json(&mut response)["error"];
            assert_eq!((&error["http_code"], &error["type"]), (&Value::from(403), &Value::from("Forbidden")));
            assert!(error["code"].is_i64());
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(if headers.is_empty() { "Project-Key is missing" } else { "not valid" }),
                "{message}"
            );
        }
    }
}

/// The message of the 400 that both routes must give.
fn refused(server: &Server, query: &str) -> String {
    let [message, other] = BOTH.map(|path| {
        let mut response = server.get(&format!("{path}?{query}"), &[(KEY, server.store.project_key())]);
        assert_eq!(response.status(), 400, "{query}");
        let error = json(&mut response)["error"].take();
        assert_eq!((&error["http_code"], &error["type"]), (&Value::from(400), &Value::from("BadRequest")));
        error["message"].as_str().unwrap().to_owned()
    });
    assert_eq!(message, other);
    message
}

#[test]
fn a_parameter_that_is_missing_or_wrong_is_named() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let right = [("device_serial", "DEMO"), ("hardware_version", "mp"), ("software_type", "stm32-fw")];
    let wrong = ["a%20b", "rev%23", "a%2Fb"];
    for (place, (name, _)) in right.iter().enumerate() {
        for value in [None, Some(""), Some(wrong[place]), Some(&*"x".repeat(129))] {
            let mut parameters = right.map(|(name, value)| format!("{name}={value}"));
            parameters[place] = value.map(|value| format!("{name}={value}")).unwrap_or_default();
            let message = refused(&server, &parameters.join("&"));
            assert!(message.contains(name), "{name}={value:?}: {message}");
        }
    }
    assert!(refused(&server, &format!("{DEVICE}&current_version=%0A")).contains("current_version"));
    assert!(refused(&server, &format!("{DEVICE}&current_version={}", "1".repeat(129))).contains("current_version"));
}

#[test]
fn a_hardware_version_or_software_type_that_does_not_exist_is_refused() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let message = refused(&server, "device_serial=A&hardware_version=evt&software_type=stm32-fw");
    assert_eq!(message, "hardware_version \"evt\" does not exist in this project");
    let message = refused(&server, "device_serial=A&hardware_version=mp&software_type=radio");
    assert_eq!(message, "software_type \"radio\" does not exist in this project");
}

#[test]
fn an_empty_first_parameter_and_unknown_ones_are_tolerated() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    assert_eq!(server.offered(&format!("&{DEVICE}&sdkPlatform=x&&current_version=")).as_deref(), Some("1.2.0"));
}

#[test]
fn an_escaped_plus_in_a_version_is_a_plus() {
    let server = Server::start();
    server.add("1.2.0+abc", Some("default"), b"abc");
    assert_eq!(server.offered(&format!("{DEVICE}&current_version=1.2.0%2Babc")), None);
}

#[test]
fn a_device_hops_through_the_releases_that_it_must_pass() {
    let server = Server::start();
    for version in ["1.0.0", "!1.1.0", "1.2.0", "!2.0.0", "2.1.0"] {
        server.add(version, Some("default"), version.as_bytes());
    }
    let mut hops = vec!["1.0.0".to_owned()];
    while let Some(next) = server.offered(&format!("{DEVICE}&current_version={}", hops[hops.len() - 1])) {
        hops.push(next);
    }
    assert_eq!(hops, ["1.0.0", "1.1.0", "2.0.0", "2.1.0"]);
    assert_eq!(server.offered(DEVICE).as_deref(), Some("2.1.0"));
}

#[test]
fn a_device_is_offered_what_its_cohort_is_to_have() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"stable");
    server.add("2.0.0", Some("beta"), b"beta");
    server.add("3.0.0", None, b"nobody's");
    server.wait(server.store.assign(&who(), &"TESTER".parse().unwrap(), &"beta".parse().unwrap())).unwrap();
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    let tester = DEVICE.replace("DEMO", "TESTER");
    assert_eq!(server.offered(&tester).as_deref(), Some("2.0.0"));
    server.wait(server.store.assign(&who(), &"TESTER".parse().unwrap(), &"default".parse().unwrap())).unwrap();
    assert_eq!(server.offered(&tester).as_deref(), Some("1.0.0"));
}

#[test]
fn a_device_not_seen_before_is_recorded_in_the_default_cohort_once() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"abc");
    server.offered(DEVICE);
    server.offered(DEVICE);
    let sql = "SELECT string_agg(serial || ' ' || name, ',') FROM device JOIN cohort ON cohort.id = cohort_id";
    assert_eq!(server.database().text(sql), "DEMO default");
}

#[test]
fn a_withdrawn_release_is_offered_no_more_until_it_is_deployed_again() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"one");
    server.add("2.0.0", Some("default"), b"two");
    let (software, version, cohort) = ("stm32-fw".parse().unwrap(), version_of("2.0.0"), "default".parse().unwrap());
    server.wait(server.store.withdraw(&who(), &software, &version, &cohort)).unwrap();
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    server.wait(server.store.deploy(&who(), &software, &version, &cohort, Rollout::Normal)).unwrap();
    assert_eq!(server.offered(DEVICE).as_deref(), Some("2.0.0"));
}

#[test]
fn a_version_that_is_not_semantic_is_newer_when_it_is_deployed_later() {
    let server = Server::start();
    for version in ["summer", "autumn"] {
        server.add(version, Some("default"), version.as_bytes());
    }
    assert_eq!(server.offered(&format!("{DEVICE}&current_version=summer")).as_deref(), Some("autumn"));
    let (software, cohort) = ("stm32-fw".parse().unwrap(), "default".parse().unwrap());
    server.wait(server.store.withdraw(&who(), &software, &version_of("summer"), &cohort)).unwrap();
    server.wait(server.store.deploy(&who(), &software, &version_of("summer"), &cohort, Rollout::Normal)).unwrap();
    assert_eq!(server.offered(&format!("{DEVICE}&current_version=autumn")).as_deref(), Some("summer"));
}

#[test]
fn while_the_database_is_busy_a_new_device_is_told_to_come_again_and_a_known_one_is_answered() {
    let server = Server::start();
    server.add("1.0.0", Some("default"), b"abc");
    server.offered(DEVICE);
    let mut writer = server.database();
    writer.execute(BEGIN_TO_WRITE);
    let mut response = server.latest(&DEVICE.replace("DEMO", "NEW"));
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "5"));
    assert_eq!(json(&mut response)["error"]["type"], "ServiceUnavailable");
    assert_eq!(server.offered(DEVICE).as_deref(), Some("1.0.0"));
    writer.execute("ROLLBACK");
    assert_eq!(server.offered(&DEVICE.replace("DEMO", "NEW")).as_deref(), Some("1.0.0"));
}

#[test]
fn an_address_that_does_not_exist_and_a_method_that_is_not_allowed_are_told_in_json() {
    let server = Server::start();
    let mut response = server.get("/api/v0/nothing", &[]);
    assert_eq!(response.status(), 404);
    assert_eq!(json(&mut response)["error"]["http_code"], 404);
    let mut response = crate::server::agent().delete(format!("{}{}", server.address, BOTH[0])).call().unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(json(&mut response)["error"]["type"], "MethodNotAllowed");
}

#[test]
fn a_proxy_is_believed_only_when_there_is_one() {
    let forwarded = [("X-Forwarded-Host", "ota.example.com"), ("X-Forwarded-Proto", "https")];
    for (behind_proxy, origin) in [(false, None), (true, Some("https://ota.example.com"))] {
        let server = Server::start_with(|_| None, behind_proxy);
        server.add("1.2.0", Some("default"), b"abc");
        let headers = [&[(KEY, server.store.project_key())][..], &forwarded].concat();
        let url = text(&mut server.get(&format!("{}?{DEVICE}", BOTH[1]), &headers));
        let origin = origin.unwrap_or(&server.address);
        assert!(url.starts_with(&format!("{origin}/payloads/")), "{url}");
    }
}

#[test]
fn a_request_without_a_host_is_refused_and_not_answered_with_an_address_that_leads_nowhere() {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let mut stream = TcpStream::connect(server.address.trim_start_matches("http://")).unwrap();
    let key = server.store.project_key();
    write!(stream, "GET {}?{DEVICE} HTTP/1.0\r\n{KEY}: {key}\r\n\r\n", BOTH[1]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 400") && answer.contains("Host"), "{answer}");
}
