//! History of another system: any CSV export, read row by row as a mapping file says. A bad row
//! becomes a problem with its line and reason and hides no other.
//!
//! Memory does not grow with the file, save for the digests by which a number that is given twice
//! is known (about 50 bytes a row).

mod mapping;
mod places;
mod row;
#[cfg(test)]
mod tests;
mod time;

pub use mapping::{Encoding, Mapping, MappingError};
pub use row::{HistoryRow, KnownTimes, Reached, Reason, RowProblem};
pub use time::{Clock, TimeFault};

use csv::{ByteRecord, StringRecord};
use places::Places;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;

/// The most rows that a file may have.
pub const ROWS_MAX: u64 = 5_000_000;
/// The longest row, in bytes. Only a quote that is never closed makes a longer one.
pub const ROW_BYTES_MAX: u64 = 1 << 20;

/// Why a file as a whole cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub enum HistoryFileError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] csv::Error),
    #[error("the file has no line of column names")]
    NoHeader,
    #[error("the file is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("the line of column names is not {0}; name the file's encoding in the mapping")]
    HeaderEncoding(&'static str),
    #[error(
        "the mapping names columns that the file does not have: {}; it has {}",
        missing.join(", "),
        present.join(", ")
    )]
    MissingColumns { missing: Vec<String>, present: Vec<String> },
    #[error("the file has two columns named {0:?}; the mapping needs one")]
    DoubleColumn(String),
    #[error(
        "the row that begins on line {line} is longer than {ROW_BYTES_MAX} bytes: \
         a quotation mark there is not closed"
    )]
    RowTooLong { line: u64 },
    #[error("the file has more than {ROWS_MAX} rows; split it")]
    TooManyRows,
}

/// One row of the file, good or bad.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// The line that the row begins on; the header's is 1.
    pub line: u64,
    /// The row's number, from 1 for the first after the header: a row may have several lines.
    pub ordinal: u64,
    pub row: Result<HistoryRow, RowProblem>,
}

/// Hands on a file with every line ended by one `\n`, the last one too, so that lines can be
/// counted; and refuses to read on when one row goes on for too long.
struct Lines<R> {
    inner: R,
    since_row_bytes: u64,
    read_bytes: u64,
    last: u8,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since_row_bytes > ROW_BYTES_MAX {
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                let is_ended = matches!(self.last, b'\n' | b'\r');
                self.last = b'\n';
                return Ok(match buffer.first_mut().filter(|_| !is_ended) {
                    Some(end) => {
                        *end = b'\n';
                        1
                    }
                    None => 0,
                });
            }
            self.read_bytes += count as u64;
            self.since_row_bytes += count as u64;
            let kept = self.end_lines(buffer, count);
            // A lone second half of a `\r\n` leaves nothing, which would look like the end.
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Lines<R> {
    /// Writes `\n` for `\r\n` and for a lone `\r`, in place, and returns how many bytes are left.
    fn end_lines(&mut self, buffer: &mut [u8], count: usize) -> usize {
        let mut kept = 0;
        for i in 0..count {
            let byte = buffer[i];
            if byte != b'\n' || self.last != b'\r' {
                buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
            self.last = byte;
        }
        kept
    }
}

/// The rows of a file, in its order.
pub struct HistoryReader<'a, R> {
    csv: csv::Reader<Lines<R>>,
    mapping: &'a Mapping,
    places: Places,
    width: usize,
    record: ByteRecord,
    ordinal: u64,
    /// Where each number was first given, by a digest of it.
    seen: HashMap<[u8; 16], u64>,
    is_done: bool,
}

impl<'a, R: Read> HistoryReader<'a, R> {
    /// Reads the line of column names and finds the columns of the mapping.
    ///
    /// # Errors
    /// The file cannot be read, or lacks a column.
    pub fn open(input: R, mapping: &'a Mapping) -> Result<Self, HistoryFileError> {
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(mapping.delimiter)
            .from_reader(Lines { inner: input, since_row_bytes: 0, read_bytes: 0, last: b'\n' });
        let mut record = ByteRecord::new();
        if !csv.read_byte_record(&mut record)? {
            return Err(HistoryFileError::NoHeader);
        }
        let first = record.get(0).unwrap_or(b"");
        if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
            return Err(HistoryFileError::Utf16);
        }
        let header = mapping
            .encoding
            .decode(&record)
            .ok_or(HistoryFileError::HeaderEncoding(mapping.encoding.as_str()))?;
        let names: Vec<&str> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        let places = Places::find(mapping, &names)?;
        let width = names.len();
        Ok(Self {
            csv,
            mapping,
            places,
            width,
            record,
            ordinal: 0,
            seen: HashMap::new(),
            is_done: false,
        })
    }

    /// How far the file has been read, in bytes.
    pub fn position_bytes(&self) -> u64 {
        self.csv.get_ref().read_bytes
    }

    fn read_line(&mut self) -> Result<Option<HistoryLine>, HistoryFileError> {
        let begun = self.csv.position().line();
        self.csv.get_mut().since_row_bytes = 0;
        match self.csv.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                let is_long = matches!(error.kind(), csv::ErrorKind::Io(io)
                    if io.kind() == std::io::ErrorKind::FileTooLarge);
                return Err(match is_long {
                    true => HistoryFileError::RowTooLong { line: begun },
                    false => error.into(),
                });
            }
        }
        if self.ordinal == ROWS_MAX {
            return Err(HistoryFileError::TooManyRows);
        }
        self.ordinal += 1;
        // The reader's own count stands before empty lines, which it passes over. So the line is
        // counted back from the end; the bound holds where an open quotation mark took the end in.
        let end = self.csv.position().line();
        let inner = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
        let line = end.saturating_sub(inner + 1).max(begun);
        let lines_count = end.saturating_sub(line);
        let row = self.read_row(line, lines_count);
        Ok(Some(HistoryLine { line, ordinal: self.ordinal, row }))
    }

    fn read_row(&mut self, line: u64, lines_count: u64) -> Result<HistoryRow, RowProblem> {
        let record: StringRecord = self.mapping.encoding.decode(&self.record).ok_or_else(|| {
            RowProblem::whole(Reason::Encoding { expected: self.mapping.encoding.as_str() })
        })?;
        if record.len() != self.width {
            let (expected, found) = (self.width, record.len());
            return Err(RowProblem::whole(Reason::FieldCount { expected, found, lines_count }));
        }
        let row = row::read(self.mapping, &self.places, &record)?;
        // The number is taken even when the row is refused for another reason later on, by whom
        // ever: two rows that claim one number cannot both be right.
        let digest = Sha256::digest(row.external_id.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        match self.seen.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => Err(RowProblem {
                column: Some(self.mapping.columns.external_id.clone()),
                reason: Reason::Double { text: row.external_id, line: *first.get() },
            }),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(line);
                Ok(row)
            }
        }
    }
}

impl<R: Read> Iterator for HistoryReader<'_, R> {
    type Item = Result<HistoryLine, HistoryFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let line = self.read_line();
        self.is_done = !matches!(line, Ok(Some(_)));
        line.transpose()
    }
}
