//! Supervision in rows: the columns of an issue, links of accounts to workers, positions that are
//! forgotten, and samples.

use super::admin::insert_logged;
use super::filter::{Over, push_issue_filter, push_scope};
use super::rows::{count, issue_of, parsed, parsed_option, split, time_option};
use super::{Conn, Engine, Query, Row, rows::ISSUE_SELECT};
use crate::domain::access::Scope;
use crate::domain::id::{AccountId, DepartmentCode, IssueId, WorkerId};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::issue::step::join;
use crate::domain::issue::supervision::{
    Appeal, AppealState, Ask, Asked, Ground, Holder, OpenOrder, Revisit, Satisfaction, Standing,
    Supervision, Task, TaskKind, Verdict, Whistle,
};
use crate::domain::time::{Day, Timestamp};
use crate::store::StoreError;
use crate::store::admin::AdminEntry;
use crate::store::change::Presence;
use crate::store::port::{SampleRow, Supervisions};
use crate::store::query::IssueFilter;
use crate::store::values::Values;
use async_trait::async_trait;
use sqlx::Row as _;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, StoreError>;

/// The columns of an issue's supervision, in the order of [`bind_supervision`].
pub const SUPERVISION_COLUMNS: &str = "contacted_at, urges, urged_at, orders, supervised_at, \
    reply_due_at, open_orders, replied_at, summoned, whistle_at, whistle_until, \
    whistle_lon, whistle_lat, whistle_standings, whistle_ended_at, whistle_on_time, \
    revisited_at, verdict, satisfaction, reopen_proposed, appeal_at, appeal_ground, \
    appeal_state, exempted, task_kind, task_worker, task_account, task_offered_at, \
    task_checked_in_at, task_passed, handled_by, asked_kind, asked_seq, asked_at, asked_until, \
    asked_by, assignee";

/// Before an exemption of an earlier round, in the same column, so that a search for it finds both.
const BEFORE: &str = "before/";

const T: &str = "issue";

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.0)
}

fn joined<V>(values: &[V], write: impl Fn(&V) -> String) -> String {
    values.iter().map(write).collect::<Vec<_>>().join(";")
}

/// Pushes the values of [`SUPERVISION_COLUMNS`].
pub fn bind_supervision(values: &mut Values<'_>, own: &Supervision) {
    let whistle = own.whistle.as_ref();
    let position = whistle.and_then(|whistle| whistle.position);
    let standings = whistle.map_or(&[][..], |whistle| &whistle.standings);
    let standing = |(code, own): &(DepartmentCode, Standing)| format!("{code}/{own}");
    values
        .push_bind(millis(own.contacted))
        .push_bind(i64::from(own.urges))
        .push_bind(millis(own.urged))
        .push_bind(i64::from(own.orders))
        .push_bind(millis(own.supervised))
        .push_bind(millis(own.reply_due()))
        .push_bind(joined(&own.open_orders, |order| format!("{}/{}", order.seq, order.until.0)))
        .push_bind(millis(own.replied))
        .push_bind(join(&own.summoned))
        .push_bind(whistle.map(|whistle| whistle.at.0))
        .push_bind(whistle.map(|whistle| whistle.until.0))
        .push_bind(position.map(|at| at.0))
        .push_bind(position.map(|at| at.1))
        .push_bind(joined(standings, standing))
        .push_bind(whistle.and_then(|whistle| millis(whistle.ended)))
        .push_bind(whistle.is_some_and(Whistle::all_on_time));
    let task = own.task.as_ref();
    let worker = task.and_then(|task| match task.holder {
        Holder::Desk => None,
        Holder::Worker { worker, .. } => Some(worker.to_string()),
    });
    values
        .push_bind(own.revisit.map(|revisit| revisit.at.0))
        .push_bind(own.revisit.map(|revisit| revisit.verdict.as_str()))
        .push_bind(own.revisit.map(|revisit| revisit.satisfaction.as_str()))
        .push_bind(own.reopen_proposed)
        .push_bind(own.appeal.map(|appeal| appeal.at.0))
        .push_bind(own.appeal.map(|appeal| appeal.ground.as_str()))
        .push_bind(own.appeal.map(|appeal| appeal.state.as_str()))
        .push_bind(exempted_text(own))
        .push_bind(task.map(|task| task.kind.as_str()))
        .push_bind(worker)
        .push_bind(task.and_then(|task| task.account()).map(|id| id.to_string()))
        .push_bind(task.map(|task| task.offered.0))
        .push_bind(task.and_then(|task| millis(task.checked_in)))
        .push_bind(task.map_or(String::new(), |task| joined(&task.passed, |id| id.to_string())))
        .push_bind(own.handled_by.map(|id| id.to_string()));
    let asked = own.asked;
    values
        .push_bind(asked.map(|asked| asked.ask.as_str()))
        .push_bind(asked.map(|asked| asked.seq))
        .push_bind(asked.map(|asked| asked.at.0))
        .push_bind(asked.and_then(|asked| millis(asked.until)))
        .push_bind(asked.and_then(|asked| asked.by).map(|id| id.to_string()))
        .push_bind(own.assignee.map(|id| id.to_string()));
}

