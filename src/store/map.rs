//! What a map shows of issues.

use super::StoreError;
use super::query::{Bounds, IssueFilter};
use crate::domain::access::Scope;
use crate::domain::cell::cells_near;
use crate::domain::id::{CategoryCode, IssueId};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;
use async_trait::async_trait;
use h3o::Resolution;
use jiff::tz::TimeZone;

type Result<T> = std::result::Result<T, StoreError>;

/// The hexagons of one resolution that a box may touch, and some near by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    pub bounds: Bounds,
    pub resolution: Resolution,
}

impl Around {
    /// Their cells at a finer resolution, as intervals; `None` where the box is too large to be
    /// covered by few cells.
    pub fn intervals(&self, fine: Resolution) -> Option<Vec<(u64, u64)>> {
        let Bounds { west, south, east, north } = self.bounds;
        cells_near((west, south, east, north), self.resolution, fine)
    }
}

/// An issue as a point on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub id: IssueId,
    pub kind: Kind,
    pub state: State,
    pub category: CategoryCode,
    pub severity: Severity,
    /// Longitude and latitude as the scope may know them: of a dispute, where it may not, the
    /// middle of its coarse cell.
    pub position: (f64, f64),
}

/// What a map shows of issues.
#[async_trait]
pub trait Maps: Send + Sync {
    /// How many issues a filter finds in each coarse cell (H3, resolution 9); of cells that are not
    /// around the box it may leave out some.
    async fn count_cells(
        &self,
        filter: &IssueFilter,
        around: Option<&Around>,
        scope: &Scope,
    ) -> Result<Vec<(u64, i64)>>;

    /// The same by the counters in memory; `None` where these cannot tell. `zone` is the one whose
    /// days are counted.
    async fn count_known_cells(
        &self,
        filter: &IssueFilter,
        around: Option<&Around>,
        zone: &TimeZone,
        scope: &Scope,
    ) -> Result<Option<Vec<(u64, i64)>>>;

    /// The issues that a filter finds, as points, by id. `None` where there are more than `most`.
    async fn list_points(
        &self,
        filter: &IssueFilter,
        most: usize,
        scope: &Scope,
    ) -> Result<Option<Vec<Point>>>;
}
