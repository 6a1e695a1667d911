//! Documents with versions, and settings.

use super::StoreError;
use super::admin::AdminEntry;
use crate::domain::id::AccountId;
use crate::domain::time::{Day, Timestamp};
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// A version of a document, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackRow {
    pub version: i64,
    pub note: String,
    pub created: Timestamp,
}

/// That a version of a document comes into force, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationRow {
    /// 1, 2, 3 … in the order in which they were decided.
    pub ordinal: i64,
    pub version: i64,
    /// The first day in force.
    pub from: Day,
    pub at: Timestamp,
    /// `None` for the command line.
    pub actor: Option<AccountId>,
    pub note: String,
    /// How many errors of the check were overridden.
    pub errors: i64,
    pub override_reason: Option<String>,
}

/// Versioned documents and settings.
#[async_trait]
pub trait Packs: Send + Sync {
    /// Adds the next version of a document and returns its number.
    async fn put_pack(&self, kind: &str, body: &str, note: &str, at: Timestamp) -> Result<i64>;
    /// As [`Packs::put_pack`], if the latest version is still the one that was seen; 0 for none.
    ///
    /// # Errors
    /// `Stale` when there is another.
    async fn put_pack_after(
        &self,
        seen: i64,
        document: (&str, &str, &str),
        at: Timestamp,
    ) -> Result<i64>;
    /// The latest version: number and body.
    async fn find_pack(&self, kind: &str) -> Result<Option<(i64, String)>>;
    /// The body of one version.
    async fn load_pack(&self, kind: &str, version: i64) -> Result<Option<String>>;
    /// All versions, the latest first.
    async fn list_packs(&self, kind: &str) -> Result<Vec<PackRow>>;
    /// Appends an activation; its ordinal is the one after those that its decision saw.
    ///
    /// # Errors
    /// `Stale` when another was appended meanwhile.
    async fn append_activation(
        &self,
        kind: &str,
        row: ActivationRow,
        log: Option<AdminEntry>,
    ) -> Result<()>;
    /// All activations, in order.
    async fn list_activations(&self, kind: &str) -> Result<Vec<ActivationRow>>;
    async fn put_setting(&self, name: &str, value: &str) -> Result<()>;
    /// Writes settings together, if their count of changes is still the one that was seen; whatever
    /// it is when none was. Returns the new count.
    ///
    /// # Errors
    /// `Stale` when there was another change.
    async fn put_settings(&self, settings: Vec<(String, String)>, seen: Option<i64>)
    -> Result<i64>;
    async fn list_settings(&self) -> Result<Vec<(String, String)>>;
    /// The versions that there are, to be compared cheaply: packs, activations, territory, people.
    async fn find_versions(&self) -> Result<Vec<(String, i64)>>;
}
