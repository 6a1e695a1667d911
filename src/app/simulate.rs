//! Replaying past issues against a draft of the matrix: reads them page by page, within bounds.

use super::assets::assets_near;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::route::facts_at;
use super::window::find_as_of;
use crate::domain::access::{Actor, Grant, Role, Scope};
use crate::domain::issue::record::Issue;
use crate::domain::routing::simulate::{Example, PastIssue, Simulation};
use crate::domain::routing::{Matrix, Place};
use crate::domain::territory::Position;
use crate::domain::time::{Day, Timestamp};
use crate::format::simulation::Replay;
use crate::store::query::{IssueFilter, PageQuery, Seek, Sort};

/// Issues that one replay reads at most.
pub const ISSUES_MAX: usize = 200_000;
/// The same for one request: some seconds of work.
pub const REQUEST_ISSUES_MAX: usize = 50_000;
/// The longest window of days.
pub const WINDOW_DAYS_MAX: i32 = 3_660;
const PAGE: usize = 500;

/// Which issues are replayed: those reported from `from` to `to`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Day,
    pub to: Day,
    pub issues_max: usize,
}

impl Window {
    /// # Errors
    /// The days are in the wrong order or too far apart.
    pub fn new(from: Day, to: Day, issues_max: usize) -> Result<Self, AppError> {
        if !(from.0..from.0.saturating_add(WINDOW_DAYS_MAX)).contains(&to.0) {
            let says = say(
                format!("起止日期须先后有序，且不超过 {WINDOW_DAYS_MAX} 天"),
                format!("The days must be in order and at most {WINDOW_DAYS_MAX} apart"),
            );
            return Err(AppError::field("from", says));
        }
        Ok(Self { from, to, issues_max })
    }

    /// The number of its days.
    pub fn days(&self) -> u32 {
        self.to.0.abs_diff(self.from.0) + 1
    }
}

/// What a replay found, and of how much.
#[derive(Clone, Debug)]
pub struct Simulated {
    pub simulation: Simulation,
    pub window: Window,
    /// Whether every issue of the window was replayed.
    pub complete: bool,
    /// The days of the window that were replayed and of which there is data: it may begin before
    /// the first report, end after the last day that is known, or be cut at the limit.
    pub days: u32,
    /// The day whose rules both matrices were asked for.
    pub valid_on: Day,
    /// Rules of the draft that are not valid on that day, and so had no say.
    pub rules_not_valid: usize,
    /// The instant that the issues are of.
    pub as_of: Timestamp,
    /// Issues whose category the catalog no longer has.
    pub skipped: u64,
    /// The version in force that the draft is compared with.
    pub in_force: i64,
}

impl Simulated {
    /// What a table of it says of itself. `version` is the name of what was replayed.
    pub fn about(&self, version: impl ToString) -> Replay {
        Replay {
            version: version.to_string(),
            in_force: self.in_force,
            from: self.window.from,
            to: self.window.to,
            days: self.days,
            valid_on: self.valid_on,
            complete: self.complete,
            skipped: self.skipped,
            as_of: self.as_of,
        }
    }
}

/// Who asks: the command line sees everything, an account what it may.
#[derive(Clone, Copy)]
pub enum Asker<'a> {
    Operator,
    Account(&'a Actor),
}

impl Asker<'_> {
    /// Issues that are counted. An administrator over everything sees the effect of a change on
    /// everything, and reads no issue for it: only counts by department leave this module, and
    /// examples are judged apart.
    fn counts(self) -> Scope {
        let over_all = |grant: &Grant| {
            let limited =
                grant.area.is_some() || grant.department.is_some() || grant.kinds.is_some();
            grant.role == Role::Admin && !limited
        };
        match self {
            Asker::Operator => Scope::everything(),
            Asker::Account(actor) if actor.grants().iter().any(over_all) => Scope::everything(),
            Asker::Account(actor) => Scope::of(actor),
        }
    }

    /// Issues that are named as examples.
    fn names(self) -> Scope {
        match self {
            Asker::Operator => Scope::everything(),
            Asker::Account(actor) => Scope::of(actor),
        }
    }
}

