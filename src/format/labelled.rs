//! Labelled history for learning: a CSV export of another system, its columns named by the caller.
//! A bad row becomes a problem with its line and reason and hides no other.

use csv::{ByteRecord, StringRecord};
use std::io::Read;

/// The most rows that a file may have.
pub const ROWS_MAX: usize = 5_000_000;
/// Words that exports write where nothing is known.
const EMPTY_WORDS: [&str; 6] = ["null", "none", "nan", "n/a", "na", "-"];
/// A row over more lines than this has a quotation mark that is not closed.
const ROW_LINES_MAX: usize = 200;
const OPEN_QUOTE: &str =
    "a quotation mark that begins on this line is not closed; close it or take it away";

/// The names of the columns.
#[derive(Clone, Debug)]
pub struct LabelledColumns {
    pub category: String,
    pub longitude: String,
    pub latitude: String,
    /// By which a row is told as an example; the line where the file lacks it.
    pub name: Option<String>,
    /// From the department inwards; at least one.
    pub labels: Vec<String>,
}

/// Why a file as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelledError {
    #[error("cannot be read: {0}")]
    Csv(#[from] csv::Error),
    #[error("is empty; a line with the names of the columns is needed")]
    NoHeader,
    #[error("is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error(
        "has no column {}; its columns are {}; {} names another",
        missing.join(", "), present.join(", "), options.join(", ")
    )]
    MissingColumns { missing: Vec<String>, present: Vec<String>, options: Vec<&'static str> },
    #[error("has two columns named {0:?}; one is needed")]
    DoubleColumn(String),
    #[error("has more than {ROWS_MAX} rows; split it")]
    TooManyRows,
}

/// One usable row.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledRow {
    pub line: u64,
    pub name: String,
    pub category: String,
    /// Longitude and latitude as written; `None` where the fields are empty or both are 0.
    pub raw: Option<(f64, f64)>,
    /// As many as columns were named; empty where nothing is known, save the first.
    pub labels: Vec<String>,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    pub line: u64,
    pub reason: String,
}

/// The positions of the columns in a row.
struct Places {
    category: usize,
    longitude: usize,
    latitude: usize,
    name: Option<usize>,
    labels: Vec<usize>,
    width: usize,
}

impl Places {
    fn find(columns: &LabelledColumns, header: &[&str]) -> Result<Self, LabelledError> {
        let labels = columns.labels.iter().map(|label| ("--label", label));
        let wanted = [
            ("--category", &columns.category),
            ("--lon", &columns.longitude),
            ("--lat", &columns.latitude),
        ];
        let wanted = wanted.into_iter().chain(labels);
        let absent = wanted.filter(|(_, name)| !header.contains(&name.as_str()));
        let (mut options, missing): (Vec<_>, Vec<String>) =
            absent.map(|(option, name)| (option, name.clone())).unzip();
        options.dedup();
        if !missing.is_empty() {
            let present = header.iter().map(|name| (*name).to_owned()).collect();
            return Err(LabelledError::MissingColumns { missing, present, options });
        }
        let place = |name: &str| {
            let mut found = header.iter().enumerate().filter(|(_, own)| **own == name);
            match (found.next(), found.next()) {
                (Some((i, _)), None) => Ok(i),
                _ => Err(LabelledError::DoubleColumn(name.to_owned())),
            }
        };
        Ok(Self {
            category: place(&columns.category)?,
            longitude: place(&columns.longitude)?,
            latitude: place(&columns.latitude)?,
            name: columns.name.as_ref().and_then(|n| header.iter().position(|own| own == n)),
            labels: columns.labels.iter().map(|name| place(name)).collect::<Result<_, _>>()?,
            width: header.len(),
        })
    }
}

/// Every line ended by `\n` alone, as counting lines needs.
fn with_plain_ends(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.contains(&b'\r') {
        return bytes;
    }
    let mut text = Vec::with_capacity(bytes.len());
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(i + 1) == Some(&b'\n') => {}
            b'\r' => text.push(b'\n'),
            _ => text.push(byte),
        }
    }
    text
}

/// Parses the one row that `bytes` hold; false where they hold none.
fn parse(bytes: &[u8], record: &mut ByteRecord) -> csv::Result<bool> {
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(bytes.len().max(1))
        .from_reader(bytes);
    csv.read_byte_record(record)
}

/// A row of the file: one line, or several where a quoted field goes on over their ends.
struct RawRow<'a> {
    /// Where it begins in the text.
    from: usize,
    line: u64,
    lines: usize,
    bytes: &'a [u8],
    /// A quotation mark is not closed within [`ROW_LINES_MAX`] lines, or closed where no field
    /// ends: it was then another row's that closed it.
    is_open: bool,
}

/// Where a line leaves off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Open,
    /// Something follows a closing mark within its field.
    Torn,
}

