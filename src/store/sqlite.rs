//! SQLite, the embedded engine. One writer commits many waiting writes in one transaction (group
//! commit): each runs in a savepoint, so one that fails takes no other with it, and the cost of
//! the sync to disk is shared. New issues are written together, by statements that are made while
//! the writer is busy with those before. A commit is answered when it is on the disk, to which
//! another thread brings it. Readers have their own connections and never wait.

use super::change::{Applied, Change};
use super::counters::Counters;
use super::nearby::Nearby;
use super::write_ahead::WriteAhead;
use super::{StoreError, migrate};
use futures::future::{BoxFuture, FutureExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

pub type Db = sqlx::Sqlite;
pub type Conn = SqliteConnection;

mod bare;
mod insert;
mod syncer;
use bare::{Bare, Statements};
use syncer::Syncer;

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
    /// Makes the tables of the months from the one of $1 on; `None` where there is one for all.
    pub const MAKE_PARTS: Option<&str> = None;
    /// Begins a transaction whose reads all see the same moment.
    pub const SNAPSHOT: &str = "BEGIN";
    /// Milliseconds since 1970 by the database's own clock.
    pub const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    /// What tells the rows of the log of counters apart: whoever has read all that could be seen
    /// reads on from the mark of before.
    pub const ROLLUP_MARK: &str = "id";
    /// Before a column, keeps its index from being taken; `None` where the engine knows by itself.
    pub const WITHOUT_INDEX: Option<&str> = Some("+");
    /// Whether conditions can be said of which parts of an index are asked for, wherever one might
    /// serve; otherwise where one does.
    pub const KNOWS_PARTS: bool = false;
    /// Whether the engine chooses which side of a join comes first, unless it is kept from it.
    pub const JOINS_BY_ITSELF: bool = false;
    /// Whether a page of a list is planned once for all that may be asked for in the same words.
    pub const KEEPS_PLANS: bool = true;
    /// After the table of issues, has them looked for by their cells.
    pub const BY_CELL: &str = "INDEXED BY issue_cell";
    /// The same for disputes.
    pub const BY_DISPUTE_CELL: &str = "INDEXED BY issue_dispute_cell";
    /// The same by their areas.
    pub const BY_PATH: &str = "INDEXED BY issue_path";
    /// What tells a row of the log from the same one in a copy of the database.
    pub const ROLLUP_BORN: &str = "''";
    /// A mark below which no row of the log of counters appears any more.
    pub const ROLLUP_SETTLED: &str = "SELECT COALESCE(MAX(id), 0) + 1 FROM rollup_log";
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
    (17, "rollup_log", include_str!("../../migrations/sqlite/0017_rollup_log.sql")),
    (19, "lean_tables", include_str!("../../migrations/sqlite/0019_lean.sql")),
    (25, "notice_path", include_str!("../../migrations/sqlite/0025_notice_path.sql")),
    (29, "estimates", include_str!("../../migrations/sqlite/0029_estimates.sql")),
];

/// The most writes that share one commit.
const BATCH_WRITES_MAX: usize = 256;
/// Writes that may wait; one more waits for a place.
const QUEUE_WRITES_MAX: usize = 4_096;
const READERS_MAX: u32 = 4;

/// What happens once it is known whether the commit succeeded.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// A write: it runs and says whether to keep its effect, and how to answer.
type Work = Box<dyn for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, (bool, Answer)> + Send>;

/// A waiting write.
enum Job {
    /// New issues, which are written together with others.
    Fresh(Box<Change>, oneshot::Sender<Result<Applied, StoreError>>),
    Work(Work),
}

