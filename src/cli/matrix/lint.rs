//! `hexward matrix lint`: everything in a matrix that cannot do what its author meant.

use super::super::open::open;
use super::source::Source;
use crate::app::matrix::{Checked, check_matrix};
use crate::config::ConfigArgs;
use crate::domain::catalog::Lang;
use crate::domain::time::Day;
use crate::format::pack::read_draft_pack;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct LintArgs {
    #[command(flatten)]
    source: Source,
    /// The day from which it is to be in force, YYYY-MM-DD; today when left out.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    day: Option<Day>,
    /// The language of the findings.
    #[arg(long, value_name = "zh|en", default_value = "en", value_parser = parse_lang)]
    lang: Lang,
}

/// Reads a date.
///
/// # Errors
/// The form that is expected.
pub fn parse_day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a date such as 2026-11-20".to_owned())
}

/// Reads a language.
///
/// # Errors
/// The two that there are.
pub fn parse_lang(text: &str) -> Result<Lang, String> {
    match text {
        "zh" => Ok(Lang::Zh),
        "en" => Ok(Lang::En),
        _ => Err("expected zh or en".to_owned()),
    }
}

/// Runs the command: 0 without errors, 1 with errors, 2 when it could not be done.
///
/// # Errors
/// The matrix or the database cannot be used.
pub async fn run(config: &ConfigArgs, args: LintArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let pack = args.source.read(&ctx).await?;
    let (_, _, problems) = read_draft_pack("", &pack);
    problems.iter().for_each(|problem| println!("error\tunreadable\t{problem}"));
    let day = args.day.unwrap_or_else(|| ctx.today());
    let checked = check_matrix(&ctx.snapshot(), args.source.name(), &pack, day);
    tell(&checked, args.lang);
    let errors = checked.errors().count() + problems.len();
    let warnings = checked.findings.len() - checked.errors().count();
    println!("{}: {errors} errors, {warnings} warnings", args.source.name());
    Ok(ExitCode::from(u8::from(errors > 0)))
}

/// A line for each finding: weight, sort, place, sentence.
pub fn tell(checked: &Checked, lang: Lang) {
    for located in &checked.findings {
        let defect = &located.finding.defect;
        let place = match (&located.file, located.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            _ => "-".to_owned(),
        };
        let (weight, sentence) = (located.finding.weight.as_str(), defect.sentence(lang));
        println!("{weight}\t{}\t{place}\t{sentence}", defect.code());
    }
}
