//! The SQL of files on their way.

use super::{Conn, Engine};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::upload::{Opened, UploadBounds, UploadRow, Uploads};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

const FIND: &str = "SELECT id, owner, sha256, size_bytes, received_bytes, at FROM upload \
                    WHERE id = $1";

fn upload_of(row: &super::Row) -> Result<UploadRow> {
    Ok(UploadRow {
        id: row.try_get("id")?,
        owner: row.try_get("owner")?,
        sha256: row.try_get("sha256")?,
        size_bytes: row.try_get("size_bytes")?,
        received_bytes: row.try_get("received_bytes")?,
        at: Timestamp(row.try_get("at")?),
    })
}

async fn find(conn: &mut Conn, id: &str) -> Result<Option<UploadRow>> {
    let row = sqlx::query(FIND).bind(id).fetch_optional(&mut *conn).await?;
    row.as_ref().map(upload_of).transpose()
}

async fn open(conn: &mut Conn, row: &UploadRow, bounds: UploadBounds) -> Result<Opened> {
    if let Some(known) = find(conn, &row.id).await? {
        return Ok(Opened::At(known));
    }
    let own = sqlx::query(
        "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS bytes \
         FROM upload WHERE owner = $1",
    )
    .bind(&row.owner)
    .fetch_one(&mut *conn)
    .await?;
    let (files, bytes): (i64, i64) = (own.try_get("files")?, own.try_get("bytes")?);
    if files >= bounds.owner_files_max || bytes + row.size_bytes > bounds.owner_bytes_max {
        return Ok(Opened::OwnerFull);
    }
    let all: i64 =
        sqlx::query_scalar("SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM upload")
            .fetch_one(&mut *conn)
            .await?;
    if all + row.size_bytes > bounds.total_bytes_max {
        return Ok(Opened::Full);
    }
    sqlx::query(
        "INSERT INTO upload (id, owner, sha256, size_bytes, received_bytes, at) \
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&row.id)
    .bind(&row.owner)
    .bind(&row.sha256)
    .bind(row.size_bytes)
    .bind(row.at.0)
    .execute(&mut *conn)
    .await?;
    let known = find(conn, &row.id).await?;
    Ok(Opened::At(known.unwrap_or_else(|| row.clone())))
}

/// The row is locked by the update, so that of two equal chunks one finds its place taken.
async fn append(conn: &mut Conn, id: &str, start: i64, body: Vec<u8>) -> Result<bool> {
    let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
    let done = sqlx::query(
        "UPDATE upload SET received_bytes = received_bytes + $1 \
         WHERE id = $2 AND received_bytes = $3 AND size_bytes - received_bytes >= $1",
    )
    .bind(length)
    .bind(id)
    .bind(start)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO upload_chunk (upload_id, start_byte, body) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(start)
        .bind(body)
        .execute(&mut *conn)
        .await?;
    Ok(true)
}

/// Removes an upload that was taken, with its bytes.
pub async fn take_upload(conn: &mut Conn, id: &str) -> Result<()> {
    // The row first: whoever adds a chunk waits for it, and finds it gone.
    for text in
        ["DELETE FROM upload WHERE id = $1", "DELETE FROM upload_chunk WHERE upload_id = $1"]
    {
        sqlx::query(text).bind(id).execute(&mut *conn).await?;
    }
    Ok(())
}

#[async_trait]
impl Uploads for Engine {
    async fn open_upload(&self, row: UploadRow, bounds: UploadBounds) -> Result<Opened> {
        self.write(move |conn| Box::pin(async move { open(conn, &row, bounds).await })).await
    }

    async fn find_upload(&self, id: &str) -> Result<Option<UploadRow>> {
        let row = sqlx::query(FIND).bind(id).fetch_optional(&self.readers).await?;
        row.as_ref().map(upload_of).transpose()
    }

    async fn append_upload(&self, id: &str, start: i64, body: Vec<u8>) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |conn| Box::pin(async move { append(conn, &id, start, body).await })).await
    }

    async fn load_upload(&self, id: &str) -> Result<Vec<u8>> {
        let parts: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT body FROM upload_chunk WHERE upload_id = $1 ORDER BY start_byte",
        )
        .bind(id)
        .fetch_all(&self.readers)
        .await?;
        Ok(parts.concat())
    }

    async fn restart_upload(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                for text in [
                    "UPDATE upload SET received_bytes = 0 WHERE id = $1",
                    "DELETE FROM upload_chunk WHERE upload_id = $1",
                ] {
                    sqlx::query(text).bind(&id).execute(&mut *conn).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn forget_uploads(&self, before: Timestamp) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM upload WHERE at < $1")
                    .bind(before.0)
                    .execute(&mut *conn)
                    .await?;
                sqlx::query(
                    "DELETE FROM upload_chunk \
                     WHERE NOT EXISTS (SELECT 1 FROM upload WHERE id = upload_chunk.upload_id)",
                )
                .execute(&mut *conn)
                .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }
}
