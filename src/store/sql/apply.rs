//! Writing a change: facts and effects in one transaction.

use super::care::CARE_COLUMNS;
use super::counters::log_of;
use super::insert::{inserts_of, push_values};
use super::rows::{ISSUE_COLUMNS, bind_issue, bind_later, facts_text, is_untouched};
use super::supervision::{SUPERVISION_COLUMNS, insert_presence};
use super::{Conn, Insert, Query, run_all};
use crate::domain::id::IssueId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::metrics::contribution::Deltas;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::change::{
    Applied, Attachment, Change, Idempotency, ImportRun, Save, StoredRoute,
};
use crate::store::error::{EXTERNAL_ID, NUMBER};
use crate::store::values::Values;
use sqlx::Row as _;
use std::sync::LazyLock;

/// A new issue, of which nothing is written that its columns say by themselves.
static HEAD: LazyLock<String> =
    LazyLock::new(|| format!("INSERT INTO issue (id, district, number, {ISSUE_COLUMNS})"));
/// One of which there is more to say.
static HEAD_TOUCHED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO issue (id, district, number, {ISSUE_COLUMNS}, {SUPERVISION_COLUMNS}, \
         {CARE_COLUMNS})"
    )
});

/// Writes everything that the change holds, or nothing.
pub async fn apply_change(conn: &mut Conn, change: &Change) -> Result<Applied, StoreError> {
    if let Some(mark) = &change.idempotency
        && run_all(conn, mark_inserts(&[(mark, change.at)], LEAVE)).await? == 0
    {
        return find_replay(conn, &mark.scope, &mark.key).await;
    }
    save_issues(conn, change).await?;
    run_all(conn, rest_of(&[change])).await?;
    write_rarer(conn, change).await?;
    Ok(Applied::Done)
}

/// What changes that bring new issues and touch no others write together, none of which depends on
/// what another writes; but for what is rarer. It is written out before a connection is there,
/// while that writes what came before. It fails where a key was used before or an issue is there
/// already: each has to be looked at by itself then.
pub fn together_of(changes: &[&Change]) -> Vec<Insert> {
    let marks = changes.iter().filter_map(|own| Some((own.idempotency.as_ref()?, own.at)));
    let mut marks: Vec<_> = marks.collect();
    marks.sort_by(|(a, _), (b, _)| (&a.scope, &a.key).cmp(&(&b.scope, &b.key)));
    let saves = changes.iter().flat_map(|change| &change.saves);
    let mut issues: Vec<&Issue> = saves.map(|save| &save.issue).collect();
    issues.sort_by_key(|issue| issue.id);
    let mut inserts = mark_inserts(&marks, "");
    inserts.extend(issue_inserts(district_of(changes), &issues, ""));
    inserts.extend(rest_of(changes));
    inserts
}

/// Behind values: passes over rows that are there already.
const LEAVE: &str = " ON CONFLICT DO NOTHING";

fn district_of<'a>(changes: &[&'a Change]) -> &'a str {
    changes.first().map_or("", |change| change.district.as_str())
}

fn mark_inserts(marks: &[(&Idempotency, Timestamp)], tail: &'static str) -> Vec<Insert> {
    let text = ("INSERT INTO idempotency (scope, key, fingerprint, issue_id, at)", tail);
    inserts_of(text, marks, |row, (mark, at)| {
        row.push_bind(mark.scope.as_str())
            .push_bind(mark.key.as_str())
            .push_bind(mark.fingerprint.as_str())
            .push_bind(mark.issue.to_string())
            .push_bind(at.0);
    })
}

/// What changes write beside their issues.
fn rest_of(changes: &[&Change]) -> Vec<Insert> {
    let saves: Vec<&Save> = changes.iter().flat_map(|change| &change.saves).collect();
    let mut statements = assist_inserts(&saves);
    let events: Vec<&Event> = saves.iter().flat_map(|save| &save.events).collect();
    statements.extend(event_inserts(district_of(changes), &events));
    match changes {
        [change] => statements.extend(count_of(&change.deltas)),
        changes => {
            let mut all = Deltas::new();
            for (key, n) in changes.iter().flat_map(|change| &change.deltas) {
                *all.entry(key.clone()).or_insert(0) += n;
            }
            all.retain(|_, n| *n != 0);
            statements.extend(count_of(&all));
        }
    }
    statements.extend(route_inserts(changes));
    statements.extend(reporter_inserts(changes));
    statements
}

/// Adds to the counters, and tells those who keep them in memory.
fn count_of(deltas: &Deltas) -> Vec<Insert> {
    let mut statements = delta_inserts(deltas);
    statements.extend(log_of(deltas));
    statements
}

