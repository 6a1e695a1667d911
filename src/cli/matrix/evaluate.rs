//! `hexward matrix evaluate`: tries learned rules on other labelled history.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use super::history::{HistoryArgs, accuracy_json, confusion_json};
use crate::domain::routing::learn::{RuleBook, evaluate};
use crate::format::learned::read_learned;

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// The learned rules, edited or not.
    #[arg(long, value_name = "M.csv")]
    matrix: PathBuf,
}

/// Reads learned rules; bad lines are told on standard error and left out.
///
/// # Errors
/// The file cannot be read, lacks a column, or has no usable rule.
pub fn read_book(path: &Path, labels: &[String]) -> anyhow::Result<(RuleBook, usize)> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot open {shown}"))?;
    let (rules, problems) = read_learned(&bytes, labels).with_context(|| shown.to_string())?;
    problems.iter().for_each(|problem| eprintln!("{shown}: {problem}"));
    if rules.is_empty() {
        bail!("{shown} has no rule that can be used ({} bad lines)", problems.len());
    }
    Ok((RuleBook::new(rules), problems.len()))
}

/// Runs the command. With --split, rules are tried on the rows that `learn` left out.
///
/// # Errors
/// A file cannot be read, or a column or property is not there.
pub fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    let labels = args.history.labels()?;
    let (book, bad_rules) = read_book(&args.matrix, &labels)?;
    let history = args.history.load()?;
    let found = evaluate(&book, &history.testing, labels.len());
    let confusions: Vec<_> =
        found.confusions.iter().map(|confusion| confusion_json(confusion, &labels)).collect();
    let told = json!({
        "n": found.cases,
        "rules": book.rules().len(),
        "accuracy": accuracy_json(&found, &labels),
        "unruled": found.unruled,
        "bad_rows": history.bad,
        "bad_rules": bad_rules,
        "confusions": confusions,
    });
    println!("{}", serde_json::to_string_pretty(&told)?);
    Ok(ExitCode::SUCCESS)
}
