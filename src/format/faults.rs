//! Why files cannot be read, and what was taken for granted: values, so that every language has
//! words for them. A library's own text is kept beside.

use super::csv_rows::RowError;
use crate::domain::id::AreaCode;
use crate::domain::metrics::appraisal::AppraisalError;
use crate::domain::routing::MatrixProblem;
use crate::domain::territory::feature::Unreadable;
use crate::domain::territory::level::Level;
use crate::domain::territory::position::PositionError;

/// Why nothing is known of a file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFile {
    #[error("a bare .shp; zip it with its .shx, .dbf and .prj")]
    BareShp,
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("it is empty")]
    Empty,
    #[error("it has no features and no geometry")]
    NoFeatures,
    #[error("its type is not Topology")]
    NoTopology,
    #[error("the archive holds no .shp")]
    NoShp,
    #[error("rows come as CSV or GeoJSON")]
    NoRows,
    #[error("it is no GeoJSON FeatureCollection")]
    NoCollection,
}

/// What is damaged in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The reader's own text.
    #[error("its .shp: {0}")]
    Shp(String),
    #[error("its .dbf is cut short")]
    DbfCut,
    #[error("its .dbf has empty records")]
    DbfEmpty,
    #[error("its .dbf is in the unknown encoding {0:?}")]
    DbfEncoding(String),
    #[error("its .dbf has fields longer than its records")]
    DbfFields,
    #[error("{0}")]
    NotUtf8(std::str::Utf8Error),
    /// The reader's own text.
    #[error("{0}")]
    GeoJson(String),
    /// A layer that was kept does not read back.
    #[error("{0}")]
    Kept(String),
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unit {
    #[error("bytes")]
    Bytes,
    #[error("features")]
    Features,
    #[error("nested collections")]
    Collections,
}

/// What was taken for granted in reading a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    #[error("all objects were read: {}", .0.join(", "))]
    AllObjects(Vec<String>),
    #[error("there is no .prj; coordinates were taken as WGS-84")]
    NoPrj,
    #[error("there is no .dbf; features have no properties")]
    NoDbf,
    #[error("NAD83 was taken as WGS-84; they differ by one to two metres")]
    Nad83,
    #[error("ETRS89 was taken as WGS-84; they differ by under a metre")]
    Etrs89,
    #[error("{0} was taken as WGS-84; they differ by up to two metres")]
    Near(String),
}

/// Why the feature of a branch or a post gives it no position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointFault {
    #[error(transparent)]
    Unreadable(Unreadable),
    #[error("its geometry is not a point")]
    NotPoint,
}

/// Why a position in the outline of a thing is none.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CornerFault {
    #[error(transparent)]
    Position(PositionError),
    #[error("fewer than two numbers")]
    Short,
}

/// How rows contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    #[error(transparent)]
    Matrix(MatrixProblem),
    #[error(
        "the {level} {area} has a rung for the same kind and time on line {line}, which stands; \
         delete one, or give them days that do not meet"
    )]
    Rung { level: Level, area: AreaCode, line: u64 },
    #[error("{definition} defines {defines}, not {metric}")]
    Definition { definition: &'static str, defines: &'static str, metric: String },
    #[error(transparent)]
    Appraisal(AppraisalError),
}

impl From<Clash> for RowError {
    fn from(clash: Clash) -> Self {
        Self::Conflict(clash)
    }
}
