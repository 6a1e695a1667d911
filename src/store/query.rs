//! Questions to the store.

use super::care::CareFilter;
use crate::domain::access::{AreaPath, Clause, Role};
use crate::domain::cell::parent_cell;
use crate::domain::id::{AccountId, CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::clock::Light;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::notice::Notice;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::{Bin, Measure};
use crate::domain::time::{Day, Timestamp};
use jiff::tz::TimeZone;

/// How the counters compare with the log of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterCheck {
    pub issues: i64,
    /// Counters that there should be.
    pub counters: usize,
    /// Counters that say something else than the logs.
    pub differing: usize,
    /// Issues whose row counts for something else than its log, or that lack one of them.
    pub rows_differing: usize,
    /// Readable lines: what is kept, what should be.
    pub examples: Vec<String>,
}

impl CounterCheck {
    pub fn is_right(&self) -> bool {
        self.differing == 0 && self.rows_differing == 0
    }
}

/// A box in WGS-84 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

/// Open issues of a category in a small box.
#[derive(Clone, Debug)]
pub struct Near {
    pub category: CategoryCode,
    pub bounds: Bounds,
    /// Reported then or later.
    pub since: Timestamp,
    pub limit: usize,
}

/// Which issues; empty lists and `None` mean any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IssueFilter {
    /// These alone.
    pub ids: Vec<IssueId>,
    pub states: Vec<State>,
    pub open: Option<bool>,
    pub kind: Option<Kind>,
    pub category: Option<CategoryCode>,
    /// Lead or proposed department.
    pub department: Option<DepartmentCode>,
    /// A department that has a part without the lead: it assists, was summoned, or is answerable
    /// still.
    pub assisting: Option<DepartmentCode>,
    pub assigned: Option<Assigned>,
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
    pub attention: Option<Attention>,
    /// The issues that a counter counts, in the half-open window of instants. Department and scope
    /// then go by the lead alone, as the counters do.
    pub counted: Option<Counted>,
    pub care: CareFilter,
}

impl IssueFilter {
    /// Whether all that it finds is open, or none; `None` where it may be either.
    pub fn asks_open(&self) -> Option<bool> {
        let are_open = !self.states.is_empty() && self.states.iter().all(|state| state.is_open());
        self.open.or(are_open.then_some(true))
    }
}

/// Who of the lead was named to handle an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    To(AccountId),
    /// Nobody was.
    Nobody,
}

/// What someone should look at now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    Urged,
    /// An order awaits its reply.
    ReplyOwed,
    WhistleOpen,
    /// The reporter says that it is not resolved.
    ReopenProposed,
    AppealOpen,
    /// The department asks for an extension or a suspension.
    RequestOpen,
    /// A department sent it back, and it waits for another dispatch.
    Returned,
}

impl Attention {
    /// Whether there are few such issues at any time, which have an index of their own.
    pub fn is_rare(self) -> bool {
        matches!(self, Self::ReplyOwed | Self::WhistleOpen | Self::AppealOpen | Self::RequestOpen)
    }

    pub const ALL: [Attention; 7] = [
        Attention::Urged,
        Attention::ReplyOwed,
        Attention::WhistleOpen,
        Attention::ReopenProposed,
        Attention::AppealOpen,
        Attention::RequestOpen,
        Attention::Returned,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Attention::Urged => "urged",
            Attention::ReplyOwed => "reply_owed",
            Attention::WhistleOpen => "whistle_open",
            Attention::ReopenProposed => "reopen_proposed",
            Attention::AppealOpen => "appeal_open",
            Attention::RequestOpen => "request_open",
            Attention::Returned => "returned",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attention| attention.as_str() == text)
    }
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
        Self::past(issue.id, issue.times.reported, issue.clocks.due(), sort)
    }

    /// After the issue of these times, in this order.
    pub fn past(id: IssueId, reported: Timestamp, due: Option<Timestamp>, sort: Sort) -> Self {
        let reported = match sort {
            Sort::NewestFirst | Sort::OldestFirst => reported,
            Sort::DueFirst => due.unwrap_or(NO_DUE),
        };
        Self { reported, id }
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
#[derive(Clone, Debug, Default)]
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
    /// These alone; any when there are none.
    pub measures: Vec<Measure>,
}

