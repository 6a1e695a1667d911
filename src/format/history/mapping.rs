//! The mapping file: what the columns and words of another system's export mean here. TOML; the
//! data dictionary in `docs/formats.md` describes every key.

use super::row::Reached;
use super::time::Clock;
use crate::domain::datum::Datum;
use crate::domain::id::{CategoryCode, CodeError, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::state::Outcome;
use crate::format::expected::Expected;
use csv::{ByteRecord, StringRecord};
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The largest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 1 << 20;

/// Why a mapping file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("the mapping file is larger than {MAPPING_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the mapping file is not as it should be: {0}")]
    Form(String),
    #[error("{key}: {found:?} is not {expected}")]
    Value { key: &'static str, found: String, expected: Expected },
    #[error("time_zone: there is no time zone {0:?}; it is a name such as Asia/Shanghai")]
    Zone(String),
    #[error("time_formats: {0:?} does not read a whole date, such as %Y-%m-%d %H:%M:%S does")]
    TimeFormat(String),
    #[error("time_formats: at least one is needed")]
    NoTimeFormat,
    #[error("{key}: a brace in {found:?} is not closed; columns are named as {{column}}")]
    Template { key: &'static str, found: String },
    #[error("{key}: {word:?} leads to {code:?}: {why}")]
    Code { key: &'static str, word: String, code: String, why: CodeError },
}

/// The columns that the mapping names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub external_id: String,
    pub category: String,
    pub status: String,
    pub created: String,
    pub longitude: String,
    pub latitude: String,
    pub filed: Option<String>,
    pub dispatched: Option<String>,
    pub accepted: Option<String>,
    pub handled: Option<String>,
    pub closed: Option<String>,
    pub serviced: Option<String>,
    pub department: Option<String>,
    pub channel: Option<String>,
    pub anonymous: Option<String>,
    pub outcome: Option<String>,
}

/// The mapping file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: String,
    time_zone: String,
    time_formats: Vec<String>,
    #[serde(default = "utf8")]
    encoding: String,
    #[serde(default = "comma")]
    delimiter: String,
    datum: String,
    kind: Option<String>,
    text: String,
    address: Option<String>,
    note: Option<String>,
    columns: Columns,
    categories: BTreeMap<String, String>,
    statuses: BTreeMap<String, String>,
    #[serde(default)]
    departments: BTreeMap<String, String>,
    #[serde(default)]
    outcomes: BTreeMap<String, String>,
    #[serde(default)]
    anonymous: BTreeMap<String, bool>,
}

fn utf8() -> String {
    "utf-8".into()
}

fn comma() -> String {
    ",".into()
}

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A byte order mark is passed over.
    Utf8,
    /// GBK and GB 2312 are parts of it.
    Gb18030,
}

impl Encoding {
    pub const fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Gb18030 => "gb18030",
        }
    }

    /// The texts of a row; `None` when a byte is not in this encoding.
    pub(super) fn decode(self, record: &ByteRecord) -> Option<StringRecord> {
        match self {
            Encoding::Utf8 => StringRecord::from_byte_record(record.clone()).ok(),
            Encoding::Gb18030 => record
                .iter()
                .map(|field| {
                    encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(field)
                })
                .collect(),
        }
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Column(String),
}

/// A mapping file, checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The name of the system that the file comes from.
    pub source: String,
    pub encoding: Encoding,
    pub delimiter: u8,
    pub clock: Clock,
    pub datum: Datum,
    /// What all issues are, where the file says so; otherwise the category does.
    pub kind: Option<Kind>,
    pub columns: Columns,
    pub(super) text: Vec<Part>,
    pub(super) address: Vec<Part>,
    pub(super) note: Vec<Part>,
    pub(super) categories: HashMap<String, CategoryCode>,
    pub(super) statuses: HashMap<String, Reached>,
    pub(super) departments: HashMap<String, DepartmentCode>,
    pub(super) outcomes: HashMap<String, Outcome>,
    pub(super) anonymous: HashMap<String, bool>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// The first fault, by the key that it is under.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(MappingError::TooLarge);
        }
        let written: Written = Figment::from(Toml::string(text))
            .extract()
            .map_err(|error| MappingError::Form(error.to_string()))?;
        written.check()
    }

    /// The codes of the categories that rows may get.
    pub fn categories(&self) -> impl Iterator<Item = &CategoryCode> {
        self.categories.values()
    }

    /// The code of a category's word.
    pub fn category_of(&self, word: &str) -> Option<&CategoryCode> {
        self.categories.get(word)
    }

    /// The code of a department's word.
    pub fn department_of(&self, word: &str) -> Option<&DepartmentCode> {
        self.departments.get(word)
    }
}

