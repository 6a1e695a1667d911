//! Reporting and following: what a resident or a worker does without an office.

use super::extract::{At, Body, Caller, Lang, Remote};
use super::multipart::{Upload, read_upload};
use super::ops::network_of;
use super::problem::ApiError;
use super::wire::issue::View;
use super::wire::report::{AddedWire, PreviewWire, ReportWire, SubmittedWire, preview_wire};
use super::wire::track::{Followed, TrackWire, track_wire};
use super::{App, wire::report::LocationWire};
use crate::app::confide;
use crate::app::error::{AppError, say};
use crate::app::handle::{Request as ActionRequest, take_reporter_action};
use crate::app::number::parse_number;
use crate::app::photo::Variant;
use crate::app::report::{self, KEY_CHARS_MAX, RequestKey};
use crate::app::shown::is_told_by_number;
use crate::app::told::{Proof, ToldRequest, find_last_merged};
use crate::app::upload::Brought;
use crate::domain::access::Actor;
use crate::domain::id::AttachmentId;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, State as IssueState};
use crate::domain::issue::step::{RATE_DAYS_MAX, REOPEN_DAYS_MAX};
use crate::domain::time::DAY_MS;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) fn request_key(
    headers: &HeaderMap,
    fingerprint: String,
) -> Result<Option<RequestKey>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_CHARS_MAX);
    match key {
        Some(key) => Ok(Some(RequestKey { key: key.to_owned(), fingerprint })),
        None => Err(ApiError::bad_request(format!(
            "Idempotency-Key must have 1 to {KEY_CHARS_MAX} ASCII characters"
        ))),
    }
}

/// A report with its photos, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the form that read_upload takes apart")]
pub struct ReportForm {
    report: ReportWire,
    /// JPEG, PNG or WebP; up to nine.
    #[schema(value_type = Vec<String>, format = Binary)]
    photo: Vec<Vec<u8>>,
}

/// Submits a report: JSON, or multipart/form-data with the JSON in the part `report` and up to nine
/// photos in parts `photo`. With an Idempotency-Key it may be sent as often as need be.
#[utoipa::path(post, path = "/reports", tag = "reports",
    request_body(content((ReportWire = "application/json"), (ReportForm = "multipart/form-data"))),
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = SubmittedWire), (status = 200, body = SubmittedWire),
        (status = 413), (status = 415), (status = 422)))]
pub async fn submit_report(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let Upload { mut report, photos, fingerprint } =
        read_upload::<ReportWire>(&app, request).await?;
    let key = request_key(&headers, fingerprint)?;
    let source = if caller.account.is_some() { "staff" } else { "public" };
    let brought = Brought { photos, uploads: std::mem::take(&mut report.uploads) };
    let submission = report.into_submission(source)?;
    let kept = report::submit_with(&app.ctx, &caller.actor, submission, key, brought).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let preview = preview_wire(&view, &kept.preview, app.ctx.now());
    let wire = SubmittedWire {
        id: kept.issue.id.to_string(),
        number: kept.issue.number.clone(),
        code: kept.code,
        state: kept.issue.state.to_string(),
        location: preview.location,
        route: preview.route,
        duplicates: preview.duplicates,
        limit: preview.limit,
        added_to: kept
            .added_to
            .map(|known| AddedWire { id: known.id.to_string(), number: known.number }),
    };
    let status = if kept.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = (status, Json(wire)).into_response();
    let place = HeaderValue::from_str(&format!("/api/v1/track/{}", kept.issue.number));
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    if kept.replayed {
        let name = HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Where a report would go and why; nothing is kept.
#[utoipa::path(post, path = "/reports/preview", tag = "reports", request_body = ReportWire,
    responses((status = 200, body = PreviewWire), (status = 422)))]
pub async fn preview_report(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    Body(report): Body<ReportWire>,
) -> Answer<PreviewWire> {
    let mut submission = report.into_submission("preview")?;
    if submission.text.trim().is_empty() {
        // A preview is asked for before the text is written.
        submission.text = "-".into();
    }
    let preview = report::preview(&app.ctx, &caller.actor, &submission).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(Json(preview_wire(&view, &preview, app.ctx.now())))
}

async fn find_by_number(app: &App, number: &str) -> Result<Issue, ApiError> {
    let unknown = || AppError::NotFound(say("没有这个编号，请核对", "There is no such number"));
    let number = parse_number(number).ok_or_else(unknown)?;
    let issue = app.ctx.store.find_issue_by_number(&number).await.map_err(AppError::from)?;
    Ok(issue.ok_or_else(unknown)?)
}

async fn follow(app: &App, lang: Lang, issue: &Issue) -> Answer<TrackWire> {
    let store = &app.ctx.store;
    let events = confide::list_events(&app.ctx, issue.id).await?;
    let photos = store.list_attachments(issue.id).await.map_err(AppError::from)?;
    let route = store.find_route(issue.id).await.map_err(AppError::from)?;
    let closed = issue.times.closed.map_or(i64::MIN, |at| at.0);
    let within = |days: i64| app.ctx.now().0 <= closed.saturating_add(days * DAY_MS);
    let closed = issue.state == IssueState::Closed;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &Actor::Anonymous };
    let merged = find_last_merged(&app.ctx, issue).await?;
    let merged_events = match &merged {
        Some(last) => store.list_events(last.id).await.map_err(AppError::from)?,
        None => Vec::new(),
    };
    let followed = Followed {
        merged_into: merged.as_ref().map(|last| (last, merged_events.as_slice())),
        events: &events,
        photos: &photos,
        route: route.as_ref(),
        may_reopen: closed && within(REOPEN_DAYS_MAX),
        may_rate: closed && within(RATE_DAYS_MAX),
    };
    Ok(Json(track_wire(&view, issue, &followed)))
}

