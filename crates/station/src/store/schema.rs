//! The tables, and how a database of an older version becomes one of this version.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// What turns version `n` (as in `PRAGMA user_version`) into version `n + 1`, at index `n`. Only ever added to.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE project (key TEXT NOT NULL) STRICT;
    CREATE TABLE cohort (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE device (
        serial TEXT PRIMARY KEY,
        cohort_id INTEGER NOT NULL REFERENCES cohort (id),
        created_date TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE release (
        id INTEGER PRIMARY KEY,
        software_type TEXT NOT NULL,
        version TEXT NOT NULL,
        revision TEXT NOT NULL DEFAULT '',
        notes TEXT NOT NULL,
        must_pass_through INTEGER NOT NULL,
        created_date TEXT NOT NULL,
        UNIQUE (software_type, version)
    ) STRICT;
    CREATE TABLE artifact (
        id INTEGER PRIMARY KEY,
        release_id INTEGER NOT NULL REFERENCES release (id),
        hardware_version TEXT NOT NULL,
        filename TEXT NOT NULL,
        file_size INTEGER NOT NULL,
        md5 TEXT NOT NULL,
        sha1 TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        extra_info TEXT NOT NULL,
        created_date TEXT NOT NULL,
        UNIQUE (release_id, hardware_version)
    ) STRICT;
    -- The id is the order of deployment: a later one is never smaller, not even after a row is gone.
    CREATE TABLE deployment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        release_id INTEGER NOT NULL REFERENCES release (id),
        cohort_id INTEGER NOT NULL REFERENCES cohort (id),
        active INTEGER NOT NULL,
        created_date TEXT NOT NULL,
        UNIQUE (release_id, cohort_id)
    ) STRICT;
    CREATE INDEX artifact_hardware ON artifact (hardware_version);
    CREATE INDEX deployment_cohort ON deployment (cohort_id);
    INSERT INTO cohort (name) VALUES ('default');
"];

/// SQL for this moment as the API writes it: ISO 8601 in UTC with six decimals, of which SQLite knows three.
pub(super) const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')";

/// Brings the database to this version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > MIGRATIONS.len() {
        return Err(StoreError::Newer);
    }
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration)?;
    }
    transaction
        .execute("INSERT INTO project (key) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM project)", [new_project_key()?])?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(transaction.commit()?)
}

fn version(connection: &Connection) -> Result<usize, StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // No station writes a negative one.
    usize::try_from(version).map_err(|_| StoreError::Newer)
}

/// 128 random bits, as many as Memfault's keys have characters: 32.
fn new_project_key() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(release_feed::hex(&bytes))
}
