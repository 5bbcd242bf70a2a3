//! Payloads and their ranges.

use crate::server::{DEVICE, IN_2100, Server, agent, header, json, text, who};

/// More than one block of what is read at a time, and no multiple of it.
const LENGTH: usize = 200_001;

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|place| (place % 251) as u8).collect()
}

fn server() -> (Server, String) {
    let server = Server::start();
    server.add("1.2.0", Some("default"), &bytes());
    let path = server.payload_path();
    (server, path)
}

fn etag(path: &str) -> String {
    format!("\"{}\"", path.split('/').nth(2).unwrap())
}

#[test]
fn a_payload_comes_whole_with_all_that_a_cache_needs() {
    let (server, path) = server();
    let mut response = server.get(&path, &[]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "etag"), etag(&path));
    let seconds = header(&response, "cache-control").strip_prefix("public, max-age=").unwrap();
    let seconds: u64 = seconds.strip_suffix(", immutable").unwrap().parse().unwrap();
    assert!((20_990..=21_600).contains(&seconds), "no longer than the link is good: {seconds}");
    assert_eq!(header(&response, "accept-ranges"), "bytes");
    assert_eq!(header(&response, "content-type"), "application/octet-stream");
    assert_eq!(header(&response, "content-length"), LENGTH.to_string());
    assert_eq!(response.body_mut().read_to_vec().unwrap(), bytes());
}

#[test]
fn a_range_gives_these_bytes_and_says_which() {
    let (server, path) = server();
    let end = LENGTH;
    for (range, start, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-70000", 100, 70_001),
        ("bytes=200000-", end - 1, end),
        ("bytes=5-999999999", 5, end),
        ("bytes=-7", end - 7, end),
        ("bytes=-999999999", 0, end),
    ] {
        let mut response = server.get(&path, &[("Range", range)]);
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(header(&response, "content-range"), format!("bytes {start}-{}/{LENGTH}", end - 1));
        assert_eq!(header(&response, "content-length"), (end - start).to_string());
        assert_eq!(header(&response, "etag"), etag(&path));
        assert_eq!(response.body_mut().read_to_vec().unwrap(), bytes()[start..end], "{range}");
    }
}

#[test]
fn a_range_beyond_the_end_is_refused_with_the_size() {
    let (server, path) = server();
    for range in ["bytes=200001-", "bytes=-0"] {
        let response = server.get(&path, &[("Range", range)]);
        assert_eq!((response.status().as_u16(), header(&response, "content-range")), (416, "bytes */200001"));
        assert_eq!(header(&response, "cache-control"), "");
    }
}

#[test]
fn several_ranges_or_none_that_can_be_read_give_the_whole() {
    let (server, path) = server();
    for range in ["bytes=0-1,5-6", "bytes=9-5", "lines=1-2"] {
        assert_eq!(server.get(&path, &[("Range", range)]).status(), 200, "{range}");
    }
}

#[test]
fn a_download_is_resumed_only_if_it_is_of_the_same_payload() {
    let (server, path) = server();
    let etag = etag(&path);
    let weak = format!("W/{etag}");
    for (tag, status) in [(&*etag, 206), (&*weak, 200), ("\"other\"", 200), ("Sat, 01 Jan 2028 00:00:00 GMT", 200)] {
        let mut response = server.get(&path, &[("Range", "bytes=100-"), ("If-Range", tag)]);
        assert_eq!(response.status(), status, "{tag}");
        let expected = if status == 206 { LENGTH - 100 } else { LENGTH };
        assert_eq!(response.body_mut().read_to_vec().unwrap().len(), expected);
    }
}

#[test]
fn head_gives_the_headers_alone() {
    let (server, path) = server();
    let mut response = agent().head(format!("{}{path}", server.address)).call().unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (200, "200001"));
    assert_eq!(header(&response, "etag"), etag(&path));
    assert_eq!(text(&mut response), "");
}

#[test]
fn a_copy_that_is_held_is_not_sent_again() {
    let (server, path) = server();
    let etag = etag(&path);
    for tags in [&*etag, &format!("\"x\", W/{etag}"), "*"] {
        let mut response = server.get(&path, &[("If-None-Match", tags), ("Range", "bytes=0-1")]);
        assert_eq!((response.status().as_u16(), header(&response, "etag")), (304, &*etag), "{tags}");
        assert_eq!(text(&mut response), "");
    }
    assert_eq!(server.get(&path, &[("If-None-Match", "\"x\"")]).status(), 200);
}

#[test]
fn only_payloads_are_to_be_had() {
    let (server, path) = server();
    let digest = "0".repeat(64);
    for path in [
        format!("/payloads/{digest}/fw.bin"),
        "/payloads/..%2Fstation.sqlite/fw.bin".to_owned(),
        path.split('?').next().unwrap().to_uppercase().replace("PAYLOADS", "payloads"),
    ] {
        let mut response = server.get(&server.links.link(&path, IN_2100), &[]);
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(json(&mut response)["error"]["http_code"], 404);
    }
}

#[test]
fn a_file_name_with_odd_characters_leads_to_its_payload() {
    let server = Server::start();
    let path = server.folder.path().join("Größe #1 & 50%?.bin");
    std::fs::write(&path, b"odd").unwrap();
    let cohort = "default".parse().unwrap();
    let new = station::store::NewPayload {
        software_type: &"stm32-fw".parse().unwrap(),
        hardware_version: &"mp".parse().unwrap(),
        version: &"1.0.0".parse().unwrap(),
        revision: None,
        notes: None,
        must_pass_through: false,
        extra_info: &Default::default(),
        cohort: Some(&cohort),
    };
    server.wait(server.store.add(&who(), &path, &new)).unwrap();
    let release = json(&mut server.latest(DEVICE));
    assert_eq!(release["artifacts"][0]["filename"], "Größe #1 & 50%?.bin");
    assert_eq!(text(&mut server.get(&server.payload_path(), &[])), "odd");
}
