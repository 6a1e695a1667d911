//! Layers of owned things (roads, rivers, parks): lines and polygons from GeoJSON, and the document
//! that the store keeps of a layer. docs/formats.md describes the properties.

use super::faults::{CornerFault, Damage, Unit, UnknownFile};
use super::{FormatError, without_bom};
use crate::domain::datum::Datum;
use crate::domain::territory::Position;
use crate::domain::territory::asset::{Asset, AssetShape, DISTANCE_M_MAX, Layer};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use geojson::{Feature, FeatureCollection, GeoJson, Geometry, GeometryValue, JsonObject};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The largest file of a layer, in bytes.
pub const LAYER_BYTES_MAX: usize = 64 << 20;
/// The longest code or name of a thing, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// The properties that hold a thing's code, name and owner.
#[derive(Clone, Debug)]
pub struct AssetMapping {
    pub code: String,
    pub name: String,
    pub owner: String,
}

impl Default for AssetMapping {
    fn default() -> Self {
        Self { code: "code".into(), name: "name".into(), owner: "owner".into() }
    }
}

/// Why a feature is no thing of a layer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AssetFault {
    #[error("it has no {0}; give each thing one that stays the same over the years")]
    NoCode(String),
    #[error("its code {0} is there already; the first stands")]
    Double(String),
    #[error("its {0} is too long or holds a control character")]
    Text(String),
    #[error("its geometry is a {0}; lines and polygons are taken")]
    Geometry(String),
    #[error("it has no geometry")]
    NoGeometry,
    #[error("a position of it is none: {0}")]
    Position(CornerFault),
    #[error("a line of it has fewer than two points, or a ring fewer than four")]
    TooShort,
}

/// A feature that was left out: its number in the file, from 1, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("feature {number}: {fault}")]
pub struct AssetProblem {
    pub number: usize,
    pub fault: AssetFault,
}

fn collection(bytes: &[u8]) -> Result<FeatureCollection, FormatError> {
    if bytes.len() > LAYER_BYTES_MAX {
        return Err(FormatError::TooLarge { max: LAYER_BYTES_MAX as u64, unit: Unit::Bytes });
    }
    let text = std::str::from_utf8(without_bom(bytes))
        .map_err(|error| FormatError::Damaged(Damage::NotUtf8(error)))?;
    let damaged = |error: geojson::Error| FormatError::Damaged(Damage::GeoJson(error.to_string()));
    let json: GeoJson = text.parse().map_err(damaged)?;
    match json {
        GeoJson::FeatureCollection(collection) => Ok(collection),
        _ => Err(FormatError::Unknown(UnknownFile::NoCollection)),
    }
}

/// Reads the things of a layer. A feature that cannot be used is left out and told.
///
/// # Errors
/// The file as a whole is not GeoJSON, or too large.
pub fn read_assets(
    bytes: &[u8],
    mapping: &AssetMapping,
    datum: Datum,
) -> Result<(Vec<Asset>, Vec<AssetProblem>), FormatError> {
    let (mut assets, mut problems) = (Vec::new(), Vec::new());
    let mut codes = HashSet::new();
    for (number, feature) in (1..).zip(collection(bytes)?.features) {
        let read = asset_of(&feature, mapping, datum).and_then(|asset| {
            match codes.insert(asset.code.clone()) {
                true => Ok(asset),
                false => Err(AssetFault::Double(asset.code)),
            }
        });
        match read {
            Ok(asset) => assets.push(asset),
            Err(fault) => problems.push(AssetProblem { number, fault }),
        }
    }
    Ok((assets, problems))
}

