//! What of a store is not in the data folder.

use std::path::Path;

use station::store::Place;

use crate::connection::Connection;
use crate::{database, payload_store};

/// The addresses of a database and of a bucket, where there are such.
#[derive(Debug, Clone, Default)]
pub struct Elsewhere {
    pub database: Option<String>,
    pub payloads: Option<String>,
}

impl Elsewhere {
    /// New and empty ones.
    pub fn fresh() -> Self {
        Self { database: database::fresh(), payloads: payload_store::fresh() }
    }

    /// The place of a store whose data folder is `folder`.
    pub fn place(&self, folder: &Path) -> Place {
        let bucket = self.payloads.as_ref().map(|url| url.parse().unwrap());
        Place {
            folder: folder.to_owned(),
            database: self.database.as_ref().map(|url| url.parse().unwrap()),
            payloads: bucket.map(|bucket: station::store::BucketUrl| bucket.with_keys(payload_store::KEYS)),
        }
    }

    /// A connection to the database that goes past the store.
    pub fn connect(&self, folder: &Path) -> Connection {
        Connection::open(&database::url(folder, self.database.as_deref()))
    }

    /// How many `payloads`, `uploads` or `incoming` payloads are held.
    pub fn count(&self, folder: &Path, what: &str) -> usize {
        payload_store::count(folder, self.payloads.as_deref(), what)
    }
}
