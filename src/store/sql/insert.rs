//! Many rows at once.

use super::{Conn, Insert, Query, inserts, run_all};
use crate::store::StoreError;
use crate::store::values::{Value, Values};

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
        Some(width) => inserts(text, width, &values),
    }
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
