//! Are the counters right? They are compared with the sum over all issues, or built anew from it.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::metrics::contribution::{Deltas, add_contribution};

/// How many counters differ from what the issues add up to, with the first few of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verification {
    pub issues: i64,
    pub counters: usize,
    pub differing: usize,
    /// Readable lines: the counter, what is kept, what should be.
    pub examples: Vec<String>,
}

const EXAMPLES_MAX: usize = 20;
const SCAN_ISSUES: usize = 5_000;

/// Compares the kept counters with the sum over all issues.
///
/// # Errors
/// The store is not available.
pub async fn verify_metrics(ctx: &Ctx) -> Result<Verification, AppError> {
    let zone = &ctx.snapshot().zone;
    let kept = ctx.store.load_rollups().await?;
    let mut truth = Deltas::new();
    let mut verification = Verification::default();
    let mut after = None;
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            add_contribution(&mut truth, issue, zone, 1);
            after = Some(issue.id);
        }
        verification.issues += i64::try_from(issues.len()).unwrap_or(i64::MAX);
        if issues.len() < SCAN_ISSUES {
            break;
        }
    }
    verification.counters = truth.len();
    let keys: std::collections::BTreeSet<_> = kept.keys().chain(truth.keys()).collect();
    for key in keys {
        let (has, should) = (kept.get(key).copied(), truth.get(key).copied());
        if has.unwrap_or(0) != should.unwrap_or(0) {
            verification.differing += 1;
            if verification.examples.len() < EXAMPLES_MAX {
                verification.examples.push(format!(
                    "{} {} {} {}: kept {}, should be {}",
                    key.day,
                    key.bin.path,
                    key.bin.category,
                    key.measure,
                    has.unwrap_or(0),
                    should.unwrap_or(0)
                ));
            }
        }
    }
    Ok(verification)
}

/// Builds the counters anew if they are of another version than this program counts by, and says of
/// how many issues; `None` when they are of this one. A database of before becomes right by it.
///
/// # Errors
/// The store is not available.
pub async fn renew_metrics(ctx: &Ctx) -> Result<Option<i64>, AppError> {
    Ok(ctx.store.renew_rollups(ctx.instance().time_zone).await?)
}

/// Builds all counters anew from the issues; returns how many issues there are.
///
/// # Errors
/// The store is not available.
pub async fn rebuild_metrics(ctx: &Ctx) -> Result<i64, AppError> {
    Ok(ctx.store.replace_rollups(ctx.instance().time_zone).await?)
}
