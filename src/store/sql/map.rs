//! What a map shows of issues: points one by one, and how many there are in each cell.

use super::filter::{Join, Over, part_of, push_clause, push_issue_filter, push_joined, push_scope};
use super::place::{REACH_DEGREES, Way, cells_around, push_from_cells, push_scope_and_place};
use super::rows::parsed;
use super::{Engine, Query, Row};
use crate::domain::access::{Clause, Scope};
use crate::domain::cell::{COARSE_RESOLUTION, digits_below, parent_cell};
use crate::domain::id::{CategoryCode, IssueId};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::{Measure, ROLLUP_RESOLUTION};
use crate::domain::territory::position::CELL_RESOLUTION;
use crate::domain::time::{Day, Timestamp};
use crate::store::StoreError;
use crate::store::cube::Cube;
use crate::store::map::{Around, Maps, Point};
use crate::store::port::Rollups;
use crate::store::query::{Group, GroupBy, IssueFilter, RollupFilter};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use sqlx::Row as _;
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, StoreError>;

/// Pushes whether the exact place of a dispute is known to the reader. A task alone does not tell
/// it.
fn push_knows_place(query: &mut Query, scope: &Scope) {
    let exact = |clause: &&Clause| !clause.coarse_disputes && clause.tasked.is_none();
    let clauses: Vec<&Clause> = scope.clauses.iter().filter(exact).collect();
    push_joined(query, &clauses, Join::Or, &mut |query, clause| {
        query.push("(1 = 1");
        push_clause(query, clause, Over::Issues);
        query.push(")");
    });
}

/// What the counters are asked for what a filter finds, where they can tell; and whether it is
/// about what is open.
fn by_counters(filter: &IssueFilter, zone: &TimeZone) -> Option<(RollupFilter, bool)> {
    let told = IssueFilter {
        open: filter.open,
        kind: filter.kind,
        category: filter.category.clone(),
        area: filter.area.clone(),
        reported_from: filter.reported_from,
        reported_before: filter.reported_before,
        ..IssueFilter::default()
    };
    // What has ended is counted by no counter, and counters know whole days alone.
    if *filter != told || filter.open == Some(false) {
        return None;
    }
    let day_of = |at: Option<Timestamp>| match at {
        None => Some(None),
        Some(at) => Some(at.day_in(zone)).filter(|day| day.start_in(zone) == at).map(Some),
    };
    let is_open = filter.open.is_some();
    let rollups = RollupFilter {
        from: day_of(filter.reported_from)?,
        to: day_of(filter.reported_before)?.map(|day| Day(day.0.saturating_sub(1))),
        area: filter.area.clone(),
        kind: filter.kind,
        category: filter.category.clone(),
        measures: if is_open { Vec::new() } else { vec![Measure::Reported] },
        ..RollupFilter::default()
    };
    Some((rollups, is_open))
}

/// A scope in two: what is counted by places and kinds, and one's own part. `None` when there are
/// other conditions.
fn split(scope: &Scope) -> Option<(Scope, Vec<Clause>)> {
    let (own, granted): (Vec<Clause>, Vec<Clause>) =
        scope.clauses.iter().cloned().partition(Clause::is_personal);
    let counted = |clause: &Clause| clause.department.is_none() && clause.nature.is_none();
    granted.iter().all(counted).then_some((Scope { clauses: granted }, own))
}

const COUNT_CELLS: &str = "SELECT MIN(cell) AS one, COUNT(*) AS n";

impl Engine {
    async fn count_by_counters(
        &self,
        (mut rollups, is_open): (RollupFilter, bool),
        around: Option<&Around>,
        granted: &Scope,
    ) -> Result<BTreeMap<u64, i64>> {
        rollups.bounds_cells = around.and_then(|around| around.intervals(ROLLUP_RESOLUTION));
        let by = GroupBy::CellAt(COARSE_RESOLUTION);
        let mut counts = BTreeMap::<u64, i64>::new();
        let mut add = |group: &Group, n: i64| {
            if let Group::Cell(cell) = group {
                *counts.entry(*cell).or_insert(0) += n;
            }
        };
        let count = |cube: &Cube| cube.count_standing(Measure::Open, &rollups, by, granted);
        if is_open && let Some(counts) = self.counters.ask(count) {
            counts.iter().for_each(|(group, n)| add(group, *n));
        } else if is_open {
            let sums = self.sum_open(&rollups, by, granted).await?;
            sums.iter().for_each(|sum| add(&sum.group, sum.n()));
        } else {
            let sums = self.sum_rollups(&rollups, by, granted).await?;
            sums.iter().for_each(|sum| add(&sum.group, sum.n));
        }
        counts.retain(|_, n| *n != 0);
        Ok(counts)
    }

    async fn count_by_issues(
        &self,
        filter: &IssueFilter,
        around: Option<&Around>,
        scope: &Scope,
    ) -> Result<BTreeMap<u64, i64>> {
        let mut query = Query::new(COUNT_CELLS);
        let near = around.and_then(|around| around.intervals(CELL_RESOLUTION));
        push_from_cells(&mut query, Some(&part_of(filter)), near.as_deref());
        push_scope_and_place(&mut query, scope, filter, Way::Order);
        push_issue_filter(&mut query, filter);
        self.fetch_cells(query).await
    }

