//! Issues of a window within reach of a branch: their places are read, up to a limit, and held
//! against the branches in memory.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::measure::counted_by;
use super::window::Resolved;
use crate::domain::access::Scope;
use crate::domain::metrics::reach::{Reach, measure_reach};
use crate::store::query::IssueFilter;

/// The most places that are read. Issues at one place are one.
pub const PLACES_MAX: usize = 200_000;

/// Counts the reported issues of the window by whether a branch is within `metres`, and which is
/// the nearest. What is counted is what `reported` counts; disputes stand where counters have them.
///
/// # Errors
/// There are too many places, it is asked how things stood, or the store is not available.
pub async fn find_reach(
    ctx: &Ctx,
    scope: &Scope,
    window: &Resolved,
    metres: f64,
) -> Result<Reach, AppError> {
    if window.past {
        let says = say(
            "距离只按现在的党组织和事件计算，请去掉 as_of",
            "Reach goes by branches and issues as they are: leave out as_of",
        );
        return Err(AppError::field("as_of", says));
    }
    let snapshot = ctx.snapshot();
    let asked = &window.filter;
    let filter = IssueFilter {
        area: asked.area.clone(),
        kind: asked.kind,
        category: asked.category.clone(),
        department: asked.department.clone(),
        counted: Some(counted_by(&snapshot, "reported", window.days(), window.as_of)?),
        ..IssueFilter::default()
    };
    let places = ctx.store.count_places(&filter, PLACES_MAX, scope).await?;
    let places = places.ok_or_else(|| {
        let says = say(
            format!("事件地点超过 {PLACES_MAX} 处，请缩短时间或选择较小的区域"),
            format!("Over {PLACES_MAX} places: take a shorter time or a smaller area"),
        );
        AppError::field("from", says)
    })?;
    let measured =
        tokio::task::spawn_blocking(move || measure_reach(&snapshot.territory, &places, metres));
    measured.await.map_err(|error| AppError::Internal(error.to_string()))
}
