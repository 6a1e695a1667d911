//! The files of the catalog, for administrators: what is in force, what other files would change,
//! putting them in force, and going back.

use super::App;
use super::extract::{Admin, At, Body, Params};
use super::problem::ApiError;
use super::settings::DryRun;
use super::wire::import::{RowFaultWire, fault_wire};
use crate::app::catalog::{
    CatalogDraft, CatalogEffect, CategoryChange, Fate, PACK_BYTES_MAX, change_catalog,
    find_version, list_files, preview_catalog, roll_back_catalog,
};
use crate::app::error::say;
use crate::app::imports::pack_fault;
use crate::format::pack::{FileRole, PackFile};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Problems that are told of one draft.
const PROBLEMS_MAX: usize = 500;
/// Changes that are told of one draft.
const CHANGES_MAX: usize = 2_000;

/// A file of the catalog.
#[derive(Serialize, ToSchema)]
pub struct CatalogFileWire {
    pub name: String,
    /// `schemes`, `categories`, `limits`, `conditions`, `crosswalk`, `names_en` or
    /// `published_table`.
    pub role: String,
    /// The scheme that a published table belongs to.
    pub scheme: Option<String>,
    /// Lines without the header.
    pub rows: usize,
    pub bytes: usize,
}

/// A version of the catalog.
#[derive(Serialize, ToSchema)]
pub struct CatalogVersionWire {
    pub version: i64,
    pub note: String,
    pub created_at: String,
}

/// A scheme with what it holds.
#[derive(Serialize, ToSchema)]
pub struct SchemeCountWire {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub source: String,
    pub categories: usize,
    pub conditions: usize,
}

/// The catalog in force.
#[derive(Serialize, ToSchema)]
pub struct CatalogWire {
    /// To be sent back with a change.
    pub version: i64,
    pub files: Vec<CatalogFileWire>,
    pub schemes: Vec<SchemeCountWire>,
    /// The latest first.
    pub versions: Vec<CatalogVersionWire>,
}

/// A file to be put in the place of the one of its name, or to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogFileDraftWire {
    pub name: String,
    pub role: String,
    /// CSV; docs/formats.md describes the columns.
    pub text: String,
}

/// Other files for the catalog.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogChangeWire {
    /// The version that was read.
    pub version: i64,
    #[serde(default)]
    pub files: Vec<CatalogFileDraftWire>,
    /// Names of files to be taken out.
    #[serde(default)]
    pub removed: Vec<String>,
    #[serde(default)]
    pub note: String,
}

/// What becomes of a condition.
#[derive(Serialize, ToSchema)]
pub struct ConditionChangeWire {
    pub code: String,
    /// `added`, `changed` or `removed`.
    pub fate: String,
}

/// What becomes of a category.
#[derive(Serialize, ToSchema)]
pub struct CategoryChangeWire {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    /// `added`, `changed` or `removed`; null where only its conditions change.
    pub fate: Option<String>,
    pub conditions: Vec<ConditionChangeWire>,
    /// Open issues under a category that is taken away.
    pub open: i64,
}

/// What other files do.
#[derive(Serialize, ToSchema)]
pub struct CatalogEffectWire {
    /// The version in force after it; with problems the one from before.
    pub version: i64,
    pub problems: Vec<RowFaultWire>,
    pub problem_count: usize,
    pub changes: Vec<CategoryChangeWire>,
    pub change_count: usize,
}

/// A version to go back to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogRollBackWire {
    /// The version in force that was read.
    pub version: i64,
    pub to: i64,
    #[serde(default)]
    pub note: String,
}

fn fate_word(fate: Fate) -> String {
    match fate {
        Fate::Added => "added",
        Fate::Changed => "changed",
        Fate::Removed => "removed",
    }
    .to_owned()
}

fn change_wire(change: CategoryChange) -> CategoryChangeWire {
    let conditions = change.conditions.into_iter();
    CategoryChangeWire {
        code: change.code.to_string(),
        name: change.name,
        name_en: change.name_en,
        fate: change.fate.map(fate_word),
        conditions: conditions
            .map(|(code, fate)| ConditionChangeWire { code, fate: fate_word(fate) })
            .collect(),
        open: change.open,
    }
}

fn effect_wire(version: i64, effect: CatalogEffect) -> Json<CatalogEffectWire> {
    let CatalogEffect { problems, changes } = effect;
    let (problem_count, change_count) = (problems.len(), changes.len());
    Json(CatalogEffectWire {
        version,
        problems: problems
            .iter()
            .take(PROBLEMS_MAX)
            .map(|one| fault_wire(pack_fault(one)))
            .collect(),
        problem_count,
        changes: changes.into_iter().take(CHANGES_MAX).map(change_wire).collect(),
        change_count,
    })
}

