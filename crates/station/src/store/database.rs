//! The database: SQLite in the data folder, or PostgreSQL, by one text of SQL for both.

use std::fmt;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor, Transaction};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::StoreError;
use super::schema::{self, Project};

/// The file's name in the data folder.
const FILE: &str = "station.sqlite";
/// The pause before a database that is busy is opened again.
const BUSY_PAUSE: Duration = Duration::from_millis(10);
/// How long a connection to PostgreSQL may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may have been idle to be taken for alive without asking.
const ALIVE_FOR: Duration = Duration::from_secs(1);
/// Connections to SQLite for each core, each a thread of its own: with more of them the slowest answers take longer, with
/// fewer the cores wait.
const SQLITE_CONNECTIONS_PER_CORE: usize = 2;
/// Connections to SQLite: at least so many that a long list leaves some to others.
const SQLITE_CONNECTIONS: RangeInclusive<usize> = 4..=16;
/// Connections to PostgreSQL, which allows 100 in all unless told otherwise: several stations share them.
const POSTGRES_CONNECTIONS: u32 = 16;

/// The address of a PostgreSQL database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// A text that is no address of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE{0}")]
pub struct PostgresUrlError(String);

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, PostgresUrlError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(PostgresUrlError(String::new()));
        }
        let options: Result<PgConnectOptions, _> = text.parse();
        options.map_err(|error| PostgresUrlError(format!(": {error}")))?;
        Ok(Self(text.to_owned()))
    }
}

/// Without what is secret.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl")
    }
}

/// Which database it is, where one text of SQL does not do for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// Begins a transaction that will write. SQLite takes its lock at once, where waiting for it is possible.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction that reads everything as of one moment.
    pub fn begin_to_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What a new connection is told.
    fn prepare(self, busy_timeout: Duration) -> String {
        let milliseconds = busy_timeout.as_millis();
        match self {
            Self::Sqlite => format!("PRAGMA busy_timeout = {milliseconds}"),
            Self::Postgres => format!("SET lock_timeout = {milliseconds}"),
        }
    }
}

/// A database that is of this version and open.
#[derive(Debug)]
pub(super) struct Database {
    pool: AnyPool,
    kind: Kind,
    busy_timeout: Duration,
    /// Taken by who writes, so that those who wait for others to write leave connections for those who read.
    writers: Semaphore,
}

/// A transaction that writes. Dropped before it is committed, nothing was changed.
pub(super) struct Change<'a> {
    transaction: Transaction<'static, Any>,
    _turn: SemaphorePermit<'a>,
}

impl Change<'_> {
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// Where statements are executed.
    pub fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

impl Database {
    /// Opens the database and brings it to this version: that of `postgres`, or the one in `folder`, which must exist.
    /// Gives back what it holds of the project, too.
    pub async fn open(
        folder: &Path,
        postgres: Option<&PostgresUrl>,
        busy_timeout: Duration,
    ) -> Result<(Self, Project), StoreError> {
        install_default_drivers();
        let (kind, url, connections) = match postgres {
            Some(PostgresUrl(url)) => (Kind::Postgres, url.clone(), POSTGRES_CONNECTIONS),
            None => (Kind::Sqlite, sqlite_url(folder)?, sqlite_connections()),
        };
        // What is executed is nobody's business but the program's; what fails is told where it fails.
        let options: AnyConnectOptions = url.parse().map_err(StoreError::Database)?;
        let options = options.disable_statement_logging();
        let first = first_connection(kind, &options, busy_timeout).await;
        let mut first = first.map_err(|error| error.about_folder(folder))?;
        let project = schema::migrate(&mut first, kind).await.map_err(|error| error.about_folder(folder))?;
        first.close().await?;

        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECT_WITHIN.max(busy_timeout))
            // Asking each time would double the way to the database.
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > ALIVE_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(&*kind.prepare(busy_timeout)).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        let writers = match kind {
            Kind::Sqlite => 1,
            Kind::Postgres => POSTGRES_CONNECTIONS as usize / 2,
        };
        Ok((Self { pool, kind, busy_timeout, writers: Semaphore::new(writers) }, project))
    }

    /// Which database it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A connection for statements that only read.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.without_connection(error))
    }

    /// A transaction for statements that write.
    pub async fn change(&self) -> Result<Change<'_>, StoreError> {
        let turn = timeout(self.busy_timeout, self.writers.acquire()).await;
        // It is never closed.
        let Ok(Ok(turn)) = turn else { return Err(StoreError::Busy) };
        let begun = self.pool.begin_with(self.kind.begin()).await;
        let transaction = begun.map_err(|error| self.without_connection(error))?;
        Ok(Change { transaction, _turn: turn })
    }

    /// What it means when there is no connection in time: with SQLite, that others have all of them.
    fn without_connection(&self, error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::PoolTimedOut if self.kind == Kind::Postgres => {
                StoreError::Unreachable("no connection was made in time".to_owned())
            }
            error => error.into(),
        }
    }

    /// A transaction that changes what devices can be offered. It waits for others that do, so that they come one after
    /// the other even in PostgreSQL.
    pub async fn change_catalogue(&self) -> Result<Change<'_>, StoreError> {
        let mut change = self.change().await?;
        sqlx::query("UPDATE project SET changes = changes + 1").execute(change.connection()).await?;
        Ok(change)
    }
}

fn sqlite_connections() -> u32 {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let (least, most) = SQLITE_CONNECTIONS.into_inner();
    (cores * SQLITE_CONNECTIONS_PER_CORE).clamp(least, most) as u32
}

fn sqlite_url(folder: &Path) -> Result<String, StoreError> {
    let file = folder.join(FILE);
    // SQLite's own interface takes names in UTF-8 only.
    let name = file.to_str().ok_or_else(|| StoreError::Unwritable {
        path: folder.to_owned(),
        source: std::io::Error::other("its name is not in UTF-8"),
    })?;
    Ok(format!("sqlite:{}?mode=rwc", percent_encode(name.as_bytes(), NON_ALPHANUMERIC)))
}

/// Connects for the first time, and says in SQLite's case that readers and a writer do not wait for each other.
async fn first_connection(
    kind: Kind,
    options: &AnyConnectOptions,
    busy_timeout: Duration,
) -> Result<AnyConnection, StoreError> {
    let begun = Instant::now();
    loop {
        let connect = async {
            let mut connection = options.connect().await?;
            connection.execute(&*kind.prepare(busy_timeout)).await?;
            if kind == Kind::Sqlite {
                connection.execute("PRAGMA journal_mode = WAL").await?;
            }
            Ok(connection)
        };
        match timeout(CONNECT_WITHIN.max(busy_timeout), connect).await {
            Err(_) => return Err(StoreError::Unreachable("it does not answer".to_owned())),
            Ok(Ok(connection)) => return Ok(connection),
            // Going over to WAL does not wait for those who are just doing the same.
            Ok(Err(StoreError::Busy)) if begun.elapsed() < busy_timeout => sleep(BUSY_PAUSE).await,
            Ok(Err(error)) => return Err(error),
        }
    }
}
