//! The database as another program sees it.

use sqlx::any::{AnyConnectOptions, AnyRow};
use sqlx::{AnyConnection, ConnectOptions, Executor, Row};
use tokio::runtime::{Builder, Runtime};

pub struct Connection {
    runtime: Runtime,
    connection: AnyConnection,
}

impl Connection {
    pub fn open(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let options: AnyConnectOptions = url.parse().unwrap();
        let connection = runtime.block_on(options.connect()).unwrap();
        Self { runtime, connection }
    }

    pub fn execute(&mut self, sql: &str) {
        self.runtime.block_on(self.connection.execute(sql)).unwrap();
    }

    /// The first column of the first row.
    pub fn text(&mut self, sql: &str) -> String {
        self.row(sql).get(0)
    }

    /// The first column of the first row.
    pub fn number(&mut self, sql: &str) -> i64 {
        self.row(sql).get(0)
    }

    fn row(&mut self, sql: &str) -> AnyRow {
        self.runtime.block_on(self.connection.fetch_one(sql)).unwrap()
    }
}
