//! All open issues, a page at a time, whoever may read them: for work that concerns each of them.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::access::Scope;
use crate::domain::issue::record::Issue;
use crate::store::query::{IssueFilter, PageQuery, Seek, Sort};

const PAGE_ISSUES: usize = 200;

/// A walk through the open issues, the oldest first.
pub struct OpenIssues {
    query: PageQuery,
    more: bool,
}

impl OpenIssues {
    pub fn new() -> Self {
        let filter = IssueFilter { open: Some(true), ..IssueFilter::default() };
        let (sort, limit) = (Sort::OldestFirst, PAGE_ISSUES);
        Self { query: PageQuery { filter, sort, after: None, limit }, more: true }
    }

    /// The next page; `None` behind the last.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn next(&mut self, ctx: &Ctx) -> Result<Option<Vec<Issue>>, AppError> {
        if !self.more {
            return Ok(None);
        }
        let page = ctx.store.list_issues(&self.query, &Scope::everything()).await?;
        self.query.after = page.items.last().map(|last| Seek::after(last, self.query.sort));
        self.more = page.more;
        Ok(Some(page.items))
    }
}
