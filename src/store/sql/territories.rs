//! Versions of the territory, branches and people.

use super::admin::insert_logged;
use super::insert::insert_rows;
use super::rows::parsed_option;
use super::{Conn, Engine, Row, apply, dialect, persons};
use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::admin::AdminEntry;
use crate::store::change::Change;
use crate::store::port::{
    AreaRow, BranchRow, LineageRow, PostRow, Territories, TerritoryVersion, WorkerRow,
};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

fn area_of(row: &Row) -> Result<AreaRow> {
    let day = |column| -> Result<Option<i32>> {
        let day: Option<i64> = row.try_get(column)?;
        Ok(day.and_then(|day| i32::try_from(day).ok()))
    };
    Ok(AreaRow {
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        level: row.try_get("level")?,
        parent: row.try_get("parent")?,
        kind: row.try_get("kind")?,
        valid_from: day("valid_from")?,
        valid_to: day("valid_to")?,
        generated: row.try_get("generated")?,
        polygon: row.try_get("polygon")?,
    })
}

async fn insert_areas(conn: &mut Conn, version: i64, areas: &[AreaRow]) -> Result<()> {
    let head = "INSERT INTO area (version, code, name, level, parent, kind, valid_from, valid_to, \
                generated, polygon)";
    insert_rows(conn, (head, ""), areas, |row, area| {
        row.push_bind(version)
            .push_bind(area.code.as_str())
            .push_bind(area.name.as_str())
            .push_bind(area.level.as_str())
            .push_bind(area.parent.as_deref())
            .push_bind(area.kind.as_str())
            .push_bind(area.valid_from.map(i64::from))
            .push_bind(area.valid_to.map(i64::from))
            .push_bind(area.generated)
            .push_bind(area.polygon.as_str());
    })
    .await?;
    Ok(())
}

