//! The document that describes the management API.

use serde_json::Value;
use ureq::http::Request;

use crate::server::{Server, agent, json};

/// The document of a station.
fn document(server: &Server) -> Value {
    json(&mut server.get("/api/openapi.json", &[]))
}

#[test]
fn it_describes_each_route_and_no_other() {
    let server = Server::start();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let address = path.replace("{id}", "1").replace("{part}", "1").replace(['{', '}'], "");
            let request = Request::builder().method(method.to_uppercase().as_str());
            let request = request.uri(format!("{}{address}", server.address)).body(String::new()).unwrap();
            let status = agent().run(request).unwrap().status().as_u16();
            let expected = match path.as_str() {
                "/uploads/{token}/{part}" => 404,
                "/uploads/{token}/complete" => 400,
                _ => 401,
            };
            assert_eq!(status, expected, "{method} {path}");
            routes.push((method.clone(), path.clone()));
        }
    }
    assert_eq!(routes.len(), 21, "{routes:#?}");
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
