//! What a use case writes: everything that one decision changes, applied in one transaction.

use super::admin::AdminEntry;
use super::care::CareChange;
use crate::domain::id::{AccountId, AttachmentId, IssueId};
use crate::domain::issue::event::Event;
use crate::domain::issue::notice::Notice;
use crate::domain::issue::record::Issue;
use crate::domain::metrics::contribution::Deltas;
use crate::domain::time::Timestamp;

/// One issue's new state with the events that made it.
#[derive(Clone, Debug)]
pub struct Save {
    /// The version that the decision saw; 0 for a new issue.
    pub version_seen: i64,
    pub issue: Issue,
    pub events: Vec<Event>,
}

/// A photo's record; its bytes are in the object store under the hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub issue: IssueId,
    /// SHA-256 of the original's bytes, in hexadecimal.
    pub sha256: String,
    pub media_type: String,
    pub size_bytes: i64,
    /// Pixels.
    pub width: i64,
    pub height: i64,
    /// `report`, `before`, `after` or `evidence`.
    pub purpose: String,
    pub at: Timestamp,
    /// The camera's claims, for evidence alone: when, and the WGS-84 position.
    pub taken_at: Option<Timestamp>,
    pub taken_position: Option<(f64, f64)>,
}

/// Where somebody stood who arrived or checked in: kept for a time only.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    pub issue: IssueId,
    /// The event that it belongs to.
    pub seq: i64,
    pub account: AccountId,
    /// WGS-84 longitude and latitude.
    pub position: (f64, f64),
    pub at: Timestamp,
}

/// Who reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub phone: String,
}

/// A routing decision as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoute {
    pub issue: IssueId,
    /// The issue's version at which it was decided.
    pub seq: i64,
    pub at: Timestamp,
    pub matrix_version: i64,
    /// The trace as JSON.
    pub trace: String,
}

/// The mark by which a repeated request is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is: an account's id, or `anonymous`.
    pub scope: String,
    pub key: String,
    /// A digest of the request, so that another request under the same key is noticed.
    pub fingerprint: String,
    pub issue: IssueId,
}

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: String,
    pub notice: Notice,
    pub at: Timestamp,
}

/// Everything that one decision changes.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The district that the large tables are divided by.
    pub district: String,
    pub at: Timestamp,
    pub saves: Vec<Save>,
    pub deltas: Deltas,
    pub routes: Vec<StoredRoute>,
    pub attachments: Vec<Attachment>,
    pub contacts: Vec<(IssueId, Contact)>,
    /// The codes of reports' receipts.
    pub codes: Vec<(IssueId, String)>,
    pub presences: Vec<Presence>,
    /// Those that were told before are left as they are.
    pub notices: Vec<NoticeRow>,
    pub idempotency: Option<Idempotency>,
    /// What the kinds have of their own.
    pub care: CareChange,
    /// Files on their way that this takes, by id.
    pub uploads: Vec<String>,
    /// What an administrator did by it.
    pub log: Option<AdminEntry>,
    /// How far an import has come with this change.
    pub import_progress: Option<ImportRun>,
}

impl Change {
    /// Whether it brings new issues and touches no others: any two such changes can be written
    /// together, because neither depends on what the other leaves.
    pub fn is_fresh(&self) -> bool {
        let care = &self.care;
        self.saves.iter().all(|save| save.version_seen == 0)
            && !self.saves.is_empty()
            && self.uploads.is_empty()
            && self.log.is_none()
            && self.import_progress.is_none()
            && care.sealed_notes.is_empty()
            && care.sealed_contacts.is_empty()
    }

    /// Whether it has nothing but what nearly all have: issues, events, counters, traces of
    /// routing, who reported, and keys.
    pub fn is_plain(&self) -> bool {
        // Each by its name, so that whatever is added has to be thought of here.
        let Self {
            district: _,
            at: _,
            saves: _,
            deltas: _,
            routes: _,
            attachments,
            contacts: _,
            codes: _,
            presences,
            notices,
            idempotency: _,
            care,
            uploads,
            log,
            import_progress,
        } = self;
        attachments.is_empty()
            && presences.is_empty()
            && notices.is_empty()
            && care.is_empty()
            && uploads.is_empty()
            && log.is_none()
            && import_progress.is_none()
    }
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Done,
    /// The key was used before, for this issue with this fingerprint; nothing was written.
    Replayed {
        issue: IssueId,
        fingerprint: String,
    },
}

/// How far an import of history has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// A digest of the file, the mapping and the district.
    pub id: String,
    /// The last line that is settled, counted from 1 for the first line after the header.
    pub line: i64,
    pub imported: i64,
    pub skipped: i64,
    pub refused: i64,
    pub finished: bool,
}
