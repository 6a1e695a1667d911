//! Editing the territory, for administrators: edits are tried, then staged as a version.

use super::App;
use super::extract::{Admin, Body, Lang};
use super::problem::ApiError;
use super::wire::redraw::{EditPreviewWire, EditsWire, edit_preview_wire, parse_edits};
use crate::app::error::{AppError, say};
use crate::app::faults::check_note;
use crate::app::redraw::{preview_edits, stage_edits};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Overlays take their time, and others wait for the threads that answer requests.
async fn aside<T: Send + 'static>(
    work: impl Future<Output = Result<T, AppError>> + Send + 'static,
) -> Result<T, ApiError> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work)).await;
    Ok(done.map_err(|error| AppError::Internal(error.to_string()))??)
}

/// What edits of the territory in force would leave; nothing is kept.
#[utoipa::path(post, path = "/territory/edits/preview", tag = "territory",
    request_body = EditsWire,
    responses((status = 200, body = EditPreviewWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn preview_edits_of_territory(
    State(app): State<App>,
    _admin: Admin,
    lang: Lang,
    Body(asked): Body<EditsWire>,
) -> Result<Json<EditPreviewWire>, ApiError> {
    let edits = parse_edits(&asked.edits)?;
    let ctx = app.ctx.clone();
    let preview = aside(async move { preview_edits(&ctx, asked.base, edits).await }).await?;
    Ok(Json(edit_preview_wire(&preview, lang)))
}

/// Edits that were staged.
#[derive(Serialize, ToSchema)]
pub struct StagedEditsWire {
    pub version: i64,
}

/// Stages the territory in force with edits applied; splits, merges and ends become its lineage.
#[utoipa::path(post, path = "/territory/edits", tag = "territory", request_body = EditsWire,
    responses((status = 201, body = StagedEditsWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn stage_edits_of_territory(
    State(app): State<App>,
    admin: Admin,
    Body(asked): Body<EditsWire>,
) -> Result<(StatusCode, Json<StagedEditsWire>), ApiError> {
    let edits = parse_edits(&asked.edits)?;
    check_note("note", &asked.note)?;
    let base = asked.base.ok_or_else(|| {
        let says = say("请写明编辑所依据的版本", "Name the version that the edits start from");
        ApiError::invalid("base", says)
    })?;
    let ctx = app.ctx.clone();
    let (actor, edits) = (Some(admin.account.id), (base, edits));
    let version = aside(async move { stage_edits(&ctx, actor, edits, &asked.note).await }).await?;
    Ok((StatusCode::CREATED, Json(StagedEditsWire { version })))
}
