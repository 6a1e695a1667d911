//! Rows of issues follow the log: when the program reads logs in another way than the one that
//! wrote a row, the row is folded anew. A database of before becomes right by it.
//!
//! Invariant: no event is changed. What a row says that the log does not (texts) stays.

use super::clocks::{retime_all, save_row};
use super::ctx::Ctx;
use super::error::AppError;
use super::verify::rebuild_metrics;
use crate::domain::issue::clock::Clocks;
use crate::domain::issue::record::{Issue, replay};

/// How the log is read: it goes up when `evolve` makes another issue of the same events.
const FOLD_VERSION: &str = "1";
/// The setting that names the version by which all rows were folded.
const FOLDED_BY: &str = "issues_folded_by";
const SCAN_ISSUES: usize = 500;

/// Folds all rows anew if they were folded by another version, and says how many changed; `None`
/// when they are by this one.
///
/// # Errors
/// The store is not available. An issue that someone works on meanwhile is right with that step.
pub async fn refold_if_stale(ctx: &Ctx) -> Result<Option<usize>, AppError> {
    let settings = ctx.store.list_settings().await?;
    if settings.iter().any(|(name, value)| name == FOLDED_BY && value == FOLD_VERSION) {
        return Ok(None);
    }
    let (mut changed, mut after) = (0, None);
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            after = Some(issue.id);
            changed += usize::from(refold(ctx, issue).await?);
        }
        if issues.len() < SCAN_ISSUES {
            break;
        }
    }
    if changed > 0 {
        // The counters follow the log, as it is read now.
        rebuild_metrics(ctx).await?;
        retime_all(ctx).await?;
    }
    ctx.store.put_setting(FOLDED_BY, FOLD_VERSION).await?;
    Ok(Some(changed))
}

/// Folds one row anew; whether that changed it.
async fn refold(ctx: &Ctx, issue: &Issue) -> Result<bool, AppError> {
    let events = ctx.store.list_events(issue.id).await?;
    // A log that makes no issue is a finding of the audit, and no reason not to start.
    let Ok(told) = replay(&events) else { return Ok(false) };
    let mut told = Issue { text: issue.text.clone(), address: issue.address.clone(), ..told };
    if issue.clocks == Clocks::default() {
        // Of a time before there were clocks: the job that fills them in comes later.
        told.clocks = Clocks::default();
    }
    if told == *issue || told.version != issue.version || told.head != issue.head {
        return Ok(false);
    }
    save_row(ctx, told).await
}
