//! What anyone may read: published answers, and small wishes that wait for someone able.

use super::App;
use super::extract::{At, Body, Caller, Lang, Params, SignedIn};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::problem::ApiError;
use super::wire::Page;
use super::wire::care::{GiveUpWire, OfferHelpWire, OfferedWire, PublicWire, public_wire};
use super::wire::issue::View;
use crate::app::wish::{claim_wish, give_up_claim, list_public};
use crate::domain::access::Actor;
use crate::domain::id::IssueId;
use crate::domain::issue::record::Issue;
use crate::domain::time::Timestamp;
use crate::store::care::{Claimant, PublicItem, PublicQuery};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublicPage {
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

fn parse_cursor(text: &str) -> Option<(Timestamp, IssueId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp(at.parse().ok()?), IssueId::parse(id)?))
}

fn cursor_of(item: &PublicItem) -> Option<String> {
    let published = item.issue.care.published?;
    Some(format!("{}_{}", published.at.0, item.issue.id))
}

async fn page(
    app: &App,
    lang: Lang,
    asked: &PublicPage,
    wishes: bool,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    let query = PublicQuery {
        wishes,
        after: parse_word("cursor", asked.cursor.as_ref(), parse_cursor)?,
        only: None,
        limit: asked.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
    };
    let (items, more) = list_public(&app.ctx, &query).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &Actor::Anonymous };
    Ok(Json(Page {
        items: items.iter().map(|item| public_wire(&view, item, wishes)).collect(),
        next_cursor: items.last().filter(|_| more).and_then(cursor_of),
        total: None,
    }))
}

/// Published answers to opinions, the latest first.
#[utoipa::path(get, path = "/public/answers", tag = "reports", params(PublicPage),
    responses((status = 200, body = Page<PublicWire>), (status = 422)))]
pub async fn list_answers(
    State(app): State<App>,
    lang: Lang,
    Params(asked): Params<PublicPage>,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    page(&app, lang, &asked, false).await
}

/// Published small wishes that are not yet fulfilled, the latest first.
#[utoipa::path(get, path = "/public/wishes", tag = "reports", params(PublicPage),
    responses((status = 200, body = Page<PublicWire>), (status = 422)))]
pub async fn list_wishes(
    State(app): State<App>,
    lang: Lang,
    Params(asked): Params<PublicPage>,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    page(&app, lang, &asked, true).await
}

fn offered(issue: &Issue) -> Json<OfferedWire> {
    Json(OfferedWire { claim: issue.care.claim.map(|claim| claim.state.to_string()) })
}

fn parse_id(id: &str) -> Result<IssueId, ApiError> {
    IssueId::parse(id).ok_or_else(ApiError::not_found)
}

/// Offers to fulfil a wish; the office decides on it.
#[utoipa::path(post, path = "/public/wishes/{id}/claim", tag = "reports",
    params(("id" = String, Path)), request_body = OfferHelpWire,
    responses((status = 200, body = OfferedWire), (status = 404), (status = 409), (status = 422)))]
pub async fn claim_public_wish(
    State(app): State<App>,
    caller: Caller,
    At(id): At<String>,
    Body(wire): Body<OfferHelpWire>,
) -> Result<Json<OfferedWire>, ApiError> {
    let OfferHelpWire { name, phone, organisation, note } = wire;
    let who = Claimant { name, phone, organisation };
    let issue = claim_wish(&app.ctx, &caller.actor, parse_id(&id)?, who, note).await?;
    Ok(offered(&issue))
}

/// Gives up one's own offer to fulfil a wish.
#[utoipa::path(post, path = "/public/wishes/{id}/unclaim", tag = "reports",
    params(("id" = String, Path)), request_body = GiveUpWire,
    responses((status = 200, body = OfferedWire), (status = 403), (status = 404), (status = 409)))]
pub async fn unclaim_public_wish(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
    Body(wire): Body<GiveUpWire>,
) -> Result<Json<OfferedWire>, ApiError> {
    let issue = give_up_claim(&app.ctx, &caller.actor, parse_id(&id)?, wire.note).await?;
    Ok(offered(&issue))
}
