//! The `station` program as people start it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::connection::Connection;
use crate::elsewhere::Elsewhere;
use crate::payload_store;

/// A folder in which the program is run; its data are in `station-data` there, and elsewhere where they are not.
pub struct Place {
    folder: TempDir,
    elsewhere: Elsewhere,
}

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self::with(Elsewhere::fresh())
    }

    pub fn with(elsewhere: Elsewhere) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), elsewhere }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A connection to the database that goes past the program.
    pub fn database(&self) -> Connection {
        self.elsewhere.connect(&self.path().join("station-data"))
    }

    /// How many `payloads`, `uploads` or `incoming` payloads are held.
    pub fn count(&self, what: &str) -> usize {
        self.elsewhere.count(&self.path().join("station-data"), what)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program with arguments that are separated by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_station"));
        command.args(arguments.split(' ')).current_dir(self.path()).env_clear();
        command.envs(self.elsewhere.database.iter().map(|url| ("STATION_DATABASE", url)));
        command.envs(self.elsewhere.payloads.iter().map(|url| ("STATION_PAYLOADS", url)));
        command.envs(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].into_iter().zip(payload_store::KEYS));
        command
    }

    pub fn run(&self, arguments: &str) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Outcome { code: output.status.code(), out, err }
    }

    /// What a command says that must succeed.
    pub fn says(&self, arguments: &str) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""), "station {arguments}");
        outcome.out
    }

    /// What a command says that must fail.
    pub fn fails(&self, arguments: &str, code: i32) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(code), ""), "station {arguments}: {}", outcome.err);
        outcome.err
    }

    pub fn serve(&self, arguments: &str) -> Serving {
        Serving::start(self.command(&format!("serve --listen 127.0.0.1:0{arguments}")))
    }
}

/// A program that serves, until it is dropped.
pub struct Serving {
    pub address: String,
    pub child: Child,
    pub out: BufReader<std::process::ChildStdout>,
}

impl Serving {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Some(address) = line.trim_end().strip_prefix("Fieldflash station: ") else {
            let mut err = String::new();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            panic!("{line}{err}");
        };
        Self { address: address.replace("http://localhost", "http://127.0.0.1"), child, out }
    }

    /// Sends a signal, by its name, waits for the end and gives back the exit code and what was said since the start.
    pub fn end(&mut self, signal: &str) -> Outcome {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        if let Some(mut rest) = self.child.stderr.take() {
            rest.read_to_string(&mut err).unwrap();
        }
        Outcome { code, out, err }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
