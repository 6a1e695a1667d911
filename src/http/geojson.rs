//! GeoJSON answers (RFC 7946): features, hexagons, and the media type.

use super::problem::ApiError;
use crate::app::error::{AppError, say};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geojson::{Feature, FeatureCollection, Geometry, JsonObject, JsonValue};
use h3o::CellIndex;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::borrow::Cow;

const MEDIA_TYPE: &str = "application/geo+json";

/// Which of `known` words is asked for; the first when nothing is.
///
/// # Errors
/// Another word.
pub fn wants<'a>(
    field: &str,
    word: Option<&String>,
    known: &'a [&'a str],
) -> Result<&'a str, ApiError> {
    let Some(word) = word.filter(|word| !word.is_empty()) else {
        return Ok(known.first().copied().unwrap_or(""));
    };
    known.iter().copied().find(|other| other == word).ok_or_else(|| {
        let says = say(
            format!("未知的值 {word:?}，可用 {}", known.join("、")),
            format!("Must be one of {}, not {word:?}", known.join(", ")),
        );
        ApiError::invalid(field, says)
    })
}

/// Whether `format` asks for GeoJSON instead of JSON.
///
/// # Errors
/// It names something else.
pub fn wants_geojson(format: Option<&String>) -> Result<bool, ApiError> {
    Ok(wants("format", format, &["json", "geojson"])? == "geojson")
}

/// A feature.
pub fn feature(geometry: Geometry, properties: JsonObject) -> Feature {
    Feature {
        bbox: None,
        geometry: Some(geometry),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    }
}

/// A point at a longitude and latitude.
pub fn point((lon, lat): (f64, f64)) -> Geometry {
    Geometry::new(geojson::GeometryValue::from(&geo::Point::new(lon, lat)))
}

/// Degrees to a centimetre, which is finer than any place is known.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// The hexagon (or pentagon) of a cell, anticlockwise as the format wants it.
struct Hexagon(CellIndex);

impl Serialize for Hexagon {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let boundary = self.0.boundary();
        let corners = boundary.iter().chain(boundary.first());
        let ring: Vec<[f64; 2]> =
            corners.map(|at| [rounded(at.lng()), rounded(at.lat())]).collect();
        let mut shape = serializer.serialize_struct("Polygon", 2)?;
        shape.serialize_field("type", "Polygon")?;
        shape.serialize_field("coordinates", &[ring])?;
        shape.end()
    }
}

/// Names and values of a feature.
pub type Properties = Vec<(Cow<'static, str>, JsonValue)>;

/// A hexagon as a feature, written without a tree of values in between: a map has thousands.
pub struct CellFeature {
    pub cell: CellIndex,
    pub properties: Properties,
}

struct Named<'a, K>(&'a [(K, JsonValue)]);

impl<K: Serialize> Serialize for Named<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for CellFeature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut feature = serializer.serialize_struct("Feature", 3)?;
        feature.serialize_field("type", "Feature")?;
        feature.serialize_field("geometry", &Hexagon(self.cell))?;
        feature.serialize_field("properties", &Named(&self.properties))?;
        feature.end()
    }
}

/// As [`collection`], of hexagons.
pub fn cell_collection(
    features: &[CellFeature],
    members: &[(&str, JsonValue)],
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Collection<'a> {
        r#type: &'static str,
        features: &'a [CellFeature],
        #[serde(flatten)]
        members: Named<'a, &'a str>,
    }
    let all = Collection { r#type: "FeatureCollection", features, members: Named(members) };
    let body = serde_json::to_vec(&all).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response())
}

/// A collection with members of its own, such as `as_of`.
pub fn collection(features: Vec<Feature>, members: Vec<(&str, JsonValue)>) -> Response {
    let members: JsonObject =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let collection = FeatureCollection { bbox: None, features, foreign_members: Some(members) };
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], collection.to_string()).into_response()
}