pub struct Engine {
    pub readers: SqlitePool,
    pub counters: Arc<Counters>,
    pub nearby: Arc<Nearby>,
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
        .pragma("cache_size", "-16384")
        // See `WriteAhead`.
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "268435456")
        .statement_cache_capacity(256)
        // Rows come from a thread of their own: with few in between, the two wake each other for
        // every handful.
        .row_buffer_size(1_024)
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
        // What it commits is synced by `Syncer`.
        let writing = options.clone().synchronous(SqliteSynchronous::Normal);
        let mut writer = SqliteConnection::connect_with(&writing).await?;
        migrate::migrator(OWN)
            .run(&mut writer)
            .await
            .map_err(|error| StoreError::Migration(error.to_string()))?;
        sql::care::fill_coarse_places(&mut writer).await?;
        let file = "SELECT file FROM pragma_database_list WHERE name = 'main'";
        let file: String = sqlx::query_scalar(file).fetch_one(&mut writer).await?;
        let unavailable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let syncer = Syncer::of(&file).map_err(unavailable)?;
        let (writes, queue) = mpsc::channel(QUEUE_WRITES_MAX);
        let (made, batches) = mpsc::channel(1);
        tokio::spawn(make_batches(queue, made));
        start_writer((writer, syncer), batches, options.clone().create_if_missing(false))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            // A file does not hang up: nothing is asked before each question.
            .test_before_acquire(false)
            // Their caches are small: the system keeps the file in memory for all of them.
            .connect_with(
                // So are their prepared statements few: those of a map differ from box to box.
                options
                    .pragma("cache_size", "-512")
                    .statement_cache_capacity(32)
                    .read_only(true)
                    .create_if_missing(false),
            )
            .await?;
        Ok(Self { readers, counters: Arc::default(), nearby: Arc::default(), writes })
    }

    /// Reads much; the other engine has a replica for this.
    pub async fn read_long<T, F, R>(&self, read: R) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
        R: Fn(SqlitePool) -> F + Send + Sync,
    {
        read(self.readers.clone()).await
    }

    /// Runs `work` in the next commit and returns its value when that commit is on disk.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel::<Result<T, StoreError>>();
        self.enqueue(Job::Work(work_of(work, reply)), answer).await
    }

    /// As [`Engine::write`] for a change that [`Change::is_fresh`].
    pub async fn write_fresh(&self, change: Change) -> Result<Applied, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job::Fresh(Box::new(change), reply), answer).await
    }

    async fn enqueue<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let stopped = || StoreError::Unavailable("the writer has stopped".into());
        self.writes.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn work_of<T, F>(work: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Work
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
{
    Box::new(move |conn| {
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
    })
}

type Fresh = (Box<Change>, oneshot::Sender<Result<Applied, StoreError>>);

/// Writes that share a commit.
struct Batch {
    fresh: Vec<Fresh>,
    /// What all of `fresh` write together.
    together: Option<Vec<insert::Insert>>,
    works: Vec<Work>,
}

impl Batch {
    fn of(jobs: impl Iterator<Item = Job>) -> Self {
        let (mut fresh, mut works) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Fresh(change, reply) => fresh.push((change, reply)),
                Job::Work(work) => works.push(work),
            }
        }
        let made = || sql::together_of(&changes_of(&fresh));
        // Each by itself hears what is the matter, should one not let itself be written out.
        let together = match fresh.len() {
            0 => None,
            _ => std::panic::catch_unwind(AssertUnwindSafe(made)).ok(),
        };
        Self { fresh, together, works }
    }
}

fn changes_of(fresh: &[Fresh]) -> Vec<&Change> {
    fresh.iter().map(|(change, _)| &**change).collect()
}

/// Makes a batch of what waits as soon as the writer has taken the one before.
async fn make_batches(mut queue: mpsc::Receiver<Job>, batches: mpsc::Sender<Batch>) {
    let mut jobs = Vec::with_capacity(BATCH_WRITES_MAX);
    while let Ok(place) = batches.reserve().await {
        if queue.recv_many(&mut jobs, BATCH_WRITES_MAX).await == 0 {
            return;
        }
        place.send(Batch::of(jobs.drain(..)));
    }
}

/// Runs the writer on a thread of its own: as one task among those of all requests it would wait
/// for them after each statement.
fn start_writer(
    (conn, syncer): (Conn, Syncer),
    batches: mpsc::Receiver<Batch>,
    options: SqliteConnectOptions,
) -> Result<(), StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
    let run = move || runtime.block_on(run_writer((conn, syncer), batches, options));
    std::thread::Builder::new().name("writer".into()).spawn(run).map_err(unavailable)?;
    Ok(())
}

