//! People and posts, and party branches, for administrators: one at a time.

use super::App;
use super::extract::{Admin, At, Body, Params};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::issues::seen_version;
use super::problem::ApiError;
use super::wire::people::{
    BranchDraftWire, BranchKeptWire, EndWire, MoveWire, NewBranchWire, NewPersonWire,
    PersonPatchWire, PersonWire, PostDetailsWire, PostDraftWire, VacanciesWire, accounts_of,
    branch_wire, person_wire, read_days, vacancies_wire,
};
use super::wire::{Items, Page};
use crate::app::branch::{list_branches as find_branches, put_branch};
use crate::app::error::say;
use crate::app::person::{
    self, Editing, PeopleFilter, Person, PostChange, begin_post, change_post, vacant_grids,
};
use crate::domain::id::{AreaCode, WorkerId};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

type Answer<T> = Result<Json<T>, ApiError>;

/// Which people.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// A part of a name, of the code or the name of a grid, or of the title of a post.
    q: Option<String>,
    /// With a post in this area or in one below it.
    area: Option<String>,
    /// `current`: with a post now; `none`: without one; all when left out.
    posts: Option<String>,
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

fn parse_id(text: &str) -> Result<WorkerId, ApiError> {
    WorkerId::parse(text).ok_or_else(ApiError::not_found)
}

fn editing(admin: &Admin, id: &str, headers: &HeaderMap) -> Result<Editing, ApiError> {
    let (by, worker) = (admin.account.id, parse_id(id)?);
    Ok(Editing { by, worker, seen: seen_version(headers)? })
}

/// A person with the version as ETag, as it is after a change.
async fn told(app: &App, status: StatusCode, person: &Person) -> Result<Response, ApiError> {
    let accounts = accounts_of(app).await?;
    let tag = format!("\"v{}\"", person.version);
    let wire = person_wire(&app.ctx.snapshot(), app.ctx.now(), person, &accounts);
    Ok((status, [(header::ETAG, tag)], Json(wire)).into_response())
}

fn read_area(app: &App, text: Option<&String>) -> Result<Option<AreaCode>, ApiError> {
    let known = |text: &str| {
        let code = AreaCode::parse(text).ok()?;
        app.ctx.snapshot().territory.area(&code).map(|area| area.code.clone())
    };
    parse_word("area", text, known)
}

/// Workers with all their posts, in order of name, one page at a time.
#[utoipa::path(get, path = "/people/workers", tag = "people", params(PeopleQuery),
    responses((status = 200, body = Page<PersonWire>), (status = 403), (status = 422)))]
pub async fn list_people(
    State(app): State<App>,
    _admin: Admin,
    Params(query): Params<PeopleQuery>,
) -> Answer<Page<PersonWire>> {
    let held = parse_word("posts", query.posts.as_ref(), |text| match text {
        "current" => Some(true),
        "none" => Some(false),
        _ => None,
    })?;
    let filter = PeopleFilter {
        words: query.q.as_deref().unwrap_or("").trim().to_lowercase(),
        area: read_area(&app, query.area.as_ref())?,
        held,
    };
    let after = parse_word("cursor", query.cursor.as_ref(), WorkerId::parse)?;
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let people = person::list_persons(&app.ctx, &filter).await?;
    let total = i64::try_from(people.len()).ok();
    let begin = match after {
        None => 0,
        Some(id) => people.iter().position(|person| person.worker.id == id).map_or(0, |at| at + 1),
    };
    let page = people.get(begin..).unwrap_or_default();
    let more = page.len() > limit;
    let page = &page[..page.len().min(limit)];
    let (snapshot, now, accounts) = (app.ctx.snapshot(), app.ctx.now(), accounts_of(&app).await?);
    Ok(Json(Page {
        items: page.iter().map(|one| person_wire(&snapshot, now, one, &accounts)).collect(),
        next_cursor: page.last().filter(|_| more).map(|last| last.worker.id.to_string()),
        total,
    }))
}

/// Which grids.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VacancyQuery {
    /// Within this area; everywhere when left out.
    area: Option<String>,
}

/// The grids where nobody holds a post today.
#[utoipa::path(get, path = "/people/vacancies", tag = "people", params(VacancyQuery),
    responses((status = 200, body = VacanciesWire), (status = 403), (status = 422)))]
