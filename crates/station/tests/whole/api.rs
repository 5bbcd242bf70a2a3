//! The management API over HTTP, as other tools than Memfault's use it.

use serde_json::{Value, json};
use station::store::{Scope, TokenKind};
use ureq::Body;
use ureq::http::{Request, Response};

use crate::elsewhere::Elsewhere;
use crate::server::{DEVICE, Listening, Server, agent, header, text, who};

const PROJECT: &str = "/api/v0/organizations/acme/projects/fridge";

/// A station, and somebody with a token.
pub struct Api {
    pub server: Server,
    token: String,
}

impl Api {
    pub fn new() -> Self {
        Self::with(Server::start(), Scope::Admin)
    }

    fn with(server: Server, scope: Scope) -> Self {
        let token = server.wait(server.store.new_token(&who(), TokenKind::Organization, "CI", scope, None));
        Self { token: token.unwrap().1, server }
    }

    /// An answer to whom has the token.
    pub fn send(&self, method: &str, address: &str, body: impl Into<String>) -> Response<Body> {
        let bearer = format!("Bearer {}", self.token);
        let request = Request::builder().method(method).uri(address).header("Authorization", bearer);
        agent().run(request.body(body.into()).unwrap()).unwrap()
    }

    /// The status and the JSON of an answer.
    pub fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut response = self.send(method, &format!("{}{PROJECT}{path}", self.server.address), body);
        let status = response.status().as_u16();
        let text = text(&mut response);
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    /// What is in the envelope of a good answer.
    pub fn data(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, mut json) = self.ask(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {json}");
        json["data"].take()
    }

    /// What a bad answer says.
    fn refused(&self, method: &str, path: &str, body: Value, status: u16) -> String {
        let (found, json) = self.ask(method, path, body);
        assert_eq!(found, status, "{method} {path}: {json}");
        assert_eq!(json["error"]["http_code"], status);
        json["error"]["message"].as_str().unwrap().to_owned()
    }

    /// Uploads `bytes` in one piece. Gives back the token.
    pub fn upload(&self, bytes: &str) -> String {
        let begun = self.data("POST", "/upload", json!({"kind": "OTA_PAYLOAD", "size": bytes.len()}));
        let put = self.send("PUT", begun["upload_url"].as_str().unwrap(), bytes);
        assert_eq!(put.status(), 200);
        begun["token"].as_str().unwrap().to_owned()
    }
}

/// What makes an upload a payload.
pub fn payload(token: &str, version: &str) -> Value {
    json!({
        "file": {"token": token, "name": "fw.bin"},
        "software_version": {"version": version, "software_type": "stm32-fw"},
        "hardware_version": "mp",
        "must_pass_through": false,
        "notes": "",
    })
}

#[test]
fn a_release_goes_from_the_upload_to_its_removal() {
    let api = Api::new();
    assert_eq!(api.data("GET", "", Value::Null)["max_ota_upload_size"], 0);
    let token = api.upload("abc");
    let added = api.data("POST", "/releases/ota_payload", payload(&token, "1.0.0"));
    assert_eq!((&added["version"], &added["file_size"]), (&json!("1.0.0"), &json!(3)));
    let deployed = api.data("POST", "/deployments", json!({"type": "normal", "release": "1.0.0", "cohort": "default"}));
    assert_eq!((&deployed["status"], &deployed["type"]), (&json!("done"), &json!("normal")));
    assert_eq!(api.server.offered(DEVICE).as_deref(), Some("1.0.0"));
    let said = api.refused("DELETE", "/releases/1.0.0", Value::Null, 409);
    assert_eq!(said, "stm32-fw 1.0.0 is deployed to default; withdraw it from there first");
    let path = format!("/deployments/{}", deployed["id"]);
    assert_eq!(api.ask("DELETE", &path, Value::Null), (204, Value::Null));
    assert_eq!(api.data("GET", &path, Value::Null)["status"], "aborted");
    api.refused("DELETE", &path, Value::Null, 404);
    assert_eq!(api.server.offered(DEVICE), None);
    assert_eq!(api.ask("DELETE", "/releases/1.0.0", Value::Null), (204, Value::Null));
    assert_eq!(api.data("GET", "/releases", Value::Null), json!([]));
    let audit = api.server.wait(api.server.store.audit(None, 4)).unwrap();
    let what: Vec<_> = audit.iter().map(|row| (&*row.what, &*row.who)).collect();
    let by_token = ["release_removed", "deployment_aborted", "release_deployed", "payload_added"];
    assert_eq!(what, by_token.map(|what| (what, "token 1 (CI)")));
}

