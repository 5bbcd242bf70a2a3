//! PostgreSQL, on a socket in a folder of its own.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use crate::connection::Connection;

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
start() {
    $as_user "$1/pg_ctl" start --pgdata=data --log=server.log --silent --wait \
        --options="-k $folder -c listen_addresses= -c fsync=off -c max_connections=500" || { cat server.log; exit 1; }
}
stop() { $as_user "$1/pg_ctl" stop --pgdata=data --mode=immediate --silent; }
start "$1"
echo "$folder"
while read -r what; do
    "$what" "$1"
    echo "$what"
done
stop "$1" || true
"#;

/// A server, until it is dropped.
pub struct Postgres {
    folder: String,
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Postgres {
    pub fn start() -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", RUN, "sh"]).arg(programs());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let folder = lines.next().unwrap().unwrap();
        if !folder.starts_with('/') {
            let rest: Vec<_> = lines.map_while(Result::ok).collect();
            panic!("PostgreSQL does not start: {folder}\n{}", rest.join("\n"));
        }
        Self { folder, process, lines }
    }

    /// Lets it `stop` at once, as by a crash, or `start` again.
    pub fn tell(&mut self, what: &str) {
        writeln!(self.process.stdin.as_ref().unwrap(), "{what}").unwrap();
        assert_eq!(self.lines.next().unwrap().unwrap(), what);
    }

    /// The address of the database that it has at first.
    pub fn url(&self) -> String {
        format!("postgres://station@localhost/postgres?host={}", self.folder)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The server that all tests share. It ends with them, as their end closes the pipe that it waits on.
fn shared() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(Postgres::start)
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
    let url = shared().url();
    Connection::open(&url).execute(&format!("CREATE SCHEMA {name}"));
    Some(format!("{url}&options[search_path]={name}"))
}

/// The address at which a program that is not the station finds the database.
pub fn url(_folder: &Path, database: Option<&str>) -> String {
    database.unwrap().to_owned()
}
