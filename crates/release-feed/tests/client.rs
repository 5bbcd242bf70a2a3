//! The client against feeds that answer by a script.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use pollster::block_on;
use release_feed::{
    Answer, Artifact, Client, DownloadError, FeedError, Fetch, FetchError, LatestQuery, OutcomeReport, Request,
    Response,
};

/// An answer of the script: status, headers, and the pieces of a body that may break off.
#[derive(Debug, Clone, Default)]
struct Scripted {
    status: u16,
    headers: Vec<(&'static str, String)>,
    pieces: VecDeque<Result<Vec<u8>, FetchError>>,
}

fn answer(status: u16, body: &[u8]) -> Scripted {
    Scripted { status, headers: Vec::new(), pieces: [Ok(body.to_vec())].into() }
}

impl Scripted {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn breaking_off(mut self) -> Self {
        self.pieces.push_back(Err(FetchError("connection reset".into())));
        self
    }
}

impl Response for Scripted {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    async fn piece(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        self.pieces.pop_front().transpose()
    }
}

/// Answers each request with the next of the script, and keeps what was asked.
#[derive(Default)]
struct Script {
    answers: RefCell<VecDeque<Result<Scripted, FetchError>>>,
    asked: RefCell<Vec<Request>>,
    waited: RefCell<Duration>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Scripted>) -> Self {
        Self { answers: RefCell::new(answers.into_iter().map(Ok).collect()), ..Self::default() }
    }
}

impl Fetch for &Script {
    type Response = Scripted;

    async fn send(&self, request: &Request) -> Result<Scripted, FetchError> {
        self.asked.borrow_mut().push(request.clone());
        self.answers.borrow_mut().pop_front().unwrap_or_else(|| Err(FetchError("no network".into())))
    }

    async fn wait(&self, time: Duration) {
        *self.waited.borrow_mut() += time;
    }
}

fn query() -> LatestQuery {
    LatestQuery {
        device_serial: "DEMO".parse().unwrap(),
        hardware_version: "mp".parse().unwrap(),
        software_type: "stm32-fw".parse().unwrap(),
        current_version: Some("1.0.0+a".parse().unwrap()),
    }
}

/// `hello world`, as an artifact that lies at `url`.
fn artifact(url: &str) -> Artifact {
    Artifact {
        url: url.into(),
        file_size: Some(11),
        md5: Some("5EB63BBBE01EEED093CB22BB8F5ACDC3".into()),
        sha256: Some("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9".into()),
        ..Artifact::default()
    }
}

fn latest(script: &Script) -> Result<Answer, FeedError> {
    block_on(Client::new(script, "https://feed.example/", Some("key".into())).latest(&query()))
}

fn download(script: &Script, artifact: &Artifact) -> Result<Vec<u8>, DownloadError> {
    block_on(Client::new(script, "https://feed.example", None).download(&query(), artifact, |_, _| {}))
}

#[test]
fn a_file_goes_by_the_best_hash_that_is_stated() {
    let by_md5 = Artifact { sha256: Some(String::new()), ..artifact("/p") };
    assert_eq!(artifact("/p").hash(), artifact("/p").sha256);
    assert_eq!(by_md5.hash().as_deref(), Some("5eb63bbbe01eeed093cb22bb8f5acdc3"));
    assert_eq!(Artifact::default().hash(), None);
}

#[test]
fn the_question_carries_the_key_and_the_escaped_parameters() {
    let script = Script::new([answer(204, b"").with("memfault-reason", "latest")]);
    assert_eq!(latest(&script), Ok(Answer::NothingNewer { reason: Some("latest".into()) }));
    let asked = script.asked.borrow();
    assert_eq!(
        asked[0].url,
        "https://feed.example/api/v0/releases/latest?device_serial=DEMO&hardware_version=mp&software_type=stm32-fw\
         &current_version=1.0.0%2Ba"
    );
    assert_eq!(asked[0].headers, [("Memfault-Project-Key", "key".to_owned())]);
}

#[test]
fn a_spent_quota_is_not_taken_for_up_to_date() {
    let script = Script::new([answer(204, b"").with("memfault-reason", "rate-limited")]);
    assert_eq!(latest(&script), Err(FeedError::TooOften { retry_after: None }));
}

