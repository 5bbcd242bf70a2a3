//! Copying a store to another place: to outgrow one machine, or to keep a second copy.

use futures_util::TryStreamExt;
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Column, Connection, Row, ValueRef};

use super::database::Kind;
use super::{PayloadId, Store, StoreError};

/// The tables that are copied, each after those that it refers to. What is only on its way stays behind.
const TABLES: [&str; 11] = [
    "project",
    "software_type",
    "hardware_version",
    "cohort",
    "device",
    "release",
    "artifact",
    "deployment",
    "access_token",
    "audit",
    "outcome",
];
/// Those of them whose rows the database numbers.
const NUMBERED: [&str; 7] = ["cohort", "release", "artifact", "deployment", "access_token", "audit", "outcome"];

/// How much was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Payloads that were not held there already.
    pub payloads: u64,
    /// Rows of all tables.
    pub rows: u64,
}

impl Store {
    /// Copies the payloads of all releases to `other`, and, if `metadata` is set, then all that is known of releases,
    /// devices and the rest, as of one moment; a station may serve this store meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] if metadata are to be copied to where there are some already; [`StoreError::NoPayload`]
    /// if a release has lost its payload; [`StoreError::Payloads`], [`StoreError::Busy`] or another of the databases.
    pub async fn copy_to(&self, other: &Self, metadata: bool) -> Result<Copied, StoreError> {
        let mut connection = self.database.read().await?;
        let mut snapshot = connection.begin_with(self.database.kind().begin_to_read()).await?;
        let mut copied = Copied::default();
        let payloads: Vec<(String,)> =
            sqlx::query_as("SELECT DISTINCT sha256 FROM artifact").fetch_all(&mut *snapshot).await?;
        for payload in payloads.iter().filter_map(|(sha256,)| sha256.parse().ok()) {
            copied.payloads += u64::from(self.copy_payload(&payload, other).await?);
        }
        if metadata {
            let mut change = other.database.change_catalogue().await?;
            copied.rows = copy_tables(&mut snapshot, change.connection(), other.database.kind()).await?;
            change.commit().await?;
        }
        Ok(copied)
    }

    /// Gives back whether there was something to do.
    async fn copy_payload(&self, id: &PayloadId, other: &Self) -> Result<bool, StoreError> {
        if other.payloads.get(id).await?.is_some() {
            return Ok(false);
        }
        let payload = self.payloads.get(id).await?.ok_or(StoreError::NoPayload)?;
        let incoming = other.payloads.receive(payload.read(0..payload.size()).await?).await?;
        if incoming.digests.id != *id {
            return Err(StoreError::Payloads(format!("payload {id} is damaged: its SHA-256 is another")));
        }
        other.payloads.keep(incoming).await?;
        Ok(true)
    }
}

async fn copy_tables(from: &mut AnyConnection, to: &mut AnyConnection, kind: Kind) -> Result<u64, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM release) + (SELECT count(*) FROM device)
                      + (SELECT count(*) FROM access_token) + (SELECT count(*) FROM outcome)";
    let held: i64 = sqlx::query_scalar(sql).fetch_one(&mut *to).await?;
    if held > 0 {
        return Err(StoreError::NotEmpty);
    }
    // What a new database has in it, and those who were there before: a project of its own, a cohort.
    for table in TABLES.iter().rev() {
        sqlx::query(&format!("DELETE FROM {table}")).execute(&mut *to).await?;
    }
    let mut copied = 0;
    for table in TABLES {
        let sql = format!("SELECT * FROM {table}");
        let mut rows = sqlx::query(&sql).fetch(&mut *from);
        while let Some(row) = rows.try_next().await? {
            insert(to, table, &row).await?;
            copied += 1;
        }
    }
    if kind == Kind::Postgres {
        for table in NUMBERED {
            // It does not see the numbers that are given to it.
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 0) + 1, false) FROM {table}"
            );
            sqlx::query(&sql).execute(&mut *to).await?;
        }
    }
    Ok(copied)
}

async fn insert(to: &mut AnyConnection, table: &str, row: &AnyRow) -> Result<(), StoreError> {
    let names: Vec<_> = row.columns().iter().map(Column::name).collect();
    let places: Vec<_> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    let mut insert = sqlx::query(&sql);
    for place in 0..names.len() {
        // All columns are of one of these two kinds.
        insert = match row.try_get_raw(place)?.type_info().kind() {
            AnyTypeInfoKind::Text => insert.bind(row.try_get::<String, _>(place)?),
            _ => insert.bind(row.try_get::<i64, _>(place)?),
        };
    }
    insert.execute(to).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::Place;

    #[tokio::test]
    async fn every_table_is_copied_or_is_about_what_is_on_its_way() {
        const LEFT: [&str; 4] = ["upload", "upload_part", "dropped_payload", "sqlite_sequence"];
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder: folder.path().to_owned(), database: None, payloads: None };
        let store = Store::open(&place, Duration::from_secs(1)).await.unwrap();
        let mut connection = store.database.read().await.unwrap();
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let found: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *connection).await.unwrap();
        let mut expected = [&TABLES[..], &LEFT].concat();
        expected.sort_unstable();
        assert_eq!(found.iter().map(|(name,)| name.as_str()).collect::<Vec<_>>(), expected);
    }
}
