//! `hexward import assets`: a layer of owned things (roads, rivers, parks) from GeoJSON.

use super::locate::parse_datum;
use super::open::{open, told};
use crate::app::assets::publish_layer;
use crate::config::ConfigArgs;
use crate::domain::datum::Datum;
use crate::domain::territory::asset::{DISTANCE_M_DEFAULT, GROW_M_DEFAULT, Layer};
use crate::format::assets::{AssetMapping, read_assets};
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct AssetsArgs {
    /// A GeoJSON FeatureCollection of lines or polygons; takes the place of the whole layer.
    file: PathBuf,
    /// What rules call the layer: road, river, park.
    #[arg(long, value_name = "CODE")]
    layer: String,
    /// The layer's name; its code when left out.
    #[arg(long)]
    layer_name: Option<String>,
    #[arg(long)]
    layer_name_en: Option<String>,
    /// How near a report counts as being on a thing, in metres.
    #[arg(long, value_name = "METRES", default_value_t = DISTANCE_M_DEFAULT)]
    distance_m: f64,
    /// The most by which the accuracy of a fix widens that, in metres.
    #[arg(long, value_name = "METRES", default_value_t = GROW_M_DEFAULT)]
    grow_m: f64,
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
    /// The properties that hold code, name and owner.
    #[arg(long, default_value = "code")]
    code: String,
    #[arg(long, default_value = "name")]
    name: String,
    #[arg(long, default_value = "owner")]
    owner: String,
    /// What the change is, for those who look back.
    #[arg(long, default_value = "")]
    note: String,
}

/// Runs `hexward import assets`. With a feature that cannot be used, nothing is changed.
///
/// # Errors
/// The file or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: AssetsArgs) -> anyhow::Result<ExitCode> {
    let path = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| format!("opening {path}"))?;
    let mapping = AssetMapping { code: args.code, name: args.name, owner: args.owner };
    let (assets, problems) = read_assets(&bytes, &mapping, args.datum).context(path.clone())?;
    if !problems.is_empty() {
        problems.iter().for_each(|problem| eprintln!("{path}: {problem}"));
        eprintln!("nothing was changed: {} problems", problems.len());
        return Ok(ExitCode::FAILURE);
    }
    let (_, ctx) = open(config).await?;
    let layer = Layer {
        name: args.layer_name.unwrap_or_else(|| args.layer.clone()),
        name_en: args.layer_name_en,
        code: args.layer,
        distance_m: args.distance_m,
        grow_m: args.grow_m,
        generated: false,
    };
    let version = publish_layer(&ctx, &layer, &assets, &args.note).await.map_err(told)?;
    let (code, count) = (&layer.code, assets.len());
    println!("layer {code} version {version} is in force: {count} things");
    Ok(ExitCode::SUCCESS)
}
