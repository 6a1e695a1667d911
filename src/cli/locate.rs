//! `hexward locate`: any points in any polygons, as a stream, without a database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use geo::{GeodesicArea, MultiPolygon};

use super::points::{self, Columns, Summary};
use crate::domain::datum::Datum;
use crate::domain::territory::feature::{Feature, FeatureRef, Shape};
use crate::domain::territory::index::AreaIndex;
use crate::domain::territory::level::Level;
use crate::domain::territory::repair::{Repair, ShapeLimits, repair_shape};
use crate::format::{FileLimits, read_features};

/// Names of properties that usually hold a code, the likeliest first; compared without case.
const CODE_NAMES: [&str; 10] =
    ["code", "id", "adcode", "area_code", "grid_code", "geoid", "gb", "gid", "objectid", "name"];
/// Names of the property that holds the level.
const LEVEL_NAMES: [&str; 2] = ["level", "LEVEL"];
/// How many repairs, refusals or bad lines are told one by one.
const TOLD_MAX: usize = 20;

#[derive(Debug, Args)]
pub struct LocateArgs {
    /// Polygons: GeoJSON, TopoJSON or a zipped Shapefile.
    #[arg(long, value_name = "FILE")]
    areas: PathBuf,
    /// Points: a CSV file with a header, or - for standard input.
    #[arg(long, value_name = "FILE.csv")]
    points: PathBuf,
    /// The column that holds the longitude in degrees.
    #[arg(long, value_name = "COL")]
    lon: String,
    /// The column that holds the latitude in degrees.
    #[arg(long, value_name = "COL")]
    lat: String,
    /// The property of the polygons to put out; the likeliest one when not given.
    #[arg(long, value_name = "PROPERTY")]
    code: Option<String>,
    /// The datum of polygons and points: wgs84, gcj02 or bd09.
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
    /// The datum of the points alone, where it is another one.
    #[arg(long, value_name = "DATUM", value_parser = parse_datum)]
    points_datum: Option<Datum>,
    /// The one TopoJSON object, or Shapefile of the archive, to read.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
}

/// Reads a datum given on the command line.
///
/// # Errors
/// The names that there are.
pub fn parse_datum(text: &str) -> Result<Datum, String> {
    Datum::parse(text).ok_or_else(|| "expected wgs84, gcj02 or bd09".to_owned())
}

/// Areas that points can be placed in.
pub struct Placer {
    index: AreaIndex,
    /// The rank of a slot's code among all codes; equal codes have the same rank.
    ranks: Vec<u32>,
    /// Codes by rank, in order of their text.
    codes: Vec<String>,
    /// How far inside a slot's area lies: the greater goes first.
    depths: Vec<f64>,
}

impl Placer {
    /// `codes[i]` is the code of `polygons[i]`, empty for none.
    pub fn new(polygons: &[MultiPolygon<f64>], codes: &[String]) -> Self {
        let mut sorted: Vec<String> = codes.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let rank = |code: &String| sorted.partition_point(|c| c < code) as u32;
        let ranks = codes.iter().map(rank).collect();
        // A smaller area lies inside a larger one, never around it.
        let depths = polygons.iter().map(|polygon| -polygon.geodesic_area_unsigned()).collect();
        Self { index: AreaIndex::build(polygons), ranks, codes: sorted, depths }
    }

    /// Says of each polygon how deep its level is, where a file has levels.
    fn with_levels(mut self, levels: &[Level]) -> Self {
        self.depths = levels.iter().map(|level| f64::from(u32::from(level.rank() as u8))).collect();
        self
    }

    /// The code of the innermost area at a place; of equally deep ones the first in order, as the
    /// boundary rule has it.
    pub fn innermost_code(&self, place: geo::Coord<f64>) -> Option<&str> {
        let mut slots = Vec::new();
        self.index.areas_at(place, &mut slots);
        let code = |slot: u32| self.codes[self.ranks[slot as usize] as usize].as_str();
        let depth = |slot: u32| self.depths[slot as usize];
        let named = slots.into_iter().filter(|&slot| !code(slot).is_empty());
        let first =
            named.min_by(|&a, &b| depth(b).total_cmp(&depth(a)).then_with(|| code(a).cmp(code(b))));
        first.map(code)
    }

