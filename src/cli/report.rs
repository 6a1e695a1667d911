//! `hexward report`: the periodic report of everything into a file.

use super::open::{open, told};
use crate::app::periodic::{Question, make_report};
use crate::config::ConfigArgs;
use crate::domain::access::Scope;
use crate::domain::catalog::Lang;
use crate::domain::period::Period;
use crate::format::document::{write_pdf, write_xlsx};
use crate::http::{PRINTED_ROWS_MAX, SHEET_ROWS_MAX};
use anyhow::Context as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// A month `2026-10`, a quarter `2026-Q3` or a year `2026`.
    #[arg(long, value_parser = period_of)]
    period: Period,
    /// Code of an area, with all below it; everything when absent.
    #[arg(long)]
    area: Option<String>,
    /// Where to write; the ending says the format: `.pdf` or `.xlsx`.
    #[arg(long)]
    out: PathBuf,
    /// `zh-CN` or `en`.
    #[arg(long, default_value = "zh-CN", value_parser = ["zh-CN", "en"])]
    lang: String,
}

fn period_of(text: &str) -> Result<Period, String> {
    Period::parse(text)
        .ok_or_else(|| format!("{text:?} is no period: write 2026-10, 2026-Q3 or 2026"))
}

/// Runs `hexward report`.
///
/// # Errors
/// The period has not begun, the area is not known, the ending is no format, or the database or
/// the file cannot be used.
pub async fn run(config: &ConfigArgs, args: ReportArgs) -> anyhow::Result<ExitCode> {
    let ending = args.out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let as_sheet = match ending.as_deref() {
        Some("pdf") => false,
        Some("xlsx") => true,
        _ => anyhow::bail!("{}: the file must end in .pdf or .xlsx", args.out.display()),
    };
    let (_, ctx) = open(config).await?;
    let question = Question {
        period: args.period,
        area: args.area,
        lang: if args.lang == "en" { Lang::En } else { Lang::Zh },
        ledger_rows_max: if as_sheet { SHEET_ROWS_MAX } else { PRINTED_ROWS_MAX },
    };
    // Whoever runs the program on its machine reads everything; of disputes the report says no more
    // than to anybody else.
    let document = make_report(&ctx, &Scope::everything(), &question).await.map_err(told)?;
    let bytes = if as_sheet { write_xlsx(&document)? } else { write_pdf(&document)? };
    std::fs::write(&args.out, &bytes)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    println!("{}: {} KiB", args.out.display(), bytes.len().div_ceil(1024));
    Ok(ExitCode::SUCCESS)
}
