//! What the store keeps of a kind's own matters, and its port: sealed texts, claims, summons,
//! published answers and wishes, retention.

use super::StoreError;
use super::change::Contact;
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::IssueId;
use crate::domain::issue::care::{ClaimState, Risk};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::time::{Day, Timestamp};
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// How every sealed text begins, and no other text that is kept where one may be.
pub const SEALED_PREFIX: &str = "sealed:1:";

/// A sealed text to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub issue: IssueId,
    /// `parties`, `agreement`, or `note:` with the number of an event.
    pub part: String,
    /// As it was sealed; never plain.
    pub body: String,
}

/// A sealed text as it is kept: also the `text` and `address` of a dispute, and the `contact_name`
/// and `contact_phone` of its reporter.
pub type SealedText = Sealed;

/// A note of a dispute that stands in its log and should be sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainNote {
    pub issue: IssueId,
    pub seq: i64,
    pub note: String,
}

/// Who claims a wish.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Claimant {
    pub name: String,
    pub phone: String,
    pub organisation: String,
}

/// Something that a level of the territory has to know at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summons {
    pub id: String,
    pub issue: IssueId,
    /// One of [`Summons::KINDS`].
    pub kind: &'static str,
    /// A role.
    pub audience: &'static str,
    /// The subtree whose audience is meant.
    pub area_path: String,
    pub at: Timestamp,
    /// The same summons is written once.
    pub dedupe: String,
}

impl Summons {
    pub const KINDS: [&'static str; 2] = ["major_hazard", "risk"];
    pub const AUDIENCES: [&'static str; 2] = ["leader", "duty_supervisor"];

    pub fn parse_kind(text: &str) -> Option<&'static str> {
        Self::KINDS.into_iter().find(|kind| *kind == text)
    }

    pub fn parse_audience(text: &str) -> Option<&'static str> {
        Self::AUDIENCES.into_iter().find(|audience| *audience == text)
    }
}

/// What a change brings beside issues and events.
#[derive(Clone, Debug, Default)]
pub struct CareChange {
    pub sealed: Vec<Sealed>,
    /// Events, by issue and number, whose notes are sealed by this change and leave the log.
    pub sealed_notes: Vec<(IssueId, i64)>,
    /// Contacts that take the place of those that are kept.
    pub sealed_contacts: Vec<(IssueId, Contact)>,
    /// The issue, the event by which it was claimed, and who claims.
    pub claims: Vec<(IssueId, i64, Claimant)>,
    pub summons: Vec<Summons>,
}

impl CareChange {
    pub fn is_empty(&self) -> bool {
        let Self { sealed, sealed_notes, sealed_contacts, claims, summons } = self;
        sealed.is_empty()
            && sealed_notes.is_empty()
            && sealed_contacts.is_empty()
            && claims.is_empty()
            && summons.is_empty()
    }
}

/// Which summons; the latest first.
#[derive(Clone, Debug, Default)]
pub struct SummonsQuery {
    pub issue: Option<IssueId>,
    /// Roles with the subtrees in which they are held; `None` for whoever is meant.
    pub readers: Option<Vec<(&'static str, Option<AreaPath>)>>,
    pub after: Option<(Timestamp, String)>,
    pub limit: usize,
}

/// Which issues, by a kind's own matters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CareFilter {
    pub risk: Option<Risk>,
    /// Major hazards without a control measure.
    pub needs_control: bool,
    /// Agreements to be looked after up to this day.
    pub visit_due_by: Option<Day>,
    pub claim: Option<ClaimState>,
}

/// Published answers, or open wishes; the latest first.
#[derive(Clone, Debug)]
pub struct PublicQuery {
    pub wishes: bool,
    pub after: Option<(Timestamp, IssueId)>,
    /// This one alone.
    pub only: Option<IssueId>,
    pub limit: usize,
}

/// A published opinion with the words that the office published.
#[derive(Clone, Debug)]
pub struct PublicItem {
    pub issue: Issue,
    pub words: String,
    pub organisation: Option<String>,
    pub helper_name: Option<String>,
}

/// An issue whose term has passed, at the version that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub issue: IssueId,
    pub version: i64,
}

/// A kind's own matters.
#[async_trait]
pub trait Cares: Send + Sync {
    /// The sealed texts of an issue. The caller has read the issue in scope, and writes into its
    /// log that the parties and the agreement are read before he shows any of them.
    async fn find_sealed(&self, issue: IssueId) -> Result<Vec<SealedText>>;

    /// Sealed texts that do not begin with `prefix`, after a place in their order: for sealing
    /// them anew. Texts of disputes that were never sealed are among them.
    async fn list_sealed_by_others(
        &self,
        prefix: &str,
        after: Option<(IssueId, String)>,
        limit: usize,
    ) -> Result<Vec<SealedText>>;

    /// Notes of disputes that stand in the log, after a place in their order: for sealing them.
    async fn list_plain_notes(
        &self,
        after: Option<(IssueId, i64)>,
        limit: usize,
    ) -> Result<Vec<PlainNote>>;

    /// Takes notes out of the log and keeps them sealed, each only while it is as it was read;
    /// says how many were.
    async fn seal_notes(&self, notes: Vec<(PlainNote, Sealed)>) -> Result<usize>;

    /// Replaces sealed texts, each only while it is as it was read; says how many were.
    async fn reseal(&self, texts: Vec<(SealedText, Sealed)>) -> Result<usize>;

    /// Who claimed. The caller has read the issue in scope.
    async fn find_claimant(&self, issue: IssueId, seq: i64) -> Result<Option<Claimant>>;

    /// Summons of issues within the scope.
    async fn list_summons(&self, query: &SummonsQuery, scope: &Scope) -> Result<Vec<Summons>>;

    /// What the office has published. Anyone may read it, so there is no scope; of the issue
    /// itself the caller shows nothing but what is coarse.
    async fn list_public(&self, page: &PublicQuery) -> Result<Vec<PublicItem>>;

    /// Issues of a kind that ended before an instant and still hold what is personal, in order of
    /// id: for retention.
    async fn list_erasable(
        &self,
        kind: Kind,
        ended_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Erasure>>;

    /// Erases contact, notes, sealed texts, and of disputes the text itself; an issue that has
    /// changed since is left for the next time. Says how many were erased.
    async fn erase_personal(&self, all: Vec<Erasure>, at: Timestamp) -> Result<usize>;
}