    /// Appends the codes of all areas at a place to `text`, in order, each once, joined by `;`;
    /// says whether there is an area. `slots` is room to work in.
    pub fn append_codes(
        &self,
        place: geo::Coord<f64>,
        slots: &mut Vec<u32>,
        text: &mut Vec<u8>,
    ) -> bool {
        self.index.areas_at(place, slots);
        for slot in slots.iter_mut() {
            *slot = self.ranks[*slot as usize];
        }
        slots.sort_unstable();
        slots.dedup();
        let mut first = true;
        for code in slots.iter().map(|rank| &self.codes[*rank as usize]).filter(|c| !c.is_empty()) {
            if !std::mem::take(&mut first) {
                text.push(b';');
            }
            text.extend_from_slice(code.as_bytes());
        }
        !slots.is_empty()
    }
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, a column or property that is not there, no usable polygon.
pub fn run(args: &LocateArgs) -> anyhow::Result<ExitCode> {
    let (code, layer) = (args.code.as_deref(), args.layer.as_deref());
    let source = AreasSource { path: &args.areas, code, datum: args.datum, layer };
    let placer = load_areas(&source)?;
    let input: Box<dyn Read + Send> = if args.points.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = File::open(&args.points);
        Box::new(file.with_context(|| format!("cannot open {}", args.points.display()))?)
    };
    let columns = Columns { lon: &args.lon, lat: &args.lat };
    let datum = args.points_datum.unwrap_or(args.datum);
    let output = std::io::stdout().lock();
    let told = points::place_points(input, output, &columns, datum, &placer, &mut tell_bad_line());
    let summary = match told {
        Ok(summary) => summary,
        // Whoever reads the output has seen enough, as with `| head`.
        Err(points::PointsError::Write(error))
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => {
            return Err(anyhow::Error::new(error).context(args.points.display().to_string()));
        }
    };
    tell_summary(&summary);
    Ok(ExitCode::SUCCESS)
}

fn tell_bad_line() -> impl FnMut(&points::BadLine) {
    let mut told = 0;
    move |bad| {
        told += 1;
        if told <= TOLD_MAX {
            eprintln!("line {}: {}", bad.line, bad.reason);
        } else if told == TOLD_MAX + 1 {
            eprintln!("further bad lines are only counted");
        }
    }
}

fn tell_summary(summary: &Summary) {
    eprintln!(
        "{} points: {} in an area, {} in none, {} on bad lines (kept with an empty code)",
        summary.rows, summary.placed, summary.outside, summary.bad
    );
}

/// A file of areas, and what was said about it on the command line.
pub struct AreasSource<'a> {
    pub path: &'a Path,
    pub code: Option<&'a str>,
    pub datum: Datum,
    pub layer: Option<&'a str>,
}

/// Reads areas to place points in; repairs and refusals are told on standard error.
///
/// # Errors
/// The file cannot be read, lacks the property, or has no usable polygon.
pub fn load_areas(source: &AreasSource<'_>) -> anyhow::Result<Placer> {
    let path = source.path.display();
    let file = File::open(source.path).with_context(|| format!("cannot open {path}"))?;
    let mut loaded = Loaded::default();
    let report = read_features(file, source.layer, &FileLimits::default(), &mut |f| {
        loaded.take(f, source.datum);
    })
    .with_context(|| path.to_string())?;
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    loaded.tell(report.features);
    if loaded.polygons.is_empty() {
        bail!("{path}: none of its {} features is a polygon that can be used", report.features);
    }
    let codes = loaded.codes(source.code).with_context(|| path.to_string())?;
    let placer = Placer::new(&loaded.polygons, &codes);
    Ok(match loaded.levels() {
        Some(levels) => placer.with_levels(&levels),
        None => placer,
    })
}

