//! Conditions in SQL: where issues lie.

use super::filter::{Join, Over, part_of, push_cells, push_clause, push_joined, push_scope};
use super::{Query, dialect};
use crate::domain::access::Scope;
use crate::domain::cell::{COARSE_DIGITS, COARSE_RESOLUTION, cells_near, descendant_interval};
use crate::domain::territory::position::CELL_RESOLUTION;
use crate::store::query::IssueFilter;

/// Pushes the scope together with the place that the filter asks for. Who may not know the exact
/// place of a dispute is answered as if it lay in the middle of its coarse cell: else he could
/// find it by asking for smaller and smaller boxes. Counters know no more of it for anybody.
pub fn push_scope_and_place(query: &mut Query, scope: &Scope, filter: &IssueFilter, by: Way) {
    let over = Over::of(filter);
    let placed = filter.cell.is_some() || filter.bounds.is_some();
    let coarse = over == Over::Counted;
    let by_clause = placed && !coarse && scope.clauses.iter().any(|clause| clause.coarse_disputes);
    if by_clause {
        query.push("(1 = 0 OR ");
        push_joined(query, &scope.clauses, Join::Or, &mut |query, clause| {
            query.push("(1 = 1");
            push_clause(query, clause, over);
            push_place(query, filter, clause.coarse_disputes);
            query.push(")");
        });
        query.push(")");
    } else {
        push_scope(query, scope, over);
        push_place(query, filter, coarse);
    }
    if by == Way::Place {
        push_cells_around(query, filter, if coarse || by_clause { REACH_DEGREES } else { 0.0 });
    }
}

/// How the issues in a box are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the cells that hold the box, and put in order afterwards.
    Place,
    /// In the order of the list, until enough were met that lie in the box.
    Order,
}

impl Way {
    /// The way for a page of a list: there are few issues in a small box, and many in a large one.
    pub fn of_list(filter: &IssueFilter) -> Self {
        let is_small = filter.bounds.is_some_and(|bounds| {
            let (width, height) = (bounds.east - bounds.west, bounds.north - bounds.south);
            (0.0..=SMALL_DEGREES).contains(&width) && (0.0..=SMALL_DEGREES).contains(&height)
        });
        if is_small { Self::Place } else { Self::Order }
    }
}

/// How far from an issue the middle of its coarse cell is at most, in degrees of latitude.
pub const REACH_DEGREES: f64 = 0.005;
/// The longest side of a box that is taken for small.
const SMALL_DEGREES: f64 = 0.03;

/// Intervals of cells that hold all of a box and some more, so that the index on cells serves. A
/// box that few cells cannot cover is left to the other conditions.
fn push_cells_around(query: &mut Query, filter: &IssueFilter, reach: f64) {
    let Some(cells) = cells_around(filter, reach, COARSE_RESOLUTION) else { return };
    push_cells(query, &format!("{} AND ", part_of(filter)), Some(&cells));
}

/// Intervals of cells that hold all of a filter's box, `reach` degrees around it, and some more, by
/// cells no finer than `finest`; `None` where there is no box, or few cells cannot cover it.
pub fn cells_around(
    filter: &IssueFilter,
    reach: f64,
    finest: h3o::Resolution,
) -> Option<Vec<(u64, u64)>> {
    let bounds = filter.bounds?;
    let farthest = bounds.south.abs().max(bounds.north.abs()) + reach;
    // Near the poles and the antimeridian longitudes leap.
    if farthest > 80.0 || bounds.west < -179.0 || bounds.east > 179.0 {
        return None;
    }
    let across = reach / farthest.to_radians().cos();
    let area =
        (bounds.west - across, bounds.south - reach, bounds.east + across, bounds.north + reach);
    cells_near(area, finest, CELL_RESOLUTION)
}

/// Pushes ` FROM …` for the issues in the cells, if there are any to go by, which are looked for by
/// an index: the one of disputes, or the one of what `part` says (see [`part_of`]). SQLite plans
/// such a join once, and conditions joined by OR one by one.
pub fn push_from_cells(query: &mut Query, part: Option<&str>, cells: Option<&[(u64, u64)]>) {
    let Some(cells) = cells.filter(|cells| !cells.is_empty()) else {
        query.push(" FROM issue WHERE ");
        return;
    };
    query.push(" FROM (VALUES ");
    for (at, (low, high)) in cells.iter().enumerate() {
        query.push(if at == 0 { "(" } else { ", (" }).push_bind(low.cast_signed());
        query.push(", ").push_bind(high.cast_signed()).push(")");
    }
    let index = part.map_or(dialect::BY_DISPUTE_CELL, |_| dialect::BY_CELL);
    let part = part.unwrap_or("kind = 'dispute'");
    // Both engines name the columns so.
    let found =
        format!("issue {index} WHERE {part} AND cell >= near.column1 AND cell <= near.column2");
    query.push(match dialect::JOINS_BY_ITSELF {
        false => format!(") AS near CROSS JOIN {found} AND "),
        true => {
            format!(") AS near CROSS JOIN LATERAL (SELECT * FROM {found} OFFSET 0) AS issue WHERE ")
        }
    });
}

fn push_place(query: &mut Query, filter: &IssueFilter, coarse: bool) {
    if filter.cell.is_none() && filter.bounds.is_none() {
        return;
    }
    if !coarse {
        push_place_by(query, filter, ("cell", "lon", "lat"));
        return;
    }
    query.push(" AND ((kind <> 'dispute'");
    push_place_by(query, filter, ("cell", "lon", "lat"));
    query.push(") OR (kind = 'dispute'");
    let cell = format!("(cell & {})", !COARSE_DIGITS.cast_signed());
    push_place_by(query, filter, (&cell, "coarse_lon", "coarse_lat"));
    query.push("))");
}

fn push_place_by(query: &mut Query, filter: &IssueFilter, columns: (&str, &str, &str)) {
    let (cell_column, lon, lat) = columns;
    if let Some(cell) = filter.cell {
        match descendant_interval(cell, h3o::Resolution::Eleven) {
            None => {
                query.push(" AND 1 = 0");
            }
            Some((low, high)) => {
                query.push(" AND ").push(part_of(filter));
                query.push(format!(" AND {cell_column} >= ")).push_bind(low.cast_signed());
                query.push(format!(" AND {cell_column} <= ")).push_bind(high.cast_signed());
            }
        }
    }
    if let Some(bounds) = &filter.bounds {
        query.push(format!(" AND {lat} >= ")).push_bind(bounds.south);
        query.push(format!(" AND {lat} <= ")).push_bind(bounds.north);
        query.push(format!(" AND {lon} >= ")).push_bind(bounds.west);
        query.push(format!(" AND {lon} <= ")).push_bind(bounds.east);
    }
}
