//! Metrics: sums of counters per area, cell, day and kind, and the issues behind a number.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::flat::Wanted;
use super::window::Resolved;
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::state::State;
use crate::domain::metrics::age::Ages;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{Definition, Rate, Tally};
use crate::domain::metrics::figure::find_figure;
use crate::domain::metrics::smooth::Prior;
use crate::domain::territory::area::Area;
use crate::domain::territory::level::Level;
use crate::domain::time::{DAY_MS, Day, Timestamp};
use crate::store::query::{AsOf, Counted, Group, GroupBy, IssueFilter, RollupSum, Standing};
use h3o::Resolution;
use std::collections::BTreeMap;

/// The sums of one area or cell: counters of the window, and what is open now.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Its `Open` counts all that is open, whenever it was reported.
    pub tally: Tally,
    /// Open issues by age in days.
    pub open_ages: Ages,
    /// Of them, those beyond their limit by days since.
    pub overdue_ages: Ages,
}

impl Sums {
    /// The number of reports behind the rates.
    pub fn n(&self) -> i64 {
        self.tally.get(Measure::Reported)
    }

    /// Whether nothing at all is known of it: it is unknown then, and that is not good. Where
    /// something is, each rate is known or not by its own denominator.
    pub fn is_silent(&self) -> bool {
        self.tally.is_silent()
    }

    /// Adds all that other sums have.
    pub fn absorb(&mut self, other: Sums) {
        self.tally.absorb(&other.tally);
        self.open_ages.absorb(&other.open_ages);
        self.overdue_ages.absorb(&other.overdue_ages);
    }

    /// For how long the oldest is beyond its limit, in milliseconds; `None` when none is.
    pub fn overdue_oldest_ms(&self) -> Option<i64> {
        self.overdue_ages.oldest_days().map(|days| days * DAY_MS)
    }

    /// The age in milliseconds that the share `q` of what is open has not passed.
    pub fn backlog_age_ms(&self, q: f64) -> Option<i64> {
        self.open_ages.quantile_days(q).map(|days| days * DAY_MS)
    }
}

/// The whole window in one sum.
///
/// # Errors
/// The store is not available.
pub async fn sum_window(ctx: &Ctx, scope: &Scope, window: &Resolved) -> Result<Sums, AppError> {
    let mut sums = sum_by(ctx, scope, window, GroupBy::Nothing, |_| Some(())).await?;
    Ok(sums.remove(&()).unwrap_or_default())
}

/// A window in numbers, from one reading.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub whole: Sums,
    pub kinds: BTreeMap<Kind, Sums>,
    /// Days on which something happened. Nothing is open in a day: what is open is so now.
    pub days: BTreeMap<Day, Tally>,
    /// The issues reported in the window, by the state that they are in.
    pub states: BTreeMap<State, i64>,
}

/// The window as a whole, by kind, by day and by state.
///
/// # Errors
/// The store is not available.
pub async fn summarize(ctx: &Ctx, scope: &Scope, window: &Resolved) -> Result<Summary, AppError> {
    let groups = [GroupBy::Nothing, GroupBy::Kind, GroupBy::Day];
    let standing = stand(ctx, scope, window, &groups, true).await?;
    let whole = gather(ctx, window, &standing, 0, |_| Some(())).remove(&()).unwrap_or_default();
    let kinds = gather(ctx, window, &standing, 1, |group| match group {
        Group::Kind(kind) => Some(*kind),
        _ => None,
    });
    let mut days = BTreeMap::<Day, Tally>::new();
    for row in standing.groups.get(2).map_or(&[][..], |(sums, _)| sums) {
        if let Group::Day(day) = &row.group {
            days.entry(*day).or_default().add(row.measure, row.n);
        }
    }
    let states = standing.states.into_iter().collect();
    Ok(Summary { whole, kinds, days, states })
}

