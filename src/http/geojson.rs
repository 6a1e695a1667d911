//! GeoJSON answers (RFC 7946): features, hexagons, and the media type.

use super::problem::ApiError;
use crate::app::called::KnownCell;
use crate::app::error::{AppError, say};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geojson::{Feature, FeatureCollection, Geometry, JsonObject, JsonValue};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::sync::Arc;

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

/// Names and values, such as the properties of a feature.
pub struct Pairs<K>(pub Vec<(K, JsonValue)>);

impl<K: Serialize> Serialize for Pairs<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A hexagon as a feature, written without a tree of values in between: a map has thousands.
pub struct CellFeature<P> {
    pub cell: Arc<KnownCell>,
    pub properties: P,
}

impl<P: Serialize> Serialize for CellFeature<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut feature = serializer.serialize_struct("Feature", 3)?;
        feature.serialize_field("type", "Feature")?;
        feature.serialize_field("geometry", &self.cell.outline)?;
        feature.serialize_field("properties", &self.properties)?;
        feature.end()
    }
}

/// About how long a hexagon is with a rate, in bytes.
const CELL_BYTES: usize = 600;

/// As [`collection`], of hexagons.
pub fn cell_collection<P: Serialize>(
    features: &[CellFeature<P>],
    members: Vec<(&str, JsonValue)>,
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Collection<'a, P: Serialize> {
        r#type: &'static str,
        features: &'a [CellFeature<P>],
        #[serde(flatten)]
        members: Pairs<&'a str>,
    }
    let all = Collection { r#type: "FeatureCollection", features, members: Pairs(members) };
    let mut body = Vec::with_capacity(CELL_BYTES * (features.len() + 1));
    serde_json::to_writer(&mut body, &all)
        .map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response())
}

/// A collection with members of its own, such as `as_of`.
pub fn collection(features: Vec<Feature>, members: Vec<(&str, JsonValue)>) -> Response {
    let members: JsonObject =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let collection = FeatureCollection { bbox: None, features, foreign_members: Some(members) };
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], collection.to_string()).into_response()
}
