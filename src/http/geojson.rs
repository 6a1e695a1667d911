//! GeoJSON answers (RFC 7946): features, hexagons, and the media type.

use super::problem::ApiError;
use crate::app::called::KnownCell;
use crate::app::error::{AppError, say};
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use geojson::{Feature, FeatureCollection, Geometry, JsonObject, JsonValue};
use h3o::CellIndex;
use rayon::prelude::*;
use serde::Serialize;
use serde::ser::Serializer;
use std::convert::Infallible;
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

/// About how long a hexagon is with a rate, in bytes.
const CELL_BYTES: usize = 768;
/// The most hexagons that one processor writes at a time.
const PART_CELLS: usize = 256;

/// Hexagons as features, and members of the collection's own, written as text without a tree of
/// values in between, by all processors: a map has thousands. `know` tells what is known of one;
/// `properties` writes an object.
///
/// # Errors
/// A hexagon is not known, or something could not be written.
pub fn cells_written<T: Sync>(
    cells: &[(CellIndex, T)],
    know: impl Fn(CellIndex) -> Result<Arc<KnownCell>, AppError> + Sync,
    properties: impl Fn(&KnownCell, &(CellIndex, T), &mut Vec<u8>) -> serde_json::Result<()> + Sync,
    members: Vec<(&str, JsonValue)>,
) -> Result<Response, AppError> {
    let write = |part: &[(CellIndex, T)]| {
        let mut text = Vec::with_capacity(CELL_BYTES * part.len());
        for own in part {
            let cell = know(own.0)?;
            text.extend_from_slice(br#"{"type":"Feature","geometry":"#);
            text.extend_from_slice(cell.outline.get().as_bytes());
            text.extend_from_slice(br#","properties":"#);
            properties(&cell, own, &mut text).map_err(failed)?;
            text.extend_from_slice(b"},");
        }
        Ok(text)
    };
    let parts = cells.par_chunks(PART_CELLS).map(write);
    let mut parts = parts.collect::<Result<Vec<Vec<u8>>, AppError>>()?;
    // Nothing comes after the last one.
    parts.last_mut().and_then(Vec::pop);
    let mut end = vec![b']'];
    for (name, value) in &members {
        end.push(b',');
        serde_json::to_writer(&mut end, name).map_err(failed)?;
        end.push(b':');
        serde_json::to_writer(&mut end, value).map_err(failed)?;
    }
    end.push(b'}');
    let begin = br#"{"type":"FeatureCollection","features":["#.to_vec();
    let texts: Vec<Vec<u8>> = [begin].into_iter().chain(parts).chain([end]).collect();
    let bytes: usize = texts.iter().map(Vec::len).sum();
    let texts = texts.into_iter().map(|text| Ok::<_, Infallible>(Bytes::from(text)));
    let head = [(header::CONTENT_TYPE, MEDIA_TYPE.to_owned())];
    let body = Body::from_stream(stream::iter(texts));
    Ok((head, [(header::CONTENT_LENGTH, bytes.to_string())], body).into_response())
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
        let middle: CellIndex = 0x0894_0954_924b_ffff_u64.try_into().unwrap();
        let around: Vec<_> = middle.grid_disk::<Vec<_>>(17).into_iter().zip(0..).collect();
        for taken in [0, 1, 2, PART_CELLS, PART_CELLS + 1, 3 * PART_CELLS, around.len()] {
            let own =
                |cell: &KnownCell, n: i32| json!({ "c": null, "a \"b\"\n": [cell.number, n] });
            let members = vec![("as_of", json!("now")), ("definitions", json!(["closing_rate@3"]))];
            let response = cells_written(
                &around[..taken],
                |cell| Ok(Arc::new(known(cell))),
                |cell, (_, n), text| serde_json::to_writer(text, &own(cell, *n)),
                members,
            );
            let response = response.unwrap();
            let length = response.headers()[header::CONTENT_LENGTH].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(length, body.len().to_string());
            let told: JsonValue = serde_json::from_slice(&body).unwrap();
            let features = around[..taken].iter().map(|(cell, n)| {
                let cell = known(*cell);
                let geometry: JsonValue = serde_json::from_str(cell.outline.get()).unwrap();
                json!({ "type": "Feature", "geometry": geometry, "properties": own(&cell, *n) })
            });
            let truth = json!({
                "type": "FeatureCollection", "features": features.collect::<Vec<_>>(),
                "as_of": "now", "definitions": ["closing_rate@3"],
            });
            assert_eq!(told, truth);
        }
    }
}
