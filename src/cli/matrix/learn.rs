//! `hexward matrix learn`: proposes rules from labelled history.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::history::{HistoryArgs, accuracy_json, labels_json};
use crate::domain::routing::learn::{Contradiction, Learned, Options, evaluate, learn};
use crate::format::learned::write_learned;

/// Contradictions that are told one by one.
const CONTRADICTIONS_MAX: usize = 50;

#[derive(Debug, Args)]
pub struct LearnArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// Where the rules go, for a person to read and edit: CSV.
    #[arg(long, value_name = "M.csv")]
    out: PathBuf,
    /// The most rules to propose.
    #[arg(long, default_value_t = Options::default().rules_max)]
    rules_max: usize,
}

/// Runs the command. What was learned is told as JSON.
///
/// # Errors
/// A file cannot be read or written, or a column or property is not there.
pub fn run(args: &LearnArgs) -> anyhow::Result<ExitCode> {
    let labels = args.history.labels()?;
    let history = args.history.load()?;
    let options = Options { rules_max: args.rules_max, ..Options::default() };
    let learned = learn(&history.learning, &options);
    let text = write_learned(learned.book.rules(), &labels)?;
    std::fs::write(&args.out, text)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut told = summary(&learned, &labels);
    told["n"] = json!(history.learning.len());
    told["bad_rows"] = json!(history.bad);
    told["without_position"] = json!(history.unplaced);
    told["outside_every_area"] = json!(history.outside);
    // What was learned from says nothing about how well it was learned.
    if args.history.split.is_some() {
        let found = evaluate(&learned.book, &history.testing, labels.len());
        told["tested"] = json!({
            "n": found.cases,
            "accuracy": accuracy_json(&found, &labels),
        });
    }
    println!("{}", serde_json::to_string_pretty(&told)?);
    Ok(ExitCode::SUCCESS)
}

fn summary(learned: &Learned, labels: &[String]) -> Value {
    let contradictions = learned.contradictions.iter().take(CONTRADICTIONS_MAX);
    json!({
        "rules": learned.book.rules().len(),
        "families": learned.families,
        "contradictions_count": learned.contradictions.len(),
        "contradictions":
            contradictions.map(|found| contradiction_json(found, labels)).collect::<Vec<_>>(),
    })
}

fn contradiction_json(found: &Contradiction, labels: &[String]) -> Value {
    let share = |share: &crate::domain::routing::learn::Share| {
        json!({
            "labels": labels_json(labels, &share.labels),
            "n": share.count,
            "share": share.share,
            "examples": share.examples,
        })
    };
    json!({
        "rule": found.rule,
        "category": found.category,
        "area": found.area,
        "cell": found.cell.map(|cell| cell.to_string()),
        "n": found.cases,
        "shares": found.shares.iter().map(share).collect::<Vec<_>>(),
    })
}
