//! What administrators did, who opened sealed records, runs of the audit.

use super::rows::{parsed, parsed_option, time_option};
use super::{Conn, Engine, Query, Row};
use crate::domain::id::{AccountId, IssueId};
use crate::domain::issue::event::EventActor;
use crate::domain::issue::state::Action;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::admin::{AdminEntry, Admins, AuditRun, AuditState, LogQuery, PartiesRead};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

/// Writes an entry inside the transaction of what was done.
pub async fn insert_entry(conn: &mut Conn, entry: &AdminEntry) -> Result<()> {
    sqlx::query(
        "INSERT INTO admin_log (id, at, actor, what, subject, facts) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&entry.id)
    .bind(entry.at.0)
    .bind(entry.actor.map(|id| id.to_string()))
    .bind(&entry.what)
    .bind(&entry.subject)
    .bind(&entry.facts)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// As [`insert_entry`], where something was done by an administrator.
pub async fn insert_logged(conn: &mut Conn, entry: Option<&AdminEntry>) -> Result<()> {
    match entry {
        Some(entry) => insert_entry(conn, entry).await,
        None => Ok(()),
    }
}

fn entry_of(row: &Row) -> Result<AdminEntry> {
    Ok(AdminEntry {
        id: row.try_get("id")?,
        at: Timestamp(row.try_get("at")?),
        actor: parsed_option(row, "admin_log", "actor", AccountId::parse)?,
        what: row.try_get("what")?,
        subject: row.try_get("subject")?,
        facts: row.try_get("facts")?,
    })
}

fn run_of(row: &Row) -> Result<AuditRun> {
    Ok(AuditRun {
        id: row.try_get("id")?,
        state: parsed(row, "audit_run", "state", AuditState::parse)?,
        actor: parsed_option(row, "audit_run", "actor", AccountId::parse)?,
        started: Timestamp(row.try_get("started_at")?),
        beat: Timestamp(row.try_get("beat_at")?),
        ended: time_option(row, "ended_at")?,
        issues: row.try_get("issues")?,
        events: row.try_get("events")?,
        faulty: row.try_get("faulty")?,
        sealed_unread: row.try_get("sealed_unread")?,
        faults: row.try_get("faults")?,
    })
}

fn push_times(query: &mut Query, asked: &LogQuery, column: &str) {
    if let Some(from) = asked.from {
        query.push(format!(" AND {column} >= ")).push_bind(from.0);
    }
    if let Some(until) = asked.until {
        query.push(format!(" AND {column} < ")).push_bind(until.0);
    }
}

fn limit_of(asked: &LogQuery) -> i64 {
    i64::try_from(asked.limit).unwrap_or(i64::MAX)
}

fn entries_of(asked: &LogQuery) -> Query {
    let mut query = Query::new("SELECT * FROM admin_log WHERE 1 = 1");
    if let Some(actor) = asked.actor {
        query.push(" AND actor = ").push_bind(actor.to_string());
    }
    if let Some(sort) = &asked.sort {
        let prefix = format!("{sort}.");
        query.push(format!(" AND SUBSTR(what, 1, {}) = ", prefix.chars().count()));
        query.push_bind(prefix);
    }
    push_times(&mut query, asked, "at");
    if let Some((at, id)) = &asked.after {
        query.push(" AND (at, id) < (").push_bind(at.0);
        query.push(", ").push_bind(id.clone()).push(")");
    }
    query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(limit_of(asked));
    query
}

/// `account:` and the 36 characters of an id.
const ACCOUNT_CHARS: usize = 44;

fn reads_of(asked: &LogQuery) -> Query {
    let mut query = Query::new(format!(
        "SELECT event.issue_id AS issue_id, event.seq AS seq, event.at AS at, \
         event.actor AS actor, issue.number AS number FROM event \
         JOIN issue ON issue.id = event.issue_id WHERE event.action = '{}'",
        Action::ReadParties.as_str()
    ));
    if let Some(actor) = asked.actor {
        query.push(format!(" AND SUBSTR(event.actor, 1, {ACCOUNT_CHARS}) = "));
        query.push_bind(format!("account:{actor}"));
    }
    push_times(&mut query, asked, "event.at");
    if let Some((at, id)) = &asked.after {
        let (issue, seq) = id.split_once(' ').unwrap_or((id, "0"));
        query.push(" AND (event.at, event.issue_id, event.seq) < (").push_bind(at.0);
        query.push(", ").push_bind(issue.to_owned());
        query.push(", ").push_bind(seq.parse::<i64>().unwrap_or(0)).push(")");
    }
    query.push(" ORDER BY event.at DESC, event.issue_id DESC, event.seq DESC LIMIT ");
    query.push_bind(limit_of(asked));
    query
}

async fn begin(conn: &mut Conn, run: &AuditRun, lost_before: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE audit_run SET state = 'lost', slot = NULL, ended_at = $1 \
         WHERE slot IS NOT NULL AND beat_at < $2",
    )
    .bind(run.started.0)
    .bind(lost_before.0)
    .execute(&mut *conn)
    .await?;
    let written = sqlx::query(
        "INSERT INTO audit_run (id, state, slot, actor, started_at, beat_at, issues, events, \
         faulty, sealed_unread, faults) VALUES ($1, 'running', 1, $2, $3, $4, 0, 0, 0, 0, '[]') \
         ON CONFLICT DO NOTHING",
    )
    .bind(&run.id)
    .bind(run.actor.map(|id| id.to_string()))
    .bind(run.started.0)
    .bind(run.beat.0)
    .execute(&mut *conn)
    .await?;
    match written.rows_affected() {
        0 => Err(StoreError::Taken("the audit")),
        _ => Ok(()),
    }
}

async fn end(conn: &mut Conn, run: &AuditRun) -> Result<bool> {
    let written = sqlx::query(
        "UPDATE audit_run SET state = $1, slot = NULL, ended_at = $2, beat_at = $2, issues = $3, \
         events = $4, faulty = $5, sealed_unread = $6, faults = $7 \
         WHERE id = $8 AND slot IS NOT NULL",
    )
    .bind(run.state.as_str())
    .bind(run.beat.0)
    .bind(run.issues)
    .bind(run.events)
    .bind(run.faulty)
    .bind(run.sealed_unread)
    .bind(&run.faults)
    .bind(&run.id)
    .execute(&mut *conn)
    .await?;
    Ok(written.rows_affected() > 0)
}

#[async_trait]
impl Admins for Engine {
    async fn append_admin(&self, entry: AdminEntry) -> Result<()> {
        self.write(move |conn| Box::pin(async move { insert_entry(conn, &entry).await })).await
    }

    async fn list_admin(&self, query: &LogQuery) -> Result<Vec<AdminEntry>> {
        let rows = entries_of(query).build().fetch_all(&self.readers).await?;
        rows.iter().map(entry_of).collect()
    }

    async fn list_parties_reads(&self, query: &LogQuery) -> Result<Vec<PartiesRead>> {
        let rows = reads_of(query).build().fetch_all(&self.readers).await?;
        let read_of = |row: &Row| {
            Ok(PartiesRead {
                issue: parsed(row, "event", "issue_id", IssueId::parse)?,
                number: row.try_get("number")?,
                seq: row.try_get("seq")?,
                at: Timestamp(row.try_get("at")?),
                actor: parsed(row, "event", "actor", EventActor::parse)?,
            })
        };
        rows.iter().map(read_of).collect()
    }

    async fn begin_audit(&self, run: AuditRun, lost_before: Timestamp) -> Result<()> {
        self.write(move |conn| Box::pin(async move { begin(conn, &run, lost_before).await })).await
    }

    async fn beat_audit(&self, id: &str, issues: i64, at: Timestamp) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let written = sqlx::query(
                    "UPDATE audit_run SET issues = $1, beat_at = $2 \
                     WHERE id = $3 AND slot IS NOT NULL",
                )
                .bind(issues)
                .bind(at.0)
                .bind(id)
                .execute(&mut *conn)
                .await?;
                Ok(written.rows_affected() > 0)
            })
        })
        .await
    }

    async fn end_audit(&self, run: AuditRun) -> Result<bool> {
        self.write(move |conn| Box::pin(async move { end(conn, &run).await })).await
    }

    async fn list_audits(&self, limit: usize) -> Result<Vec<AuditRun>> {
        let rows =
            sqlx::query("SELECT * FROM audit_run ORDER BY started_at DESC, id DESC LIMIT $1")
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(run_of).collect()
    }
}
