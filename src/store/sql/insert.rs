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

/// Statements that insert rows, each of which `push` writes.
pub fn inserts_of<T>(
    (head, tail): (&str, &str),
    rows: &[T],
    push: impl Fn(&mut Separated<'_, Db, &'static str>, &T),
) -> Vec<Query> {
    let written = parts(rows, ROWS_MAX).map(|part| {
        let mut query = Query::new(head);
        query.push_values(part, |mut row, one| push(&mut row, one));
        query.push(tail);
        query
    });
    written.collect()
}

/// Runs statements one after another, and says how many rows they wrote.
pub async fn run_all(conn: &mut Conn, statements: Vec<Query>) -> Result<u64, StoreError> {
    let mut written = 0;
    for mut statement in statements {
        written += statement.build().execute(&mut *conn).await?.rows_affected();
    }
    Ok(written)
}

/// Inserts rows, each of which `push` writes, and says how many were.
pub async fn insert_rows<T>(
    conn: &mut Conn,
    text: (&str, &str),
    rows: &[T],
    push: impl Fn(&mut Separated<'_, Db, &'static str>, &T),
) -> Result<u64, StoreError> {
    run_all(conn, inserts_of(text, rows, push)).await
}
