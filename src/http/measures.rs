//! Metrics: rates, counts, ages and times of a window, by area and by hexagon, within one's scope.

use super::App;
use super::extract::{Params, SignedIn};
use super::filter::{parse_bounds, parse_word};
use super::geojson::{collection, feature, hexagon, wants_geojson};
use super::problem::ApiError;
use super::wire::measure::{
    AreaMetrics, AreaMetricsList, CellMetrics, CellMetricsList, DefinitionWire, SummaryWire,
    day_wire, definitions_wire, flat_metrics, labels_wire, metrics_wire,
};
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::measure::{
    Resolved, Sums, Window, count_states, find_area_path, list_areas_in_scope, metrics_scope,
    resolve, sum_areas, sum_cells, sum_days, sum_kinds, sum_window,
};
use crate::domain::cell::cells_near;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Measure, ROLLUP_RESOLUTION};
use crate::domain::territory::level::Level;
use crate::domain::time::Day;
use crate::store::query::Bounds;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use h3o::{CellIndex, Resolution};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// Resolutions of hexagons that are published.
const RESOLUTIONS: std::ops::RangeInclusive<u8> = 5..=10;
const RESOLUTION_DEFAULT: u8 = 8;
/// The most cells of one answer.
const CELLS_MAX: usize = 20_000;

/// Which part of the counters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// Date, inclusive; 29 days before `to` when absent.
    from: Option<String>,
    /// Date, inclusive; today when absent.
    to: Option<String>,
    /// Code of an area, with all below it.
    area: Option<String>,
    kind: Option<String>,
    category: Option<String>,
    /// The lead department.
    department: Option<String>,
}

/// Which areas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LevelQuery {
    /// `grid` when absent.
    level: Option<String>,
    /// Only areas below this one.
    parent: Option<String>,
}

/// Which hexagons.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CellQuery {
    /// 5 to 10; 8 when absent.
    res: Option<u8>,
    /// `west,south,east,north` in degrees; everywhere when absent.
    bbox: Option<String>,
    /// `json` (default) or `geojson`.
    format: Option<String>,
}

/// The window that a query asks for.
///
/// # Errors
/// A value is not known; its field is named.
pub fn window_of(
    app: &App,
    snapshot: &Snapshot,
    query: &WindowQuery,
) -> Result<Resolved, ApiError> {
    let window = Window {
        from: parse_word("from", query.from.as_ref(), Day::parse)?,
        to: parse_word("to", query.to.as_ref(), Day::parse)?,
        area: query.area.clone().filter(|area| !area.is_empty()),
        kind: parse_word("kind", query.kind.as_ref(), Kind::parse)?,
        category: parse_word("category", query.category.as_ref(), |c| CategoryCode::parse(c).ok())?,
        department: parse_word("department", query.department.as_ref(), |code| {
            DepartmentCode::parse(code).ok()
        })?,
    };
    Ok(resolve(snapshot, &window, app.ctx.now())?)
}

/// What the published numbers mean.
#[utoipa::path(get, path = "/metrics/definitions", tag = "metrics",
    responses((status = 200, body = Vec<DefinitionWire>)))]
pub async fn list_definitions() -> Json<Vec<DefinitionWire>> {
    Json(definitions_wire())
}

/// One window in numbers.
#[utoipa::path(get, path = "/metrics/summary", tag = "metrics", params(WindowQuery),
    responses((status = 200, body = SummaryWire), (status = 401), (status = 403), (status = 422)))]
pub async fn show_summary(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
) -> Result<Json<SummaryWire>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query)?;
    let as_of = app.ctx.now().to_rfc3339();
    let sums = sum_window(&app.ctx, &scope, &window).await?;
    let kinds = sum_kinds(&app.ctx, &scope, &window).await?;
    let states = count_states(&app.ctx, &scope, &window).await?;
    let days = sum_days(&app.ctx, &scope, &window).await?;
    let reported = |kind: &Kind| kinds.get(kind).map_or(0, |s| s.tally.get(Measure::Reported));
    let area = window.area.as_ref().and_then(|path| path.leaf()).map(str::to_owned);
    Ok(Json(SummaryWire {
        as_of,
        from: window.from.to_string(),
        to: window.to.to_string(),
        area,
        n: sums.n(),
        metrics: metrics_wire(&sums),
        by_state: states.iter().map(|(state, n)| (state.to_string(), *n)).collect(),
        by_kind: Kind::ALL.iter().map(|kind| (kind.to_string(), reported(kind))).collect(),
        series: days.iter().map(|(day, tally)| day_wire(day.to_string(), tally)).collect(),
        definitions: labels_wire(),
    }))
}

