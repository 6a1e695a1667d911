//! GeoJSON (RFC 7946) as a stream: one feature in memory at a time. A FeatureCollection, a single
//! Feature and a bare geometry are read; members may come in any order.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read};

use geo::Coord;
use h3o::CellIndex;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::faults::{Unit, UnknownFile};
use super::{FileLimits, FileReport, FormatError, prj};
use crate::domain::territory::feature::{Feature, RawRing, Shape, Unreadable, Value};

/// What a JSON file turned out to be.
#[derive(Debug)]
pub enum Outcome {
    Read(FileReport),
    /// It is TopoJSON; nothing was handed over.
    Topology,
}

/// Degrees to a centimetre, which is finer than any place is known.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// The hexagon (or pentagon) of a cell as a geometry, anticlockwise as the format wants it.
///
/// # Errors
/// It could not be written.
pub fn outline_of(cell: CellIndex) -> serde_json::Result<Box<RawValue>> {
    #[derive(Serialize)]
    struct Polygon {
        r#type: &'static str,
        coordinates: [Vec<[f64; 2]>; 1],
    }
    let boundary = cell.boundary();
    let corners = boundary.iter().chain(boundary.first());
    let ring = corners.map(|at| [rounded(at.lng()), rounded(at.lat())]).collect();
    to_raw_value(&Polygon { r#type: "Polygon", coordinates: [ring] })
}

/// Reads features and hands each to `each`.
///
/// # Errors
/// The text is not JSON, is no GeoJSON, declares another reference system or exceeds a limit.
pub fn read(
    input: impl Read,
    limits: &FileLimits,
    each: &mut dyn FnMut(Feature),
) -> Result<Outcome, FormatError> {
    // One byte over the limit tells a file of just that size from a longer one.
    let mut input = BufReader::with_capacity(1 << 20, input.take(limits.file_bytes_max + 1));
    skip_bom(&mut input)?;
    let mut state = State { limits, each, features: 0, stop: None, crs: None };
    let mut json = serde_json::Deserializer::from_reader(&mut input);
    let top = TopSeed(&mut state).deserialize(&mut json).and_then(|top| json.end().map(|()| top));
    let over = input.get_ref().limit() == 0;
    if over {
        return Err(FormatError::TooLarge { max: limits.file_bytes_max, unit: Unit::Bytes });
    }
    match state.stop.take() {
        Some(Stop::Topology) => return Ok(Outcome::Topology),
        Some(Stop::Failed(error)) => return Err(error),
        None => {}
    }
    let top = top?;
    let mut notes = Vec::new();
    if let Some(name) = &state.crs {
        notes.extend(prj::check_crs_name(name)?);
    }
    if !top.has_features {
        let feature = top.single.ok_or(FormatError::Unknown(UnknownFile::NoFeatures))?;
        state.features = 1;
        (state.each)(feature);
    }
    Ok(Outcome::Read(FileReport { format: "GeoJSON", features: state.features, notes }))
}

fn skip_bom(input: &mut BufReader<impl Read>) -> std::io::Result<()> {
    use std::io::BufRead;
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    Ok(())
}

struct State<'a> {
    limits: &'a FileLimits,
    each: &'a mut dyn FnMut(Feature),
    features: usize,
    stop: Option<Stop>,
    crs: Option<String>,
}

enum Stop {
    Topology,
    Failed(FormatError),
}

#[derive(Default)]
struct Top {
    has_features: bool,
    single: Option<Feature>,
}

/// The object that the file is.
struct TopSeed<'s, 'a>(&'s mut State<'a>);

impl<'de> DeserializeSeed<'de> for TopSeed<'_, '_> {
    type Value = Top;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Top, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopSeed<'_, '_> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut top = Top::default();
        let mut rest: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
        let stop = |state: &mut State<'_>, why| {
            state.stop = Some(why);
            serde::de::Error::custom("stopped")
        };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "features" => {
                    top.has_features = true;
                    map.next_value_seed(FeaturesSeed(self.0))?;
                }
                "arcs" | "objects" if self.0.features == 0 => {
                    return Err(stop(self.0, Stop::Topology));
                }
                "crs" => {
                    let crs = map.next_value::<Box<RawValue>>()?;
                    self.0.crs = crs_name(crs.get());
                }
                "type" | "geometry" | "properties" | "id" | "coordinates" | "geometries" => {
                    rest.insert(key, map.next_value()?);
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let of_type = |name: &str| rest.get("type").is_some_and(|t| t.get() == name);
        if of_type("\"Topology\"") {
            return Err(stop(self.0, Stop::Topology));
        }
        if of_type("\"Feature\"") {
            let part = |name: &str| rest.get(name).map(|raw| &**raw);
            top.single = Some(feature_of(1, part("id"), part("properties"), part("geometry")));
        } else if rest.contains_key("coordinates") || rest.contains_key("geometries") {
            let text = serde_json::to_string(&rest).map_err(serde::de::Error::custom)?;
            top.single = Some(Feature {
                number: 1,
                id: None,
                layer: None,
                properties: BTreeMap::new(),
                shape: shape_of(&text),
            });
        }
        Ok(top)
    }
}

