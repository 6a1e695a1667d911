//! `hexward import definitions` and `hexward import appraisal`: which definition each rate has, and
//! how departments are appraised.

use super::open::{open, told};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::indicators::{publish_appraisal, publish_definitions};
use crate::config::ConfigArgs;
use crate::format::csv_rows::LineProblem;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct FileArgs {
    /// CSV, described in docs/metrics.md.
    file: PathBuf,
}

async fn prepare(config: &ConfigArgs, path: &Path) -> anyhow::Result<(String, Arc<Ctx>)> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    Ok((text, open(config).await?.1))
}

fn tell(
    what: &str,
    path: &Path,
    outcome: Result<Result<i64, Vec<LineProblem>>, AppError>,
) -> anyhow::Result<ExitCode> {
    match outcome.map_err(told)? {
        Ok(version) => {
            println!("{what} version {version} is in force");
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{}: {problem}", path.display()));
            bail!("{} cannot be used; nothing was changed", path.display())
        }
    }
}

/// Runs `hexward import definitions`.
///
/// # Errors
/// The file or the database cannot be used.
pub async fn run_definitions(config: &ConfigArgs, args: FileArgs) -> anyhow::Result<ExitCode> {
    let (text, ctx) = prepare(config, &args.file).await?;
    tell("definitions", &args.file, publish_definitions(&ctx, &text).await)
}

/// Runs `hexward import appraisal`.
///
/// # Errors
/// The file or the database cannot be used.
pub async fn run_appraisal(config: &ConfigArgs, args: FileArgs) -> anyhow::Result<ExitCode> {
    let (text, ctx) = prepare(config, &args.file).await?;
    tell("appraisal", &args.file, publish_appraisal(&ctx, &text).await)
}
