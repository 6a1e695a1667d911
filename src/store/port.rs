//! The ports: what the use cases ask of the store.

pub use super::account::{AccountRow, Accounts, GrantRow, SessionRow, TokenRow};
pub use super::packs::{ActivationRow, PackRow, Packs};

use super::StoreError;
use super::admin::AdminEntry;
use super::change::{Applied, Attachment, Change, Contact, ImportRun, Presence, StoredRoute};
use super::query::{
    AsOf, CounterCheck, GroupBy, IssueFilter, IssuePage, KeptNotice, Near, NoticeQuery, OpenSum,
    PageQuery, RollupFilter, RollupSum, Standing,
};
use crate::domain::access::Scope;
use crate::domain::id::{AccountId, AttachmentId, IssueId, WorkerId};
use crate::domain::issue::event::Event;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::Deltas;
use crate::domain::metrics::reach::Place;
use crate::domain::time::{Day, Timestamp};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::path::PathBuf;

type Result<T> = std::result::Result<T, StoreError>;

/// Issues and what hangs on them.
#[async_trait]
pub trait Issues: Send + Sync {
    /// Writes a change in one transaction. When this returns, the change is durable.
    ///
    /// # Errors
    /// `Stale` when an issue is not at the version that the decision saw, or a new issue's id is in
    /// use; `Taken` when a new issue's tracking number or external number is in use. Nothing is
    /// written then.
    async fn apply(&self, change: Change) -> Result<Applied>;

    async fn find_issue(&self, id: IssueId, scope: &Scope) -> Result<Option<Issue>>;

    /// Finds by tracking number. The number cannot be guessed and is itself the right to read what
    /// its reporter may read, so there is no scope.
    async fn find_issue_by_number(&self, number: &str) -> Result<Option<Issue>>;

    async fn list_issues(&self, query: &PageQuery, scope: &Scope) -> Result<IssuePage>;

    /// The newest open issues in a small box, as far as this node knows: what others wrote a moment
    /// ago may be missing, and what is there may have ended. They have to be read in a scope before
    /// anything is told of them. `None` where the database has to be asked.
    async fn find_near(&self, near: &Near) -> Result<Option<Vec<IssueId>>>;

    /// How many issues a filter finds.
    async fn count_issues(&self, query: &PageQuery, scope: &Scope) -> Result<i64>;

    /// How many issues a filter finds, counted no further than `most`: what is told of a list in
    /// passing must not cost a walk through all of it.
    async fn count_up_to(&self, filter: &IssueFilter, most: i64, scope: &Scope) -> Result<i64>;

    /// How many issues a filter finds in each state; states with none are left out.
    async fn count_states(&self, filter: &IssueFilter, scope: &Scope) -> Result<Vec<(State, i64)>>;

    /// Where the issues stand that a filter finds, as they are counted: longitude and latitude in
    /// degrees, and how many stand there; disputes in the middle of their coarse cells, for
    /// everybody. `None` where there are more than `most` places.
    async fn count_places(
        &self,
        filter: &IssueFilter,
        most: usize,
        scope: &Scope,
    ) -> Result<Option<Vec<Place>>>;

    /// The issues merged into this one: id and number.
    async fn list_merged(&self, into: IssueId, scope: &Scope) -> Result<Vec<(IssueId, String)>>;

    /// The log of one issue in order. The caller has read the issue in scope.
    async fn list_events(&self, issue: IssueId) -> Result<Vec<Event>>;

    /// The latest routing decision. The caller has read the issue in scope.
    async fn find_route(&self, issue: IssueId) -> Result<Option<StoredRoute>>;

    /// The caller has read the issue in scope.
    async fn list_attachments(&self, issue: IssueId) -> Result<Vec<Attachment>>;

    /// The first photo of each of the issues. The caller has read the issues in scope.
    async fn list_covers(&self, issues: &[IssueId]) -> Result<Vec<Attachment>>;

    async fn find_attachment(&self, id: AttachmentId) -> Result<Option<Attachment>>;

    /// The caller has read the issue in scope and checked that its reader may see contacts.
    async fn find_contact(&self, issue: IssueId) -> Result<Option<Contact>>;

