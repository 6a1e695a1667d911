//! What is asked of the counters: which days, where, of what, as of when, and within which scope.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use crate::domain::access::{Actor, AreaPath, Scope};
use crate::domain::cell::COARSE_RESOLUTION;
use crate::domain::id::{AreaCode, CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::Measure;
use crate::domain::time::{Day, Timestamp};
use crate::store::query::{RollupFilter, Way};
use h3o::Resolution;

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
    /// As the numbers stood then; as they stand when absent.
    pub as_of: Option<Moment>,
}

/// When numbers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The end of a day of the district.
    Day(Day),
    Instant(Timestamp),
}

impl Moment {
    /// Reads a date or an instant (RFC 3339).
    pub fn parse(text: &str) -> Option<Self> {
        let day = Day::parse(text).filter(|_| text.len() == 10).map(Moment::Day);
        day.or_else(|| Timestamp::parse(text).map(Moment::Instant))
    }
}

/// A window with its ends known.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub from: Day,
    pub to: Day,
    pub area: Option<AreaPath>,
    /// The instant that the numbers are of.
    pub as_of: Timestamp,
    /// Whether they are asked for as they stood, and not as they stand.
    pub(super) past: bool,
    pub(super) way: Way,
    pub(super) filter: RollupFilter,
}

impl Resolved {
    /// Its first and last day.
    pub fn days(&self) -> (Option<Day>, Option<Day>) {
        (self.filter.from, self.filter.to)
    }

    /// The same question by a way of one's own choice.
    #[must_use]
    pub fn by_way(mut self, way: Way) -> Self {
        self.way = way;
        self
    }

    /// The same question about other days.
    #[must_use]
    pub fn between(mut self, from: Day, to: Day) -> Self {
        (self.from, self.to) = (from, to);
        (self.filter.from, self.filter.to) = (Some(from), Some(to));
        self
    }

    /// The same question about some measures alone; about any when there are none.
    #[must_use]
    pub fn only(mut self, measures: Vec<Measure>) -> Self {
        self.filter.measures = measures;
        self
    }

    /// The same window over these cells alone: intervals of indexes at the resolution of counters.
    #[must_use]
    pub fn within_cells(mut self, intervals: Option<Vec<(u64, u64)>>) -> Self {
        self.filter.bounds_cells = intervals;
        self
    }
}

/// The instant that the counters are of: now or, of a collection that is not continued, the end of
/// its last day, unless something has happened since all the same.
///
/// # Errors
/// The store is not available.
pub async fn find_as_of(ctx: &Ctx) -> Result<Timestamp, AppError> {
    let (now, snapshot) = (ctx.now(), ctx.snapshot());
    let end = snapshot.instance.as_of(now, &snapshot.zone);
    if end >= now {
        return Ok(now);
    }
    let last = ctx.store.find_last_event().await?;
    Ok(if last.is_some_and(|last| last > end) { now } else { end })
}

/// The instant that is asked for, at most `now`.
fn instant_of(
    snapshot: &Snapshot,
    moment: Option<Moment>,
    now: Timestamp,
) -> Result<Timestamp, AppError> {
    let begins = |day: Day| day.start_in(&snapshot.zone);
    let (begin, end) = match moment {
        None => return Ok(now),
        Some(Moment::Instant(at)) => (at, at),
        Some(Moment::Day(day)) => {
            (begins(day), Timestamp(begins(Day(day.0.saturating_add(1))).0 - 1))
        }
    };
    if begin > now {
        return Err(AppError::field(
            "as_of",
            say(
                format!("数据截至 {}，请给出此前的日期或时刻", now.to_rfc3339()),
                format!(
                    "The data reaches to {}: name an earlier date or instant",
                    now.to_rfc3339()
                ),
            ),
        ));
    }
    Ok(end.min(now))
}

/// Completes a window: its ends, and its area's place in the tree. `now` is what [`find_as_of`]
/// gives. Nothing after the day that the numbers are of is counted: a limit on a day to come is not
/// due.
///
/// # Errors
/// The area is not known, the window ends before it begins or is too long, or it is asked how the
/// numbers stood at a time to come.
pub fn resolve(snapshot: &Snapshot, window: &Window, now: Timestamp) -> Result<Resolved, AppError> {
    let as_of = instant_of(snapshot, window.as_of, now)?;
    let today = as_of.day_in(&snapshot.zone);
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
        to: Some(to.min(today)),
        area: area.clone(),
        bounds_cells: None,
        kind: window.kind,
        category: window.category.clone(),
        department: window.department.clone(),
        measures: Vec::new(),
    };
    let (past, way) = (window.as_of.is_some(), Way::default());
    Ok(Resolved { from, to, area, as_of, past, way, filter })
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
    scope.clauses.retain(|clause| !clause.is_personal() && clause.nature.is_none());
    if scope.clauses.is_empty() {
        return Err(AppError::Forbidden(say(
            "您没有查看统计的权限",
            "None of your roles may see metrics",
        )));
    }
    Ok(scope)
}

/// What the counters of hexagons let an actor see. Of disputes that he may not read he learns the
/// place no finer than it is shown elsewhere, so finer hexagons count them for others alone.
///
/// # Errors
/// As for [`metrics_scope`].
pub fn metrics_scope_at(actor: &Actor, resolution: Resolution) -> Result<Scope, AppError> {
    let all = metrics_scope(actor)?;
    if resolution <= COARSE_RESOLUTION {
        return Ok(all);
    }
    let mut scope = Scope::of_words(actor);
    scope.clauses.retain(|clause| !clause.is_personal() && clause.nature.is_none());
    Ok(scope)
}

/// The scope without disputes: these are on no public map (DOMAIN.md §3).
pub fn without_disputes(mut scope: Scope) -> Scope {
    for clause in &mut scope.clauses {
        let kinds = clause.kinds.as_deref().unwrap_or(&Kind::ALL);
        clause.kinds = Some(kinds.iter().copied().filter(|k| *k != Kind::Dispute).collect());
    }
    scope
}
