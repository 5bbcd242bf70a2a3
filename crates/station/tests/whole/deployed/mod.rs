//! Each way to put a station or the page on the web, set up as `docs/deploying.md` says.

mod alone;
mod commands;
mod proxied;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Body, Client, Method, Response};
use station::Certificate;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::elsewhere::Elsewhere;
use crate::server::{Listening, Server};
use crate::tls::{client, header, write_certificate};
use crate::upstream::Authority;

const DOCUMENT: &str = include_str!("../../../../../docs/deploying.md");
const WASM: &str = "app-0123456789abcdef_bg.wasm";

/// The blocks of this language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let begin = format!("\n```{language}\n");
    document.split(&begin).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// A text with each of `changes` made, which must have a place in it.
fn changed<'a>(text: &str, changes: impl IntoIterator<Item = (&'a str, String)>) -> String {
    changes.into_iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the document has no {from} in: {text}");
        text.replace(from, &to)
    })
}

/// The one block of this language that has `mark` in it, with `changes`.
fn example<'a>(language: &str, mark: &str, changes: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut found = blocks(DOCUMENT, language).into_iter().filter(|block| block.contains(mark));
    let block = found.next().unwrap_or_else(|| panic!("no {language} block has {mark}"));
    assert!(found.next().is_none(), "two {language} blocks have {mark}");
    changed(&block, changes)
}

/// What is changed in an example, for what is below a folder.
type Changes = Vec<(&'static str, String)>;

/// A web server that runs until it is dropped.
struct Web {
    child: Child,
    port: u16,
    client: Client,
    /// One that speaks HTTP/1.1 only, as browsers do for WebSockets.
    older: Client,
    runtime: Runtime,
    folder: TempDir,
}

impl Drop for Web {
    fn drop(&mut self) {
        // Asked to end, nginx ends the processes that it started.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
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
        Self {
            child,
            port,
            client: client(authority, &["h2", "http/1.1"]),
            older: client(authority, &["http/1.1"]),
            runtime,
            folder,
        }
    }

    /// nginx with the example that has `mark` in it, beside `more`.
    fn nginx(mark: &str, changes: impl Fn(&Path) -> Changes, more: &str) -> Self {
        let authority = Authority::new();
        let (folder, port) = (folder(&authority), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut changes = changes(folder.path());
        changes.extend([
            ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
            ("/etc/ssl/update.example.com.pem", path("chain.pem")),
            ("/etc/ssl/private/update.example.com.key", path("key.pem")),
        ]);
        let block = example("nginx", mark, changes);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {};", path(name))).concat();
        // Processes of another user could not read the folder of the test.
        let user = if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            "user root;"
        } else {
            ""
        };
        let whole = format!(
            "{user} daemon off; worker_processes 1; pid {}; error_log stderr; events {{}}\n\
             http {{ include /etc/nginx/mime.types; access_log off; {temporary} {more}\n{block}\n}}\n",
            path("pid")
        );
        fs::write(path("nginx.conf"), whole).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-p", &path(""), "-c", &path("nginx.conf"), "-e", "stderr"]);
        Self::start(command, port, &authority, folder)
    }

    /// Caddy with the example that has `mark` in it. It trusts the authorities in a file.
    fn caddy(mark: &str, changes: impl Fn(&Path) -> Changes, trusted: &Path) -> Self {
        let authority = Authority::new();
        let (folder, port) = (folder(&authority), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut changes = changes(folder.path());
        let own = format!("https://localhost:{port} {{\n\ttls {} {}", path("chain.pem"), path("key.pem"));
        changes.push(("update.example.com {", own));
        let block = example("caddy", mark, changes);
        let global = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n";
        fs::write(path("Caddyfile"), format!("{global}{block}\n")).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config", &path("Caddyfile")]);
        command.env("SSL_CERT_FILE", trusted).env("HOME", folder.path());
        Self::start(command, port, &authority, folder)
    }

    fn address(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(request.body(body).send()).unwrap_or_else(|error| panic!("{error:?}\n{}", self.log()))
    }

    fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(method, path, headers, "")
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
    page_headers(&page)
}

/// The headers by which a browser is told what the page may do. Of each there must be one.
fn page_headers(page: &Response) -> Vec<(&'static str, String)> {
    let names = [
        "content-security-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "x-content-type-options",
        "referrer-policy",
        "strict-transport-security",
        "cache-control",
    ];
    let one = |name| {
        assert_eq!(page.headers().get_all(name).iter().count(), 1, "{name}");
        (name, header(page, name).to_owned())
    };
    names.map(one).into()
}
