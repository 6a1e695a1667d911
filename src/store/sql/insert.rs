//! Many rows in one statement.

use super::{Conn, Db, Query};
use crate::store::StoreError;
use crate::store::values::{Value, Values};
use sqlx::{AssertSqlSafe, Database};
use std::sync::Arc;

/// A statement that inserts rows, with its values.
pub struct Insert {
    text: Arc<str>,
    arguments: <Db as Database>::Arguments,
}

impl Insert {
    pub fn new(text: Arc<str>, arguments: <Db as Database>::Arguments) -> Self {
        Self { text, arguments }
    }
}

/// Statements that insert rows, each of which `push` writes, and none for none. The head is as far
/// as the names of the columns, the tail what stands behind the values.
pub fn inserts_of<'a, T>(
    text: (&'static str, &'static str),
    rows: &'a [T],
    push: impl Fn(&mut Values<'a>, &'a T),
) -> Vec<Insert> {
    let values = Values::of(rows, push);
    match values.as_slice().len().checked_div(rows.len()) {
        None => Vec::new(),
        Some(width) => super::inserts(text, width, &values),
    }
}

/// Runs statements one after another, and says how many rows they wrote.
pub async fn run_all(conn: &mut Conn, statements: Vec<Insert>) -> Result<u64, StoreError> {
    let mut written = 0;
    for Insert { text, arguments } in statements {
        let statement = sqlx::query_with(AssertSqlSafe(text), arguments);
        written += statement.execute(&mut *conn).await?.rows_affected();
    }
    Ok(written)
}

/// Inserts rows, each of which `push` writes, and says how many were.
pub async fn insert_rows<'a, T>(
    conn: &mut Conn,
    text: (&'static str, &'static str),
    rows: &'a [T],
    push: impl Fn(&mut Values<'a>, &'a T),
) -> Result<u64, StoreError> {
    run_all(conn, inserts_of(text, rows, push)).await
}

/// Pushes values with commas between them.
pub fn push_values(query: &mut Query, values: Values) {
    for (at, value) in values.as_slice().iter().enumerate() {
        query.push(if at == 0 { "" } else { ", " });
        match value {
            Value::Text(text) => query.push_bind(text.as_deref().map(str::to_owned)),
            Value::Whole(n) => query.push_bind(*n),
            Value::Real(x) => query.push_bind(*x),
            Value::Flag(is) => query.push_bind(*is),
        };
    }
}
