//! One action for many issues: a preview that says of each what would happen or why not, and the
//! application with the versions that were previewed.

use super::App;
use super::action::ActionWire;
use super::extract::{Body, SignedIn};
use super::issues::action_request;
use super::problem::ApiError;
use super::reports::request_key;
use super::wire::Texts;
use crate::app::bulk::{self, Bulk, Fate, Picked};
use crate::app::error::say;
use crate::domain::issue::state::Action;
use crate::domain::issue::workflow::{self, undone_by};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// One action, and the issues that it is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkWire {
    pub step: ActionWire,
    /// Each to the department that the matrix proposes for it, in place of `step.department`.
    #[serde(default)]
    pub to_proposed: bool,
    /// At most 200.
    pub issues: Vec<BulkIssueWire>,
}

/// An issue, and the version of it that was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkIssueWire {
    pub id: String,
    /// Needed to apply; a preview tells it.
    #[serde(default)]
    pub version: Option<i64>,
}

/// What became of one issue, or what would.
#[derive(Serialize, ToSchema)]
pub struct BulkFateWire {
    pub id: String,
    /// Null for what is not within one's scope.
    pub number: Option<String>,
    /// The version to apply with; after applying, the version that it has now.
    pub version: Option<i64>,
    pub from: Option<String>,
    /// The state that the step leads to; null where it is refused.
    pub to: Option<String>,
    /// The lead department's code after the step.
    pub lead: Option<String>,
    pub ok: bool,
    /// Of a refusal: the code that the single action would have answered with.
    pub code: Option<String>,
    pub why: Option<Texts>,
}

/// What became of all of them, in the order in which they were named.
#[derive(Serialize, ToSchema)]
pub struct BulkAnswerWire {
    pub items: Vec<BulkFateWire>,
    pub done: usize,
    pub refused: usize,
    /// The action that takes this one back, where the workflow has one.
    pub undo: Option<String>,
}

fn inverse_of(action: Action) -> Option<Action> {
    workflow::rows().map(|row| row.action).find(|back| undone_by(*back).contains(&action))
}

fn fate_wire(fate: Fate, applied: bool) -> BulkFateWire {
    let before = fate.before.as_ref();
    let mut wire = BulkFateWire {
        id: fate.id,
        number: before.map(|issue| issue.number.clone()),
        version: before.map(|issue| issue.version),
        from: before.map(|issue| issue.state.to_string()),
        to: None,
        lead: None,
        ok: false,
        code: None,
        why: None,
    };
    match fate.after {
        Ok(after) => {
            wire.ok = true;
            wire.to = Some(after.state.to_string());
            wire.lead = after.lead.as_ref().map(ToString::to_string);
            if applied {
                wire.version = Some(after.version);
            }
        }
        Err(error) => {
            let (code, says) = ApiError::from(error).told();
            wire.code = Some(code.to_owned());
            wire.why = Some(says.into());
        }
    }
    wire
}

fn answer(action: Action, fates: Vec<Fate>, applied: bool) -> Json<BulkAnswerWire> {
    let items: Vec<BulkFateWire> = fates.into_iter().map(|fate| fate_wire(fate, applied)).collect();
    let done = items.iter().filter(|item| item.ok).count();
    let refused = items.len() - done;
    let undo = inverse_of(action).map(|action| action.to_string());
    Json(BulkAnswerWire { items, done, refused, undo })
}

fn read(app: &App, wire: BulkWire) -> Result<(Bulk, Vec<Picked>), ApiError> {
    let (action, request) = action_request(app, wire.step)?;
    if wire.to_proposed && request.department.is_some() {
        let says = say(
            "已指定部门，不能同时派往建议部门",
            "Either a department or the proposed one, not both",
        );
        return Err(ApiError::invalid("to_proposed", says));
    }
    let picked = wire.issues.into_iter().map(|one| Picked { id: one.id, version: one.version });
    Ok((Bulk { action, request, to_proposed: wire.to_proposed }, picked.collect()))
}

/// What an action would do to each of up to 200 issues, or why it would be refused; nothing is
/// kept. What is not within one's scope is not found.
#[utoipa::path(post, path = "/issues/bulk/preview", tag = "issues", request_body = BulkWire,
    responses((status = 200, body = BulkAnswerWire), (status = 401), (status = 422)))]
pub async fn preview_bulk(
    State(app): State<App>,
    caller: SignedIn,
    Body(wire): Body<BulkWire>,
) -> Result<Json<BulkAnswerWire>, ApiError> {
    let (bulk, picked) = read(&app, wire)?;
    let fates = bulk::preview(&app.ctx, &caller.actor, &bulk, &picked).await?;
    Ok(answer(bulk.action, fates, false))
}

/// Takes an action on each of up to 200 issues, at the versions that were previewed; each is a
/// change of its own, and one that is refused stops no other. With an Idempotency-Key it may be
/// sent as often as need be.
#[utoipa::path(post, path = "/issues/bulk", tag = "issues", request_body = BulkWire,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = BulkAnswerWire), (status = 401), (status = 422)))]
pub async fn apply_bulk(
    State(app): State<App>,
    caller: SignedIn,
    headers: HeaderMap,
    Body(wire): Body<BulkWire>,
) -> Result<Json<BulkAnswerWire>, ApiError> {
    let (bulk, picked) = read(&app, wire)?;
    // Everything that was asked for, in a form that says the same for the same request.
    let fingerprint = hex::encode(Sha256::digest(format!("{bulk:?} {picked:?}")));
    let key = request_key(&headers, fingerprint)?;
    let fates = bulk::apply(&app.ctx, &caller.actor, &bulk, &picked, key.as_ref()).await?;
    Ok(answer(bulk.action, fates, true))
}
