//! `hexward territory`: versions, from staging to publication.

use super::load::publish;
use super::open::{open, told};
use crate::app::territory::{TerritoryPreview, delete_territory, preview_territory};
use crate::config::ConfigArgs;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum TerritoryCommand {
    /// List all versions.
    List,
    /// Show what a staged version would change.
    Preview { version: i64 },
    /// Put a staged version in force and move the open issues.
    Publish { version: i64 },
    /// Take a staged version away.
    Delete { version: i64 },
}

/// Runs the command.
///
/// # Errors
/// There is no such staged version, or the database cannot be used.
pub async fn run(config: &ConfigArgs, command: TerritoryCommand) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    match command {
        TerritoryCommand::List => {
            for version in ctx.store.list_territory_versions().await? {
                let (number, state, note) = (version.version, &version.state, &version.note);
                println!("{number}\t{state}\t{}\t{note}", version.created.to_rfc3339());
            }
        }
        TerritoryCommand::Preview { version } => {
            let preview = preview_territory(&ctx, version).await.map_err(told)?;
            show_preview(&preview);
            return Ok(ExitCode::from(u8::from(!preview.errors.is_empty())));
        }
        TerritoryCommand::Publish { version } => publish(&ctx, version).await?,
        TerritoryCommand::Delete { version } => {
            delete_territory(&ctx, None, version).await.map_err(told)?;
            println!("version {version} is gone");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Names told one by one before the rest is only counted.
const TOLD_MAX: usize = 50;

fn show_preview(preview: &TerritoryPreview) {
    println!("{} areas change", preview.changes.len());
    for (code, changes) in preview.changes.iter().take(TOLD_MAX) {
        let name = preview.names.get(code).map_or("", String::as_str);
        println!("  {code} {name}: {changes:?}");
    }
    for event in &preview.lineage {
        println!("  {} {:?} -> {:?} on {}", event.kind.as_str(), event.from, event.to, event.on);
    }
    let moving: i64 = preview.moving.values().sum();
    println!("{moving} open issues move");
    for ((from, to), count) in preview.moving.iter().take(TOLD_MAX) {
        println!("  {count} from {from:?} to {to:?}");
    }
    let carried = preview.carried;
    println!(
        "carried over to successors: {} posts, {} branches, {} rules",
        carried.posts, carried.branches, carried.rules
    );
    preview.findings.iter().take(TOLD_MAX).for_each(|finding| println!("  note: {finding}"));
    preview.errors.iter().for_each(|error| println!("  to be mended: {error}"));
}