/// The window by lead department; what has none yet is left out.
///
/// # Errors
/// The store is not available.
pub async fn sum_departments(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<BTreeMap<DepartmentCode, Sums>, AppError> {
    let key_of = |group: &Group| match group {
        Group::Department(code) => code.clone(),
        _ => None,
    };
    sum_by(ctx, scope, window, GroupBy::Department, key_of).await
}

/// What one measure counts in the window by area of one level and category, where there is any.
///
/// # Errors
/// The store is not available.
pub async fn sum_area_categories(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    level: Level,
    measure: Measure,
) -> Result<BTreeMap<(String, CategoryCode), i64>, AppError> {
    let snapshot = ctx.snapshot();
    let key_of = |group: &Group| match group {
        Group::PathCategory(path, category) => {
            Some((area_at(&snapshot, path, level)?, category.clone()))
        }
        _ => None,
    };
    let window = window.clone().only(vec![measure]);
    let sums = sum_by(ctx, scope, &window, GroupBy::PathCategory, key_of).await?;
    let counts = sums.into_iter().map(|(key, sums)| (key, sums.tally.get(measure)));
    Ok(counts.filter(|(_, n)| *n != 0).collect())
}

/// The area of one level that a path leads through, if the path is still that of its tree.
pub(super) fn area_at(snapshot: &Snapshot, path: &str, level: Level) -> Option<String> {
    let path = AreaPath::from_stored(path.to_owned());
    let area = snapshot.area_at(&path, level)?;
    let now = snapshot.path_of(&area.code)?;
    path.is_within(&now).then(|| area.code.to_string())
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
        Group::Path(path) => area_at(&snapshot, path, level),
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
        Group::Cell(cell) => Some(*cell),
        _ => None,
    };
    sum_by(ctx, scope, window, GroupBy::CellAt(resolution), key_of).await
}