fn text_of(feature: &Feature, name: &str) -> Result<Option<String>, AssetFault> {
    let text = match feature.property(name) {
        Some(serde_json::Value::String(text)) => text.trim().to_owned(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        _ => return Ok(None),
    };
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(AssetFault::Text(name.to_owned()));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn asset_of(feature: &Feature, mapping: &AssetMapping, datum: Datum) -> Result<Asset, AssetFault> {
    let code = text_of(feature, &mapping.code)?;
    let code = code.ok_or_else(|| AssetFault::NoCode(mapping.code.clone()))?;
    let geometry = feature.geometry.as_ref().ok_or(AssetFault::NoGeometry)?;
    Ok(Asset {
        name: text_of(feature, &mapping.name)?.unwrap_or_else(|| code.clone()),
        owner: text_of(feature, &mapping.owner)?,
        shape: shape_of(geometry, datum)?,
        code,
    })
}

fn line_of(
    points: &[geojson::Position],
    datum: Datum,
    points_min: usize,
) -> Result<LineString<f64>, AssetFault> {
    let point = |position: &geojson::Position| match position.as_slice() {
        [x, y, ..] => {
            // What was given is checked, so that the message is about it.
            let wrong = |error| AssetFault::Position(CornerFault::Position(error));
            Position::new(*x, *y).map_err(wrong)?;
            let (x, y) = datum.to_wgs84(*x, *y);
            Position::new(x, y).map_err(wrong)?;
            Ok(Coord { x, y })
        }
        _ => Err(AssetFault::Position(CornerFault::Short)),
    };
    let points: Vec<Coord<f64>> = points.iter().map(point).collect::<Result<_, _>>()?;
    match points.len() < points_min {
        true => Err(AssetFault::TooShort),
        false => Ok(LineString(points)),
    }
}

fn polygon_of(rings: &[Vec<geojson::Position>], datum: Datum) -> Result<Polygon<f64>, AssetFault> {
    let mut rings = rings.iter().map(|ring| line_of(ring, datum, 4));
    let exterior = rings.next().ok_or(AssetFault::TooShort)??;
    // `new` closes a ring that its file left open.
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

fn shape_of(geometry: &Geometry, datum: Datum) -> Result<AssetShape, AssetFault> {
    use GeometryValue as G;
    let line = |points: &[geojson::Position]| line_of(points, datum, 2);
    match &geometry.value {
        G::LineString { coordinates } => {
            Ok(AssetShape::Lines(MultiLineString(vec![line(coordinates)?])))
        }
        G::MultiLineString { coordinates } => {
            let lines = coordinates.iter().map(|points| line(points));
            Ok(AssetShape::Lines(MultiLineString(lines.collect::<Result<_, _>>()?)))
        }
        G::Polygon { coordinates } => {
            Ok(AssetShape::Surface(MultiPolygon(vec![polygon_of(coordinates, datum)?])))
        }
        G::MultiPolygon { coordinates } => {
            let parts = coordinates.iter().map(|rings| polygon_of(rings, datum));
            Ok(AssetShape::Surface(MultiPolygon(parts.collect::<Result<_, _>>()?)))
        }
        other => Err(AssetFault::Geometry(other.type_name().to_owned())),
    }
}

/// A layer as it is kept; the things are a GeoJSON FeatureCollection in WGS-84.
#[derive(Serialize, Deserialize)]
struct LayerDoc {
    code: String,
    name: String,
    #[serde(default)]
    name_en: Option<String>,
    distance_m: f64,
    grow_m: f64,
    #[serde(default)]
    generated: bool,
    things: serde_json::Value,
}

fn feature_of(asset: &Asset) -> Feature {
    let mut properties = JsonObject::new();
    properties.insert("code".into(), asset.code.clone().into());
    properties.insert("name".into(), asset.name.clone().into());
    if let Some(owner) = &asset.owner {
        properties.insert("owner".into(), owner.clone().into());
    }
    let value = match &asset.shape {
        AssetShape::Lines(lines) => GeometryValue::from(lines),
        AssetShape::Surface(parts) => GeometryValue::from(parts),
    };
    Feature {
        geometry: Some(Geometry::new(value)),
        properties: Some(properties),
        ..Feature::default()
    }
}

/// A layer as GeoJSON, as `read_assets` reads it with the usual properties.
pub fn write_assets(assets: &[Asset]) -> String {
    let features = assets.iter().map(feature_of).collect();
    FeatureCollection { bbox: None, features, foreign_members: None }.to_string()
}

/// The document of a layer for the store.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn layer_to_json(layer: &Layer, assets: &[Asset]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&LayerDoc {
        code: layer.code.clone(),
        name: layer.name.clone(),
        name_en: layer.name_en.clone(),
        distance_m: layer.distance_m,
        grow_m: layer.grow_m,
        generated: layer.generated,
        things: serde_json::from_str(&write_assets(assets))?,
    })
}

