//! The territory: areas, their lineage, branches, and workers with their posts.

use super::App;
use super::extract::{At, Lang, Params, SignedIn};
use super::filter::{parse_bounds, parse_word};
use super::geojson::{collection, feature, point, wants_geojson};
use super::issues::{IssueQuery, cursor_of, page_query};
use super::problem::ApiError;
use super::wire::Items;
use super::wire::area::{
    AreaDetail, AreaWire, LineageWire, WorkerWire, area_detail, area_properties, area_wire,
    bounds_of, branch_properties, drawn_at, lineage_wire, post_wire,
};
use super::wire::issue::View;
use crate::app::ctx::Snapshot;
use crate::app::error::{AppError, say};
use crate::app::shown::{list_scope, shown_position};
use crate::app::window::find_as_of;
use crate::domain::id::{AreaCode, WorkerId};
use crate::domain::issue::record::Issue;
use crate::domain::territory::area::{Area, polygon_to_geojson};
use crate::domain::territory::level::Level;
use crate::domain::territory::people::Branch;
use crate::store::query::Bounds;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use geojson::JsonObject;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// Which areas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AreaQuery {
    level: Option<String>,
    /// Areas below this one: its children, or those of `level` at any depth.
    parent: Option<String>,
    /// `west,south,east,north` in degrees.
    bbox: Option<String>,
    /// `json` (default) or `geojson`.
    format: Option<String>,
    /// The zoom level that the polygons are drawn at; whole polygons when absent.
    zoom: Option<f64>,
}

fn find_code(snapshot: &Snapshot, field: &str, code: &str) -> Result<AreaCode, ApiError> {
    let code = AreaCode::parse(code).ok().filter(|code| snapshot.territory.area(code).is_some());
    code.ok_or_else(|| ApiError::invalid(field, say("没有这个区域", "There is no such area")))
}

fn find_areas<'a>(snapshot: &'a Snapshot, query: &AreaQuery) -> Result<Vec<&'a Area>, ApiError> {
    let territory = &snapshot.territory;
    let level = parse_word("level", query.level.as_ref(), Level::parse)?;
    let bounds = parse_word("bbox", query.bbox.as_ref(), parse_bounds)?;
    let found: Vec<&Area> = match query.parent.as_deref().filter(|code| !code.is_empty()) {
        None => territory.areas().collect(),
        Some(code) => {
            let code = find_code(snapshot, "parent", code)?;
            match level {
                None => territory.children(&code).collect(),
                Some(_) => territory.subtree(&code).into_iter().skip(1).collect(),
            }
        }
    };
    let seen = |area: &Area| bounds.as_ref().is_none_or(|bounds| is_seen(area, bounds));
    let wanted = |area: &&Area| level.is_none_or(|level| area.level == level) && seen(area);
    Ok(found.into_iter().filter(wanted).collect())
}

fn is_seen(area: &Area, bounds: &Bounds) -> bool {
    bounds_of(area).is_some_and(|own| {
        own.min().x <= bounds.east
            && bounds.west <= own.max().x
            && own.min().y <= bounds.north
            && bounds.south <= own.max().y
    })
}

/// Areas, in order of code. Anyone may read them.
#[utoipa::path(get, path = "/areas", tag = "territory", params(AreaQuery),
    responses((status = 200, body = Items<AreaWire>), (status = 422)))]
pub async fn list_areas(
    State(app): State<App>,
    Params(query): Params<AreaQuery>,
) -> Result<Response, ApiError> {
    let snapshot = app.ctx.snapshot();
    let areas = find_areas(&snapshot, &query)?;
    if !wants_geojson(query.format.as_ref())? {
        let items = areas.into_iter().map(|area| area_wire(&snapshot, area)).collect();
        return Ok(Json(Items::<AreaWire> { items }).into_response());
    }
    let features = areas.into_iter().map(|area| {
        let geometry = match query.zoom {
            None => polygon_to_geojson(&area.polygon),
            Some(zoom) => polygon_to_geojson(&drawn_at(&area.polygon, zoom)),
        };
        feature(geometry, area_properties(&area_wire(&snapshot, area)))
    });
    let version = snapshot.territory.version().number;
    Ok(collection(features.collect(), vec![("territory_version", version.into())]))
}

/// One area with its chain, its children and its polygon.
#[utoipa::path(get, path = "/areas/{code}", tag = "territory", params(("code" = String, Path)),
    responses((status = 200, body = AreaDetail), (status = 404)))]
pub async fn show_area(
    State(app): State<App>,
    At(code): At<String>,
) -> Result<Json<AreaDetail>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let code = AreaCode::parse(&code).map_err(|_| ApiError::not_found())?;
    let area = snapshot.territory.area(&code).ok_or_else(ApiError::not_found)?;
    Ok(Json(area_detail(&snapshot, area)))
}

/// The splits, merges and retirements that an area has a part in; also of areas that are gone.
#[utoipa::path(get, path = "/areas/{code}/lineage", tag = "territory",
    params(("code" = String, Path)),
    responses((status = 200, body = Items<LineageWire>), (status = 404)))]
pub async fn list_lineage(
    State(app): State<App>,
    At(code): At<String>,
) -> Result<Json<Items<LineageWire>>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let code = AreaCode::parse(&code).map_err(|_| ApiError::not_found())?;
    let rows = app.ctx.store.list_lineage(None).await.map_err(AppError::from)?;
    let items: Vec<LineageWire> =
        rows.iter().filter_map(|row| lineage_wire(row, code.as_str())).collect();
    if items.is_empty() && snapshot.territory.area(&code).is_none() {
        return Err(ApiError::not_found());
    }
    Ok(Json(Items { items }))
}

