//! Issues for staff: lists, one issue whole, its log, its photos, and the actions on it.

use super::App;
use super::action::ActionWire;
use super::extract::{At, Lang, Params, SignedIn, has_tag};
use super::handlers::name_assignees;
use super::multipart::read_photos;
use super::problem::ApiError;
use super::reroute::PlaceFix;
use super::uploads::read_keyed;
use super::wire::issue::{
    Belongings, EventWire, IssueBrief, IssueWire, LogView, PhotoWire, View, event_wire, issue_wire,
    photo_wire,
};
use super::wire::report::{near_brief, stored_route_wire};
use super::wire::supervision::{DossierView, DossierWire};
use super::wire::{Items, Page};
use crate::app::attach::add_photos;
use crate::app::confide::{self, open_contact};
use crate::app::error::{AppError, say};
use crate::app::handle::{Request as ActionRequest, take_action};
use crate::app::likeness::{ALIKE_MAX, Wanted, find_alike};
use crate::app::photo::Variant;
use crate::app::shown::list_scope;
use crate::app::told::ToldRequest;
use crate::app::upload::VOICE;
use crate::app::window::find_as_of;
use crate::domain::access::Scope;
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::issue::care::{AgreementForm, CareFields, Risk};
use crate::domain::issue::dossier::Dossier;
use crate::domain::issue::event::{Event, fact};
use crate::domain::issue::kind::Severity;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::time::{Day, Timestamp};
use crate::store::change::Attachment;
use crate::store::query::{IssuePage, PageQuery};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

use super::filter::parse_word;
pub use super::filter::{IssueQuery, cursor_of, page_query};

/// Issues within one's scope, page by page.
#[utoipa::path(get, path = "/issues", tag = "issues", params(IssueQuery),
    responses((status = 200, body = Page<IssueBrief>), (status = 401), (status = 422)))]
pub async fn list_issues(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<IssueQuery>,
) -> Result<Json<Page<IssueBrief>>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let as_of = find_as_of(&app.ctx).await?;
    let page: PageQuery = page_query(&snapshot, as_of, &query)?;
    let scope = list_scope(&caller.actor, &page.filter);
    let store = &app.ctx.store;
    let found = match page.limit {
        0 => IssuePage::default(),
        _ => store.list_issues(&page, &scope).await.map_err(AppError::from)?,
    };
    let total = match (query.count.unwrap_or(false), query.count_max) {
        (true, None) => Some(store.count_issues(&page, &scope).await),
        (true, Some(most)) => Some(store.count_up_to(&page.filter, most.max(0), &scope).await),
        (false, _) => None,
    };
    let total = total.transpose().map_err(AppError::from)?;
    let ids: Vec<IssueId> = found.items.iter().map(|issue| issue.id).collect();
    let covers = store.list_covers(&ids).await.map_err(AppError::from)?;
    let covers: HashMap<IssueId, Attachment> =
        covers.into_iter().map(|photo| (photo.issue, photo)).collect();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let briefs = found.items.iter().map(|issue| IssueBrief {
        clocks: Some(view.clocks(issue, as_of)),
        ..view.brief(issue, covers.get(&issue.id))
    });
    let mut items: Vec<IssueBrief> = briefs.collect();
    name_assignees(&app, &found.items, items.iter_mut()).await?;
    Ok(Json(Page {
        items,
        next_cursor: found
            .items
            .last()
            .filter(|_| found.more)
            .map(|last| cursor_of(last, page.sort)),
        total,
    }))
}

pub(super) fn parse_id(id: &str) -> Result<IssueId, ApiError> {
    IssueId::parse(id).ok_or_else(|| AppError::no_issue().into())
}

pub(super) async fn find(app: &App, caller: &SignedIn, id: &str) -> Result<Issue, ApiError> {
    let scope = Scope::of(&caller.actor);
    let issue = app.ctx.store.find_issue(parse_id(id)?, &scope).await.map_err(AppError::from)?;
    Ok(issue.ok_or_else(AppError::no_issue)?)
}

