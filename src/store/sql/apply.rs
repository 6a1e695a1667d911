//! Writing a change: facts and effects in one transaction.

use super::care::CARE_COLUMNS;
use super::rows::{ISSUE_COLUMNS, bind_issue, facts_text};
use super::supervision::{SUPERVISION_COLUMNS, insert_presence};
use super::{Conn, Query};
use crate::domain::id::IssueId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::metrics::contribution::Deltas;
use crate::store::StoreError;
use crate::store::change::{Applied, Attachment, Change, ImportRun, Save, StoredRoute};
use crate::store::error::{EXTERNAL_ID, NUMBER};
use sqlx::Row as _;

/// Rows in one statement: eight values each stay below SQLite's and PostgreSQL's limits.
const ROWS_MAX: usize = 500;

/// Writes everything that the change holds, or nothing.
pub async fn apply_change(conn: &mut Conn, change: &Change) -> Result<Applied, StoreError> {
    if let Some(mark) = &change.idempotency {
        let written = sqlx::query(
            "INSERT INTO idempotency (scope, key, fingerprint, issue_id, at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, key) DO NOTHING",
        )
        .bind(&mark.scope)
        .bind(&mark.key)
        .bind(&mark.fingerprint)
        .bind(mark.issue.to_string())
        .bind(change.at.0)
        .execute(&mut *conn)
        .await?;
        if written.rows_affected() == 0 {
            return find_replay(conn, &mark.scope, &mark.key).await;
        }
    }
    // Rows are locked in one order by all, so that no two changes wait for each other in a circle.
    let mut saves: Vec<&Save> = change.saves.iter().collect();
    saves.sort_by_key(|save| save.issue.id);
    for save in saves {
        save_issue(conn, &change.district, save).await?;
    }
    let events: Vec<&Event> = change.saves.iter().flat_map(|save| &save.events).collect();
    insert_events(conn, &change.district, &events).await?;
    add_deltas(conn, &change.deltas).await?;
    for route in &change.routes {
        insert_route(conn, route).await?;
    }
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
    for (issue, contact) in &change.contacts {
        sqlx::query("INSERT INTO issue_contact (issue_id, name, phone) VALUES ($1, $2, $3)")
            .bind(issue.to_string())
            .bind(&contact.name)
            .bind(&contact.phone)
            .execute(&mut *conn)
            .await?;
    }
    for (issue, code) in &change.codes {
        sqlx::query("INSERT INTO report_code (issue_id, code) VALUES ($1, $2)")
            .bind(issue.to_string())
            .bind(code)
            .execute(&mut *conn)
            .await?;
    }
    super::care::write_cares(conn, &change.district, change.at, &change.care).await?;
    if let Some(run) = &change.import_progress {
        put_import(conn, run, change.at.0).await?;
    }
    Ok(Applied::Done)
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

async fn save_issue(conn: &mut Conn, district: &str, save: &Save) -> Result<(), StoreError> {
    let issue = &save.issue;
    if save.version_seen == 0 {
        if insert_issue(conn, district, issue).await? == 0 {
            return Err(find_conflict(conn, issue).await?);
        }
    } else if update_issue(conn, issue, save.version_seen).await? == 0 {
        return Err(StoreError::Stale);
    }
    write_assists(conn, issue, save.version_seen > 0).await
}

/// Why a new issue found its place taken.
async fn find_conflict(conn: &mut Conn, issue: &Issue) -> Result<StoreError, StoreError> {
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
    Ok(if external > 0 { StoreError::Taken(EXTERNAL_ID) } else { StoreError::Stale })
}

async fn insert_issue(conn: &mut Conn, district: &str, issue: &Issue) -> Result<u64, StoreError> {
    let mut query = Query::new(format!(
        "INSERT INTO issue (id, district, number, {ISSUE_COLUMNS}, {SUPERVISION_COLUMNS}, \
         {CARE_COLUMNS}) VALUES ("
    ));
    query.push_bind(issue.id.to_string()).push(", ");
    query.push_bind(district).push(", ");
    query.push_bind(issue.number.as_str()).push(", ");
    bind_issue(&mut query, issue);
    query.push(") ON CONFLICT DO NOTHING");
    Ok(query.build().execute(&mut *conn).await?.rows_affected())
}

async fn update_issue(conn: &mut Conn, issue: &Issue, seen: i64) -> Result<u64, StoreError> {
    let mut query = Query::new(format!(
        "UPDATE issue SET ({ISSUE_COLUMNS}, {SUPERVISION_COLUMNS}, {CARE_COLUMNS}) = ("
    ));
    bind_issue(&mut query, issue);
    query.push(") WHERE id = ").push_bind(issue.id.to_string());
    query.push(" AND version = ").push_bind(seen);
    Ok(query.build().execute(&mut *conn).await?.rows_affected())
}

async fn write_assists(conn: &mut Conn, issue: &Issue, replace: bool) -> Result<(), StoreError> {
    if replace {
        sqlx::query("DELETE FROM issue_assist WHERE issue_id = $1")
            .bind(issue.id.to_string())
            .execute(&mut *conn)
            .await?;
    }
    // Who was summoned, or is answerable still, reads the issue as an assist does.
    let readers = issue.assists.iter().chain(&issue.supervision.summoned).chain(&issue.answerable);
    for department in readers {
        sqlx::query(
            "INSERT INTO issue_assist (issue_id, department) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING",
        )
        .bind(issue.id.to_string())
        .bind(department.as_str())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn insert_events(
    conn: &mut Conn,
    district: &str,
    events: &[&Event],
) -> Result<(), StoreError> {
    for chunk in events.chunks(ROWS_MAX) {
        let mut query = Query::new(
            "INSERT INTO event (district, issue_id, seq, at, actor, action, from_state, to_state, \
             note, note_digest, facts, attachments, previous, hash) ",
        );
        query.push_values(chunk, |mut row, event| {
            let attachments: Vec<String> =
                event.attachments.iter().map(ToString::to_string).collect();
            row.push_bind(district)
                .push_bind(event.issue.to_string())
                .push_bind(event.seq)
                .push_bind(event.at.0)
                .push_bind(event.actor.canonical())
                .push_bind(event.action.as_str())
                .push_bind(event.from.map(|state| state.as_str()))
                .push_bind(event.to.as_str())
                .push_bind(event.note.clone())
                .push_bind(event.note_digest.map(|digest| digest.to_string()))
                .push_bind(facts_text(&event.facts))
                .push_bind(attachments.join(";"))
                .push_bind(event.previous.to_string())
                .push_bind(event.hash.to_string());
        });
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Adds to the counters. The keys come in order, so that two transactions never wait for each
/// other in a circle.
pub async fn add_deltas(conn: &mut Conn, deltas: &Deltas) -> Result<(), StoreError> {
    let all: Vec<_> = deltas.iter().collect();
    for chunk in all.chunks(ROWS_MAX) {
        let mut query = Query::new(
            "INSERT INTO rollup (day, path, cell, kind, category, department, measure, n) ",
        );
        query.push_values(chunk, |mut row, (key, n)| {
            let department = key.bin.department.as_ref().map_or("", |code| code.as_str());
            row.push_bind(i64::from(key.day.0))
                .push_bind(key.bin.path.as_str())
                .push_bind(key.bin.cell.cast_signed())
                .push_bind(key.bin.kind.as_str())
                .push_bind(key.bin.category.as_str())
                .push_bind(department)
                .push_bind(key.measure.to_string())
                .push_bind(**n);
        });
        query.push(
            " ON CONFLICT (day, path, cell, kind, category, department, measure) \
             DO UPDATE SET n = rollup.n + excluded.n",
        );
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

async fn insert_route(conn: &mut Conn, route: &StoredRoute) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO route (issue_id, seq, at, matrix_version, trace) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(route.issue.to_string())
    .bind(route.seq)
    .bind(route.at.0)
    .bind(route.matrix_version)
    .bind(&route.trace)
    .execute(&mut *conn)
    .await?;
    Ok(())
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
