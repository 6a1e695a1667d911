//! Metrics: sums of counters per area, cell, day and kind, and the issues behind a number.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use crate::domain::access::{Actor, AreaPath, Scope};
use crate::domain::cell::parent_cell;
use crate::domain::id::{AreaCode, CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::{Deltas, Measure, add_contribution};
use crate::domain::metrics::definition::{
    Definition, RATES, Tally, age_quantile_days, find_figure,
};
use crate::domain::territory::area::Area;
use crate::domain::territory::level::Level;
use crate::domain::time::{DAY_MS, Day, Timestamp};
use crate::store::query::{Counted, Group, GroupBy, IssueFilter, RollupFilter};
use std::collections::BTreeMap;

/// The longest window, in days.
pub const WINDOW_DAYS_MAX: i32 = 3_700;
/// The window when none is asked for, in days.
pub const WINDOW_DAYS: i32 = 30;

/// Which part of the counters is asked for.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub from: Option<Day>,
    /// Inclusive.
    pub to: Option<Day>,
    pub area: Option<String>,
    pub kind: Option<Kind>,
    pub category: Option<CategoryCode>,
    pub department: Option<DepartmentCode>,
}

/// A window with its ends known.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub from: Day,
    pub to: Day,
    pub area: Option<AreaPath>,
    filter: RollupFilter,
}

impl Resolved {
    /// The same window over these cells alone: intervals of indexes at the resolution of counters.
    #[must_use]
    pub fn within_cells(mut self, intervals: Option<Vec<(u64, u64)>>) -> Self {
        self.filter.bounds_cells = intervals;
        self
    }
}

/// The sums of one area or cell: counters of the window, and what is open now.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Its `Open` counts all that is open, whenever it was reported.
    pub tally: Tally,
    /// Open issues by age in days.
    pub open_ages: BTreeMap<i64, i64>,
}

impl Sums {
    /// The number of reports behind the rates.
    pub fn n(&self) -> i64 {
        self.tally.get(Measure::Reported)
    }

    /// The age in milliseconds that the share `q` of what is open has not passed.
    pub fn backlog_age_ms(&self, q: f64) -> Option<i64> {
        age_quantile_days(&self.open_ages, q).map(|days| days * DAY_MS)
    }
}

/// Completes a window: its ends, and its area's place in the tree.
///
/// # Errors
/// The area is not known, or the window ends before it begins or is too long.
pub fn resolve(snapshot: &Snapshot, window: &Window, now: Timestamp) -> Result<Resolved, AppError> {
    let today = now.day_in(&snapshot.zone);
    let to = window.to.unwrap_or(today);
    let from = window.from.unwrap_or(Day(to.0.saturating_sub(WINDOW_DAYS - 1)));
    if from > to || to.0.saturating_sub(from.0) > WINDOW_DAYS_MAX {
        return Err(AppError::field(
            "from",
            say(
                format!("起止日期无效，时间范围至多 {WINDOW_DAYS_MAX} 天"),
                format!(
                    "The window must not end before it begins, nor span over {WINDOW_DAYS_MAX} days"
                ),
            ),
        ));
    }
    let area = match &window.area {
        None => None,
        Some(code) => Some(find_area_path(snapshot, code)?),
    };
    let filter = RollupFilter {
        from: Some(from),
        to: Some(to),
        area: area.clone(),
        bounds_cells: None,
        kind: window.kind,
        category: window.category.clone(),
        department: window.department.clone(),
    };
    Ok(Resolved { from, to, area, filter })
}

/// Where an area lies in the tree.
///
/// # Errors
/// The area is not known.
pub fn find_area_path(snapshot: &Snapshot, code: &str) -> Result<AreaPath, AppError> {
    AreaCode::parse(code).ok().and_then(|code| snapshot.path_of(&code)).ok_or_else(|| {
        AppError::field(
            "area",
            say(format!("没有区域 {code:?}"), format!("There is no area {code:?}")),
        )
    })
}

/// What the counters let an actor see: what the grants read, and nothing for having reported.
///
/// # Errors
/// `Forbidden` when no grant reads issues.
pub fn metrics_scope(actor: &Actor) -> Result<Scope, AppError> {
    let mut scope = Scope::of(actor);
    scope.clauses.retain(|clause| !clause.is_personal());
    if scope.clauses.is_empty() {
        return Err(AppError::Forbidden(say(
            "您没有查看统计的权限",
            "None of your roles may see metrics",
        )));
    }
    Ok(scope)
}

