//! SQLite, the embedded engine. One writer commits many waiting writes in one transaction (group
//! commit): each runs in a savepoint, so one that fails takes no other with it, and the cost of
//! the sync to disk is shared. Readers have their own connections and never wait.

use super::{StoreError, migrate};
use futures::future::{BoxFuture, FutureExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

pub type Db = sqlx::Sqlite;
pub type Conn = SqliteConnection;

// One text for both engines, compiled for each.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;

/// What differs in the SQL text.
pub mod dialect {
    pub const ENGINE: &str = "sqlite";
    /// Events that nothing can come before any more: all of them, for there is one writer.
    pub const FEED_SETTLED: &str = "1 = 1";
    /// Events after the position ($1, $2); the first number is always 0.
    pub const FEED_AFTER: &str = "tx >= $1 AND feed > $2";
    pub const FEED_ORDER: &str = "feed";
    pub const FEED_LAST_FIRST: &str = "feed DESC";
    /// Begins a transaction whose reads all see the same moment.
    pub const SNAPSHOT: &str = "BEGIN";
    /// Says that texts are compared byte by byte.
    pub const BY_BYTES: &str = "COLLATE BINARY";
    /// Statements that let one publisher of a territory wait for the other.
    pub const PUBLISHING: &[&str] = &[];
    /// Statements that let one who takes administrators away wait for the other.
    pub const DEMOTING: &[&str] = &[];
    /// Statements that let a write wait for no other and be seen by all.
    pub const EXCLUSIVE: &[&str] = &[];
}

const OWN: &[migrate::Step] = &[
    (2, "event", include_str!("../../migrations/sqlite/0002_event.sql")),
    (3, "event_guard", include_str!("../../migrations/sqlite/0003_event_guard.sql")),
    (15, "admin_log", include_str!("../../migrations/sqlite/0015_admin_log.sql")),
];

/// The most writes that share one commit.
const BATCH_WRITES_MAX: usize = 256;
/// Writes that may wait; one more waits for a place.
const QUEUE_WRITES_MAX: usize = 4_096;
const READERS_MAX: u32 = 4;

/// What happens once it is known whether the commit succeeded.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// A waiting write: it runs and says whether to keep its effect, and how to answer.
type Job = Box<dyn for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, (bool, Answer)> + Send>;

pub struct Engine {
    pub readers: SqlitePool,
    writes: mpsc::Sender<Job>,
}

fn options(path: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-65536")
        .statement_cache_capacity(256)
}

impl Engine {
    pub async fn open(path: &str) -> Result<Self, StoreError> {
        // These would give each connection a database of its own, gone when it closes.
        if path.is_empty() || path.contains(":memory:") {
            return Err(StoreError::Url(path.to_owned()));
        }
        if let Some(folder) = Path::new(path).parent() {
            std::fs::create_dir_all(folder).map_err(|e| StoreError::Unavailable(e.to_string()))?;
        }
        let options = options(path);
        let mut writer = SqliteConnection::connect_with(&options).await?;
        migrate::migrator(OWN)
            .run(&mut writer)
            .await
            .map_err(|error| StoreError::Migration(error.to_string()))?;
        sql::care::fill_coarse_places(&mut writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        let (writes, queue) = mpsc::channel(QUEUE_WRITES_MAX);
        tokio::spawn(run_writer(writer, queue));
        Ok(Self { readers, writes })
    }

    /// Runs `work` in the next commit and returns its value when that commit is on disk.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel::<Result<T, StoreError>>();
        let job: Job = Box::new(move |conn| {
            Box::pin(async move {
                let result = work(conn).await;
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    let result = match committed {
                        Ok(()) => result,
                        Err(why) => result.and(Err(StoreError::Unavailable(why))),
                    };
                    // The asker may have gone; the write stands all the same.
                    let _ = reply.send(result);
                });
                (keep, answer)
            })
        });
        let stopped = || StoreError::Unavailable("the writer has stopped".into());
        self.writes.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

async fn run_writer(mut conn: Conn, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_WRITES_MAX);
    while queue.recv_many(&mut batch, BATCH_WRITES_MAX).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = run_batch(&mut conn, batch.drain(..), &mut answers).await;
        if let Err(why) = &outcome {
            tracing::error!(reason = %why, "a commit failed; its writes were taken back");
            let _ = sqlx::query("ROLLBACK").execute(&mut conn).await;
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
    let _ = conn.close().await;
}

async fn run_batch(
    conn: &mut Conn,
    batch: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let text = |error: sqlx::Error| error.to_string();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await.map_err(text)?;
    for job in batch {
        sqlx::query("SAVEPOINT write").execute(&mut *conn).await.map_err(text)?;
        // A write that panics must not end the writer. Its asker hears that the writer has stopped.
        let done = AssertUnwindSafe(job(&mut *conn)).catch_unwind().await;
        let keep = done.as_ref().is_ok_and(|(keep, _)| *keep);
        answers.extend(done.map(|(_, answer)| answer).ok());
        if !keep {
            sqlx::query("ROLLBACK TO write").execute(&mut *conn).await.map_err(text)?;
        }
        sqlx::query("RELEASE write").execute(&mut *conn).await.map_err(text)?;
    }
    sqlx::query("COMMIT").execute(&mut *conn).await.map_err(text)?;
    Ok(())
}
