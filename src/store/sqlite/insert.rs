//! Many rows in one statement: a list of values for each.

use super::super::values::{Value, Values};
use super::sql::Insert;
use sqlx::Arguments as _;
use sqlx::sqlite::SqliteArguments;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Values in one statement, far below what the engine takes.
const VALUES_MAX: usize = 8_192;

type Texts = HashMap<(&'static str, usize), Arc<str>>;

/// Statements by head and rows: a text that is written out each time costs as much as its values.
static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);

/// Statements that insert rows of `width` values.
pub fn inserts(text: (&'static str, &'static str), width: usize, values: &Values) -> Vec<Insert> {
    let mut left = values.as_slice();
    let mut statements = Vec::new();
    // Lengths are powers of two, so that there are few different statements and each is prepared
    // once.
    while let Some(log) = (left.len().min(VALUES_MAX) / width).checked_ilog2() {
        let (part, rest) = left.split_at(width << log);
        let mut arguments = SqliteArguments::default();
        arguments.reserve(part.len(), 0);
        for value in part {
            let added = match value {
                Value::Text(text) => arguments.add(text.as_deref()),
                Value::Whole(n) => arguments.add(*n),
                Value::Real(x) => arguments.add(*x),
                Value::Flag(is) => arguments.add(*is),
            };
            added.expect("plain values can be bound");
        }
        statements.push(Insert::new(text_of(text, width, 1 << log), arguments));
        left = rest;
    }
    statements
}

fn text_of((head, tail): (&'static str, &'static str), width: usize, rows: usize) -> Arc<str> {
    let write = || {
        let row = format!("({})", vec!["?"; width].join(","));
        format!("{head} VALUES {}{tail}", vec![row; rows].join(",")).into()
    };
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry((head, rows)).or_insert_with(write).clone()
}
