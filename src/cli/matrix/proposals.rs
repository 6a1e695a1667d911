//! `hexward matrix proposals`: rules that rulings of arbitration speak for.

use std::process::ExitCode;

use clap::Args;

use crate::cli::open::open;
use crate::config::ConfigArgs;

#[derive(Debug, Args)]
pub struct ProposalsArgs {}

pub async fn run(config: &ConfigArgs, _args: ProposalsArgs) -> anyhow::Result<ExitCode> {
    let (_, _ctx) = open(config).await?;
    Ok(ExitCode::SUCCESS)
}
