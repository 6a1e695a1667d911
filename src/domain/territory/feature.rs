//! A feature as a file gives it: properties, and rings that nobody has looked at yet.

use std::collections::BTreeMap;
use std::fmt;

use geo::Coord;

/// A ring as read: perhaps not closed, perhaps not finite.
pub type RawRing = Vec<Coord<f64>>;

/// The value of a property. Numbers keep the text that the file has, so that a code of twenty
/// digits is not rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    /// An array or object, as JSON text.
    Nested(String),
}

impl Value {
    /// The value as text; `None` for null and for text without anything in it.
    pub fn text(&self) -> Option<&str> {
        let text = match self {
            Value::Null => return None,
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Number(text) | Value::Text(text) | Value::Nested(text) => text,
        };
        (!text.is_empty()).then_some(text)
    }
}

/// Which feature of a file is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureRef {
    /// The position in the file; the first is 1.
    pub number: usize,
    /// The feature's own id or name, if it has one.
    pub label: Option<String>,
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => write!(f, "feature {} ({label})", self.number),
            None => write!(f, "feature {}", self.number),
        }
    }
}

/// The geometry of a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Parts, each its exterior ring and then its holes.
    Parts(Vec<Vec<RawRing>>),
    /// Rings that do not say which are holes of which: a Shapefile has exteriors clockwise, holes
    /// the other way, in any order.
    Rings(Vec<RawRing>),
    /// A single point, as branches and posts have.
    Point(Coord<f64>),
    Missing,
    /// A geometry that is not an area: its type's name.
    NotArea(String),
    /// What could not be read, and why.
    Malformed(Unreadable),
}

/// Why a geometry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The parser's own text.
    #[error("{0}")]
    Syntax(String),
    /// The parser's own text.
    #[error("it is no feature: {0}")]
    NoFeature(String),
    #[error("it has more than {bytes_max} bytes")]
    TooLong { bytes_max: usize },
    #[error("there is no arc {0}")]
    NoArc(i64),
    #[error("a ring has more than {points_max} points")]
    RingTooLong { points_max: u64 },
}

/// A feature as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// The position in the file; the first is 1.
    pub number: usize,
    /// The id beside the properties, which GeoJSON and TopoJSON have.
    pub id: Option<Value>,
    /// The layer (TopoJSON object, Shapefile) it came from, when the file names it.
    pub layer: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub shape: Shape,
}

impl Feature {
    /// The text of a property; of the feature's own id when `name` is `id` and no property is.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.properties.get(name) {
            Some(value) => value.text(),
            None if name == "id" => self.id.as_ref().and_then(Value::text),
            None => None,
        }
    }

    pub fn reference(&self) -> FeatureRef {
        let label = self.text("name").or_else(|| self.text("code")).or_else(|| self.text("id"));
        FeatureRef { number: self.number, label: label.map(str::to_owned) }
    }
}