#[test]
fn release_notes_with_a_script_in_them_are_text_that_no_browser_takes_for_a_page() {
    let api = Api::new();
    let notes = "<script>alert(1)</script> & \"more\"";
    let mut payload = payload(&api.upload("abc"), "1.0.0");
    payload["notes"] = notes.into();
    api.data("POST", "/releases/ota_payload", payload);
    api.data("POST", "/deployments", json!({"type": "normal", "release": "1.0.0", "cohort": "default"}));
    let mut latest = api.server.latest(DEVICE);
    assert_eq!(header(&latest, "content-type"), "application/json");
    assert_eq!(header(&latest, "x-content-type-options"), "nosniff");
    let release: Value = serde_json::from_str(&text(&mut latest)).unwrap();
    assert_eq!(release["notes"], notes);
}

#[test]
fn parts_are_put_together_when_their_list_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_as(folder, Elsewhere::fresh(), |_, station| {
        (station.uploads.largest, station.uploads.part) = (10, Some(4));
        Listening::default()
    });
    let api = Api::with(server, Scope::Upload);
    assert_eq!(api.data("GET", "", Value::Null)["max_ota_upload_size"], 10);
    let said = api.refused("POST", "/upload_multipart", json!({"kind": "OTA_PAYLOAD", "size": 11}), 400);
    assert_eq!(said, "Uploaded file is too big: it has 11 bytes, at most 10 are allowed");
    let begun = api.data("POST", "/upload_multipart", json!({"kind": "OTA_PAYLOAD", "size": 10}));
    let urls: Vec<_> = begun["part_urls"].as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    let put = |url: &str, bytes: &str| header(&api.send("PUT", url, bytes), "etag").to_owned();
    let etags: Vec<_> = urls.iter().zip(["0123", "4567", "89"]).map(|(url, bytes)| put(url, bytes)).collect();
    assert_eq!((etags.len(), etags[0].len()), (3, 34));
    let complete = |etags: &[String]| {
        let parts = etags.iter().enumerate().map(|(index, etag)| {
            format!("<Part><ETag>{}</ETag><PartNumber>{}</PartNumber></Part>", etag.replace('"', "&quot;"), index + 1)
        });
        let xml = format!(
            "<?xml version=\"1.0\"?><CompleteMultipartUpload>{}</CompleteMultipartUpload>",
            parts.collect::<String>()
        );
        api.send("POST", begun["complete_upload_url"].as_str().unwrap(), xml).status().as_u16()
    };
    assert_eq!(complete(&etags[..2]), 400);
    assert_eq!(complete(&[&etags[1..], &etags[..1]].concat()), 400);
    assert_eq!(complete(&etags), 200);
    assert_eq!(api.send("PUT", urls[0], "0123").status(), 409);
    let nonsense = api.send("POST", begun["complete_upload_url"].as_str().unwrap(), "<Complete");
    assert_eq!(nonsense.status(), 400);
    let token = begun["token"].as_str().unwrap();
    assert_eq!(api.data("POST", "/releases/ota_payload", payload(token, "1.0.0"))["file_size"], 10);
}