/// Reads what [`layer_to_json`] wrote.
///
/// # Errors
/// The document is damaged.
pub fn layer_from_json(text: &str) -> Result<(Layer, Vec<Asset>), FormatError> {
    let doc: LayerDoc = serde_json::from_str(text)?;
    let things = serde_json::to_vec(&doc.things)?;
    let (assets, problems) = read_assets(&things, &AssetMapping::default(), Datum::Wgs84)?;
    if let Some(problem) = problems.first() {
        return Err(FormatError::Damaged(Damage::Kept(problem.to_string())));
    }
    let LayerDoc { code, name, name_en, distance_m, grow_m, generated, .. } = doc;
    Ok((Layer { code, name, name_en, distance_m, grow_m, generated }, assets))
}

/// Whether a distance is one that a layer may have, in metres.
pub fn is_layer_distance(metres: f64) -> bool {
    (0.0..=DISTANCE_M_MAX).contains(&metres)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_reads_back_what_it_wrote_to_the_last_bit() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"code":7,"name":"中州大道","owner":"市政"},
             "geometry":{"type":"LineString","coordinates":[[1.1,34.700000000000003],[113.2,34.8]]}},
            {"type":"Feature","properties":{"code":"p"},
             "geometry":{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]}}]}"#;
        let (assets, problems) =
            read_assets(text.as_bytes(), &AssetMapping::default(), Datum::Wgs84).unwrap();
        assert_eq!(problems, []);
        assert_eq!((assets[0].code.as_str(), assets[0].owner.as_deref()), ("7", Some("市政")));
        assert_eq!(assets[1].name, "p");
        let layer = Layer {
            code: "road".into(),
            name: "道路".into(),
            name_en: Some("road".into()),
            distance_m: 25.0,
            grow_m: 50.0,
            generated: true,
        };
        let kept = layer_to_json(&layer, &assets).unwrap();
        assert_eq!(layer_from_json(&kept).unwrap(), (layer, assets));
    }

    #[test]
    fn a_bad_feature_is_told_with_its_number_and_costs_no_other() {
        let thing = |properties: &str, geometry: &str| {
            format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
        };
        let line = r#"{"type":"LineString","coordinates":[[113.1,34.7],[113.2,34.8]]}"#;
        let features = [
            thing("{}", line),
            thing(r#"{"code":"a"}"#, line),
            thing(r#"{"code":"a"}"#, line),
            thing(r#"{"code":"b"}"#, r#"{"type":"Point","coordinates":[113.1,34.7]}"#),
            thing(r#"{"code":"c"}"#, r#"{"type":"LineString","coordinates":[[34.7,113.1],[1,1]]}"#),
            thing(r#"{"code":"d"}"#, r#"{"type":"Polygon","coordinates":[[[1,1],[2,1],[1,1]]]}"#),
            thing(r#"{"code":"e\u0007"}"#, line),
        ];
        let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
        let (assets, problems) =
            read_assets(text.as_bytes(), &AssetMapping::default(), Datum::Gcj02).unwrap();
        assert_eq!(assets.len(), 1);
        let numbers: Vec<usize> = problems.iter().map(|problem| problem.number).collect();
        assert_eq!(numbers, [1, 3, 4, 5, 6, 7]);
        let AssetShape::Lines(lines) = &assets[0].shape else { panic!("a line") };
        let first = lines.0[0].0[0];
        assert!((first.x - 113.1).abs() > 0.001, "the datum was not converted: {first:?}");
    }
}