/// The name of a reference system in the form of GeoJSON 2008; `null` names none.
fn crs_name(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Crs {
        properties: Properties,
    }
    #[derive(Deserialize)]
    struct Properties {
        name: String,
    }
    if text == "null" {
        return None;
    }
    let crs: Result<Crs, _> = serde_json::from_str(text);
    Some(crs.map_or_else(|_| text.to_owned(), |crs| crs.properties.name))
}

struct FeaturesSeed<'s, 'a>(&'s mut State<'a>);

impl<'de> DeserializeSeed<'de> for FeaturesSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FeaturesSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let state = self.0;
        while let Some(text) = features.next_element::<Box<RawValue>>()? {
            state.features += 1;
            let max = state.limits.features_max;
            if state.features > max {
                let over = FormatError::TooLarge { max: max as u64, unit: Unit::Features };
                state.stop = Some(Stop::Failed(over));
                return Err(serde::de::Error::custom("stopped"));
            }
            let feature = if text.get().len() > state.limits.feature_bytes_max {
                let bytes_max = state.limits.feature_bytes_max;
                malformed(state.features, Unreadable::TooLong { bytes_max })
            } else {
                read_feature(state.features, text.get())
            };
            (state.each)(feature);
        }
        Ok(())
    }
}

fn malformed(number: usize, why: Unreadable) -> Feature {
    let shape = Shape::Malformed(why);
    Feature { number, id: None, layer: None, properties: BTreeMap::new(), shape }
}

fn read_feature(number: usize, text: &str) -> Feature {
    #[derive(Deserialize)]
    struct Wire<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
        #[serde(borrow)]
        properties: Option<&'a RawValue>,
        #[serde(borrow)]
        geometry: Option<&'a RawValue>,
    }
    match serde_json::from_str::<Wire<'_>>(text) {
        Ok(wire) => feature_of(number, wire.id, wire.properties, wire.geometry),
        Err(error) => malformed(number, Unreadable::NoFeature(error.to_string())),
    }
}

fn feature_of(
    number: usize,
    id: Option<&RawValue>,
    properties: Option<&RawValue>,
    geometry: Option<&RawValue>,
) -> Feature {
    Feature {
        number,
        id: id.map(|raw| value_of(raw.get())).filter(|v| *v != Value::Null),
        layer: None,
        properties: properties.map(|raw| properties_of(raw.get())).unwrap_or_default(),
        shape: geometry.map_or(Shape::Missing, |raw| shape_of(raw.get())),
    }
}

/// The members of a JSON object; anything else has none.
pub(super) fn properties_of(text: &str) -> BTreeMap<String, Value> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    members.into_iter().map(|(name, raw)| (name, value_of(raw.get()))).collect()
}

/// A JSON value; a number keeps its text.
pub(super) fn value_of(text: &str) -> Value {
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map_or(Value::Null, Value::Text),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'-' | b'0'..=b'9') => Value::Number(text.to_owned()),
        Some(b'{' | b'[') => Value::Nested(text.to_owned()),
        _ => Value::Null,
    }
}

fn shape_of(text: &str) -> Shape {
    #[derive(Deserialize)]
    struct Wire<'a> {
        r#type: String,
        #[serde(borrow)]
        coordinates: Option<&'a RawValue>,
        #[serde(borrow)]
        geometries: Option<Vec<&'a RawValue>>,
    }
    if text == "null" {
        return Shape::Missing;
    }
    let wire: Wire<'_> = match serde_json::from_str(text) {
        Ok(wire) => wire,
        Err(error) => return Shape::Malformed(Unreadable::Syntax(error.to_string())),
    };
    let coordinates = wire.coordinates.map_or("[]", RawValue::get);
    let parts = match wire.r#type.as_str() {
        "Polygon" => serde_json::from_str::<Rings>(coordinates).map(|rings| vec![rings]),
        "MultiPolygon" => serde_json::from_str::<Vec<Rings>>(coordinates),
        "Point" => {
            return match serde_json::from_str::<Position>(coordinates) {
                Ok(point) => Shape::Point(point.0),
                Err(error) => Shape::Malformed(Unreadable::Syntax(error.to_string())),
            };
        }
        "GeometryCollection" => return collection_of(wire.geometries.unwrap_or_default()),
        other => return Shape::NotArea(other.to_owned()),
    };
    match parts {
        Ok(parts) => Shape::Parts(parts.into_iter().map(|rings| rings.0).collect()),
        Err(error) => Shape::Malformed(Unreadable::Syntax(error.to_string())),
    }
}