#[test]
fn each_status_is_told_apart() {
    let body = br#"{"error":{"message":"no such thing","type":"x"}}"#;
    let error = |status| latest(&Script::new([answer(status, body).with("Retry-After", "30")])).unwrap_err();
    let said = || "no such thing".to_owned();
    let retry_after = Some(Duration::from_secs(30));
    assert_eq!(error(400), FeedError::UnknownDevice(said()));
    assert_eq!(error(403), FeedError::WrongKey(said()));
    assert_eq!(error(404), FeedError::NotAFeed(said()));
    assert_eq!(error(429), FeedError::TooOften { retry_after });
    assert_eq!(error(503), FeedError::OutOfOrder { message: said(), retry_after });
    let page = latest(&Script::new([answer(500, b"<html>")]));
    assert_eq!(page, Err(FeedError::OutOfOrder { message: "HTTP 500".into(), retry_after: None }));
}

#[test]
fn a_web_page_with_status_200_is_no_release() {
    assert!(matches!(latest(&Script::new([answer(200, b"<!DOCTYPE html>")])), Err(FeedError::NotAFeed(_))));
}

#[test]
fn no_network_is_told_as_unreachable() {
    assert!(matches!(latest(&Script::default()), Err(FeedError::Unreachable(_))));
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let first = answer(200, b"hello ").with("ETag", "\"a\"").breaking_off();
    let rest = answer(206, b"world").with("Content-Range", "bytes 6-10/11");
    let script = Script::new([first, rest]);
    assert_eq!(download(&script, &artifact("/p")).unwrap(), b"hello world");
    let asked = script.asked.borrow();
    assert_eq!(asked[1].headers, [("Range", "bytes=6-".to_owned()), ("If-Range", "\"a\"".to_owned())]);
    assert!(!script.waited.borrow().is_zero(), "it asks again only after a pause");
}

#[test]
fn a_download_that_came_compressed_goes_on_with_what_came_out_of_it() {
    for (name, value) in [("Content-Encoding", "br"), ("ETag", "W/\"a\"")] {
        let first = answer(200, b"hello ").with(name, value).with("ETag", "\"a-br\"").breaking_off();
        let rest = answer(206, b"world").with("Content-Range", "bytes 6-10/11");
        let script = Script::new([first, rest]);
        assert_eq!(download(&script, &artifact("/p")).unwrap(), b"hello world");
        assert_eq!(script.asked.borrow()[1].headers, [("Range", "bytes=6-".to_owned())], "{name}");
    }
}

