//! Hot spots, rising trends and appraisals, within one's scope.

use super::App;
use super::extract::{Lang, Params, SignedIn};
use super::filter::parse_word;
use super::measures::{WindowQuery, window_of};
use super::problem::ApiError;
use super::wire::analysis::{
    AppraisalWire, HotspotsWire, IndicatorWire, MarkWire, ScoreWire, SpanWire, SpotWire, TrendWire,
    TrendsWire,
};
use super::wire::issue::View;
use super::wire::measure::{RateWire, rate_wire};
use super::wire::{Named, Texts};
use crate::app::analysis::{Pair, TrendQuestion, appraise_departments, find_hotspots, find_trends};
use crate::app::called::{Called, know_cell};
use crate::app::ctx::Snapshot;
use crate::app::error::{AppError, say};
use crate::app::window::{Resolved, metrics_scope, metrics_scope_at};
use crate::domain::id::DepartmentCode;
use crate::domain::metrics::appraisal::{Mark, Score, WEIGHT_WHOLE};
use crate::domain::metrics::figure::find_figure;
use crate::domain::metrics::hotspot::Spot;
use crate::domain::metrics::trend::Trend;
use crate::domain::territory::level::Level;
use crate::domain::time::Day;
use axum::Json;
use axum::extract::State;
use h3o::Resolution;
use serde::Deserialize;
use utoipa::IntoParams;

/// The statistic behind hot spots, and the comparison behind trends.
pub const HOTSPOT_METHOD: &str = "getis_ord_gi_star@1";
pub const TREND_METHOD: &str = "poisson_ratio_mid_p@1";
/// What stands out where nothing else is asked for.
const Q_MAX: f64 = 0.05;
const HOTSPOT_RESOLUTION: u8 = 8;
const HOTSPOT_RESOLUTIONS: std::ops::RangeInclusive<u8> = 6..=10;
const RINGS_MAX: u32 = 5;
const RECENT_WEEKS: u32 = 4;
const PAST_WEEKS: u32 = 12;
const WEEKS_MAX: u32 = 104;

/// Which hot spots.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HotspotQuery {
    /// 6 to 10; 8 when absent.
    res: Option<u8>,
    /// How many rings around a hexagon belong to its neighbourhood: 1 (when absent) to 5.
    rings: Option<u32>,
    /// What is counted: `reported` when absent, or another count of `/metrics/definitions`.
    measure: Option<String>,
    /// The greatest false discovery rate; 0.05 when absent.
    q: Option<f64>,
}

/// Which trends.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// The level of the areas; `street` when absent.
    level: Option<String>,
    /// The recent window in whole weeks, up to `to`: 4 when absent.
    weeks: Option<u32>,
    /// The past window before it, in whole weeks: 12 when absent.
    past_weeks: Option<u32>,
    /// The greatest false discovery rate; 0.05 when absent.
    q: Option<f64>,
}

/// A value within bounds, both included.
///
/// # Errors
/// It is outside; the field is named.
pub fn in_range<T: PartialOrd + std::fmt::Display + Copy>(
    field: &str,
    value: T,
    (low, high): (T, T),
) -> Result<T, ApiError> {
    let says = || say(format!("须为 {low} 至 {high}"), format!("Must be {low} to {high}"));
    (low..=high).contains(&value).then_some(value).ok_or_else(|| ApiError::invalid(field, says()))
}

/// The address of a list of issues with these filters, on top of what the window asks for.
fn issues_at(window: &WindowQuery, own: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(&str, &str)> = own.to_vec();
    for (name, value) in window.filters() {
        if !own.iter().any(|(known, _)| *known == name) {
            pairs.push((name, value));
        }
    }
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/api/v1/issues?{}", pairs.join("&"))
}

