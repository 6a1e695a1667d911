//! Are the counters right? They are compared with the log of events, or built anew from it.

use super::ctx::Ctx;
use super::error::AppError;
use crate::store::query::CounterCheck;

/// Compares the kept counters, and the rows of issues, with what the logs lead to.
///
/// # Errors
/// The store is not available, or a log leads nowhere.
pub async fn verify_metrics(ctx: &Ctx) -> Result<CounterCheck, AppError> {
    Ok(ctx.store.check_rollups(&ctx.instance().time_zone).await?)
}

/// Builds the counters anew if they are of another version than this program counts by, and says of
/// how many issues; `None` when they are of this one. A database of before becomes right by it.
///
/// # Errors
/// The store is not available, or a log leads nowhere.
pub async fn renew_metrics(ctx: &Ctx) -> Result<Option<i64>, AppError> {
    Ok(ctx.store.renew_rollups(ctx.instance().time_zone).await?)
}

/// Builds all counters anew from the logs; returns how many issues there are.
///
/// # Errors
/// The store is not available, or a log leads nowhere.
pub async fn rebuild_metrics(ctx: &Ctx) -> Result<i64, AppError> {
    Ok(ctx.store.replace_rollups(ctx.instance().time_zone).await?)
}
