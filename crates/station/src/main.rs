//! The `station` program.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use station::command::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(text) => {
            // A reader that has seen enough (`| head`) is no failure.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