/// Usable polygons and what was to be said about the others.
#[derive(Default)]
struct Loaded {
    polygons: Vec<MultiPolygon<f64>>,
    features: Vec<Feature>,
    repairs: Vec<(FeatureRef, Vec<Repair>)>,
    refusals: Vec<String>,
}

impl Loaded {
    fn take(&mut self, mut feature: Feature, datum: Datum) {
        let shape = std::mem::replace(&mut feature.shape, Shape::Missing);
        match repair_shape(shape, datum, &ShapeLimits::default()) {
            Ok((polygon, repairs)) => {
                if !repairs.is_empty() {
                    self.repairs.push((feature.reference(), repairs));
                }
                self.polygons.push(polygon);
                self.features.push(feature);
            }
            Err(error) => {
                let (who, remedy) = (feature.reference(), error.remedy());
                self.refusals.push(format!("{who} was refused: {error}; {remedy}"));
            }
        }
    }

    fn tell(&self, features: usize) {
        let mending = |r: &&Repair| !matches!(r, Repair::TurnedRings(_));
        let mut told = 0;
        for (who, repairs) in &self.repairs {
            let texts: Vec<String> =
                repairs.iter().filter(mending).map(Repair::to_string).collect();
            if !texts.is_empty() {
                told += 1;
                if told <= TOLD_MAX {
                    eprintln!("{who} was repaired: {}", texts.join(", "));
                }
            }
        }
        if told > TOLD_MAX {
            eprintln!("{} more features were repaired", told - TOLD_MAX);
        }
        self.refusals.iter().for_each(|refusal| eprintln!("{refusal}"));
        eprintln!(
            "{features} features: {} used, {told} of them repaired, {} refused",
            self.polygons.len(),
            self.refusals.len()
        );
    }

    fn codes(&self, wanted: Option<&str>) -> anyhow::Result<Vec<String>> {
        let name = match wanted {
            Some(name) if self.features.iter().any(|f| f.text(name).is_some()) => name.to_owned(),
            Some(name) => {
                let names = self.property_names().into_keys().collect::<Vec<_>>().join(", ");
                bail!("no feature has a property {name:?}; there are: {names}")
            }
            None => match self.likeliest_code() {
                Some(name) => {
                    eprintln!("note: taking property {name:?} as the code; --code takes another");
                    name
                }
                None => {
                    eprintln!("note: no property looks like a code; taking the feature's number");
                    return Ok(self.features.iter().map(|f| f.number.to_string()).collect());
                }
            },
        };
        let code = |feature: &Feature| match feature.text(&name) {
            Some(code) => code.to_owned(),
            None => {
                eprintln!("{} has no {name:?}; points in it get no code", feature.reference());
                String::new()
            }
        };
        let shared = self.features.len().saturating_sub(self.values_of(&name));
        if shared > 0 {
            eprintln!(
                "warning: {} of {} areas share their {name:?} with another, or lack it, and are \
                 taken for one area; --code takes another property",
                shared,
                self.features.len()
            );
        }
        Ok(self.features.iter().map(code).collect())
    }

    /// The levels of the areas, where every feature has one.
    fn levels(&self) -> Option<Vec<Level>> {
        let level = |feature: &Feature| {
            LEVEL_NAMES.iter().find_map(|name| Level::parse(&feature.text(name)?.to_lowercase()))
        };
        self.features.iter().map(level).collect()
    }