/// What few changes have: nothing for those that [`Change::is_plain`].
pub async fn write_rarer(conn: &mut Conn, change: &Change) -> Result<(), StoreError> {
    for attachment in &change.attachments {
        insert_attachment(conn, attachment).await?;
    }
    for upload in &change.uploads {
        super::uploads::take_upload(conn, upload).await?;
    }
    super::notices::insert_notices(conn, &change.notices).await?;
    super::admin::insert_logged(conn, change.log.as_ref()).await?;
    for presence in &change.presences {
        insert_presence(conn, presence).await?;
    }
    super::care::write_cares(conn, &change.district, change.at, &change.care).await?;
    if let Some(run) = &change.import_progress {
        put_import(conn, run, change.at.0).await?;
    }
    Ok(())
}

async fn find_replay(conn: &mut Conn, scope: &str, key: &str) -> Result<Applied, StoreError> {
    let row =
        sqlx::query("SELECT issue_id, fingerprint FROM idempotency WHERE scope = $1 AND key = $2")
            .bind(scope)
            .bind(key)
            .fetch_one(&mut *conn)
            .await?;
    let issue = super::rows::parsed(&row, "idempotency", "issue_id", IssueId::parse)?;
    Ok(Applied::Replayed { issue, fingerprint: row.try_get("fingerprint")? })
}

