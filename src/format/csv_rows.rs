//! Rows of a CSV file by the names of their columns, with a problem for each line that is not
//! what it should be.

use std::collections::HashMap;
use std::fmt;

use csv::{ByteRecord, StringRecord};

use super::expected::Expected;
use super::faults::{Clash, PointFault};
use crate::domain::catalog::{LimitError, Validity, ValidityError};
use crate::domain::id::{AreaCode, BranchCode, CategoryCode, CodeError, DepartmentCode, WorkerId};
use crate::domain::routing::WindowError;
use crate::domain::territory::level::Level;
use crate::domain::territory::lineage::LineageError;
use crate::domain::territory::people::DutyHoursError;
use crate::domain::time::Day;

/// The most rows that a file may have.
pub const ROWS_MAX: usize = 200_000;
/// The longest text in a field, in bytes.
pub const FIELD_BYTES_MAX: usize = 8_192;

/// What is wrong with a row, or with the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("the line is not CSV: {0}")]
    NotCsv(String),
    #[error("the file has no line of column names")]
    NoHeader,
    #[error("the column is missing")]
    MissingColumn,
    #[error("the column is given twice")]
    DoubleColumn,
    #[error("the column is not known; its values are not read")]
    UnknownColumn,
    #[error("the line has {found} fields, the header has {expected}")]
    FieldCount { expected: usize, found: usize },
    #[error("the file has more than {ROWS_MAX} rows; the rest is not read")]
    TooManyRows,
    #[error("the field has more than {FIELD_BYTES_MAX} bytes")]
    FieldTooLong,
    #[error("a value is needed")]
    Empty,
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    Limit(#[from] LimitError),
    #[error(transparent)]
    Validity(#[from] ValidityError),
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error("{text:?} is not {expected}")]
    Unexpected { text: String, expected: Expected },
    #[error("department {0} is not known")]
    UnknownDepartment(DepartmentCode),
    #[error("{0} names no category or condition of the catalog, or not of this class")]
    UnknownSelector(String),
    #[error("the {level} {code} is not known")]
    UnknownArea { level: Level, code: AreaCode },
    #[error("there is no area {0} in the territory in force")]
    NoArea(AreaCode),
    #[error("there is no worker {0}")]
    NoWorker(WorkerId),
    #[error("there is no branch {0}, neither in the file nor in force")]
    NoBranch(BranchCode),
    #[error("there is no position, so it is on no map")]
    NoPosition,
    #[error("({lon}, {lat}) is no longitude and latitude in degrees; are they exchanged?")]
    BadPosition { lon: String, lat: String },
    #[error("its geometry cannot be used: {0}")]
    BadGeometry(PointFault),
    #[error(transparent)]
    Hours(#[from] DutyHoursError),
    #[error(transparent)]
    Lineage(#[from] LineageError),
    #[error("{code} was named {before:?} before, here it is {now:?}")]
    OtherName { code: CategoryCode, before: String, now: String },
    #[error("{0} is given twice; the first stands")]
    Double(String),
    /// The row is kept: it says how things were.
    #[error("the row has not been valid since {to}")]
    Expired { to: Day },
    /// What a row says contradicts other rows.
    #[error("{0}")]
    Conflict(Clash),
}

/// A problem with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// Counted from 1; the header is the first. 0 where there is none to name.
    pub line: u64,
    pub column: Option<String>,
    pub error: RowError,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "the file: {}", self.error);
        }
        match &self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.error),
            None => write!(f, "line {}: {}", self.line, self.error),
        }
    }
}

/// The columns of a format.
pub struct Columns {
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
}

/// One line of a file.
pub struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a StringRecord,
    pub line: u64,
}

