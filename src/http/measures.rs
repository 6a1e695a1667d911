//! Metrics: rates, counts, ages and times of a window, by area and by hexagon, within one's scope.

use super::App;
use super::csv::csv_file;
use super::extract::{Params, SignedIn};
use super::filter::{parse_bounds, parse_word};
use super::geojson::{cells_written, wants, wants_geojson};
use super::problem::ApiError;
use super::wire::measure::{
    AreaMetrics, AreaMetricsList, CellMetrics, CellMetricsList, DefinitionWire, SummaryWire,
    area_table, day_wire, definitions_wire, labels_wire, metrics_wire,
};
use crate::app::called::{KnownCell, know_cell};
use crate::app::ctx::Snapshot;
use crate::app::error::{AppError, say};
use crate::app::flat::{FlatNumbers, Wanted, labels_in_force, published_ids};
use crate::app::measure::{
    Priors, Sums, family_of, fit_priors, list_areas_in_scope, sum_areas, sum_cells, summarize,
};
use crate::app::window::{
    Moment, Resolved, Window, find_area_path, find_as_of, metrics_scope, metrics_scope_at, resolve,
    without_disputes,
};
use crate::domain::access::Scope;
use crate::domain::cell::{cells_near, parent_cell};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Measure, ROLLUP_RESOLUTION};
use crate::domain::metrics::small::{Count, FINEST, ISSUES_MIN, Merged, merge_small};
use crate::domain::metrics::smooth::Prior;
use crate::domain::territory::level::Level;
use crate::domain::time::Day;
use crate::format::csv_out::write_csv;
use crate::store::query::Bounds;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use geojson::JsonValue;
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
#[derive(Clone, Deserialize, IntoParams)]
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
    /// A date (its end) or an instant: the numbers as they stood then, told by the log of events.
    /// As they stand when absent.
    as_of: Option<String>,
}

impl WindowQuery {
    /// What a list of issues is asked for to find what these numbers count, save days.
    pub fn filters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("area", &self.area),
            ("kind", &self.kind),
            ("category", &self.category),
            ("department", &self.department),
        ];
        let filled = all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        filled.filter(|(_, value)| !value.is_empty())
    }

    /// The same without its first day.
    pub fn without_from(&self) -> Self {
        Self { from: None, ..self.clone() }
    }
}

/// Which areas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LevelQuery {
    /// `grid` when absent.
    level: Option<String>,
    /// Only areas below this one.
    parent: Option<String>,
    /// `json` (default) or `csv`.
    format: Option<String>,
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
    /// `public`: as it may be shown outside the service, in hexagons of resolution 9 or coarser,
    /// those with fewer than five reports merged upward or hidden, and without disputes.
    audience: Option<String>,
    /// Ids of published numbers apart by commas, such as `closing_rate,open`: these alone, and `n`.
    /// All of them when absent. For `geojson`.
    metrics: Option<String>,
    /// Whether each cell is given the name of the area in which its middle lies: the street at a
    /// resolution up to 7, the community at 8, the grid from 9 on, or what there is above it.
    names: Option<bool>,
}

/// The window that a query asks for.
///
/// # Errors
/// A value is not known; its field is named.
pub async fn window_of(
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
        as_of: parse_word("as_of", query.as_of.as_ref(), Moment::parse)?,
    };
    Ok(resolve(snapshot, &window, find_as_of(&app.ctx).await?)?)
}

/// What the published numbers mean.
#[utoipa::path(get, path = "/metrics/definitions", tag = "metrics",
    responses((status = 200, body = Vec<DefinitionWire>)))]
pub async fn list_definitions(State(app): State<App>) -> Json<Vec<DefinitionWire>> {
    Json(definitions_wire(&app.ctx.snapshot().rates))
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
    let window = window_of(&app, &snapshot, &query).await?;
    let summary = summarize(&app.ctx, &scope, &window).await?;
    let (sums, kinds) = (&summary.whole, &summary.kinds);
    let reported = |kind: &Kind| kinds.get(kind).map_or(0, |s| s.tally.get(Measure::Reported));
    let area = window.area.as_ref().and_then(|path| path.leaf()).map(str::to_owned);
    let states = summary.states.iter().map(|(state, n)| (state.to_string(), *n));
    let days = summary.days.iter().map(|(day, tally)| day_wire(day.to_string(), tally));
    Ok(Json(SummaryWire {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        area,
        n: sums.n(),
        metrics: metrics_wire(sums, &snapshot.rates, |_| None),
        by_state: states.collect(),
        by_kind: Kind::ALL.iter().map(|kind| (kind.to_string(), reported(kind))).collect(),
        series: days.collect(),
        definitions: labels_wire(),
    }))
}

