//! The `hexward` command.

use std::process::ExitCode;

use clap::Parser;
use hexward::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
