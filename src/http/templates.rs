//! Templates for replies, kept by the handlers of a department for their department.

use super::App;
use super::extract::{At, Body, Lang, SignedIn};
use super::problem::ApiError;
use super::wire::issue::View;
use super::wire::{Items, Named};
use crate::app::desk;
use crate::store::desk::TemplateRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A template to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateDraftWire {
    pub name: String,
    /// `{number}`, `{category}` and `{due}` are filled in from the issue.
    pub text: String,
    /// Code of a department that one handles for; may be left out where it is the only one.
    #[serde(default)]
    pub department: Option<String>,
}

/// A template for replies.
#[derive(Serialize, ToSchema)]
pub struct TemplateWire {
    pub id: String,
    pub department: Named,
    pub name: String,
    pub text: String,
    pub updated_at: String,
}

fn template_wire(view: &View<'_>, template: &TemplateRow) -> TemplateWire {
    TemplateWire {
        id: template.id.clone(),
        department: view.department(&template.department),
        name: template.name.clone(),
        text: template.text.clone(),
        updated_at: template.updated.to_rfc3339(),
    }
}

fn shown(app: &App, lang: Lang, caller: &SignedIn, template: &TemplateRow) -> Json<TemplateWire> {
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Json(template_wire(&view, template))
}

/// The templates of one's departments.
#[utoipa::path(get, path = "/templates", tag = "desk",
    responses((status = 200, body = Items<TemplateWire>), (status = 401)))]
pub async fn list_templates(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
) -> Result<Json<Items<TemplateWire>>, ApiError> {
    let templates = desk::list_templates(&app.ctx, &caller.actor).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let items = templates.iter().map(|template| template_wire(&view, template)).collect();
    Ok(Json(Items { items }))
}

/// Keeps a template.
#[utoipa::path(post, path = "/templates", tag = "desk", request_body = TemplateDraftWire,
    responses((status = 201, body = TemplateWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn create_template(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Body(wire): Body<TemplateDraftWire>,
) -> Result<(StatusCode, Json<TemplateWire>), ApiError> {
    let at = (None, wire.department.as_deref());
    let words = (wire.name.as_str(), wire.text.as_str());
    let template = desk::keep_template(&app.ctx, &caller.actor, at, words).await?;
    Ok((StatusCode::CREATED, shown(&app, lang, &caller, &template)))
}

/// Replaces a template of one's department.
#[utoipa::path(put, path = "/templates/{id}", tag = "desk", params(("id" = String, Path)),
    request_body = TemplateDraftWire,
    responses((status = 200, body = TemplateWire), (status = 404), (status = 422)))]
pub async fn update_template(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    Body(wire): Body<TemplateDraftWire>,
) -> Result<Json<TemplateWire>, ApiError> {
    let at = (Some(id.as_str()), wire.department.as_deref());
    let words = (wire.name.as_str(), wire.text.as_str());
    let template = desk::keep_template(&app.ctx, &caller.actor, at, words).await?;
    Ok(shown(&app, lang, &caller, &template))
}

/// Deletes a template of one's department.
#[utoipa::path(delete, path = "/templates/{id}", tag = "desk", params(("id" = String, Path)),
    responses((status = 204), (status = 404)))]
pub async fn delete_template(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<StatusCode, ApiError> {
    desk::delete_template(&app.ctx, &caller.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
