//! `hexward matrix proposals`: rules that rulings of arbitration speak for.

use std::process::ExitCode;

use clap::Args;

use crate::app::proposals::{list_all_proposals, selector_of};
use crate::cli::open::{open, told};
use crate::config::ConfigArgs;
use crate::format::learned::{ProposedRow, write_proposals};

#[derive(Debug, Args)]
pub struct ProposalsArgs {}

/// Runs the command: prints the proposals as rules of a matrix, in CSV, for a person to take over
/// those that are right.
///
/// # Errors
/// The database cannot be used.
pub async fn run(config: &ConfigArgs, _args: ProposalsArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let found = list_all_proposals(&ctx).await.map_err(told)?;
    let snapshot = ctx.snapshot();
    let rows: Vec<ProposedRow<'_>> = found
        .proposals
        .iter()
        .map(|proposal| ProposedRow {
            proposal,
            selector: selector_of(&snapshot, proposal),
            numbers: &found.numbers,
        })
        .collect();
    let text = write_proposals(&rows)?;
    print!("{}", String::from_utf8_lossy(&text));
    let (n, settled) = (rows.len(), found.settled);
    eprintln!("{n} rules proposed; {settled} rulings are what the matrix in force says already");
    Ok(ExitCode::SUCCESS)
}