/// Follows a report by its tracking number.
#[utoipa::path(get, path = "/track/{number}", tag = "reports", params(("number" = String, Path)),
    responses((status = 200, body = TrackWire), (status = 404)))]
pub async fn track_report(
    State(app): State<App>,
    lang: Lang,
    At(number): At<String>,
) -> Answer<TrackWire> {
    let issue = find_by_number(&app, &number).await?;
    follow(&app, lang, &issue).await
}

/// Why a closed report should be opened again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenWire {
    pub note: String,
    /// The code of the receipt; who is signed in as the reporter needs none.
    #[serde(default)]
    pub code: Option<String>,
}

/// Opens one's closed report again, within the term. The number alone does not do: it takes the
/// code of the receipt, or the reporter's own account.
#[utoipa::path(post, path = "/track/{number}/reopen", tag = "reports",
    params(("number" = String, Path)), request_body = ReopenWire,
    responses((status = 200, body = TrackWire), (status = 403), (status = 404), (status = 409),
        (status = 429)))]
pub async fn reopen_report(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    Remote(address): Remote,
    At(number): At<String>,
    Body(reopen): Body<ReopenWire>,
) -> Answer<TrackWire> {
    let issue = find_by_number(&app, &number).await?;
    let request = ActionRequest { note: Some(reopen.note), ..ActionRequest::default() };
    let address = network_of(address).to_string();
    let by = (&caller.actor, Proof { code: reopen.code.as_deref(), address: &address });
    let number = &issue.number;
    let issue = take_reporter_action(&app.ctx, by, number, Action::Reopen, &request).await?;
    follow(&app, lang, &issue).await
}

/// How a closed report turned out, in its reporter's word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingWire {
    /// `resolved`, `partly` or `not_resolved`.
    pub verdict: String,
    /// `satisfied`, `fairly_satisfied`, `neutral`, `unsatisfied` or `very_unsatisfied`.
    pub satisfaction: String,
    #[serde(default)]
    pub note: Option<String>,
    /// The code of the receipt; who is signed in as the reporter needs none.
    #[serde(default)]
    pub code: Option<String>,
}

/// Rates how one's closed report turned out, within the term; the last rating counts. It takes the
/// code of the receipt, or the reporter's own account.
#[utoipa::path(post, path = "/track/{number}/rating", tag = "reports",
    params(("number" = String, Path)), request_body = RatingWire,
    responses((status = 200, body = TrackWire), (status = 403), (status = 404), (status = 409),
        (status = 422), (status = 429)))]
pub async fn rate_report(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    Remote(address): Remote,
    At(number): At<String>,
    Body(rating): Body<RatingWire>,
) -> Answer<TrackWire> {
    let issue = find_by_number(&app, &number).await?;
    let told = ToldRequest {
        verdict: Some(rating.verdict),
        satisfaction: Some(rating.satisfaction),
        ..ToldRequest::default()
    };
    let request = ActionRequest { note: rating.note, told, ..ActionRequest::default() };
    let address = network_of(address).to_string();
    let by = (&caller.actor, Proof { code: rating.code.as_deref(), address: &address });
    let number = &issue.number;
    let issue = take_reporter_action(&app.ctx, by, number, Action::Rate, &request).await?;
    follow(&app, lang, &issue).await
}

/// A photo of a followed report: `thumb` or `public`.
#[utoipa::path(get, path = "/track/{number}/photos/{id}/{copy}", tag = "reports",
    params(("number" = String, Path), ("id" = String, Path), ("copy" = String, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404)))]
pub async fn show_track_photo(
    State(app): State<App>,
    At((number, id, copy)): At<(String, String, String)>,
) -> Result<Response, ApiError> {
    let issue = find_by_number(&app, &number).await?;
    let id = AttachmentId::parse(&id).ok_or_else(ApiError::not_found)?;
    let photo = app.ctx.store.find_attachment(id).await.map_err(AppError::from)?;
    let own = |photo: &crate::store::change::Attachment| {
        photo.issue == issue.id && is_told_by_number(&issue)
    };
    let photo = photo.filter(own).ok_or_else(ApiError::not_found)?;
    let variant = match copy.as_str() {
        "thumb" => Variant::Thumb,
        "public" => Variant::Public,
        _ => return Err(ApiError::not_found()),
    };
    super::issues::photo_response(&app, &photo, variant).await
}

/// A position to be placed.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LocateQuery {
    lon: f64,
    lat: f64,
    #[serde(default)]
    datum: Option<String>,
    #[serde(default)]
    accuracy_m: Option<f64>,
}

/// What the territory says of a position.
#[utoipa::path(get, path = "/locate", tag = "territory", params(LocateQuery),
    responses((status = 200, body = LocationWire), (status = 422)))]
pub async fn locate(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    super::extract::Params(query): super::extract::Params<LocateQuery>,
) -> Answer<LocationWire> {
    if let Some(fault) = report::accuracy_fault(query.accuracy_m) {
        return Err(AppError::Invalid(vec![fault]).into());
    }
    let snapshot = app.ctx.snapshot();
    let datum = super::wire::report::parse_datum(query.datum.as_deref())?;
    let placed = crate::app::place::place(
        &snapshot.territory,
        (query.lon, query.lat),
        datum,
        query.accuracy_m,
    )?;
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(Json(super::wire::report::location_wire(&view, &placed, app.ctx.now())))
}
