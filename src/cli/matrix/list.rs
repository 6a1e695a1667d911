//! `hexward matrix list`: all versions with what each is today.

use super::super::open::{open, told};
use crate::app::matrix::list_matrix_versions;
use crate::config::ConfigArgs;
use crate::domain::routing::version::Standing;
use std::process::ExitCode;

/// Runs the command: a line for each version, and one below it for each activation.
///
/// # Errors
/// The database cannot be used.
pub async fn run(config: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    for own in list_matrix_versions(&ctx).await.map_err(told)? {
        let day = match own.standing {
            Standing::Scheduled { from } => format!(" from {from}"),
            Standing::InForce { since } => format!(" since {since}"),
            Standing::Draft | Standing::Retired => String::new(),
        };
        let (version, state, at) = (own.version, own.standing.as_str(), own.created.to_rfc3339());
        println!("{version}\t{state}{day}\t{at}\t{}", own.note);
        for row in &own.activations {
            let reason = row.override_reason.as_deref();
            let overridden = reason
                .map_or_else(String::new, |why| format!(" over {} errors: {why}", row.errors));
            let decided = row.at.to_rfc3339();
            println!("\tfrom {}, decided {decided} {}{overridden}", row.from, row.note);
        }
    }
    Ok(ExitCode::SUCCESS)
}