async fn belongings(app: &App, view: &View<'_>, issue: &Issue) -> Result<Belongings, AppError> {
    let store = &app.ctx.store;
    let scope = Scope::of(view.actor);
    let named = view.reads_text(issue)
        && view
            .actor
            .grants()
            .iter()
            .any(|g| g.role.reads_disputes() && g.covers(&issue.subject()));
    let contact = if named { store.find_contact(issue.id).await? } else { None };
    let contact = contact.map(|kept| open_contact(&view.snapshot.seals, issue.id, kept));
    let reporter = match issue.reporter {
        Some(id) if !issue.anonymous => store.find_account(id).await?,
        _ => None,
    };
    let merged_into = match issue.merged_into {
        None => None,
        Some(id) => store.find_issue(id, &scope).await?.map(|other| (other.id, other.number)),
    };
    let route = store.find_route(issue.id).await?;
    let dossier = dossier_of(app, view, issue).await?;
    let files = store.list_attachments(issue.id).await?;
    let (voices, photos) = files.into_iter().partition(|file| file.purpose == VOICE);
    Ok(Belongings {
        photos,
        voices,
        contact,
        reporter_name: reporter.map(|account| account.name),
        merged_into,
        merged_from: store.list_merged(issue.id, &scope).await?,
        route: route.map(|route| stored_route_wire(view, issue, &route)),
        dossier,
    })
}

/// The story of the supervision, with the names of those who had a part in it.
async fn dossier_of(app: &App, view: &View<'_>, issue: &Issue) -> Result<DossierWire, AppError> {
    let store = &app.ctx.store;
    let dossier = Dossier::of(&confide::list_events(&app.ctx, issue.id).await?);
    let (mut names, mut presences) = (BTreeMap::new(), Vec::new());
    if dossier != Dossier::default() {
        presences = store.list_presences(issue.id).await?;
        let accounts = store.list_accounts().await?;
        names.extend(accounts.into_iter().map(|account| (account.id.to_string(), account.name)));
    }
    let readable = view.reads_text(issue);
    let shown = DossierView { view, readable, names: &names, presences: &presences };
    Ok(shown.wire(&dossier))
}

pub(super) async fn answer(
    app: &App,
    lang: Lang,
    caller: &SignedIn,
    issue: &Issue,
) -> Result<(String, Response), ApiError> {
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let belongings = belongings(app, &view, issue).await?;
    let as_of = find_as_of(&app.ctx).await?;
    let mut wire = issue_wire(&view, issue, belongings, (app.ctx.now(), as_of));
    let brief = std::iter::once(&mut wire.brief);
    name_assignees(app, std::slice::from_ref(issue), brief).await?;
    let body = serde_json::to_vec(&wire).map_err(|e| AppError::Internal(e.to_string()))?;
    // What is shown depends on the reader and on more than the version: on photos, on names.
    let digest = hex::encode(&Sha256::digest(&body)[..8]);
    let tag = format!("\"v{}-{digest}\"", issue.version);
    let head = [
        (header::CONTENT_TYPE, "application/json"),
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Accept-Language, Authorization, Cookie"),
    ];
    let response = (head, body).into_response();
    Ok((tag, response))
}

/// One issue whole, with the actions that the reader may take. The ETag names its version.
#[utoipa::path(get, path = "/issues/{id}", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = IssueWire), (status = 304), (status = 404)))]
pub async fn show_issue(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let (tag, mut response) = answer(&app, lang, &caller, &issue).await?;
    if has_tag(&headers, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
    }
    Ok(response)
}

/// The version that `If-Match: "v7"` names; an ETag has a digest after it, which does not matter:
/// a photo that came meanwhile does not make a decision stale.
pub(super) fn seen_version(headers: &HeaderMap) -> Result<i64, ApiError> {
    let required = || {
        let says = say("缺少 If-Match", "If-Match with the version that you saw is needed");
        ApiError::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", says)
    };
    let value = headers.get(header::IF_MATCH).ok_or_else(required)?;
    let tag = value.to_str().unwrap_or("").trim();
    let version = tag.trim_start_matches("W/").trim_matches('"').strip_prefix('v');
    version
        .and_then(|version| version.split('-').next()?.parse().ok())
        .ok_or_else(|| ApiError::bad_request("If-Match must be an ETag such as \"v7\""))
}

