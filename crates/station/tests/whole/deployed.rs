//! nginx and Caddy, set up as `docs/deploying.md` says, in front of a server in Memfault's place.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response as Answer;
use reqwest::{Client, Method, Response};
use station::Certificate;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::elsewhere::Elsewhere;
use crate::server::{DEVICE, Listening, Server};
use crate::tls::{client, header, write_certificate};
use crate::upstream::{Asked, Authority, Upstream};

const DOCUMENT: &str = include_str!("../../../../docs/deploying.md");
const KEY: &str = "f00dfacef00dfacef00dfacef00dface";
const LATEST: &str = "/api/v0/releases/latest";
const BYTES: &str = "0123456789";
const WASM: &str = "app-0123456789abcdef_bg.wasm";

/// What the document has in a block of this language, with each of `changes` made, which must have a place in it.
fn documented(language: &str, changes: &[(&str, &str)]) -> String {
    let (_, rest) = DOCUMENT.split_once(&format!("\n```{language}\n")).unwrap();
    let mut text = rest.split_once("\n```").unwrap().0.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the document's {language} block has no {from}");
        text = text.replace(from, to);
    }
    text
}

/// A server in Memfault's place, with a certificate for each of these names.
fn memfault(names: &[&str]) -> Upstream {
    Upstream::start_at(names, |asked: &Asked| {
        let answer = |status: u16| Answer::builder().status(status);
        let path = asked.uri.path();
        Some(match (path, asked.header("range")) {
            (LATEST, _) => answer(204).header("memfault-reason", "latest").body(Body::empty()).unwrap(),
            ("/1/2%20x", "bytes=5-") => answer(206)
                .header("content-range", "bytes 5-9/10")
                .header("etag", "\"a\"")
                .header("content-type", "text/html")
                .body(BYTES[5..].into())
                .unwrap(),
            _ => answer(200).header("content-type", "text/html").body(BYTES.into()).unwrap(),
        })
    })
}