/// Rows are locked in one order by all, so that no two changes wait for each other in a circle.
async fn save_issues(conn: &mut Conn, change: &Change) -> Result<(), StoreError> {
    let mut saves: Vec<&Save> = change.saves.iter().collect();
    saves.sort_by_key(|save| save.issue.id);
    for run in saves.chunk_by(|a, b| a.version_seen == 0 && b.version_seen == 0) {
        if run[0].version_seen == 0 {
            let issues: Vec<&Issue> = run.iter().map(|save| &save.issue).collect();
            let inserts = issue_inserts(&change.district, &issues, LEAVE);
            if run_all(conn, inserts).await? < issues.len() as u64 {
                return Err(find_conflict(conn, &issues).await?);
            }
            continue;
        }
        for save in run {
            if update_issue(conn, &save.issue, save.version_seen).await? == 0 {
                return Err(StoreError::Stale);
            }
            sqlx::query("DELETE FROM issue_assist WHERE issue_id = $1")
                .bind(save.issue.id.to_string())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

/// Why new issues found their place taken: what is taken is told rather than that something is.
async fn find_conflict(conn: &mut Conn, issues: &[&Issue]) -> Result<StoreError, StoreError> {
    for issue in issues {
        let number: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM issue WHERE number = $1 AND id <> $2")
                .bind(issue.number.as_str())
                .bind(issue.id.to_string())
                .fetch_one(&mut *conn)
                .await?;
        if number > 0 {
            return Ok(StoreError::Taken(NUMBER));
        }
        let external: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM issue WHERE source = $1 AND external_id = $2 AND id <> $3",
        )
        .bind(issue.source.as_str())
        .bind(&issue.external_id)
        .bind(issue.id.to_string())
        .fetch_one(&mut *conn)
        .await?;
        if external > 0 {
            return Ok(StoreError::Taken(EXTERNAL_ID));
        }
    }
    Ok(StoreError::Stale)
}

fn issue_inserts(district: &str, issues: &[&Issue], tail: &'static str) -> Vec<Insert> {
    let text = |head: &'static str| (head, tail);
    let (untouched, others): (Vec<&Issue>, Vec<&Issue>) =
        issues.iter().copied().partition(|issue| is_untouched(issue));
    let mut statements = inserts_of(text(&HEAD), &untouched, |row, issue| {
        bind_new(row, district, issue);
    });
    statements.extend(inserts_of(text(&HEAD_TOUCHED), &others, |row, issue| {
        bind_new(row, district, issue);
        bind_later(row, issue);
    }));
    statements
}

fn bind_new<'a>(row: &mut Values<'a>, district: &'a str, issue: &'a Issue) {
    row.push_bind(issue.id.to_string()).push_bind(district).push_bind(issue.number.as_str());
    bind_issue(row, issue);
}

async fn update_issue(conn: &mut Conn, issue: &Issue, seen: i64) -> Result<u64, StoreError> {
    let mut query = Query::new(format!(
        "UPDATE issue SET ({ISSUE_COLUMNS}, {SUPERVISION_COLUMNS}, {CARE_COLUMNS}) = ("
    ));
    let mut values = Values::default();
    bind_issue(&mut values, issue);
    bind_later(&mut values, issue);
    push_values(&mut query, values);
    query.push(") WHERE id = ").push_bind(issue.id.to_string());
    query.push(" AND version = ").push_bind(seen);
    Ok(query.build().execute(&mut *conn).await?.rows_affected())
}

fn assist_inserts(saves: &[&Save]) -> Vec<Insert> {
    let mut readers = Vec::new();
    for Save { issue, .. } in saves {
        // Who was summoned, or is answerable still, reads the issue as an assist does.
        let own = issue.assists.iter().chain(&issue.supervision.summoned).chain(&issue.answerable);
        readers.extend(own.map(|department| (issue.id, department)));
    }
    readers.sort_unstable();
    readers.dedup();
    let text = ("INSERT INTO issue_assist (issue_id, department)", LEAVE);
    inserts_of(text, &readers, |row, (issue, department)| {
        row.push_bind(issue.to_string()).push_bind(department.as_str());
    })
}

fn event_inserts(district: &str, events: &[&Event]) -> Vec<Insert> {
    let text = (
        "INSERT INTO event (district, issue_id, seq, at, actor, action, from_state, to_state, \
         note, note_digest, facts, attachments, previous, hash)",
        "",
    );
    inserts_of(text, events, |row, event| {
        let attachments: Vec<String> = event.attachments.iter().map(ToString::to_string).collect();
        row.push_bind(district)
            .push_bind(event.issue.to_string())
            .push_bind(event.seq)
            .push_bind(event.at.0)
            .push_bind(event.actor.canonical())
            .push_bind(event.action.as_str())
            .push_bind(event.from.map(|state| state.as_str()))
            .push_bind(event.to.as_str())
            .push_bind(event.note.as_deref())
            .push_bind(event.note_digest.map(|digest| digest.to_string()))
            .push_bind(facts_text(&event.facts))
            .push_bind(attachments.join(";"))
            .push_bind(event.previous.to_string())
            .push_bind(event.hash.to_string());
    })
}

/// Adds to the counters.
pub async fn add_deltas(conn: &mut Conn, deltas: &Deltas) -> Result<(), StoreError> {
    run_all(conn, delta_inserts(deltas)).await?;
    Ok(())
}

/// The keys come in order, so that two transactions never wait for each other in a circle.
fn delta_inserts(deltas: &Deltas) -> Vec<Insert> {
    let all: Vec<_> = deltas.iter().collect();
    let text = (
        "INSERT INTO rollup (day, path, cell, kind, category, department, measure, n)",
        " ON CONFLICT (day, path, cell, kind, category, department, measure) \
         DO UPDATE SET n = rollup.n + excluded.n",
    );
    inserts_of(text, &all, |row, (key, n)| {
        let department = key.bin.department.as_ref().map_or("", |code| code.as_str());
        row.push_bind(i64::from(key.day.0))
            .push_bind(key.bin.path.as_str())
            .push_bind(key.bin.cell.cast_signed())
            .push_bind(key.bin.kind.as_str())
            .push_bind(key.bin.category.as_str())
            .push_bind(department)
            .push_bind(key.measure.to_string())
            .push_bind(**n);
    })
}

fn route_inserts(changes: &[&Change]) -> Vec<Insert> {
    let routes: Vec<&StoredRoute> = changes.iter().flat_map(|change| &change.routes).collect();
    let text = ("INSERT INTO route (issue_id, seq, at, matrix_version, trace)", "");
    inserts_of(text, &routes, |row, route| {
        row.push_bind(route.issue.to_string())
            .push_bind(route.seq)
            .push_bind(route.at.0)
            .push_bind(route.matrix_version)
            .push_bind(route.trace.as_str());
    })
}

/// Who reported, and the codes of the receipts.
fn reporter_inserts(changes: &[&Change]) -> Vec<Insert> {
    let contacts: Vec<_> = changes.iter().flat_map(|change| &change.contacts).collect();
    let text = ("INSERT INTO issue_contact (issue_id, name, phone)", "");
    let mut statements = inserts_of(text, &contacts, |row, (issue, contact)| {
        row.push_bind(issue.to_string())
            .push_bind(contact.name.as_str())
            .push_bind(contact.phone.as_str());
    });
    let codes: Vec<_> = changes.iter().flat_map(|change| &change.codes).collect();
    let text = ("INSERT INTO report_code (issue_id, code)", "");
    statements.extend(inserts_of(text, &codes, |row, (issue, code)| {
        row.push_bind(issue.to_string()).push_bind(code.as_str());
    }));
    statements
}

async fn insert_attachment(conn: &mut Conn, photo: &Attachment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attachment (id, issue_id, sha256, media_type, size_bytes, width, height, \
         purpose, at, taken_at, taken_lon, taken_lat) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(photo.id.to_string())
    .bind(photo.issue.to_string())
    .bind(&photo.sha256)
    .bind(&photo.media_type)
    .bind(photo.size_bytes)
    .bind(photo.width)
    .bind(photo.height)
    .bind(&photo.purpose)
    .bind(photo.at.0)
    .bind(photo.taken_at.map(|at| at.0))
    .bind(photo.taken_position.map(|at| at.0))
    .bind(photo.taken_position.map(|at| at.1))
    .execute(&mut *conn)
    .await?;
    Ok(())
}

async fn put_import(conn: &mut Conn, run: &ImportRun, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO import_run (id, line, imported, skipped, refused, finished, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET line = excluded.line, \
         imported = excluded.imported, skipped = excluded.skipped, refused = excluded.refused, \
         finished = excluded.finished, at = excluded.at",
    )
    .bind(&run.id)
    .bind(run.line)
    .bind(run.imported)
    .bind(run.skipped)
    .bind(run.refused)
    .bind(run.finished)
    .bind(at)
    .execute(&mut *conn)
    .await?;
    Ok(())
}