/// An instant, or a day of which nothing is left when it is reached: a suspension ends as the day
/// does, so that whole days are taken from the clock; what must be there by a day is late after it.
fn parse_until(text: &str, action: Action, zone: &TimeZone) -> Result<Timestamp, ApiError> {
    let still = match action {
        Action::Suspend | Action::RequestSuspension => 0,
        _ => 1,
    };
    let end_of = |day: Day| Timestamp(Day(day.0.saturating_add(1)).start_in(zone).0 - still);
    Day::parse(text).map(end_of).or_else(|| Timestamp::parse(text)).ok_or_else(|| {
        ApiError::invalid("until", say("日期无效", "This is neither a date nor an instant"))
    })
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// What the kinds ask for.
fn care_fields(wire: &ActionWire) -> Result<CareFields, ApiError> {
    // An agreement that has words comes with them, by the route that seals them.
    let form = parse_word("agreement_form", wire.agreement_form.as_ref(), AgreementForm::parse)?;
    if form.is_some_and(|form| form != AgreementForm::Oral) {
        let says = say(
            "书面形式的协议请用 PUT /issues/{id}/agreement 登记",
            "An agreement with words is recorded by PUT /issues/{id}/agreement",
        );
        return Err(ApiError::invalid("agreement_form", says));
    }
    let day = |text: &String| parse_word("visits", Some(text), Day::parse);
    let visits = wire.visits.iter().map(day).collect::<Result<Vec<_>, _>>()?;
    Ok(CareFields {
        risk: parse_word("risk", wire.risk.as_ref(), Risk::parse)?,
        severity: parse_word("severity", wire.severity.as_ref(), Severity::parse)?,
        held_at: parse_word("held_at", wire.held_at.as_ref(), Timestamp::parse)?,
        venue: filled(wire.venue.clone()),
        mediators: wire.mediators.clone(),
        agreement_form: form,
        visits: visits.into_iter().flatten().collect(),
        kept: parse_word("kept", wire.kept.as_ref(), |text| text.parse().ok())?,
        parties: false,
        claimant: None,
    })
}

pub(super) fn action_request(
    app: &App,
    wire: ActionWire,
) -> Result<(Action, ActionRequest), ApiError> {
    let unknown = |field: &str, value: &str| {
        let says = say(format!("未知的值 {value:?}"), format!("{value:?} is not known"));
        ApiError::invalid(field, says)
    };
    let action = Action::parse(&wire.action).ok_or_else(|| unknown("action", &wire.action))?;
    let photo = |id: &String| AttachmentId::parse(id).ok_or_else(|| unknown("photo_ids", id));
    let zone = &app.ctx.snapshot().zone;
    let care = care_fields(&wire)?;
    let until = filled(wire.until);
    let request = ActionRequest {
        note: filled(wire.note),
        department: filled(wire.department),
        assists: wire.assists,
        until: until.map(|text| parse_until(&text, action, zone)).transpose()?,
        target: filled(wire.target),
        outcome: filled(wire.outcome),
        reason: filled(wire.reason),
        cited_rule: filled(wire.cited_rule),
        category: filled(wire.category),
        condition: filled(wire.condition),
        place: wire.place.map(PlaceFix::read).transpose()?,
        confirmed_route: filled(wire.confirmed_route),
        photos: wire.photo_ids.iter().map(photo).collect::<Result<_, _>>()?,
        uploads: wire.uploads,
        before_uploads: wire.before_uploads,
        key: None,
        told: ToldRequest {
            departments: wire.departments,
            meeting: filled(wire.meeting),
            position: wire.position,
            datum: super::wire::report::parse_datum(wire.datum.as_deref())?,
            judgement: filled(wire.judgement),
            reach: filled(wire.reach),
            verdict: filled(wire.verdict),
            satisfaction: filled(wire.satisfaction),
            ground: filled(wire.ground),
            order: wire.order,
            assignee: filled(wire.assignee),
        },
        care,
        sealed: Vec::new(),
        claimant: None,
    };
    Ok((action, request))
}

/// Takes an action. If-Match names the version that the actor saw. With an Idempotency-Key it may
/// be sent as often as need be.
#[utoipa::path(post, path = "/issues/{id}/actions", tag = "issues", request_body = ActionWire,
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = IssueWire), (status = 403), (status = 404), (status = 409),
        (status = 412), (status = 422), (status = 428)))]
pub async fn act_on_issue(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let version = seen_version(&headers)?;
    let (wire, fingerprint) = read_keyed::<ActionWire>(request).await?;
    let (action, mut request) = action_request(&app, wire)?;
    request.key = super::reports::request_key(&headers, fingerprint)?;
    let id = parse_id(&id)?;
    let issue = take_action(&app.ctx, &caller.actor, id, (action, version), &request).await?;
    Ok(answer(&app, lang, &caller, &issue).await?.1)
}

/// The other issues of merges in a log that the reader may know of.
async fn known_others(
    app: &App,
    caller: &SignedIn,
    events: &[Event],
) -> Result<BTreeSet<String>, ApiError> {
    let scope = Scope::of(&caller.actor);
    let others: BTreeSet<&String> =
        events.iter().filter_map(|event| event.facts.get(fact::OTHER)).collect();
    let mut known = BTreeSet::new();
    for other in others {
        let Some(id) = IssueId::parse(other) else { continue };
        if app.ctx.store.find_issue(id, &scope).await.map_err(AppError::from)?.is_some() {
            known.insert(other.clone());
        }
    }
    Ok(known)
}

