//! PostgreSQL, for more than one node. Each write is a transaction of its own, run in a task that
//! goes on when the asker goes away, so that a cancelled request leaves no transaction open.

use super::{StoreError, migrate};
use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use std::str::FromStr;
use std::time::Duration;

pub type Db = sqlx::Postgres;
pub type Conn = PgConnection;

// One text for both engines, compiled for each.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;

/// What differs in the SQL text.
pub mod dialect {
    pub const ENGINE: &str = "postgres";
    /// Events that nothing can come before any more: those of transactions older than the oldest
    /// one that still runs.
    pub const FEED_SETTLED: &str = "tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    /// Events after the position ($1, $2).
    pub const FEED_AFTER: &str = "(tx, feed) > ($1, $2)";
    pub const FEED_ORDER: &str = "tx, feed";
    pub const FEED_LAST_FIRST: &str = "tx DESC, feed DESC";
    /// Begins a transaction whose reads all see the same moment.
    pub const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    /// Says that texts are compared byte by byte.
    pub const BY_BYTES: &str = "COLLATE \"C\"";
    /// Statements that let one publisher of a territory wait for the other.
    pub const PUBLISHING: &[&str] = &["LOCK TABLE territory_version IN SHARE ROW EXCLUSIVE MODE"];
    /// Statements that let one who takes administrators away wait for the other.
    pub const DEMOTING: &[&str] = &["LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"];
    /// Statements that keep other writes out until the transaction ends; readers are let through.
    pub const EXCLUSIVE: &[&str] =
        &["LOCK TABLE issue IN EXCLUSIVE MODE", "LOCK TABLE rollup IN EXCLUSIVE MODE"];
}

const OWN: &[migrate::Step] = &[
    (2, "event", include_str!("../../migrations/postgres/0002_event.sql")),
    (3, "event_guard", include_str!("../../migrations/postgres/0003_event_guard.sql")),
    (15, "admin_log", include_str!("../../migrations/postgres/0015_admin_log.sql")),
];

const CONNECTIONS_MAX: u32 = 16;

pub struct Engine {
    pub readers: PgPool,
}

impl Engine {
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("hexward")
            .options([("idle_in_transaction_session_timeout", "60000")]);
        let readers = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        migrate::migrator(OWN)
            .run(&readers)
            .await
            .map_err(|error| StoreError::Migration(error.to_string()))?;
        sql::care::fill_coarse_places(&mut *readers.acquire().await?).await?;
        Ok(Self { readers })
    }

    /// Runs `work` in a transaction and returns its value when the commit is on disk.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        // Only here does a transaction begin, and nothing cuts a task of its own off in the middle:
        // a cut-off BEGIN would hand its connection on with the transaction open.
        let pool = self.readers.clone();
        let task = tokio::spawn(async move {
            let mut transaction = pool.begin().await?;
            match work(&mut transaction).await {
                Ok(value) => {
                    transaction.commit().await?;
                    Ok(value)
                }
                Err(error) => {
                    transaction.rollback().await?;
                    Err(error)
                }
            }
        });
        task.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }
}
