//! Many rows in one statement: an array for each column, so that one text serves any number.

use super::super::StoreError;
use super::super::values::{Value, Values};
use super::Conn;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe};
use std::fmt::Write as _;

/// Rows in one statement.
const ROWS_MAX: usize = 512;

/// Rows for one table, by columns.
pub struct Insert {
    text: (&'static str, &'static str),
    columns: Vec<Column>,
}

/// The values of a column.
enum Column {
    Text(Vec<Option<String>>),
    Whole(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
}

/// Rows of `width` values to be inserted.
pub fn inserts(text: (&'static str, &'static str), width: usize, values: &Values) -> Vec<Insert> {
    let parts = values.as_slice().chunks(ROWS_MAX * width);
    let insert_of = |part: &[Value]| Insert {
        text,
        columns: (0..width).map(|at| column_of(at, part.iter().skip(at).step_by(width))).collect(),
    };
    parts.map(insert_of).collect()
}

fn column_of<'a>(at: usize, column: impl Iterator<Item = &'a Value<'a>> + Clone) -> Column {
    macro_rules! collect {
        ($kind:ident, $value:ident => $plain:expr) => {{
            let own = column.map(|value| match value {
                Value::$kind($value) => $plain,
                other => panic!("column {at} has values of two kinds, {other:?} among them"),
            });
            Column::$kind(own.collect())
        }};
    }
    match column.clone().next() {
        Some(Value::Text(_)) | None => collect!(Text, text => text.as_deref().map(str::to_owned)),
        Some(Value::Whole(_)) => collect!(Whole, n => *n),
        Some(Value::Real(_)) => collect!(Real, x => *x),
        Some(Value::Flag(_)) => collect!(Flag, is => *is),
    }
}

impl Insert {
    /// Writes its statement, and binds its values behind those that are bound already.
    fn push(self, text: &mut String, arguments: &mut PgArguments) {
        let (head, tail) = self.text;
        let _ = write!(text, "{head} SELECT * FROM unnest(");
        for (at, column) in self.columns.into_iter().enumerate() {
            let (kind, added) = match column {
                Column::Text(values) => ("text", arguments.add(values)),
                Column::Whole(values) => ("bigint", arguments.add(values)),
                Column::Real(values) => ("float8", arguments.add(values)),
                Column::Flag(values) => ("boolean", arguments.add(values)),
            };
            added.expect("plain values can be bound");
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(text, "{comma}${}::{kind}[]", arguments.len());
        }
        let _ = write!(text, "){tail}");
    }
}

/// Inserts one after another, and says how many rows they wrote.
pub async fn run_all(conn: &mut Conn, inserts: Vec<Insert>) -> Result<u64, StoreError> {
    let mut written = 0;
    for insert in inserts {
        let (mut text, mut arguments) = (String::new(), PgArguments::default());
        insert.push(&mut text, &mut arguments);
        let statement = sqlx::query_with(AssertSqlSafe(text), arguments);
        written += statement.execute(&mut *conn).await?.rows_affected();
    }
    Ok(written)
}

/// Inserts rows of several tables, none of which depends on what another writes, by one statement:
/// each of its own would be a way to the database and back.
///
/// # Errors
/// The database cannot be reached, or refuses a row; then nothing was written.
pub async fn run_at_once(conn: &mut Conn, inserts: Vec<Insert>) -> Result<(), StoreError> {
    let (mut text, mut arguments) = (String::new(), PgArguments::default());
    for (at, insert) in inserts.into_iter().enumerate() {
        let _ = write!(text, "{} t{at} AS (", if at == 0 { "WITH" } else { "," });
        insert.push(&mut text, &mut arguments);
        text.push(')');
    }
    text.push_str(" SELECT 1");
    sqlx::query_with(AssertSqlSafe(text), arguments).execute(conn).await?;
    Ok(())
}
