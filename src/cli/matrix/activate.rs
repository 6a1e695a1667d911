//! `hexward matrix activate` and `rollback`: which version is in force, and from when.

use super::super::open::{open, told};
use super::lint::parse_day;
use crate::app::matrix::{Activating, activate_matrix, roll_back_matrix};
use crate::config::ConfigArgs;
use crate::domain::time::Day;
use crate::store::port::ActivationRow;
use std::process::ExitCode;

/// How and why.
#[derive(Debug, Default, clap::Args)]
pub struct HowArgs {
    /// What the change is, for those who look back.
    #[arg(long, default_value = "")]
    note: String,
    /// Why it comes into force although the check finds errors; kept with the activation.
    #[arg(long, value_name = "REASON")]
    override_errors: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct ActivateArgs {
    version: i64,
    /// The first day in force, YYYY-MM-DD, in the district's time zone; at once when left out.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<Day>,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The version to go back to; the one before the one in force when left out.
    version: Option<i64>,
    #[command(flatten)]
    how: HowArgs,
}

impl HowArgs {
    fn asked(self) -> Activating {
        let (note, override_reason) = (self.note, self.override_errors);
        Activating { note, override_reason, ..Activating::default() }
    }
}

fn tell(row: &ActivationRow, today: Day) {
    match row.from > today {
        true => println!("matrix version {} comes into force on {}", row.version, row.from),
        false => println!("matrix version {} is in force", row.version),
    }
    if let Some(reason) = &row.override_reason {
        println!("{} errors of the check were overridden: {reason}", row.errors);
    }
}

/// Runs `hexward matrix activate`.
///
/// # Errors
/// There is no such version, the check finds errors, or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: ActivateArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let asked = Activating { version: args.version, from: args.from, ..args.how.asked() };
    let row = activate_matrix(&ctx, &asked).await.map_err(told)?;
    tell(&row, ctx.today());
    Ok(ExitCode::SUCCESS)
}

/// Runs `hexward matrix rollback`.
///
/// # Errors
/// There is nothing to go back to, the check finds errors, or the database cannot be used.
pub async fn run_rollback(config: &ConfigArgs, args: RollbackArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let row = roll_back_matrix(&ctx, args.version, args.how.asked()).await.map_err(told)?;
    tell(&row, ctx.today());
    Ok(ExitCode::SUCCESS)
}