    /// The code of the report's receipt; none for imported issues and those of before there were
    /// codes. It is told to whoever sends the report, and compared with what a reporter gives.
    async fn find_code(&self, issue: IssueId) -> Result<Option<String>>;

    /// What was made under a key: the issue and the request's fingerprint.
    async fn find_idempotent(&self, scope: &str, key: &str) -> Result<Option<(IssueId, String)>>;

    async fn find_import(&self, id: &str) -> Result<Option<ImportRun>>;

    /// Which of these external numbers are in already.
    async fn list_known_external(&self, source: &str, ids: &[String]) -> Result<Vec<String>>;

    /// Issues that arbitration has ruled on, the latest reported first.
    async fn list_ruled(&self, limit: usize, scope: &Scope) -> Result<Vec<Issue>>;

    /// All issues in order of id after `after`: for verification and rebuilding.
    async fn scan_issues(&self, after: Option<IssueId>, limit: usize) -> Result<Vec<Issue>>;
}

/// A version of the territory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerritoryVersion {
    pub version: i64,
    /// `staged`, `published` or `retired`.
    pub state: String,
    pub note: String,
    pub created: Timestamp,
    /// Who staged it; `None` for the command line and for versions of before this was kept.
    pub author: Option<AccountId>,
    pub published: Option<Timestamp>,
    /// Who published it, as far as that is known.
    pub publisher: Option<AccountId>,
}

/// An area as it is kept; the polygon is a GeoJSON geometry.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRow {
    pub code: String,
    pub name: String,
    pub level: String,
    pub parent: Option<String>,
    pub kind: String,
    pub valid_from: Option<i32>,
    pub valid_to: Option<i32>,
    pub generated: bool,
    pub polygon: String,
}

