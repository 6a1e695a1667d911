//! Saved views: a filter under a name, for oneself or for one's office.

use super::App;
use super::extract::{At, Body, Lang, SignedIn};
use super::problem::ApiError;
use super::wire::Named;
use crate::app::ctx::Snapshot;
use crate::app::desk::{self, ViewDraft};
use crate::app::error::{AppError, say};
use crate::domain::id::DepartmentCode;
use crate::store::desk::ViewRow;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A view to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewDraftWire {
    pub name: String,
    /// What the list asks for, as the query of an address.
    pub filter: String,
    /// Its place among one's views.
    #[serde(default)]
    pub order: i64,
    /// The office to share it with, one of `offices`; null for oneself alone.
    #[serde(default)]
    pub office: Option<String>,
}

/// A saved view.
#[derive(Serialize, ToSchema)]
pub struct ViewWire {
    pub id: String,
    pub name: String,
    pub filter: String,
    pub order: i64,
    pub office: Option<String>,
    /// Whether it is the reader's own, to be changed.
    pub own: bool,
    /// The name of who saved it.
    pub author: Option<String>,
    pub updated_at: String,
}

/// The views, and the offices to share one with.
#[derive(Serialize, ToSchema)]
pub struct ViewsWire {
    pub items: Vec<ViewWire>,
    /// By the key that `office` takes.
    pub offices: Vec<Named>,
}

fn view_wire(view: &ViewRow, caller: &SignedIn, author: Option<String>) -> ViewWire {
    ViewWire {
        id: view.id.clone(),
        name: view.name.clone(),
        filter: view.filter.clone(),
        order: view.ordinal,
        office: view.office.clone(),
        own: view.account == caller.account.id,
        author,
        updated_at: view.updated.to_rfc3339(),
    }
}

/// An office by its key, in words.
fn office_wire(snapshot: &Snapshot, lang: Lang, key: &str) -> Named {
    let (area, department) = key.split_once('/').unwrap_or((key, ""));
    let area = match area {
        "" => None,
        code => Some(snapshot.area_called(code)),
    };
    let department = DepartmentCode::parse(department).ok().map(|code| {
        let (zh, en) = snapshot.department_names(&code);
        lang.pick(&say(zh, en))
    });
    let names: Vec<String> = area.into_iter().chain(department).collect();
    let name = match names.is_empty() {
        true => snapshot.area_name(&snapshot.instance.district),
        false => Some(names.join(" · ")),
    };
    Named { code: key.to_owned(), name: name.unwrap_or_else(|| key.to_owned()) }
}

async fn author_of(app: &App, view: &ViewRow) -> Result<Option<String>, ApiError> {
    let account = app.ctx.store.find_account(view.account).await.map_err(AppError::from)?;
    Ok(account.map(|account| account.name))
}

/// One's own saved views and those of one's offices, in order.
#[utoipa::path(get, path = "/views", tag = "desk",
    responses((status = 200, body = ViewsWire), (status = 401)))]
pub async fn list_views(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
) -> Result<Json<ViewsWire>, ApiError> {
    let views = desk::list_views(&app.ctx, &caller.actor).await?;
    let mut items = Vec::with_capacity(views.len());
    for view in &views {
        items.push(view_wire(view, &caller, author_of(&app, view).await?));
    }
    let snapshot = app.ctx.snapshot();
    let offices = desk::offices_of(&caller.actor);
    let offices = offices.iter().map(|key| office_wire(&snapshot, lang, key)).collect();
    Ok(Json(ViewsWire { items, offices }))
}

/// A saved view of one's own or of one's office.
#[utoipa::path(get, path = "/views/{id}", tag = "desk", params(("id" = String, Path)),
    responses((status = 200, body = ViewWire), (status = 401), (status = 404)))]
pub async fn show_view(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<ViewWire>, ApiError> {
    let view = desk::find_view(&app.ctx, &caller.actor, &id).await?;
    let author = author_of(&app, &view).await?;
    Ok(Json(view_wire(&view, &caller, author)))
}

fn draft(wire: ViewDraftWire) -> ViewDraft {
    ViewDraft {
        name: wire.name,
        filter: wire.filter,
        ordinal: wire.order,
        office: wire.office.filter(|office| !office.is_empty()),
    }
}

/// Saves a view.
#[utoipa::path(post, path = "/views", tag = "desk", request_body = ViewDraftWire,
    responses((status = 201, body = ViewWire), (status = 401), (status = 409), (status = 422)))]
pub async fn create_view(
    State(app): State<App>,
    caller: SignedIn,
    Body(wire): Body<ViewDraftWire>,
) -> Result<(StatusCode, Json<ViewWire>), ApiError> {
    let view = desk::keep_view(&app.ctx, &caller.actor, None, &draft(wire)).await?;
    let author = Some(caller.account.name.clone());
    Ok((StatusCode::CREATED, Json(view_wire(&view, &caller, author))))
}

/// Replaces a view of one's own.
#[utoipa::path(put, path = "/views/{id}", tag = "desk", params(("id" = String, Path)),
    request_body = ViewDraftWire,
    responses((status = 200, body = ViewWire), (status = 403), (status = 404), (status = 422)))]
pub async fn update_view(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
    Body(wire): Body<ViewDraftWire>,
) -> Result<Json<ViewWire>, ApiError> {
    let view = desk::keep_view(&app.ctx, &caller.actor, Some(&id), &draft(wire)).await?;
    Ok(Json(view_wire(&view, &caller, Some(caller.account.name.clone()))))
}

/// Deletes a view of one's own; one that is shared, also as duty supervisor of its office.
#[utoipa::path(delete, path = "/views/{id}", tag = "desk", params(("id" = String, Path)),
    responses((status = 204), (status = 403), (status = 404)))]
pub async fn delete_view(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<StatusCode, ApiError> {
    desk::delete_view(&app.ctx, &caller.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