/// All areas of one level that one's scope reaches. One where nothing happened has n = 0 and rates
/// without a value: unknown, not good.
#[utoipa::path(get, path = "/metrics/areas", tag = "metrics", params(WindowQuery, LevelQuery),
    responses((status = 200, body = AreaMetricsList), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_area_metrics(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<LevelQuery>,
) -> Result<Json<AreaMetricsList>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query)?;
    let level = parse_word("level", wanted.level.as_ref(), Level::parse)?.unwrap_or(Level::Grid);
    let parent = match wanted.parent.as_deref().filter(|code| !code.is_empty()) {
        None => window.area.clone(),
        Some(code) => Some(find_area_path(&snapshot, code)?),
    };
    let as_of = app.ctx.now().to_rfc3339();
    let sums = sum_areas(&app.ctx, &scope, &window, level).await?;
    let silent = Sums::default();
    let areas = list_areas_in_scope(&snapshot, &scope, level, parent.as_ref());
    let items = areas.into_iter().map(|area| {
        let sums = sums.get(area.code.as_str()).unwrap_or(&silent);
        AreaMetrics {
            code: area.code.to_string(),
            name: area.name.clone(),
            n: sums.n(),
            metrics: metrics_wire(sums),
        }
    });
    Ok(Json(AreaMetricsList {
        as_of,
        from: window.from.to_string(),
        to: window.to.to_string(),
        level: level.to_string(),
        items: items.collect(),
        definitions: labels_wire(),
    }))
}

fn resolution_of(query: &CellQuery) -> Result<Resolution, ApiError> {
    let res = query.res.unwrap_or(RESOLUTION_DEFAULT);
    let known = RESOLUTIONS.contains(&res).then(|| Resolution::try_from(res).ok()).flatten();
    known.ok_or_else(|| {
        let (low, high) = RESOLUTIONS.into_inner();
        let says = say(format!("须为 {low} 至 {high}"), format!("Must be {low} to {high}"));
        ApiError::invalid("res", says)
    })
}

/// Whether any of the cell may be seen in the box.
fn is_in_view(cell: CellIndex, bounds: &Bounds) -> bool {
    let boundary = cell.boundary();
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for corner in boundary.iter() {
        low = (low.0.min(corner.lng()), low.1.min(corner.lat()));
        high = (high.0.max(corner.lng()), high.1.max(corner.lat()));
    }
    low.0 <= bounds.east && bounds.west <= high.0 && low.1 <= bounds.north && bounds.south <= high.1
}

async fn cells_in_view(
    app: &App,
    caller: &SignedIn,
    query: &CellQuery,
    window: Resolved,
) -> Result<Vec<(CellIndex, Sums)>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let resolution = resolution_of(query)?;
    let bounds = parse_word("bbox", query.bbox.as_ref(), parse_bounds)?;
    let near = bounds.as_ref().and_then(|b| {
        cells_near((b.west, b.south, b.east, b.north), resolution, ROLLUP_RESOLUTION)
    });
    let window = window.within_cells(near);
    let sums: BTreeMap<u64, Sums> = sum_cells(&app.ctx, &scope, &window, resolution).await?;
    let cells = sums
        .into_iter()
        .filter_map(|(cell, sums)| Some((CellIndex::try_from(cell).ok()?, sums)))
        .filter(|(cell, _)| bounds.as_ref().is_none_or(|bounds| is_in_view(*cell, bounds)));
    let cells: Vec<_> = cells.collect();
    if cells.len() > CELLS_MAX {
        let says = say(
            format!("结果超过 {CELLS_MAX} 个六边形，请用更粗的 res 或更小的 bbox"),
            format!("Over {CELLS_MAX} cells: take a coarser res or a smaller bbox"),
        );
        return Err(ApiError::invalid("res", says));
    }
    Ok(cells)
}

/// Hexagons (H3) in which something was reported. Silent ones are left out: nothing is known of
/// them.
#[utoipa::path(get, path = "/metrics/cells", tag = "metrics", params(WindowQuery, CellQuery),
    responses((status = 200, body = CellMetricsList), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_cell_metrics(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<CellQuery>,
) -> Result<Response, ApiError> {
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query)?;
    let (from, to) = (window.from.to_string(), window.to.to_string());
    let as_of = app.ctx.now().to_rfc3339();
    let geojson = wants_geojson(wanted.format.as_ref())?;
    let cells = cells_in_view(&app, &caller, &wanted, window).await?;
    let res = u8::from(resolution_of(&wanted)?);
    if geojson {
        let features = cells.iter().map(|(cell, sums)| {
            let mut properties = flat_metrics(sums);
            properties.insert("cell".into(), cell.to_string().into());
            feature(hexagon(*cell), properties)
        });
        let definitions: Vec<String> = definitions_wire().into_iter().map(|d| d.label).collect();
        let members = vec![
            ("as_of", as_of.into()),
            ("from", from.into()),
            ("to", to.into()),
            ("res", res.into()),
            ("definitions", definitions.into()),
        ];
        return Ok(collection(features.collect(), members));
    }
    let items = cells.iter().map(|(cell, sums)| CellMetrics {
        cell: cell.to_string(),
        n: sums.n(),
        metrics: metrics_wire(sums),
    });
    let items = items.collect();
    Ok(Json(CellMetricsList { as_of, from, to, res, items, definitions: labels_wire() })
        .into_response())
}
