//! Vector tiles: which are allowed to whom, and when a kept one is still good.

use super::App;
use super::extract::{At, Caller};
use super::filter::{IssueQuery, issue_filter, parse_word};
use super::measures::{WindowQuery, numbers_wanted, window_of};
use super::problem::ApiError;
use crate::app::error::AppError;
use crate::app::tiles::{MEDIA_TYPE, draw_areas, draw_cells, draw_issues, resolution_at};
use crate::app::window::{find_as_of, metrics_scope_at};
use crate::domain::access::Actor;
use crate::domain::territory::level::Level;
use crate::domain::tile::Tile;
use crate::domain::time::{MINUTE_MS, Timestamp};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

/// Which areas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TileQuery {
    /// For areas: their level; what suits the zoom when absent.
    level: Option<String>,
    /// For cells: ids of published numbers apart by commas; all of them when absent.
    metrics: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Layer {
    Areas,
    Issues,
    Cells,
}

fn parse_address(layer: &str, zoom: u8, x: u32, y: &str) -> Option<(Layer, Tile)> {
    let layer = match layer {
        "areas" => Layer::Areas,
        "issues" => Layer::Issues,
        "cells" => Layer::Cells,
        _ => return None,
    };
    let y = y.strip_suffix(".mvt")?.parse().ok()?;
    Some((layer, Tile::new(zoom, x, y)?))
}

/// A mark of everything that the tile depends on: its address, the data, the reader, the
/// time as far as it matters.
async fn tag_of(app: &App, actor: &Actor, address: &str, layer: Layer) -> Result<String, AppError> {
    let snapshot = app.ctx.snapshot();
    let mut hasher = Sha256::new();
    hasher.update(address);
    hasher.update(format!("{:?}", snapshot.versions));
    if !matches!(layer, Layer::Areas) {
        let end = app.ctx.store.find_feed_end().await?;
        let moment = moment_of(layer, app.ctx.now(), &snapshot.zone);
        hasher.update(format!("{end:?} {moment} {actor:?}"));
    }
    Ok(format!("W/\"{}\"", hex::encode(&hasher.finalize()[..12])))
}

/// The time as far as a layer depends on it: ages change with the day, and what is overdue in a
/// hexagon with the minute.
fn moment_of(layer: Layer, now: Timestamp, zone: &TimeZone) -> i64 {
    match layer {
        Layer::Cells => now.0.div_euclid(MINUTE_MS),
        Layer::Areas | Layer::Issues => i64::from(now.day_in(zone).0),
    }
}

/// What the layer takes from the query; layers take different things.
fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, ApiError> {
    let query = Query::try_from_uri(uri);
    query.map(|Query(query)| query).map_err(|error| ApiError::bad_request(error.body_text()))
}

/// A vector tile of `areas` (open to all), `issues` or `cells` (within one's scope). Issues take
/// the filters of the list of issues, cells those of metrics. No content when nothing is there.
#[utoipa::path(get, path = "/tiles/{layer}/{z}/{x}/{y}", tag = "metrics",
    params(("layer" = String, Path), ("z" = u8, Path), ("x" = u32, Path),
        ("y" = String, Path, description = "The row, followed by `.mvt`"), TileQuery),
    responses((status = 200, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204), (status = 304), (status = 401), (status = 403), (status = 404)))]
pub async fn show_tile(
    State(app): State<App>,
    caller: Caller,
    At((layer, zoom, x, y)): At<(String, u8, u32, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (kind, tile) = parse_address(&layer, zoom, x, &y).ok_or_else(ApiError::not_found)?;
    if caller.account.is_none() && !matches!(kind, Layer::Areas) {
        return Err(AppError::Unauthenticated.into());
    }
    let address = format!("{kind:?}/{tile:?}?{}", uri.query().unwrap_or(""));
    let tag = tag_of(&app, &caller.actor, &address, kind).await?;
    if headers.get(header::IF_NONE_MATCH).is_some_and(|kept| kept.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, headers_of(tag)).into_response());
    }
    let bytes = match kind {
        Layer::Areas => {
            let query: TileQuery = read_query(&uri)?;
            let level = parse_word("level", query.level.as_ref(), Level::parse)?;
            draw_areas(&app.ctx.snapshot(), tile, level)
        }
        Layer::Issues => {
            let query: IssueQuery = read_query(&uri)?;
            let filter = issue_filter(&app.ctx.snapshot(), find_as_of(&app.ctx).await?, &query)?;
            draw_issues(&app.ctx, &caller.actor, &filter, tile).await?
        }
        Layer::Cells => {
            let scope = metrics_scope_at(&caller.actor, resolution_at(zoom))?;
            let query: WindowQuery = read_query(&uri)?;
            let window = window_of(&app, &app.ctx.snapshot(), &query).await?;
            let wanted: TileQuery = read_query(&uri)?;
            let numbers = numbers_wanted(wanted.metrics.as_ref())?;
            draw_cells(&app.ctx, &scope, window, tile, &numbers).await?
        }
    };
    if bytes.is_empty() {
        return Ok((StatusCode::NO_CONTENT, headers_of(tag)).into_response());
    }
    Ok((headers_of(tag), [(header::CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response())
}

/// A tile may be kept by its reader's browser, who asks each time whether it is still good.
fn headers_of(tag: String) -> [(HeaderName, String); 2] {
    [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_of_hexagons_is_good_for_a_minute_and_one_of_issues_for_a_day() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let [first, same, next] = ["10:00:01", "10:00:59", "10:01:00"]
            .map(|clock| at(&format!("2026-11-20T{clock}+08:00")))
            .map(|now| [Layer::Cells, Layer::Issues].map(|l| moment_of(l, now, &TimeZone::UTC)));
        assert_eq!(first, same);
        assert_ne!(first[0], next[0], "something may be overdue by now");
        assert_eq!(first[1], next[1]);
    }
}
