//! What is read from the counters beyond sums: hot spots, rising trends, appraisals of departments.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::measure::{sum_area_categories, sum_cells, sum_departments};
use super::window::Resolved;
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::metrics::appraisal::Score;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::hotspot::{Spot, find_spots};
use crate::domain::metrics::trend::{Series, Trend, Windows, compare, rising};
use crate::domain::territory::level::Level;
use crate::domain::territory::position::Position;
use crate::domain::time::Day;
use h3o::geom::TilerBuilder;
use h3o::{CellIndex, LatLng, Resolution};
use std::collections::BTreeMap;

/// The most hexagons that a territory is divided into for hot spots.
pub const FIELD_CELLS_MAX: usize = 60_000;

/// Hexagons of the territory, hot, cold and neither.
#[derive(Clone, Debug)]
pub struct Field {
    pub spots: Vec<Spot>,
    /// What was counted in all of them.
    pub total: i64,
}

/// Judges every hexagon of the area that is asked for and that the scope reaches by what `measure`
/// counts in it and around it. A hexagon belongs to the territory when its middle does, or when
/// something was counted in it.
///
/// # Errors
/// The resolution makes too many hexagons, or the store is not available.
pub async fn find_hotspots(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    (resolution, rings): (Resolution, u32),
    measure: Measure,
) -> Result<Field, AppError> {
    let snapshot = ctx.snapshot();
    let window = window.clone().only(vec![measure]);
    let sums = sum_cells(ctx, scope, &window, resolution).await?;
    let counts = sums.into_iter().map(|(cell, sums)| (cell, sums.tally.get(measure)));
    judge_cells(&snapshot, scope, window.area.as_ref(), (resolution, rings), counts.collect())
}

/// Judges every hexagon of the territory by what is counted in it and around it; `counted` may
/// leave out those with nothing.
///
/// # Errors
/// The resolution makes too many hexagons.
pub fn judge_cells(
    snapshot: &Snapshot,
    scope: &Scope,
    area: Option<&AreaPath>,
    (resolution, rings): (Resolution, u32),
    counted: BTreeMap<u64, i64>,
) -> Result<Field, AppError> {
    let mut counts: BTreeMap<CellIndex, i64> =
        cells_of_territory(snapshot, scope, area, resolution)?
            .into_iter()
            .map(|cell| (cell, 0))
            .collect();
    for (cell, n) in counted {
        if let (Ok(cell), true) = (CellIndex::try_from(cell), n != 0) {
            counts.insert(cell, n);
        }
    }
    Ok(Field { total: counts.values().sum(), spots: find_spots(&counts, rings) })
}

/// The hexagons whose middle lies in the territory, within `area` and the reach of the scope.
///
/// # Errors
/// There are too many of them.
pub fn cells_of_territory(
    snapshot: &Snapshot,
    scope: &Scope,
    area: Option<&AreaPath>,
    resolution: Resolution,
) -> Result<Vec<CellIndex>, AppError> {
    let Some((west, south, east, north)) = snapshot.bounds() else { return Ok(Vec::new()) };
    let corners = (geo::coord! { x: west, y: south }, geo::coord! { x: east, y: north });
    let mut tiler = TilerBuilder::new(resolution).build();
    let unusable = |error| AppError::Internal(format!("the box of the territory: {error}"));
    tiler.add(geo::Rect::new(corners.0, corners.1).to_polygon()).map_err(unusable)?;
    if tiler.coverage_size_hint() > FIELD_CELLS_MAX {
        return Err(AppError::field(
            "res",
            say(
                format!("全域超过 {FIELD_CELLS_MAX} 个六边形，请用更粗的 res"),
                format!("The territory has over {FIELD_CELLS_MAX} hexagons: take a coarser res"),
            ),
        ));
    }
    let reached = |path: &AreaPath| {
        let seen = |own: &Option<AreaPath>| own.as_ref().is_none_or(|own| path.is_within(own));
        scope.clauses.iter().any(|clause| seen(&clause.area))
            && area.is_none_or(|area| path.is_within(area))
    };
    let lies_inside = |cell: &CellIndex| {
        let middle = LatLng::from(*cell);
        let position = Position::new(middle.lng(), middle.lat()).ok();
        let found = position.and_then(|position| snapshot.territory.area_at(position));
        found.and_then(|area| snapshot.path_of(&area.code)).is_some_and(|path| reached(&path))
    };
    Ok(tiler.into_coverage().filter(lies_inside).collect())
}

/// How rising trends are looked for.
#[derive(Clone, Copy, Debug)]
pub struct TrendQuestion {
    pub level: Level,
    /// Whole weeks, so that every weekday weighs the same.
    pub recent_weeks: u32,
    pub past_weeks: u32,
    /// The false discovery rate that is put up with.
    pub q_max: f64,
}

/// What trends are of: an area's code and a category.
pub type Pair = (String, CategoryCode);

/// A first and a last day.
type Span = (Day, Day);

