//! The log of what was added to the counters, and the counters in memory that follow it.
//!
//! Sums do not depend on the order in which they are added up, so a row of the log is read as soon
//! as it can be seen, and the numbers of those that were read are kept until no other can appear
//! before them.

use super::insert::inserts_of;
use super::packed::SWEPT_SETTING;
use super::packs::put_setting;
use super::{Conn, Engine, Row, dialect};
use super::{Insert, run_all};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Bin, Deltas, Key, Measure};
use crate::domain::time::{Day, MINUTE_MS};
use crate::store::StoreError;
use crate::store::counters::Position;
use crate::store::cube::Cube;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Row as _};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, StoreError>;

/// Counters that a question may wait for; more of them are loaded while the table answers.
const LOADED_AT_ONCE_MAX: i64 = 200_000;
/// How long rows of the log are kept, and how many at least, whatever the clock says.
const KEPT_MS: i64 = 5 * MINUTE_MS;
const KEPT_ROWS: i64 = 100_000;
/// After how long the log is not read on, because rows may be gone.
const LOST_AFTER: Duration = Duration::from_secs(120);
/// How long a question waits for whoever brings the counters up to date.
const PATIENCE: Duration = Duration::from_millis(200);
/// The same while they are read from a file, which takes less time than to add up the table.
const PATIENCE_READING: Duration = Duration::from_secs(10);

/// Writes what is added to the counters into their log.
pub fn log_of(deltas: &Deltas) -> Vec<Insert> {
    if deltas.is_empty() { Vec::new() } else { log_row(&body_of(deltas)) }
}

/// Says that all counters were built anew.
pub async fn log_rebuilt(conn: &mut Conn) -> Result<()> {
    run_all(conn, log_row("")).await?;
    Ok(())
}

fn log_row(body: &str) -> Vec<Insert> {
    inserts_of(("INSERT INTO rollup_log (body)", ""), &[body], |row, body| {
        row.push_bind(*body);
    })
}

/// Counters by bin: a line each, the bin's parts and its counters apart by tabs.
fn body_of(deltas: &Deltas) -> String {
    let mut bins: Vec<(&Key, i64)> = deltas.iter().map(|(key, n)| (key, *n)).collect();
    bins.sort_by_key(|(key, _)| &key.bin);
    let mut body = String::new();
    for group in bins.chunk_by(|a, b| a.0.bin == b.0.bin) {
        let bin = &group[0].0.bin;
        let department = bin.department.as_ref().map_or("", |code| code.as_str());
        let (path, cell, kind) = (&bin.path, bin.cell, bin.kind);
        // Writing to a string cannot fail.
        let _ = write!(body, "{path}\t{cell}\t{kind}\t{}\t{department}", bin.category);
        for (key, n) in group {
            let _ = write!(body, "\t{} {} {n}", key.day.0, key.measure);
        }
        body.push('\n');
    }
    body
}

fn counters_of(body: &str) -> Option<Vec<(Key, i64)>> {
    let mut counters = Vec::new();
    for line in body.lines() {
        let mut parts = line.split('\t');
        let bin = Bin {
            path: parts.next()?.to_owned(),
            cell: parts.next()?.parse().ok()?,
            kind: Kind::parse(parts.next()?)?,
            category: CategoryCode::parse(parts.next()?).ok()?,
            department: DepartmentCode::parse(parts.next()?).ok(),
        };
        for counter in parts {
            let mut words = counter.split(' ');
            let day = Day(words.next()?.parse().ok()?);
            let measure = Measure::parse(words.next()?)?;
            counters.push((Key { day, bin: bin.clone(), measure }, words.next()?.parse().ok()?));
        }
    }
    Some(counters)
}

/// Rows of the log from a mark on: number, mark, body.
async fn read_log(conn: &mut Conn, mark: i64) -> Result<Vec<(i64, i64, String)>> {
    let text = format!(
        "SELECT id, {0} AS mark, body FROM rollup_log WHERE {0} >= $1 ORDER BY id",
        dialect::ROLLUP_MARK
    );
    let rows = sqlx::query(AssertSqlSafe(text)).bind(mark).fetch_all(conn).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("id")?, row.try_get("mark")?, row.try_get("body")?)))
        .collect()
}

async fn find_settled(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar(dialect::ROLLUP_SETTLED).fetch_one(conn).await?)
}

/// All counters, in the order of [`key_of`], which goes by position: quicker for many rows.
pub const COUNTERS: &str = "SELECT day, path, cell, kind, category, department, measure, n \
    FROM rollup WHERE n <> 0";

/// The key of a counter; `last` is that of the row before, whose bin is often the same.
pub fn key_of(row: &Row, last: Option<Key>) -> Result<Key> {
    fn word<T>(text: &str, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let corrupt = || StoreError::Corrupt { table: "rollup", column, value: text.to_owned() };
        parse(text).ok_or_else(corrupt)
    }
    let (day, cell): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
    let day = i32::try_from(day).map_err(|_| StoreError::Corrupt {
        table: "rollup",
        column: "day",
        value: day.to_string(),
    })?;
    let measure = word(row.try_get(6)?, "measure", Measure::parse)?;
    let (path, kind): (&str, &str) = (row.try_get(1)?, row.try_get(3)?);
    let (category, department): (&str, &str) = (row.try_get(4)?, row.try_get(5)?);
    let same = last.filter(|Key { bin, .. }| {
        bin.cell == cell.cast_unsigned()
            && bin.path == path
            && bin.kind.as_str() == kind
            && bin.category.as_str() == category
            && bin.department.as_ref().map_or("", |code| code.as_str()) == department
    });
    let bin = match same {
        Some(same) => same.bin,
        None => Bin {
            path: path.to_owned(),
            cell: cell.cast_unsigned(),
            kind: word(kind, "kind", Kind::parse)?,
            category: word(category, "category", |code| CategoryCode::parse(code).ok())?,
            department: DepartmentCode::parse(department).ok(),
        },
    };
    Ok(Key { day: Day(day), bin, measure })
}