/// Hexagons around which more or less is counted than chance would put there (Getis and Ord's
/// Gi*). Hexagons of the territory without reports count as 0.
#[utoipa::path(get, path = "/metrics/hotspots", tag = "metrics", params(WindowQuery, HotspotQuery),
    responses((status = 200, body = HotspotsWire), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_hotspots(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<HotspotQuery>,
) -> Result<Json<HotspotsWire>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let (low, high) = HOTSPOT_RESOLUTIONS.into_inner();
    let res = in_range("res", wanted.res.unwrap_or(HOTSPOT_RESOLUTION), (low, high))?;
    let resolution = Resolution::try_from(res).map_err(|_| ApiError::not_found())?;
    let rings = in_range("rings", wanted.rings.unwrap_or(1), (1, RINGS_MAX))?;
    let q_max = in_range("q", wanted.q.unwrap_or(Q_MAX), (0.0, 1.0))?;
    let figure = parse_word("measure", wanted.measure.as_ref(), |name| {
        find_figure(name).filter(|figure| figure.unit() == "count")
    })?;
    let reported = || find_figure("reported").ok_or_else(ApiError::not_found);
    let figure = figure.map_or_else(reported, Ok)?;
    let scope = metrics_scope_at(&caller.actor, resolution)?;
    let around = (resolution, rings);
    let field = find_hotspots(&app.ctx, &scope, &window, around, figure.measure).await?;
    let mut found: Vec<&Spot> =
        field.spots.iter().filter(|spot| spot.q <= q_max && spot.z != 0.0).collect();
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.cell.cmp(&b.cell)));
    let (from, to) = (window.from.to_string(), window.to.to_string());
    let items = found.into_iter().map(|spot| {
        let known = know_cell(&snapshot, spot.cell)?;
        Ok(spot_wire((spot, known.called.as_ref()), &query, figure.id, (&from, &to)))
    });
    let items = items.collect::<Result<_, AppError>>()?;
    Ok(Json(HotspotsWire {
        as_of: window.as_of.to_rfc3339(),
        res,
        rings,
        measure: figure.id.to_owned(),
        definition: figure.label(),
        method: HOTSPOT_METHOD.into(),
        q_max,
        cells: field.spots.len(),
        n: field.total,
        items,
        from: from.clone(),
        to: to.clone(),
    }))
}

fn spot_wire(
    (spot, called): (&Spot, Option<&Called>),
    query: &WindowQuery,
    measure: &str,
    (from, to): (&str, &str),
) -> SpotWire {
    let cell = spot.cell.to_string();
    let own = [("measure", measure), ("cell", &cell), ("from", from), ("to", to)];
    SpotWire {
        issues: issues_at(query, &own),
        place: called.map(Called::whole),
        place_near: called.is_some_and(|called| called.near),
        kind: if spot.z > 0.0 { "hot" } else { "cold" }.into(),
        cell,
        count: spot.count,
        around: spot.around,
        expected: spot.expected,
        z: spot.z,
        p: spot.p,
        q: spot.q,
    }
}

/// Categories that are reported more often in an area than in the weeks before. Weeks are whole, so
/// that weekdays weigh the same; seasons are not taken out. `from` is not read.
#[utoipa::path(get, path = "/metrics/trends", tag = "metrics", params(WindowQuery, TrendQuery),
    responses((status = 200, body = TrendsWire), (status = 401), (status = 403), (status = 422)))]
pub async fn list_trends(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<TrendQuery>,
) -> Result<Json<TrendsWire>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query.without_from()).await?;
    let level = parse_word("level", wanted.level.as_ref(), Level::parse)?.unwrap_or(Level::Street);
    let question = TrendQuestion {
        level,
        recent_weeks: in_range("weeks", wanted.weeks.unwrap_or(RECENT_WEEKS), (1, WEEKS_MAX))?,
        past_weeks: in_range(
            "past_weeks",
            wanted.past_weeks.unwrap_or(PAST_WEEKS),
            (1, WEEKS_MAX),
        )?,
        q_max: in_range("q", wanted.q.unwrap_or(Q_MAX), (0.0, 1.0))?,
    };
    let trends = find_trends(&app.ctx, &scope, &window, question).await?;
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let span = |(from, to): (Day, Day)| SpanWire { from: from.to_string(), to: to.to_string() };
    let recent = span(trends.recent);
    let items = trends.rising.iter().map(|trend| trend_wire(trend, &view, &query, &recent));
    let items = items.collect();
    Ok(Json(TrendsWire {
        as_of: window.as_of.to_rfc3339(),
        level: level.to_string(),
        past: trends.past.map(span),
        definition: "reported@1".into(),
        method: TREND_METHOD.into(),
        q_max: question.q_max,
        compared: trends.compared,
        items,
        recent,
    }))
}

