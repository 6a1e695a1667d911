//! Handover notes: what one shift tells the next, with what is open at that moment.

use super::App;
use super::extract::{Body, Lang, Params, SignedIn};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::problem::ApiError;
use super::wire::issue::View;
use super::wire::{NamedArea, Page};
use crate::app::desk;
use crate::app::error::AppError;
use crate::domain::time::Timestamp;
use crate::store::desk::{HandoverQuery, HandoverRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which handover notes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HandoverParams {
    /// Code of a street or district; all of one's desks when left out.
    pub area: Option<String>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// A note to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandoverDraftWire {
    pub text: String,
    /// Code of the street or district; one's own when left out.
    #[serde(default)]
    pub area: Option<String>,
}

/// The note of one shift to the next.
#[derive(Serialize, ToSchema)]
pub struct HandoverWire {
    pub id: String,
    pub area: NamedArea,
    pub author: String,
    pub at: String,
    pub text: String,
    /// How many issues waited for what then, up to 10,000 each: `to_accept`, `to_dispatch`,
    /// `returned`, `arbitration`, `requests`, `appeals`, `whistles`, `owed`, `yellow`, `red`.
    pub counts: BTreeMap<String, i64>,
}

fn handover_wire(view: &View<'_>, note: &HandoverRow) -> Result<HandoverWire, ApiError> {
    let counts = serde_json::from_str(&note.counts);
    Ok(HandoverWire {
        id: note.id.clone(),
        area: view.area(&note.area),
        author: note.author.clone(),
        at: note.at.to_rfc3339(),
        text: note.text.clone(),
        counts: counts.map_err(|e| AppError::Internal(format!("handover.counts: {e}")))?,
    })
}

fn parse_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('_')?;
    let id = uuid::Uuid::parse_str(id).ok()?.to_string();
    Some((Timestamp(at.parse().ok()?), id))
}

/// The handover notes of one's desks, the latest first.
#[utoipa::path(get, path = "/handovers", tag = "desk", params(HandoverParams),
    responses((status = 200, body = Page<HandoverWire>), (status = 401), (status = 403)))]
pub async fn list_handovers(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<HandoverParams>,
) -> Result<Json<Page<HandoverWire>>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let after = parse_word("cursor", query.cursor.as_ref(), parse_cursor)?;
    let area = query.area.filter(|area| !area.is_empty());
    let asked = HandoverQuery { within: None, area, after, limit: limit + 1 };
    let mut kept = desk::list_handovers(&app.ctx, &caller.actor, asked).await?;
    let more = kept.len() > limit;
    kept.truncate(limit);
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let items = kept.iter().map(|note| handover_wire(&view, note));
    Ok(Json(Page {
        items: items.collect::<Result<_, _>>()?,
        next_cursor: kept.last().filter(|_| more).map(|last| format!("{}_{}", last.at.0, last.id)),
        total: None,
    }))
}

/// Keeps a handover note, with what is open at this moment. Nothing changes or removes it.
#[utoipa::path(post, path = "/handovers", tag = "desk", request_body = HandoverDraftWire,
    responses((status = 201, body = HandoverWire), (status = 401), (status = 403),
        (status = 422)))]
pub async fn create_handover(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Body(wire): Body<HandoverDraftWire>,
) -> Result<(StatusCode, Json<HandoverWire>), ApiError> {
    let area = wire.area.as_deref().filter(|area| !area.is_empty());
    let note = desk::keep_handover(&app.ctx, &caller.actor, area, &wire.text).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok((StatusCode::CREATED, Json(handover_wire(&view, &note)?)))
}
