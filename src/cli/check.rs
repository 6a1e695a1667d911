//! `hexward check`: what is wrong with files of areas, before they are imported.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::load::parse_level;
use super::locate::parse_datum;
use crate::domain::datum::Datum;
use crate::domain::territory::check::{Checked, Tolerance, check_areas};
use crate::domain::territory::import::{Imported, Importer, Mapping, RefusalReason};
use crate::domain::territory::level::Level;
use crate::domain::territory::repair::ShapeLimits;
use crate::format::{FileLimits, read_features};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Areas: GeoJSON, TopoJSON or zipped Shapefiles; several are checked together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The property with the code.
    #[arg(long, default_value = "code", value_name = "PROPERTY")]
    code: String,
    /// The property with the name.
    #[arg(long, default_value = "name", value_name = "PROPERTY")]
    name: String,
    /// The property with the parent's code.
    #[arg(long, default_value = "parent", value_name = "PROPERTY")]
    parent: String,
    /// The property with the level.
    #[arg(long, default_value = "level", value_name = "PROPERTY")]
    level: String,
    /// The level of features that do not say theirs.
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    default_level: Option<Level>,
    /// The datum of the files: wgs84, gcj02 or bd09.
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
    /// Gaps, overlaps and protrusions of up to this many square metres are only counted.
    #[arg(long, default_value_t = 1.0, value_name = "M2")]
    tolerance_m2: f64,
    /// Print JSON instead of sentences.
    #[arg(long)]
    json: bool,
}

/// The outcome as programs read it.
#[derive(Serialize)]
struct Report {
    areas: usize,
    errors: usize,
    within_tolerance: usize,
    findings: Vec<Entry>,
    refusals: Vec<Entry>,
    repairs: Vec<Entry>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    codes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area_m2: Option<f64>,
    text: String,
}

/// Runs the command: success when nothing is wrong, 1 when something is.
///
/// # Errors
/// A file that cannot be read.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping {
        code: args.code.clone(),
        name: args.name.clone(),
        parent: args.parent.clone(),
        level: args.level.clone(),
        default_level: args.default_level,
        ..Mapping::default()
    };
    let mut importer = Importer::new(mapping, args.datum, ShapeLimits::default());
    let mut notes = Vec::new();
    for path in &args.files {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let report = read_features(file, None, &FileLimits::default(), &mut |f| importer.take(f))
            .with_context(|| path.display().to_string())?;
        notes.extend(report.notes.into_iter().map(|note| format!("{}: {note}", path.display())));
    }
    let imported = importer.finish();
    let checked = check_areas(&imported.areas, Tolerance { area_m2: args.tolerance_m2 });
    let report = report_of(&imported, checked, notes);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    Ok(if report.errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn report_of(imported: &Imported, checked: Checked, notes: Vec<String>) -> Report {
    let refusals = imported.refusals.iter().map(|refusal| {
        let kind = match &refusal.reason {
            RefusalReason::Duplicate { .. } => "duplicate_code",
            _ => "refused",
        };
        let (who, why, remedy) = (&refusal.feature, &refusal.reason, refusal.reason.remedy());
        let text = format!("{who} is refused: {why}; {remedy}");
        Entry { kind, codes: Vec::new(), area_m2: None, text }
    });
    let repairs = imported.repairs.iter().map(|repaired| {
        let what: Vec<String> = repaired.repairs.iter().map(ToString::to_string).collect();
        let text = format!("{}: {}", repaired.feature, what.join(", "));
        Entry { kind: "repaired", codes: Vec::new(), area_m2: None, text }
    });
    let findings = checked.findings.iter().map(|finding| Entry {
        kind: finding.kind(),
        codes: finding.codes().into_iter().map(ToString::to_string).collect(),
        area_m2: finding.area_m2(),
        text: finding.to_string(),
    });
    Report {
        areas: imported.areas.len(),
        errors: checked.findings.len() + imported.refusals.len(),
        within_tolerance: checked.within_tolerance,
        findings: findings.collect(),
        refusals: refusals.collect(),
        repairs: repairs.collect(),
        notes,
    }
}

fn tell(report: &Report) {
    for (label, entries) in
        [("error", &report.refusals), ("error", &report.findings), ("repaired", &report.repairs)]
    {
        for entry in entries {
            println!("{label}: {}", entry.text);
        }
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    println!(
        "{} areas, {} error(s), {} repaired, {} deviation(s) within the tolerance",
        report.areas,
        report.errors,
        report.repairs.len(),
        report.within_tolerance
    );
}
