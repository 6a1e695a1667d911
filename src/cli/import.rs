//! `hexward import issues`: the history of another system, through a mapping file.

use super::open::{open_keyed, told};
use crate::app::import_issues::{
    ImportError, ImportProblem, Refused, Summary, Told, import_issues, run_id,
};
use crate::config::ConfigArgs;
use crate::format::history::Mapping;
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many refused rows are told one by one where no file takes them.
const TOLD_MAX: u64 = 1_000;

#[derive(Debug, Args)]
pub struct IssuesArgs {
    /// What the columns and words of the file mean: TOML, described in docs/formats.md.
    #[arg(long, value_name = "FILE.toml")]
    mapping: PathBuf,
    /// The other system's export.
    #[arg(long, value_name = "FILE.csv")]
    file: PathBuf,
    /// Where to write the refused rows, each with its line and reason; standard error when absent.
    #[arg(long, value_name = "FILE.csv")]
    problems: Option<PathBuf>,
}

/// Where refused rows are told.
enum Problems {
    File(Box<csv::Writer<File>>),
    Screen { told: u64 },
}

impl Problems {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Screen { told: 0 }) };
        let mut writer = csv::Writer::from_path(path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        writer.write_record(["line", "column", "reason"])?;
        Ok(Self::File(Box::new(writer)))
    }

    fn tell(&mut self, bar: &ProgressBar, problem: &ImportProblem) -> anyhow::Result<()> {
        match self {
            Self::File(writer) => {
                let (column, reason) = match &problem.refused {
                    Refused::Row(row) => (row.column.as_deref(), row.reason.to_string()),
                    other => (None, other.to_string()),
                };
                let line = problem.line.to_string();
                writer.write_record([line.as_str(), column.unwrap_or(""), reason.as_str()])?;
            }
            Self::Screen { told } => {
                *told += 1;
                if *told <= TOLD_MAX {
                    bar.suspend(|| eprintln!("line {}: {}", problem.line, problem.refused));
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::File(mut writer) => writer.flush()?,
            Self::Screen { told } if told > TOLD_MAX => {
                eprintln!("and {} more; --problems FILE.csv takes all", told - TOLD_MAX);
            }
            Self::Screen { .. } => {}
        }
        Ok(())
    }
}

/// Runs `hexward import issues`. Run again, it goes on where it was stopped.
///
/// # Errors
/// A file cannot be read or written, the mapping or the catalog does not go with it, or the store
/// is away. What was settled stays.
pub async fn run_issues(config: &ConfigArgs, args: IssuesArgs) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(&args.mapping)
        .with_context(|| format!("{} cannot be read", args.mapping.display()))?;
    let mapping = Mapping::parse(&text).with_context(|| args.mapping.display().to_string())?;
    let name = args.file.display();
    let read = || File::open(&args.file).with_context(|| format!("{name} cannot be read"));
    let file = read()?;
    let (_, ctx) = open_keyed(config).await?;
    let id = run_id(&text, read()?, &ctx.instance().district)?;
    let bar = progress_bar(file.metadata()?.len());
    let mut problems = Problems::open(args.problems.as_deref())?;
    let mut unwritten = None;
    let outcome = import_issues(&ctx, &mapping, file, &id, |told| match told {
        Told::Problem(problem) => {
            if let Err(error) = problems.tell(&bar, problem) {
                unwritten.get_or_insert(error);
            }
        }
        Told::Progress { rows, position_bytes } => {
            bar.set_position(position_bytes);
            bar.set_message(format!("{rows} rows"));
        }
    })
    .await;
    bar.finish_and_clear();
    problems.finish()?;
    let summary = outcome.map_err(|error| match error {
        ImportError::App(error) => told(error),
        other => anyhow::Error::new(other).context(name.to_string()),
    })?;
    tell_summary(&mapping, &summary);
    match unwritten {
        Some(error) => Err(error.context("the refused rows could not all be written")),
        None => Ok(ExitCode::from(u8::from(summary.refused > 0))),
    }
}

fn progress_bar(size_bytes: u64) -> ProgressBar {
    let form = "{bar:30} {bytes}/{total_bytes} {msg} {elapsed}";
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(size_bytes).with_style(style)
}

fn tell_summary(mapping: &Mapping, summary: &Summary) {
    let Summary { rows, imported, known, refused, outside, resumed_after } = summary;
    if *resumed_after > 0 {
        println!("went on with an import that had settled {resumed_after} rows");
    }
    println!("{}: {rows} rows, {imported} imported, {known} in already, {refused} refused", {
        &mapping.source
    });
    if *outside > 0 {
        println!("{outside} of the imported lie in no area of the territory");
    }
}