/// The whole window in one sum.
///
/// # Errors
/// The store is not available.
pub async fn sum_window(ctx: &Ctx, scope: &Scope, window: &Resolved) -> Result<Sums, AppError> {
    let mut sums = sum_by(ctx, scope, window, GroupBy::Nothing, |_| Some(())).await?;
    Ok(sums.remove(&()).unwrap_or_default())
}

/// The window day by day; days on which nothing happened are left out. Nothing is open in a day:
/// what is open is so now.
///
/// # Errors
/// The store is not available.
pub async fn sum_days(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<BTreeMap<Day, Tally>, AppError> {
    let mut sums = BTreeMap::<Day, Tally>::new();
    for row in ctx.store.sum_rollups(&window.filter, GroupBy::Day, scope).await? {
        if let (Group::Day(day), false) = (&row.group, row.measure == Measure::Open) {
            sums.entry(*day).or_default().add(row.measure, row.n);
        }
    }
    Ok(sums)
}

/// The window by kind.
///
/// # Errors
/// The store is not available.
pub async fn sum_kinds(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<BTreeMap<Kind, Sums>, AppError> {
    let key_of = |group: &Group| match group {
        Group::Kind(kind) => Some(*kind),
        _ => None,
    };
    sum_by(ctx, scope, window, GroupBy::Kind, key_of).await
}

/// The issues reported in the window, by the state that they are in now.
///
/// # Errors
/// The store is not available.
pub async fn count_states(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<BTreeMap<State, i64>, AppError> {
    let snapshot = ctx.snapshot();
    let filter = IssueFilter {
        kind: window.filter.kind,
        category: window.filter.category.clone(),
        department: window.filter.department.clone(),
        area: window.area.clone(),
        counted: Some(counted_by(&snapshot, "reported", Some(window.from), Some(window.to))?),
        ..IssueFilter::default()
    };
    Ok(ctx.store.count_states(&filter, scope).await?.into_iter().collect())
}

/// The window by area of one level: code to sums. Areas with nothing in them are left out, and so
/// is what happened in an area while it was part of another one: it is no part of its tree now.
///
/// # Errors
/// The store is not available.
pub async fn sum_areas(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    level: Level,
) -> Result<BTreeMap<String, Sums>, AppError> {
    let snapshot = ctx.snapshot();
    let key_of = |group: &Group| match group {
        Group::Path(path) => {
            let path = AreaPath::from_stored(path.clone());
            let area = path
                .codes()
                .filter_map(|code| snapshot.area(code))
                .find(|area| area.level == level)?;
            let now = snapshot.path_of(&area.code)?;
            path.is_within(&now).then(|| area.code.to_string())
        }
        _ => None,
    };
    sum_by(ctx, scope, window, GroupBy::Path, key_of).await
}

/// The areas of one level that the scope reaches, below `root` where one is named.
pub fn list_areas_in_scope<'a>(
    snapshot: &'a Snapshot,
    scope: &Scope,
    level: Level,
    root: Option<&AreaPath>,
) -> Vec<&'a Area> {
    let reaches = |path: &AreaPath| {
        scope.clauses.iter().any(|clause| match &clause.area {
            None => true,
            Some(own) => path.is_within(own) || own.is_within(path),
        })
    };
    let of_level = snapshot.territory.areas().filter(|area| area.level == level);
    of_level
        .filter(|area| {
            snapshot
                .path_of(&area.code)
                .is_some_and(|path| reaches(&path) && root.is_none_or(|root| path.is_within(root)))
        })
        .collect()
}

/// The window by H3 cell at `resolution` (5 to 10). Silent cells are left out: nothing is known of
/// them.
///
/// # Errors
/// The store is not available.
pub async fn sum_cells(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    resolution: h3o::Resolution,
) -> Result<BTreeMap<u64, Sums>, AppError> {
    let key_of = |group: &Group| match group {
        Group::Cell(cell) => Some(parent_cell(*cell, resolution)),
        _ => None,
    };
    sum_by(ctx, scope, window, GroupBy::Cell, key_of).await
}

async fn sum_by<K: Ord>(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    group: GroupBy,
    key_of: impl Fn(&Group) -> Option<K>,
) -> Result<BTreeMap<K, Sums>, AppError> {
    let mut sums = BTreeMap::<K, Sums>::new();
    for row in ctx.store.sum_rollups(&window.filter, group, scope).await? {
        // What is open counts whenever it was reported, so it is asked for by itself.
        if let (Some(key), false) = (key_of(&row.group), row.measure == Measure::Open) {
            sums.entry(key).or_default().tally.add(row.measure, row.n);
        }
    }
    let always = RollupFilter { from: None, to: None, ..window.filter.clone() };
    let today = ctx.now().day_in(&ctx.snapshot().zone);
    for row in ctx.store.sum_open(&always, group, scope).await? {
        if let Some(key) = key_of(&row.group) {
            let sums = sums.entry(key).or_default();
            sums.tally.add(Measure::Open, row.n);
            let age = i64::from(today.0) - i64::from(row.reported.0);
            *sums.open_ages.entry(age.max(0)).or_insert(0) += row.n;
        }
    }
    Ok(sums)
}

/// The issues that one side of a published number counts: `closing_rate.numerator`, or a figure
/// such as `reported`. `open` is what is open now: the window does not matter to it.
///
/// # Errors
/// There is no such number.
pub fn counted_by(
    snapshot: &Snapshot,
    name: &str,
    from: Option<Day>,
    to: Option<Day>,
) -> Result<Counted, AppError> {
    let (measure, except) = find_measure(name).ok_or_else(|| {
        AppError::field(
            "measure",
            say(format!("没有指标 {name:?}"), format!("There is no number {name:?}")),
        )
    })?;
    if measure == Measure::Open {
        return Ok(Counted { measure, except, from: None, before: None });
    }
    Ok(Counted {
        measure,
        except,
        from: from.map(|day| day.start_in(&snapshot.zone)),
        before: to.map(|day| Day(day.0.saturating_add(1)).start_in(&snapshot.zone)),
    })
}

fn find_measure(name: &str) -> Option<(Measure, Vec<Measure>)> {
    let Some((id, side)) = name.split_once('.') else {
        let figure = find_figure(name).map(|figure| figure.measure);
        return figure.or_else(|| Measure::parse(name)).map(|measure| (measure, Vec::new()));
    };
    let definition: &Definition = RATES.iter().find(|definition| definition.id == id)?;
    match side {
        "numerator" => {
            definition.numerator.first().map(|measure| (*measure, definition.less.to_vec()))
        }
        "denominator" => Some((definition.denominator, Vec::new())),
        _ => None,
    }
}

/// How many counters differ from what the issues add up to, with the first few of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verification {
    pub issues: i64,
    pub counters: usize,
    pub differing: usize,
    /// Readable lines: the counter, what is kept, what should be.
    pub examples: Vec<String>,
}