#[test]
fn an_upload_takes_no_more_than_was_announced_and_only_from_who_knows_its_token() {
    let api = Api::new();
    let begun = api.data("POST", "/upload", json!({"kind": "OTA_PAYLOAD", "size": 3}));
    let url = begun["upload_url"].as_str().unwrap();
    assert_eq!(api.send("PUT", url, "abcd").status(), 400);
    let unknown = format!("{}/uploads/{}/1", api.server.address, "0".repeat(64));
    assert_eq!(api.send("PUT", &unknown, "abc").status(), 404);
    assert_eq!(api.send("PUT", &format!("{}2", url.strip_suffix('1').unwrap()), "abc").status(), 400);
    let token = begun["token"].as_str().unwrap();
    assert_eq!(
        api.refused("POST", "/releases/ota_payload", payload(token, "1.0.0"), 400),
        "the upload is not complete: 0 of 3 bytes are there, or other parts than were named"
    );
    let mut wrong = payload(&api.upload("abc"), "1.0.0");
    wrong["file"]["md5"] = json!("00000000000000000000000000000000");
    assert!(api.refused("POST", "/releases/ota_payload", wrong.clone(), 400).contains("MD5"));
    wrong["file"]["name"] = json!("../../etc/passwd");
    assert!(api.refused("POST", "/releases/ota_payload", wrong, 400).contains("without a folder"));
    let other = api.refused("POST", "/upload", json!({"kind": "COREDUMP", "size": 3}), 400);
    assert!(other.contains("OTA_PAYLOAD"));
}

#[test]
fn devices_are_listed_by_pages_and_put_into_cohorts_that_there_are() {
    let api = Api::new();
    api.server.add("1.0.0", Some("default"), b"abc");
    for serial in ["A1", "A2", "A3"] {
        api.server.offered(&DEVICE.replace("DEMO", serial));
    }
    let serials = |query: &str| -> Vec<String> {
        let devices = api.data("GET", &format!("/devices{query}"), Value::Null);
        let serial = |device: &Value| device["device_serial"].as_str().unwrap().to_owned();
        devices.as_array().unwrap().iter().map(serial).collect()
    };
    assert_eq!(serials("?per_page=2"), ["A1", "A2"]);
    assert_eq!(serials("?per_page=2&after=A2"), ["A3"]);
    let missing = api.refused("PATCH", "/devices/A1", json!({"cohort": "beta"}), 404);
    assert!(missing.starts_with("there is no cohort beta"));
    let made = api.data("POST", "/cohorts", json!({"slug": "beta"}));
    assert_eq!((&made["slug"], &made["count_devices"]), (&json!("beta"), &json!(0)));
    api.refused("POST", "/cohorts", json!({"slug": "beta"}), 409);
    assert_eq!(api.data("PATCH", "/devices/A1", json!({"cohort": "beta"}))["cohort"], "beta");
    let assigned = api.data("POST", "/cohorts/beta/devices", json!({"device_serials": ["A3", "NEW"]}));
    assert_eq!(assigned["count_devices"], 2);
    assert_eq!(serials("?cohort=beta"), ["A1", "A3", "NEW"]);
    let cohorts = api.data("GET", "/cohorts", Value::Null);
    assert_eq!(cohorts[0]["count_devices"], 3);
    api.refused("GET", "/devices/NOBODY", Value::Null, 404);
    api.refused("PATCH", "/devices/a%20b", json!({"cohort": "beta"}), 400);
}

#[test]
fn a_version_that_two_software_types_have_is_deployed_when_it_is_said_of_which() {
    let api = Api::new();
    for software in ["stm32-fw", "radio-fw"] {
        let mut payload = payload(&api.upload("abc"), "1.0.0");
        payload["software_version"]["software_type"] = json!(software);
        api.data("POST", "/releases/ota_payload", payload);
    }
    let mut deployment =
        json!({"type": "staged_rollout", "release": "1.0.0", "cohort": "default", "rollout_percent": 40});
    let said = api.refused("POST", "/deployments", deployment.clone(), 400);
    assert!(said.contains("radio-fw") && said.contains("stm32-fw"), "{said}");
    deployment["software_type"] = json!("radio-fw");
    let deployed = api.data("POST", "/deployments", deployment.clone());
    assert_eq!((&deployed["rollout_percent"], &deployed["status"]), (&json!(40), &json!("in_progress")));
    for percent in [json!(0), json!(101), Value::Null] {
        deployment["rollout_percent"] = percent;
        api.refused("POST", "/deployments", deployment.clone(), 400);
    }
    let found = api.data("GET", "/deployments?cohort=default&release=1.0.0&software_type=radio-fw", Value::Null);
    assert_eq!(found.as_array().unwrap().len(), 1);
    let types = api.data("GET", "/software_type_values?per_page=1&sort=name&sort=-x", Value::Null);
    assert_eq!((&types[0]["name"], &types[1]["name"]), (&json!("radio-fw"), &json!("stm32-fw")));
    assert_eq!(api.data("GET", "/software_types/radio-fw/software_versions/1.0.0", Value::Null)["version"], "1.0.0");
    api.refused("GET", "/software_types/radio-fw/software_versions/2.0.0", Value::Null, 404);
}

