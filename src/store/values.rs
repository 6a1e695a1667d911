//! Rows to be inserted, as values in the order of their columns.

use std::borrow::Cow;

/// A value of a column; a column has values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Whole(Option<i64>),
    Real(Option<f64>),
    Flag(Option<bool>),
}

/// The values of one row after another.
#[derive(Debug, Default)]
pub struct Values<'a>(Vec<Value<'a>>);

impl<'a> Values<'a> {
    /// Those of all rows, each of which `push` writes.
    pub fn of<T>(rows: &'a [T], push: impl Fn(&mut Values<'a>, &'a T)) -> Self {
        let mut values = Self::default();
        rows.iter().for_each(|row| push(&mut values, row));
        values
    }

    pub fn push_bind(&mut self, value: impl Into<Value<'a>>) -> &mut Self {
        self.0.push(value.into());
        self
    }

    pub fn as_slice(&self) -> &[Value<'a>] {
        &self.0
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Cow::Owned))
    }
}

macro_rules! from_plain {
    ($($plain:ty => $kind:ident),*) => {$(
        impl From<$plain> for Value<'_> {
            fn from(value: $plain) -> Self {
                Self::$kind(Some(value))
            }
        }

        impl From<Option<$plain>> for Value<'_> {
            fn from(value: Option<$plain>) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}

from_plain!(i64 => Whole, f64 => Real, bool => Flag);
