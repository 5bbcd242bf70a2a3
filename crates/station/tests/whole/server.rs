//! A station within the test, and a client of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, future};

use release_feed::Version;
use station::link::LinkKey;
use station::store::{Actor, Cohort, NewPayload, Place, Store, StoreError};
use station::{Certificate, Limits, Station};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::connection::Connection;
use crate::elsewhere::Elsewhere;

/// What devices in the tests are asked about.
pub const DEVICE: &str = "device_serial=DEMO&hardware_version=mp&software_type=stm32-fw";

/// How long the store waits in tests for others that write.
const BUSY: Duration = Duration::from_millis(50);

/// A station that serves until the tests end.
pub struct Server {
    pub folder: TempDir,
    pub store: Arc<Store>,
    pub links: LinkKey,
    pub address: String,
    elsewhere: Elsewhere,
    runtime: Runtime,
}

/// How a station listens.
#[derive(Default)]
pub struct Listening {
    pub certificate: Option<Arc<Certificate>>,
    pub limits: Limits,
}

impl Server {
    /// A station without a page.
    pub fn start() -> Self {
        Self::start_with(|_| None, false)
    }

    /// A station whose page is in the folder that `app` makes, below the data folder.
    pub fn start_with(app: impl FnOnce(&Path) -> Option<PathBuf>, behind_proxy: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, Elsewhere::fresh(), app, behind_proxy)
    }

    /// A station whose store is in `folder`, and elsewhere where it is not.
    pub fn start_in(
        folder: TempDir,
        elsewhere: Elsewhere,
        app: impl FnOnce(&Path) -> Option<PathBuf>,
        behind_proxy: bool,
    ) -> Self {
        Self::start_as(folder, elsewhere, |folder, station| {
            (station.app, station.behind_proxy) = (app(folder).map(Into::into), behind_proxy);
            Listening::default()
        })
    }

    /// A station that `set_up` changes before it listens; it is told the data folder.
    pub fn start_as(
        folder: TempDir,
        elsewhere: Elsewhere,
        set_up: impl FnOnce(&Path, &mut Station) -> Listening,
    ) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let store = Arc::new(runtime.block_on(Store::open(&elsewhere.place(folder.path()), BUSY)).unwrap());
        let mut station = Station::new(Arc::clone(&store));
        let links = station.links.clone();
        let Listening { certificate, limits } = set_up(folder.path(), &mut station);
        station.https = certificate.is_some();
        let router = station::router(station);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        // Certificates are for names.
        let address = match certificate {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        runtime.spawn(station::serve(listener, router, certificate, limits, future::pending()));
        Self { folder, store, links, address, elsewhere, runtime }
    }

    /// Waits for what the store does.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Where its store is.
    pub fn place(&self) -> Place {
        self.elsewhere.place(self.folder.path())
    }

    /// A connection to the database that goes past the store.
    pub fn database(&self) -> Connection {
        self.elsewhere.connect(self.folder.path())
    }

    /// How many `payloads`, `uploads` or `incoming` payloads are held.
    pub fn count(&self, what: &str) -> usize {
        self.elsewhere.count(self.folder.path(), what)
    }

    /// Adds `bytes` as `fw.bin` for hardware `mp` to release `version` of `stm32-fw`; with `!` before the version it
    /// must be passed through.
    pub fn add(&self, version: &str, cohort: Option<&str>, bytes: &[u8]) {
        self.try_add(version, cohort, bytes).unwrap();
    }

    /// The same, where it may fail.
    pub fn try_add(&self, version: &str, cohort: Option<&str>, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.path().join("fw.bin");
        fs::write(&path, bytes).unwrap();
        let cohort: Option<Cohort> = cohort.map(|cohort| cohort.parse().unwrap());
        let new = NewPayload {
            software_type: &"stm32-fw".parse().unwrap(),
            hardware_version: &"mp".parse().unwrap(),
            version: &version_of(version.trim_start_matches('!')),
            revision: None,
            notes: Some("Less noise."),
            must_pass_through: version.starts_with('!'),
            extra_info: &[("sig".to_owned(), "abc".to_owned())].into(),
            cohort: cohort.as_ref(),
        };
        self.wait(self.store.add(&who(), &path, &new)).map(|_| ())
    }

    /// Gets `path` with `headers`.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = agent().get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().unwrap()
    }

    /// Asks for the latest release with the right key.
    pub fn latest(&self, query: &str) -> Response<Body> {
        self.get(&format!("/api/v0/releases/latest?{query}"), &[("Memfault-Project-Key", self.store.project_key())])
    }

    /// The version that is offered, if any is.
    pub fn offered(&self, query: &str) -> Option<String> {
        let mut response = self.latest(query);
        match response.status().as_u16() {
            200 => Some(json(&mut response)["version"].as_str().unwrap().to_owned()),
            204 => None,
            status => panic!("{status}: {}", text(&mut response)),
        }
    }

    /// The address of the payload that is offered, without the origin.
    pub fn payload_path(&self) -> String {
        let url = json(&mut self.latest(DEVICE))["artifacts"][0]["url"].as_str().unwrap().to_owned();
        url.strip_prefix(&self.address).unwrap().to_owned()
    }
}

/// A moment that is long in coming, in Unix time.
pub const IN_2100: u64 = 4_102_444_800;

/// Who changes things in the tests.
pub fn who() -> Actor {
    Actor::of_command_line()
}

/// A client that takes every status for an answer.
pub fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

pub fn version_of(text: &str) -> Version {
    text.parse().unwrap()
}

/// A header, or nothing if it is missing.
pub fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub fn text(response: &mut Response<Body>) -> String {
    response.body_mut().read_to_string().unwrap()
}

pub fn json(response: &mut Response<Body>) -> serde_json::Value {
    assert_eq!(header(response, "content-type"), "application/json");
    response.body_mut().read_json().unwrap()
}

/// Waits for what others do; a test that waits in vain for 10 s has failed.
pub fn wait_until(condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it did not come to pass");
        std::thread::yield_now();
    }
}
