//! What clocks and steps told the reader's roles, and the reader alone.

use super::App;
use super::extract::{At, Lang, Params, SignedIn};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::problem::ApiError;
use super::wire::Page;
use super::wire::clock::{NoticeWire, notice_wire};
use super::wire::issue::View;
use crate::app::clocks::{notices_of, read_notice};
use crate::app::error::AppError;
use crate::domain::access::Scope;
use crate::domain::time::Timestamp;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which notices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticeParams {
    /// Only those that are not read yet.
    pub unread: Option<bool>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

fn parse_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('_')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((Timestamp(at.parse().ok()?), id.to_owned())).filter(|_| is_id)
}

/// The notices to the reader's roles, the latest first; `total` counts them up to 100.
#[utoipa::path(get, path = "/notices", tag = "issues", params(NoticeParams),
    responses((status = 200, body = Page<NoticeWire>), (status = 401), (status = 422)))]
pub async fn list_notices(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<NoticeParams>,
) -> Result<Json<Page<NoticeWire>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let mut asked = notices_of(&caller.actor);
    asked.unread = query.unread.unwrap_or(false);
    let (account, scope, store) = (caller.account.id, Scope::of(&caller.actor), &app.ctx.store);
    let total = store.count_notices(&asked, account, &scope).await.map_err(AppError::from)?;
    asked.after = parse_word("cursor", query.cursor.as_ref(), parse_cursor)?;
    asked.limit = limit + 1;
    let mut kept = match limit {
        0 => Vec::new(),
        _ => store.list_notices(&asked, account, &scope).await.map_err(AppError::from)?,
    };
    let more = kept.len() > limit;
    kept.truncate(limit);
    let (snapshot, now) = (app.ctx.snapshot(), app.ctx.now());
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(Json(Page {
        items: kept.iter().map(|notice| notice_wire(&view, notice, now)).collect(),
        next_cursor: kept.last().filter(|_| more).map(|last| format!("{}_{}", last.at.0, last.id)),
        total: Some(total),
    }))
}

/// Marks a notice as read by the caller; again does no harm.
#[utoipa::path(post, path = "/notices/{id}/read", tag = "issues", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
pub async fn mark_notice(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<StatusCode, ApiError> {
    match read_notice(&app.ctx, &caller.actor, caller.account.id, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}
