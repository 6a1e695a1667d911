//! The command line: one word per role.

pub mod assets;
pub mod backup;
pub mod check;
pub mod clocks;
pub mod demo;
pub mod import;
pub mod indicators;
pub mod init;
pub mod load;
pub mod locate;
pub mod matrix;
pub mod open;
pub mod points;
pub mod report;
pub mod seal;
pub mod serve;
pub mod territory;
pub mod user;
pub mod verify;

use std::process::ExitCode;

use crate::config::ConfigArgs;
use clap::{Parser, Subcommand};

/// 网格哨: grid governance on a map.
#[derive(Debug, Parser)]
#[command(name = "hexward", version, about)]
pub struct Cli {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::ServeArgs),
    /// Load a demo into an empty folder, and serve it.
    Demo(demo::DemoArgs),
    /// Set and show what this installation is.
    Init(init::InitArgs),
    /// Make, change and list accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Take in territory, people, catalog, matrix and history.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Look at and publish versions of the territory.
    #[command(subcommand)]
    Territory(territory::TerritoryCommand),
    /// Versions of the responsibility matrix: check, replay, put in force.
    #[command(subcommand)]
    Matrix(matrix::MatrixCommand),
    /// Find the areas of the points in a CSV file; needs no database.
    Locate(locate::LocateArgs),
    /// Check files of areas: gaps, overlaps, orphans, duplicate codes, wrong nesting.
    Check(check::CheckArgs),
    /// Verify or rebuild the counters.
    #[command(subcommand)]
    Metrics(verify::MetricsCommand),
    /// The report of a month, a quarter or a year as PDF or XLSX.
    Report(report::ReportArgs),
    /// Verify due times, or work them out anew.
    #[command(subcommand)]
    Clocks(clocks::ClocksCommand),
    /// Verify the logs.
    #[command(subcommand)]
    Audit(verify::AuditCommand),
    /// Make keys that disputes are sealed with, and seal anew with the first.
    #[command(subcommand)]
    Seal(seal::SealCommand),
    /// Copy the embedded database and the photos into a folder, while the service runs.
    Backup(backup::BackupArgs),
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Areas from GeoJSON, TopoJSON or zipped Shapefiles.
    Areas(load::AreasArgs),
    /// Party branches from CSV or GeoJSON.
    Branches(load::BranchesArgs),
    /// Workers and their posts from CSV or GeoJSON.
    People(load::PeopleArgs),
    /// Categories and filing conditions from CSV.
    Catalog(load::CatalogArgs),
    /// Departments, rules and fallback ladder from CSV.
    Matrix(load::MatrixArgs),
    /// Owned things (roads, rivers, parks) from GeoJSON.
    Assets(assets::AssetsArgs),
    /// Calendars of work days from JSON, one file for each year.
    Calendar(clocks::CalendarArgs),
    /// Another system's issues from CSV, through a mapping file.
    Issues(import::IssuesArgs),
    /// Which definition each published rate has, from CSV.
    Definitions(indicators::FileArgs),
    /// How departments are appraised, from CSV.
    Appraisal(indicators::FileArgs),
}

impl Cli {
    /// Runs the command and says how it went: 0 done, 1 found wrong, 2 could not be done.
    pub fn run(self) -> ExitCode {
        self.dispatch().unwrap_or_else(|error| {
            eprintln!("hexward: {error:#}");
            ExitCode::from(2)
        })
    }

    fn dispatch(self) -> anyhow::Result<ExitCode> {
        let config = &self.config;
        match self.command {
            Command::Locate(args) => locate::run(&args),
            Command::Check(args) => check::run(&args),
            Command::Matrix(command) => matrix::run(config, command),
            Command::Openapi => {
                println!("{}", crate::http::openapi().to_pretty_json()?);
                Ok(ExitCode::SUCCESS)
            }
            Command::Serve(args) => open::run(serve::run(config, &args)),
            Command::Demo(args) => open::run(demo::run(config, args)),
            Command::Init(args) => open::run(init::run(config, args)),
            Command::User(command) => open::run(user::run(config, command)),
            Command::Import(ImportCommand::Areas(args)) => open::run(load::run_areas(config, args)),
            Command::Import(ImportCommand::Branches(args)) => {
                open::run(load::run_branches(config, args))
            }
            Command::Import(ImportCommand::People(args)) => {
                open::run(load::run_people(config, args))
            }
            Command::Import(ImportCommand::Catalog(args)) => {
                open::run(load::run_catalog(config, args))
            }
            Command::Import(ImportCommand::Matrix(args)) => {
                open::run(load::run_matrix(config, args))
            }
            Command::Import(ImportCommand::Calendar(args)) => {
                open::run(clocks::run_calendar(config, args))
            }
            Command::Import(ImportCommand::Issues(args)) => {
                open::run(import::run_issues(config, args))
            }
            Command::Import(ImportCommand::Assets(args)) => open::run(assets::run(config, args)),
            Command::Import(ImportCommand::Definitions(args)) => {
                open::run(indicators::run_definitions(config, args))
            }
            Command::Import(ImportCommand::Appraisal(args)) => {
                open::run(indicators::run_appraisal(config, args))
            }
            Command::Territory(command) => open::run(territory::run(config, command)),
            Command::Report(args) => open::run(report::run(config, args)),
            Command::Metrics(command) => open::run(verify::run_metrics(config, command)),
            Command::Clocks(command) => open::run(clocks::run(config, command)),
            Command::Audit(command) => open::run(verify::run_audit(config, command)),
            Command::Seal(command) => open::run(seal::run(config, command)),
            Command::Backup(args) => open::run(backup::run(config, &args)),
        }
    }
}
