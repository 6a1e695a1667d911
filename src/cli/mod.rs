//! The command line: one word per role.

pub mod locate;
pub mod points;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// 网格哨: grid governance on a map.
#[derive(Debug, Parser)]
#[command(name = "hexward", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find the areas of the points in a CSV file; needs no database.
    Locate(locate::LocateArgs),
}

impl Cli {
    /// Runs the command and says how it went: 0 done, 1 found wrong, 2 could not be done.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Locate(args) => locate::run(&args),
        };
        outcome.unwrap_or_else(|error| {
            eprintln!("hexward: {error:#}");
            ExitCode::from(2)
        })
    }
}
