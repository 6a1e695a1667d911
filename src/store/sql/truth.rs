//! The counters against their truth, which is the log of events: every log is replayed, page by
//! page. Rebuilding sums what the replayed issues count for; verifying compares that with the
//! counters, and each issue's row with what its log leads to.

use super::counters::{COUNTERS, key_of};
use super::rollups::zone_of;
use super::rows::{event_of, issue_of};
use super::{Conn, Engine, apply, dialect};
use crate::domain::id::IssueId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::{Issue, replay};
use crate::domain::metrics::contribution::{Deltas, Key, add_contribution};
use crate::store::StoreError;
use crate::store::query::CounterCheck;
use jiff::tz::TimeZone;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, StoreError>;

/// Logs that are in memory at a time.
const PAGE_LOGS: i64 = 1_000;
/// Counters that are in memory at a time. Of more, the logs are read once for each share of them.
const COUNTERS_MAX: i64 = 2_000_000;
const EXAMPLES_MAX: usize = 20;

/// The issues as the logs after the one of `after` lead to them, in order of id; none at the end.
async fn replay_page(conn: &mut Conn, after: &str) -> Result<Vec<Issue>> {
    let rows = sqlx::query(
        "SELECT * FROM event WHERE issue_id IN (SELECT DISTINCT issue_id FROM event \
         WHERE issue_id > $1 ORDER BY issue_id LIMIT $2) ORDER BY issue_id, seq",
    )
    .bind(after)
    .bind(PAGE_LOGS)
    .fetch_all(conn)
    .await?;
    let events: Vec<Event> = rows.iter().map(event_of).collect::<Result<_>>()?;
    let logs = events.chunk_by(|a, b| a.issue == b.issue);
    logs.map(|log| {
        let broken = |error| {
            StoreError::Database(format!(
                "the log of issue {} leads nowhere: {error}; hexward audit verify names what is \
                 wrong with logs",
                log[0].issue
            ))
        };
        replay(log).map_err(broken)
    })
    .collect()
}

/// Builds the counters anew; nobody else may write meanwhile. Returns the number of issues.
pub async fn rebuild(conn: &mut Conn, zone: &TimeZone) -> Result<i64> {
    sqlx::query("DELETE FROM rollup").execute(&mut *conn).await?;
    let (mut after, mut total) = (String::new(), 0);
    loop {
        let issues = replay_page(conn, &after).await?;
        let Some(last) = issues.last() else { return Ok(total) };
        after = last.id.to_string();
        let mut deltas = Deltas::new();
        issues.iter().for_each(|issue| add_contribution(&mut deltas, issue, zone, 1));
        apply::add_deltas(conn, &deltas).await?;
        total += issues.len() as i64;
    }
}

/// Compares in one moment of the database, in a task of its own, so that an asker who goes away
/// leaves no transaction open.
pub async fn check_counters(engine: &Engine, time_zone: &str) -> Result<CounterCheck> {
    let (pool, zone) = (engine.readers.clone(), zone_of(time_zone)?);
    let task = tokio::spawn(async move {
        let mut transaction = pool.begin_with(dialect::SNAPSHOT).await?;
        let answer = check_all(&mut transaction, &zone).await;
        transaction.rollback().await?;
        answer
    });
    task.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
}

async fn check_all(conn: &mut Conn, zone: &TimeZone) -> Result<CounterCheck> {
    let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM rollup WHERE n <> 0")
        .fetch_one(&mut *conn)
        .await?;
    let mut check = CounterCheck::default();
    let parts = 1 + kept.cast_unsigned() / COUNTERS_MAX.cast_unsigned();
    for part in 0..parts {
        check_part(conn, zone, (part, parts), &mut check).await?;
    }
    Ok(check)
}

/// The share of the counters that those of a cell belong to. The lowest fifteen bits of cells of
/// the counters' resolution are all alike.
fn part_of(cell: u64, parts: u64) -> u64 {
    (cell / 32_768) % parts
}

/// What a counter says, and what it should.
type Sides = BTreeMap<Key, (i64, i64)>;

async fn load_part(conn: &mut Conn, (part, parts): (u64, u64)) -> Result<Sides> {
    let text = format!("{COUNTERS} AND (cell / 32768) % $1 = $2");
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(parts.cast_signed())
        .bind(part.cast_signed())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((key_of(row, None)?, (row.try_get("n")?, 0)))).collect()
}

async fn check_part(
    conn: &mut Conn,
    zone: &TimeZone,
    (part, parts): (u64, u64),
    check: &mut CounterCheck,
) -> Result<()> {
    let mut sides = load_part(conn, (part, parts)).await?;
    let mut after = String::new();
    loop {
        let issues = replay_page(conn, &after).await?;
        if part == 0 {
            let last = issues.last().map(|issue| issue.id.to_string());
            check_rows(conn, zone, &issues, (&after, last.as_deref()), check).await?;
            check.issues += issues.len() as i64;
        }
        let Some(last) = issues.last() else { break };
        after = last.id.to_string();
        let mut deltas = Deltas::new();
        issues.iter().for_each(|issue| add_contribution(&mut deltas, issue, zone, 1));
        for (key, n) in deltas.into_iter().filter(|(k, _)| part_of(k.bin.cell, parts) == part) {
            sides.entry(key).or_default().1 += n;
        }
    }
    for (key, (has, should)) in sides {
        check.counters += usize::from(should != 0);
        if has != should {
            check.differing += 1;
            add_example(check, || {
                let Key { day, bin, measure } = &key;
                let (path, category) = (&bin.path, &bin.category);
                format!("{day} {path} {category} {measure}: kept {has}, should be {should}")
            });
        }
    }
    Ok(())
}

/// Compares the rows of issues after one id and up to another (or all that come after) with what
/// the logs lead to, as far as either counts.
async fn check_rows(
    conn: &mut Conn,
    zone: &TimeZone,
    issues: &[Issue],
    (after, last): (&str, Option<&str>),
    check: &mut CounterCheck,
) -> Result<()> {
    // Behind the last log there may be rows without one. No id begins with a tilde.
    let rows = sqlx::query("SELECT * FROM issue WHERE id > $1 AND id <= $2 ORDER BY id")
        .bind(after)
        .bind(last.unwrap_or("~"))
        .fetch_all(conn)
        .await?;
    let of = |issue: &Issue| {
        let mut deltas = Deltas::new();
        add_contribution(&mut deltas, issue, zone, 1);
        deltas
    };
    let mut pairs = BTreeMap::<IssueId, (Option<Deltas>, Option<Deltas>)>::new();
    for issue in issues {
        pairs.entry(issue.id).or_default().1 = Some(of(issue));
    }
    for row in &rows {
        let issue = issue_of(row)?;
        pairs.entry(issue.id).or_default().0 = Some(of(&issue));
    }
    for (id, (row, log)) in pairs.into_iter().filter(|(_, (row, log))| row != log) {
        check.rows_differing += 1;
        add_example(check, || match (row, log) {
            (None, _) => format!("issue {id} has a log and no row"),
            (_, None) => format!("issue {id} has a row and no log"),
            (Some(row), Some(log)) => {
                let key = row.keys().chain(log.keys()).find(|key| row.get(key) != log.get(key));
                let what =
                    key.map_or_else(String::new, |key| format!("{} {}", key.day, key.measure));
                format!("issue {id}: its row and its log count differently, first for {what}")
            }
        });
    }
    Ok(())
}

fn add_example(check: &mut CounterCheck, example: impl FnOnce() -> String) {
    if check.examples.len() < EXAMPLES_MAX {
        check.examples.push(example());
    }
}
