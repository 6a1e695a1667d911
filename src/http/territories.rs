//! Versions of the territory, for administrators: staged from a file, previewed, published.

use super::App;
use super::audit::account_names;
use super::extract::{Admin, At, Lang, Params};
use super::geojson::{collection, feature};
use super::multipart::read_form;
use super::problem::ApiError;
use super::wire::Items;
use super::wire::territory::{
    StagedWire, TerritoryPreviewWire, VersionWire, preview_wire, staged_wire,
};
use crate::app::error::{AppError, FieldProblem, say};
use crate::app::faults::check_note;
use crate::app::intake::{Joining, StageDetails, stage_areas};
use crate::app::territory::{
    delete_territory, list_areas_of, preview_territory, publish_territory_by,
};
use crate::app::words::area::{feature_words, refusal_words};
use crate::app::words::file::format_words;
use crate::app::words::row::row_words;
use crate::domain::datum::Datum;
use crate::domain::territory::Level;
use crate::domain::territory::area::polygon_to_geojson;
use crate::domain::territory::import::{Imported, Importer, Mapping};
use crate::domain::territory::lineage::Lineage;
use crate::domain::territory::repair::ShapeLimits;
use crate::format::faults::Note;
use crate::format::lineage::read_lineage;
use crate::format::{FileLimits, FormatError, read_features};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Cursor;
use utoipa::{IntoParams, ToSchema};

/// All versions of the territory.
#[utoipa::path(get, path = "/territory/versions", tag = "territory",
    responses((status = 200, body = Items<VersionWire>), (status = 403)))]
pub async fn list_versions(
    State(app): State<App>,
    _admin: Admin,
) -> Result<Json<Items<VersionWire>>, ApiError> {
    let versions = app.ctx.store.list_territory_versions().await.map_err(AppError::from)?;
    let names = account_names(&app).await?;
    Ok(Json(Items { items: versions.iter().map(|one| VersionWire::of(one, &names)).collect() }))
}

/// The form's texts by name.
type Texts = BTreeMap<String, String>;

fn mapping_of(texts: &Texts) -> Result<Mapping, ApiError> {
    let usual = Mapping::default();
    let property = |name: &str, usual: String| texts.get(name).cloned().unwrap_or(usual);
    let default_level = match texts.get("level").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(
            Level::parse(text)
                .ok_or_else(|| ApiError::invalid("level", say("未知的层级", "This is no level")))?,
        ),
    };
    Ok(Mapping {
        code: property("code_property", usual.code),
        name: property("name_property", usual.name),
        level: property("level_property", usual.level),
        parent: property("parent_property", usual.parent),
        kind: property("kind_property", usual.kind),
        valid_from: usual.valid_from,
        valid_to: usual.valid_to,
        default_level,
    })
}

fn import_file(
    file: Bytes,
    layer: Option<&str>,
    mut importer: Importer,
) -> Result<(Imported, Vec<Note>), FormatError> {
    let limits = FileLimits::default();
    let report =
        read_features(Cursor::new(file), layer, &limits, &mut |feature| importer.take(feature))?;
    Ok((importer.finish(), report.notes))
}

fn lineage_of(texts: &Texts) -> Result<Vec<Lineage>, ApiError> {
    let Some(text) = texts.get("lineage").filter(|text| !text.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    let (events, problems) = read_lineage(text.as_bytes());
    if problems.is_empty() {
        return Ok(events);
    }
    let problems = problems.iter().map(|problem| {
        let (line, says) = (problem.line, row_words(&problem.error));
        let says = say(format!("第 {line} 行：{}", says.zh), problem.to_string());
        FieldProblem { field: format!("lineage.{line}"), says }
    });
    Err(AppError::Invalid(problems.collect()).into())
}

fn no_area(imported: &Imported) -> ApiError {
    let problems = imported.refusals.iter().take(100).map(|refusal| {
        let (feature, (why, _)) = (feature_words(&refusal.feature), refusal_words(&refusal.reason));
        let says =
            say(format!("{}：{}", feature.zh, why.zh), format!("{}: {}", feature.en, why.en));
        FieldProblem { field: "file".into(), says }
    });
    let mut problems: Vec<FieldProblem> = problems.collect();
    if problems.is_empty() {
        let says = say("文件中没有区域", "There is no area in the file");
        problems.push(FieldProblem { field: "file".into(), says });
    }
    AppError::Invalid(problems).into()
}

/// A file of areas and how it is to be read, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the form that read_form takes apart")]
pub struct TerritoryForm {
    /// GeoJSON, TopoJSON or a zipped Shapefile.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `wgs84` (default), `gcj02` or `bd09`.
    datum: Option<String>,
    layer: Option<String>,
    /// The level of areas that do not say theirs.
    level: Option<String>,
    code_property: Option<String>,
    name_property: Option<String>,
    level_property: Option<String>,
    parent_property: Option<String>,
    kind_property: Option<String>,
    /// `merge` or `replace`.
    joining: Option<String>,
    /// What becomes of areas that end, as CSV.
    lineage: Option<String>,
    note: Option<String>,
    /// `true`: areas that are gone without a word are retired.
    retire_missing: Option<String>,
}

/// Stages areas from a file.
#[utoipa::path(post, path = "/territory/versions", tag = "territory",
    request_body(content = TerritoryForm, content_type = "multipart/form-data"),
    responses((status = 201, body = StagedWire), (status = 403), (status = 422)))]
