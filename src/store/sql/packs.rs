//! Versioned documents and settings.

use super::{Conn, Engine};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::port::Packs;
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

/// Writes a setting and counts the change, so that other nodes notice it.
async fn put_setting_counted(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    put_setting(conn, name, value).await?;
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES ('settings_version', '1') \
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)",
    )
    .execute(&mut *conn)
    .await?;
    Ok(())
}

async fn insert_pack(
    conn: &mut Conn,
    (kind, body, note): (&str, &str, &str),
    at: Timestamp,
) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM pack WHERE kind = $1")
        .bind(kind)
        .fetch_one(&mut *conn)
        .await?;
    let version = last.unwrap_or(0) + 1;
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

#[async_trait]
impl Packs for Engine {
    async fn put_pack(&self, kind: &str, body: &str, note: &str, at: Timestamp) -> Result<i64> {
        let (kind, body, note) = (kind.to_owned(), body.to_owned(), note.to_owned());
        self.write(move |conn| {
            Box::pin(async move { insert_pack(conn, (&kind, &body, &note), at).await })
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

    async fn put_setting(&self, name: &str, value: &str) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |conn| {
            Box::pin(async move { put_setting_counted(conn, &name, &value).await })
        })
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
