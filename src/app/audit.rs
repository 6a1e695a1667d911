//! The audit: every issue's log is whole, unaltered, and tells the same as the issue itself.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::audit::verify_chain;
use crate::domain::issue::record::{Issue, replay};

const SCAN_ISSUES: usize = 500;
const FAULTS_MAX: usize = 100;

/// What the audit found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub issues: i64,
    pub events: i64,
    pub faulty: i64,
    /// The first faults: the issue's number and what is wrong.
    pub faults: Vec<String>,
}

/// What the log and the issue disagree about; texts are not in the log.
fn disagreement(issue: &Issue, told: &Issue) -> Option<String> {
    let mut told = told.clone();
    told.text.clone_from(&issue.text);
    told.address.clone_from(&issue.address);
    (told != *issue).then(|| "the log does not lead to the issue as it is kept".to_owned())
}

/// Verifies all issues. `progress` is told how many have been verified.
///
/// # Errors
/// The store is not available.
pub async fn verify_audit(ctx: &Ctx, progress: impl Fn(i64)) -> Result<Audit, AppError> {
    let mut audit = Audit::default();
    let mut after = None;
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            after = Some(issue.id);
            let events = ctx.store.list_events(issue.id).await?;
            audit.issues += 1;
            audit.events += i64::try_from(events.len()).unwrap_or(i64::MAX);
            let fault = match verify_chain(&events, issue.version, issue.head) {
                Err(error) => Some(error.to_string()),
                Ok(()) => match replay(&events) {
                    Err(error) => Some(error.to_string()),
                    Ok(told) => disagreement(issue, &told),
                },
            };
            if let Some(fault) = fault {
                audit.faulty += 1;
                if audit.faults.len() < FAULTS_MAX {
                    audit.faults.push(format!("{}: {fault}", issue.number));
                }
            }
        }
        progress(audit.issues);
        if issues.len() < SCAN_ISSUES {
            return Ok(audit);
        }
    }
}