/// A succession of areas; codes joined by `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRow {
    pub version: i64,
    /// `split`, `merge` or `retire`.
    pub kind: String,
    pub from_codes: String,
    pub to_codes: String,
    pub day: i32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BranchRow {
    pub code: String,
    pub name: String,
    pub parent: Option<String>,
    pub lon: f64,
    pub lat: f64,
    /// Codes joined by `;`.
    pub areas: String,
    pub resources: String,
    pub opening_hours: String,
    pub generated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerRow {
    pub id: String,
    pub name: String,
    pub phone: String,
    pub generated: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PostRow {
    pub worker: String,
    pub grid: String,
    pub role: String,
    pub duties: String,
    pub valid_from: Option<i32>,
    pub valid_to: Option<i32>,
    pub on_duty: String,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
}

/// Versions of the territory, branches and people.
#[async_trait]
pub trait Territories: Send + Sync {
    /// Puts a new staged version and returns its number, which becomes the subject of the entry:
    /// it is not known before. The version's author is who the entry tells.
    async fn stage_territory(
        &self,
        areas: Vec<AreaRow>,
        lineage: Vec<LineageRow>,
        note: String,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<i64>;
    async fn list_territory_versions(&self) -> Result<Vec<TerritoryVersion>>;
    async fn load_areas(&self, version: i64) -> Result<Vec<AreaRow>>;
    /// What became of areas, in order: of all versions that were ever in force, and of `staged`.
    async fn list_lineage(&self, staged: Option<i64>) -> Result<Vec<LineageRow>>;
    /// The codes that were retired by a published version.
    async fn list_retired_codes(&self) -> Result<Vec<String>>;
    /// Makes a staged version the one in force, retires the one before, and applies `moves`, the
    /// open issues' new places, with the entry of the log that it holds, in one transaction.
    ///
    /// # Errors
    /// `Stale` when the version is not staged, when another than `replaces` is in force, or when
    /// an issue has moved on; `Taken` when it holds a code that was retired.
    async fn publish_territory(
        &self,
        version: i64,
        replaces: Option<i64>,
        moves: Change,
    ) -> Result<()>;
    /// Takes a staged version away; whether there was one. Nothing is logged where there was none.
    async fn delete_staged_territory(&self, version: i64, log: Option<AdminEntry>) -> Result<bool>;

    async fn replace_branches(&self, branches: Vec<BranchRow>, at: Timestamp) -> Result<()>;
    async fn load_branches(&self) -> Result<Vec<BranchRow>>;
    async fn replace_people(
        &self,
        workers: Vec<WorkerRow>,
        posts: Vec<PostRow>,
        at: Timestamp,
    ) -> Result<()>;
    async fn load_people(&self) -> Result<(Vec<WorkerRow>, Vec<PostRow>)>;
}

/// Counters.
#[async_trait]
pub trait Rollups: Send + Sync {
    /// Sums of counters by group and measure, as they stand when this is asked; none is zero.
    /// Those of what stands at an instant are asked for by themselves.
    async fn sum_rollups(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<RollupSum>>;
    /// What is open, by day of report; the days of `filter` count too, where it names any.
    async fn sum_open(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<OpenSum>>;
    /// What is open beyond its limit at an instant, by day from which it is, in days of the zone.
    async fn sum_overdue(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
        by: (Timestamp, &TimeZone),
    ) -> Result<Vec<OpenSum>>;
    /// What the counters said at an instant, told by the log of events. It costs as much as
    /// reading the log of every issue touched since, or the whole log up to the instant, whichever
    /// is less; memory for one issue's log and the sums. Two may run at a time, more wait. Logs
    /// have no place of their own, so the scope is applied to each issue as it stood, by
    /// [`Scope::counts`].
    async fn sum_as_of(&self, question: &AsOf, scope: &Scope) -> Result<Standing>;
    /// When the first issue was reported.
    async fn find_first_report(&self) -> Result<Option<Timestamp>>;
    /// When the latest event happened.
    async fn find_last_event(&self) -> Result<Option<Timestamp>>;
    /// All counters that are not zero: for verification.
    async fn load_rollups(&self) -> Result<Deltas>;
    /// Compares all counters, and every issue's row, with what the logs lead to. It reads the log
    /// once for each two million counters, and keeps as many of them in memory at most.
    async fn check_rollups(&self, time_zone: &str) -> Result<CounterCheck>;
    /// Brings the counters that this node keeps in memory up to date, loading them where they are
    /// not there yet; whether they are there now. Without them the table is asked, which takes
    /// longer.
    async fn follow_counters(&self) -> Result<bool>;
    /// Removes what every node has read of the log of counters.
    async fn sweep_counters(&self) -> Result<()>;
    /// Names the file of this node in which it keeps its counters, so that it has them at once when
    /// it starts again. The first one named counts.
    fn keep_counters_in(&self, file: PathBuf);
    /// Writes the counters in memory into that file, if something has changed since. Whether it
    /// did.
    async fn save_counters(&self) -> Result<bool>;
    /// Replaces all counters by what the issues count for that the logs lead to, while no other
    /// write runs.
    async fn replace_rollups(&self, time_zone: String) -> Result<i64>;
    /// As [`Rollups::replace_rollups`], if the counters are of another version than this program
    /// counts by; `None` when they are of this one. Of several nodes one does it.
    async fn renew_rollups(&self, time_zone: String) -> Result<Option<i64>>;
}

/// A sample of closings as it was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    pub id: String,
    pub author: AccountId,
    pub at: Timestamp,
    pub seed: i64,
    /// Days of closing, inclusive.
    pub from: Day,
    pub to: Day,
    /// Code of the area.
    pub area: Option<String>,
    pub kind: Option<Kind>,
    /// What was asked for: a share of the closings (0 to 1), or a number of them.
    pub share: Option<f64>,
    pub size: Option<i64>,
    /// The closings that it was drawn from.
    pub population: i64,
    /// Where it was drawn, as JSON; none for samples that their authors alone see.
    pub covers: Option<String>,
}

/// Tasks, positions that are forgotten, samples.
#[async_trait]
pub trait Supervisions: Send + Sync {
    /// The open tasks of one account, the oldest first; with a scope also those of the desk in it.
    async fn list_tasks(&self, account: AccountId, desk: Option<&Scope>) -> Result<Vec<Issue>>;

    /// How many issues each account was named for and its department still has; those without any
    /// are left out.
    async fn count_assigned(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, i64>>;

    /// The ids of the issues that a filter finds, in order.
    async fn list_ids(&self, filter: &IssueFilter, scope: &Scope) -> Result<Vec<IssueId>>;

    /// Says which worker an account is; `None` for none.
    ///
    /// # Errors
    /// `Taken` when another account is that worker.
    async fn link_worker(
        &self,
        account: AccountId,
        worker: Option<WorkerId>,
        log: Option<AdminEntry>,
    ) -> Result<()>;

    async fn list_worker_links(&self) -> Result<Vec<(WorkerId, AccountId)>>;

    /// Where people stood who arrived or checked in, as long as it is kept. The caller has read
    /// the issue in scope.
    async fn list_presences(&self, issue: IssueId) -> Result<Vec<Presence>>;

    async fn insert_sample(&self, sample: SampleRow, issues: Vec<IssueId>) -> Result<()>;

    /// The samples that were drawn, the latest first. The caller shows none that the reader could
    /// not have drawn.
    async fn list_samples(&self, limit: usize) -> Result<Vec<SampleRow>>;

    /// As [`Supervisions::list_samples`], one of them.
    async fn find_sample(&self, id: &str) -> Result<Option<SampleRow>>;

    /// The issues of a sample within the scope, in the order in which they were drawn.
    async fn list_sampled(&self, sample: &str, scope: &Scope) -> Result<Vec<Issue>>;

    /// Removes what is kept for a time only: keys of requests, and positions of people.
    async fn forget(&self, keys_before: Timestamp, places_before: Timestamp) -> Result<()>;
}

/// Notices, and the issues that ask for one.
#[async_trait]
pub trait Notices: Send + Sync {
    /// The notices of those recipients about issues in scope, the latest first.
    async fn list_notices(
        &self,
        asked: &NoticeQuery,
        account: AccountId,
        scope: &Scope,
    ) -> Result<Vec<KeptNotice>>;
    /// How many there are, counted no further than [`NOTICES_COUNT_MAX`].
    async fn count_notices(
        &self,
        asked: &NoticeQuery,
        account: AccountId,
        scope: &Scope,
    ) -> Result<i64>;
    /// Marks a notice as read by an account; whether it is one of its notices.
    async fn read_notice(
        &self,
        id: &str,
        reader: (AccountId, &Scope),
        asked: &NoticeQuery,
        at: Timestamp,
    ) -> Result<bool>;
    /// Issues whose alarm has rung by `now`, with when it did, in order of that and of id: for the
    /// jobs. Each step sets the alarm of its issue ([`first_alarm`]).
    ///
    /// [`first_alarm`]: crate::domain::issue::alarm::first_alarm
    async fn scan_alarms(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, IssueId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Issue)>>;
    /// Sets alarms anew, of issues that are as they were when theirs rang.
    async fn put_alarms(&self, alarms: Vec<Alarm>) -> Result<()>;
    /// Has all alarms that are set ring now.
    async fn ring_all_alarms(&self) -> Result<()>;
}

/// More notices than these nobody reads one by one.
pub const NOTICES_COUNT_MAX: i64 = 100;

/// When an issue is to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub issue: IssueId,
    /// The version that was looked at.
    pub version: i64,
    /// The alarm that rang.
    pub rang: Timestamp,
    pub next: Option<Timestamp>,
}

/// A place in the feed of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FeedPosition {
    pub tx: i64,
    pub feed: i64,
}

/// One committed event, with what a live view needs to decide who may hear of it.
#[derive(Clone, Debug)]
pub struct FeedEntry {
    pub position: FeedPosition,
    pub event: Event,
    pub issue: Issue,
}

/// Committed events in an order that never changes.
#[async_trait]
pub trait Feed: Send + Sync {
    /// The end of the feed now.
    async fn find_feed_end(&self) -> Result<FeedPosition>;
    async fn list_feed(&self, after: FeedPosition, limit: usize) -> Result<Vec<FeedEntry>>;
    /// Makes the tables in which the log of this month and of the next ones is kept, where the
    /// engine keeps months apart; how many were not there yet. What has none is kept all the same.
    async fn make_parts(&self, now: Timestamp) -> Result<i64>;
}
