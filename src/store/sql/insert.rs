//! Many rows in one statement.

use super::{Conn, Db, Query};
use crate::store::StoreError;
use sqlx::query_builder::Separated;

/// Rows in one statement; a power of two. Some sixty values each stay below SQLite's and
/// PostgreSQL's limits.
const ROWS_MAX: usize = 512;

/// Parts of a list whose lengths are powers of two, so that there are few different statements and
/// each is prepared once.
pub fn parts<T>(mut rows: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = rows.len().min(most).checked_ilog2()?;
        let (part, rest) = rows.split_at(1 << size);
        rows = rest;
        Some(part)
    })
}

/// Inserts rows, each of which `push` writes, and says how many were.
pub async fn insert_rows<T>(
    conn: &mut Conn,
    (head, tail): (&str, &str),
    rows: &[T],
    push: impl Fn(&mut Separated<'_, Db, &'static str>, &T),
) -> Result<u64, StoreError> {
    let mut written = 0;
    for part in parts(rows, ROWS_MAX) {
        let mut query = Query::new(head);
        query.push_values(part, |mut row, one| push(&mut row, one));
        query.push(tail);
        written += query.build().execute(&mut *conn).await?.rows_affected();
    }
    Ok(written)
}
