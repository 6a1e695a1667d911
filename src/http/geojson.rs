//! GeoJSON answers (RFC 7946): features, hexagons, and the media type.

use super::problem::ApiError;
use crate::app::error::say;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geojson::{Feature, FeatureCollection, Geometry, JsonObject, JsonValue};
use h3o::CellIndex;

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

/// The hexagon (or pentagon) of a cell, anticlockwise as the format wants it.
pub fn hexagon(cell: CellIndex) -> Geometry {
    let ring: Vec<(f64, f64)> =
        cell.boundary().iter().map(|corner| (corner.lng(), corner.lat())).collect();
    let polygon = geo::Polygon::new(geo::LineString::from(ring), Vec::new());
    Geometry::new(geojson::GeometryValue::from(&polygon))
}

/// A collection with members of its own, such as `as_of`.
pub fn collection(features: Vec<Feature>, members: Vec<(&str, JsonValue)>) -> Response {
    let members: JsonObject =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let collection = FeatureCollection { bbox: None, features, foreign_members: Some(members) };
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], collection.to_string()).into_response()
}
