//! What kinds have of their own, in rows: the columns of `issue`, sealed texts, claims, summons,
//! published answers and wishes, and what retention erases.

use super::dialect::BY_BYTES;
use super::filter::{Over, push_scope};
use super::rows::{issue_of, parsed, parsed_option};
use super::{Conn, Engine, Query, Row, sealed};
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::{AccountId, IssueId};
use crate::domain::issue::care::{
    AgreementForm, Care, Claim, ClaimState, Published, Risk, join_days, parse_days,
};
use crate::domain::issue::kind::Kind;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::care::{
    CareFilter, Cares, Claimant, Erasure, PlainNote, PublicItem, PublicQuery, Sealed, SealedText,
    Summons, SummonsQuery,
};
use crate::store::values::Values;
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

/// The columns of `issue` that [`bind_care`] writes, in its order.
pub const CARE_COLUMNS: &str = "risk, controlled_at, attempts, parties, agreement, visits, \
    next_visit, claim_state, claim_seq, claim_account, published_seq, published_at";

/// Pushes the values of [`CARE_COLUMNS`].
pub fn bind_care(values: &mut Values<'_>, care: &Care) {
    values
        .push_bind(care.risk.map(|risk| risk.as_str()))
        .push_bind(care.controlled.map(|at| at.0))
        .push_bind(i64::from(care.attempts))
        .push_bind(care.parties)
        .push_bind(care.agreement.map(|form| form.as_str()))
        .push_bind(join_days(&care.visits))
        .push_bind(care.visits.first().map(|day| i64::from(day.0)))
        .push_bind(care.claim.map(|claim| claim.state.as_str()))
        .push_bind(care.claim.map(|claim| claim.seq))
        .push_bind(care.claimant().map(|id| id.to_string()))
        .push_bind(care.published.map(|published| published.seq))
        .push_bind(care.published.map(|published| published.at.0));
}

/// Reads the columns of [`CARE_COLUMNS`].
pub fn care_of(row: &Row) -> Result<Care> {
    const T: &str = "issue";
    let attempts: i64 = row.try_get("attempts")?;
    let claim_seq: Option<i64> = row.try_get("claim_seq")?;
    let state = parsed_option(row, T, "claim_state", ClaimState::parse)?;
    let account = parsed_option(row, T, "claim_account", AccountId::parse)?;
    let published_seq: Option<i64> = row.try_get("published_seq")?;
    let published_at: Option<i64> = row.try_get("published_at")?;
    let controlled: Option<i64> = row.try_get("controlled_at")?;
    Ok(Care {
        risk: parsed_option(row, T, "risk", Risk::parse)?,
        controlled: controlled.map(Timestamp),
        attempts: u32::try_from(attempts).map_err(|_| StoreError::Corrupt {
            table: T,
            column: "attempts",
            value: attempts.to_string(),
        })?,
        parties: row.try_get("parties")?,
        agreement: parsed_option(row, T, "agreement", AgreementForm::parse)?,
        visits: parsed(row, T, "visits", parse_days)?,
        claim: claim_seq.zip(state).map(|(seq, state)| Claim { state, seq, account }),
        published: published_seq
            .zip(published_at)
            .map(|(seq, at)| Published { seq, at: Timestamp(at) }),
    })
}

/// Pushes ` AND …` for each thing that the filter asks for.
pub fn push_care_filter(query: &mut Query, filter: &CareFilter) {
    if let Some(risk) = filter.risk {
        query.push(" AND kind = 'dispute' AND risk = ").push_bind(risk.as_str());
    }
    if filter.needs_control {
        query.push(
            " AND kind = 'hazard' AND severity = 'major' AND controlled_at IS NULL \
             AND state NOT IN ('closed', 'rejected', 'merged')",
        );
    }
    if let Some(day) = filter.visit_due_by {
        query.push(" AND next_visit <= ").push_bind(i64::from(day.0));
    }
    if let Some(state) = filter.claim {
        query.push(" AND claim_state = ").push_bind(state.as_str());
    }
}

