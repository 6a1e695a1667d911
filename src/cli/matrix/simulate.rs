//! `hexward matrix simulate`: past issues replayed against a version or a file.

use super::super::open::{open, told};
use super::lint::{parse_day, parse_lang};
use super::source::{Beside, read};
use crate::app::ctx::Snapshot;
use crate::app::matrix::{matrix_of, planned_day};
use crate::app::simulate::{Asker, ISSUES_MAX, Simulated, Window, simulate_matrix};
use crate::config::ConfigArgs;
use crate::domain::catalog::Lang;
use crate::domain::id::DepartmentCode;
use crate::domain::routing::Matrix;
use crate::domain::routing::simulate::per_week;
use crate::domain::time::Day;
use crate::format::simulation::write_simulation;
use anyhow::Context;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct SimulateArgs {
    /// The number of a version, or a CSV file of rules.
    #[arg(value_name = "VERSION|FILE.csv")]
    matrix: String,
    #[command(flatten)]
    beside: Beside,
    /// First day of report, YYYY-MM-DD; 90 days before the last when left out.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<Day>,
    /// Last day of report, YYYY-MM-DD; today when left out.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    to: Option<Day>,
    /// The day whose rules both matrices are asked for, YYYY-MM-DD: that of the activation. When
    /// left out, the day that the version is scheduled for, else today.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    on: Option<Day>,
    /// Where to write it as CSV.
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// The language of the names.
    #[arg(long, value_name = "zh|en", default_value = "en", value_parser = parse_lang)]
    lang: Lang,
}

/// Runs the command.
///
/// # Errors
/// The matrix, the file or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let pack = read(&ctx, &args.matrix, &args.beside).await?;
    let snapshot = ctx.snapshot();
    let draft = matrix_of(&snapshot, &args.matrix, &pack);
    let to = args.to.unwrap_or_else(|| ctx.today());
    let from = args.from.unwrap_or(Day(to.0.saturating_sub(89)));
    let window = Window::new(from, to, ISSUES_MAX).map_err(told)?;
    let bar = ProgressBar::new_spinner();
    let tell = |read| bar.set_message(format!("{read} issues"));
    let planned = match args.matrix.parse() {
        Ok(version) => planned_day(&ctx, version).await.map_err(told)?,
        Err(_) => ctx.today(),
    };
    let asked = (window, args.on.unwrap_or(planned));
    let found = simulate_matrix(&ctx, Asker::Operator, &draft, asked, tell).await;
    bar.finish_and_clear();
    let found = found.map_err(told)?;
    let name = |code: &DepartmentCode| name_of(&snapshot, &draft, code, args.lang);
    if let Some(path) = &args.csv {
        let bytes = write_simulation(&found.simulation, &found.about(&args.matrix), name)?;
        std::fs::write(path, bytes)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    show(&found, &name);
    Ok(ExitCode::SUCCESS)
}

fn name_of(snapshot: &Snapshot, draft: &Matrix, code: &DepartmentCode, lang: Lang) -> String {
    let known = draft.department(code).or_else(|| snapshot.matrix.department(code));
    known.map_or_else(|| code.to_string(), |known| known.name_in(lang).to_owned())
}

/// Changes of lead that are told.
const MOVES_MAX: usize = 30;

fn show(found: &Simulated, name: &dyn Fn(&DepartmentCode) -> String) {
    let of = &found.simulation;
    let cut = if found.complete { "" } else { ", cut at the limit" };
    println!(
        "{} issues{cut}, {} go elsewhere, {} keep the lead with other terms; unrouted {} -> {}",
        of.issues, of.rerouted, of.terms_changed, of.unrouted_before, of.unrouted_after
    );
    println!(
        "by the rules of {}, of which {} of this matrix are not valid then; {} days of data",
        found.valid_on, found.rules_not_valid, found.days
    );
    println!(
        "of {} that were handled, the matrix in force names the handler {} times, this one {}",
        of.handled, of.right_before, of.right_after
    );
    println!("department\tname\tbefore\tafter\tgained\tlost\thandled\tper week");
    let week = |n| per_week(n, found.days).map_or_else(String::new, |n| format!("{n:.1}"));
    for (code, share) in &of.departments {
        println!(
            "{code}\t{}\t{}\t{}\t{}\t{}\t{}\t{} -> {}",
            name(code),
            share.before,
            share.after,
            share.gained,
            share.lost,
            share.handled,
            week(share.before),
            week(share.after)
        );
    }
    let mut moved: Vec<_> = of.moved.iter().collect();
    moved.sort_by_key(|(_, moved)| std::cmp::Reverse(moved.n));
    let side = |side: &Option<DepartmentCode>| side.as_ref().map_or("nobody".to_owned(), name);
    for ((from, to), moved) in moved.into_iter().take(MOVES_MAX) {
        let examples: Vec<&str> = moved.examples.iter().map(|e| e.number.as_str()).collect();
        println!("{} from {} to {}: {}", moved.n, side(from), side(to), examples.join(" "));
    }
}
