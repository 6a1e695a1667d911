//! Versioned documents and settings.

use super::admin::insert_logged;
use super::rows::parsed_option;
use super::{Conn, Engine, Row};
use crate::domain::id::AccountId;
use crate::domain::time::{Day, Timestamp};
use crate::store::StoreError;
use crate::store::admin::AdminEntry;
use crate::store::port::{ActivationRow, PackRow, Packs};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

/// Writes a setting inside a transaction.
pub async fn put_setting(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Writes settings and counts the change, so that other nodes notice it. The count comes first: it
/// is the row that two who write at once both want.
async fn put_settings(
    conn: &mut Conn,
    settings: &[(String, String)],
    seen: Option<i64>,
) -> Result<i64> {
    let counted: String = sqlx::query_scalar(
        "INSERT INTO setting (name, value) VALUES ('settings_version', '1') \
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) \
         RETURNING value",
    )
    .fetch_one(&mut *conn)
    .await?;
    let version = counted.parse::<i64>().map_err(|_| StoreError::Corrupt {
        table: "setting",
        column: "value",
        value: counted,
    })?;
    if seen.is_some_and(|seen| seen + 1 != version) {
        return Err(StoreError::Stale);
    }
    for (name, value) in settings {
        put_setting(conn, name, value).await?;
    }
    Ok(version)
}

async fn insert_pack(
    conn: &mut Conn,
    (kind, body, note): (&str, &str, &str),
    at: Timestamp,
    seen: Option<i64>,
) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM pack WHERE kind = $1")
        .bind(kind)
        .fetch_one(&mut *conn)
        .await?;
    let version = last.unwrap_or(0) + 1;
    if seen.is_some_and(|seen| seen + 1 != version) {
        return Err(StoreError::Stale);
    }
    let written = sqlx::query(
        "INSERT INTO pack (kind, version, body, note, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
    )
    .bind(kind)
    .bind(version)
    .bind(body)
    .bind(note)
    .bind(at.0)
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    Ok(version)
}

async fn insert_activation(conn: &mut Conn, kind: &str, row: &ActivationRow) -> Result<()> {
    // The row before must be there and this one not: who decided by an older history is refused.
    let last: Option<i64> =
        sqlx::query_scalar("SELECT MAX(ordinal) FROM activation WHERE kind = $1")
            .bind(kind)
            .fetch_one(&mut *conn)
            .await?;
    if last.unwrap_or(0) + 1 != row.ordinal {
        return Err(StoreError::Stale);
    }
    let written = sqlx::query(
        "INSERT INTO activation (kind, ordinal, version, from_day, at, actor, note, errors, \
         override_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(kind)
    .bind(row.ordinal)
    .bind(row.version)
    .bind(i64::from(row.from.0))
    .bind(row.at.0)
    .bind(row.actor.map(|id| id.to_string()))
    .bind(&row.note)
    .bind(row.errors)
    .bind(&row.override_reason)
    .execute(&mut *conn)
    .await?;
    match written.rows_affected() {
        0 => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

fn activation_of(row: &Row) -> Result<ActivationRow> {
    let day: i64 = row.try_get("from_day")?;
    let day = i32::try_from(day).map_err(|_| StoreError::Corrupt {
        table: "activation",
        column: "from_day",
        value: day.to_string(),
    })?;
    Ok(ActivationRow {
        ordinal: row.try_get("ordinal")?,
        version: row.try_get("version")?,
        from: Day(day),
        at: Timestamp(row.try_get("at")?),
        actor: parsed_option(row, "activation", "actor", AccountId::parse)?,
        note: row.try_get("note")?,
        errors: row.try_get("errors")?,
        override_reason: row.try_get("override_reason")?,
    })
}

#[async_trait]
impl Packs for Engine {
    async fn put_pack(&self, kind: &str, body: &str, note: &str, at: Timestamp) -> Result<i64> {
        let (kind, body, note) = (kind.to_owned(), body.to_owned(), note.to_owned());
        self.write(move |conn| {
            Box::pin(async move { insert_pack(conn, (&kind, &body, &note), at, None).await })
        })
        .await
    }

    async fn put_pack_after(
        &self,
        seen: i64,
        (kind, body, note): (&str, &str, &str),
        at: Timestamp,
    ) -> Result<i64> {
        let (kind, body, note) = (kind.to_owned(), body.to_owned(), note.to_owned());
        self.write(move |conn| {
            Box::pin(async move { insert_pack(conn, (&kind, &body, &note), at, Some(seen)).await })
        })
        .await
    }

    async fn find_pack(&self, kind: &str) -> Result<Option<(i64, String)>> {
        let row = sqlx::query(
            "SELECT version, body FROM pack WHERE kind = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(kind)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((row.try_get("version")?, row.try_get("body")?))).transpose()
    }

    async fn load_pack(&self, kind: &str, version: i64) -> Result<Option<String>> {
        let body = sqlx::query_scalar("SELECT body FROM pack WHERE kind = $1 AND version = $2")
            .bind(kind)
            .bind(version)
            .fetch_optional(&self.readers)
            .await?;
        Ok(body)
    }

    async fn list_packs(&self, kind: &str) -> Result<Vec<PackRow>> {
        let rows = sqlx::query(
            "SELECT version, note, created_at FROM pack WHERE kind = $1 ORDER BY version DESC",
        )
        .bind(kind)
        .fetch_all(&self.readers)
        .await?;
        let pack_of = |row: &Row| {
            Ok(PackRow {
                version: row.try_get("version")?,
                note: row.try_get("note")?,
                created: Timestamp(row.try_get("created_at")?),
            })
        };
        rows.iter().map(pack_of).collect()
    }

    async fn append_activation(
        &self,
        kind: &str,
        row: ActivationRow,
        log: Option<AdminEntry>,
    ) -> Result<()> {
        let kind = kind.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                insert_activation(conn, &kind, &row).await?;
                insert_logged(conn, log.as_ref()).await
            })
        })
        .await
    }

    async fn list_activations(&self, kind: &str) -> Result<Vec<ActivationRow>> {
        let rows = sqlx::query(
            "SELECT ordinal, version, from_day, at, actor, note, errors, override_reason \
             FROM activation WHERE kind = $1 ORDER BY ordinal",
        )
        .bind(kind)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(activation_of).collect()
    }

    async fn put_setting(&self, name: &str, value: &str) -> Result<()> {
        self.put_settings(vec![(name.to_owned(), value.to_owned())], None).await.map(drop)
    }

    async fn put_settings(
        &self,
        settings: Vec<(String, String)>,
        seen: Option<i64>,
    ) -> Result<i64> {
        self.write(move |conn| Box::pin(async move { put_settings(conn, &settings, seen).await }))
            .await
    }

    async fn list_settings(&self) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query(
            "SELECT name, value FROM setting WHERE name <> 'settings_version' ORDER BY name",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("value")?))).collect()
    }

    async fn find_versions(&self) -> Result<Vec<(String, i64)>> {
        let rows = sqlx::query(
            "SELECT kind AS name, MAX(version) AS version FROM pack GROUP BY kind \
             UNION ALL SELECT 'activation', COALESCE(MAX(ordinal), 0) FROM activation \
             UNION ALL SELECT 'territory', COALESCE(MAX(version), 0) FROM territory_version \
             WHERE state = 'published' \
             UNION ALL SELECT name, CAST(value AS BIGINT) FROM setting \
             WHERE name IN ('people_version', 'settings_version') \
             ORDER BY 1",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("version")?))).collect()
    }
}