#[test]
fn a_token_is_good_for_its_scope_until_it_is_revoked() {
    let api = Api::with(Server::start(), Scope::Read);
    api.data("GET", "/releases", Value::Null);
    let said = api.refused("POST", "/upload", json!({"kind": "OTA_PAYLOAD", "size": 3}), 403);
    assert_eq!(said, "this token is good for read, and upload is needed");
    api.refused("POST", "/cohorts", json!({"slug": "beta"}), 403);
    api.refused("DELETE", "/releases/1.0.0", Value::Null, 403);
    api.server.wait(api.server.store.revoke_token(&who(), 1)).unwrap();
    api.refused("GET", "/releases", Value::Null, 401);
}

#[test]
fn who_tries_token_after_token_is_told_to_wait() {
    let api = Api::new();
    let with = |token: &str| {
        let bearer = format!("Bearer {token}");
        let mut response = api.server.get(&format!("{PROJECT}/releases"), &[("Authorization", &bearer)]);
        assert!(text(&mut response).contains("\"error\":") != response.status().is_success());
        (response.status().as_u16(), header(&response, "retry-after").to_owned())
    };
    assert_eq!(api.server.get(&format!("{PROJECT}/releases"), &[]).status(), 401);
    for attempt in 0..10 {
        assert_eq!(with(&format!("oat_{attempt}")).0, 401);
    }
    let (status, retry_after) = with(&api.token);
    let seconds: u64 = retry_after.parse().unwrap();
    assert!(status == 429 && (1..=60).contains(&seconds), "{status} {retry_after}");
    // Devices are not in that.
    assert_eq!(api.server.latest(DEVICE).status(), 400);
}

#[test]
fn the_token_is_asked_for_before_anything_else_is_told() {
    let server = Server::start();
    for (method, path) in [
        ("GET", ""),
        ("POST", "/upload"),
        ("POST", "/upload_multipart"),
        ("GET", "/releases"),
        ("POST", "/releases/ota_payload"),
        ("GET", "/releases/1.0.0"),
        ("DELETE", "/releases/1.0.0"),
        ("GET", "/deployments?cohort=nobody"),
        ("POST", "/deployments"),
        ("GET", "/deployments/1"),
        ("DELETE", "/deployments/1"),
        ("GET", "/software_type_values"),
        ("GET", "/software_types/a/software_versions/1"),
        ("GET", "/cohorts"),
        ("POST", "/cohorts"),
        ("POST", "/cohorts/default/devices"),
        ("GET", "/devices"),
        ("GET", "/devices/DEMO"),
        ("PATCH", "/devices/DEMO"),
    ] {
        let request = Request::builder().method(method).uri(format!("{}{PROJECT}{path}", server.address));
        let response = agent().run(request.body("nonsense".to_owned()).unwrap()).unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "www-authenticate")),
            (401, "Bearer"),
            "{method} {path}"
        );
    }
}

#[test]
fn what_is_no_request_of_the_api_is_refused_in_its_own_words() {
    let api = Api::new();
    assert!(api.refused("POST", "/upload", json!({"kind": 5}), 400).starts_with("the request is not as it should be"));
    assert_eq!(api.refused("DELETE", "/upload", Value::Null, 405), "this method is not allowed here");
    assert_eq!(api.refused("GET", "/nothing", Value::Null, 404), "there is nothing at this address");
    assert_eq!(api.refused("GET", "/deployments/abc", Value::Null, 404), "there is nothing at this address");
    assert!(api.refused("POST", "/cohorts", json!({"slug": "x".repeat(600 << 10)}), 413).contains("too large"));
    let mut long = payload(&api.upload("abc"), "1.0.0");
    long["notes"] = json!("x".repeat((64 << 10) + 1));
    assert!(api.refused("POST", "/releases/ota_payload", long, 400).contains("65536"));
}
