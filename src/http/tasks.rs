//! Tasks of verification and inspection, samples of closings, and which account is which worker.

use super::App;
use super::extract::{Admin, At, Body, Lang, SignedIn};
use super::problem::ApiError;
use super::wire::Items;
use super::wire::issue::{IssueBrief, View};
use super::wire::supervision::{SampleWire, SampledWire, sample_wire};
use crate::app::error::{AppError, say};
use crate::app::sample::{self, SampleRequest};
use crate::app::task;
use crate::domain::id::{AccountId, IssueId};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::time::Day;
use crate::store::change::Attachment;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

async fn briefs(
    app: &App,
    lang: Lang,
    caller: &SignedIn,
    issues: &[Issue],
) -> Result<Vec<IssueBrief>, ApiError> {
    let ids: Vec<IssueId> = issues.iter().map(|issue| issue.id).collect();
    let covers = app.ctx.store.list_covers(&ids).await.map_err(AppError::from)?;
    let covers: HashMap<IssueId, Attachment> =
        covers.into_iter().map(|photo| (photo.issue, photo)).collect();
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(issues.iter().map(|issue| view.brief(issue, covers.get(&issue.id))).collect())
}

/// One's own tasks, the oldest first: issues to verify or inspect. Acceptors also see those that
/// went to the desk of their area. Each tells its task under `supervision.task`.
#[utoipa::path(get, path = "/tasks", tag = "issues",
    responses((status = 200, body = Items<IssueBrief>), (status = 401)))]
pub async fn list_tasks(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
) -> Result<Json<Items<IssueBrief>>, ApiError> {
    let issues = task::list_tasks(&app.ctx, &caller.actor).await?;
    Ok(Json(Items { items: briefs(&app, lang, &caller, &issues).await? }))
}

/// Which worker an account is.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerLinkWire {
    /// Null for none.
    #[serde(default)]
    pub worker_id: Option<String>,
}

/// Says which worker an account is, so that tasks near by are offered to it.
#[utoipa::path(put, path = "/accounts/{id}/worker", tag = "accounts",
    params(("id" = String, Path)), request_body = WorkerLinkWire,
    responses((status = 200, body = WorkerLinkWire), (status = 404), (status = 409),
        (status = 422)))]
pub async fn link_worker(
    State(app): State<App>,
    admin: Admin,
    At(id): At<String>,
    Body(link): Body<WorkerLinkWire>,
) -> Result<Json<WorkerLinkWire>, ApiError> {
    let id = AccountId::parse(&id).ok_or_else(ApiError::not_found)?;
    let text = link.worker_id.filter(|text| !text.is_empty());
    let worker = task::link_worker(&app.ctx, admin.account.id, id, text.as_deref()).await?;
    Ok(Json(WorkerLinkWire { worker_id: worker.map(|id| id.to_string()) }))
}

/// Which worker an account is.
#[utoipa::path(get, path = "/accounts/{id}/worker", tag = "accounts",
    params(("id" = String, Path)),
    responses((status = 200, body = WorkerLinkWire), (status = 404)))]
pub async fn show_worker_link(
    State(app): State<App>,
    _admin: Admin,
    At(id): At<String>,
) -> Result<Json<WorkerLinkWire>, ApiError> {
    let id = AccountId::parse(&id).ok_or_else(ApiError::not_found)?;
    let links = app.ctx.store.list_worker_links().await.map_err(AppError::from)?;
    let own = links.iter().find(|(_, account)| *account == id);
    Ok(Json(WorkerLinkWire { worker_id: own.map(|(worker, _)| worker.to_string()) }))
}

/// A sample to be drawn: a share or a size.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSampleWire {
    /// A whole number from 0 to 2^53 - 1; drawn by the service when absent.
    #[serde(default)]
    pub seed: Option<i64>,
    /// Dates of closing, inclusive; the last 30 days when absent.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub to: Option<String>,
    /// Code of an area, with all below it.
    #[serde(default)]
    pub area: Option<String>,
    #[serde(default)]
    pub kind: Option<String>,
    /// Over 0, at most 1; rounded up to whole issues.
    #[serde(default)]
    pub share: Option<f64>,
    #[serde(default)]
    pub size: Option<usize>,
}

fn read_word<T>(
    field: &str,
    text: Option<&String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| {
        parse(text).ok_or_else(|| {
            let says = say(format!("未知的值 {text:?}"), format!("{text:?} is not known"));
            ApiError::invalid(field, says)
        })
    })
    .transpose()
}

/// Draws a random sample of closings for checking and records it. The same seed over the same
/// closings gives the same sample.
#[utoipa::path(post, path = "/samples", tag = "issues", request_body = NewSampleWire,
    responses((status = 201, body = SampledWire), (status = 403), (status = 422)))]
pub async fn create_sample(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Body(new): Body<NewSampleWire>,
) -> Result<(StatusCode, Json<SampledWire>), ApiError> {
    let request = SampleRequest {
        seed: new.seed,
        from: read_word("from", new.from.as_ref(), Day::parse)?,
        to: read_word("to", new.to.as_ref(), Day::parse)?,
        area: new.area.filter(|code| !code.is_empty()),
        kind: read_word("kind", new.kind.as_ref(), Kind::parse)?,
        share: new.share,
        size: new.size,
    };
    let row = sample::make_sample(&app.ctx, &caller.actor, &request).await?;
    let (row, issues) = sample::find_sample(&app.ctx, &caller.actor, &row.id).await?;
    let items = briefs(&app, lang, &caller, &issues).await?;
    Ok((StatusCode::CREATED, Json(SampledWire { sample: sample_wire(&row), items })))
}

/// The samples that one drew, or could have drawn by area and kind, the latest first.
#[utoipa::path(get, path = "/samples", tag = "issues",
    responses((status = 200, body = Items<SampleWire>), (status = 403)))]
pub async fn list_samples(
    State(app): State<App>,
    caller: SignedIn,
) -> Result<Json<Items<SampleWire>>, ApiError> {
    let samples = sample::list_samples(&app.ctx, &caller.actor).await?;
    Ok(Json(Items { items: samples.iter().map(sample_wire).collect() }))
}

/// One of these samples with its issues.
#[utoipa::path(get, path = "/samples/{id}", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = SampledWire), (status = 403), (status = 404)))]
pub async fn show_sample(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<SampledWire>, ApiError> {
    let (row, issues) = sample::find_sample(&app.ctx, &caller.actor, &id).await?;
    let items = briefs(&app, lang, &caller, &issues).await?;
    Ok(Json(SampledWire { sample: sample_wire(&row), items }))
}
