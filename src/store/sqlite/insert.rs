//! Rows to be inserted: the values of all of them in one piece, bound row by row.

use super::super::StoreError;
use super::super::values::{Value, Values};
use super::Conn;
use super::bare::{Bare, Statements};
use std::slice::ChunksExact;

/// Rows for one table.
pub struct Insert {
    text: (&'static str, &'static str),
    width: usize,
    slots: Vec<Slot>,
    /// All texts, one behind the other.
    texts: String,
}

/// A value as it is bound.
pub enum Slot {
    Null,
    Whole(i64),
    Real(f64),
    /// Where it stands among the texts of the rows.
    Text {
        from: usize,
        to: usize,
    },
}

impl Insert {
    /// Rows of `width` values. The text is as far as the names of the columns, and what stands
    /// behind the values.
    pub fn of(text: (&'static str, &'static str), width: usize, values: &Values) -> Self {
        let mut texts = String::new();
        let slot_of = |value: &Value| match value {
            Value::Text(Some(text)) => {
                let from = texts.len();
                texts.push_str(text);
                Slot::Text { from, to: texts.len() }
            }
            Value::Whole(Some(n)) => Slot::Whole(*n),
            Value::Real(Some(x)) => Slot::Real(*x),
            Value::Flag(Some(is)) => Slot::Whole(i64::from(*is)),
            Value::Text(None) | Value::Whole(None) | Value::Real(None) | Value::Flag(None) => {
                Slot::Null
            }
        };
        let slots = values.as_slice().iter().map(slot_of).collect();
        Self { text, width, slots, texts }
    }

    /// The statement for one row.
    pub fn text(&self) -> String {
        let (head, tail) = self.text;
        format!("{head} VALUES ({}){tail}", vec!["?"; self.width].join(","))
    }

    pub fn rows(&self) -> ChunksExact<'_, Slot> {
        self.slots.chunks_exact(self.width)
    }

    /// The text that stands there, or none for another value.
    pub fn text_at(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Text { from, to } => &self.texts[*from..*to],
            _ => "",
        }
    }
}

/// Statements that insert rows of `width` values.
pub fn inserts(text: (&'static str, &'static str), width: usize, values: &Values) -> Vec<Insert> {
    vec![Insert::of(text, width, values)]
}

/// Inserts the rows of each, and says how many were.
pub async fn run_all(conn: &mut Conn, inserts: Vec<Insert>) -> Result<u64, StoreError> {
    if inserts.is_empty() {
        return Ok(0);
    }
    let mut statements = Statements::default();
    let mut bare = Bare::of(conn, &mut statements).await?;
    inserts.iter().map(|insert| bare.insert(insert)).sum()
}