fn exempted_text(own: &Supervision) -> String {
    let now = own.exempted.iter().map(ToString::to_string);
    let before = own.exempted_before.iter().map(|ground| format!("{BEFORE}{ground}"));
    now.chain(before).collect::<Vec<_>>().join(";")
}

/// Those of this round, or of the earlier ones.
fn exempted_of(row: &Row, of_before: bool) -> Result<Vec<Ground>> {
    let all: Vec<(bool, Ground)> = parsed(row, T, "exempted", |text| {
        list(text, |part| match part.strip_prefix(BEFORE) {
            Some(ground) => Some((true, Ground::parse(ground)?)),
            None => Some((false, Ground::parse(part)?)),
        })
    })?;
    let those = all.into_iter().filter(|(before, _)| *before == of_before);
    Ok(those.map(|(_, ground)| ground).collect())
}

fn open_order(part: &str) -> Option<OpenOrder> {
    let (seq, until) = part.split_once('/')?;
    Some(OpenOrder { seq: seq.parse().ok()?, until: Timestamp(until.parse().ok()?) })
}

fn asked_of(row: &Row) -> Result<Option<Asked>> {
    let ask = parsed_option(row, T, "asked_kind", Ask::parse)?;
    let (seq, at) = (row.try_get::<Option<i64>, _>("asked_seq")?, time_option(row, "asked_at")?);
    let (Some(ask), Some(seq), Some(at)) = (ask, seq, at) else { return Ok(None) };
    let until = time_option(row, "asked_until")?;
    let by = parsed_option(row, T, "asked_by", AccountId::parse)?;
    Ok(Some(Asked { ask, seq, at, until, by }))
}

fn list<V>(text: &str, parse: impl Fn(&str) -> Option<V>) -> Option<Vec<V>> {
    split(text).iter().map(|part| parse(part)).collect()
}

fn pair(row: &Row, x: &str, y: &str) -> Result<Option<(f64, f64)>> {
    let (x, y): (Option<f64>, Option<f64>) = (row.try_get(x)?, row.try_get(y)?);
    Ok(x.zip(y))
}

fn whistle_of(row: &Row) -> Result<Option<Whistle>> {
    let (at, until) = (time_option(row, "whistle_at")?, time_option(row, "whistle_until")?);
    let (Some(at), Some(until)) = (at, until) else { return Ok(None) };
    let standing = |part: &str| {
        let (code, standing) = part.split_once('/')?;
        Some((DepartmentCode::parse(code).ok()?, Standing::parse(standing)?))
    };
    Ok(Some(Whistle {
        at,
        until,
        position: pair(row, "whistle_lon", "whistle_lat")?,
        standings: parsed(row, T, "whistle_standings", |text| list(text, standing))?,
        ended: time_option(row, "whistle_ended_at")?,
    }))
}

fn task_of(row: &Row) -> Result<Option<Task>> {
    let kind = parsed_option(row, T, "task_kind", TaskKind::parse)?;
    let (Some(kind), Some(offered)) = (kind, time_option(row, "task_offered_at")?) else {
        return Ok(None);
    };
    let worker = parsed_option(row, T, "task_worker", WorkerId::parse)?;
    let account = parsed_option(row, T, "task_account", AccountId::parse)?;
    Ok(Some(Task {
        kind,
        holder: match worker.zip(account) {
            Some((worker, account)) => Holder::Worker { worker, account },
            None => Holder::Desk,
        },
        offered,
        checked_in: time_option(row, "task_checked_in_at")?,
        passed: parsed(row, T, "task_passed", |text| list(text, WorkerId::parse))?,
    }))
}

