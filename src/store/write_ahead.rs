//! SQLite's write-ahead log, brought into the database from time to time. Nearly all of it is
//! copied by a connection of its own while the writer goes on; the writer copies what came
//! meanwhile, for the log begins anew only once all of it has been copied.

use super::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How much time passes between two copies while something is written. A page that was written
/// several times in between is copied once.
const PAUSE: Duration = Duration::from_secs(1);
/// Copies without waiting for anybody. What a reader still needs is left for the next time.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Pages that the writer may be left with, and how many rounds are made at most to get there.
const LEFT_PAGES_MAX: i64 = 500;
const ROUNDS_MAX: usize = 8;

/// The log of one database.
pub struct WriteAhead {
    options: SqliteConnectOptions,
    begun: Instant,
    copying: Option<JoinHandle<Result<(), sqlx::Error>>>,
}

impl WriteAhead {
    /// The log as whoever wrote it last left it: what is in it is copied at once, for it is slower
    /// to read than the database.
    pub fn of(options: SqliteConnectOptions) -> Self {
        let copying = Some(tokio::spawn(copy(options.clone())));
        Self { options, begun: Instant::now(), copying }
    }

    /// To be called by the writer after each commit.
    ///
    /// # Errors
    /// The log cannot be copied; nothing is lost by that, but it grows.
    pub async fn keep_short(&mut self, writer: &mut SqliteConnection) -> Result<(), StoreError> {
        match self.copying.take() {
            None if self.begun.elapsed() >= PAUSE => {
                self.copying = Some(tokio::spawn(copy(self.options.clone())));
            }
            None => {}
            Some(copying) if copying.is_finished() => {
                self.begun = Instant::now();
                copying.await.map_err(|error| StoreError::Unavailable(error.to_string()))??;
                sqlx::query(COPY).execute(writer).await?;
            }
            Some(copying) => self.copying = Some(copying),
        }
        Ok(())
    }
}

async fn copy(options: SqliteConnectOptions) -> Result<(), sqlx::Error> {
    let mut conn = options.connect().await?;
    let mut copied = 0;
    for _ in 0..ROUNDS_MAX {
        // Whether somebody was in the way, pages in the log, and how many of them are copied.
        let (_, all, now): (i64, i64, i64) = sqlx::query_as(COPY).fetch_one(&mut conn).await?;
        // So many were written while those before were copied: no more will be left this time.
        if all - copied <= LEFT_PAGES_MAX {
            break;
        }
        copied = now;
    }
    conn.close().await
}