impl RollupFilter {
    /// Whether what is counted in `bin` is asked for, on whatever day: the slow truth of what the
    /// store's condition says in SQL.
    pub fn admits(&self, bin: &Bin) -> bool {
        let path = || AreaPath::from_stored(bin.path.clone());
        let cell = |ranges: &Vec<(u64, u64)>| {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&bin.cell))
        };
        self.area.as_ref().is_none_or(|area| path().is_within(area))
            && self.bounds_cells.as_ref().is_none_or(cell)
            && self.kind.is_none_or(|kind| bin.kind == kind)
            && self.category.as_ref().is_none_or(|category| bin.category == *category)
            && (self.department.is_none() || bin.department == self.department)
    }

    /// The same on whatever day and of whatever measure: what stands does not go by days.
    #[must_use]
    pub fn always(&self) -> Self {
        Self { from: None, to: None, measures: Vec::new(), ..self.clone() }
    }

    /// Whether a measure is asked for.
    pub fn wants(&self, measure: Measure) -> bool {
        self.measures.is_empty() || self.measures.contains(&measure)
    }

    /// Whether a day is asked for.
    pub fn holds(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What sums are grouped by, beside the measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    Nothing,
    Path,
    /// By cell at the resolution of counters.
    Cell,
    /// By cell at a resolution coarser than that of counters.
    CellAt(h3o::Resolution),
    Day,
    Kind,
    Department,
    /// By path and category together.
    PathCategory,
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupSum {
    /// The path, the day's number, the kind, or the cell as a number, as the grouping says.
    pub group: Group,
    pub measure: Measure,
    pub n: i64,
}

/// Open issues of one group by a day: that of the report or, of what is overdue, that from which
/// it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSum {
    pub group: Group,
    /// Days in their order and how many are of each; none is zero.
    pub days: Vec<(Day, i64)>,
}

impl OpenSum {
    /// Sums by group and day, in their order, put together by group; what is zero is left out.
    pub fn gather(sums: impl IntoIterator<Item = ((Group, Day), i64)>) -> Vec<Self> {
        let mut told = Vec::<Self>::new();
        for ((group, day), n) in sums.into_iter().filter(|(_, n)| *n != 0) {
            match told.last_mut().filter(|last| last.group == group) {
                Some(last) => last.days.push((day, n)),
                None => told.push(Self { group, days: vec![(day, n)] }),
            }
        }
        told
    }

    /// How many there are of all days.
    pub fn n(&self) -> i64 {
        self.days.iter().map(|(_, n)| n).sum()
    }

    /// Each day's sum with its group.
    pub fn each(&self) -> impl Iterator<Item = ((Group, Day), i64)> {
        self.days.iter().map(|(day, n)| ((self.group.clone(), *day), *n))
    }
}

/// The value that a sum was grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    Nothing,
    Path(String),
    Cell(u64),
    Day(Day),
    Kind(Kind),
    /// None before dispatch.
    Department(Option<DepartmentCode>),
    PathCategory(String, CategoryCode),
}

impl Group {
    /// The group that a counter belongs to.
    pub fn of(by: GroupBy, day: Day, bin: &Bin) -> Self {
        match by {
            GroupBy::Nothing => Group::Nothing,
            GroupBy::Path => Group::Path(bin.path.clone()),
            GroupBy::Cell => Group::Cell(bin.cell),
            GroupBy::CellAt(resolution) => Group::Cell(parent_cell(bin.cell, resolution)),
            GroupBy::Day => Group::Day(day),
            GroupBy::Kind => Group::Kind(bin.kind),
            GroupBy::Department => Group::Department(bin.department.clone()),
            GroupBy::PathCategory => Group::PathCategory(bin.path.clone(), bin.category.clone()),
        }
    }
}

/// What the counters said at an instant.
#[derive(Clone, Debug)]
pub struct AsOf {
    pub at: Timestamp,
    /// The zone whose days are counted.
    pub zone: TimeZone,
    pub filter: RollupFilter,
    /// What sums are grouped by; all of them are made in one reading of the log.
    pub groups: Vec<GroupBy>,
    pub way: Way,
}

/// How the counters of an instant are found. All ways lead to the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Way {
    /// Whichever reads less of the log.
    #[default]
    Shorter,
    /// From the counters as they are now, taking back what the issues touched since have changed.
    Back,
    /// From nothing, telling every issue's log up to the instant.
    Forward,
}

/// The answer to [`AsOf`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// For each grouping that was asked for, in that order: the sums without what is open, and what
    /// was open, whatever the window. None of them is zero.
    pub groups: Vec<(Vec<RollupSum>, Vec<OpenSum>)>,
    /// For each grouping, what was open beyond its limit at the instant, whatever the window.
    pub overdue: Vec<Vec<OpenSum>>,
    /// The issues reported in the window by the state that they were in.
    pub states: Vec<(State, i64)>,
    /// The events that were read.
    pub events: u64,
}