    /// What a personal clause finds beside what another scope does.
    async fn count_own(
        &self,
        filter: &IssueFilter,
        own: &Clause,
        beside: &Scope,
    ) -> Result<BTreeMap<u64, i64>> {
        // By itself, so that what belongs to one person is found by that person.
        let mut query = Query::new(format!("{COUNT_CELLS} FROM issue WHERE 1 = 1"));
        push_clause(&mut query, own, Over::Issues);
        push_issue_filter(&mut query, filter);
        query.push(" AND NOT COALESCE(");
        push_scope(&mut query, beside, Over::Issues);
        query.push(", FALSE)");
        self.fetch_cells(query).await
    }

    async fn fetch_cells(&self, mut query: Query) -> Result<BTreeMap<u64, i64>> {
        query.push(" GROUP BY cell | ").push_bind(digits_below(COARSE_RESOLUTION).cast_signed());
        let mut counts = BTreeMap::<u64, i64>::new();
        for row in query.build().fetch_all(&self.readers).await? {
            let cell = row.try_get::<i64, _>("one")?.cast_unsigned();
            *counts.entry(parent_cell(cell, COARSE_RESOLUTION)).or_insert(0) +=
                row.try_get::<i64, _>("n")?;
        }
        Ok(counts)
    }
}

/// Issues that are found apart: where a dispute lies may be known as a coarse place alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Plain,
    Disputes,
}

impl Part {
    fn holds(self, kind: Kind) -> bool {
        (kind == Kind::Dispute) == (self == Part::Disputes)
    }
}

/// The points of one part, and one more than are left. All is told by the index (migration 0026).
fn points_of(part: Part, filter: &IssueFilter, left: usize, scope: &Scope) -> Query {
    let mut query = Query::new("SELECT id, kind, state, category, severity, ");
    if part == Part::Plain {
        query.push("lon AS at_lon, lat AS at_lat");
        let cells = cells_around(filter, 0.0, CELL_RESOLUTION);
        push_from_cells(&mut query, Some(&part_of(filter)), cells.as_deref());
        query.push("kind <> 'dispute' AND ");
        let exact = |clause: &Clause| Clause { coarse_disputes: false, ..clause.clone() };
        let scope = Scope { clauses: scope.clauses.iter().map(exact).collect() };
        push_scope_and_place(&mut query, &scope, filter, Way::Order);
    } else {
        for (before, axis) in [("", "lon"), (", ", "lat")] {
            query.push(before).push("CASE WHEN ");
            push_knows_place(&mut query, scope);
            query.push(format!(" THEN {axis} ELSE coarse_{axis} END AS at_{axis}"));
        }
        let cells = cells_around(filter, REACH_DEGREES, COARSE_RESOLUTION);
        push_from_cells(&mut query, None, cells.as_deref());
        query.push("kind = 'dispute' AND ");
        push_scope_and_place(&mut query, scope, filter, Way::Order);
    }
    push_issue_filter(&mut query, filter);
    query.push(" LIMIT ").push_bind(i64::try_from(left.saturating_add(1)).unwrap_or(i64::MAX));
    query
}

fn point_of(row: &Row) -> Result<Point> {
    const T: &str = "issue";
    Ok(Point {
        id: parsed(row, T, "id", IssueId::parse)?,
        kind: parsed(row, T, "kind", Kind::parse)?,
        state: parsed(row, T, "state", State::parse)?,
        category: parsed(row, T, "category", |code| CategoryCode::parse(code).ok())?,
        severity: parsed(row, T, "severity", Severity::parse)?,
        position: (row.try_get("at_lon")?, row.try_get("at_lat")?),
    })
}

#[async_trait]
impl Maps for Engine {
    async fn count_cells(
        &self,
        filter: &IssueFilter,
        around: Option<&Around>,
        scope: &Scope,
    ) -> Result<Vec<(u64, i64)>> {
        Ok(self.count_by_issues(filter, around, scope).await?.into_iter().collect())
    }

    async fn count_known_cells(
        &self,
        filter: &IssueFilter,
        around: Option<&Around>,
        zone: &TimeZone,
        scope: &Scope,
    ) -> Result<Option<Vec<(u64, i64)>>> {
        let (Some(asked), Some((mut beside, own))) = (by_counters(filter, zone), split(scope))
        else {
            return Ok(None);
        };
        if !self.has_counters().await? {
            return Ok(None);
        }
        let mut counts = self.count_by_counters(asked, around, &beside).await?;
        for own in own {
            let more = self.count_own(filter, &own, &beside).await?;
            more.into_iter().for_each(|(cell, n)| *counts.entry(cell).or_insert(0) += n);
            beside.clauses.push(own);
        }
        Ok(Some(counts.into_iter().collect()))
    }

    async fn list_points(
        &self,
        filter: &IssueFilter,
        most: usize,
        scope: &Scope,
    ) -> Result<Option<Vec<Point>>> {
        let mut points = Vec::new();
        for part in [Part::Plain, Part::Disputes] {
            let is_asked = filter.kind.is_none_or(|kind| part.holds(kind));
            if is_asked && points.len() <= most {
                let left = most - points.len();
                let mut query = points_of(part, filter, left, scope);
                let rows = query.build().fetch_all(&self.readers).await?;
                points.extend(rows.iter().map(point_of).collect::<Result<Vec<_>>>()?);
            }
        }
        points.sort_unstable_by_key(|point| point.id);
        Ok((points.len() <= most).then_some(points))
    }
}
