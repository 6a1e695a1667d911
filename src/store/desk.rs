//! What a desk keeps beside the issues: saved views, handover notes, templates for replies.

use super::StoreError;
use crate::domain::access::AreaPath;
use crate::domain::id::{AccountId, DepartmentCode};
use crate::domain::time::Timestamp;
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRow {
    pub id: String,
    pub account: AccountId,
    pub name: String,
    /// What the list asks for, as the query of an address.
    pub filter: String,
    /// Its place among the views of its owner.
    pub ordinal: i64,
    /// The office that it is shared with; `None` for the owner alone.
    pub office: Option<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
}

/// The note of one shift to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverRow {
    pub id: String,
    pub area: String,
    /// The area's place in the tree as it was then.
    pub path: AreaPath,
    pub account: AccountId,
    /// The author's name as it was then.
    pub author: String,
    pub at: Timestamp,
    pub text: String,
    /// How many issues waited for what, as JSON.
    pub counts: String,
}

/// Which handover notes; the latest first.
#[derive(Clone, Debug, Default)]
pub struct HandoverQuery {
    /// Of these subtrees; `None` for any.
    pub within: Option<Vec<AreaPath>>,
    /// Of this area alone.
    pub area: Option<String>,
    /// Time and id of the note after which a page begins.
    pub after: Option<(Timestamp, String)>,
    pub limit: usize,
}

/// A template for replies of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
    pub id: String,
    pub department: DepartmentCode,
    pub name: String,
    pub text: String,
    pub updated_by: AccountId,
    pub updated: Timestamp,
}

/// What a desk keeps.
#[async_trait]
pub trait Desks: Send + Sync {
    /// The account's own views and those shared with one of the offices, in order.
    async fn list_views(&self, account: AccountId, offices: &[String]) -> Result<Vec<ViewRow>>;
    async fn find_view(&self, id: &str) -> Result<Option<ViewRow>>;
    /// Adds a view, or replaces the one with its id.
    async fn put_view(&self, view: ViewRow) -> Result<()>;
    /// Whether there was such a view.
    async fn delete_view(&self, id: &str) -> Result<bool>;

    /// Adds a note. Nothing changes or removes one.
    async fn insert_handover(&self, note: HandoverRow) -> Result<()>;
    async fn list_handovers(&self, query: &HandoverQuery) -> Result<Vec<HandoverRow>>;

    /// The templates of the departments, by name.
    async fn list_templates(&self, departments: &[DepartmentCode]) -> Result<Vec<TemplateRow>>;
    async fn find_template(&self, id: &str) -> Result<Option<TemplateRow>>;
    /// Adds a template, or replaces the one with its id.
    async fn put_template(&self, template: TemplateRow) -> Result<()>;
    /// Whether there was such a template.
    async fn delete_template(&self, id: &str) -> Result<bool>;
}
