//! PostgreSQL, for more than one node. Each write is a transaction of its own, run in a task that
//! goes on when the asker goes away, so that a cancelled request leaves no transaction open.

use super::change::{Applied, Change};
use super::counters::Counters;
use super::nearby::Nearby;
use super::replica::Replica;
use super::{StoreError, migrate};
use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};

pub type Db = sqlx::Postgres;
pub type Conn = PgConnection;

mod insert;
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
    /// Makes the tables of the months from the one of $1 on; `None` where there is one for all.
    pub const MAKE_PARTS: Option<&str> =
        Some("SELECT make_parts(to_timestamp($1 / 1000.0) AT TIME ZONE 'UTC')");
    /// Begins a transaction whose reads all see the same moment.
    pub const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    /// Milliseconds since 1970 by the database's own clock.
    pub const NOW_MS: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
    /// What tells the rows of the log of counters apart: whoever has read all that could be seen
    /// reads on from the mark of before.
    pub const ROLLUP_MARK: &str = "tx";
    /// Before a column, keeps its index from being taken; `None` where the engine knows by itself.
    pub const WITHOUT_INDEX: Option<&str> = None;
    /// Whether conditions can be said of which parts of an index are asked for, wherever one might
    /// serve; otherwise where one does.
    pub const KNOWS_PARTS: bool = true;
    /// Whether the engine chooses which side of a join comes first, unless it is kept from it: it
    /// would go through all issues, for it takes an interval of cells to hold a ninth of them.
    pub const JOINS_BY_ITSELF: bool = true;
    /// Whether a page of a list is planned once for all that may be asked for in the same words. A
    /// plan that does not know the area takes any for a two-hundredth of all.
    pub const KEEPS_PLANS: bool = false;
    /// After the table of issues, has them looked for by their cells.
    pub const BY_CELL: &str = "";
    /// The same for disputes.
    pub const BY_DISPUTE_CELL: &str = "";
    /// The same by their areas.
    pub const BY_PATH: &str = "";
    /// What tells a row of the log from the same one in a copy of the database: the transaction
    /// that wrote it there.
    pub const ROLLUP_BORN: &str = "xmin::text";
    /// A mark below which no row of the log of counters appears any more.
    pub const ROLLUP_SETTLED: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
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
    (17, "rollup_log", include_str!("../../migrations/postgres/0017_rollup_log.sql")),
    (25, "notice_path", include_str!("../../migrations/postgres/0025_notice_path.sql")),
    (27, "parts", include_str!("../../migrations/postgres/0027_parts.sql")),
    (29, "estimates", include_str!("../../migrations/postgres/0029_estimates.sql")),
    (30, "cohorts", include_str!("../../migrations/postgres/0030_cohorts.sql")),
];

const CONNECTIONS_MAX: u32 = 16;

pub struct Engine {
    pub readers: PgPool,
    replica: Option<Replica>,
    pub counters: Arc<Counters>,
    pub nearby: Arc<Nearby>,
    fresh: mpsc::Sender<Fresh>,
}

/// New issues that wait to be written together with others.
type Fresh = (Change, oneshot::Sender<Result<Applied, StoreError>>);

/// The most changes that share one commit.
const BATCH_CHANGES_MAX: usize = 128;
/// Changes that may wait; one more waits for a place.
const QUEUE_CHANGES_MAX: usize = 4_096;
/// How long a connection is taken to be alive after it was used.
const TRUSTED: Duration = Duration::from_millis(500);
/// Who write new issues: while one waits for the disk, another prepares.
const FRESH_WRITERS: usize = 2;

impl Engine {
    /// `replica` is the address of one, if there is one.
    pub async fn open(url: &str, replica: Option<&str>) -> Result<Self, StoreError> {
        let replica = replica.map(Replica::at).transpose()?;
        let options = PgConnectOptions::from_str(url)?
            .application_name("hexward")
            .options([("idle_in_transaction_session_timeout", "60000")]);
        let readers = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .before_acquire(|conn, known| Box::pin(is_alive(conn, known.idle_for)))
            .connect_with(options)
            .await?;
        migrate::migrator(OWN)
            .run(&readers)
            .await
            .map_err(|error| StoreError::Migration(error.to_string()))?;
        sql::care::fill_coarse_places(&mut *readers.acquire().await?).await?;
        let (fresh, queue) = mpsc::channel(QUEUE_CHANGES_MAX);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..FRESH_WRITERS {
            tokio::spawn(write_all_fresh(readers.clone(), queue.clone()));
        }
        Ok(Self { readers, replica, counters: Arc::default(), nearby: Arc::default(), fresh })
    }

