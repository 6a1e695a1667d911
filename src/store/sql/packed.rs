//! The counters in memory as a file of the node: written from time to time, and read when it starts
//! if it is of this very database.
//!
//! Invariant: a file is taken only if the log of counters holds everything since the moment of the
//! file. A database that was restored from a copy has another log, or other marks in it.

use super::{Conn, Engine, Row, dialect};
use crate::domain::metrics::contribution::METRICS_VERSION;
use crate::store::StoreError;
use crate::store::counters::Position;
use crate::store::cube::Cube;
use crate::store::cube::file::Kept;
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

type Result<T> = std::result::Result<T, StoreError>;

/// The mark up to which the log was shortened.
pub const SWEPT_SETTING: &str = "counter_log_swept";
/// Rows of the log by which a database is known again.
const WITNESSES: i64 = 64;
/// Rows among which they are looked for again.
const WITNESSES_AMONG: i64 = 4 * WITNESSES;

/// The moment of a file.
#[derive(Clone, PartialEq, Message)]
struct Moment {
    #[prost(string, tag = "1")]
    engine: String,
    #[prost(int64, tag = "2")]
    metrics_version: i64,
    #[prost(int64, tag = "3")]
    mark: i64,
    #[prost(int64, repeated, tag = "4")]
    seen: Vec<i64>,
    #[prost(message, repeated, tag = "5")]
    witnesses: Vec<Witness>,
}

/// A row of the log.
#[derive(Clone, PartialEq, Message)]
struct Witness {
    #[prost(int64, tag = "1")]
    id: i64,
    /// SHA-256 of all that the row holds.
    #[prost(bytes = "vec", tag = "2")]
    sum: Vec<u8>,
}

impl Moment {
    fn read(kept: &Kept) -> Option<Self> {
        let moment = Moment::decode(kept.moment()).ok()?;
        let own = moment.engine == dialect::ENGINE && moment.metrics_version == METRICS_VERSION;
        own.then_some(moment)
    }
}

fn witness_of(row: &Row) -> Result<Witness> {
    let (id, at): (i64, i64) = (row.try_get("id")?, row.try_get("at")?);
    let (born, body): (String, String) = (row.try_get("born")?, row.try_get("body")?);
    let mut sum = Sha256::new();
    sum.update(id.to_le_bytes());
    sum.update(at.to_le_bytes());
    sum.update(born.len().to_le_bytes());
    sum.update(born);
    sum.update(body);
    Ok(Witness { id, sum: sum.finalize().to_vec() })
}

/// The last rows of the log up to a number.
async fn read_witnesses(conn: &mut Conn, last: i64, most: i64) -> Result<Vec<Witness>> {
    let text = format!(
        "SELECT id, at, body, {} AS born FROM rollup_log WHERE id <= $1 ORDER BY id DESC LIMIT $2",
        dialect::ROLLUP_BORN
    );
    let rows = sqlx::query(AssertSqlSafe(text)).bind(last).bind(most).fetch_all(conn).await?;
    rows.iter().map(witness_of).collect()
}

/// Whether the database is the one of the moment, and its log holds all since.
async fn follows(conn: &mut Conn, moment: &Moment) -> Result<bool> {
    let Some(last) = moment.witnesses.first() else { return Ok(false) };
    let swept: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name = $1")
        .bind(SWEPT_SETTING)
        .fetch_optional(&mut *conn)
        .await?;
    let swept = swept.and_then(|swept| swept.parse::<i64>().ok());
    let settled: i64 = sqlx::query_scalar(dialect::ROLLUP_SETTLED).fetch_one(&mut *conn).await?;
    if swept.is_some_and(|swept| swept >= moment.mark) || settled < moment.mark {
        return Ok(false);
    }
    let now = read_witnesses(conn, last.id, WITNESSES_AMONG).await?;
    // What was under way then may stand between them by now, and the oldest may have gone.
    let Some(oldest) = now.last() else { return Ok(false) };
    let mut kept = moment.witnesses.iter().filter(|then| then.id >= oldest.id);
    Ok(now.contains(last) && kept.all(|then| now.contains(then)))
}

/// Writes a file whole or not at all.
fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unfinished = file.with_extension("unfinished");
    std::fs::write(&unfinished, bytes)?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, file)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

impl Engine {
    /// The counters of the file, if there is one that can be followed from.
    pub async fn read_packed(&self) -> Result<Option<(Cube, Position)>> {
        let Some(file) = self.counters.file_to_read() else { return Ok(None) };
        let reading = self.counters.begin_reading();
        let read = self.read_file(file).await?;
        drop(reading);
        self.counters.note_file(read.as_ref().map(|(_, position)| position));
        Ok(read)
    }

    async fn read_file(&self, file: PathBuf) -> Result<Option<(Cube, Position)>> {
        let at = Instant::now();
        let read = move || {
            let kept = Kept::open(std::fs::read(file).ok()?)?;
            Some((Moment::read(&kept)?, kept))
        };
        let Some((moment, kept)) = tokio::task::spawn_blocking(read).await.map_err(failed)? else {
            return Ok(None);
        };
        if !follows(&mut *self.readers.acquire().await?, &moment).await? {
            return Ok(None);
        }
        let cube = tokio::task::spawn_blocking(move || kept.into_cube());
        let Some(cube) = cube.await.map_err(failed)? else { return Ok(None) };
        let position = Position { mark: moment.mark, seen: moment.seen.into_iter().collect(), at };
        Ok(Some((cube, position)))
    }

    /// Writes the counters into the file, if something has come in since that was last done.
    /// Whether it was written.
    pub async fn write_packed(&self) -> Result<bool> {
        let Some(file) = self.counters.file() else { return Ok(false) };
        let kept = self.counters.position.lock().await;
        let Some(position) = kept.clone().filter(|kept| !self.counters.is_kept(kept)) else {
            return Ok(false);
        };
        let cube = self.counters.ask(Cube::clone);
        let mut conn = self.readers.acquire().await?;
        let witnesses = read_witnesses(&mut conn, i64::MAX, WITNESSES).await?;
        drop(conn);
        drop(kept);
        let moment = Moment {
            engine: dialect::ENGINE.to_owned(),
            metrics_version: METRICS_VERSION,
            mark: position.mark,
            seen: position.seen.iter().copied().collect(),
            witnesses,
        };
        let written = move |file: PathBuf| {
            write_whole(&file, &cube.to_bytes(moment.encode_to_vec()))
                .map_err(|error| failed(format!("{}: {error}", file.display())))
        };
        tokio::task::spawn_blocking(move || written(file)).await.map_err(failed)??;
        self.counters.note_file(Some(&position));
        Ok(true)
    }
}
