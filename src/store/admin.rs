//! What administrators did, who opened sealed records, runs of the audit; and people one at a time,
//! held to the version that was seen.

use super::StoreError;
use super::port::{BranchRow, PostRow, WorkerRow};
use crate::domain::id::{AccountId, IssueId, WorkerId};
use crate::domain::issue::event::EventActor;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// What an administrator did. It is written in the transaction of what was done, and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminEntry {
    pub id: String,
    pub at: Timestamp,
    /// `None` for the command line.
    pub actor: Option<AccountId>,
    /// Such as `account.close`: the part before the dot is the sort of thing.
    pub what: String,
    /// What it was done to: a login, a name, a code, the number of a version.
    pub subject: String,
    /// Texts by name, as JSON.
    pub facts: String,
}

/// Which part of a log that is told the latest first.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    pub actor: Option<AccountId>,
    /// The part of `what` before the dot.
    pub sort: Option<String>,
    pub from: Option<Timestamp>,
    /// The first instant that is too late.
    pub until: Option<Timestamp>,
    /// The time and the id of the entry after which a page begins.
    pub after: Option<(Timestamp, String)>,
    pub limit: usize,
}

/// That somebody opened the sealed record of a dispute; nothing of what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartiesRead {
    pub issue: IssueId,
    pub number: String,
    pub seq: i64,
    pub at: Timestamp,
    pub actor: EventActor,
}

impl PartiesRead {
    /// The id that a page may begin after.
    pub fn id(&self) -> String {
        format!("{} {}", self.issue, self.seq)
    }
}

/// How a run of the audit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditState {
    Running,
    Done,
    /// The store or a key failed it.
    Failed,
    /// Its node went away.
    Lost,
}

impl AuditState {
    pub const fn as_str(self) -> &'static str {
        match self {
            AuditState::Running => "running",
            AuditState::Done => "done",
            AuditState::Failed => "failed",
            AuditState::Lost => "lost",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [AuditState::Running, AuditState::Done, AuditState::Failed, AuditState::Lost]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A run of the audit of the event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRun {
    pub id: String,
    pub state: AuditState,
    /// `None` for the command line.
    pub actor: Option<AccountId>,
    pub started: Timestamp,
    /// When it was last heard of.
    pub beat: Timestamp,
    pub ended: Option<Timestamp>,
    pub issues: i64,
    pub events: i64,
    pub faulty: i64,
    pub sealed_unread: i64,
    /// The first faults, as JSON.
    pub faults: String,
}

/// What administrators did, and what they look at.
#[async_trait]
pub trait Admins: Send + Sync {
    /// Adds an entry by itself, where what was done is written by another call.
    async fn append_admin(&self, entry: AdminEntry) -> Result<()>;
    /// The entries, the latest first.
    async fn list_admin(&self, query: &LogQuery) -> Result<Vec<AdminEntry>>;
    /// Who opened sealed records, the latest first; `sort` is passed over. Of an issue its number
    /// alone is told, so there is no scope.
    async fn list_parties_reads(&self, query: &LogQuery) -> Result<Vec<PartiesRead>>;

    /// Begins a run of the audit. A run that was last heard of before `lost_before` is given up.
    ///
    /// # Errors
    /// `Taken` while another goes on.
    async fn begin_audit(&self, run: AuditRun, lost_before: Timestamp) -> Result<()>;
    /// Says how far a run is; whether it is still the one that goes on.
    async fn beat_audit(&self, id: &str, issues: i64, at: Timestamp) -> Result<bool>;
    /// Ends a run, unless it was given up; whether it was still going on.
    async fn end_audit(&self, run: AuditRun) -> Result<bool>;
    /// The runs, the latest first.
    async fn list_audits(&self, limit: usize) -> Result<Vec<AuditRun>>;
}

/// A worker with the posts in order, as they are kept. A post is told by its place in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// 1, 2, 3 … with each change.
    pub version: i64,
    pub worker: WorkerRow,
    pub posts: Vec<PostRow>,
}

/// Workers and branches one at a time. Every change is seen by all nodes (`people_version`).
#[async_trait]
pub trait People: Send + Sync {
    /// All workers with their posts, in order of id.
    async fn list_persons(&self) -> Result<Vec<PersonRow>>;
    async fn find_person(&self, id: WorkerId) -> Result<Option<PersonRow>>;
    /// Writes a worker with all posts; `version` is the one that was seen, 0 for a new one.
    /// Returns the version that it has now.
    ///
    /// # Errors
    /// `Stale` when the worker is not at that version, or a new one's id is in use.
    async fn put_person(&self, person: PersonRow, log: AdminEntry) -> Result<i64>;

    /// All branches with their versions, in order of code.
    async fn list_branches(&self) -> Result<Vec<(i64, BranchRow)>>;
    /// Writes a branch; `seen` is the version that was seen, 0 for a new one. Returns the version
    /// that it has now.
    ///
    /// # Errors
    /// `Stale` when the branch is not at that version; `Taken` when a new one's code is in use.
    async fn put_branch(&self, branch: BranchRow, seen: i64, log: AdminEntry) -> Result<i64>;
}
