//! Counters as they stood at an instant, told by the log of events.
//!
//! Forward: every log is replayed up to the instant and its issue is counted. Back: the counters as
//! they are now, less what the issues touched since count for now, plus what they counted for then.
//! The first is the slow truth of the second; both read one moment of the database.

use super::filter::{Over, part_of, push_cells, push_issue_filter, push_scope};
use super::rollups::{sum_beyond, sum_counters, sum_standing};
use super::rows::{event_of, parsed};
use super::{Conn, Db, Engine, Query, dialect};
use crate::domain::access::Scope;
use crate::domain::cell::descendant_interval;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::replay;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::standing::stand_at;
use crate::domain::time::Day;
use crate::store::StoreError;
use crate::store::ledger::Ledger;
use crate::store::query::{AsOf, Counted, IssueFilter, Standing, Way};
use futures::TryStreamExt;
use sqlx::Row as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

type Result<T> = std::result::Result<T, StoreError>;

/// How many such questions are worked on at a time: each reads much and holds a connection.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Answers in a task of its own, so that an asker who goes away leaves no transaction open.
pub async fn stand(engine: &Engine, question: &AsOf, scope: &Scope) -> Result<Standing> {
    let turn = TURNS.acquire().await.map_err(|e| StoreError::Unavailable(e.to_string()))?;
    let turn = Arc::new(turn);
    let ask = |pool: sqlx::Pool<Db>| {
        let (turn, question, scope) = (turn.clone(), question.clone(), scope.clone());
        let task = tokio::spawn(async move {
            let _turn = turn;
            let mut transaction = pool.begin_with(dialect::SNAPSHOT).await?;
            let answer = read(&mut transaction, &question, &scope).await;
            transaction.rollback().await?;
            answer
        });
        async { task.await.map_err(|error| StoreError::Unavailable(error.to_string()))? }
    };
    engine.read_long(ask).await
}

async fn read(conn: &mut Conn, question: &AsOf, scope: &Scope) -> Result<Standing> {
    let way = match question.way {
        Way::Shorter => shorter_way(conn, question).await?,
        chosen => chosen,
    };
    let mut ledger = Ledger::new(question, scope);
    if way == Way::Back {
        seed(conn, &mut ledger, question, scope).await?;
    }
    let text = match way {
        Way::Back => {
            "SELECT * FROM event WHERE issue_id IN (SELECT issue_id FROM event WHERE at > $1) \
             ORDER BY issue_id, seq"
        }
        _ => "SELECT * FROM event WHERE at <= $1 ORDER BY issue_id, seq",
    };
    let mut rows = sqlx::query(text).bind(question.at.0).fetch(&mut *conn);
    let (mut log, mut events) = (Vec::<Event>::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let event = event_of(&row)?;
        events += 1;
        if log.first().is_some_and(|first| first.issue != event.issue) {
            take(&mut ledger, &log, question, way)?;
            log.clear();
        }
        log.push(event);
    }
    take(&mut ledger, &log, question, way)?;
    Ok(ledger.finish(events))
}

/// Counts one issue as it stood and, on the way back, takes away what it counts for now.
fn take(ledger: &mut Ledger<'_>, log: &[Event], question: &AsOf, way: Way) -> Result<()> {
    let Some(first) = log.first() else { return Ok(()) };
    let unreadable =
        |error| StoreError::Database(format!("the log of issue {}: {error}", first.issue));
    if let Some(then) = stand_at(log, question.at).map_err(unreadable)? {
        ledger.add(&then, 1);
    }
    if way == Way::Back {
        ledger.add(&replay(log).map_err(unreadable)?, -1);
    }
    Ok(())
}

/// Back when fewer events came after the instant than before it.
async fn shorter_way(conn: &mut Conn, question: &AsOf) -> Result<Way> {
    // Feed numbers may have gaps, which matter little here.
    let all: Option<i64> =
        sqlx::query_scalar("SELECT MAX(feed) FROM event").fetch_one(&mut *conn).await?;
    let after: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM event WHERE at > $1")
        .bind(question.at.0)
        .fetch_one(&mut *conn)
        .await?;
    Ok(if after <= all.unwrap_or(0) - after { Way::Back } else { Way::Forward })
}

/// Puts in what the counters say now.
async fn seed(
    conn: &mut Conn,
    ledger: &mut Ledger<'_>,
    question: &AsOf,
    scope: &Scope,
) -> Result<()> {
    let filter = &question.filter;
    let always = filter.always();
    for (at, group) in question.groups.iter().enumerate() {
        let sums = sum_counters(conn, filter, *group, scope).await?;
        let open = match filter.wants(Measure::Open) {
            true => sum_standing(conn, Measure::Open, &always, *group, scope).await?,
            false => Vec::new(),
        };
        ledger.seed(at, sums, open);
        if filter.wants(Measure::OpenOverdue) {
            let by = (question.at, &question.zone);
            ledger.seed_overdue(at, sum_beyond(conn, &always, *group, scope, by).await?);
        }
    }
    ledger.seed_states(count_states(conn, question, scope).await?);
    Ok(())
}

/// The issues reported in the window by the state that they are in now.
async fn count_states(
    conn: &mut Conn,
    question: &AsOf,
    scope: &Scope,
) -> Result<Vec<(State, i64)>> {
    let (filter, zone) = (&question.filter, &question.zone);
    let after = |day: Day| Day(day.0.saturating_add(1)).start_in(zone);
    let issues = IssueFilter {
        kind: filter.kind,
        category: filter.category.clone(),
        department: filter.department.clone(),
        area: filter.area.clone(),
        counted: Some(Counted {
            measure: Measure::Reported,
            except: Vec::new(),
            from: filter.from.map(|day| day.start_in(zone)),
            before: filter.to.map(after),
        }),
        ..IssueFilter::default()
    };
    let mut query = Query::new("SELECT state, COUNT(*) AS n FROM issue WHERE ");
    push_scope(&mut query, scope, Over::Counted);
    push_issue_filter(&mut query, &issues);
    // Counters have coarser cells than issues.
    let finest = filter.bounds_cells.as_ref().map(|intervals| fine_cells(intervals));
    push_cells(&mut query, &format!("{} AND ", part_of(&issues)), finest.as_deref());
    query.push(" GROUP BY state");
    let rows = query.build().fetch_all(conn).await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "issue", "state", State::parse)?, row.try_get("n")?)))
        .collect()
}

/// Intervals of the cells of counters as intervals of the cells of issues.
fn fine_cells(intervals: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let within = |cell| descendant_interval(cell, h3o::Resolution::Eleven);
    let fine = intervals.iter().filter_map(|(low, high)| Some((within(*low)?.0, within(*high)?.1)));
    fine.collect()
}