fn days_of((from, to): Span) -> u32 {
    from.0.abs_diff(to.0) + 1
}

/// Rising trends, with the windows that were compared.
#[derive(Clone, Debug)]
pub struct Trends {
    /// First and last day.
    pub recent: (Day, Day),
    /// `None` when the collection is too young to have a whole week before the recent window:
    /// then nothing was compared.
    pub past: Option<(Day, Day)>,
    /// How many pairs of area and category were compared.
    pub compared: usize,
    pub rising: Vec<Trend<Pair>>,
}

/// The fewest recent reports that are a trend.
pub const TREND_REPORTS_MIN: i64 = 5;

/// The recent window, which ends on `to`, and the past one before it: as many whole weeks as are
/// asked for and as there are since `first`, the day of the first report. Without this everything
/// would rise in the first weeks, against a past in which nothing could be reported.
fn trend_windows(question: TrendQuestion, first: Option<Day>, to: Day) -> (Span, Option<Span>) {
    let days = |weeks: u32| i32::try_from(weeks.saturating_mul(7)).unwrap_or(i32::MAX);
    let before = |day: Day, n: i32| Day(day.0.saturating_sub(n));
    let recent = (before(to, days(question.recent_weeks) - 1), to);
    let known = first.map_or(0, |first| recent.0.0.saturating_sub(first.0).max(0) / 7 * 7);
    let past_days = days(question.past_weeks).min(known);
    let past = (past_days > 0).then(|| (before(recent.0, past_days), before(recent.0, 1)));
    (recent, past)
}

/// Looks for categories that are reported more often of late, area by area, up to the last day of
/// `window` or of what is known; its first day does not matter.
///
/// # Errors
/// The store is not available.
pub async fn find_trends(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    question: TrendQuestion,
) -> Result<Trends, AppError> {
    let zone = &ctx.snapshot().zone;
    let first = ctx.store.find_first_report().await?.map(|at| at.day_in(zone));
    let to = window.to.min(window.as_of.day_in(zone));
    let (recent, past) = trend_windows(question, first, to);
    let Some(past) = past else {
        return Ok(Trends { recent, past: None, compared: 0, rising: Vec::new() });
    };
    let mut series = BTreeMap::<Pair, (i64, i64)>::new();
    for (is_recent, (from, to)) in [(true, recent), (false, past)] {
        let window = window.clone().between(from, to);
        let counts =
            sum_area_categories(ctx, scope, &window, question.level, Measure::Reported).await?;
        for (pair, n) in counts {
            let entry = series.entry(pair).or_default();
            *(if is_recent { &mut entry.0 } else { &mut entry.1 }) += n;
        }
    }
    let windows = Windows {
        recent_days: days_of(recent),
        past_days: days_of(past),
        recent_min: TREND_REPORTS_MIN,
    };
    let series = series.into_iter().map(|(key, (recent, past))| Series { key, recent, past });
    let trends = compare(series.collect(), windows);
    let compared = trends.len();
    Ok(Trends {
        recent,
        past: Some(past),
        compared,
        rising: rising(trends, windows, question.q_max),
    })
}

/// The departments' scores: the best first, then those without a score, each in order of code.
///
/// # Errors
/// No appraisal is in force, or the store is not available.
pub async fn appraise_departments(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<Vec<(DepartmentCode, Score)>, AppError> {
    let snapshot = ctx.snapshot();
    let Some((_, appraisal)) = &snapshot.appraisal else {
        return Err(AppError::NotFound(say(
            "尚未导入量化计分方案：hexward import appraisal FILE.csv",
            "No appraisal is in force yet: hexward import appraisal FILE.csv",
        )));
    };
    let sums = sum_departments(ctx, scope, window).await?;
    let mut scores: Vec<(DepartmentCode, Score)> = sums
        .into_iter()
        .map(|(code, sums)| (code, appraisal.score(|definition| sums.tally.rate(definition))))
        .collect();
    let points = |score: &Score| score.total.unwrap_or(-1.0);
    scores.sort_by(|a, b| points(&b.1).total_cmp(&points(&a.1)).then_with(|| a.0.cmp(&b.0)));
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_of_a_trend_begins_no_earlier_than_the_collection() {
        let question =
            TrendQuestion { level: Level::Street, recent_weeks: 4, past_weeks: 12, q_max: 0.05 };
        let to = Day(1_000);
        let past = |first: Option<i32>| trend_windows(question, first.map(Day), to).1;
        assert_eq!(trend_windows(question, None, to).0, (Day(973), Day(1_000)));
        assert_eq!(past(Some(0)), Some((Day(889), Day(972))), "twelve weeks");
        // Three weeks and five days are known before the recent window: three whole weeks.
        assert_eq!(past(Some(973 - 26)), Some((Day(952), Day(972))));
        assert_eq!(past(Some(973 - 7)), Some((Day(966), Day(972))));
        assert_eq!(past(Some(973 - 6)), None, "no whole week");
        assert_eq!(past(Some(990)), None);
        assert_eq!(past(None), None);
    }
}