/// The log of an issue.
#[utoipa::path(get, path = "/issues/{id}/events", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = Items<EventWire>), (status = 404)))]
pub async fn list_events(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<Items<EventWire>>, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let events = confide::list_events(&app.ctx, issue.id).await?;
    let accounts = app.ctx.store.list_accounts().await.map_err(AppError::from)?;
    let names: BTreeMap<String, String> =
        accounts.into_iter().map(|account| (account.id.to_string(), account.name)).collect();
    let snapshot = app.ctx.snapshot();
    let shown = LogView {
        readable: View { snapshot: &snapshot, lang, actor: &caller.actor }.reads_text(&issue),
        names: &names,
        known_others: &known_others(&app, &caller, &events).await?,
    };
    let items = events.iter().map(|event| event_wire(event, &shown));
    Ok(Json(Items { items: items.collect() }))
}

/// Open issues that are likely to tell of the same thing.
#[utoipa::path(get, path = "/issues/{id}/duplicates", tag = "issues",
    params(("id" = String, Path)),
    responses((status = 200, body = Items<IssueBrief>), (status = 404)))]
pub async fn list_duplicates(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<Items<IssueBrief>>, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let text = view.text(&issue).unwrap_or_default();
    let wanted = Wanted {
        place: &issue.place,
        category: &issue.category,
        at: issue.times.reported,
        text: &text,
        itself: Some(issue.id),
    };
    let alike = find_alike(&app.ctx, &caller.actor, &wanted).await?;
    let others = alike.iter().filter(|other| other.in_scope).take(ALIKE_MAX);
    Ok(Json(Items { items: others.map(|other| near_brief(&view, other)).collect() }))
}

/// Photos and what they show, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the form that read_photos takes apart")]
pub struct PhotoForm {
    /// `report`, `before`, `after` or `evidence` (default).
    purpose: Option<String>,
    /// JPEG, PNG or WebP.
    #[schema(value_type = Vec<String>, format = Binary)]
    photo: Vec<Vec<u8>>,
}

/// Adds photos, to be named by an action's `photo_ids`.
#[utoipa::path(post, path = "/issues/{id}/photos", tag = "issues", params(("id" = String, Path)),
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Items<PhotoWire>), (status = 413), (status = 415)))]
pub async fn upload_photos(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
    request: Request,
) -> Result<(StatusCode, Json<Items<PhotoWire>>), ApiError> {
    let upload = read_photos(&app, request).await?;
    let id = parse_id(&id)?;
    let kept = add_photos(&app.ctx, &caller.actor, id, &upload.purpose, &upload.photos).await?;
    Ok((StatusCode::CREATED, Json(Items { items: kept.iter().map(photo_wire).collect() })))
}

/// A photo: `thumb`, `public` (no metadata) or `original`. A voice note has the last alone.
#[utoipa::path(get, path = "/photos/{id}/{copy}", tag = "issues",
    params(("id" = String, Path), ("copy" = String, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404)))]
pub async fn show_photo(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At((id, copy)): At<(String, String)>,
) -> Result<Response, ApiError> {
    let variant = match copy.as_str() {
        "thumb" => Variant::Thumb,
        "public" => Variant::Public,
        "original" => Variant::Original,
        _ => return Err(ApiError::not_found()),
    };
    let id = AttachmentId::parse(&id).ok_or_else(ApiError::not_found)?;
    let photo = app.ctx.store.find_attachment(id).await.map_err(AppError::from)?;
    let only_original = |file: &Attachment| file.purpose == VOICE && variant != Variant::Original;
    let photo = photo.filter(|file| !only_original(file)).ok_or_else(ApiError::not_found)?;
    let issue = find(&app, &caller, &photo.issue.to_string()).await?;
    let snapshot = app.ctx.snapshot();
    if !(View { snapshot: &snapshot, lang, actor: &caller.actor }).reads_text(&issue) {
        return Err(ApiError::not_found());
    }
    photo_response(&app, &photo, variant).await
}

/// The bytes of a photo. They never change, so they may be kept by the reader's own browser.
pub async fn photo_response(
    app: &App,
    photo: &Attachment,
    variant: Variant,
) -> Result<Response, ApiError> {
    let media_type = match variant {
        Variant::Original => photo.media_type.clone(),
        Variant::Public | Variant::Thumb => "image/jpeg".to_owned(),
    };
    let bytes = app.ctx.photos.store().get(&photo.sha256, variant).await.map_err(AppError::from)?;
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
