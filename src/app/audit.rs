//! The audit: every issue's log is whole, unaltered, and tells the same as the issue itself.

use super::confide::{find_said, may_be_sealed};
use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::audit::{ChainError, verify_chain};
use crate::domain::issue::event::Event;
use crate::domain::issue::record::{Issue, replay};

const SCAN_ISSUES: usize = 500;
const FAULTS_MAX: usize = 100;

/// What the audit found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub issues: i64,
    pub events: i64,
    pub faulty: i64,
    /// Sealed notes whose key is not in the ring, so that they could not be compared.
    pub sealed_unread: i64,
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

/// The first sealed note that is not the one that was written. One whose key is not there is only
/// counted.
async fn find_wrong_note(
    ctx: &Ctx,
    events: &[Event],
    unread: &mut i64,
) -> Result<Option<ChainError>, AppError> {
    let Some(first) = events.iter().find(|event| may_be_sealed(event)) else { return Ok(None) };
    let mut said = find_said(ctx, first.issue).await?;
    for event in events {
        match said.remove(&event.seq) {
            Some(Err(AppError::NoSealKey(_))) => *unread += 1,
            Some(Ok(words)) if words.digest() == event.note_digest => {}
            Some(_) => return Ok(Some(ChainError::NoteAltered(event.seq))),
            None => {}
        }
    }
    // Notes of events that the log does not have.
    Ok(said.keys().next().map(|seq| ChainError::NoteAltered(*seq)))
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
            let wrong_note = find_wrong_note(ctx, &events, &mut audit.sealed_unread).await?;
            let chain = verify_chain(&events, issue.version, issue.head);
            let fault = match chain.and(wrong_note.map_or(Ok(()), Err)) {
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
