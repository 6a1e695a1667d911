//! dBASE tables as they come with Shapefiles: fixed-width text in some encoding. Numbers are kept
//! as the text in the file, since a code of twenty digits does not fit a float.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::FormatError;
use super::faults::Damage;
use crate::domain::territory::feature::Value;

/// Bytes of the file header and of a field's description.
const HEADER_BYTES: usize = 32;
const FIELDS_MAX: usize = 2048;

/// A table over the bytes of a file.
pub struct Table<'a> {
    records: &'a [u8],
    record_bytes: usize,
    fields: Vec<Field>,
    encoding: &'static Encoding,
}

struct Field {
    name: String,
    kind: u8,
    start: usize,
    length: usize,
}

impl<'a> Table<'a> {
    /// Reads the header. `label` is the text of the `.cpg` file; without it the language byte of
    /// the header decides, and then whether the texts are valid UTF-8; else they are GBK.
    ///
    /// # Errors
    /// A header that does not fit the file, or an encoding that nobody knows.
    pub fn open(bytes: &'a [u8], label: Option<&str>) -> Result<Self, FormatError> {
        let damaged = FormatError::Damaged;
        let header = bytes.get(..HEADER_BYTES).ok_or_else(|| damaged(Damage::DbfCut))?;
        let short = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (header_bytes, record_bytes) = (short(8), short(10));
        if record_bytes == 0 {
            return Err(damaged(Damage::DbfEmpty));
        }
        let head = bytes.get(..header_bytes).ok_or_else(|| damaged(Damage::DbfCut))?;
        let records = &bytes[header_bytes..];
        let encoding = match label {
            Some(label) => encoding_of_label(label)
                .ok_or_else(|| damaged(Damage::DbfEncoding(label.to_owned())))?,
            None => encoding_of_language(header[29]).unwrap_or_else(|| guess_encoding(bytes)),
        };
        let mut fields = Vec::new();
        let mut start = 1;
        for description in head.get(HEADER_BYTES..).unwrap_or(&[]).chunks_exact(HEADER_BYTES) {
            if description[0] == 0x0d || fields.len() == FIELDS_MAX {
                break;
            }
            let end = description[..11].iter().position(|b| *b == 0).unwrap_or(11);
            let name = encoding.decode(&description[..end]).0.trim().to_owned();
            let length = usize::from(description[16]);
            fields.push(Field { name, kind: description[11], start, length });
            start += length;
        }
        if start > record_bytes {
            return Err(damaged(Damage::DbfFields));
        }
        Ok(Self { records, record_bytes, fields, encoding })
    }

    /// The properties of a record, deleted or not, so that numbers stay those of the shapes.
    pub fn record(&self, number: usize) -> Option<BTreeMap<String, Value>> {
        let start = number.checked_mul(self.record_bytes)?;
        let record = self.records.get(start..start.checked_add(self.record_bytes)?)?;
        let value = |field: &Field| {
            let bytes = &record[field.start..field.start + field.length];
            let text = self.encoding.decode(bytes).0;
            let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
            match field.kind {
                _ if text.is_empty() => Value::Null,
                b'N' | b'F' if text.bytes().all(|b| b == b'*') => Value::Null,
                b'N' | b'F' => Value::Number(text.to_owned()),
                b'L' if matches!(text, "T" | "t" | "Y" | "y") => Value::Bool(true),
                b'L' if matches!(text, "F" | "f" | "N" | "n") => Value::Bool(false),
                b'L' => Value::Null,
                _ => Value::Text(text.to_owned()),
            }
        };
        Some(self.fields.iter().map(|field| (field.name.clone(), value(field))).collect())
    }

    /// Whether a record is marked as deleted.
    pub fn is_deleted(&self, number: usize) -> bool {
        self.records.get(number.saturating_mul(self.record_bytes)) == Some(&b'*')
    }
}

fn encoding_of_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_start_matches('\u{feff}');
    let short = label.to_ascii_lowercase().replace("cp", "").replace("ansi ", "");
    match short.as_str() {
        "936" | "gbk" | "54936" => Some(encoding_rs::GB18030),
        "950" => Some(encoding_rs::BIG5),
        "932" => Some(encoding_rs::SHIFT_JIS),
        "949" => Some(encoding_rs::EUC_KR),
        "65001" | "utf8" => Some(encoding_rs::UTF_8),
        "1252" | "88591" => Some(encoding_rs::WINDOWS_1252),
        _ => Encoding::for_label(label.as_bytes()),
    }
}

/// The language driver byte of the header, as ESRI and FoxPro write it.
fn encoding_of_language(byte: u8) -> Option<&'static Encoding> {
    match byte {
        0x4d | 0x7a => Some(encoding_rs::GB18030),
        0x4f | 0x78 => Some(encoding_rs::BIG5),
        0x13 | 0x7b => Some(encoding_rs::SHIFT_JIS),
        0x4e | 0x79 => Some(encoding_rs::EUC_KR),
        _ => None,
    }
}

/// Other languages' bytes are written by default and mean nothing, so the texts decide.
fn guess_encoding(bytes: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(bytes.get(HEADER_BYTES..).unwrap_or(&[])) {
        Ok(_) => encoding_rs::UTF_8,
        Err(_) => encoding_rs::GB18030,
    }
}
