//! `hexward matrix convert`: learned rules, read and edited by a person, as files of a matrix.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::evaluate::read_book;
use crate::domain::territory::level::Level;
use crate::format::history::Mapping;
use crate::format::learned::{Wording, write_as_matrix};

/// What the categories are in the catalog.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Class {
    Small,
    Big,
}

#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The learned rules, edited or not.
    #[arg(long, value_name = "M.csv")]
    matrix: PathBuf,
    /// The columns with the labels, from the department inwards, as they were learned.
    #[arg(long, value_name = "COL,…", value_delimiter = ',', required = true)]
    label: Vec<String>,
    /// What the rules' areas are in the territory.
    #[arg(long, value_parser = parse_level)]
    level: Level,
    /// A mapping file of `hexward import issues`: which codes the history's words have here.
    #[arg(long, value_name = "FILE.toml")]
    mapping: Option<PathBuf>,
    /// Whether the categories are small or big classes of the catalog.
    #[arg(long, value_enum, default_value = "small")]
    class: Class,
    /// Where the rules go: CSV for `hexward import matrix --rules`.
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
    /// Where the departments go, with their codes as names where nothing else is known.
    #[arg(long, value_name = "FILE.csv")]
    departments: Option<PathBuf>,
}

fn parse_level(text: &str) -> Result<Level, String> {
    let names = || Level::ALL.map(Level::as_str).join(", ");
    Level::parse(text).ok_or_else(|| format!("expected one of {}", names()))
}

/// Runs the command; 1 when a rule could not be said in the matrix.
///
/// # Errors
/// A file cannot be read or written, or a column is not there.
pub fn run(args: &ConvertArgs) -> anyhow::Result<ExitCode> {
    let (book, bad) = read_book(&args.matrix, &args.label)?;
    let mapping = args.mapping.as_deref().map(|path| {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Mapping::parse(&text).with_context(|| path.display().to_string())
    });
    let mapping = mapping.transpose()?;
    let wording = Wording {
        category: &|word| mapping.as_ref()?.category_of(word).cloned(),
        department: &|word| mapping.as_ref()?.department_of(word).cloned(),
        level: args.level,
        class: match args.class {
            Class::Small => "small",
            Class::Big => "big",
        },
    };
    let files = write_as_matrix(&book, &wording)?;
    let write = |path: &PathBuf, bytes: &[u8]| {
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    write(&args.out, &files.rules)?;
    if let Some(path) = &args.departments {
        write(path, &files.departments)?;
    }
    files.problems.iter().for_each(|problem| eprintln!("left out: {problem}"));
    println!("{} rules of a matrix from {} learned", files.rules_count, book.rules().len());
    Ok(ExitCode::from(u8::from(bad > 0 || !files.problems.is_empty())))
}
