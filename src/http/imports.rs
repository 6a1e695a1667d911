//! Imports, for administrators: a file is tried, and taken.

use super::App;
use super::extract::{Admin, At, Params};
use super::multipart::{Files, read_files};
use super::problem::ApiError;
use super::territories::parse_joining;
use super::wire::import::{ImportWire, import_wire};
use super::wire::report::parse_datum;
use crate::app::admin_log;
use crate::app::ctx::Ctx;
use crate::app::error::say;
use crate::app::faults::check_note;
use crate::app::imports::{
    BranchFiles, CatalogFiles, Imported, LayerFile, PastFiles, PeopleFiles, Run, import_branches,
    import_catalog, import_layer, import_past, import_people,
};
use crate::domain::territory::asset::{DISTANCE_M_DEFAULT, GROW_M_DEFAULT, Layer};
use crate::format::assets::AssetMapping;
use crate::format::pack::{FileRole, PackFile};
use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Whether a file is only looked at.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `true` (default): nothing is kept.
    dry_run: Option<bool>,
}

/// The files of an import and how they are to be read, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the form that read_files takes apart")]
pub struct ImportForm {
    /// `issues`: the CSV export. `branches`: CSV or GeoJSON. `assets`: GeoJSON.
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<Vec<u8>>,
    /// `issues`: TOML, what columns and words mean.
    #[schema(value_type = Option<String>, format = Binary)]
    mapping: Option<Vec<u8>>,
    /// `people`: CSV.
    #[schema(value_type = Option<String>, format = Binary)]
    workers: Option<Vec<u8>>,
    /// `people`: CSV or GeoJSON.
    #[schema(value_type = Option<String>, format = Binary)]
    posts: Option<Vec<u8>>,
    /// `categories`: any of schemes, limits, categories, conditions, crosswalk, names_en and
    /// published_table, as CSV.
    #[schema(value_type = Option<String>, format = Binary)]
    categories: Option<Vec<u8>>,
    /// The scheme that a published table fills; `national` when absent.
    scheme: Option<String>,
    /// `wgs84` (default), `gcj02` or `bd09`.
    datum: Option<String>,
    /// `merge` (default) or `replace`.
    joining: Option<String>,
    /// `assets`: what rules call the layer: road, river, park.
    layer: Option<String>,
    layer_name: Option<String>,
    layer_name_en: Option<String>,
    distance_m: Option<String>,
    grow_m: Option<String>,
    code_property: Option<String>,
    name_property: Option<String>,
    owner_property: Option<String>,
    note: Option<String>,
}

fn need<'a>(files: &'a Files, part: &str) -> Result<&'a [u8], ApiError> {
    files.file(part).ok_or_else(|| ApiError::invalid(part, say("缺少文件", "The file is missing")))
}

fn need_text<'a>(part: &str, bytes: &'a [u8]) -> Result<&'a str, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        let says = say("文件须为 UTF-8 编码", "The file is not UTF-8; save it as UTF-8");
        ApiError::invalid(part, says)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn metres(files: &Files, part: &str, usual: f64) -> Result<f64, ApiError> {
    match files.text(part) {
        None => Ok(usual),
        Some(text) => text.parse().ok().filter(|m: &f64| m.is_finite()).ok_or_else(|| {
            ApiError::invalid(part, say("须为以米计的数", "This is no number of metres"))
        }),
    }
}

fn layer_of(files: &Files) -> Result<Layer, ApiError> {
    let code = files.text("layer").unwrap_or("").to_owned();
    Ok(Layer {
        name: files.text("layer_name").unwrap_or(&code).to_owned(),
        name_en: files.text("layer_name_en").map(str::to_owned),
        distance_m: metres(files, "distance_m", DISTANCE_M_DEFAULT)?,
        grow_m: metres(files, "grow_m", GROW_M_DEFAULT)?,
        generated: false,
        code,
    })
}

fn asset_mapping(files: &Files) -> AssetMapping {
    let usual = AssetMapping::default();
    let named = |part: &str, usual: String| files.text(part).map_or(usual, str::to_owned);
    AssetMapping {
        code: named("code_property", usual.code),
        name: named("name_property", usual.name),
        owner: named("owner_property", usual.owner),
    }
}

fn catalog_files(files: &Files) -> Result<Vec<PackFile>, ApiError> {
    let mut found = Vec::new();
    for role in FileRole::OF_CATALOG {
        let part = role.as_str();
        let Some(bytes) = files.file(part) else { continue };
        let scheme = files.text("scheme").unwrap_or("national").to_owned();
        let scheme = (role == FileRole::PublishedTable).then_some(scheme);
        let text = need_text(part, bytes)?.to_owned();
        found.push(PackFile { role, name: part.to_owned(), text, scheme });
    }
    Ok(found)
}

async fn import(ctx: &Ctx, what: &str, files: &Files, run: Run) -> Result<Imported, ApiError> {
    let datum = parse_datum(files.text("datum"))?;
    let joining = parse_joining(files.text("joining"))?;
    let note = files.text("note").unwrap_or("");
    check_note("note", note)?;
    let imported = match what {
        "people" => {
            let (workers, posts) = (files.file("workers"), files.file("posts"));
            import_people(ctx, PeopleFiles { workers, posts, datum, joining }, run).await
        }
        "branches" => {
            let file = need(files, "file")?;
            import_branches(ctx, BranchFiles { file, datum, joining }, run).await
        }
        "categories" => {
            let own = CatalogFiles { files: catalog_files(files)?, joining, note };
            import_catalog(ctx, own, run).await
        }
        "assets" => {
            let (file, layer) = (need(files, "file")?, layer_of(files)?);
            let mapping = asset_mapping(files);
            import_layer(ctx, LayerFile { file, layer, mapping, datum, note }, run).await
        }
        "issues" => {
            let file = need(files, "file")?;
            let mapping = need_text("mapping", need(files, "mapping")?)?;
            import_past(ctx, PastFiles { file, mapping }, run).await
        }
        _ => return Err(ApiError::not_found()),
    };
    Ok(imported?)
}

/// Imports `issues` (the history of another system), `people`, `branches`, `categories` or
/// `assets`. A dry run tells counts and the problems of rows, and keeps nothing.
#[utoipa::path(post, path = "/imports/{what}", tag = "territory",
    params(("what" = String, Path), ImportQuery),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportWire), (status = 403), (status = 404), (status = 413),
        (status = 422)))]
pub async fn import_file(
    State(app): State<App>,
    admin: Admin,
    At(what): At<String>,
    Params(query): Params<ImportQuery>,
    request: Request,
) -> Result<Json<ImportWire>, ApiError> {
    let run = if query.dry_run.unwrap_or(true) { Run::Trial } else { Run::Real };
    let files = read_files(request).await?;
    let imported = import(&app.ctx, &what, &files, run).await?;
    if imported.kept {
        let counts = imported.counts;
        let facts = [("new", counts.new), ("changed", counts.changed), ("removed", counts.removed)];
        let facts = facts.map(|(name, n)| (name, n.to_string()));
        let actor = Some(admin.account.id);
        admin_log::record(&app.ctx, actor, admin_log::what::IMPORT_TAKE, &what, facts).await?;
    }
    Ok(Json(import_wire(&what, run, imported)))
}