async fn insert_lineage(conn: &mut Conn, version: i64, rows: &[LineageRow]) -> Result<()> {
    for (row, ordinal) in rows.iter().zip(0i64..) {
        sqlx::query(
            "INSERT INTO lineage (version, ordinal, kind, from_codes, to_codes, day) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(version)
        .bind(ordinal)
        .bind(&row.kind)
        .bind(&row.from_codes)
        .bind(&row.to_codes)
        .bind(i64::from(row.day))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Who the entry tells, as the column has it.
fn author_of(log: Option<&AdminEntry>) -> Option<String> {
    log.and_then(|entry| entry.actor).map(|actor| actor.to_string())
}

fn version_of(row: &Row) -> Result<TerritoryVersion> {
    let account = |column| parsed_option(row, "territory_version", column, AccountId::parse);
    Ok(TerritoryVersion {
        version: row.try_get("version")?,
        state: row.try_get("state")?,
        note: row.try_get("note")?,
        created: Timestamp(row.try_get("created_at")?),
        author: account("author")?,
        published: row.try_get::<Option<i64>, _>("published_at")?.map(Timestamp),
        publisher: account("published_by")?,
    })
}

async fn stage(
    conn: &mut Conn,
    areas: &[AreaRow],
    lineage: &[LineageRow],
    note: &str,
    at: Timestamp,
    log: Option<AdminEntry>,
) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM territory_version")
        .fetch_one(&mut *conn)
        .await?;
    let version = last.unwrap_or(0) + 1;
    let written = sqlx::query(
        "INSERT INTO territory_version (version, state, note, author, created_at) \
         VALUES ($1, 'staged', $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(version)
    .bind(note)
    .bind(author_of(log.as_ref()))
    .bind(at.0)
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    insert_areas(conn, version, areas).await?;
    insert_lineage(conn, version, lineage).await?;
    let log = log.map(|entry| AdminEntry { subject: version.to_string(), ..entry });
    insert_logged(conn, log.as_ref()).await?;
    Ok(version)
}

async fn publish(
    conn: &mut Conn,
    version: i64,
    replaces: Option<i64>,
    moves: &Change,
) -> Result<()> {
    for statement in dialect::PUBLISHING {
        sqlx::query(*statement).execute(&mut *conn).await?;
    }
    let in_force: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM territory_version WHERE state = 'published'")
            .fetch_one(&mut *conn)
            .await?;
    if in_force != replaces {
        return Err(StoreError::Stale);
    }
    sqlx::query("UPDATE territory_version SET state = 'retired' WHERE state = 'published'")
        .execute(&mut *conn)
        .await?;
    let raised = sqlx::query(
        "UPDATE territory_version SET state = 'published', published_at = $1, \
         published_by = $2 WHERE version = $3 AND state = 'staged'",
    )
    .bind(moves.at.0)
    .bind(author_of(moves.log.as_ref()))
    .bind(version)
    .execute(&mut *conn)
    .await?;
    if raised.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    // Codes may have been retired after this version was staged and checked.
    let reused: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM area JOIN area_code ON area_code.code = area.code \
         WHERE area.version = $1 AND retired_version IS NOT NULL",
    )
    .bind(version)
    .fetch_one(&mut *conn)
    .await?;
    if reused > 0 {
        return Err(StoreError::Taken("a retired area code"));
    }
    sqlx::query(
        "INSERT INTO area_code (code, first_version) SELECT code, version FROM area \
         WHERE version = $1 ON CONFLICT DO NOTHING",
    )
    .bind(version)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE area_code SET retired_version = $1 WHERE retired_version IS NULL \
         AND code NOT IN (SELECT code FROM area WHERE version = $1)",
    )
    .bind(version)
    .execute(&mut *conn)
    .await?;
    apply::apply_change(conn, moves).await?;
    Ok(())
}

async fn delete_staged(conn: &mut Conn, version: i64, log: Option<&AdminEntry>) -> Result<bool> {
    // The idle update holds the row, so that nobody publishes it meanwhile.
    let staged = sqlx::query(
        "UPDATE territory_version SET note = note WHERE version = $1 AND state = 'staged'",
    )
    .bind(version)
    .execute(&mut *conn)
    .await?;
    if staged.rows_affected() == 0 {
        return Ok(false);
    }
    for text in [
        "DELETE FROM lineage WHERE version = $1",
        "DELETE FROM area WHERE version = $1",
        "DELETE FROM territory_version WHERE version = $1",
    ] {
        sqlx::query(text).bind(version).execute(&mut *conn).await?;
    }
    insert_logged(conn, log).await?;
    Ok(true)
}

#[async_trait]
impl Territories for Engine {
    async fn stage_territory(
        &self,
        areas: Vec<AreaRow>,
        lineage: Vec<LineageRow>,
        note: String,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<i64> {
        self.write(move |conn| {
            Box::pin(async move { stage(conn, &areas, &lineage, &note, at, log).await })
        })
        .await
    }

    async fn list_territory_versions(&self) -> Result<Vec<TerritoryVersion>> {
        let rows = sqlx::query("SELECT * FROM territory_version ORDER BY version")
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(version_of).collect()
    }

    async fn load_areas(&self, version: i64) -> Result<Vec<AreaRow>> {
        let rows = sqlx::query("SELECT * FROM area WHERE version = $1 ORDER BY code")
            .bind(version)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(area_of).collect()
    }

    async fn list_lineage(&self, staged: Option<i64>) -> Result<Vec<LineageRow>> {
        let rows = sqlx::query(
            "SELECT lineage.* FROM lineage JOIN territory_version USING (version) \
             WHERE state <> 'staged' OR version = $1 ORDER BY version, ordinal",
        )
        .bind(staged.unwrap_or(0))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let day: i64 = row.try_get("day")?;
                Ok(LineageRow {
                    version: row.try_get("version")?,
                    kind: row.try_get("kind")?,
                    from_codes: row.try_get("from_codes")?,
                    to_codes: row.try_get("to_codes")?,
                    day: i32::try_from(day).unwrap_or_default(),
                })
            })
            .collect()
    }

    async fn list_retired_codes(&self) -> Result<Vec<String>> {
        let codes = sqlx::query_scalar(
            "SELECT code FROM area_code WHERE retired_version IS NOT NULL ORDER BY code",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(codes)
    }

    async fn publish_territory(
        &self,
        version: i64,
        replaces: Option<i64>,
        moves: Change,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move { publish(conn, version, replaces, &moves).await })
        })
        .await
    }

    async fn delete_staged_territory(&self, version: i64, log: Option<AdminEntry>) -> Result<bool> {
        self.write(move |conn| {
            Box::pin(async move { delete_staged(conn, version, log.as_ref()).await })
        })
        .await
    }

    async fn replace_branches(&self, branches: Vec<BranchRow>, at: Timestamp) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move { persons::replace_branches(conn, &branches, at).await })
        })
        .await
    }

    async fn load_branches(&self) -> Result<Vec<BranchRow>> {
        let rows =
            sqlx::query("SELECT * FROM branch ORDER BY code").fetch_all(&self.readers).await?;
        rows.iter().map(persons::branch_of).collect()
    }

    async fn replace_people(
        &self,
        workers: Vec<WorkerRow>,
        posts: Vec<PostRow>,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move { persons::replace_people(conn, &workers, &posts, at).await })
        })
        .await
    }

    async fn load_people(&self) -> Result<(Vec<WorkerRow>, Vec<PostRow>)> {
        let workers =
            sqlx::query("SELECT * FROM worker ORDER BY id").fetch_all(&self.readers).await?;
        let workers = workers.iter().map(persons::worker_of).collect::<Result<Vec<_>>>()?;
        let posts = sqlx::query("SELECT * FROM post ORDER BY worker_id, ordinal")
            .fetch_all(&self.readers)
            .await?;
        let posts = posts.iter().map(persons::post_of).collect::<Result<Vec<_>>>()?;
        Ok((workers, posts))
    }
}
