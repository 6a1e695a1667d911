//! Formats: files and wire forms in and out. Each reader gives values *and* problems, by place and
//! reason. Nothing is judged here beyond what the format itself demands; the domain looks at
//! meaning.

pub mod assets;
pub mod calendar;
pub mod catalog;
pub mod confided;
pub mod csv_out;
pub mod csv_rows;
pub mod dbf;
pub mod document;
pub mod expected;
pub mod faults;
pub mod geojson;
pub mod history;
pub mod indicators;
pub mod labelled;
pub mod learned;
pub mod lineage;
pub mod matrix;
pub mod mvt;
pub mod pack;
pub mod packs;
pub mod parties;
pub mod people;
pub mod prj;
pub mod shapefile;
pub mod simulation;
pub mod topojson;
pub mod trace;

use std::io::{Read, Seek, SeekFrom};

use crate::domain::territory::feature::Feature;
use faults::{Damage, Note, Unit, UnknownFile};

/// How much a file may hold.
#[derive(Clone, Copy, Debug)]
pub struct FileLimits {
    /// The bytes of a file, and of each file inside an archive when unpacked.
    pub file_bytes_max: u64,
    /// TopoJSON and Shapefile are held in memory whole, so they have a limit of their own.
    pub memory_bytes_max: u64,
    pub feature_bytes_max: usize,
    pub features_max: usize,
}

impl FileLimits {
    pub const DEFAULT: Self = Self {
        file_bytes_max: 1 << 30,
        memory_bytes_max: 512 << 20,
        feature_bytes_max: 256 << 20,
        features_max: 1_000_000,
    };
}

impl Default for FileLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a file as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("is not a zip archive that can be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("is neither GeoJSON nor TopoJSON nor a zipped Shapefile: {0}")]
    Unknown(UnknownFile),
    #[error("is damaged: {0}")]
    Damaged(Damage),
    #[error(
        "is in the system {0:?}, not in geographic degrees of WGS-84; export it as EPSG:4326 or \
         EPSG:4490"
    )]
    Projection(String),
    #[error("holds more than the limit of {max} {unit}")]
    TooLarge { max: u64, unit: Unit },
    #[error("has no layer {name:?}; it has {}", present.join(", "))]
    NoLayer { name: String, present: Vec<String> },
    #[error("has several layers, of which one has to be named: {}", present.join(", "))]
    ManyLayers { present: Vec<String> },
}

/// What is to be known about a file beside its features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    pub format: &'static str,
    pub features: usize,
    /// What was taken for granted, such as an undeclared reference system.
    pub notes: Vec<Note>,
}

/// Reads the features of a GeoJSON, TopoJSON or zipped Shapefile and hands each to `each`, in the
/// order of the file. GeoJSON is read as a stream; the others are held in memory. With `layer`,
/// only that TopoJSON object, or that Shapefile of the archive, is read.
///
/// # Errors
/// When the file as a whole cannot be read; features may have been handed over before. A feature
/// that makes no sense is handed over as such.
pub fn read_features<R: Read + Seek>(
    mut input: R,
    layer: Option<&str>,
    limits: &FileLimits,
    each: &mut dyn FnMut(Feature),
) -> Result<FileReport, FormatError> {
    let mut head = [0_u8; 4];
    let filled = read_up_to(&mut input, &mut head)?;
    input.seek(SeekFrom::Start(0))?;
    match &head[..filled] {
        b"PK\x03\x04" => return shapefile::read(input, layer, limits, each),
        [0, 0, 0x27, 0x0a] => {
            return Err(FormatError::Unknown(UnknownFile::BareShp));
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(FormatError::Unknown(UnknownFile::Utf16));
        }
        [] => return Err(FormatError::Unknown(UnknownFile::Empty)),
        _ => {}
    }
    match geojson::read(&mut input, limits, each)? {
        geojson::Outcome::Read(report) => Ok(report),
        geojson::Outcome::Topology => {
            input.seek(SeekFrom::Start(0))?;
            topojson::read(input, layer, limits, each)
        }
    }
}

fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Reads everything, up to a limit.
pub(crate) fn read_all(input: impl Read, bytes_max: u64) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::new();
    input.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(FormatError::TooLarge { max: bytes_max, unit: Unit::Bytes });
    }
    Ok(bytes)
}

/// A text without the byte order mark that some programs write first.
pub(crate) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
