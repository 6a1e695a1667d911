//! Issues as tables take them: few columns of many.

use super::StoreError;
use super::query::{PageQuery, Seek, Sort};
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::{CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// What a table tells of an issue. Of disputes it tells what anyone may know who has the issue in
/// scope: neither words nor address, and the middle of a coarse cell for a place.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRow {
    pub id: IssueId,
    pub number: String,
    pub kind: Kind,
    pub category: CategoryCode,
    pub severity: Severity,
    pub state: State,
    pub text: Option<String>,
    pub address: Option<String>,
    /// Longitude and latitude in degrees.
    pub position: (f64, f64),
    pub path: AreaPath,
    /// Lead, or before dispatch the department proposed.
    pub department: Option<DepartmentCode>,
    pub reported: Timestamp,
    pub filed: Option<Timestamp>,
    pub due: Option<Timestamp>,
    pub handled: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    pub returns: i64,
    pub reworks: i64,
    pub source: String,
}

impl ExportRow {
    /// Where the page after this row begins.
    pub fn seek(&self, sort: Sort) -> Seek {
        Seek::past(self.id, self.reported, self.due, sort)
    }
}

/// Reading issues for tables.
#[async_trait]
pub trait Exports: Send + Sync {
    /// The rows of a page; fewer than its limit when no more follow.
    async fn list_export(
        &self,
        query: &PageQuery,
        scope: &Scope,
    ) -> Result<Vec<ExportRow>, StoreError>;
}