/// The rates of those who share a parent, each with what they have in common; by parent and rate.
pub type Priors<P> = BTreeMap<(P, &'static str), Prior>;

/// Hexagons are drawn toward those that share the hexagon two levels up: forty-nine at most, the
/// same ones whatever part of the map is looked at.
pub fn family_of(resolution: Resolution) -> Resolution {
    resolution.pred().and_then(Resolution::pred).unwrap_or(resolution)
}

/// Fits a prior for every parent and rate that is asked for. `parent_of` says whose child a key is.
pub fn fit_priors<K, P: Ord + Clone>(
    snapshot: &Snapshot,
    sums: &BTreeMap<K, Sums>,
    wanted: &Wanted,
    parent_of: impl Fn(&K) -> P,
) -> Priors<P> {
    let mut families = BTreeMap::<P, Vec<&Sums>>::new();
    for (key, sums) in sums {
        families.entry(parent_of(key)).or_default().push(sums);
    }
    let mut priors = Priors::new();
    for (parent, children) in families {
        for definition in snapshot.rates.all().filter(|own| wanted.has(own.metric)) {
            let rates: Vec<Rate> =
                children.iter().map(|sums| sums.tally.rate(definition)).collect();
            let prior = Prior::of(rates);
            priors.extend(prior.map(|prior| ((parent.clone(), definition.metric), prior)));
        }
    }
    priors
}

async fn sum_by<K: Ord>(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    group: GroupBy,
    key_of: impl Fn(&Group) -> Option<K>,
) -> Result<BTreeMap<K, Sums>, AppError> {
    let standing = stand(ctx, scope, window, &[group], false).await?;
    Ok(gather(ctx, window, &standing, 0, key_of))
}

/// The sums of one grouping, by what `key_of` makes of its groups.
pub(super) fn gather<K: Ord>(
    ctx: &Ctx,
    window: &Resolved,
    standing: &Standing,
    at: usize,
    key_of: impl Fn(&Group) -> Option<K>,
) -> BTreeMap<K, Sums> {
    let mut sums = BTreeMap::<K, Sums>::new();
    let Some((counts, open)) = standing.groups.get(at) else { return sums };
    // What is counted of one group comes together.
    for rows in counts.chunk_by(|one, next| one.group == next.group) {
        if let Some(key) = key_of(&rows[0].group) {
            let tally = &mut sums.entry(key).or_default().tally;
            rows.iter().for_each(|row| tally.add(row.measure, row.n));
        }
    }
    let today = window.as_of.day_in(&ctx.snapshot().zone);
    let days_since = |day: Day| (i64::from(today.0) - i64::from(day.0)).max(0);
    let overdue = standing.overdue.get(at).map_or(&[][..], Vec::as_slice);
    for (rows, measure) in [(open.as_slice(), Measure::Open), (overdue, Measure::OpenOverdue)] {
        for row in rows {
            let Some(key) = key_of(&row.group) else { continue };
            let sums = sums.entry(key).or_default();
            sums.tally.add(measure, row.n());
            let ages = match measure {
                Measure::Open => &mut sums.open_ages,
                _ => &mut sums.overdue_ages,
            };
            // The latest day is the youngest age.
            row.days.iter().rev().for_each(|(day, n)| ages.add(days_since(*day), *n));
        }
    }
    sums
}

/// The counters of a window as they stand, or as they stood.
pub(super) async fn stand(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    groups: &[GroupBy],
    with_states: bool,
) -> Result<Standing, AppError> {
    let snapshot = ctx.snapshot();
    if window.past {
        let question = AsOf {
            at: window.as_of,
            zone: snapshot.zone.clone(),
            filter: window.filter.clone(),
            groups: groups.to_vec(),
            way: window.way,
        };
        return Ok(ctx.store.sum_as_of(&question, scope).await?);
    }
    let mut standing = Standing::default();
    // What is open counts whenever it was reported, so it is asked for by itself.
    let always = window.filter.always();
    for group in groups {
        let sums = ctx.store.sum_rollups(&window.filter, *group, scope).await?;
        let open = match window.filter.wants(Measure::Open) {
            true => ctx.store.sum_open(&always, *group, scope).await?,
            false => Vec::new(),
        };
        let by = (window.as_of, &snapshot.zone);
        let overdue = match window.filter.wants(Measure::OpenOverdue) {
            true => ctx.store.sum_overdue(&always, *group, scope, by).await?,
            false => Vec::new(),
        };
        standing.groups.push((sums, open));
        standing.overdue.push(overdue);
    }
    if with_states {
        let filter = IssueFilter {
            // What has ended is known from the counters.
            open: Some(true),
            kind: window.filter.kind,
            category: window.filter.category.clone(),
            department: window.filter.department.clone(),
            area: window.area.clone(),
            counted: Some(counted_by(&snapshot, "reported", window.days(), window.as_of)?),
            ..IssueFilter::default()
        };
        let open = ctx.store.count_states(&filter, scope).await?;
        standing.states = with_ended(open, standing.groups.first().map_or(&[], |(sums, _)| sums));
    }
    Ok(standing)
}

/// Adds what has ended to what is open of the issues that were reported in a window. Counters know
/// of each day how many were reported, rejected and merged; the rest is closed.
fn with_ended(open: Vec<(State, i64)>, sums: &[RollupSum]) -> Vec<(State, i64)> {
    let sum = |measure| -> i64 {
        sums.iter().filter(|row| row.measure == measure).map(|row| row.n).sum()
    };
    let (rejected, merged) = (sum(Measure::Rejected), sum(Measure::Merged));
    let still: i64 = open.iter().map(|(_, n)| n).sum();
    let closed = sum(Measure::Reported) - rejected - merged - still;
    let ended = [(State::Closed, closed), (State::Rejected, rejected), (State::Merged, merged)];
    open.into_iter().chain(ended).filter(|(_, n)| *n > 0).collect()
}

/// The issues that one side of a published number counts as of an instant:
/// `closing_rate.numerator`, or a figure such as `reported`. `open` is what is open now: the window
/// does not matter to it, nor to `overdue`. Other windows end with the day of the instant: what is
/// due later is not due.
///
/// # Errors
/// There is no such number.
pub fn counted_by(
    snapshot: &Snapshot,
    name: &str,
    (from, to): (Option<Day>, Option<Day>),
    as_of: Timestamp,
) -> Result<Counted, AppError> {
    let (measure, except) = find_measure(snapshot, name).ok_or_else(|| {
        AppError::field(
            "measure",
            say(format!("没有指标 {name:?}"), format!("There is no number {name:?}")),
        )
    })?;
    let today = as_of.day_in(&snapshot.zone);
    let last = to.map_or(today, |to| to.min(today));
    let (from, before) = match measure {
        Measure::Open => (None, None),
        Measure::OpenOverdue => (None, Some(Timestamp(as_of.0.saturating_add(1)))),
        _ => (
            from.map(|day| day.start_in(&snapshot.zone)),
            Some(Day(last.0.saturating_add(1)).start_in(&snapshot.zone)),
        ),
    };
    Ok(Counted { measure, except, from, before })
}

fn find_measure(snapshot: &Snapshot, name: &str) -> Option<(Measure, Vec<Measure>)> {
    let Some((id, side)) = name.split_once('.') else {
        let figure = find_figure(name).map(|figure| figure.measure);
        return figure.or_else(|| Measure::parse(name)).map(|measure| (measure, Vec::new()));
    };
    let definition: &Definition = snapshot.rates.find(id)?;
    match side {
        "numerator" => {
            definition.numerator.first().map(|measure| (*measure, definition.less.to_vec()))
        }
        "denominator" => Some((definition.denominator, definition.denominator_less.to_vec())),
        _ => None,
    }
}