/// Follows the quotation marks of a line, which begins inside a field or between rows.
fn follow(line: &[u8], begins_open: bool) -> Quote {
    let (mut open, mut at_start, mut torn) = (begins_open, !begins_open, false);
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (open, byte) {
            (true, b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (true, b'"') => {
                open = false;
                torn |= bytes.peek().is_some_and(|&next| next != b',');
            }
            (true, _) => {}
            (false, b'"') if at_start => open = true,
            (false, b',') => {
                at_start = true;
                continue;
            }
            (false, _) => {}
        }
        at_start = false;
    }
    match (open, torn) {
        (true, _) => Quote::Open,
        (false, true) => Quote::Torn,
        (false, false) => Quote::None,
    }
}

/// The rows of a text, and how to go back into one that is not what it seemed.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = &self.text[from..];
        from + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
    }

    fn next_row(&mut self) -> Option<RawRow<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        let (from, line) = (self.at, self.line);
        let mut end = self.end_of_line(from);
        let mut quote = follow(&self.text[from..end], false);
        let mut lines = 1;
        while quote == Quote::Open && lines < ROW_LINES_MAX && end + 1 < self.text.len() {
            let next = end + 1;
            end = self.end_of_line(next);
            quote = follow(&self.text[next..end], true);
            lines += 1;
        }
        self.at = end + 1;
        self.line += lines as u64;
        let is_open = quote == Quote::Open || (quote == Quote::Torn && lines > 1);
        Some(RawRow { from, line, lines, bytes: &self.text[from..end], is_open })
    }

    /// Goes on with the line after the first one of a row.
    fn go_on_after(&mut self, row: &RawRow<'a>) {
        self.line = row.line + 1;
        self.at = self.end_of_line(row.from) + 1;
    }
}

/// Reads all rows, in the order of the file.
///
/// # Errors
/// The file cannot be read or lacks a column.
pub fn read_labelled(
    mut input: impl Read,
    columns: &LabelledColumns,
) -> Result<(Vec<LabelledRow>, Vec<BadRow>), LabelledError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(csv::Error::from)?;
    let text = with_plain_ends(bytes);
    let mut lines = Lines::of(&text);
    let mut record = ByteRecord::new();
    loop {
        match lines.next_row() {
            Some(row) if parse(row.bytes, &mut record)? => break,
            Some(_) => {}
            None => return Err(LabelledError::NoHeader),
        }
    }
    let first = record.get(0).unwrap_or(b"");
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        return Err(LabelledError::Utf16);
    }
    let header: Vec<String> = record
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_matches(['\u{feff}', ' ']).to_owned())
        .collect();
    let places = Places::find(columns, &header.iter().map(String::as_str).collect::<Vec<_>>())?;
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    while let Some(row) = lines.next_row() {
        if rows.len() + bad.len() == ROWS_MAX {
            return Err(LabelledError::TooManyRows);
        }
        let line = row.line;
        let is_row = !row.is_open && parse(row.bytes, &mut record)?;
        if row.is_open || (is_row && row.lines > 1 && record.len() != places.width) {
            // Only this line is lost: what the quotation mark took in is read as rows again.
            lines.go_on_after(&row);
            bad.push(BadRow { line, reason: OPEN_QUOTE.to_owned() });
        } else if is_row {
            match read_row(&record, line, &places, columns) {
                Ok(row) => rows.push(row),
                Err(reason) => bad.push(BadRow { line, reason }),
            }
        }
    }
    Ok((rows, bad))
}

fn read_row(
    record: &ByteRecord,
    line: u64,
    places: &Places,
    columns: &LabelledColumns,
) -> Result<LabelledRow, String> {
    if record.len() != places.width {
        let (found, width) = (record.len(), places.width);
        return Err(format!("the row has {found} fields, the header has {width}"));
    }
    let record = StringRecord::from_byte_record(record.clone())
        .map_err(|_| "the row is not UTF-8; save the file as UTF-8".to_owned())?;
    let field = |i: usize| {
        let text = record.get(i).unwrap_or("").trim();
        let is_empty = EMPTY_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is_empty { "" } else { text }
    };
    // A category or a label may well be called "None"; only positions are read so generously.
    let text = |i: usize| record.get(i).unwrap_or("").trim().to_owned();
    let category = text(places.category);
    if category.is_empty() {
        return Err(format!("{}: a value is needed", columns.category));
    }
    let labels: Vec<String> = places.labels.iter().map(|&i| text(i)).collect();
    if labels.first().is_none_or(String::is_empty) {
        let name = columns.labels.first().map_or("label", String::as_str);
        return Err(format!("{name}: the first label is empty, so there is nothing to learn"));
    }
    let number = |i: usize, name: &str| match field(i) {
        "" => Ok(None),
        text => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Some)
            .ok_or_else(|| format!("{name}: {text:?} is not a number")),
    };
    let longitude = number(places.longitude, &columns.longitude)?;
    let latitude = number(places.latitude, &columns.latitude)?;
    let raw = match (longitude, latitude) {
        (Some(lon), Some(lat)) => Some((lon, lat)).filter(|&pair| pair != (0.0, 0.0)),
        (None, None) => None,
        _ => return Err("one of longitude and latitude is empty".to_owned()),
    };
    let name = places.name.map(&text).filter(|name| !name.is_empty());
    Ok(LabelledRow { line, name: name.unwrap_or(format!("line {line}")), category, raw, labels })
}

#[cfg(test)]
mod tests;