/// A web server that runs until it is dropped.
struct Web {
    child: Child,
    port: u16,
    client: Client,
    runtime: Runtime,
    folder: TempDir,
}

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a page, and a certificate for the web server.
fn folder(authority: &Authority) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path(), authority);
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    for (name, text) in [("index.html", "<!doctype html>"), ("fieldflash.json", "{}"), (WASM, "\0asm")] {
        fs::write(page.join(name), text).unwrap();
    }
    fs::write(page.join(format!("{WASM}.gz")), "packed").unwrap();
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Web {
    fn start(mut command: Command, port: u16, authority: &Authority, folder: TempDir) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).current_dir(folder.path());
        let name = command.get_program().to_owned();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name:?} cannot be started: {error}"));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let is_over = child.try_wait().unwrap().is_some() || begun.elapsed() > Duration::from_secs(30);
            assert!(!is_over, "{}", fs::read_to_string(folder.path().join("log")).unwrap());
            std::thread::yield_now();
        }
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { child, port, client: client(authority, &["h2", "http/1.1"]), runtime, folder }
    }

    fn nginx(upstream: &Upstream, trusted: &Path) -> Self {
        let authority = Authority::new();
        let (folder, port) = (folder(&authority), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let block = documented(
            "nginx",
            &[
                ("listen 443 ", &format!("listen 127.0.0.1:{port} ")),
                ("/etc/ssl/update.example.com.pem", &path("chain.pem")),
                ("/etc/ssl/private/update.example.com.key", &path("key.pem")),
                ("/var/www/fieldflash", &path("page")),
                ("/etc/ssl/certs/ca-certificates.crt", &trusted.display().to_string()),
                ("YOUR_PROJECT_KEY", KEY),
            ],
        );
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {};", path(name))).concat();
        // Memfault's names lead to the test's server.
        let hosts = ["device.memfault.com", "ota-cdn.memfault.com"];
        let hosts = hosts.map(|host| format!("upstream {host} {{ server 127.0.0.1:{}; }}", upstream.port)).concat();
        // Processes of another user could not read the folder of the test.
        let user = if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            "user root;"
        } else {
            ""
        };
        let whole = format!(
            "{user} daemon off; worker_processes 1; pid {}; error_log stderr; events {{}}\n\
             http {{ include /etc/nginx/mime.types; access_log off; {temporary} {hosts}\n{block}\n}}\n",
            path("pid")
        );
        fs::write(path("nginx.conf"), whole).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-p", &path(""), "-c", &path("nginx.conf"), "-e", "stderr"]);
        Self::start(command, port, &authority, folder)
    }

    fn caddy(upstream: &Upstream, trusted: &Path) -> Self {
        let authority = Authority::new();
        let (folder, port) = (folder(&authority), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let host = upstream.address();
        let block = documented(
            "caddy",
            &[
                (
                    "update.example.com {",
                    &format!("https://localhost:{port} {{\n\ttls {} {}", path("chain.pem"), path("key.pem")),
                ),
                ("https://device.memfault.com", &host),
                ("https://ota-cdn.memfault.com", &host),
                ("/var/www/fieldflash", &path("page")),
                ("YOUR_PROJECT_KEY", KEY),
            ],
        );
        let global = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n";
        fs::write(path("Caddyfile"), format!("{global}{block}\n")).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config", &path("Caddyfile")]);
        command.env("SSL_CERT_FILE", trusted).env("HOME", folder.path());
        Self::start(command, port, &authority, folder)
    }

    fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.request(method, format!("https://localhost:{}{path}", self.port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(request.send()).unwrap_or_else(|error| panic!("{error:?}\n{}", self.log()))
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.ask(Method::GET, path, headers)
    }

    fn text(&self, response: Response) -> String {
        self.runtime.block_on(response.text()).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// The headers by which a browser is told what the page may do, as the station sends them by HTTPS.
fn of_the_station(runtime: &Runtime) -> Vec<(&'static str, String)> {
    let authority = Authority::new();
    let station = Server::start_as(tempfile::tempdir().unwrap(), Elsewhere::fresh(), |folder, station| {
        write_certificate(folder, &authority);
        fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        station.app = Some(folder.into());
        let certificate = Certificate::open(folder.join("chain.pem"), folder.join("key.pem")).unwrap();
        Listening { certificate: Some(Arc::new(certificate)), ..Listening::default() }
    });
    let page = runtime.block_on(client(&authority, &["h2"]).get(&station.address).send()).unwrap();
    let names = [
        "content-security-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "x-content-type-options",
        "referrer-policy",
        "strict-transport-security",
        "cache-control",
    ];
    names.map(|name| (name, header(&page, name).to_owned())).into()
}

/// All that the document promises of a web server alone.
fn serves_the_page_and_memfault_behind_it(web: &Web, memfault: &Upstream) {
    let page = web.get("/", &[]);
    assert_eq!((page.status().as_u16(), header(&page, "content-type").starts_with("text/html")), (200, true));
    for (name, value) in of_the_station(&web.runtime) {
        let given: Vec<_> = page.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(given, [value], "{name}");
    }
    assert_eq!(header(&web.get("/fieldflash.json", &[]), "cache-control"), "no-cache");
    let wasm = web.get(&format!("/{WASM}"), &[("Accept-Encoding", "gzip")]);
    assert_eq!((header(&wasm, "content-type"), header(&wasm, "content-encoding")), ("application/wasm", "gzip"));
    assert_eq!(header(&wasm, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(web.text(wasm), "packed");
    let missing = web.get("/app-fedcba9876543210.js", &[]);
    assert_eq!(missing.status(), 404);
    assert!(!header(&missing, "cache-control").contains("immutable"), "it may be there later");

    let latest = web.get(&format!("{LATEST}?{DEVICE}&current_version=1%2B2"), &[("Memfault-Project-Key", "mine")]);
    assert_eq!((latest.status().as_u16(), header(&latest, "memfault-reason")), (204, "latest"), "{}", web.log());
    let asked = memfault.asked().pop().unwrap();
    assert_eq!(asked.uri.query(), Some(&*format!("{DEVICE}&current_version=1%2B2")));
    assert_eq!(asked.headers.get_all("memfault-project-key").iter().collect::<Vec<_>>(), [KEY]);

    let own = [("Memfault-Project-Key", "mine"), ("Cookie", "a=b")];
    let whole = web.get("/ota-cdn/1/2%20x?token=t%2B&expires=1", &own);
    assert_eq!(header(&whole, "content-type"), "application/octet-stream");
    assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
    assert_eq!(web.text(whole), BYTES);
    let asked = memfault.asked().pop().unwrap();
    assert_eq!(asked.uri.path_and_query().unwrap(), "/1/2%20x?token=t%2B&expires=1");
    assert_eq!((asked.header("memfault-project-key"), asked.header("cookie")), ("", ""));
    let part = web.get("/ota-cdn/1/2%20x", &[("Range", "bytes=5-"), ("If-Range", "\"a\"")]);
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 5-9/10"));
    assert_eq!(header(&part, "etag"), "\"a\"");
    assert_eq!(memfault.asked().pop().unwrap().header("if-range"), "\"a\"");

    let count = memfault.asked().len();
    for path in [LATEST, "/ota-cdn/1/2"] {
        let refused = web.ask(Method::POST, path, &[]).status().as_u16();
        assert!([403, 405].contains(&refused), "{refused}");
    }
    for path in ["/api/v0/organizations/o", "/api/v0/releases/latest/url", "/api/v0/chunks/DEMO"] {
        assert_eq!(web.get(path, &[]).status(), 404, "{path}");
    }
    assert_eq!(memfault.asked().len(), count, "nothing else is passed on");
}

const MEMFAULT: [&str; 2] = ["device.memfault.com", "ota-cdn.memfault.com"];

#[test]
fn nginx_as_documented() {
    let memfault = memfault(&MEMFAULT);
    serves_the_page_and_memfault_behind_it(&Web::nginx(&memfault, &memfault.authority()), &memfault);
}

#[test]
fn caddy_as_documented() {
    let memfault = memfault(&["localhost"]);
    serves_the_page_and_memfault_behind_it(&Web::caddy(&memfault, &memfault.authority()), &memfault);
}

#[test]
fn a_server_that_only_says_it_were_memfault_is_not_given_the_key() {
    let (named, local, other) = (memfault(&MEMFAULT), memfault(&["localhost"]), Upstream::start(|_| None));
    let web = Web::nginx(&named, &other.authority());
    assert_eq!(web.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 502);
    assert!(web.log().contains("upstream SSL certificate verify error"), "{}", web.log());
    assert!(named.asked().is_empty());

    let web = Web::caddy(&local, &other.authority());
    assert_eq!(web.get(&format!("{LATEST}?{DEVICE}"), &[]).status(), 502);
    assert!(local.asked().is_empty());
}