/// All areas of one level that one's scope reaches. One where nothing happened has n = 0 and rates
/// without a value: unknown, not good. Rates also come shrunk toward that of the parent's areas
/// together (empirical Bayes). As CSV, one line each.
#[utoipa::path(get, path = "/metrics/areas", tag = "metrics", params(WindowQuery, LevelQuery),
    responses((status = 200, body = AreaMetricsList), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_area_metrics(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<LevelQuery>,
) -> Result<Response, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let level = parse_word("level", wanted.level.as_ref(), Level::parse)?.unwrap_or(Level::Grid);
    let as_csv = wants("format", wanted.format.as_ref(), &["json", "csv"])? == "csv";
    let parent = match wanted.parent.as_deref().filter(|code| !code.is_empty()) {
        None => window.area.clone(),
        Some(code) => Some(find_area_path(&snapshot, code)?),
    };
    let sums = sum_areas(&app.ctx, &scope, &window, level).await?;
    let parent_of = |code: &str| snapshot.area(code).and_then(|area| area.parent.clone());
    let priors = fit_priors(&snapshot, &sums, &Wanted::default(), |code| parent_of(code));
    let silent = Sums::default();
    let areas = list_areas_in_scope(&snapshot, &scope, level, parent.as_ref());
    let items: Vec<AreaMetrics> = areas
        .into_iter()
        .map(|area| {
            let sums = sums.get(area.code.as_str()).unwrap_or(&silent);
            let prior = |metric| priors.get(&(area.parent.clone(), metric)).copied();
            AreaMetrics {
                code: area.code.to_string(),
                name: area.name.clone(),
                n: sums.n(),
                unknown: sums.is_silent(),
                metrics: metrics_wire(sums, &snapshot.rates, prior),
            }
        })
        .collect();
    let list = AreaMetricsList {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        level: level.to_string(),
        items,
        definitions: labels_wire(),
    };
    Ok(if as_csv { areas_csv(&list) } else { Json(list).into_response() })
}

fn areas_csv(list: &AreaMetricsList) -> Response {
    let name = format!("metrics-{}-{}-{}", list.level, list.from, list.to);
    let (columns, rows) = area_table(list);
    csv_file(&name, write_csv(columns.iter().map(String::as_str), rows))
}

/// The resolution that is asked for.
///
/// # Errors
/// It is not published; the field `res`.
pub fn resolution_of(asked: Option<u8>) -> Result<Resolution, ApiError> {
    let res = asked.unwrap_or(RESOLUTION_DEFAULT);
    let known = RESOLUTIONS.contains(&res).then(|| Resolution::try_from(res).ok()).flatten();
    known.ok_or_else(|| {
        let (low, high) = RESOLUTIONS.into_inner();
        let says = say(format!("须为 {low} 至 {high}"), format!("Must be {low} to {high}"));
        ApiError::invalid("res", says)
    })
}

