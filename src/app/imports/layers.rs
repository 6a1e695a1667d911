//! Layers of owned things: roads, rivers, parks.

use super::{Imported, Joining, RowFault, Run, join_rows};
use crate::app::assets::{check_layer, publish_layer};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::words::file::{asset_words, format_words};
use crate::domain::datum::Datum;
use crate::domain::territory::asset::Layer;
use crate::format::assets::{AssetMapping, read_assets};
use std::collections::BTreeMap;

/// A file that takes the place of a layer.
#[derive(Clone, Debug)]
pub struct LayerFile<'a> {
    pub file: &'a [u8],
    pub layer: Layer,
    pub mapping: AssetMapping,
    pub datum: Datum,
    pub note: &'a str,
}

/// Imports a layer.
///
/// # Errors
/// The file as a whole or the layer's settings are not right, the store is not available, or what
/// is to be taken is blocked.
pub async fn import_layer(ctx: &Ctx, files: LayerFile<'_>, run: Run) -> Result<Imported, AppError> {
    check_layer(&files.layer)?;
    let read = read_assets(files.file, &files.mapping, files.datum);
    let (assets, problems) = read.map_err(|error| AppError::field("file", format_words(&error)))?;
    let snapshot = ctx.snapshot();
    let known = snapshot.assets.layers().find(|(layer, _)| layer.code == files.layer.code);
    let by_code = |assets: &[_]| -> BTreeMap<String, _> {
        let assets = assets.iter().cloned();
        assets
            .map(|asset: crate::domain::territory::asset::Asset| (asset.code.clone(), asset))
            .collect()
    };
    let before = known.map(|(_, assets)| by_code(assets)).unwrap_or_default();
    let is_same_layer = known.is_some_and(|(layer, _)| *layer == files.layer);
    let (mut counts, _) = join_rows(before, by_code(&assets), Joining::Replace);
    let mut imported = Imported::default();
    for problem in &problems {
        let (says, remedy) = asset_words(&problem.fault);
        let (file, line) = ("file".to_owned(), problem.number as u64);
        imported.tell(RowFault { file, line, column: None, says, remedy });
    }
    counts.refused = problems.len() as u64;
    counts.rows += counts.refused;
    imported.counts = counts;
    imported.block_if_refused();
    imported.check(run)?;
    if run == Run::Real && (counts.changes() > 0 || !is_same_layer) {
        publish_layer(ctx, &files.layer, &assets, files.note).await?;
        imported.kept = true;
    }
    Ok(imported)
}
