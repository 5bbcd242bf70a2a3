//! The page's own way of downloading, from a station.

use std::cell::Cell;
use std::io::Read;
use std::time::Duration;

use pollster::block_on;
use release_feed::{Answer, Client, Fetch, FetchError, LatestQuery, Release, Request, Response};
use ureq::{Agent, Body, BodyReader, http};

use crate::server::{Server, agent};

/// Sends requests as a program does.
pub struct Native {
    agent: Agent,
    /// The body of the next answer breaks off after so many bytes.
    break_after: Cell<Option<usize>>,
}

impl Native {
    pub fn new() -> Self {
        Self { agent: agent(), break_after: Cell::new(None) }
    }
}

pub struct NativeResponse {
    head: http::response::Parts,
    body: BodyReader<'static>,
    left: Option<usize>,
}

impl Fetch for &Native {
    type Response = NativeResponse;

    async fn send(&self, request: &Request) -> Result<NativeResponse, FetchError> {
        let mut get = self.agent.get(&request.url);
        for (name, value) in &request.headers {
            get = get.header(*name, value);
        }
        let response: http::Response<Body> = get.call().map_err(|error| FetchError(error.to_string()))?;
        let (head, body) = response.into_parts();
        Ok(NativeResponse { head, body: body.into_reader(), left: self.break_after.take() })
    }

    async fn wait(&self, _time: Duration) {}
}

impl Response for NativeResponse {
    fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    fn header(&self, name: &str) -> Option<String> {
        Some(self.head.headers.get(name)?.to_str().unwrap().to_owned())
    }

    async fn piece(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let mut piece = vec![0; 1000.min(self.left.unwrap_or(1000))];
        if piece.is_empty() {
            return Err(FetchError("broken off".into()));
        }
        let count = self.body.read(&mut piece).map_err(|error| FetchError(error.to_string()))?;
        piece.truncate(count);
        self.left = self.left.map(|left| left - count);
        Ok((count > 0).then_some(piece))
    }
}

pub fn query() -> LatestQuery {
    LatestQuery {
        device_serial: "DEMO".parse().unwrap(),
        hardware_version: "mp".parse().unwrap(),
        software_type: "stm32-fw".parse().unwrap(),
        current_version: None,
    }
}

/// The release that is offered.
pub fn offered(client: &Client<&Native>) -> Box<Release> {
    match block_on(client.latest(&query())).unwrap() {
        Answer::Offered(release) => release,
        nothing => panic!("{nothing:?}"),
    }
}

#[test]
fn a_download_goes_on_where_it_broke_off_and_with_a_fresh_link_where_the_first_expired() {
    let server = Server::start();
    let bytes: Vec<u8> = (0..100_000).map(|place| (place % 251) as u8).collect();
    server.add("1.2.0", Some("default"), &bytes);
    let native = Native::new();
    let client = Client::new(&native, &*server.address, Some(server.store.project_key().to_owned()));
    let artifact = offered(&client).artifacts.remove(0);

    native.break_after.set(Some(5000));
    let mut steps = Vec::new();
    let whole = block_on(client.download(&query(), &artifact, |received, _| steps.push(received))).unwrap();
    assert!(whole == bytes && steps.is_sorted(), "it never went back to the start");

    let path = artifact.url.strip_prefix(&server.address).unwrap().split('?').next().unwrap();
    let expired = format!("{}{}", server.address, server.links.link(path, 1));
    let stale = release_feed::Artifact { url: expired, ..artifact };
    assert!(block_on(client.download(&query(), &stale, |_, _| {})).unwrap() == bytes);
}