/// All polygons of a collection as parts of one area; anything else in it is refused with it.
fn collection_of(geometries: Vec<&RawValue>) -> Shape {
    let mut all = Vec::new();
    for geometry in geometries {
        match shape_of(geometry.get()) {
            Shape::Parts(parts) => all.extend(parts),
            Shape::NotArea(kind) => return Shape::NotArea(format!("collection with a {kind}")),
            Shape::Point(_) => return Shape::NotArea("collection with a Point".to_owned()),
            other => return other,
        }
    }
    Shape::Parts(all)
}

/// The rings of one polygon.
struct Rings(Vec<RawRing>);

impl<'de> Deserialize<'de> for Rings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rings: Vec<Vec<Position>> = Vec::deserialize(deserializer)?;
        Ok(Self(rings.into_iter().map(|ring| ring.into_iter().map(|p| p.0).collect()).collect()))
    }
}

/// Two numbers; an altitude and whatever follows is left out.
pub(super) struct Position(pub(super) Coord<f64>);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Position;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of two numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Position, A::Error> {
                let mut next = || numbers.next_element::<f64>();
                let (Some(x), Some(y)) = (next()?, next()?) else {
                    return Err(serde::de::Error::custom("a position has fewer than two numbers"));
                };
                while numbers.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position(Coord { x, y }))
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<(Vec<Feature>, FileReport), FormatError> {
        let mut features = Vec::new();
        let limits = FileLimits { features_max: 3, ..FileLimits::default() };
        match read(text.as_bytes(), &limits, &mut |f| features.push(f))? {
            Outcome::Read(report) => Ok((features, report)),
            Outcome::Topology => panic!("not a topology"),
        }
    }

    #[test]
    fn members_come_in_any_order_and_numbers_keep_their_text() {
        let text = r#"{"bbox":[[0]],"features":[{"geometry":{"coordinates":[[[0,0,5],[1,0],[1,1]]],
            "type":"Polygon"},"properties":{"code":41010500100100200300,"x":1.50,"name":"二七"},
            "id":7,"type":"Feature"}],"type":"FeatureCollection"}"#;
        let (features, report) = read_text(&format!("\u{feff}{text}")).unwrap();
        assert_eq!(report.features, 1);
        assert_eq!(features[0].text("code"), Some("41010500100100200300"));
        assert_eq!(features[0].text("x"), Some("1.50"));
        assert_eq!(features[0].text("id"), Some("7"));
        let Shape::Parts(parts) = &features[0].shape else { panic!("{features:?}") };
        assert_eq!(parts[0][0].len(), 3);
    }

    #[test]
    fn a_coordinate_is_read_to_the_last_bit() {
        let text = "-118.40416873099497";
        let polygon = format!(r#"{{"type":"Polygon","coordinates":[[[{text},1],[2,3],[4,5]]]}}"#);
        let (features, _) = read_text(&polygon).unwrap();
        let Shape::Parts(parts) = &features[0].shape else { panic!("{features:?}") };
        assert_eq!(parts[0][0][0].x.to_bits(), text.parse::<f64>().unwrap().to_bits());
    }

    #[test]
    fn one_bad_feature_does_not_hide_the_others() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":null,"geometry":null},
            {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,null]]]}},
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,0]}}]}"#;
        let (features, _) = read_text(text).unwrap();
        assert_eq!(features[0].shape, Shape::Missing);
        assert!(matches!(features[1].shape, Shape::Malformed(_)));
        assert_eq!(features[2].shape, Shape::Point(Coord { x: 0.0, y: 0.0 }));
    }

    #[test]
    fn what_is_not_geojson_is_refused_with_a_reason() {
        for (text, reason) in [
            ("[1,2]", "not JSON"),
            (r#"{"type":"FeatureCollection","features":[{"type":"#, "EOF"),
            ("{}", "no features"),
            (r#"{"type":"FeatureCollection","features":[1,2,3,4]}"#, "limit of 3 features"),
            (
                r#"{"crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}"#,
                "EPSG:3857",
            ),
        ] {
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