/// The published numbers that a query asks for; all of them when it names none.
///
/// # Errors
/// One is not published; the field `metrics`.
pub fn numbers_wanted(metrics: Option<&String>) -> Result<Wanted, ApiError> {
    let Some(text) = metrics.filter(|text| !text.is_empty()) else {
        return Ok(Wanted::default());
    };
    Wanted::parse(text).map_err(|word| {
        let known: Vec<&str> = published_ids().collect();
        let says = say(
            format!("没有指标 {word:?}，可用 {}", known.join("、")),
            format!("There is no number {word:?}; there are {}", known.join(", ")),
        );
        ApiError::invalid("metrics", says)
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

/// Hexagons with their numbers.
struct Cells {
    cells: Vec<(CellIndex, Sums)>,
    priors: Priors<u64>,
    family: Resolution,
    resolution: Resolution,
    /// Reports in hexagons that may not be shown.
    hidden: i64,
}

impl Cells {
    fn prior(&self, cell: CellIndex, metric: &'static str) -> Option<Prior> {
        self.priors.get(&(parent_cell(cell.into(), self.family), metric)).copied()
    }
}

/// Merges what is too small for the public.
fn for_the_public(sums: BTreeMap<u64, Sums>, resolution: Resolution) -> Merged<Sums> {
    let count = Count { n_of: Sums::n, absorb: Sums::absorb };
    let coarsest = Resolution::try_from(*RESOLUTIONS.start()).unwrap_or(resolution);
    merge_small(sums, ISSUES_MIN, (coarsest, resolution), &count)
}

/// The hexagons of a window as they may be shown outside the service: without disputes, at
/// resolution 9 or coarser, those of few reports merged upward or hidden.
pub async fn cells_for_the_public(
    app: &App,
    scope: Scope,
    window: &Resolved,
    asked: Resolution,
) -> Result<Merged<Sums>, ApiError> {
    let resolution = asked.min(FINEST);
    let sums = sum_cells(&app.ctx, &without_disputes(scope), window, resolution).await?;
    Ok(for_the_public(sums, resolution))
}

async fn cells_in_view(
    app: &App,
    caller: &SignedIn,
    query: &CellQuery,
    wanted: &Wanted,
    window: Resolved,
) -> Result<Cells, ApiError> {
    let is_public = wants("audience", query.audience.as_ref(), &["own", "public"])? == "public";
    let asked = resolution_of(query.res)?;
    let resolution = if is_public { asked.min(FINEST) } else { asked };
    let scope = metrics_scope_at(&caller.actor, resolution)?;
    let bounds = parse_word("bbox", query.bbox.as_ref(), parse_bounds)?;
    let family = family_of(resolution);
    // What is merged depends on what is near, so the public's hexagons are all made.
    let near = bounds
        .as_ref()
        .filter(|_| !is_public)
        .and_then(|b| cells_near((b.west, b.south, b.east, b.north), family, ROLLUP_RESOLUTION));
    let snapshot = app.ctx.snapshot();
    let window = window.within_cells(near).only(wanted.measures(&snapshot.rates));
    let (sums, hidden, priors) = match is_public {
        true => {
            let merged = cells_for_the_public(app, scope, &window, resolution).await?;
            (merged.cells, merged.hidden, Priors::new())
        }
        false => {
            let sums: BTreeMap<u64, Sums> =
                sum_cells(&app.ctx, &scope, &window, resolution).await?;
            let priors = fit_priors(&snapshot, &sums, wanted, |cell| parent_cell(*cell, family));
            (sums, 0, priors)
        }
    };
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
    Ok(Cells { cells, priors, family, resolution, hidden })
}

/// The numbers of hexagons as a map asks for them.
fn write_cells(
    snapshot: &Snapshot,
    found: &Cells,
    (wanted, is_named): (&Wanted, bool),
    members: Vec<(&str, JsonValue)>,
) -> Result<Response, AppError> {
    let numbers = FlatNumbers::of(&snapshot.rates, wanted);
    let heads = numbers.names().into_iter().enumerate().map(|(at, name)| {
        let comma = if at == 0 { "" } else { "," };
        format!("{comma}{}:", JsonValue::from(name)).into_bytes()
    });
    let heads: Vec<_> = heads.collect();
    let own = |known: &KnownCell, (cell, sums): &(CellIndex, Sums), text: &mut Vec<u8>| {
        let values = numbers.values(sums, |metric| found.prior(*cell, metric));
        text.push(b'{');
        for (head, value) in heads.iter().zip(&values) {
            text.extend_from_slice(head);
            serde_json::to_writer(&mut *text, value)?;
        }
        // An object too, of which the first brace is left out; numbers are always there.
        text.push(b',');
        let more = if is_named { &known.named } else { &known.unnamed };
        text.extend_from_slice(&more.get().as_bytes()[1..]);
        Ok(())
    };
    cells_written(&found.cells, |cell| know_cell(snapshot, cell), own, members)
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
    let window = window_of(&app, &snapshot, &query).await?;
    let (from, to) = (window.from.to_string(), window.to.to_string());
    let as_of = window.as_of.to_rfc3339();
    let geojson = wants_geojson(wanted.format.as_ref())?;
    let numbers = numbers_wanted(wanted.metrics.as_ref())?;
    if wanted.metrics.is_some() && !geojson {
        let says = say("只用于 format=geojson", "Goes with format=geojson alone");
        return Err(ApiError::invalid("metrics", says));
    }
    let found = cells_in_view(&app, &caller, &wanted, &numbers, window).await?;
    let (res, hidden) = (u8::from(found.resolution), found.hidden);
    let rates = &snapshot.rates;
    let is_named = wanted.names.unwrap_or(false);
    if geojson {
        let definitions = labels_in_force(rates, &numbers);
        let members = vec![
            ("as_of", as_of.into()),
            ("from", from.into()),
            ("to", to.into()),
            ("res", res.into()),
            ("hidden", hidden.into()),
            ("definitions", definitions.into()),
        ];
        return Ok(write_cells(&snapshot, &found, (&numbers, is_named), members)?);
    }
    let items = found.cells.iter().map(|(cell, sums)| {
        let known = know_cell(&snapshot, *cell)?;
        let called = known.called.as_ref().filter(|_| is_named);
        Ok(CellMetrics {
            cell: known.number.clone(),
            place: called.map(|called| called.name().to_owned()),
            place_near: called.map(|called| called.near),
            n: sums.n(),
            unknown: sums.is_silent(),
            metrics: metrics_wire(sums, rates, |metric| found.prior(*cell, metric)),
        })
    });
    let items = items.collect::<Result<_, AppError>>()?;
    let definitions = labels_wire();
    Ok(Json(CellMetricsList { as_of, from, to, res, hidden, items, definitions }).into_response())
}