pub async fn stage_version(
    State(app): State<App>,
    admin: Admin,
    lang: Lang,
    request: Request,
) -> Result<(StatusCode, Json<StagedWire>), ApiError> {
    let form = read_form(request).await?;
    let texts = form.texts;
    let file = form
        .file
        .ok_or_else(|| ApiError::invalid("file", say("缺少文件", "The file is missing")))?;
    let datum = super::wire::report::parse_datum(texts.get("datum").map(String::as_str))?;
    let details = stage_details(&texts)?;
    let (imported, notes) = import_in_background(file, &texts, datum).await?;
    if imported.areas.is_empty() {
        return Err(no_area(&imported));
    }
    let version = stage_areas(&app.ctx, Some(admin.account.id), &imported, details).await?;
    Ok((StatusCode::CREATED, Json(staged_wire(version, &imported, &notes, lang))))
}

/// # Errors
/// Neither `merge`, which is the default, nor `replace`.
pub fn parse_joining(text: Option<&str>) -> Result<Joining, ApiError> {
    match text.unwrap_or("merge") {
        "merge" => Ok(Joining::Merge),
        "replace" => Ok(Joining::Replace),
        _ => {
            let says = say("须为 merge 或 replace", "Neither merge nor replace");
            Err(ApiError::invalid("joining", says))
        }
    }
}

fn stage_details(texts: &Texts) -> Result<StageDetails, ApiError> {
    let joining = parse_joining(texts.get("joining").map(String::as_str))?;
    let note = texts.get("note").cloned().unwrap_or_default();
    check_note("note", &note)?;
    Ok(StageDetails {
        joining,
        lineage: lineage_of(texts)?,
        retire_missing: texts.get("retire_missing").is_some_and(|text| text == "true"),
        note,
        generated: false,
    })
}

async fn import_in_background(
    file: Bytes,
    texts: &Texts,
    datum: Datum,
) -> Result<(Imported, Vec<Note>), ApiError> {
    let importer = Importer::new(mapping_of(texts)?, datum, ShapeLimits::default());
    let layer = texts.get("layer").filter(|layer| !layer.is_empty()).cloned();
    let work = move || import_file(file, layer.as_deref(), importer);
    let outcome = tokio::task::spawn_blocking(work).await;
    let outcome = outcome.map_err(|error| AppError::Internal(error.to_string()))?;
    outcome.map_err(|error| ApiError::invalid("file", format_words(&error)))
}

/// What a staged version would change, and why it may not be published yet.
#[utoipa::path(get, path = "/territory/versions/{version}/preview", tag = "territory",
    params(("version" = i64, Path)),
    responses((status = 200, body = TerritoryPreviewWire), (status = 403), (status = 404)))]
pub async fn preview_version(
    State(app): State<App>,
    _admin: Admin,
    lang: Lang,
    At(version): At<i64>,
) -> Result<Json<TerritoryPreviewWire>, ApiError> {
    Ok(Json(preview_wire(&preview_territory(&app.ctx, version).await?, lang)))
}

/// Which areas of a version.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionAreaQuery {
    /// Only those that are not in force just so.
    changed: Option<bool>,
}

/// The areas of a version, whole, as a GeoJSON FeatureCollection.
#[utoipa::path(get, path = "/territory/versions/{version}/areas", tag = "territory",
    params(("version" = i64, Path), VersionAreaQuery),
    responses((status = 200, content_type = "application/geo+json"), (status = 403),
        (status = 404)))]
pub async fn list_version_areas(
    State(app): State<App>,
    _admin: Admin,
    At(version): At<i64>,
    Params(query): Params<VersionAreaQuery>,
) -> Result<Response, ApiError> {
    let areas = list_areas_of(&app.ctx, version, query.changed.unwrap_or(false)).await?;
    let features = areas.iter().map(|area| {
        let mut properties = geojson::JsonObject::new();
        properties.insert("code".into(), area.code.to_string().into());
        properties.insert("name".into(), area.name.clone().into());
        properties.insert("level".into(), area.level.to_string().into());
        feature(polygon_to_geojson(&area.polygon), properties)
    });
    Ok(collection(features.collect(), vec![("territory_version", version.into())]))
}

/// A published version.
#[derive(Serialize, ToSchema)]
pub struct PublishedWire {
    pub version: i64,
    pub open_issues_moved: usize,
}

/// Puts a staged version in force on all nodes and moves the open issues.
#[utoipa::path(post, path = "/territory/versions/{version}/publish", tag = "territory",
    params(("version" = i64, Path)),
    responses((status = 200, body = PublishedWire), (status = 403), (status = 404),
        (status = 409)))]
pub async fn publish_version(
    State(app): State<App>,
    admin: Admin,
    At(version): At<i64>,
) -> Result<Json<PublishedWire>, ApiError> {
    let actor = Some(admin.account.id);
    let open_issues_moved = publish_territory_by(&app.ctx, actor, version).await?;
    Ok(Json(PublishedWire { version, open_issues_moved }))
}

/// Takes a staged version away.
#[utoipa::path(delete, path = "/territory/versions/{version}", tag = "territory",
    params(("version" = i64, Path)), responses((status = 204), (status = 403), (status = 404)))]
pub async fn delete_version(
    State(app): State<App>,
    admin: Admin,
    At(version): At<i64>,
) -> Result<StatusCode, ApiError> {
    delete_territory(&app.ctx, Some(admin.account.id), version).await?;
    Ok(StatusCode::NO_CONTENT)
}