#[test]
fn a_server_that_cannot_give_the_file_is_asked_again_and_then_quoted() {
    let down = answer(502, br#"{"error":{"message":"the release service cannot be reached"}}"#);
    let script = Script::new(vec![down; 5]);
    let error = download(&script, &artifact("/p")).unwrap_err().to_string();
    assert_eq!(error, "the download broke off after 0 bytes: the release service cannot be reached");
}

#[test]
fn a_range_answered_with_the_whole_file_starts_over() {
    let script = Script::new([answer(200, b"hello ").breaking_off(), answer(200, b"hello world")]);
    assert_eq!(download(&script, &artifact("/p")).unwrap(), b"hello world");
}

#[test]
fn a_range_from_elsewhere_starts_over() {
    let elsewhere = answer(206, b"hello").with("Content-Range", "bytes 0-4/11");
    let script = Script::new([answer(200, b"hello ").breaking_off(), elsewhere, answer(200, b"hello world")]);
    assert_eq!(download(&script, &artifact("/p")).unwrap(), b"hello world");
    assert!(script.asked.borrow()[2].headers.is_empty());
}

#[test]
fn an_expired_link_is_asked_for_again() {
    let release = r#"{"version":"2.0","artifacts":[{"url":"/fresh","md5":"5eb63bbbe01eeed093cb22bb8f5acdc3"}]}"#;
    let script = Script::new([answer(403, b""), answer(200, release.as_bytes()), answer(200, b"hello world")]);
    assert_eq!(download(&script, &artifact("/stale")).unwrap(), b"hello world");
    assert_eq!(script.asked.borrow()[2].url, "/fresh");
}

#[test]
fn payloads_are_fetched_where_a_server_passes_them_on() {
    let release = r#"{"version":"2.0","artifacts":[{"url":"https://cdn.example/b?t=2","md5":"5eb63bbbe01eeed093cb22bb8f5acdc3"}]}"#;
    let script = Script::new([answer(403, b""), answer(200, release.as_bytes()), answer(200, b"hello world")]);
    let client = Client::new(&script, "", None).with_payloads_at(Some("/ota-cdn/".into()));
    let artifact = artifact("https://cdn.example/a?t=1");
    assert_eq!(block_on(client.download(&query(), &artifact, |_, _| {})).unwrap(), b"hello world");
    let asked = script.asked.borrow();
    assert_eq!([&*asked[0].url, &asked[2].url], ["/ota-cdn/a?t=1", "/ota-cdn/b?t=2"]);
}

#[test]
fn an_expired_link_to_what_is_no_longer_offered_is_withdrawn() {
    let other = br#"{"version":"2.1","artifacts":[{"url":"/other","md5":"00000000000000000000000000000000"}]}"#;
    let script = Script::new([answer(410, b""), answer(200, other)]);
    assert_eq!(download(&script, &artifact("/stale")), Err(DownloadError::Withdrawn));
}

#[test]
fn a_wrong_byte_is_found() {
    let error = download(&Script::new([answer(200, b"hello_world")]), &artifact("/p")).unwrap_err();
    assert!(matches!(error, DownloadError::WrongHash { name: "SHA-256", .. }), "{error}");
}

#[test]
fn a_missing_byte_and_one_too_many_are_found() {
    let short = download(&Script::new([answer(200, b"hello worl")]), &artifact("/p"));
    assert_eq!(short, Err(DownloadError::WrongSize { expected: 11, found: 10 }));
    let long = download(&Script::new([answer(200, b"hello world!")]), &artifact("/p"));
    assert_eq!(long, Err(DownloadError::WrongSize { expected: 11, found: 12 }));
}

#[test]
fn md5_alone_is_enough_and_no_hash_is_not() {
    let by_md5 = Artifact { sha256: None, ..artifact("/p") };
    assert!(download(&Script::new([answer(200, b"hello world")]), &by_md5).is_ok());
    let error = download(&Script::new([answer(200, b"hello_world")]), &by_md5).unwrap_err();
    assert!(matches!(error, DownloadError::WrongHash { name: "MD5", .. }), "{error}");
    let unproven = Artifact { md5: None, ..by_md5 };
    assert_eq!(download(&Script::default(), &unproven), Err(DownloadError::NoHash));
}

#[test]
fn a_dead_server_is_given_up_after_a_bounded_time() {
    let script = Script::default();
    assert!(matches!(download(&script, &artifact("/p")), Err(DownloadError::Broken { received: 0, .. })));
    assert_eq!(script.asked.borrow().len(), 5);
    assert!(*script.waited.borrow() < Duration::from_secs(10));
}

#[test]
fn how_an_update_ended_is_posted_with_the_key() {
    let report = OutcomeReport {
        device_serial: None,
        hardware_version: "mp".parse().unwrap(),
        software_type: "stm32-fw".parse().unwrap(),
        from_version: None,
        to_version: "1.0.0".parse().unwrap(),
        chip: None,
        failure: None,
        duration_ms: 1,
        age_seconds: None,
    };
    let script = Script::new([answer(204, b""), answer(404, b"")]);
    let client = Client::new(&script, "https://feed.example/", Some("key".into()));
    assert_eq!(block_on(client.report(&report)), Ok(()));
    let asked = script.asked.borrow()[0].clone();
    assert_eq!(asked.url, "https://feed.example/api/v0/fieldflash/outcomes");
    assert_eq!(
        asked.form.as_deref(),
        Some("duration_ms=1&hardware_version=mp&software_type=stm32-fw&to_version=1.0.0")
    );
    assert_eq!(asked.headers, [("Memfault-Project-Key", "key".to_owned())]);
    // Memfault's own API has no such route.
    assert!(matches!(block_on(client.report(&report)), Err(FeedError::NotAFeed(_))));
}
