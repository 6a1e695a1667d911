//! `hexward matrix`: the responsibility matrix as an instrument.

mod convert;
mod evaluate;
mod history;
mod learn;
mod proposals;

use clap::Subcommand;
use std::process::ExitCode;

use super::open;
use crate::config::ConfigArgs;

#[derive(Debug, Subcommand)]
pub enum MatrixCommand {
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
        MatrixCommand::Learn(args) => learn::run(&args),
        MatrixCommand::Evaluate(args) => evaluate::run(&args),
        MatrixCommand::Convert(args) => convert::run(&args),
        MatrixCommand::Proposals(args) => open::run(proposals::run(config, args)),
    }
}
