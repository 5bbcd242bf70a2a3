//! The document that describes the API.

use serde_json::{Value, json};
use ureq::http::Request;

use crate::gateway::gateway;
use crate::server::{Server, agent};
use crate::upstream::Upstream;

/// The document of a station.
fn document(server: &Server) -> Value {
    crate::server::json(&mut server.get("/api/openapi.json", &[]))
}

/// Asks each route that a document describes, without any token or key, and sees that it is there: that it refuses as
/// `refusal` says, by the path. Gives back how many there are.
fn routes(server: &Server, document: &Value, refusal: impl Fn(&str) -> u16) -> usize {
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let address = path.replace("{id}", "1").replace("{part}", "1").replace(['{', '}'], "");
            let request = Request::builder().method(method.to_uppercase().as_str());
            let request = request.uri(format!("{}{address}", server.address)).body(String::new()).unwrap();
            let status = agent().run(request).unwrap().status().as_u16();
            assert_eq!(status, refusal(path), "{method} {path}");
            routes.push((method.clone(), path.clone()));
        }
    }
    routes.len()
}

#[test]
fn it_describes_each_route_and_no_other() {
    let server = Server::start();
    let count = routes(&server, &document(&server), |path| match path {
        "/uploads/{token}/{part}" => 404,
        "/uploads/{token}/complete" => 400,
        path if path.starts_with("/api/v0/organizations/") => 401,
        _ => 403,
    });
    assert_eq!(count, 26);
}

#[test]
fn that_of_a_gateway_has_what_devices_ask_and_no_more() {
    let upstream = Upstream::start(|_| None);
    let server = gateway(&upstream);
    let document = document(&server);
    let count = routes(&server, &document, |path| if path.starts_with("/payloads/") { 403 } else { 400 });
    assert_eq!(count, 4);
    assert!(upstream.asked().is_empty());
}

#[test]
fn a_station_and_a_gateway_say_the_same_of_what_devices_are_answered() {
    let station = document(&Server::start());
    let gateway = document(&gateway(&Upstream::start(|_| None)));
    let said = |document: &Value, path: &str| {
        let get = &document["paths"][path]["get"];
        // But for where the bytes are.
        let is_common = |parameter: &&Value| parameter["in"] != "path" && parameter["name"] != "from";
        let parameters = get["parameters"].as_array().unwrap().iter().filter(is_common);
        let parameters: Vec<_> = parameters.filter(|parameter| parameter["name"] != "size").cloned().collect();
        (parameters, get["responses"].clone())
    };
    for path in ["/api/v0/releases/latest", "/api/v0/releases/latest/url"] {
        assert_eq!(said(&station, path), said(&gateway, path), "{path}");
        let (_, responses) = said(&station, path);
        for status in ["200", "204"] {
            assert!(responses[status]["headers"]["memfault-reason"].is_object(), "{path} {status}");
        }
    }
    let payload = said(&station, "/payloads/{digest}/{filename}");
    assert_eq!(payload, said(&gateway, "/payloads/{filename}"));
    let (parameters, responses) = payload;
    let names: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["expires", "token", "range", "if-range", "if-none-match", "accept-encoding"]);
    let statuses: Vec<_> = responses.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["200", "206", "304", "416", "default"]);
}

#[test]
fn it_says_what_devices_ask_and_are_answered() {
    let document = document(&Server::start());
    let latest = &document["paths"]["/api/v0/releases/latest"]["get"];
    let parameters = latest["parameters"].as_array().unwrap();
    let required = parameters.iter().filter(|parameter| parameter["required"] == true);
    let required: Vec<_> = required.map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!((parameters.len(), required), (4, vec!["device_serial", "hardware_version", "software_type"]));
    let release = &latest["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(release, "#/components/schemas/Release");
    let artifacts = &document["components"]["schemas"]["Release"]["properties"]["artifacts"];
    assert_eq!(artifacts["items"]["$ref"], "#/components/schemas/Artifact");
    assert_eq!(latest["security"], json!([{"project_key": []}]));
    let key = json!({"type": "apiKey", "in": "header", "name": "Memfault-Project-Key"});
    assert_eq!(document["components"]["securitySchemes"]["project_key"], key);
    let outcomes = &document["paths"]["/api/v0/fieldflash/outcomes"]["post"]["requestBody"]["content"];
    let report = &outcomes["application/x-www-form-urlencoded"]["schema"]["$ref"];
    assert_eq!(report, "#/components/schemas/OutcomeReport");
    let error = &document["components"]["schemas"]["ErrorDetail"]["properties"]["message"]["type"];
    assert_eq!(error, "string");
}

#[test]
fn it_says_what_is_sent_and_answered() {
    let document = document(&Server::start());
    let path = &document["paths"]["/api/v0/organizations/{organization}/projects/{project}/deployments"];
    assert_eq!(path["parameters"][0]["name"], "organization");
    let body = &path["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(body, "#/components/schemas/ToDeploy");
    assert_eq!(document["components"]["schemas"]["ToDeploy"]["properties"]["type"]["type"], "string");
    assert!(path["post"]["responses"]["default"]["content"]["application/json"]["schema"].is_object());
    assert_eq!(document["components"]["securitySchemes"]["organization_token"]["scheme"], "bearer");
}