fn past_issue(snapshot: &Snapshot, issue: &Issue, named: bool) -> Option<PastIssue> {
    let category = snapshot.catalog.category(&issue.category)?;
    let condition = issue.condition.as_ref().and_then(|code| snapshot.catalog.condition(code));
    let (lon, lat) = issue.place.position;
    let position = Position::new(lon, lat).ok()?;
    let location = snapshot.territory.locate(position, None);
    let accuracy_m = issue.place.accuracy_m;
    let facts = facts_at(
        snapshot,
        location.chain().map(Place::from).collect(),
        (position, accuracy_m),
        (category, condition),
        issue.severity,
        issue.times.reported,
    )?;
    debug_assert_eq!(facts.assets, assets_near(snapshot, position, accuracy_m));
    let example = || Example { id: issue.id.to_string(), number: issue.number.clone() };
    Some(PastIssue { facts, handled_by: issue.lead.clone(), example: named.then(example) })
}

/// The days of a window of which there is data, up to `last`.
fn days_covered(window: Window, first: Option<Day>, last: Day) -> u32 {
    let from = first.map_or(window.from, |first| first.max(window.from));
    let to = last.min(window.to);
    if first.is_none() || to < from { 0 } else { Window { from, to, ..window }.days() }
}

/// Replays the issues of a window against `draft` and the matrix in force, both with the rules that
/// they have on `valid_on`. `tell` hears how many were read.
///
/// # Errors
/// The store is not available.
pub async fn simulate_matrix(
    ctx: &Ctx,
    asker: Asker<'_>,
    draft: &Matrix,
    (window, valid_on): (Window, Day),
    mut tell: impl FnMut(u64) + Send,
) -> Result<Simulated, AppError> {
    let snapshot = ctx.snapshot();
    let (counts, names) = (asker.counts(), asker.names());
    let next_day = Day(window.to.0.saturating_add(1));
    let mut query = PageQuery {
        filter: IssueFilter {
            reported_from: Some(window.from.start_in(&snapshot.zone)),
            reported_before: Some(next_day.start_in(&snapshot.zone)),
            ..IssueFilter::default()
        },
        sort: Sort::OldestFirst,
        after: None,
        limit: PAGE.min(window.issues_max.max(1)),
    };
    let (mut read, mut skipped) = (0_usize, 0);
    let mut simulation = Simulation::default();
    let as_of = find_as_of(ctx).await?;
    let first = ctx.store.find_first_report().await?.map(|at| at.day_in(&snapshot.zone));
    let mut last = as_of.day_in(&snapshot.zone);
    let complete = loop {
        let page = ctx.store.list_issues(&query, &counts).await?;
        read += page.items.len();
        for issue in &page.items {
            match past_issue(&snapshot, issue, names.allows(&issue.subject())) {
                Some(past) => simulation.replay(&snapshot.matrix, draft, valid_on, past),
                None => skipped += 1,
            }
        }
        tell(read as u64);
        let Some(end) = page.items.last().filter(|_| page.more) else { break true };
        if read >= window.issues_max {
            last = end.times.reported.day_in(&snapshot.zone);
            break false;
        }
        query.after = Some(Seek { reported: end.times.reported, id: end.id });
        query.limit = PAGE.min(window.issues_max - read);
        // Deciding some hundred issues takes a moment; others are let in between.
        tokio::task::yield_now().await;
    };
    Ok(Simulated {
        simulation,
        window,
        complete,
        days: days_covered(window, first, last),
        valid_on,
        rules_not_valid: draft.rules().iter().filter(|r| !r.validity.contains(valid_on)).count(),
        as_of,
        skipped,
        in_force: snapshot.matrix_version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_data_are_no_days_of_a_pace() {
        let window = Window::new(Day(100), Day(189), 10).unwrap();
        let days = |first, last| days_covered(window, first, Day(last));
        assert_eq!(days(Some(Day(50)), 300), 90, "the whole window");
        assert_eq!(days(Some(Day(160)), 300), 30, "the collection began within it");
        assert_eq!(days(Some(Day(160)), 169), 10, "and is known up to a day within it");
        assert_eq!(days(Some(Day(200)), 300), 0);
        assert_eq!(days(None, 300), 0);
    }
}