const EXAMPLES_MAX: usize = 20;
const SCAN_ISSUES: usize = 5_000;

/// Compares the kept counters with the sum over all issues.
///
/// # Errors
/// The store is not available.
pub async fn verify_metrics(ctx: &Ctx) -> Result<Verification, AppError> {
    let zone = &ctx.snapshot().zone;
    let kept = ctx.store.load_rollups().await?;
    let mut truth = Deltas::new();
    let mut verification = Verification::default();
    let mut after = None;
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            add_contribution(&mut truth, issue, zone, 1);
            after = Some(issue.id);
        }
        verification.issues += i64::try_from(issues.len()).unwrap_or(i64::MAX);
        if issues.len() < SCAN_ISSUES {
            break;
        }
    }
    verification.counters = truth.len();
    let keys: std::collections::BTreeSet<_> = kept.keys().chain(truth.keys()).collect();
    for key in keys {
        let (has, should) = (kept.get(key).copied(), truth.get(key).copied());
        if has.unwrap_or(0) != should.unwrap_or(0) {
            verification.differing += 1;
            if verification.examples.len() < EXAMPLES_MAX {
                verification.examples.push(format!(
                    "{} {} {} {}: kept {}, should be {}",
                    key.day,
                    key.bin.path,
                    key.bin.category,
                    key.measure,
                    has.unwrap_or(0),
                    should.unwrap_or(0)
                ));
            }
        }
    }
    Ok(verification)
}

/// Builds all counters anew from the issues; returns how many issues there are.
///
/// # Errors
/// The store is not available.
pub async fn rebuild_metrics(ctx: &Ctx) -> Result<i64, AppError> {
    Ok(ctx.store.replace_rollups(ctx.instance().time_zone).await?)
}