/// What [`bind_supervision`] wrote.
pub fn supervision_of(row: &Row) -> Result<Supervision> {
    let verdict = parsed_option(row, T, "verdict", Verdict::parse)?;
    let grade = parsed_option(row, T, "satisfaction", Satisfaction::parse)?;
    let revisited = time_option(row, "revisited_at")?;
    let ground = parsed_option(row, T, "appeal_ground", Ground::parse)?;
    let state = parsed_option(row, T, "appeal_state", AppealState::parse)?;
    let appealed = time_option(row, "appeal_at")?;
    Ok(Supervision {
        contactable: row.try_get("contactable")?,
        contacted: time_option(row, "contacted_at")?,
        urges: count(row, "urges")?,
        urged: time_option(row, "urged_at")?,
        orders: count(row, "orders")?,
        supervised: time_option(row, "supervised_at")?,
        open_orders: parsed(row, T, "open_orders", |text| list(text, open_order))?,
        replied: time_option(row, "replied_at")?,
        summoned: parsed(row, T, "summoned", |text| {
            list(text, |code| DepartmentCode::parse(code).ok())
        })?,
        whistle: whistle_of(row)?,
        revisit: match (revisited, verdict, grade) {
            (Some(at), Some(verdict), Some(satisfaction)) => {
                Some(Revisit { at, verdict, satisfaction })
            }
            _ => None,
        },
        reopen_proposed: row.try_get("reopen_proposed")?,
        appeal: match (appealed, ground, state) {
            (Some(at), Some(ground), Some(state)) => Some(Appeal { at, ground, state }),
            _ => None,
        },
        exempted: exempted_of(row, false)?,
        exempted_before: exempted_of(row, true)?,
        asked: asked_of(row)?,
        task: task_of(row)?,
        assignee: parsed_option(row, T, "assignee", AccountId::parse)?,
        handled_by: parsed_option(row, T, "handled_by", AccountId::parse)?,
    })
}