async fn run_writer(
    (mut conn, syncer): (Conn, Syncer),
    mut batches: mpsc::Receiver<Batch>,
    options: SqliteConnectOptions,
) {
    let mut log = WriteAhead::of(options);
    // Dropped before the connection.
    let mut statements = Statements::default();
    while let Some(batch) = batches.recv().await {
        let mut answers = Vec::with_capacity(batch.fresh.len() + batch.works.len());
        if syncer.has_failed() {
            // Dropped, which tells the askers that the writer has stopped.
            continue;
        }
        match run_batch((&mut conn, &mut statements), batch, &mut answers).await {
            Ok(()) => syncer.answer(answers),
            Err(why) => {
                tracing::error!(reason = %why, "a commit failed; its writes were taken back");
                let _ = sqlx::query(ROLLBACK).execute(&mut conn).await;
                for answer in answers {
                    answer(Err(why.clone()));
                }
            }
        }
        if let Err(error) = log.keep_short(&mut conn).await {
            tracing::warn!(%error, "the write-ahead log could not be copied; it grows");
        }
    }
    drop(statements);
    let _ = conn.close().await;
}

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn run_batch(
    (conn, statements): (&mut Conn, &mut Statements),
    Batch { fresh, together, works }: Batch,
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let mut left = fresh;
    if let Some(together) = together {
        let alone = works.is_empty() && left.iter().all(|(change, _)| change.is_plain());
        let bare = Bare::of(&mut *conn, statements).await.map_err(text_of)?;
        let run = AssertUnwindSafe(|| run_together(bare, &together, alone));
        let mut written =
            std::panic::catch_unwind(run).map_err(|_| "the writer panicked".to_owned()).flatten();
        if written == Ok(true) && !alone {
            written = run_rarer(conn, &left).await;
        }
        // If it failed, they hear of it.
        if written != Ok(false) {
            answers.extend(left.drain(..).map(answer_done));
        }
        if written? && alone {
            return Ok(());
        }
    } else {
        sqlx::query(BEGIN).execute(&mut *conn).await.map_err(text_of)?;
    }
    for (change, reply) in left {
        let work = work_of(
            move |conn| Box::pin(async move { sql::apply_change(conn, &change).await }),
            reply,
        );
        run_work(conn, work, answers).await?;
    }
    for work in works {
        run_work(conn, work, answers).await?;
    }
    sqlx::query(COMMIT).execute(&mut *conn).await.map_err(text_of)?;
    Ok(())
}

/// Begins a transaction, writes new issues together and, if they are `alone`, commits. Says whether
/// they could be written; if not, the transaction has begun and holds nothing.
fn run_together(
    mut bare: Bare<'_>,
    together: &[insert::Insert],
    alone: bool,
) -> Result<bool, String> {
    bare.run(BEGIN).map_err(text_of)?;
    let written = together.iter().all(|insert| bare.insert(insert).is_ok());
    if !written {
        // They come first, so nothing else is taken back. A savepoint would cost a copy of each
        // page that is touched.
        if bare.is_in_transaction() {
            bare.run(ROLLBACK).map_err(text_of)?;
        }
        bare.run(BEGIN).map_err(text_of)?;
    } else if alone {
        bare.run(COMMIT).map_err(text_of)?;
    }
    Ok(written)
}

/// Writes what few of the new issues have. If that fails, all of them are taken back.
async fn run_rarer(conn: &mut Conn, fresh: &[Fresh]) -> Result<bool, String> {
    let write = async {
        for (change, _) in fresh {
            sql::write_rarer(&mut *conn, change).await?;
        }
        Ok::<(), StoreError>(())
    };
    let done = AssertUnwindSafe(write).catch_unwind().await;
    if matches!(done, Ok(Ok(()))) {
        return Ok(true);
    }
    sqlx::query(ROLLBACK).execute(&mut *conn).await.map_err(text_of)?;
    sqlx::query(BEGIN).execute(&mut *conn).await.map_err(text_of)?;
    Ok(false)
}

fn answer_done((change, reply): Fresh) -> Answer {
    Box::new(move |committed| {
        // Not by the writer, which has no time for it.
        drop(change);
        let applied = committed.map(|()| Applied::Done).map_err(StoreError::Unavailable);
        // The asker may have gone; the write stands all the same.
        let _ = reply.send(applied);
    })
}

async fn run_work(conn: &mut Conn, work: Work, answers: &mut Vec<Answer>) -> Result<(), String> {
    sqlx::query("SAVEPOINT write").execute(&mut *conn).await.map_err(text_of)?;
    // A write that panics must not end the writer. Its asker hears that the writer has stopped.
    let done = AssertUnwindSafe(work(&mut *conn)).catch_unwind().await;
    let keep = done.as_ref().is_ok_and(|(keep, _)| *keep);
    answers.extend(done.map(|(_, answer)| answer).ok());
    if !keep {
        sqlx::query("ROLLBACK TO write").execute(&mut *conn).await.map_err(text_of)?;
    }
    sqlx::query("RELEASE write").execute(&mut *conn).await.map_err(text_of)?;
    Ok(())
}