    /// Reads much that may be a moment old: from the replica, or from the database itself when
    /// there is none or it went away, even in the middle of the reading.
    pub async fn read_long<T, F, R>(&self, read: R) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
        R: Fn(PgPool) -> F + Send + Sync,
    {
        if let Some(replica) = &self.replica
            && let Some(pool) = replica.connections().await
        {
            match read(pool).await {
                Err(StoreError::Unavailable(error)) => {
                    tracing::warn!(error, "the replica broke off; the database itself is asked");
                }
                answer => return answer,
            }
        }
        read(self.readers.clone()).await
    }

    /// As [`Engine::write`] for a change that [`Change::is_fresh`]: those that wait at the same
    /// time share a transaction.
    pub async fn write_fresh(&self, change: Change) -> Result<Applied, StoreError> {
        let (reply, answer) = oneshot::channel();
        let stopped = || StoreError::Unavailable("the writer has stopped".into());
        self.fresh.send((change, reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
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
        let task = tokio::spawn(async move { in_transaction(&pool, work).await });
        task.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }
}

/// Asks a connection whether it is alive still, unless it was used a moment ago: to ask is a way to
/// the database and back.
async fn is_alive(conn: &mut Conn, idle_for: Duration) -> sqlx::Result<bool> {
    if idle_for > TRUSTED {
        conn.ping().await?;
    }
    Ok(true)
}

/// Writes what waits, until nobody can send any more.
async fn write_all_fresh(pool: PgPool, queue: Arc<Mutex<mpsc::Receiver<Fresh>>>) {
    let mut batch = Vec::with_capacity(BATCH_CHANGES_MAX);
    loop {
        // Who holds the queue waits for the next change; the others write meanwhile.
        if queue.lock().await.recv_many(&mut batch, BATCH_CHANGES_MAX).await == 0 {
            return;
        }
        let taken = std::mem::take(&mut batch);
        let pool = pool.clone();
        // A task of its own, so that a panic does not end the writer.
        let _ = tokio::spawn(async move { write_batch(&pool, taken).await }).await;
    }
}

async fn write_batch(pool: &PgPool, batch: Vec<Fresh>) {
    if batch.len() > 1 {
        let changes: Vec<&Change> = batch.iter().map(|(change, _)| change).collect();
        let done = match write_together(pool, &changes).await {
            Ok(()) => Some(Ok(Applied::Done)),
            // Nobody knows whether it was committed, so it is not tried again.
            Err(StoreError::Unavailable(why)) => Some(Err(why)),
            // Each by itself hears what is the matter with it.
            Err(_) => None,
        };
        if let Some(done) = done {
            for (_, reply) in batch {
                // The asker may have gone; the write stands all the same.
                let _ = reply.send(done.clone().map_err(StoreError::Unavailable));
            }
            return;
        }
    }
    for (change, reply) in batch {
        let one = in_transaction(pool, move |conn| {
            Box::pin(async move { sql::apply_change(conn, &change).await })
        });
        let _ = reply.send(one.await);
    }
}

async fn write_together(pool: &PgPool, changes: &[&Change]) -> Result<(), StoreError> {
    let inserts = sql::together_of(changes);
    if changes.iter().all(|change| change.is_plain()) {
        // A statement is a transaction by itself.
        return insert::run_at_once(&mut *pool.acquire().await?, inserts).await;
    }
    let mut transaction = pool.begin().await?;
    insert::run_at_once(&mut transaction, inserts).await?;
    for change in changes {
        sql::write_rarer(&mut transaction, change).await?;
    }
    Ok(transaction.commit().await?)
}

/// Runs `work` and keeps what it wrote, unless it fails.
async fn in_transaction<T, F>(pool: &PgPool, work: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>,
{
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
}