/// Keeps where somebody stood.
pub async fn insert_presence(conn: &mut Conn, presence: &Presence) -> Result<()> {
    sqlx::query(
        "INSERT INTO presence (issue_id, seq, account_id, lon, lat, at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(presence.issue.to_string())
    .bind(presence.seq)
    .bind(presence.account.to_string())
    .bind(presence.position.0)
    .bind(presence.position.1)
    .bind(presence.at.0)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

async fn link(conn: &mut Conn, account: AccountId, worker: Option<WorkerId>) -> Result<()> {
    sqlx::query("DELETE FROM account_worker WHERE account_id = $1")
        .bind(account.to_string())
        .execute(&mut *conn)
        .await?;
    let Some(worker) = worker else { return Ok(()) };
    let written = sqlx::query(
        "INSERT INTO account_worker (account_id, worker_id) VALUES ($1, $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(account.to_string())
    .bind(worker.to_string())
    .execute(&mut *conn)
    .await?;
    match written.rows_affected() {
        0 => Err(StoreError::Taken("worker")),
        _ => Ok(()),
    }
}

async fn keep_sample(conn: &mut Conn, sample: &SampleRow, issues: &[IssueId]) -> Result<()> {
    sqlx::query(
        "INSERT INTO sample (id, author, at, seed, from_day, to_day, area, kind, share, size, \
         population, covers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&sample.id)
    .bind(sample.author.to_string())
    .bind(sample.at.0)
    .bind(sample.seed)
    .bind(i64::from(sample.from.0))
    .bind(i64::from(sample.to.0))
    .bind(&sample.area)
    .bind(sample.kind.map(|kind| kind.as_str()))
    .bind(sample.share)
    .bind(sample.size)
    .bind(sample.population)
    .bind(&sample.covers)
    .execute(&mut *conn)
    .await?;
    for (issue, ordinal) in issues.iter().zip(0i64..) {
        sqlx::query("INSERT INTO sample_issue (sample_id, ordinal, issue_id) VALUES ($1, $2, $3)")
            .bind(&sample.id)
            .bind(ordinal)
            .bind(issue.to_string())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

fn sample_of(row: &Row) -> Result<SampleRow> {
    let day = |column| -> Result<Day> {
        let day: i64 = row.try_get(column)?;
        i32::try_from(day).map(Day).map_err(|_| StoreError::Corrupt {
            table: "sample",
            column,
            value: day.to_string(),
        })
    };
    Ok(SampleRow {
        id: row.try_get("id")?,
        author: parsed(row, "sample", "author", AccountId::parse)?,
        at: Timestamp(row.try_get("at")?),
        seed: row.try_get("seed")?,
        from: day("from_day")?,
        to: day("to_day")?,
        area: row.try_get("area")?,
        kind: parsed_option(row, "sample", "kind", Kind::parse)?,
        share: row.try_get("share")?,
        size: row.try_get("size")?,
        population: row.try_get("population")?,
        covers: row.try_get("covers")?,
    })
}

#[async_trait]
impl Supervisions for Engine {
    async fn list_tasks(&self, account: AccountId, desk: Option<&Scope>) -> Result<Vec<Issue>> {
        let mut query = Query::new(format!("SELECT {ISSUE_SELECT} FROM issue WHERE "));
        query.push("state IN ('verifying', 'inspecting') AND task_kind IS NOT NULL AND (");
        query.push("task_account = ").push_bind(account.to_string());
        if let Some(desk) = desk {
            query.push(" OR (task_account IS NULL AND ");
            push_scope(&mut query, desk, Over::Issues);
            query.push(")");
        }
        query.push(") ORDER BY task_offered_at, id LIMIT 500");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(issue_of).collect()
    }

    async fn count_assigned(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, i64>> {
        let mut query = Query::new("SELECT assignee, COUNT(*) AS n FROM issue WHERE ");
        query.push("state IN ('dispatched', 'handling', 'suspended') AND assignee IN (''");
        for account in accounts {
            query.push(", ").push_bind(account.to_string());
        }
        query.push(") GROUP BY assignee");
        let rows = query.build().fetch_all(&self.readers).await?;
        let counted = rows
            .iter()
            .map(|row| Ok((parsed(row, T, "assignee", AccountId::parse)?, row.try_get("n")?)));
        counted.collect()
    }

    async fn list_ids(&self, filter: &IssueFilter, scope: &Scope) -> Result<Vec<IssueId>> {
        let mut query = Query::new("SELECT id FROM issue WHERE ");
        push_scope(&mut query, scope, Over::of(filter));
        push_issue_filter(&mut query, filter);
        query.push(" ORDER BY id");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| parsed(row, T, "id", IssueId::parse)).collect()
    }

    async fn link_worker(
        &self,
        account: AccountId,
        worker: Option<WorkerId>,
        log: Option<AdminEntry>,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                link(conn, account, worker).await?;
                insert_logged(conn, log.as_ref()).await
            })
        })
        .await
    }

    async fn list_worker_links(&self) -> Result<Vec<(WorkerId, AccountId)>> {
        const LINK: &str = "account_worker";
        let rows = sqlx::query("SELECT worker_id, account_id FROM account_worker ORDER BY 1")
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let worker = parsed(row, LINK, "worker_id", WorkerId::parse)?;
                Ok((worker, parsed(row, LINK, "account_id", AccountId::parse)?))
            })
            .collect()
    }

    async fn list_presences(&self, issue: IssueId) -> Result<Vec<Presence>> {
        let rows = sqlx::query("SELECT * FROM presence WHERE issue_id = $1 ORDER BY seq")
            .bind(issue.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Presence {
                    issue,
                    seq: row.try_get("seq")?,
                    account: parsed(row, "presence", "account_id", AccountId::parse)?,
                    position: (row.try_get("lon")?, row.try_get("lat")?),
                    at: Timestamp(row.try_get("at")?),
                })
            })
            .collect()
    }

    async fn insert_sample(&self, sample: SampleRow, issues: Vec<IssueId>) -> Result<()> {
        self.write(move |conn| Box::pin(async move { keep_sample(conn, &sample, &issues).await }))
            .await
    }

    async fn list_samples(&self, limit: usize) -> Result<Vec<SampleRow>> {
        let rows = sqlx::query("SELECT * FROM sample ORDER BY at DESC, id LIMIT $1")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(sample_of).collect()
    }

    async fn find_sample(&self, id: &str) -> Result<Option<SampleRow>> {
        let row = sqlx::query("SELECT * FROM sample WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(sample_of).transpose()
    }

    async fn list_sampled(&self, sample: &str, scope: &Scope) -> Result<Vec<Issue>> {
        let mut query = Query::new(format!(
            "SELECT {ISSUE_SELECT} FROM sample_issue JOIN issue ON issue.id = issue_id \
             WHERE sample_id = "
        ));
        query.push_bind(sample).push(" AND ");
        push_scope(&mut query, scope, Over::Issues);
        query.push(" ORDER BY ordinal");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(issue_of).collect()
    }

    async fn forget(&self, keys_before: Timestamp, places_before: Timestamp) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                let forgotten = [
                    ("DELETE FROM idempotency WHERE at < $1", keys_before),
                    ("DELETE FROM presence WHERE at < $1", places_before),
                    (
                        "UPDATE attachment SET taken_lon = NULL, taken_lat = NULL \
                         WHERE at < $1 AND taken_lon IS NOT NULL",
                        places_before,
                    ),
                ];
                for (text, before) in forgotten {
                    sqlx::query(text).bind(before.0).execute(&mut *conn).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
