//! Stays of issues in states, told by the log of events.

use super::filter::{Over, push_issue_filter, push_scope};
use super::rows::parsed;
use super::{Db, Engine, Query};
use crate::domain::access::Scope;
use crate::domain::issue::state::State;
use crate::domain::metrics::dwell::{Stay, Step, stays_of};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::flow::{Flows, StayQuery};
use crate::store::query::IssueFilter;
use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::Row as _;
use tokio::sync::Semaphore;

type Result<T> = std::result::Result<T, StoreError>;

/// How many such questions are worked on at a time: each reads much and holds a connection.
static TURNS: Semaphore = Semaphore::const_new(2);

/// What the log writes beside a step whose time is not known.
const INFERRED: &str = "%\"time_inferred\":\"true\"%";

fn question(query: &StayQuery, scope: &Scope) -> Query {
    let mut sql = Query::new("SELECT issue_id, at, to_state, CASE WHEN facts LIKE ");
    sql.push_bind(INFERRED).push(" THEN 1 ELSE 0 END AS inferred FROM event WHERE at <= ");
    sql.push_bind(query.as_of.0);
    sql.push(" AND issue_id IN (SELECT issue_id FROM event WHERE at >= ");
    sql.push_bind(query.from.0).push(" AND at < ").push_bind(query.before.0);
    sql.push(") AND issue_id IN (SELECT id FROM issue WHERE ");
    push_scope(&mut sql, scope, Over::Counted);
    let filter = &query.filter;
    let issues = IssueFilter {
        kind: filter.kind,
        category: filter.category.clone(),
        area: filter.area.clone(),
        ..IssueFilter::default()
    };
    push_issue_filter(&mut sql, &issues);
    if let Some(department) = &filter.department {
        sql.push(" AND lead = ").push_bind(department.as_str().to_owned());
    }
    sql.push(") ORDER BY issue_id, seq");
    sql
}

#[async_trait]
impl Flows for Engine {
    async fn list_stays(&self, query: &StayQuery, scope: &Scope) -> Result<Vec<Stay>> {
        let turn = TURNS.acquire().await;
        let _turn = turn.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.read_long(|pool| read_stays(pool, query, scope)).await
    }
}

async fn read_stays(pool: sqlx::Pool<Db>, query: &StayQuery, scope: &Scope) -> Result<Vec<Stay>> {
    let mut sql = question(query, scope);
    let mut rows = sql.build().fetch(&pool);
    let (mut stays, mut steps) = (Vec::new(), Vec::<Step>::new());
    let mut issue = String::new();
    while let Some(row) = rows.try_next().await? {
        let id: &str = row.try_get("issue_id")?;
        if id != issue {
            take(&mut stays, &steps, query);
            steps.clear();
            id.clone_into(&mut issue);
        }
        steps.push(Step {
            at: Timestamp(row.try_get("at")?),
            to: parsed(&row, "event", "to_state", State::parse)?,
            inferred: row.try_get::<i32, _>("inferred")? == 1,
        });
    }
    take(&mut stays, &steps, query);
    Ok(stays)
}

/// Keeps the stays of one issue that began in the window.
fn take(stays: &mut Vec<Stay>, steps: &[Step], query: &StayQuery) {
    let window = query.from..query.before;
    stays.extend(stays_of(steps).into_iter().filter(|stay| window.contains(&stay.from)));
}
