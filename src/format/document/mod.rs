//! A document of tables with one map: what a spreadsheet and a printed report are both made from,
//! so that they cannot tell different numbers.

mod font;
mod layout;
mod pdf;
mod xlsx;

pub use pdf::write_pdf;
pub use xlsx::write_xlsx;

use crate::domain::catalog::Lang;
use crate::domain::time::{Day, HOUR_MS, MINUTE_MS, Timestamp};
use jiff::tz::TimeZone;

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("the spreadsheet: {0}")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    #[error("the printed report: {0}")]
    Print(String),
}

/// A value in a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Count(i64),
    /// 0 to 1.
    Share(f64),
    Number(f64),
    /// Milliseconds.
    Lasting(i64),
    Day(Day),
    At(Timestamp),
    /// Nothing is known: neither zero nor good.
    Unknown,
    /// There is nothing to say here.
    Empty,
}

impl Cell {
    /// A share, or unknown.
    pub fn share(value: Option<f64>) -> Self {
        value.map_or(Cell::Unknown, Cell::Share)
    }

    /// A length of time, or unknown.
    pub fn lasting(value: Option<i64>) -> Self {
        value.map_or(Cell::Unknown, Cell::Lasting)
    }

    pub fn text(value: impl Into<String>) -> Self {
        Cell::Text(value.into())
    }

    /// Whether it stands at the right of its column.
    fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_) | Cell::Empty)
    }
}

/// A column: its name for programs, its title, and how wide it is beside the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub key: &'static str,
    pub title: String,
    pub width: f32,
}

/// Rows under named columns.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// An area of the map, with the class of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Longitude and latitude in degrees.
    pub polygon: geo_types::MultiPolygon<f64>,
    /// The class on the scale; `None` is unknown, and is hatched.
    pub class: Option<usize>,
    /// 0 to 1: how strongly it is drawn.
    pub strength: f32,
}

/// A map of areas, filled by a fixed scale.
#[derive(Clone, Debug, PartialEq)]
pub struct MapFigure {
    pub shapes: Vec<Shape>,
    /// Colour (`#rrggbb`) and label of each class, from low to high.
    pub scale: Vec<(&'static str, String)>,
    pub unknown: String,
    pub caption: String,
}

/// A part of a document: one sheet of a workbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub key: &'static str,
    pub title: String,
    /// What has to be known to read the table.
    pub notes: Vec<String>,
    pub figure: Option<MapFigure>,
    pub table: Table,
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    pub title: String,
    /// Lines under the title: of what, as of when.
    pub head: Vec<String>,
    pub lang: Lang,
    /// The zone that times are written in.
    pub zone: TimeZone,
    /// The instant that the numbers are of.
    pub as_of: Timestamp,
    pub sections: Vec<Section>,
}

impl Document {
    /// A value as people read it.
    pub fn show(&self, cell: &Cell) -> String {
        let zh = self.lang == Lang::Zh;
        match cell {
            Cell::Text(text) => text.clone(),
            Cell::Count(n) => grouped(*n),
            Cell::Share(share) => show_share(*share),
            Cell::Number(number) => format!("{number:.1}"),
            Cell::Lasting(ms) => show_lasting(*ms, zh),
            Cell::Day(day) => day.to_string(),
            Cell::At(at) => at.clock_in(&self.zone),
            Cell::Unknown => (if zh { "未知" } else { "unknown" }).into(),
            Cell::Empty => String::new(),
        }
    }

    pub fn section(&self, key: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.key == key)
    }
}

/// Thousands apart.
fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// A share as a percentage; 100 % is said of all alone, and 0 % of none alone.
fn show_share(share: f64) -> String {
    match share {
        s if s <= 0.0 => "0%".into(),
        s if s >= 1.0 => "100%".into(),
        s => format!("{:.1}%", (s * 100.0).clamp(0.1, 99.9)),
    }
}

fn show_lasting(ms: i64, zh: bool) -> String {
    let (size, unit) = match ms {
        ms if ms >= 24 * HOUR_MS => (24 * HOUR_MS, if zh { "天" } else { "d" }),
        ms if ms >= HOUR_MS => (HOUR_MS, if zh { "小时" } else { "h" }),
        _ => (MINUTE_MS, if zh { "分" } else { "min" }),
    };
    let amount = ms as f64 / size as f64;
    let digits = usize::from(amount < 10.0 && size > MINUTE_MS);
    format!("{amount:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(lang: Lang) -> Document {
        Document {
            title: "台账".into(),
            head: vec!["截至".into()],
            lang,
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            as_of: Timestamp(0),
            sections: Vec::new(),
        }
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        let zh = document(Lang::Zh);
        for (cell, shown) in [
            (Cell::Count(1_234_567), "1,234,567"),
            (Cell::Count(-12), "-12"),
            (Cell::Share(0.9999), "99.9%"),
            (Cell::Share(1.0), "100%"),
            (Cell::Share(0.0001), "0.1%"),
            (Cell::Lasting(90 * MINUTE_MS), "1.5 小时"),
            (Cell::Lasting(50 * HOUR_MS), "2.1 天"),
            (Cell::At(Timestamp(0)), "1970-01-01 08:00"),
            (Cell::Unknown, "未知"),
        ] {
            assert_eq!(zh.show(&cell), shown);
        }
        assert_eq!(document(Lang::En).show(&Cell::Unknown), "unknown");
    }
}
