//! Who handles an issue for its lead department.

use super::App;
use super::extract::{At, SignedIn};
use super::issues::find;
use super::problem::ApiError;
use super::wire::Items;
use super::wire::issue::IssueBrief;
use crate::app::error::AppError;
use crate::app::told::list_handlers;
use crate::domain::id::AccountId;
use crate::domain::issue::record::Issue;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Puts in who handles issues, by name.
///
/// # Errors
/// The store is not available.
pub async fn name_assignees<'a>(
    app: &App,
    issues: &[Issue],
    briefs: impl Iterator<Item = &'a mut IssueBrief>,
) -> Result<(), AppError> {
    let mut ids: Vec<AccountId> =
        issues.iter().filter_map(|issue| issue.supervision.assignee).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let names = app.ctx.store.list_account_names(&ids).await?;
    for (issue, brief) in issues.iter().zip(briefs) {
        if let (Some(id), Some(told)) = (issue.supervision.assignee, &mut brief.assignee) {
            told.name = names.get(&id).cloned();
        }
    }
    Ok(())
}

/// Somebody who can be named to handle an issue.
#[derive(Serialize, ToSchema)]
#[schema(as = Handler)]
pub struct HandlerWire {
    pub id: String,
    pub name: String,
    /// Whether it is the reader.
    pub own: bool,
    /// Issues that are assigned to this person and that the department still has.
    pub open: i64,
}

/// Those to whom one may assign an issue: the active accounts that handle for its lead, by name.
#[utoipa::path(get, path = "/issues/{id}/handlers", tag = "issues",
    params(("id" = String, Path)),
    responses((status = 200, body = Items<HandlerWire>), (status = 403), (status = 404)))]
pub async fn list_issue_handlers(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<Items<HandlerWire>>, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let own = caller.actor.account();
    let handlers = list_handlers(&app.ctx, &caller.actor, &issue).await?;
    let items = handlers.into_iter().map(|(account, open)| HandlerWire {
        own: own == Some(account.id),
        id: account.id.to_string(),
        name: account.name,
        open,
    });
    Ok(Json(Items { items: items.collect() }))
}
