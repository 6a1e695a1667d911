//! The demo's files as bytes, in the formats that the importers read.

use super::areas::{DemoArea, areas};
use super::mesh::Point;
use super::people::{DemoBranch, DemoPost, DemoWorker, people};
use super::plan::{PlanError, StreetLayout, plan};
use std::collections::BTreeMap;
use std::fmt::Write;

const OUTLINE: &str = include_str!("../../geodata/jinshui/source/outline.geojson");
const STREETS: &str = include_str!("../../geodata/jinshui/source/streets.csv");
const LAYOUT: &str = include_str!("../../geodata/jinshui/layout.csv");

/// The district, by code and name.
const DISTRICT: (&str, &str) = ("410105", "金水区");

/// The first day on which the generated areas and posts are in force.
const VALID_FROM: &str = "2026-01-01";

const NOTE: &str = "The district's outline and the streets' codes and names are real; all polygons \
    below the district, and all communities and grids, are generated. 区界轮廓、街道代码与名称为真实数据，\
    其余均为生成的演示数据。";

/// A file of the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFile {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// Why the pack could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("outline.geojson: {0}")]
    Outline(String),
    #[error("{file}, line {line}: {reason}")]
    Row { file: &'static str, line: usize, reason: String },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("writing a table: {0}")]
    Table(#[from] csv::Error),
}

/// Generates all files of `geodata/jinshui` from its sources: the same bytes each time.
///
/// # Errors
/// A source that does not read, or an outline that cannot be divided.
pub fn generate() -> Result<Vec<PackFile>, PackError> {
    let areas = demo_areas()?;
    let people = people(&areas);
    let (branches, workers, posts) =
        (branches_csv(&people.branches)?, workers_csv(&people.workers)?, posts_csv(&people.posts)?);
    Ok(vec![
        PackFile { name: "areas.geojson", bytes: areas_geojson(&areas).into_bytes() },
        PackFile { name: "branches.csv", bytes: branches },
        PackFile { name: "workers.csv", bytes: workers },
        PackFile { name: "posts.csv", bytes: posts },
    ])
}

/// The areas of the demo, outermost first.
///
/// # Errors
/// As [`generate`].
pub fn demo_areas() -> Result<Vec<DemoArea>, PackError> {
    let mut names = BTreeMap::new();
    for (line, fields) in rows(STREETS) {
        let [code, name, _] = fields_of("streets.csv", line, &fields)?;
        names.insert(code.to_owned(), name.to_owned());
    }
    let plan = plan(outline()?, &layout()?)?;
    Ok(areas(&plan, DISTRICT, &names))
}

/// The district's outline, its closing point dropped.
fn outline() -> Result<Vec<Point>, PackError> {
    let wrong = |reason: &str| PackError::Outline(reason.to_owned());
    let collection: geojson::FeatureCollection =
        OUTLINE.parse().map_err(|e: geojson::Error| PackError::Outline(e.to_string()))?;
    let feature = collection.features.first().ok_or_else(|| wrong("no feature"))?;
    let value = feature.geometry.as_ref().map(|geometry| &geometry.value);
    let Some(geojson::GeometryValue::MultiPolygon { coordinates }) = value else {
        return Err(wrong("not a MultiPolygon"));
    };
    let [rings] = coordinates.as_slice() else { return Err(wrong("not one polygon")) };
    let [ring] = rings.as_slice() else { return Err(wrong("a hole")) };
    let mut points: Vec<Point> = ring.iter().map(|p| Point::of_degrees(p[0], p[1])).collect();
    points.pop();
    Ok(points)
}

fn layout() -> Result<Vec<StreetLayout>, PackError> {
    const FILE: &str = "layout.csv";
    let mut out = Vec::new();
    for (line, fields) in rows(LAYOUT) {
        let [code, lon, lat, weight, communities] = fields_of(FILE, line, &fields)?;
        let number = |text: &str| {
            let parsed = text.parse::<f64>();
            parsed.map_err(|e| PackError::Row { file: FILE, line, reason: format!("{text}: {e}") })
        };
        out.push(StreetLayout {
            code: code.to_owned(),
            centre: Point::of_degrees(number(lon)?, number(lat)?),
            weight: (number(weight)? * 10.0).round() as i64,
            communities: number(communities)? as usize,
        });
    }
    Ok(out)
}

/// The lines of a plain table without quotes, below its heading, each with its number.
fn rows(text: &'static str) -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    (1..).zip(text.lines()).skip(1).map(|(line, row)| (line, row.split(',').collect()))
}

fn fields_of<const N: usize>(
    file: &'static str,
    line: usize,
    fields: &[&'static str],
) -> Result<[&'static str; N], PackError> {
    fields.try_into().map_err(|_| PackError::Row {
        file,
        line,
        reason: format!("{} fields, {N} expected", fields.len()),
    })
}

/// One feature a line, so that a difference can be read.
fn areas_geojson(areas: &[DemoArea]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from("{\"type\":\"FeatureCollection\",\"generated\":true,\"note\":");
    out.push_str(&quoted(NOTE));
    out.push_str(",\"features\":[\n");
    for (i, area) in areas.iter().enumerate() {
        let kind = if area.dedicated.is_some() { "dedicated" } else { "regular" };
        let parent = area.parent.as_deref().map_or("null".to_owned(), quoted);
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":{},\"name\":{},\"level\":\"{}\",\
             \"parent\":{parent},\"kind\":\"{kind}\",\"valid_from\":\"{VALID_FROM}\",\
             \"generated\":{}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}",
            quoted(&area.code),
            quoted(&area.name),
            area.level,
            area.parent.is_some(),
            coordinates(&area.ring),
        );
        out.push_str(if i + 1 < areas.len() { ",\n" } else { "\n" });
    }
    out.push_str("]}\n");
    out
}

fn coordinates(ring: &[Point]) -> String {
    let closed = ring.iter().chain(ring.first());
    let texts: Vec<String> = closed
        .map(|point| {
            let (lon, lat) = point.degrees();
            format!("[{lon},{lat}]")
        })
        .collect();
    texts.join(",")
}

/// A table of its heading and rows.
fn table<const N: usize>(
    heading: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(heading)?;
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

fn branches_csv(branches: &[DemoBranch]) -> Result<Vec<u8>, csv::Error> {
    let heading = [
        "code",
        "name",
        "parent",
        "lon",
        "lat",
        "areas",
        "resources",
        "opening_hours",
        "generated",
    ];
    let rows = branches.iter().map(|b| {
        let (lon, lat) = b.position.degrees();
        let parent = b.parent.clone().unwrap_or_default();
        let (areas, resources) = (b.areas.join(";"), b.resources.join(";"));
        let hours = b.opening_hours.to_owned();
        [b.code.clone(), b.name.clone(), parent, lon, lat, areas, resources, hours, yes()]
    });
    table(heading, rows)
}

fn workers_csv(workers: &[DemoWorker]) -> Result<Vec<u8>, csv::Error> {
    let rows = workers.iter().map(|w| [w.id.clone(), w.name.clone(), w.phone.clone(), yes()]);
    table(["id", "name", "phone", "generated"], rows)
}

fn posts_csv(posts: &[DemoPost]) -> Result<Vec<u8>, csv::Error> {
    let heading = [
        "worker",
        "area",
        "role",
        "duties",
        "hours",
        "lon",
        "lat",
        "valid_from",
        "valid_to",
        "generated",
    ];
    let rows = posts.iter().map(|p| {
        let (lon, lat) = p.station.map(Point::degrees).unwrap_or_default();
        let text = |text: &str| text.to_owned();
        let (role, duties, hours) =
            (text(p.role.title()), text(p.role.duties()), text(p.role.hours()));
        let valid = (VALID_FROM.to_owned(), String::new());
        [p.worker.clone(), p.area.clone(), role, duties, hours, lon, lat, valid.0, valid.1, yes()]
    });
    table(heading, rows)
}

fn yes() -> String {
    "true".to_owned()
}
