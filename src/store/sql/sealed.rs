//! Sealed texts in rows: kept, looked for by their keys, and replaced, each only while it is as it
//! was read.

use super::dialect::BY_BYTES;
use super::rows::parsed;
use super::{Conn, Query, Row};
use crate::domain::id::IssueId;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::care::{PlainNote, SEALED_PREFIX, Sealed, SealedText};
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

/// Keeps a sealed text in the place of the one before it.
pub async fn put_sealed(conn: &mut Conn, text: &Sealed, at: Option<Timestamp>) -> Result<()> {
    sqlx::query(
        "INSERT INTO sealed (issue_id, part, body, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (issue_id, part) DO UPDATE SET body = excluded.body, at = excluded.at",
    )
    .bind(text.issue.to_string())
    .bind(&text.part)
    .bind(&text.body)
    .bind(at.map_or(0, |at| at.0))
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Takes a note out of the log and keeps it sealed; `false` when it is not there any more.
pub async fn seal_note(conn: &mut Conn, old: &PlainNote, new: &Sealed) -> Result<bool> {
    let done =
        sqlx::query("UPDATE event SET note = NULL WHERE issue_id = $1 AND seq = $2 AND note = $3")
            .bind(old.issue.to_string())
            .bind(old.seq)
            .bind(&old.note)
            .execute(&mut *conn)
            .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    put_sealed(conn, new, None).await?;
    Ok(true)
}

/// Puts one text sealed anew in the place of the one that was read; `false` when that has changed.
pub async fn reseal(conn: &mut Conn, old: &SealedText, new: &str) -> Result<bool> {
    let text = match old.part.as_str() {
        "text" => "UPDATE issue SET text = $1 WHERE id = $2 AND text = $3 AND 'text' = $4",
        "address" => {
            "UPDATE issue SET address = $1 WHERE id = $2 AND address = $3 AND 'address' = $4"
        }
        "contact_name" => {
            "UPDATE issue_contact SET name = $1 WHERE issue_id = $2 AND name = $3 \
             AND 'contact_name' = $4"
        }
        "contact_phone" => {
            "UPDATE issue_contact SET phone = $1 WHERE issue_id = $2 AND phone = $3 \
             AND 'contact_phone' = $4"
        }
        _ => "UPDATE sealed SET body = $1 WHERE issue_id = $2 AND body = $3 AND part = $4",
    };
    let done = sqlx::query(text)
        .bind(new)
        .bind(old.issue.to_string())
        .bind(&old.body)
        .bind(&old.part)
        .execute(&mut *conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// All sealed texts, and those of disputes that should be. What a dispute left sealed that is none
/// any more begins as sealed texts do.
fn sealed_texts() -> String {
    let sealed = |column: &str| {
        let chars = SEALED_PREFIX.len();
        format!("(issue.kind = 'dispute' OR SUBSTR({column}, 1, {chars}) = '{SEALED_PREFIX}')")
    };
    let contact = |column: &str| {
        format!(
            " UNION ALL SELECT issue.id, 'contact_{column}', issue_contact.{column} FROM issue \
             JOIN issue_contact ON issue_contact.issue_id = issue.id \
             WHERE issue_contact.{column} <> '' AND {}",
            sealed(&format!("issue_contact.{column}"))
        )
    };
    format!(
        "(SELECT issue_id, part, body FROM sealed \
         UNION ALL SELECT issue.id, 'text', issue.text FROM issue WHERE issue.text <> '' AND {} \
         UNION ALL SELECT issue.id, 'address', issue.address FROM issue \
         WHERE issue.address IS NOT NULL AND {}{}{}) AS texts",
        sealed("issue.text"),
        sealed("issue.address"),
        contact("name"),
        contact("phone"),
    )
}

pub fn sealed_of(row: &Row) -> Result<SealedText> {
    Ok(SealedText {
        issue: parsed(row, "sealed", "issue_id", IssueId::parse)?,
        part: row.try_get("part")?,
        body: row.try_get("body")?,
    })
}

/// Sealed texts that do not begin with `prefix`, after a place in their order.
pub fn by_others(prefix: &str, after: Option<(IssueId, String)>, limit: usize) -> Query {
    let texts = sealed_texts();
    let mut query = Query::new(format!("SELECT issue_id, part, body FROM {texts} "));
    query.push("WHERE SUBSTR(body, 1, ");
    query.push(prefix.chars().count().to_string()).push(") <> ").push_bind(prefix.to_owned());
    if let Some((issue, part)) = after {
        query.push(format!(" AND (issue_id {BY_BYTES}, part {BY_BYTES}) > ("));
        query.push_bind(issue.to_string());
        query.push(", ").push_bind(part).push(")");
    }
    query.push(format!(" ORDER BY issue_id {BY_BYTES}, part {BY_BYTES} LIMIT "));
    query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    query
}

/// Notes of disputes that stand in the log, after a place in their order.
pub fn plain_notes(after: Option<(IssueId, i64)>, limit: usize) -> Query {
    let mut query = Query::new(
        "SELECT event.issue_id AS issue_id, event.seq AS seq, event.note AS note FROM event \
         JOIN issue ON issue.id = event.issue_id \
         WHERE issue.kind = 'dispute' AND event.note IS NOT NULL",
    );
    if let Some((issue, seq)) = after {
        query.push(format!(" AND (event.issue_id {BY_BYTES}, event.seq) > ("));
        query.push_bind(issue.to_string());
        query.push(", ").push_bind(seq).push(")");
    }
    query.push(format!(" ORDER BY event.issue_id {BY_BYTES}, event.seq LIMIT "));
    query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    query
}

/// One row of [`plain_notes`].
pub fn plain_note_of(row: &Row) -> Result<PlainNote> {
    Ok(PlainNote {
        issue: parsed(row, "event", "issue_id", IssueId::parse)?,
        seq: row.try_get("seq")?,
        note: row.try_get("note")?,
    })
}
