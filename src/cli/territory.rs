//! `hexward territory`: versions, from staging to publication.

use super::load::publish;
use super::open::open;
use crate::config::ConfigArgs;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum TerritoryCommand {
    /// List all versions.
    List,
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
        TerritoryCommand::Publish { version } => publish(&ctx, version).await?,
        TerritoryCommand::Delete { version } => {
            if !ctx.store.delete_staged_territory(version).await? {
                anyhow::bail!("there is no staged version {version}");
            }
            println!("version {version} is gone");
        }
    }
    Ok(ExitCode::SUCCESS)
}
