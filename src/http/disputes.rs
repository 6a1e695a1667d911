//! The sealed record of a dispute, summons up the line, and who claimed a wish.

use super::App;
use super::extract::{At, Body, Lang, Params, SignedIn};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::issues::{answer, find, parse_id, seen_version};
use super::problem::ApiError;
use super::public::PublicPage;
use super::wire::care::{
    AgreementWire, ClaimantWire, OpenedWire, ReadWire, RecordWire, SummonsWire, opened_wire,
    summons_wire,
};
use super::wire::issue::{IssueWire, View};
use super::wire::{Items, Page};
use crate::app::dispute::{Agreement, read_parties, record_agreement, record_parties};
use crate::app::error::{AppError, say};
use crate::app::notify::summoned_roles;
use crate::app::seal::Secret;
use crate::domain::access::{Role, Scope};
use crate::domain::issue::care::AgreementForm;
use crate::domain::time::{Day, Timestamp};
use crate::store::care::SummonsQuery;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

/// Keeps the parties of a dispute and what they say, sealed; replaces what was kept before.
#[utoipa::path(put, path = "/issues/{id}/parties", tag = "issues", request_body = RecordWire,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = IssueWire), (status = 403), (status = 404), (status = 409),
        (status = 412), (status = 422), (status = 428)))]
pub async fn put_parties(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    headers: HeaderMap,
    Body(mut wire): Body<RecordWire>,
) -> Result<Response, ApiError> {
    let seen = (parse_id(&id)?, seen_version(&headers)?);
    let note = wire.note.take();
    let record = wire.into_record();
    let issue = record_parties(&app.ctx, &caller.actor, seen, &record, note).await?;
    Ok(answer(&app, lang, &caller, &issue).await?.1)
}

/// Opens the sealed record of a dispute. Who reads it, and why, is written into the issue's log
/// before the answer.
#[utoipa::path(post, path = "/issues/{id}/parties/read", tag = "issues", request_body = ReadWire,
    params(("id" = String, Path)),
    responses((status = 200, body = OpenedWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn open_parties(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
    Body(wire): Body<ReadWire>,
) -> Result<Json<OpenedWire>, ApiError> {
    let opened = read_parties(&app.ctx, &caller.actor, parse_id(&id)?, &wire.reason).await?;
    Ok(Json(opened_wire(opened)))
}

/// Records the agreement of a mediation; its text is sealed.
#[utoipa::path(put, path = "/issues/{id}/agreement", tag = "issues", request_body = AgreementWire,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = IssueWire), (status = 403), (status = 404), (status = 409),
        (status = 412), (status = 422), (status = 428)))]
pub async fn put_agreement(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    headers: HeaderMap,
    Body(wire): Body<AgreementWire>,
) -> Result<Response, ApiError> {
    let seen = (parse_id(&id)?, seen_version(&headers)?);
    let unknown = |field: &str, value: &str| {
        let says = say(format!("未知的值 {value:?}"), format!("{value:?} is not known"));
        ApiError::invalid(field, says)
    };
    let form = AgreementForm::parse(&wire.form).ok_or_else(|| unknown("form", &wire.form))?;
    let day = |text: &String| Day::parse(text).ok_or_else(|| unknown("visits", text));
    let agreement = Agreement {
        form,
        text: wire.text.map(Secret),
        visits: wire.visits.iter().map(day).collect::<Result<_, _>>()?,
        note: wire.note,
    };
    let issue = record_agreement(&app.ctx, &caller.actor, seen, agreement).await?;
    Ok(answer(&app, lang, &caller, &issue).await?.1)
}

/// What an issue summoned up the line.
#[utoipa::path(get, path = "/issues/{id}/summons", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = Items<SummonsWire>), (status = 404)))]
pub async fn list_issue_summons(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<Items<SummonsWire>>, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let asked = SummonsQuery { issue: Some(issue.id), limit: LIMIT_MAX, ..SummonsQuery::default() };
    let scope = Scope::of(&caller.actor);
    let summons = app.ctx.store.list_summons(&asked, &scope).await.map_err(AppError::from)?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(Json(Items { items: summons.iter().map(|one| summons_wire(&view, one)).collect() }))
}

fn parse_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp(at.parse().ok()?), id.to_owned())).filter(|(_, id)| is_plain(id))
}

fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// What summons the reader, by a role over the area that is summoned; the latest first.
#[utoipa::path(get, path = "/summons", tag = "issues", params(PublicPage),
    responses((status = 200, body = Page<SummonsWire>), (status = 401), (status = 422)))]
pub async fn list_own_summons(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(page): Params<PublicPage>,
) -> Result<Json<Page<SummonsWire>>, ApiError> {
    let limit = page.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let asked = SummonsQuery {
        issue: None,
        readers: Some(summoned_roles(&caller.actor)),
        after: parse_word("cursor", page.cursor.as_ref(), parse_cursor)?,
        limit: limit + 1,
    };
    let scope = Scope::of(&caller.actor);
    let mut found = app.ctx.store.list_summons(&asked, &scope).await.map_err(AppError::from)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    Ok(Json(Page {
        items: found.iter().map(|one| summons_wire(&view, one)).collect(),
        next_cursor: found.last().filter(|_| more).map(|one| format!("{}_{}", one.at.0, one.id)),
        total: None,
    }))
}

/// Who claimed a wish, to the office that decides on it.
#[utoipa::path(get, path = "/issues/{id}/claim", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = ClaimantWire), (status = 403), (status = 404)))]
pub async fn show_claimant(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<Json<ClaimantWire>, ApiError> {
    let issue = find(&app, &caller, &id).await?;
    let desk = [Role::Acceptor, Role::Dispatcher, Role::DutySupervisor];
    let subject = issue.subject();
    let mut grants = caller.actor.grants().iter();
    if !grants.any(|grant| desk.contains(&grant.role) && grant.commands(&subject)) {
        let says = say("仅街道受理、派遣人员可查看", "Only the street office sees who claims");
        return Err(AppError::Forbidden(says).into());
    }
    let claim = issue.care.claim.ok_or_else(ApiError::not_found)?;
    let store = &app.ctx.store;
    let who = store.find_claimant(issue.id, claim.seq).await.map_err(AppError::from)?;
    let who = who.unwrap_or_default();
    let account = match claim.account {
        Some(id) => store.find_account(id).await.map_err(AppError::from)?,
        None => None,
    };
    Ok(Json(ClaimantWire {
        state: claim.state.to_string(),
        name: who.name,
        phone: who.phone,
        organisation: who.organisation,
        account_name: account.map(|account| account.name),
    }))
}