fn file_wire(file: &PackFile) -> CatalogFileWire {
    let filled = file.text.lines().filter(|line| !line.trim().is_empty()).count();
    CatalogFileWire {
        name: file.name.clone(),
        role: file.role.as_str().to_owned(),
        scheme: file.scheme.clone(),
        rows: filled.saturating_sub(1),
        bytes: file.text.len(),
    }
}

/// The catalog in force: its files, its schemes, and all versions.
#[utoipa::path(get, path = "/catalog", tag = "administration",
    responses((status = 200, body = CatalogWire), (status = 403)))]
pub async fn show_catalog(
    State(app): State<App>,
    _admin: Admin,
) -> Result<Json<CatalogWire>, ApiError> {
    let found = list_files(&app.ctx).await?;
    let snapshot = app.ctx.snapshot();
    let catalog = &snapshot.catalog;
    let schemes = catalog.schemes().map(|scheme| {
        let own = || catalog.categories().filter(|one| one.scheme == scheme.code);
        SchemeCountWire {
            code: scheme.code.to_string(),
            name: scheme.name.clone(),
            name_en: scheme.name_en.clone(),
            source: scheme.source.clone(),
            categories: own().count(),
            conditions: own().map(|one| catalog.conditions_of(&one.code).count()).sum(),
        }
    });
    let versions = found.versions.into_iter().map(|one| CatalogVersionWire {
        version: one.version,
        note: one.note,
        created_at: one.created.to_rfc3339(),
    });
    Ok(Json(CatalogWire {
        version: found.version,
        files: found.files.iter().map(file_wire).collect(),
        schemes: schemes.collect(),
        versions: versions.collect(),
    }))
}

/// One file of a version, as CSV.
#[utoipa::path(get, path = "/catalog/{version}/files/{n}", tag = "administration",
    params(("version" = i64, Path), ("n" = usize, Path, description = "Counted from 0")),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403),
        (status = 404)))]
pub async fn show_catalog_file(
    State(app): State<App>,
    _admin: Admin,
    At((version, n)): At<(i64, usize)>,
) -> Result<Response, ApiError> {
    let pack = find_version(&app.ctx, version).await?;
    let file = pack.files.into_iter().nth(n).ok_or_else(ApiError::not_found)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], file.text).into_response())
}

fn parse_role(n: usize, word: &str) -> Result<FileRole, ApiError> {
    let known = FileRole::OF_CATALOG.into_iter().find(|role| role.as_str() == word);
    known.ok_or_else(|| {
        let known = FileRole::OF_CATALOG.map(FileRole::as_str).join(", ");
        let says = say(format!("须为 {known} 之一"), format!("Must be one of {known}"));
        ApiError::invalid(&format!("files.{n}.role"), says)
    })
}

fn parse_draft(
    files: Vec<CatalogFileDraftWire>,
    removed: Vec<String>,
) -> Result<CatalogDraft, ApiError> {
    let file = |(n, wire): (usize, CatalogFileDraftWire)| {
        let text = wire.text.strip_prefix('\u{feff}').unwrap_or(&wire.text).to_owned();
        Ok(PackFile { role: parse_role(n, &wire.role)?, name: wire.name, text, scheme: None })
    };
    let files = files.into_iter().enumerate().map(file).collect::<Result<_, ApiError>>()?;
    Ok(CatalogDraft { files, removed })
}

/// Puts other files in force on all nodes, or tells what they would change. With problems nothing
/// is changed.
#[utoipa::path(post, path = "/catalog", tag = "administration", params(DryRun),
    request_body = CatalogChangeWire,
    responses((status = 200, body = CatalogEffectWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn update_catalog(
    State(app): State<App>,
    admin: Admin,
    Params(query): Params<DryRun>,
    Body(wire): Body<CatalogChangeWire, PACK_BYTES_MAX>,
) -> Result<Json<CatalogEffectWire>, ApiError> {
    let draft = parse_draft(wire.files, wire.removed)?;
    if query.dry_run == Some(true) {
        return Ok(effect_wire(wire.version, preview_catalog(&app.ctx, &draft).await?));
    }
    let (version, effect) =
        change_catalog(&app.ctx, admin.account.id, wire.version, &draft, &wire.note).await?;
    Ok(effect_wire(version, effect))
}

/// Puts the files of an earlier version in force again.
#[utoipa::path(post, path = "/catalog/rollback", tag = "administration",
    request_body = CatalogRollBackWire,
    responses((status = 200, body = CatalogEffectWire), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
pub async fn roll_back_catalog_version(
    State(app): State<App>,
    admin: Admin,
    Body(wire): Body<CatalogRollBackWire>,
) -> Result<Json<CatalogEffectWire>, ApiError> {
    let (version, effect) =
        roll_back_catalog(&app.ctx, admin.account.id, wire.version, wire.to, &wire.note).await?;
    Ok(effect_wire(version, effect))
}
