//! Pages of a list of issues, and by which way they are found.

use super::filter::{Over, part_of, push_area_of, push_clause, push_issue_filter, push_scope};
use super::place::{Way, push_scope_and_place};
use super::{Engine, Query, dialect};
use crate::domain::access::{AreaPath, Clause, Scope};
use crate::domain::metrics::contribution::Measure;
use crate::store::care::CareFilter;
use crate::store::query::{Counted, GroupBy, IssueFilter, PageQuery, RollupFilter, Sort};
use jiff::tz::TimeZone;

/// How the issues of an area are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// As the engine thinks best: mostly all of the area, put in order afterwards.
    Area,
    /// In the order of the list, until enough were met that lie in the area.
    List(&'static str),
}

/// A page of issues and one more, as far as the scope reaches.
pub fn page_of(columns: &str, page: &PageQuery, scope: &Scope, walk: Walk) -> Query {
    let mut query = Query::new(format!("SELECT {columns} FROM issue WHERE "));
    let way = Way::of_list(&page.filter);
    push_scope_and_place(&mut query, scope, &page.filter, way);
    match (&page.filter.area, walk) {
        (Some(area), Walk::List(without_index)) => {
            push_area_of(&mut query, &format!("{without_index}path"), area);
            push_issue_filter(&mut query, &IssueFilter { area: None, ..page.filter.clone() });
        }
        _ => push_issue_filter(&mut query, &page.filter),
    }
    let (key, compare, order) = match page.sort {
        Sort::NewestFirst => ("reported_at", "<", "DESC"),
        Sort::OldestFirst => ("reported_at", ">", "ASC"),
        // The expression of the index.
        Sort::DueFirst => ("COALESCE(due_at, 9223372036854775807)", ">", "ASC"),
    };
    if let Some(after) = &page.after {
        query.push(format!(" AND ({key}, id) {compare} ("));
        query.push_bind(after.reported.0).push(", ");
        query.push_bind(after.id.to_string()).push(")");
    }
    // What is found by its place is put in order afterwards, not looked for in it.
    let plus = if way == Way::Place { "+" } else { "" };
    query.push(format!(" ORDER BY {plus}{key} {order}, id {order} LIMIT "));
    query.push_bind(i64::try_from(page.limit.saturating_add(1)).unwrap_or(i64::MAX));
    query
}

/// The most clauses that are asked for one by one.
const PARTS_MAX: usize = 8;

/// Pushes a row for each issue that a filter finds, in no order. What each clause of the scope
/// finds and none before it does is asked for by itself, and so by an index of its own.
pub fn push_found(query: &mut Query, filter: &IssueFilter, scope: &Scope) {
    let placed = filter.cell.is_some() || filter.bounds.is_some();
    if placed || scope.clauses.is_empty() || scope.clauses.len() > PARTS_MAX {
        query.push("SELECT 1 FROM issue WHERE ");
        push_scope_and_place(query, scope, filter, Way::Place);
        push_issue_filter(query, filter);
        return;
    }
    let (over, by_area) = (Over::of(filter), is_led_by_area(filter));
    let is_rare = filter.attention.is_some_and(|attention| attention.is_rare());
    for (at, clause) in scope.clauses.iter().enumerate() {
        let by = if by_area && clause.area.is_some() { dialect::BY_PATH } else { "" };
        let union = if at == 0 { "" } else { " UNION ALL " };
        query.push(format!("{union}SELECT 1 FROM issue {by} WHERE {}", part_of(filter)));
        match (&clause.area, dialect::WITHOUT_INDEX) {
            (Some(area), Some(without_index)) if is_rare => {
                push_area_of(query, &format!("{without_index}path"), area);
                push_clause(query, &Clause { area: None, ..clause.clone() }, over);
            }
            _ => push_clause(query, clause, over),
        }
        push_issue_filter(query, filter);
        if at > 0 {
            let before = Scope { clauses: scope.clauses[..at].to_vec() };
            query.push(" AND ");
            push_scope(query, &before, over);
            query.push(" IS NOT TRUE");
        }
    }
}

/// Whether a filter asks for what is open, and for nothing that has a shorter index of its own than
/// the one by area.
pub fn is_led_by_area(filter: &IssueFilter) -> bool {
    let led = IssueFilter {
        ids: Vec::new(),
        assisting: None,
        assigned: None,
        reporter: None,
        cell: None,
        bounds: None,
        // What is counted goes by its lead.
        department: filter.department.clone().filter(|_| filter.counted.is_none()),
        care: CareFilter::default(),
        attention: filter.attention.filter(|attention| !attention.is_rare()),
        ..filter.clone()
    };
    filter.asks_open() == Some(true) && *filter == led
}

/// As many issues are met in vain, for each one that is found, when a filter asks for more than an
/// area; and when it asks for what is open.
const RARE: i64 = 20;
const RARE_OPEN: i64 = 10;

/// As many issues must be gone through for one that the filter finds, where that can be told.
fn rarity(filter: &IssueFilter) -> i64 {
    let plain = IssueFilter {
        area: filter.area.clone(),
        open: filter.open,
        counted: filter.counted.clone(),
        ..IssueFilter::default()
    };
    match (*filter == plain, filter.open) {
        (false, _) => RARE,
        (true, Some(_)) => RARE_OPEN,
        (true, None) => 1,
    }
}

impl Engine {
    /// The way to a page. An area with a good part of all issues is met often in the order of the
    /// list; to put all of it in order costs as much as there is in it. SQLite cannot tell.
    /// The counters are asked as they are in memory: they may be a moment old, or not there yet.
    pub fn walk_of(&self, page: &PageQuery) -> Walk {
        let filter = &page.filter;
        let (Some(area), Some(without_index)) = (&filter.area, dialect::WITHOUT_INDEX) else {
            return Walk::Area;
        };
        if Way::of_list(filter) == Way::Place {
            return Walk::Area;
        }
        let newer = filter.counted.as_ref().map_or(0, |counted| self.count_newer(counted));
        let (own, all) = (self.count_reported(Some(area)), self.count_reported(None));
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
        let walked = all.saturating_mul(limit).saturating_mul(rarity(filter));
        let is_shorter = newer < own && own.saturating_mul(own) > walked;
        if is_shorter { Walk::List(without_index) } else { Walk::Area }
    }

    fn count_reported(&self, area: Option<&AreaPath>) -> i64 {
        self.count_by(&RollupFilter { area: area.cloned(), ..RollupFilter::default() })
    }

    /// About how many issues are newer than all that are counted.
    fn count_newer(&self, counted: &Counted) -> i64 {
        let Some(before) = counted.before else { return 0 };
        let from = Some(before.day_in(&TimeZone::UTC));
        self.count_by(&RollupFilter { from, ..RollupFilter::default() })
    }

    fn count_by(&self, filter: &RollupFilter) -> i64 {
        let filter = RollupFilter { measures: vec![Measure::Reported], ..filter.clone() };
        let all = Scope::everything();
        let sums = self.counters.ask(|cube| cube.sum(&filter, GroupBy::Nothing, &all));
        sums.iter().map(|sum| sum.n).sum()
    }
}
