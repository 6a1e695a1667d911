//! Questions to the store.

use crate::domain::access::{AreaPath, Clause, Role};
use crate::domain::id::{AccountId, CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::clock::Light;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::notice::Notice;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::Measure;
use crate::domain::time::{Day, Timestamp};

/// A box in WGS-84 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

/// Which issues; empty lists and `None` mean any.
#[derive(Clone, Debug, Default)]
pub struct IssueFilter {
    pub states: Vec<State>,
    pub open: Option<bool>,
    pub kind: Option<Kind>,
    pub category: Option<CategoryCode>,
    /// Lead or proposed department.
    pub department: Option<DepartmentCode>,
    pub area: Option<AreaPath>,
    /// An H3 cell of resolution 0 to 11.
    pub cell: Option<u64>,
    pub bounds: Option<Bounds>,
    /// Words in text, address or number.
    pub words: Option<String>,
    pub reporter: Option<AccountId>,
    /// The light of the total clock at an instant; of what has ended, the light at its end.
    pub light: Option<(Light, Timestamp)>,
    /// From this instant.
    pub reported_from: Option<Timestamp>,
    /// Before this instant.
    pub reported_before: Option<Timestamp>,
    /// The issues that a counter counts, in the half-open window of instants. Department and scope
    /// then go by the lead alone, as the counters do.
    pub counted: Option<Counted>,
}

/// The issues behind a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    pub measure: Measure,
    /// Measures whose issues are left out.
    pub except: Vec<Measure>,
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// The order of a list; ties are broken by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    NewestFirst,
    OldestFirst,
    /// By due time; what has none comes last.
    DueFirst,
}

/// Where a page begins: after this row of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    /// The time of report; of a list by due time the due time, or [`NO_DUE`].
    pub reported: Timestamp,
    pub id: IssueId,
}

/// Where what has no due time stands in a list by due time.
pub const NO_DUE: Timestamp = Timestamp(i64::MAX);

impl Seek {
    /// After an issue, in this order.
    pub fn after(issue: &Issue, sort: Sort) -> Self {
        let at = match sort {
            Sort::NewestFirst | Sort::OldestFirst => issue.times.reported,
            Sort::DueFirst => issue.clocks.due().unwrap_or(NO_DUE),
        };
        Self { reported: at, id: issue.id }
    }
}

/// Somebody who may be told: a role, where its grant reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub role: Role,
    pub clause: Clause,
}

/// Which notices.
#[derive(Clone, Debug, Default)]
pub struct NoticeQuery {
    pub recipients: Vec<Recipient>,
    /// Only those that the account has not read.
    pub unread: bool,
    /// Time and id of the notice after which a page begins.
    pub after: Option<(Timestamp, String)>,
    pub limit: usize,
}

/// A notice with its issue.
#[derive(Clone, Debug)]
pub struct KeptNotice {
    pub id: String,
    pub notice: Notice,
    pub at: Timestamp,
    /// When the account read it.
    pub read: Option<Timestamp>,
    pub issue: Issue,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct PageQuery {
    pub filter: IssueFilter,
    pub sort: Sort,
    pub after: Option<Seek>,
    pub limit: usize,
}

/// Issues in order, and whether more follow.
#[derive(Clone, Debug)]
pub struct IssuePage {
    pub items: Vec<Issue>,
    pub more: bool,
}

/// Which counters; days are inclusive.
#[derive(Clone, Debug, Default)]
pub struct RollupFilter {
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub area: Option<AreaPath>,
    pub bounds_cells: Option<Vec<(u64, u64)>>,
    pub kind: Option<Kind>,
    pub category: Option<CategoryCode>,
    pub department: Option<DepartmentCode>,
}

/// What sums are grouped by, beside the measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    Nothing,
    Path,
    Cell,
    Day,
    Kind,
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupSum {
    /// The path, the day's number, the kind, or the cell as a number, as the grouping says.
    pub group: Group,
    pub measure: Measure,
    pub n: i64,
}

/// Open issues of one group that were reported on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSum {
    pub group: Group,
    pub reported: Day,
    pub n: i64,
}

/// The value that a sum was grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    Nothing,
    Path(String),
    Cell(u64),
    Day(Day),
    Kind(Kind),
}