/// A field's error, with the column that it stands in.
pub type FieldError = (&'static str, RowError);

impl Row<'_> {
    /// The field without white space at its ends; empty where the file lacks the column.
    pub fn text(&self, column: &'static str) -> &str {
        self.columns.get(column).and_then(|&i| self.record.get(i)).unwrap_or("").trim()
    }

    /// The field, or `None` when it is empty.
    pub fn optional(&self, column: &'static str) -> Option<&str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// # Errors
    /// The field is empty.
    pub fn required(&self, column: &'static str) -> Result<&str, FieldError> {
        self.optional(column).ok_or((column, RowError::Empty))
    }

    /// Reads a field with a parser that has an error of its own.
    ///
    /// # Errors
    /// The field is empty, or the parser's error.
    pub fn parse<T, E: Into<RowError>>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, FieldError> {
        parse(self.required(column)?).map_err(|error| (column, error.into()))
    }

    /// As [`Row::parse`], with nothing for an empty field.
    ///
    /// # Errors
    /// The parser's error.
    pub fn parse_optional<T, E: Into<RowError>>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, FieldError> {
        let parsed = self.optional(column).map(parse).transpose();
        parsed.map_err(|error| (column, error.into()))
    }

    /// Reads one of a few words; nothing for an empty field.
    ///
    /// # Errors
    /// Another word.
    pub fn word<T>(
        &self,
        column: &'static str,
        expected: Expected,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, FieldError> {
        self.parse_optional(column, |text| {
            let text_owned = text.to_owned();
            parse(text).ok_or(RowError::Unexpected { text: text_owned, expected })
        })
    }

    /// # Errors
    /// Neither `true` nor `false` nor empty.
    pub fn flag(&self, column: &'static str, default: bool) -> Result<bool, FieldError> {
        let flag = self.word(column, Expected::Flag, |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })?;
        Ok(flag.unwrap_or(default))
    }

    /// Reads `valid_from` and `valid_to`.
    ///
    /// # Errors
    /// Not dates, or reversed ones.
    pub fn validity(&self) -> Result<Validity, FieldError> {
        let from = self.word("valid_from", Expected::Date, Day::parse)?;
        let to = self.word("valid_to", Expected::Date, Day::parse)?;
        Validity::new(from, to).map_err(|error| ("valid_to", error.into()))
    }
}

/// The columns that a file has.
struct Header {
    positions: HashMap<String, usize>,
    width: usize,
}

/// Reads every row of a file. A bad row becomes a problem and hides no other.
pub fn read_rows<T>(
    bytes: &[u8],
    columns: &Columns,
    mut parse: impl FnMut(&Row<'_>) -> Result<T, FieldError>,
) -> (Vec<T>, Vec<LineProblem>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    let problem = |line, column: Option<&str>, error| LineProblem {
        line,
        column: column.map(str::to_owned),
        error,
    };
    let mut header: Option<Header> = None;
    let mut rows_count = 0;
    while reader.read_byte_record(&mut record).unwrap_or_else(|error| {
        // Bytes in memory cannot fail to be read; should the reader think otherwise, say it.
        problems.push(problem(0, None, RowError::NotCsv(error.to_string())));
        false
    }) {
        let line = record.position().map_or(0, csv::Position::line);
        let Ok(text) = StringRecord::from_byte_record(record.clone()) else {
            problems.push(problem(line, None, RowError::NotUtf8));
            continue;
        };
        let Some(header) = &header else {
            let (read, wrong) = read_header(&text, columns);
            let is_usable = !wrong.iter().any(|p| matches!(p.error, RowError::MissingColumn));
            problems.extend(wrong);
            header = Some(read);
            if is_usable {
                continue;
            }
            break;
        };
        rows_count += 1;
        if rows_count > ROWS_MAX {
            problems.push(problem(line, None, RowError::TooManyRows));
            break;
        }
        let row = Row { columns: &header.positions, record: &text, line };
        match check_shape(&text, header.width)
            .and_then(|()| parse(&row).map_err(|(column, error)| (Some(column), error)))
        {
            Ok(value) => values.push(value),
            Err((column, error)) => problems.push(problem(line, column, error)),
        }
    }
    if header.is_none() && problems.is_empty() {
        problems.push(problem(1, None, RowError::NoHeader));
    }
    (values, problems)
}

fn check_shape(
    record: &StringRecord,
    expected: usize,
) -> Result<(), (Option<&'static str>, RowError)> {
    if record.len() != expected {
        let found = record.len();
        return Err((None, RowError::FieldCount { expected, found }));
    }
    if record.iter().any(|field| field.len() > FIELD_BYTES_MAX) {
        return Err((None, RowError::FieldTooLong));
    }
    Ok(())
}

fn read_header(record: &StringRecord, columns: &Columns) -> (Header, Vec<LineProblem>) {
    let mut positions = HashMap::new();
    let mut problems = Vec::new();
    let mut tell = |name: &str, error| {
        problems.push(LineProblem { line: 1, column: Some(name.to_owned()), error });
    };
    for (i, name) in record.iter().map(str::trim).enumerate() {
        if !columns.required.contains(&name) && !columns.optional.contains(&name) {
            tell(name, RowError::UnknownColumn);
        } else if positions.contains_key(name) {
            tell(name, RowError::DoubleColumn);
        } else {
            positions.insert(name.to_owned(), i);
        }
    }
    for name in columns.required.iter().filter(|&&name| !positions.contains_key(name)) {
        tell(name, RowError::MissingColumn);
    }
    (Header { positions, width: record.len() }, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { required: &["code"], optional: &["note"] };

    fn check(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let (values, problems) =
            read_rows(bytes, &COLUMNS, |row| row.required("code").map(str::to_owned));
        (values, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bad_line_is_told_and_hides_no_other() {
        let (values, problems) =
            check(b"\xef\xbb\xbfnote,code\n,a\n\xff,b\nx\n,\n\"two\nlines\",c\nx,d\n");
        assert_eq!(values, ["a", "c", "d"]);
        assert_eq!(
            problems,
            [
                "line 3: the line is not UTF-8",
                "line 4: the line has 1 fields, the header has 2",
                "line 5, code: a value is needed",
            ]
        );
    }

    #[test]
    fn a_header_must_have_what_is_required_and_tells_what_it_does_not_know() {
        let (values, problems) = check(b"note\nx\n");
        assert_eq!((values.len(), problems.len()), (0, 1));
        let (values, problems) = check(b"code,colour,code\na,red,b\n");
        assert_eq!((values, problems.len()), (vec!["a".to_owned()], 2));
        assert_eq!(check(b"").1, ["line 1: the file has no line of column names"]);
    }
}
