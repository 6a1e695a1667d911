//! A copy of an embedded database while others read and write it.

use super::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// Copies the embedded database at `path` into the new file `to`, as it stands at one moment: with
/// everything that was acknowledged before, whoever writes meanwhile. When this returns, the copy
/// is on disk.
///
/// # Errors
/// There is no database at `path`, `to` is there already, or the disk takes no more.
pub async fn copy_sqlite(path: &Path, to: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(10));
    let mut source = SqliteConnection::connect_with(&options).await?;
    // One statement is one reading transaction. Page by page, as the backup of SQLite's shell does
    // it, a copy begins anew with each commit of another process and may never end.
    sqlx::query("VACUUM INTO $1").bind(to.to_string_lossy()).execute(&mut source).await?;
    source.close().await?;
    // SQLite itself does not wait for the disk here.
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Unavailable(format!("{}: {error}", to.display())))
}
