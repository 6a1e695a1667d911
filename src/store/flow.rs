//! The port to the stays of issues in states: see [`crate::domain::metrics::dwell`].

use super::StoreError;
use super::query::RollupFilter;
use crate::domain::access::Scope;
use crate::domain::metrics::dwell::Stay;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Which stays.
#[derive(Clone, Debug)]
pub struct StayQuery {
    /// Area, kind, category and department of the issues, as they are now; days are not read.
    pub filter: RollupFilter,
    /// Stays that began from this instant …
    pub from: Timestamp,
    /// … and before this one.
    pub before: Timestamp,
    /// What happened later is not known.
    pub as_of: Timestamp,
}

/// Stays, told by the log of events.
#[async_trait]
pub trait Flows: Send + Sync {
    /// The stays in any state that began in the window, of the issues that the scope counts. It
    /// reads the whole log of each issue touched in the window; two may run at a time, more wait.
    async fn list_stays(&self, query: &StayQuery, scope: &Scope) -> Result<Vec<Stay>, StoreError>;
}