fn trend_wire(
    trend: &Trend<Pair>,
    view: &View<'_>,
    query: &WindowQuery,
    recent: &SpanWire,
) -> TrendWire {
    let (area, category) = (&trend.key.0, &trend.key.1);
    let own = [
        ("measure", "reported"),
        ("area", area.as_str()),
        ("category", category.as_str()),
        ("from", recent.from.as_str()),
        ("to", recent.to.as_str()),
    ];
    TrendWire {
        issues: issues_at(query, &own),
        area: Named { name: view.snapshot.area_called(area), code: area.clone() },
        category: Named { code: category.to_string(), name: view.category_name(category) },
        recent: trend.recent,
        past: trend.past,
        expected: trend.expected,
        ratio: trend.ratio,
        p: trend.p,
        q: trend.q,
    }
}

/// The composite appraisal of departments: a weighted mean of rates, as the file that was imported
/// says. A department with too few issues under any of them has no score.
#[utoipa::path(get, path = "/metrics/appraisal", tag = "metrics", params(WindowQuery),
    responses((status = 200, body = AppraisalWire), (status = 401), (status = 403),
        (status = 404, description = "No appraisal is in force"), (status = 422)))]
pub async fn show_appraisal(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
) -> Result<Json<AppraisalWire>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let scores = appraise_departments(&app.ctx, &scope, &window).await?;
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let items = scores.iter().map(|(code, score)| score_wire(code, score, &view, &query, &window));
    Ok(Json(AppraisalWire {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        definition: format!("appraisal@{}", snapshot.appraisal.as_ref().map_or(0, |a| a.0)),
        indicators: indicators_wire(&snapshot),
        items: items.collect(),
    }))
}

fn indicators_wire(snapshot: &Snapshot) -> Vec<IndicatorWire> {
    let indicators = snapshot.appraisal.iter().flat_map(|(_, appraisal)| appraisal.indicators());
    let wire = indicators.map(|indicator| IndicatorWire {
        metric: indicator.definition.metric.to_owned(),
        definition: indicator.definition.label(),
        name: say(indicator.definition.name_zh, indicator.definition.name_en).into(),
        better: indicator.definition.better.to_string(),
        weight: f64::from(indicator.weight) / f64::from(WEIGHT_WHOLE),
        issues_min: indicator.issues_min,
    });
    wire.collect()
}

fn score_wire(
    code: &DepartmentCode,
    score: &Score,
    view: &View<'_>,
    query: &WindowQuery,
    window: &Resolved,
) -> ScoreWire {
    let marks = score.marks.iter().map(|mark| mark_wire(mark, code, query, window));
    ScoreWire {
        department: view.department(code),
        score: score.total,
        reason: score.total.is_none().then(|| reason_of(score)),
        marks: marks.collect(),
    }
}

fn mark_wire(
    mark: &Mark,
    code: &DepartmentCode,
    query: &WindowQuery,
    window: &Resolved,
) -> MarkWire {
    let definition = mark.indicator.definition;
    let (from, to) = (window.from.to_string(), window.to.to_string());
    // By the definition's label: another one may be in force for the published rate.
    let measure = format!("{}.denominator", definition.label());
    let own = [
        ("measure", measure.as_str()),
        ("department", code.as_str()),
        ("from", &from),
        ("to", &to),
    ];
    let rate: RateWire = rate_wire(mark.rate, definition, None);
    MarkWire {
        metric: definition.metric.to_owned(),
        rate,
        points: mark.points,
        issues: issues_at(query, &own),
    }
}

/// Which rates have too few issues.
fn reason_of(score: &Score) -> Texts {
    let few = || score.marks.iter().filter(|mark| mark.points.is_none());
    let list = |name: fn(&Mark) -> (&'static str, i64), joined: &str| {
        let parts = few().map(|mark| {
            let (name, min) = name(mark);
            format!("{name} {}/{min}", mark.rate.denominator)
        });
        parts.collect::<Vec<_>>().join(joined)
    };
    let zh = list(|mark| (mark.indicator.definition.name_zh, mark.indicator.issues_min), "、");
    let en = list(|mark| (mark.indicator.definition.name_en, mark.indicator.issues_min), ", ");
    say(format!("数据太少，不计分：{zh}"), format!("No score, too few issues: {en}")).into()
}
