//! Links to payloads: signed, and good for a while.

use crate::server::{IN_2100, Server, header, json};

fn server() -> (Server, String) {
    let server = Server::start();
    server.add("1.2.0", Some("default"), b"abc");
    let path = server.payload_path();
    (server, path)
}

/// The status, and what is said of it.
fn answer(server: &Server, path: &str) -> (u16, String) {
    let mut response = server.get(path, &[]);
    let status = response.status().as_u16();
    if status == 200 {
        return (status, String::new());
    }
    assert_eq!(header(&response, "cache-control"), "");
    let error = json(&mut response);
    assert_eq!((&error["error"]["http_code"], &error["error"]["type"]), (&status.into(), &"Forbidden".into()));
    (status, error["error"]["message"].as_str().unwrap().to_owned())
}

const FORGED: &str = "this link is not valid; ask the release feed for one";

#[test]
fn a_link_of_the_feed_leads_to_its_payload_and_no_other_does() {
    let (server, path) = server();
    assert_eq!(answer(&server, &path).0, 200);
    let (address, query) = path.split_once('?').unwrap();
    let later = query.replace("expires=1", "expires=2");
    for forged in [
        address.to_owned(),
        format!("{address}?expires={IN_2100}"),
        format!("{address}?{later}"),
        format!("{}?{query}", address.replace("fw.bin", "other.bin")),
        format!("{path}&x=1"),
        path[..path.len() - 1].to_owned(),
    ] {
        assert_eq!(answer(&server, &forged), (403, FORGED.to_owned()), "{forged}");
    }
}

#[test]
fn the_project_key_does_not_make_links() {
    let (server, path) = server();
    let address = path.split('?').next().unwrap();
    let forged = station::link::LinkKey::new(server.store.project_key()).link(address, IN_2100);
    assert_eq!(answer(&server, &forged), (403, FORGED.to_owned()));
}

#[test]
fn a_link_expires_and_the_feed_gives_a_fresh_one() {
    let (server, path) = server();
    let expired = server.links.link(path.split('?').next().unwrap(), station::link::now());
    let said = "this link has expired; ask the release feed for a fresh one";
    assert_eq!(answer(&server, &expired), (403, said.to_owned()));
    assert_eq!(answer(&server, &server.payload_path()).0, 200);
}

#[test]
fn links_outlive_the_station_that_gave_them() {
    let (server, path) = server();
    let again = server.wait(station::store::Store::open(&server.place(), std::time::Duration::from_secs(1))).unwrap();
    let links = station::link::LinkKey::new(again.link_secret());
    assert!(links.check(&path.parse().unwrap()).is_ok());
}
