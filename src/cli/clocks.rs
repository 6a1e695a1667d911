//! `hexward clocks` and `hexward import calendar`: are due times right, and by which calendar?

use super::open::{open, told};
use crate::app::clocks::{retime_all, verify_clocks};
use crate::app::intake::{publish_calendar, publish_shipped_calendar};
use crate::config::ConfigArgs;
use crate::format::calendar::read_year;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum ClocksCommand {
    /// Compare every due time with its ledger and the calendars; exit code 1 when one is wrong.
    Verify,
    /// Work out every due time again; the server does so by itself when a calendar changes.
    Retime,
}

#[derive(Debug, clap::Args)]
pub struct CalendarArgs {
    /// One year's notice each, as JSON; described in docs/formats.md.
    #[arg(required_unless_present = "shipped")]
    files: Vec<PathBuf>,
    /// The region of the files; the installation's own when absent.
    #[arg(long)]
    region: Option<String>,
    /// The years of a region that ship with Hexward: cn or us-federal.
    #[arg(long, value_name = "REGION", conflicts_with_all = ["files", "region"])]
    shipped: Option<String>,
}

/// Runs `hexward clocks`.
///
/// # Errors
/// The database cannot be used.
pub async fn run(config: &ConfigArgs, command: ClocksCommand) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    match command {
        ClocksCommand::Retime => {
            let changed = retime_all(&ctx).await.map_err(told)?;
            println!("the due times of {changed} issues were worked out anew");
            Ok(ExitCode::SUCCESS)
        }
        ClocksCommand::Verify => {
            let found = verify_clocks(&ctx).await.map_err(told)?;
            let (issues, limited, wrong) = (found.issues, found.limited, found.wrong);
            println!("{issues} issues, {limited} with a limit, {wrong} wrong");
            found.faults.iter().for_each(|line| println!("  {line}"));
            Ok(ExitCode::from(u8::from(wrong > 0)))
        }
    }
}

/// Runs `hexward import calendar`.
///
/// # Errors
/// A file or the database cannot be used.
pub async fn run_calendar(config: &ConfigArgs, args: CalendarArgs) -> anyhow::Result<ExitCode> {
    let (mut years, mut problems) = (Vec::new(), Vec::new());
    for path in &args.files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
        match read_year(&name, &text) {
            Ok((file, _)) => years.push(file),
            Err(told) => problems.extend(told),
        }
    }
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    if !problems.is_empty() {
        bail!("nothing was changed: {} problems", problems.len());
    }
    let (_, ctx) = open(config).await?;
    let region = args.region.unwrap_or_else(|| ctx.instance().calendar_region);
    let outcome = match &args.shipped {
        Some(region) => publish_shipped_calendar(&ctx, region, "shipped").await,
        None => publish_calendar(&ctx, &region, years, "import").await,
    };
    match outcome.map_err(told)? {
        Ok(version) => println!("calendar version {version} is in force"),
        Err(problems) => bail!("nothing was changed: {}", problems.join("; ")),
    }
    let keeper = &ctx.snapshot().keeper;
    let years: Vec<String> = keeper.calendar.years().map(|year| year.to_string()).collect();
    println!("region {} has {}", keeper.calendar.region(), years.join(", "));
    Ok(ExitCode::SUCCESS)
}