/// All counters of one moment of the database, and where the log stood then.
async fn load(engine: &Engine) -> Result<(Cube, Position)> {
    let at = Instant::now();
    let mut transaction = engine.readers.begin_with(dialect::SNAPSHOT).await?;
    let mark = find_settled(&mut transaction).await?;
    let seen = read_log(&mut transaction, mark).await?.into_iter().map(|(id, ..)| id).collect();
    let mut cube = Cube::default();
    let mut rows = sqlx::query(COUNTERS).fetch(&mut *transaction);
    let mut last = None;
    while let Some(row) = rows.try_next().await? {
        let key = key_of(&row, last)?;
        cube.add(&key, row.try_get(7)?);
        last = Some(key);
    }
    drop(rows);
    transaction.rollback().await?;
    Ok((cube, Position { mark, seen, at }))
}

impl Engine {
    async fn read_on(&self, position: &mut Position) -> Result<bool> {
        let at = Instant::now();
        let mut conn = self.readers.acquire().await?;
        // Asked for first: what appears meanwhile is at or after it.
        let settled = find_settled(&mut conn).await?;
        let rows = read_log(&mut conn, position.mark).await?;
        let fresh = rows.iter().filter(|(id, ..)| !position.seen.contains(id));
        let mut counters = Vec::new();
        for (id, _, body) in fresh {
            if body.is_empty() {
                return Ok(false);
            }
            counters.extend(counters_of(body).ok_or_else(|| StoreError::Corrupt {
                table: "rollup_log",
                column: "body",
                value: id.to_string(),
            })?);
        }
        let beyond = rows.iter().filter(|(_, mark, _)| *mark >= settled);
        *position = Position { mark: settled, seen: beyond.map(|(id, ..)| *id).collect(), at };
        if !counters.is_empty() {
            self.counters.change(|cube| counters.iter().for_each(|(key, n)| cube.add(key, *n)));
        }
        Ok(true)
    }

    /// Brings the counters in memory up to what can be seen now; whether they are there. When they
    /// are not, and there are more than `at_once_max`, they are left for another time.
    pub async fn catch_up(&self, at_once_max: i64) -> Result<bool> {
        // Somebody may be loading them, which can take a while.
        let patience = if self.counters.is_reading() { PATIENCE_READING } else { PATIENCE };
        let position = tokio::time::timeout(patience, self.counters.position.lock()).await;
        let Ok(mut position) = position else { return Ok(false) };
        self.catch_up_from(&mut position, at_once_max).await
    }

    async fn catch_up_from(&self, kept: &mut Option<Position>, at_once_max: i64) -> Result<bool> {
        let fresh = |position: &Position| position.at.elapsed() < LOST_AFTER;
        if let Some(position) = kept.as_mut().filter(|position| fresh(position))
            && self.read_on(position).await?
        {
            self.counters.pack_if_loose();
            return Ok(true);
        }
        *kept = None;
        if let Some((cube, mut position)) = self.read_packed().await? {
            self.counters.change(|own| *own = cube);
            if self.read_on(&mut position).await? {
                *kept = Some(position);
                self.counters.pack_if_loose();
                return Ok(true);
            }
        }
        let many: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT 1 FROM rollup LIMIT $1) AS found")
                .bind(at_once_max.saturating_add(1))
                .fetch_one(&self.readers)
                .await?;
        if many > at_once_max {
            return Ok(false);
        }
        let (cube, position) = load(self).await?;
        // Long work on a thread for it, so that requests are answered meanwhile.
        let packed = tokio::task::spawn_blocking(move || cube.into_packed()).await;
        let cube = packed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.counters.change(|own| *own = cube);
        *kept = Some(position);
        Ok(true)
    }

    /// As [`Engine::catch_up`] for whoever asks a question.
    pub async fn has_counters(&self) -> Result<bool> {
        self.catch_up(LOADED_AT_ONCE_MAX).await
    }

    /// Removes rows of the log that all nodes have read.
    pub async fn sweep_counter_log(&self) -> Result<()> {
        // A clock that leaps must not take what was written a moment ago.
        let text = format!(
            "DELETE FROM rollup_log WHERE at < {} - $1 \
             AND id <= (SELECT MAX(id) FROM rollup_log) - $2 RETURNING {}",
            dialect::NOW_MS,
            dialect::ROLLUP_MARK
        );
        self.write(move |conn| {
            Box::pin(async move {
                let delete = sqlx::query_scalar(AssertSqlSafe(text)).bind(KEPT_MS).bind(KEPT_ROWS);
                let gone: Vec<i64> = delete.fetch_all(&mut *conn).await?;
                let Some(last) = gone.into_iter().max() else { return Ok(()) };
                // Whoever comes with counters from before knows by it that he has missed some.
                let swept: Option<String> =
                    sqlx::query_scalar("SELECT value FROM setting WHERE name = $1")
                        .bind(SWEPT_SETTING)
                        .fetch_optional(&mut *conn)
                        .await?;
                let swept = swept.and_then(|swept| swept.parse::<i64>().ok()).unwrap_or(0);
                put_setting(conn, SWEPT_SETTING, &last.max(swept).to_string()).await
            })
        })
        .await
    }
}
