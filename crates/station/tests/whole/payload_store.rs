//! The store of payloads that these tests are about: the data folder.

use std::fs;
use std::path::Path;

/// No keys are needed.
pub const KEYS: [&str; 2] = ["", ""];

/// The address of a new store of payloads where that is not the data folder.
pub fn fresh() -> Option<String> {
    None
}

/// How many files are in the folder `what`.
pub fn count(folder: &Path, _url: Option<&str>, what: &str) -> usize {
    fs::read_dir(folder.join(what)).unwrap().count()
}