pub async fn list_vacancies(
    State(app): State<App>,
    _admin: Admin,
    Params(query): Params<VacancyQuery>,
) -> Answer<VacanciesWire> {
    let area = read_area(&app, query.area.as_ref())?;
    let (snapshot, today) = (app.ctx.snapshot(), app.ctx.today());
    let (grids, mut vacant) = vacant_grids(&snapshot.territory, today);
    if let Some(area) = area {
        vacant.retain(|grid| snapshot.territory.is_within(&grid.code, &area));
    }
    Ok(Json(vacancies_wire(&snapshot, grids, &vacant)))
}

/// One worker with all posts.
#[utoipa::path(get, path = "/people/workers/{id}", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = PersonWire), (status = 403), (status = 404)))]
pub async fn show_person(
    State(app): State<App>,
    _admin: Admin,
    At(id): At<String>,
) -> Result<Response, ApiError> {
    let person = person::find_person(&app.ctx, parse_id(&id)?).await?;
    told(&app, StatusCode::OK, &person).await
}

/// Adds a worker, with a first post if one is given.
#[utoipa::path(post, path = "/people/workers", tag = "people", request_body = NewPersonWire,
    responses((status = 201, body = PersonWire), (status = 403), (status = 422)))]
pub async fn create_person(
    State(app): State<App>,
    admin: Admin,
    Body(wire): Body<NewPersonWire>,
) -> Result<Response, ApiError> {
    let post = wire.post.as_ref().map(PostDraftWire::read).transpose()?;
    let draft = person::PersonDraft { name: wire.name, phone: wire.phone };
    let person = person::create_person(&app.ctx, admin.account.id, &draft, post.as_ref()).await?;
    told(&app, StatusCode::CREATED, &person).await
}

/// Changes name and telephone number.
#[utoipa::path(patch, path = "/people/workers/{id}", tag = "people",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = PersonPatchWire,
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn update_person(
    State(app): State<App>,
    admin: Admin,
    At(id): At<String>,
    headers: HeaderMap,
    Body(wire): Body<PersonPatchWire>,
) -> Result<Response, ApiError> {
    let draft = person::PersonDraft { name: wire.name, phone: wire.phone };
    let editing = editing(&admin, &id, &headers)?;
    let person = person::update_person(&app.ctx, editing, &draft).await?;
    told(&app, StatusCode::OK, &person).await
}

fn needs_last_day() -> ApiError {
    ApiError::invalid("last_day", say("请填写最后一天", "Name the last day"))
}

/// Ends all posts of a worker by a day. The worker stays, so that it can be told who it was.
#[utoipa::path(post, path = "/people/workers/{id}/end", tag = "people",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = EndWire,
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn end_person(
    State(app): State<App>,
    admin: Admin,
    At(id): At<String>,
    headers: HeaderMap,
    Body(wire): Body<EndWire>,
) -> Result<Response, ApiError> {
    let last = read_days("last_day", wire.last_day.as_ref())?.ok_or_else(needs_last_day)?;
    let editing = editing(&admin, &id, &headers)?;
    let person = person::end_person(&app.ctx, editing, last).await?;
    told(&app, StatusCode::OK, &person).await
}