    /// How many features have a value for each property.
    fn property_names(&self) -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        for feature in &self.features {
            let given = feature.properties.iter().filter(|(_, value)| value.text().is_some());
            for (name, _) in given {
                *names.entry(name.clone()).or_insert(0) += 1;
            }
            if feature.id.is_some() && !feature.properties.contains_key("id") {
                *names.entry("id".to_owned()).or_insert(0) += 1;
            }
        }
        names
    }

    /// How many different values a property has.
    fn values_of(&self, name: &str) -> usize {
        self.features.iter().filter_map(|f| f.text(name)).collect::<BTreeSet<_>>().len()
    }

    /// The first usual name that all features have, then any that ends like one, among those that
    /// tell every area from every other; else among those that tell any apart. What is the same in
    /// all of several areas is the code of what is around them.
    fn likeliest_code(&self) -> Option<String> {
        let names = self.property_names();
        let full = names.iter().filter(|(_, n)| **n == self.features.len());
        let full: Vec<(&String, usize)> =
            full.map(|(name, _)| (name, self.values_of(name))).collect();
        let least = if self.features.len() > 1 { 2 } else { 1 };
        [self.features.len(), least].into_iter().find_map(|values_min| {
            let fit = full.iter().filter(|(_, values)| *values >= values_min);
            likeliest_of(&fit.map(|(name, _)| *name).collect::<Vec<_>>())
        })
    }
}

fn likeliest_of(names: &[&String]) -> Option<String> {
    let usual = |wanted: &&str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted));
    let ending = |name: &&&String| {
        let name = name.to_ascii_lowercase();
        name.ends_with("code") || name.ends_with("_id")
    };
    let (sure, unsure) = CODE_NAMES.split_at(7);
    sure.iter()
        .find_map(usual)
        .or_else(|| names.iter().find(ending))
        .or_else(|| unsure.iter().find_map(usual))
        .map(|name| (*name).clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::territory::feature::Value;
    use geo::polygon;

    fn square(from: f64, to: f64) -> MultiPolygon<f64> {
        polygon![(x: from, y: from), (x: to, y: from), (x: to, y: to), (x: from, y: to)].into()
    }

    #[test]
    fn what_is_the_same_in_all_areas_is_no_code() {
        let code = |rows: &[&[(&str, &str)]]| {
            let feature = |(row, number): (&&[(&str, &str)], usize)| Feature {
                number,
                id: None,
                layer: None,
                properties: row
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned())))
                    .collect(),
                shape: Shape::Missing,
            };
            let features = rows.iter().zip(1..).map(feature).collect();
            Loaded { features, ..Loaded::default() }.likeliest_code()
        };
        let city = [("code", "4101"), ("grid_id", "a")];
        let same = [("code", "4101"), ("grid_id", "b")];
        assert_eq!(code(&[&city, &same]).as_deref(), Some("grid_id"));
        // What tells all apart goes before what tells some apart.
        let rows = [[("code", "1"), ("gid", "a")], [("code", "1"), ("gid", "b")]];
        let other = [("code", "2"), ("gid", "c")];
        assert_eq!(code(&[&rows[0], &rows[1], &other]).as_deref(), Some("gid"));
        assert_eq!(code(&[&[("code", "1")], &[("code", "1")]]), None);
        assert_eq!(code(&[&[("code", "1")]]).as_deref(), Some("code"));
    }

    #[test]
    fn the_innermost_area_holds_a_point_and_of_equal_ones_the_first_code() {
        let polygons = [square(0.0, 4.0), square(1.0, 3.0), square(1.5, 2.5), square(1.5, 2.5)];
        let codes = ["a", "b", "d", "c"].map(str::to_owned);
        let at = |placer: &Placer, place: f64| {
            placer.innermost_code(geo::coord! { x: place, y: place }).map(str::to_owned)
        };
        let placer = Placer::new(&polygons, &codes);
        let found = [0.5, 1.2, 2.0, 5.0].map(|place| at(&placer, place));
        let own = |code: &str| Some(code.to_owned());
        assert_eq!(found, [own("a"), own("b"), own("c"), None]);
        // A level says more than a size.
        let levels = [Level::Grid, Level::Street, Level::District, Level::District];
        let placer = placer.with_levels(&levels);
        assert_eq!([0.5, 2.0].map(|place| at(&placer, place)), [own("a"), own("a")]);
    }
}
