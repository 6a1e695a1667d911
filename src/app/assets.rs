//! Layers of owned things: taken in as versions, and looked up around a place.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use crate::domain::routing::NearbyAsset;
use crate::domain::territory::Position;
use crate::domain::territory::asset::{Asset, Assets, Layer};
use crate::format::assets::{is_layer_distance, layer_from_json, layer_to_json};
use crate::store::Store;

/// What the store calls the documents of layers: this and the layer's code.
const KIND: &str = "asset:";
/// The longest code of a layer, in characters.
const CODE_CHARS_MAX: usize = 40;

/// Loads the latest version of each layer.
///
/// # Errors
/// The store is not available, or a document cannot be read.
pub async fn load_assets(
    store: &dyn Store,
    versions: &[(String, i64)],
) -> Result<Assets, AppError> {
    let mut layers = Vec::new();
    for (kind, _) in versions.iter().filter(|(kind, _)| kind.starts_with(KIND)) {
        let Some((version, body)) = store.find_pack(kind).await? else { continue };
        let (layer, assets) = layer_from_json(&body)
            .map_err(|error| AppError::Internal(format!("{kind} version {version}: {error}")))?;
        // A layer without things is one that was taken back.
        if !assets.is_empty() {
            layers.push((layer, assets));
        }
    }
    Ok(Assets::build(layers))
}

/// Puts a version of a layer in force; an empty one takes the layer back.
///
/// # Errors
/// The layer's code or a distance is none, or the store is not available.
pub async fn publish_layer(
    ctx: &Ctx,
    layer: &Layer,
    assets: &[Asset],
    note: &str,
) -> Result<i64, AppError> {
    check_layer(layer)?;
    let body = layer_to_json(layer, assets).map_err(|e| AppError::Internal(e.to_string()))?;
    let kind = format!("{KIND}{}", layer.code);
    let version = ctx.store.put_pack(&kind, &body, note, ctx.now()).await?;
    ctx.refresh().await?;
    Ok(version)
}

/// Whether a layer may be kept.
///
/// # Errors
/// Its code or a distance is none.
pub fn check_layer(layer: &Layer) -> Result<(), AppError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let chars = layer.code.chars().count();
    if chars == 0 || chars > CODE_CHARS_MAX || !layer.code.chars().all(fits) {
        let says = say(
            format!("图层编码须为 1 至 {CODE_CHARS_MAX} 个字母、数字、_ 或 -"),
            format!("A layer's code has 1 to {CODE_CHARS_MAX} letters, digits, _ or -"),
        );
        return Err(AppError::field("layer", says));
    }
    for (field, metres) in [("distance_m", layer.distance_m), ("grow_m", layer.grow_m)] {
        if !is_layer_distance(metres) {
            let says = say("距离须为 0 到 1000 米", "A distance is 0 to 1000 metres");
            return Err(AppError::field(field, says));
        }
    }
    Ok(())
}

/// The things that a fix may be on, the nearest first, as routing knows them.
pub fn assets_near(
    snapshot: &Snapshot,
    position: Position,
    accuracy_m: Option<f64>,
) -> Vec<NearbyAsset> {
    let near = snapshot.assets.near(position, accuracy_m).into_iter();
    near.map(|near| NearbyAsset {
        layer: near.layer.code.clone(),
        code: near.asset.code.clone(),
        name: near.asset.name.clone(),
        owner: near.asset.owner.clone(),
        // To the decimetre: more than a fix knows, and it reads well in a trace.
        distance_m: (near.distance_m * 10.0).round() / 10.0,
    })
    .collect()
}
