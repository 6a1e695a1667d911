//! Retention: what is personal is erased a time after an issue has ended. The log stays whole: its
//! hashes cover digests of notes, not the notes.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::issue::kind::Kind;
use crate::domain::retention::Terms;

/// Issues that are erased in one transaction.
const BATCH_ISSUES: usize = 100;

/// Erases what is past its term, and says of how many issues. Every node may run it at any time:
/// what is erased already is not erased again.
///
/// # Errors
/// The setting cannot be read, or the store is not available.
pub async fn erase_due(ctx: &Ctx) -> Result<usize, AppError> {
    let terms = Terms::parse(&ctx.instance().retention)
        .map_err(|error| AppError::Internal(format!("the setting retention: {error}")))?;
    let now = ctx.now();
    let mut erased = 0;
    for kind in Kind::ALL {
        let before = terms.ended_before(kind, now);
        loop {
            let due = ctx.store.list_erasable(kind, before, BATCH_ISSUES).await?;
            let whole = due.len() == BATCH_ISSUES;
            let done = ctx.store.erase_personal(due, now).await?;
            erased += done;
            // What another node or a step came before is looked at again the next time.
            if !whole || done == 0 {
                break;
            }
        }
    }
    Ok(erased)
}