/// Writes what a change brings of sealed texts, claims and summons.
pub async fn write_cares(
    conn: &mut Conn,
    district: &str,
    at: Timestamp,
    cares: &crate::store::care::CareChange,
) -> Result<()> {
    for text in &cares.sealed {
        sealed::put_sealed(conn, text, Some(at)).await?;
    }
    for (issue, seq) in &cares.sealed_notes {
        sqlx::query("UPDATE event SET note = NULL WHERE issue_id = $1 AND seq = $2")
            .bind(issue.to_string())
            .bind(seq)
            .execute(&mut *conn)
            .await?;
    }
    for (issue, contact) in &cares.sealed_contacts {
        sqlx::query("UPDATE issue_contact SET name = $1, phone = $2 WHERE issue_id = $3")
            .bind(&contact.name)
            .bind(&contact.phone)
            .bind(issue.to_string())
            .execute(&mut *conn)
            .await?;
    }
    for (issue, seq, who) in &cares.claims {
        sqlx::query(
            "INSERT INTO claim (issue_id, seq, name, phone, organisation, at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(issue.to_string())
        .bind(seq)
        .bind(&who.name)
        .bind(&who.phone)
        .bind(&who.organisation)
        .bind(at.0)
        .execute(&mut *conn)
        .await?;
    }
    for one in &cares.summons {
        insert_summons(conn, district, one).await?;
    }
    Ok(())
}

async fn insert_summons(conn: &mut Conn, district: &str, one: &Summons) -> Result<()> {
    sqlx::query(
        "INSERT INTO summons (id, district, issue_id, kind, audience, area_path, at, dedupe) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (dedupe) DO NOTHING",
    )
    .bind(&one.id)
    .bind(district)
    .bind(one.issue.to_string())
    .bind(one.kind)
    .bind(one.audience)
    .bind(one.area_path.as_str())
    .bind(one.at.0)
    .bind(&one.dedupe)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Gives disputes that were kept before there were coarse places theirs.
pub async fn fill_coarse_places(conn: &mut Conn) -> Result<()> {
    let rows = sqlx::query("SELECT * FROM issue WHERE kind = 'dispute' AND coarse_lon IS NULL")
        .fetch_all(&mut *conn)
        .await?;
    for row in &rows {
        let issue = issue_of(row)?;
        let (lon, lat) = issue.place.coarse_position();
        sqlx::query("UPDATE issue SET coarse_lon = $1, coarse_lat = $2 WHERE id = $3")
            .bind(lon)
            .bind(lat)
            .bind(issue.id.to_string())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Erases what is personal of one issue; `None` when it changed meanwhile and is to be looked at
/// again.
async fn erase(conn: &mut Conn, id: IssueId, version: i64, at: Timestamp) -> Result<bool> {
    // The row is held first, so that no step comes between.
    let held = sqlx::query(
        "UPDATE issue SET erased_at = CASE WHEN updated_at > $1 THEN updated_at ELSE $1 END \
         WHERE id = $2 AND version = $3",
    )
    .bind(at.0)
    .bind(id.to_string())
    .bind(version)
    .execute(&mut *conn)
    .await?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    for text in [
        "DELETE FROM issue_contact WHERE issue_id = $1",
        "DELETE FROM report_code WHERE issue_id = $1",
        "DELETE FROM sealed WHERE issue_id = $1",
        "UPDATE claim SET name = '', phone = '' WHERE issue_id = $1",
        "UPDATE event SET note = NULL WHERE issue_id = $1 AND note IS NOT NULL AND seq NOT IN \
         (SELECT published_seq FROM issue WHERE id = $1 AND published_seq IS NOT NULL)",
        "UPDATE issue SET text = '', address = NULL WHERE id = $1 AND kind = 'dispute'",
    ] {
        sqlx::query(text).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(true)
}

/// Pushes who is meant: a role, held over the area that is summoned.
fn push_readers(query: &mut Query, readers: &[(&'static str, Option<AreaPath>)]) {
    query.push(" AND (1 = 0");
    for (role, area) in readers {
        query.push(" OR (audience = ").push_bind(*role);
        if let Some((low, Some(high))) = area.as_ref().map(AreaPath::interval) {
            query.push(format!(" AND area_path {BY_BYTES} >= ")).push_bind(low.to_owned());
            query.push(format!(" AND area_path {BY_BYTES} < ")).push_bind(high);
        }
        query.push(")");
    }
    query.push(")");
}

#[async_trait]
impl Cares for Engine {
    async fn find_sealed(&self, issue: IssueId) -> Result<Vec<SealedText>> {
        let mut query = Query::new("SELECT issue_id, part, body FROM sealed WHERE issue_id = ");
        query.push_bind(issue.to_string());
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(sealed::sealed_of).collect()
    }

    async fn list_sealed_by_others(
        &self,
        prefix: &str,
        after: Option<(IssueId, String)>,
        limit: usize,
    ) -> Result<Vec<SealedText>> {
        let mut query = sealed::by_others(prefix, after, limit);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(sealed::sealed_of).collect()
    }

    async fn list_plain_notes(
        &self,
        after: Option<(IssueId, i64)>,
        limit: usize,
    ) -> Result<Vec<PlainNote>> {
        let mut query = sealed::plain_notes(after, limit);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(sealed::plain_note_of).collect()
    }

    async fn seal_notes(&self, notes: Vec<(PlainNote, Sealed)>) -> Result<usize> {
        self.write(move |conn| {
            Box::pin(async move {
                let mut done = 0;
                for (old, new) in &notes {
                    done += usize::from(sealed::seal_note(conn, old, new).await?);
                }
                Ok(done)
            })
        })
        .await
    }

    async fn reseal(&self, texts: Vec<(SealedText, Sealed)>) -> Result<usize> {
        self.write(move |conn| {
            Box::pin(async move {
                let mut done = 0;
                for (old, new) in &texts {
                    done += usize::from(sealed::reseal(conn, old, &new.body).await?);
                }
                Ok(done)
            })
        })
        .await
    }

    async fn find_claimant(&self, issue: IssueId, seq: i64) -> Result<Option<Claimant>> {
        let row = sqlx::query("SELECT * FROM claim WHERE issue_id = $1 AND seq = $2")
            .bind(issue.to_string())
            .bind(seq)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            Ok(Claimant {
                name: row.try_get("name")?,
                phone: row.try_get("phone")?,
                organisation: row.try_get("organisation")?,
            })
        })
        .transpose()
    }

    async fn list_summons(&self, asked: &SummonsQuery, scope: &Scope) -> Result<Vec<Summons>> {
        let mut query = Query::new(
            "SELECT summons.id AS id, issue_id, summons.kind AS kind, audience, area_path, at, \
             dedupe FROM summons WHERE issue_id IN (SELECT id FROM issue WHERE ",
        );
        push_scope(&mut query, scope, Over::Issues);
        query.push(")");
        if let Some(issue) = asked.issue {
            query.push(" AND issue_id = ").push_bind(issue.to_string());
        }
        if let Some(readers) = &asked.readers {
            push_readers(&mut query, readers);
        }
        if let Some((at, id)) = &asked.after {
            query.push(" AND (at, summons.id) < (").push_bind(at.0);
            query.push(", ").push_bind(id.clone()).push(")");
        }
        query.push(" ORDER BY at DESC, summons.id DESC LIMIT ");
        query.push_bind(i64::try_from(asked.limit).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                Ok(Summons {
                    id: row.try_get("id")?,
                    issue: parsed(row, "summons", "issue_id", IssueId::parse)?,
                    kind: parsed(row, "summons", "kind", Summons::parse_kind)?,
                    audience: parsed(row, "summons", "audience", Summons::parse_audience)?,
                    area_path: row.try_get("area_path")?,
                    at: Timestamp(row.try_get("at")?),
                    dedupe: row.try_get("dedupe")?,
                })
            })
            .collect()
    }

    async fn list_public(&self, page: &PublicQuery) -> Result<Vec<PublicItem>> {
        let own = match page.wishes {
            true => {
                "nature = 'small_wish' AND state IN ('filed', 'dispatched', 'handling', \
                     'arbitration', 'suspended')"
            }
            false => "COALESCE(nature, '') <> 'small_wish'",
        };
        let mut query = Query::new(format!(
            "SELECT issue.*, event.note AS words, claim.organisation AS helper, \
             claim.name AS helper_name FROM issue \
             JOIN event ON event.issue_id = issue.id AND event.seq = issue.published_seq \
             LEFT JOIN claim ON claim.issue_id = issue.id AND claim.seq = issue.claim_seq \
             WHERE issue.kind = 'opinion' AND {own} AND published_at IS NOT NULL \
             AND event.note IS NOT NULL"
        ));
        if let Some((at, id)) = page.after {
            query.push(" AND (issue.published_at, issue.id) < (").push_bind(at.0);
            query.push(", ").push_bind(id.to_string()).push(")");
        }
        if let Some(id) = page.only {
            query.push(" AND issue.id = ").push_bind(id.to_string());
        }
        query.push(" ORDER BY issue.published_at DESC, issue.id DESC LIMIT ");
        query.push_bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                Ok(PublicItem {
                    issue: issue_of(row)?,
                    words: row.try_get::<Option<String>, _>("words")?.unwrap_or_default(),
                    organisation: row.try_get("helper")?,
                    helper_name: row.try_get("helper_name")?,
                })
            })
            .collect()
    }

    async fn list_erasable(
        &self,
        kind: Kind,
        ended_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Erasure>> {
        let rows = sqlx::query(
            "SELECT id, version FROM issue WHERE kind = $1 AND ended_at < $2 \
             AND (erased_at IS NULL OR erased_at < updated_at) ORDER BY id LIMIT $3",
        )
        .bind(kind.as_str())
        .bind(ended_before.0)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let issue = parsed(row, "issue", "id", IssueId::parse)?;
                Ok(Erasure { issue, version: row.try_get("version")? })
            })
            .collect()
    }

    async fn erase_personal(&self, all: Vec<Erasure>, at: Timestamp) -> Result<usize> {
        self.write(move |conn| {
            Box::pin(async move {
                let mut done = 0;
                for one in &all {
                    done += usize::from(erase(conn, one.issue, one.version, at).await?);
                }
                Ok(done)
            })
        })
        .await
    }
}
