//! `hexward metrics` and `hexward audit`: are the counters and the logs right?

use super::open::{open, told};
use crate::app::audit::verify_audit;
use crate::app::verify::{rebuild_metrics, verify_metrics};
use crate::config::ConfigArgs;
use indicatif::ProgressBar;
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum MetricsCommand {
    /// Compare the counters and the rows of issues with the log of events; exit code 1 when they
    /// differ.
    Verify,
    /// Build the counters anew from the log of events.
    Rebuild,
}

#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Check every issue's log: chained, unaltered, and leading to the issue as it is kept.
    Verify,
}

/// Runs `hexward metrics`.
///
/// # Errors
/// The database cannot be used.
pub async fn run_metrics(config: &ConfigArgs, command: MetricsCommand) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    match command {
        MetricsCommand::Rebuild => {
            let issues = rebuild_metrics(&ctx).await.map_err(told)?;
            println!("built the counters of {issues} issues");
            Ok(ExitCode::SUCCESS)
        }
        MetricsCommand::Verify => {
            let found = verify_metrics(&ctx).await.map_err(told)?;
            println!(
                "{} issues, {} counters, {} differing; {} rows of issues differ from their logs",
                found.issues, found.counters, found.differing, found.rows_differing
            );
            found.examples.iter().for_each(|line| println!("  {line}"));
            Ok(ExitCode::from(u8::from(!found.is_right())))
        }
    }
}

/// Runs `hexward audit`.
///
/// # Errors
/// The database cannot be used.
pub async fn run_audit(config: &ConfigArgs, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let AuditCommand::Verify = command;
    let bar = ProgressBar::new_spinner();
    let audit = verify_audit(&ctx, |done| bar.set_message(format!("{done} issues"))).await;
    bar.finish_and_clear();
    let audit = audit.map_err(told)?;
    println!("{} issues, {} events, {} faulty", audit.issues, audit.events, audit.faulty);
    if audit.sealed_unread > 0 {
        let unread = audit.sealed_unread;
        println!("{unread} sealed notes were not compared: their keys are not in seal_keys");
    }
    audit.faults.iter().for_each(|line| println!("  {line}"));
    Ok(ExitCode::from(u8::from(audit.faulty > 0)))
}