/// Which branches or workers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlaceQuery {
    /// `west,south,east,north` in degrees.
    bbox: Option<String>,
    /// Bound to this area or to one below it.
    area: Option<String>,
}

fn serves(snapshot: &Snapshot, branch: &Branch, area: &AreaCode) -> bool {
    branch.areas.iter().any(|own| snapshot.territory.is_within(own, area))
}

/// Branches, as a GeoJSON FeatureCollection. Anyone may read them.
#[utoipa::path(get, path = "/branches", tag = "territory", params(PlaceQuery),
    responses((status = 200, content_type = "application/geo+json"), (status = 422)))]
pub async fn list_branches(
    State(app): State<App>,
    Params(query): Params<PlaceQuery>,
) -> Result<Response, ApiError> {
    let snapshot = app.ctx.snapshot();
    let bounds = parse_word("bbox", query.bbox.as_ref(), parse_bounds)?;
    let area = match query.area.as_deref().filter(|code| !code.is_empty()) {
        None => None,
        Some(code) => Some(find_code(&snapshot, "area", code)?),
    };
    let features = snapshot.territory.branches().iter().filter_map(|branch| {
        let position = branch.position?;
        let seen = bounds.as_ref().is_none_or(|b| {
            (b.west..=b.east).contains(&position.lon())
                && (b.south..=b.north).contains(&position.lat())
        });
        let bound = area.as_ref().is_none_or(|area| serves(&snapshot, branch, area));
        (seen && bound).then(|| {
            let place = point((position.lon(), position.lat()));
            feature(place, branch_properties(&snapshot, branch))
        })
    });
    Ok(collection(features.collect(), Vec::new()))
}

/// Which workers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkerQuery {
    /// With a post in this area or in one below it.
    area: Option<String>,
}

/// Workers with their posts, for those who work here; without their telephone numbers.
#[utoipa::path(get, path = "/workers", tag = "territory", params(WorkerQuery),
    responses((status = 200, body = Items<WorkerWire>), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_workers(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WorkerQuery>,
) -> Result<Json<Items<WorkerWire>>, ApiError> {
    if !caller.actor.is_staff() {
        let says = say("只有工作人员可以查看", "Only those who work here may see this");
        return Err(AppError::Forbidden(says).into());
    }
    let snapshot = app.ctx.snapshot();
    let territory = &snapshot.territory;
    let area = match query.area.as_deref().filter(|code| !code.is_empty()) {
        None => None,
        Some(code) => Some(find_code(&snapshot, "area", code)?),
    };
    let now = app.ctx.now();
    let mut workers = BTreeMap::<WorkerId, WorkerWire>::new();
    for post in territory.posts() {
        let bound = area.as_ref().is_none_or(|area| territory.is_within(&post.area, area));
        let Some(worker) = territory.worker(post.worker).filter(|_| bound) else { continue };
        let entry = workers.entry(worker.id).or_insert_with(|| WorkerWire {
            id: worker.id.to_string(),
            name: worker.name.clone(),
            posts: Vec::new(),
        });
        entry.posts.push(post_wire(&snapshot, post, now));
    }
    Ok(Json(Items { items: workers.into_values().collect() }))
}

/// The most issues on one map.
const FEATURES_MAX: usize = 5_000;

fn issue_properties(view: &View<'_>, issue: &Issue) -> JsonObject {
    let lead = issue.lead.as_ref().map(|code| view.department(code));
    let mut properties = JsonObject::new();
    let mut put = |name: &str, value: serde_json::Value| properties.insert(name.to_owned(), value);
    put("id", issue.id.to_string().into());
    put("number", issue.number.clone().into());
    put("kind", issue.kind.as_str().into());
    put("category_code", issue.category.as_str().into());
    put("category_name", view.category_name(&issue.category).into());
    put("severity", issue.severity.as_str().into());
    put("state", issue.state.as_str().into());
    put("lead_code", lead.as_ref().map(|lead| lead.code.clone()).into());
    put("lead_name", lead.map(|lead| lead.name).into());
    put("reported_at", issue.times.reported.to_rfc3339().into());
    put("updated_at", issue.updated.to_rfc3339().into());
    put("version", issue.version.into());
    properties
}

/// Issues within one's scope as a GeoJSON FeatureCollection, without their texts; at most 5000,
/// with `next_cursor` when there are more. Disputes whose content the reader may not know are
/// placed at the middle of an H3 cell of resolution 9.
#[utoipa::path(get, path = "/issues.geojson", tag = "issues", params(IssueQuery),
    responses((status = 200, content_type = "application/geo+json"), (status = 401),
        (status = 422)))]
pub async fn map_issues(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<IssueQuery>,
) -> Result<Response, ApiError> {
    let snapshot = app.ctx.snapshot();
    let mut page = page_query(&snapshot, find_as_of(&app.ctx).await?, &query)?;
    page.limit = query.limit.unwrap_or(FEATURES_MAX).clamp(1, FEATURES_MAX);
    let scope = list_scope(&caller.actor, &page.filter);
    let found = app.ctx.store.list_issues(&page, &scope).await.map_err(AppError::from)?;
    let view = View { snapshot: &snapshot, lang, actor: &caller.actor };
    let features = found.items.iter().map(|issue| {
        feature(point(shown_position(&caller.actor, issue)), issue_properties(&view, issue))
    });
    let last = found.items.last().filter(|_| found.more);
    let cursor = last.map(|last| cursor_of(last, page.sort));
    Ok(collection(features.collect(), vec![("next_cursor", cursor.into())]))
}
