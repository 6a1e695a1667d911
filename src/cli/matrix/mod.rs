//! `hexward matrix`: the responsibility matrix as an instrument.

mod activate;
mod convert;
mod diff;
mod evaluate;
mod history;
mod learn;
mod lint;
mod list;
mod proposals;
mod simulate;
mod source;

use clap::Subcommand;
use std::process::ExitCode;

use super::open;
use crate::config::ConfigArgs;

#[derive(Debug, Subcommand)]
pub enum MatrixCommand {
    /// List all versions with what each is today.
    List,
    /// Show what differs between two versions.
    Diff(diff::DiffArgs),
    /// Check a version or a file; exit code 1 when there are errors.
    Lint(lint::LintArgs),
    /// Replay past issues against a version or a file.
    Simulate(simulate::SimulateArgs),
    /// Put a version in force, at once or from a day on.
    Activate(activate::ActivateArgs),
    /// Put the version before, or the one named, in force again.
    Rollback(activate::RollbackArgs),
    /// Propose rules from labelled history; needs no database.
    Learn(learn::LearnArgs),
    /// Try learned rules on other labelled history; needs no database.
    Evaluate(evaluate::EvaluateArgs),
    /// Turn learned rules into files that `hexward import matrix` takes; needs no database.
    Convert(convert::ConvertArgs),
    /// Propose rules from rulings of arbitration.
    Proposals(proposals::ProposalsArgs),
}

/// Runs a command of the matrix.
///
/// # Errors
/// A file or the database cannot be used.
pub fn run(config: &ConfigArgs, command: MatrixCommand) -> anyhow::Result<ExitCode> {
    match command {
        MatrixCommand::List => open::run(list::run(config)),
        MatrixCommand::Diff(args) => open::run(diff::run(config, args)),
        MatrixCommand::Lint(args) => open::run(lint::run(config, args)),
        MatrixCommand::Simulate(args) => open::run(simulate::run(config, args)),
        MatrixCommand::Activate(args) => open::run(activate::run(config, args)),
        MatrixCommand::Rollback(args) => open::run(activate::run_rollback(config, args)),
        MatrixCommand::Learn(args) => learn::run(&args),
        MatrixCommand::Evaluate(args) => evaluate::run(&args),
        MatrixCommand::Convert(args) => convert::run(&args),
        MatrixCommand::Proposals(args) => open::run(proposals::run(config, args)),
    }
}
