//! The station by HTTPS.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Response, Version};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use station::Certificate;

use crate::elsewhere::Elsewhere;
use crate::program::Place;
use crate::server::{DEVICE, Listening, Server};
use crate::upstream::Authority;

/// A client that trusts this authority only, and offers these protocols.
pub fn client(authority: &Authority, protocols: &[&str]) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    // Each request on a connection of its own, so that each sees the certificate that is shown now.
    Client::builder().tls_backend_preconfigured(config).pool_max_idle_per_host(0).no_proxy().build().unwrap()
}

pub fn write_certificate(folder: &Path, authority: &Authority) {
    let (chain, key) = authority.certify("localhost");
    fs::write(folder.join("chain.pem"), chain).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
}

fn server(authority: &Authority) -> Server {
    Server::start_as(tempfile::tempdir().unwrap(), Elsewhere::fresh(), |folder, _| {
        write_certificate(folder, authority);
        let certificate = Certificate::open(folder.join("chain.pem"), folder.join("key.pem")).unwrap();
        Listening { certificate: Some(Arc::new(certificate)), ..Listening::default() }
    })
}

pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn http_2_and_http_1_1_are_agreed_on_and_lead_back_by_https() {
    let authority = Authority::new();
    let server = server(&authority);
    server.add("1.2.0", Some("default"), b"abc");
    for (protocols, version) in [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)] {
        let client = client(&authority, protocols);
        server.wait(async {
            let latest = client.get(format!("{}/api/v0/releases/latest?{DEVICE}", server.address));
            let latest = latest.header("Memfault-Project-Key", server.store.project_key()).send().await.unwrap();
            assert_eq!((latest.status().as_u16(), latest.version()), (200, version));
            assert_eq!(header(&latest, "strict-transport-security"), "max-age=31536000");
            let release: serde_json::Value = serde_json::from_slice(&latest.bytes().await.unwrap()).unwrap();
            let url = release["artifacts"][0]["url"].as_str().unwrap();
            assert!(url.starts_with(&format!("{}/payloads/", server.address)), "{url}");
            let payload = client.get(url).header("Range", "bytes=1-").send().await.unwrap();
            assert_eq!((payload.status().as_u16(), payload.version()), (206, version));
            assert_eq!(header(&payload, "content-range"), "bytes 1-2/3");
            assert_eq!(payload.bytes().await.unwrap(), "bc");
        });
    }
}

#[test]
fn plain_http_is_not_answered_where_there_is_a_certificate() {
    let server = server(&Authority::new());
    assert!(crate::server::agent().get(server.address.replace("https", "http")).call().is_err());
    let plain = Server::start();
    let response = plain.get("/fieldflash.json", &[]);
    assert_eq!(crate::server::header(&response, "strict-transport-security"), "");
}

/// Asks until the station shows a certificate of this authority.
fn shown_soon(address: &str, authority: &Authority, runtime: &tokio::runtime::Runtime) {
    let begun = Instant::now();
    let client = client(authority, &["h2"]);
    while runtime.block_on(client.get(address).send()).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is still the old one");
    }
}

#[test]
fn a_certificate_that_is_renewed_is_shown_and_one_that_cannot_be_used_is_not() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = Place::new();
    let (old, new, newest) = (Authority::new(), Authority::new(), Authority::new());
    write_certificate(place.path(), &old);
    let mut serving = place.serve(" --tls-cert chain.pem --tls-key key.pem");
    assert!(serving.address.starts_with("https://localhost:"), "{}", serving.address);
    let address = format!("{}/fieldflash.json", serving.address);
    let ask = |authority: &Authority| runtime.block_on(client(authority, &["h2"]).get(&address).send());
    assert!(ask(&old).is_ok() && ask(&new).is_err());

    // On the word of who renewed it.
    let hang_up =
        || assert!(Command::new("kill").args(["-HUP", &serving.child.id().to_string()]).status().unwrap().success());
    write_certificate(place.path(), &new);
    hang_up();
    shown_soon(&address, &new, &runtime);
    assert!(ask(&old).is_err());

    // Half of a renewal: the key is still that of the other certificate.
    fs::write(place.path().join("chain.pem"), newest.certify("localhost").0).unwrap();
    hang_up();
    assert!(ask(&new).is_ok());

    // By itself, once it is whole.
    write_certificate(place.path(), &newest);
    shown_soon(&address, &newest, &runtime);
    let err = serving.end("TERM").err;
    assert!(err.contains("the certificate stays as it was: the certificate and its key cannot be used: "), "{err}");
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_in_a_sentence() {
    let place = Place::new();
    write_certificate(place.path(), &Authority::new());
    place.write("other.pem", Authority::new().certify("localhost").1.as_bytes());
    place.write("nothing.pem", b"");
    let fails = |chain: &str, key: &str| {
        place.fails(&format!("serve --listen 127.0.0.1:0 --tls-cert {chain} --tls-key {key}"), 1)
    };
    assert!(fails("none.pem", "key.pem").starts_with("error: none.pem cannot be read: No such file"));
    assert!(fails("nothing.pem", "key.pem").starts_with("error: nothing.pem does not hold a certificate in PEM: "));
    assert!(fails("chain.pem", "chain.pem").starts_with("error: chain.pem does not hold a private key in PEM: "));
    let other = fails("chain.pem", "other.pem");
    assert!(other.starts_with("error: the certificate and its key cannot be used: "), "{other}");
    assert!(place.fails("serve --tls-cert chain.pem", 2).contains("--tls-key"));
}
