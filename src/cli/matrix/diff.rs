//! `hexward matrix diff`: rules and rungs added, removed and changed between two versions.

use super::super::open::{open, told};
use crate::app::matrix::diff_matrix;
use crate::config::ConfigArgs;
use crate::domain::id::DepartmentCode;
use crate::domain::routing::{MatrixDiff, Rule};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The older version; 0 is an empty matrix.
    old: i64,
    /// The newer version.
    new: i64,
}

/// Runs the command.
///
/// # Errors
/// There is no such version, or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: DiffArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let diff = diff_matrix(&ctx, args.old, args.new).await.map_err(told)?;
    show(&diff);
    Ok(ExitCode::SUCCESS)
}

fn show(diff: &MatrixDiff) {
    let rule = |sign: char, rule: &Rule| {
        let area = rule.area.as_ref().map_or_else(String::new, |area| format!(" in {}", area.code));
        println!("{sign} {}: {}{area} -> {}", rule.id, rule.selector, rule.lead);
    };
    diff.removed.iter().for_each(|gone| rule('-', gone));
    diff.added.iter().for_each(|new| rule('+', new));
    for change in &diff.changed {
        let fields = change.fields.iter().map(|(column, old, new)| {
            let said =
                |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
            format!("{column} {} -> {}", said(old), said(new))
        });
        println!("~ {}: {}", change.id, fields.collect::<Vec<_>>().join("; "));
    }
    diff.rungs_removed.iter().for_each(|(rung, says)| println!("- rung {rung}: {says}"));
    diff.rungs_added.iter().for_each(|(rung, says)| println!("+ rung {rung}: {says}"));
    let codes = |sign: char, codes: &[DepartmentCode]| {
        codes.iter().for_each(|code| println!("{sign} department {code}"));
    };
    codes('-', &diff.departments_removed);
    codes('+', &diff.departments_added);
    codes('~', &diff.departments_changed);
    let (added, removed) = (diff.added.len(), diff.removed.len());
    let changed = diff.changed.len();
    println!(
        "{added} rules added, {removed} removed, {changed} changed, {} unchanged",
        diff.unchanged
    );
}
