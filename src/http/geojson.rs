//! GeoJSON answers (RFC 7946): features, hexagons, and the media type.

use super::problem::ApiError;
use crate::app::called::KnownCell;
use crate::app::error::{AppError, say};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geojson::{Feature, FeatureCollection, Geometry, JsonObject, JsonValue};
use serde::Serialize;
use serde::ser::Serializer;

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

/// About how long a hexagon is with a rate, in bytes.
const CELL_BYTES: usize = 640;

/// Hexagons as features, written as text without a tree of values in between: a map has thousands.
pub struct CellWriter {
    body: Vec<u8>,
    is_empty: bool,
}

impl CellWriter {
    /// With room for so many hexagons; there may be more.
    pub fn with_room(cells: usize) -> Self {
        let mut body = Vec::with_capacity(CELL_BYTES * (cells + 1));
        body.extend_from_slice(br#"{"type":"FeatureCollection","features":["#);
        Self { body, is_empty: true }
    }

    /// Adds a hexagon. `properties` writes them, an object.
    ///
    /// # Errors
    /// They could not be written.
    pub fn put(
        &mut self,
        cell: &KnownCell,
        properties: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    ) -> Result<(), AppError> {
        if !std::mem::take(&mut self.is_empty) {
            self.body.push(b',');
        }
        self.body.extend_from_slice(br#"{"type":"Feature","geometry":"#);
        self.body.extend_from_slice(cell.outline.get().as_bytes());
        self.body.extend_from_slice(br#","properties":"#);
        properties(&mut self.body).map_err(failed)?;
        self.body.push(b'}');
        Ok(())
    }

    /// The whole collection with members of its own.
    ///
    /// # Errors
    /// A member could not be written.
    pub fn finish(mut self, members: Vec<(&str, JsonValue)>) -> Result<Response, AppError> {
        self.body.push(b']');
        for (name, value) in &members {
            self.body.push(b',');
            serde_json::to_writer(&mut self.body, name).map_err(failed)?;
            self.body.push(b':');
            serde_json::to_writer(&mut self.body, value).map_err(failed)?;
        }
        self.body.push(b'}');
        Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], self.body).into_response())
    }
}

fn failed(error: serde_json::Error) -> AppError {
    AppError::Internal(error.to_string())
}

/// A collection with members of its own, such as `as_of`.
pub fn collection(features: Vec<Feature>, members: Vec<(&str, JsonValue)>) -> Response {
    let members: JsonObject =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let collection = FeatureCollection { bbox: None, features, foreign_members: Some(members) };
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], collection.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::called::known;
    use serde_json::json;

    #[tokio::test]
    async fn hexagons_are_written_as_a_tree_of_values_would_be() {
        let cells = [0x0894_0954_924b_ffff_u64, 0x0894_0954_924f_ffff];
        let cells: Vec<_> = cells.iter().map(|cell| known((*cell).try_into().unwrap())).collect();
        for taken in 0..=cells.len() {
            let mut writer = CellWriter::with_room(0);
            let mut features = Vec::new();
            for (n, cell) in cells[..taken].iter().enumerate() {
                let properties = json!({ "cell": cell.number, "a \"b\"\n": n, "c": null });
                let put = writer.put(cell, |body| serde_json::to_writer(body, &properties));
                put.unwrap();
                let geometry: JsonValue = serde_json::from_str(cell.outline.get()).unwrap();
                features.push(json!({
                    "type": "Feature", "geometry": geometry, "properties": properties,
                }));
            }
            let members = vec![("as_of", json!("now")), ("definitions", json!(["closing_rate@3"]))];
            let response = writer.finish(members).unwrap();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let told: JsonValue = serde_json::from_slice(&body).unwrap();
            let truth = json!({
                "type": "FeatureCollection", "features": features, "as_of": "now",
                "definitions": ["closing_rate@3"],
            });
            assert_eq!(told, truth);
        }
    }
}
