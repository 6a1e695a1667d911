//! Taking in areas, catalogs and matrices: what a file brings, joined with what is in force.

use super::ctx::Ctx;
use super::error::AppError;
use super::territory::{row_of, stage_territory};
use crate::domain::territory::import::Imported;
use crate::format::matrix::MatrixContext;
use crate::format::pack::{Pack, PackProblems, read_catalog, read_matrix_pack};
use crate::store::port::{AreaRow, LineageRow};
use std::collections::BTreeMap;

/// Whether new areas join those in force or take their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// Areas of the file replace those of the same code; the others stay.
    Merge,
    /// Only the areas of the file remain.
    Replace,
}

/// Stages imported areas as the next version of the territory and returns its number.
///
/// # Errors
/// The store is not available.
pub async fn stage_areas(
    ctx: &Ctx,
    imported: &Imported,
    joining: Joining,
    (lineage, note, generated): (Vec<LineageRow>, &str, bool),
) -> Result<i64, AppError> {
    let mut rows = BTreeMap::<String, AreaRow>::new();
    let in_force = ctx.snapshot().territory_version();
    if joining == Joining::Merge && in_force > 0 {
        let kept = ctx.store.load_areas(in_force).await?;
        let retired: Vec<&str> =
            lineage.iter().flat_map(|step| step.from_codes.split(';')).collect();
        let kept = kept.into_iter().filter(|row| !retired.contains(&row.code.as_str()));
        rows.extend(kept.map(|row| (row.code.clone(), row)));
    }
    let new = imported.areas.iter().map(|area| row_of(area, generated));
    rows.extend(new.map(|row| (row.code.clone(), row)));
    stage_territory(ctx, rows.into_values().collect(), lineage, note).await
}

async fn put_pack(ctx: &Ctx, kind: &str, pack: &Pack, note: &str) -> Result<i64, AppError> {
    let body = serde_json::to_string(pack).map_err(|e| AppError::Internal(e.to_string()))?;
    let version = ctx.store.put_pack(kind, &body, note, ctx.now()).await?;
    ctx.refresh().await?;
    Ok(version)
}

/// Checks a catalog and puts it in force; with problems, nothing is changed.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))` names every unusable row.
pub async fn publish_catalog(
    ctx: &Ctx,
    pack: &Pack,
    note: &str,
) -> Result<Result<i64, PackProblems>, AppError> {
    let (_, problems) = read_catalog("new", pack);
    match problems.is_empty() {
        true => Ok(Ok(put_pack(ctx, "catalog", pack, note).await?)),
        false => Ok(Err(problems)),
    }
}

/// Checks a matrix against the catalog and the territory in force and puts it in force; with
/// problems, nothing is changed.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))` names every unusable row.
pub async fn publish_matrix(
    ctx: &Ctx,
    pack: &Pack,
    note: &str,
) -> Result<Result<i64, PackProblems>, AppError> {
    let snapshot = ctx.snapshot();
    let areas = snapshot.territory.areas().map(|area| (area.level, area.code.clone())).collect();
    let today = ctx.now().day_in(&snapshot.zone);
    let context = MatrixContext { catalog: &snapshot.catalog, areas: Some(&areas), today };
    let (_, problems) = read_matrix_pack("new", pack, &context);
    match problems.is_empty() {
        true => Ok(Ok(put_pack(ctx, "matrix", pack, note).await?)),
        false => Ok(Err(problems)),
    }
}