/// Gives a worker a post.
#[utoipa::path(post, path = "/people/workers/{id}/posts", tag = "people",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = PostDraftWire,
    responses((status = 201, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn create_post(
    State(app): State<App>,
    admin: Admin,
    At(id): At<String>,
    headers: HeaderMap,
    Body(wire): Body<PostDraftWire>,
) -> Result<Response, ApiError> {
    let editing = editing(&admin, &id, &headers)?;
    let person = begin_post(&app.ctx, editing, &wire.read()?).await?;
    told(&app, StatusCode::CREATED, &person).await
}

async fn changed(
    app: &App,
    editing: Editing,
    number: usize,
    change: PostChange,
) -> Result<Response, ApiError> {
    let person = change_post(&app.ctx, editing, number, &change).await?;
    told(app, StatusCode::OK, &person).await
}

/// Changes duties, hours and station of a post that has not ended.
#[utoipa::path(patch, path = "/people/workers/{id}/posts/{number}", tag = "people",
    params(("id" = String, Path), ("number" = usize, Path), ("If-Match" = String, Header)),
    request_body = PostDetailsWire,
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn update_post(
    State(app): State<App>,
    admin: Admin,
    At((id, number)): At<(String, usize)>,
    headers: HeaderMap,
    Body(wire): Body<PostDetailsWire>,
) -> Result<Response, ApiError> {
    let editing = editing(&admin, &id, &headers)?;
    changed(&app, editing, number, PostChange::Details(wire.read()?)).await
}

/// Sets the last day of a post that has not ended; null lets it go on.
#[utoipa::path(post, path = "/people/workers/{id}/posts/{number}/end", tag = "people",
    params(("id" = String, Path), ("number" = usize, Path), ("If-Match" = String, Header)),
    request_body = EndWire,
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn end_post(
    State(app): State<App>,
    admin: Admin,
    At((id, number)): At<(String, usize)>,
    headers: HeaderMap,
    Body(wire): Body<EndWire>,
) -> Result<Response, ApiError> {
    let last = read_days("last_day", wire.last_day.as_ref())?;
    let editing = editing(&admin, &id, &headers)?;
    changed(&app, editing, number, PostChange::End(last)).await
}

/// Moves a post to another grid from a day on: one ends, the other begins, in one transaction.
#[utoipa::path(post, path = "/people/workers/{id}/posts/{number}/move", tag = "people",
    params(("id" = String, Path), ("number" = usize, Path), ("If-Match" = String, Header)),
    request_body = MoveWire,
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn move_post(
    State(app): State<App>,
    admin: Admin,
    At((id, number)): At<(String, usize)>,
    headers: HeaderMap,
    Body(wire): Body<MoveWire>,
) -> Result<Response, ApiError> {
    let needs = || ApiError::invalid("from", say("请填写起始日期", "Name the first day"));
    let from = read_days("from", Some(&wire.from))?.ok_or_else(needs)?;
    let editing = editing(&admin, &id, &headers)?;
    changed(&app, editing, number, PostChange::Move { grid: wire.grid, from }).await
}

/// Takes away a post that has not begun.
#[utoipa::path(delete, path = "/people/workers/{id}/posts/{number}", tag = "people",
    params(("id" = String, Path), ("number" = usize, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = PersonWire), (status = 403), (status = 404), (status = 409)))]
pub async fn delete_post(
    State(app): State<App>,
    admin: Admin,
    At((id, number)): At<(String, usize)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let editing = editing(&admin, &id, &headers)?;
    changed(&app, editing, number, PostChange::Drop).await
}

/// All party branches with their versions, in order of code.
#[utoipa::path(get, path = "/people/branches", tag = "people",
    responses((status = 200, body = Items<BranchKeptWire>), (status = 403)))]
pub async fn list_kept_branches(
    State(app): State<App>,
    _admin: Admin,
) -> Answer<Items<BranchKeptWire>> {
    let branches = find_branches(&app.ctx).await?;
    let snapshot = app.ctx.snapshot();
    let items = branches.iter().map(|kept| branch_wire(&snapshot, kept)).collect();
    Ok(Json(Items { items }))
}

/// Adds a party branch.
#[utoipa::path(post, path = "/people/branches", tag = "people", request_body = NewBranchWire,
    responses((status = 201, body = BranchKeptWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn create_branch(
    State(app): State<App>,
    admin: Admin,
    Body(wire): Body<NewBranchWire>,
) -> Result<(StatusCode, Json<BranchKeptWire>), ApiError> {
    let (code, draft) = wire.read()?;
    let kept = put_branch(&app.ctx, admin.account.id, (&code, None), &draft).await?;
    Ok((StatusCode::CREATED, Json(branch_wire(&app.ctx.snapshot(), &kept))))
}

/// Changes a party branch.
#[utoipa::path(put, path = "/people/branches/{code}", tag = "people",
    params(("code" = String, Path), ("If-Match" = String, Header)),
    request_body = BranchDraftWire,
    responses((status = 200, body = BranchKeptWire), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
pub async fn update_branch(
    State(app): State<App>,
    admin: Admin,
    At(code): At<String>,
    headers: HeaderMap,
    Body(wire): Body<BranchDraftWire>,
) -> Answer<BranchKeptWire> {
    let seen = Some(seen_version(&headers)?);
    let draft = wire.read()?;
    let kept = put_branch(&app.ctx, admin.account.id, (&code, seen), &draft).await?;
    Ok(Json(branch_wire(&app.ctx.snapshot(), &kept)))
}
