//! A PostgreSQL that runs as long as these tests do, on a socket in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

pub use crate::connection::Connection;

/// Begins to write, so that nobody else can.
pub const BEGIN_TO_WRITE: &str = "BEGIN; LOCK TABLE device IN EXCLUSIVE MODE";
/// Makes the database one of a later version.
pub const MAKE_NEWER: &str = "UPDATE station SET version = 1000";

/// Makes a database, and runs it until nothing comes from the standard input any more: the end of the tests, however
/// they end. The server refuses to be run by root, so Debian's own user for it runs it then.
const RUN: &str = r#"
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/postgres-XXXXXX")
as_user=
if [ "$(id -u)" = 0 ]; then
    as_user="runuser -u postgres --"
    chown postgres "$folder"
fi
cd "$folder"
trap 'rm -rf "$folder"' EXIT
$as_user "$1/initdb" --pgdata=data --username=station --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 ||
    { cat log; exit 1; }
$as_user "$1/pg_ctl" start --pgdata=data --log=server.log --silent --wait \
    --options="-k $folder -c listen_addresses= -c fsync=off -c max_connections=500" || { cat server.log; exit 1; }
echo "$folder"
cat >/dev/null
$as_user "$1/pg_ctl" stop --pgdata=data --mode=immediate --silent
"#;

struct Server {
    folder: String,
    /// Holds the pipe that the server waits on.
    _process: Child,
}

/// The server, started when the first test asks for it.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut command = Command::new("sh");
        command.args(["-c", RUN, "sh"]).arg(programs());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let folder = lines.next().unwrap().unwrap();
        if !folder.starts_with('/') {
            let rest: Vec<_> = lines.map_while(Result::ok).collect();
            panic!("PostgreSQL does not start: {folder}\n{}", rest.join("\n"));
        }
        Server { folder, _process: process }
    })
}

/// Where the server's programs are: Debian keeps them off the path, in a folder for each version.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let found = folders.into_iter().rev().find(|folder| folder.join("initdb").is_file());
    found.expect("PostgreSQL is missing: install Debian's package postgresql")
}

/// The address of a new database: a schema, which is made faster than a database.
pub fn fresh() -> Option<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let url = format!("postgres://station@localhost/postgres?host={}", server().folder);
    Connection::open(&url).execute(&format!("CREATE SCHEMA {name}"));
    Some(format!("{url}&options[search_path]={name}"))
}

/// The address at which a program that is not the station finds the database.
pub fn url(_folder: &Path, database: Option<&str>) -> String {
    database.unwrap().to_owned()
}
