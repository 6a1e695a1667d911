//! Many rows in one statement: an array for each column, so that one text serves any number.

use super::super::StoreError;
use super::super::values::{Value, Values};
use super::Conn;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe};

/// Rows in one statement.
const ROWS_MAX: usize = 512;

/// A statement that inserts rows, with its values.
pub struct Insert {
    text: String,
    arguments: PgArguments,
}

/// Statements that insert rows of `width` values.
pub fn inserts(
    (head, tail): (&'static str, &'static str),
    width: usize,
    values: &Values,
) -> Vec<Insert> {
    let statements = values.as_slice().chunks(ROWS_MAX * width).map(|part| {
        let mut arguments = PgArguments::default();
        let mut columns = Vec::with_capacity(width);
        for at in 0..width {
            let kind = add_column(&mut arguments, at, part.iter().skip(at).step_by(width));
            columns.push(format!("${}::{kind}[]", at + 1));
        }
        let text = format!("{head} SELECT * FROM unnest({}){tail}", columns.join(","));
        Insert { text, arguments }
    });
    statements.collect()
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

/// Adds the values of a column, and says of which type they are.
fn add_column<'a>(
    arguments: &mut PgArguments,
    at: usize,
    column: impl Iterator<Item = &'a Value<'a>> + Clone,
) -> &'static str {
    macro_rules! add {
        ($kind:ident, $value:ident => $plain:expr) => {{
            let own = column.map(|value| match value {
                Value::$kind($value) => $plain,
                other => panic!("column {at} has values of two kinds, {other:?} among them"),
            });
            arguments.add(own.collect::<Vec<_>>()).expect("plain values can be bound");
        }};
    }
    match column.clone().next() {
        Some(Value::Text(_)) | None => {
            add!(Text, text => text.as_deref());
            "text"
        }
        Some(Value::Whole(_)) => {
            add!(Whole, n => *n);
            "bigint"
        }
        Some(Value::Real(_)) => {
            add!(Real, x => *x);
            "float8"
        }
        Some(Value::Flag(_)) => {
            add!(Flag, is => *is);
            "boolean"
        }
    }
}
