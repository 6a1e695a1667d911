//! Rows to be inserted: the values of all of them in one piece, bound some rows at a time.

use super::super::StoreError;
use super::super::values::{Value, Values};
use super::Conn;
use super::bare::{Bare, Statements};

/// Values in one statement. What SQLite sets up for each statement (cursors, the lists that
/// conditions of indexes are compared with) costs as much as some rows.
const VALUES_MAX: usize = 2_048;

/// What tells a statement from others: what stands before and behind its values, and how many rows
/// it inserts.
pub type Name = (&'static str, &'static str, usize);

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

    /// Statements of so many rows each, with the values of these. Lengths are powers of two, so
    /// that there are few different statements and each is prepared once.
    pub fn parts(&self) -> impl Iterator<Item = (Name, &[Slot])> {
        let mut left = self.slots.as_slice();
        std::iter::from_fn(move || {
            let log = (left.len().min(VALUES_MAX) / self.width).checked_ilog2()?;
            let (part, rest) = left.split_at(self.width << log);
            left = rest;
            Some(((self.text.0, self.text.1, 1 << log), part))
        })
    }

    /// A failure leaves the rows before it: whoever meets one takes back all of it anyway, and for
    /// the other way SQLite copies each page before it is touched.
    pub fn text(&self, (head, tail, rows): Name) -> String {
        let row = format!("({})", vec!["?"; self.width].join(","));
        let head = head.replacen("INSERT INTO", "INSERT OR FAIL INTO", 1);
        format!("{head} VALUES {}{tail}", vec![row; rows].join(","))
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
