//! What learning and evaluation share: areas, a labelled history, and how it is split.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::locate::{AreasSource, Placer, load_areas, parse_datum};
use crate::domain::datum::Datum;
use crate::domain::routing::learn::{Case, CasePlace, Confusion, Evaluation, split};
use crate::domain::territory::Position;
use crate::format::labelled::{BadRow, LabelledColumns, LabelledRow, read_labelled};

/// How many bad rows are told one by one.
const TOLD_MAX: usize = 20;

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Polygons: GeoJSON, TopoJSON or a zipped Shapefile. Without them rules name hexagons only.
    #[arg(long, value_name = "FILE")]
    areas: Option<PathBuf>,
    /// The property of the polygons that is their code; the likeliest one when not given.
    #[arg(long, value_name = "PROPERTY")]
    code: Option<String>,
    /// The one TopoJSON object, or Shapefile of the archive, to read.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The labelled history: CSV with a header.
    #[arg(long, value_name = "FILE.csv")]
    history: PathBuf,
    /// The columns with the labels, from the department inwards.
    #[arg(long, value_name = "COL,…", value_delimiter = ',', required = true)]
    pub label: Vec<String>,
    /// The column with the category.
    #[arg(long, value_name = "COL", default_value = "requesttype")]
    category: String,
    /// The column with the longitude in degrees.
    #[arg(long, value_name = "COL", default_value = "longitude")]
    lon: String,
    /// The column with the latitude in degrees.
    #[arg(long, value_name = "COL", default_value = "latitude")]
    lat: String,
    /// The column by which cases are told as examples; their lines where there is none.
    #[arg(long, value_name = "COL", default_value = "srnumber")]
    id: String,
    /// The datum of polygons and history: wgs84, gcj02 or bd09.
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
    /// The datum of the history alone, where it is another one.
    #[arg(long, value_name = "DATUM", value_parser = parse_datum)]
    history_datum: Option<Datum>,
    /// Learn from this share of the rows, drawn by --seed, and test on the others.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub split: Option<f64>,
    /// What draws the rows to learn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a share between 0 and 1, such as 0.8".to_owned())
}

/// A history, placed.
pub struct History {
    /// What to learn from: everything without --split.
    pub learning: Vec<Case>,
    /// What to test on: everything without --split.
    pub testing: Vec<Case>,
    /// Rows that could not be used.
    pub bad: usize,
    /// Rows without a position.
    pub unplaced: usize,
    /// Rows with a position outside every area.
    pub outside: usize,
}

impl HistoryArgs {
    /// The label columns, each with a name.
    ///
    /// # Errors
    /// One is empty or given twice.
    pub fn labels(&self) -> anyhow::Result<Vec<String>> {
        let labels: Vec<String> = self.label.iter().map(|name| name.trim().to_owned()).collect();
        for (i, name) in labels.iter().enumerate() {
            if name.is_empty() || labels[..i].contains(name) {
                bail!("--label {}: {name:?} is empty or given twice", self.label.join(","));
            }
        }
        Ok(labels)
    }

    /// Reads and places the history; bad rows are told and counted.
    ///
    /// # Errors
    /// A file cannot be read, lacks a column, or has no usable row.
    pub fn load(&self) -> anyhow::Result<History> {
        let placer = self.areas.as_deref().map(|path| {
            let (code, layer) = (self.code.as_deref(), self.layer.as_deref());
            load_areas(&AreasSource { path, code, datum: self.datum, layer })
        });
        let placer = placer.transpose()?;
        let columns = LabelledColumns {
            category: self.category.clone(),
            longitude: self.lon.clone(),
            latitude: self.lat.clone(),
            name: Some(self.id.clone()),
            labels: self.labels()?,
        };
        let path = self.history.display();
        let file = File::open(&self.history).with_context(|| format!("cannot open {path}"))?;
        let (rows, mut bad) = read_labelled(file, &columns).with_context(|| path.to_string())?;
        let mut cases = Vec::with_capacity(rows.len());
        for row in rows {
            match self.place(row, placer.as_ref()) {
                Ok(case) => cases.push(case),
                Err(problem) => bad.push(problem),
            }
        }
        bad.sort_by_key(|bad| bad.line);
        tell_bad(&bad);
        if cases.is_empty() {
            match bad.first() {
                None => bail!("{path} has column names and no row; give the history itself"),
                Some(first) => bail!(
                    "{path} has no row that can be used: {} are bad, the first on line {}: {}; \
                     --category, --lon, --lat and --label name the columns, --history-datum the \
                     datum",
                    bad.len(),
                    first.line,
                    first.reason
                ),
            }
        }
        let unplaced = cases.iter().filter(|case| case.place.is_none()).count();
        let is_outside = |case: &&Case| case.place.as_ref().is_some_and(|p| p.area.is_none());
        let outside = cases.iter().filter(is_outside).count();
        let (rows, bad) = (cases.len(), bad.len());
        eprintln!(
            "{rows} rows, {unplaced} of them without a position and {outside} outside every area; \
             {bad} bad rows"
        );
        let (learning, testing) = self.divide(cases);
        Ok(History { learning, testing, bad, unplaced, outside })
    }

    fn divide(&self, cases: Vec<Case>) -> (Vec<Case>, Vec<Case>) {
        let Some(share) = self.split else { return (cases.clone(), cases) };
        let learns = split(cases.len(), share, self.seed);
        let mut parts = (Vec::new(), Vec::new());
        for (case, learns) in cases.into_iter().zip(learns) {
            if learns { parts.0.push(case) } else { parts.1.push(case) }
        }
        parts
    }

    fn place(&self, row: LabelledRow, placer: Option<&Placer>) -> Result<Case, BadRow> {
        let datum = self.history_datum.unwrap_or(self.datum);
        let place = match row.raw {
            None => None,
            Some((lon, lat)) => {
                let bad = |error: &dyn std::fmt::Display| BadRow {
                    line: row.line,
                    reason: format!("position: {error}"),
                };
                Position::new(lon, lat).map_err(|error| bad(&error))?;
                let (lon, lat) = datum.to_wgs84(lon, lat);
                let position = Position::new(lon, lat).map_err(|error| bad(&error))?;
                let area = placer.and_then(|placer| placer.innermost_code(position.coord()));
                Some(CasePlace { position, area: area.map(str::to_owned) })
            }
        };
        Ok(Case { name: row.name, category: row.category, place, labels: row.labels })
    }
}

fn tell_bad(bad: &[BadRow]) {
    for bad in bad.iter().take(TOLD_MAX) {
        eprintln!("line {}: {}", bad.line, bad.reason);
    }
    if bad.len() > TOLD_MAX {
        eprintln!("{} more bad rows are only counted", bad.len() - TOLD_MAX);
    }
}

/// The accuracy of each first part of the labels, by the names of their columns.
pub fn accuracy_json(found: &Evaluation, labels: &[String]) -> Value {
    let parts =
        (1..=labels.len()).map(|parts| (labels[..parts].join(","), json!(found.accuracy(parts))));
    Value::Object(parts.collect())
}

/// Labels by the names of their columns.
pub fn labels_json(labels: &[String], values: &[String]) -> Value {
    let pairs = labels.iter().zip(values).map(|(name, value)| (name.clone(), json!(value)));
    Value::Object(pairs.collect())
}

pub fn confusion_json(confusion: &Confusion, labels: &[String]) -> Value {
    json!({
        "expected": labels_json(labels, &confusion.expected),
        "found": confusion.found.as_ref().map(|found| labels_json(labels, found)),
        "n": confusion.count,
    })
}
