//! The database that these tests are about: the one in the data folder.

use std::path::Path;

/// Begins to write, so that nobody else can.
pub const BEGIN_TO_WRITE: &str = "BEGIN IMMEDIATE";
/// Makes the database one of a later version.
pub const MAKE_NEWER: &str = "PRAGMA user_version = 1000";

/// The address of a new database where it is not in the data folder.
pub fn fresh() -> Option<String> {
    None
}

/// The address at which a program that is not the station finds the database.
pub fn url(folder: &Path, _database: Option<&str>) -> String {
    format!("sqlite:{}/station.sqlite", folder.display())
}
