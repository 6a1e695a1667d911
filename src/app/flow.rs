//! Where issues wait, and how long what is done takes by kind, category and department.

use super::ctx::Ctx;
use super::error::AppError;
use super::measure::{Sums, gather, stand};
use super::window::Resolved;
use crate::domain::access::Scope;
use crate::domain::catalog::TimeType;
use crate::domain::issue::state::State;
use crate::domain::metrics::dwell::{Waiting, sum_stays};
use crate::domain::time::Day;
use crate::store::flow::StayQuery;
use crate::store::query::{Group, GroupBy};
use std::collections::BTreeMap;

/// The stays in each state that began in the window, as of its instant. The issues are those that
/// the scope counts as they are now.
///
/// # Errors
/// The store is not available.
pub async fn sum_flow(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
) -> Result<BTreeMap<State, Waiting>, AppError> {
    let snapshot = ctx.snapshot();
    let today = window.as_of.day_in(&snapshot.zone);
    let query = StayQuery {
        filter: window.filter.always(),
        from: window.from.start_in(&snapshot.zone),
        before: Day(window.to.min(today).0.saturating_add(1)).start_in(&snapshot.zone),
        as_of: window.as_of,
    };
    let stays = ctx.store.list_stays(&query, scope).await?;
    let calendar = snapshot.keeper.calendar.clone();
    let as_of = window.as_of;
    // Measuring the working time of a million stays takes a processor for a while.
    let summed = tokio::task::spawn_blocking(move || {
        sum_stays(&stays, as_of, |from, to| {
            calendar.elapsed(TimeType::WorkHour, (from, to), as_of).ok()
        })
    });
    summed.await.map_err(|error| AppError::Internal(error.to_string()))
}

/// What times are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesBy {
    Kind,
    Category,
    Department,
}

impl TimesBy {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "kind" => Some(TimesBy::Kind),
            "category" => Some(TimesBy::Category),
            "department" => Some(TimesBy::Department),
            _ => None,
        }
    }
}

/// The sums of a window by kind, category or lead department, by their codes.
///
/// # Errors
/// The store is not available.
pub async fn sum_times(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    by: TimesBy,
) -> Result<BTreeMap<String, Sums>, AppError> {
    let group = match by {
        TimesBy::Kind => GroupBy::Kind,
        TimesBy::Category => GroupBy::PathCategory,
        TimesBy::Department => GroupBy::Department,
    };
    let standing = stand(ctx, scope, window, &[group], false).await?;
    Ok(gather(ctx, window, &standing, 0, |group| match group {
        Group::Kind(kind) => Some(kind.to_string()),
        Group::PathCategory(_, category) => Some(category.to_string()),
        Group::Department(code) => code.as_ref().map(ToString::to_string),
        _ => None,
    }))
}