impl Written {
    fn check(self) -> Result<Mapping, MappingError> {
        let encoding = [Encoding::Utf8, Encoding::Gb18030]
            .into_iter()
            .find(|known| known.as_str() == self.encoding.to_lowercase())
            .ok_or_else(|| value("encoding", &self.encoding, Expected::Encoding))?;
        // Other ASCII characters can be the second byte of a GB 18030 character.
        let delimiter = match self.delimiter.as_str() {
            "," => b',',
            ";" => b';',
            "\t" => b'\t',
            other => return Err(value("delimiter", other, Expected::Delimiter)),
        };
        let datum = Datum::parse(&self.datum)
            .ok_or_else(|| value("datum", &self.datum, Expected::Datum))?;
        let kind = match self.kind.as_deref() {
            None => None,
            Some(word) => {
                Some(Kind::parse(word).ok_or_else(|| value("kind", word, Expected::Kind))?)
            }
        };
        if self.source.trim().is_empty() {
            return Err(value("source", &self.source, Expected::System));
        }
        Ok(Mapping {
            encoding,
            delimiter,
            clock: check_clock(&self.time_zone, self.time_formats)?,
            datum,
            kind,
            text: parts("text", &self.text)?,
            address: parts("address", self.address.as_deref().unwrap_or(""))?,
            note: parts("note", self.note.as_deref().unwrap_or(""))?,
            categories: codes("categories", self.categories, CategoryCode::parse)?,
            departments: codes("departments", self.departments, DepartmentCode::parse)?,
            statuses: words("statuses", self.statuses, Reached::parse, Expected::Status)?,
            outcomes: words("outcomes", self.outcomes, Outcome::parse, Expected::Outcome)?,
            anonymous: self.anonymous.into_iter().collect(),
            source: self.source,
            columns: self.columns,
        })
    }
}

fn value(key: &'static str, found: &str, expected: Expected) -> MappingError {
    MappingError::Value { key, found: found.to_owned(), expected }
}

fn check_clock(zone: &str, formats: Vec<String>) -> Result<Clock, MappingError> {
    if formats.is_empty() {
        return Err(MappingError::NoTimeFormat);
    }
    let clock = Clock::new(zone, formats).ok_or_else(|| MappingError::Zone(zone.to_owned()))?;
    match clock.faulty_format() {
        Some(format) => Err(MappingError::TimeFormat(format.to_owned())),
        None => Ok(clock),
    }
}

fn codes<T>(
    key: &'static str,
    written: BTreeMap<String, String>,
    parse: impl Fn(&str) -> Result<T, CodeError>,
) -> Result<HashMap<String, T>, MappingError> {
    let read = |(word, code): (String, String)| match parse(&code) {
        Ok(parsed) => Ok((word, parsed)),
        Err(why) => Err(MappingError::Code { key, word, code, why }),
    };
    written.into_iter().map(read).collect()
}

fn words<T>(
    key: &'static str,
    written: BTreeMap<String, String>,
    parse: impl Fn(&str) -> Option<T>,
    expected: Expected,
) -> Result<HashMap<String, T>, MappingError> {
    let read = |(word, meaning): (String, String)| {
        parse(&meaning).map(|parsed| (word, parsed)).ok_or_else(|| value(key, &meaning, expected))
    };
    written.into_iter().map(read).collect()
}

/// Cuts a template at its `{column}`s.
fn parts(key: &'static str, template: &str) -> Result<Vec<Part>, MappingError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once('{') {
        let unclosed = || MappingError::Template { key, found: template.to_owned() };
        let (column, tail) = tail.split_once('}').ok_or_else(unclosed)?;
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        parts.push(Part::Column(column.trim().to_owned()));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}
