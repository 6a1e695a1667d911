//! Branches, workers and their posts, from CSV and, where they have a place, GeoJSON points.

use std::io::Read;

use super::csv_rows::{Columns, FieldError, LineProblem, Row, RowError, read_rows};
use super::expected::Expected;
use super::faults::{PointFault, UnknownFile};
use super::{FileLimits, FormatError, geojson, read_all, without_bom};
use crate::domain::datum::Datum;
use crate::domain::id::{AreaCode, BranchCode, WorkerId};
use crate::domain::territory::area::Validity;
use crate::domain::territory::feature::{Feature, Shape, Value};
use crate::domain::territory::people::{Branch, DutyHours, Post, Worker};
use crate::domain::territory::position::Position;

const BRANCHES: Columns = Columns {
    required: &["code", "name"],
    optional: &["parent", "lon", "lat", "areas", "resources", "opening_hours", "generated"],
};
const WORKERS: Columns = Columns { required: &["id", "name"], optional: &["phone", "generated"] };
const POSTS: Columns = Columns {
    required: &["worker", "area", "role"],
    optional: &["duties", "hours", "lon", "lat", "valid_from", "valid_to", "generated"],
};

/// What a file gave, and each row that was not taken. In a GeoJSON the line of a problem is the
/// number of the feature.
pub type Rows<T> = (Vec<T>, Vec<LineProblem>);

/// A value with the line that it stands on; in a GeoJSON the number of the feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Lined<T> {
    pub line: u64,
    pub value: T,
}

fn without_lines<T>((rows, problems): Rows<Lined<T>>) -> Rows<T> {
    (rows.into_iter().map(|row| row.value).collect(), problems)
}

/// Reads branches from CSV or GeoJSON.
///
/// # Errors
/// The file cannot be read at all, or exceeds a limit.
pub fn read_branches(
    input: impl Read,
    datum: Datum,
    limits: &FileLimits,
) -> Result<Rows<Branch>, FormatError> {
    read_branch_lines(input, datum, limits).map(without_lines)
}

/// As [`read_branches`], each with its line.
///
/// # Errors
/// As for [`read_branches`].
pub fn read_branch_lines(
    input: impl Read,
    datum: Datum,
    limits: &FileLimits,
) -> Result<Rows<Lined<Branch>>, FormatError> {
    read_any(input, limits, &BRANCHES, |row| branch_of(row, datum))
}

/// Reads workers from CSV.
///
/// # Errors
/// The file cannot be read at all, or exceeds a limit.
pub fn read_workers(input: impl Read, limits: &FileLimits) -> Result<Rows<Worker>, FormatError> {
    read_worker_lines(input, limits).map(without_lines)
}

/// As [`read_workers`], each with its line.
///
/// # Errors
/// As for [`read_workers`].
pub fn read_worker_lines(
    input: impl Read,
    limits: &FileLimits,
) -> Result<Rows<Lined<Worker>>, FormatError> {
    read_any(input, limits, &WORKERS, |row| {
        Ok(Worker {
            id: worker_id(row, "id")?,
            name: row.required("name")?.to_owned(),
            phone: row.optional("phone").map(str::to_owned),
        })
    })
}

/// Reads posts from CSV or GeoJSON.
///
/// # Errors
/// The file cannot be read at all, or exceeds a limit.
pub fn read_posts(
    input: impl Read,
    datum: Datum,
    limits: &FileLimits,
) -> Result<Rows<Post>, FormatError> {
    read_post_lines(input, datum, limits).map(without_lines)
}

/// As [`read_posts`], each with its line.
///
/// # Errors
/// As for [`read_posts`].
pub fn read_post_lines(
    input: impl Read,
    datum: Datum,
    limits: &FileLimits,
) -> Result<Rows<Lined<Post>>, FormatError> {
    read_any(input, limits, &POSTS, |row| post_of(row, datum))
}

fn branch_of(row: &Row<'_>, datum: Datum) -> Result<Branch, FieldError> {
    let area = |text| AreaCode::parse(text).map_err(|error| ("areas", error.into()));
    Ok(Branch {
        code: row.parse("code", BranchCode::parse)?,
        name: row.required("name")?.to_owned(),
        parent: row.parse_optional("parent", BranchCode::parse)?,
        position: position_of(row, datum)?,
        areas: list_of(row, "areas").map(area).collect::<Result<_, _>>()?,
        resources: list_of(row, "resources").map(str::to_owned).collect(),
        opening_hours: row.text("opening_hours").to_owned(),
    })
}

fn post_of(row: &Row<'_>, datum: Datum) -> Result<Post, FieldError> {
    let validity = row.validity()?;
    Ok(Post {
        worker: worker_id(row, "worker")?,
        area: row.parse("area", AreaCode::parse)?,
        role: row.required("role")?.to_owned(),
        duties: row.text("duties").to_owned(),
        validity: Validity { from: validity.from(), to: validity.to() },
        hours: DutyHours::parse(row.text("hours")).map_err(|error| ("hours", error.into()))?,
        station: position_of(row, datum)?,
    })
}

fn worker_id(row: &Row<'_>, column: &'static str) -> Result<WorkerId, FieldError> {
    let text = row.required(column)?;
    let unexpected =
        || RowError::Unexpected { text: text.to_owned(), expected: Expected::WorkerId };
    WorkerId::parse(text).ok_or_else(|| (column, unexpected()))
}

fn list_of<'r>(row: &'r Row<'_>, column: &'static str) -> impl Iterator<Item = &'r str> {
    row.text(column).split([';', '；']).map(str::trim).filter(|item| !item.is_empty())
}

/// The position of a row in WGS-84; none when both columns are empty.
fn position_of(row: &Row<'_>, datum: Datum) -> Result<Option<Position>, FieldError> {
    let degrees = |column| row.word(column, Expected::Degrees, |text| text.parse().ok());
    let (lon, lat) = match (degrees("lon")?, degrees("lat")?) {
        (None, None) => return Ok(None),
        (Some(lon), Some(lat)) => (lon, lat),
        (Some(_), None) => return Err(("lat", RowError::Empty)),
        (None, Some(_)) => return Err(("lon", RowError::Empty)),
    };
    let position = Position::new(lon, lat).and_then(|_| {
        let (lon, lat) = datum.to_wgs84(lon, lat);
        Position::new(lon, lat)
    });
    let text = |column| row.text(column).to_owned();
    let (own_lon, own_lat) = (text("lon"), text("lat"));
    position.map(Some).map_err(|_| ("lon", RowError::BadPosition { lon: own_lon, lat: own_lat }))
}

/// Reads a CSV, or a GeoJSON whose properties are named like the columns.
fn read_any<T>(
    input: impl Read,
    limits: &FileLimits,
    columns: &Columns,
    mut parse: impl FnMut(&Row<'_>) -> Result<T, FieldError>,
) -> Result<Rows<Lined<T>>, FormatError> {
    let parse = |row: &Row<'_>| -> Result<Lined<T>, FieldError> {
        Ok(Lined { line: row.line, value: parse(row)? })
    };
    let bytes = read_all(input, limits.memory_bytes_max)?;
    if !without_bom(&bytes).trim_ascii_start().starts_with(b"{") {
        return Ok(read_rows(&bytes, columns, parse));
    }
    let (table, mut problems) = table_of_features(&bytes, limits, columns)?;
    let (mut values, found) = read_rows(&table, columns, parse);
    // The header stands on line 1, the first feature on line 2.
    values.iter_mut().for_each(|row| row.line = row.line.max(1) - 1);
    problems.extend(found.into_iter().map(|p| LineProblem { line: p.line.max(1) - 1, ..p }));
    problems.sort_by_key(|problem| problem.line);
    Ok((values, problems))
}

/// Writes features as a table with one line each, so that both formats are judged alike.
fn table_of_features(
    bytes: &[u8],
    limits: &FileLimits,
    columns: &Columns,
) -> Result<(Vec<u8>, Vec<LineProblem>), FormatError> {
    let names: Vec<&str> = columns.required.iter().chain(columns.optional).copied().collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(&names);
    let mut problems = Vec::new();
    let outcome = geojson::read(bytes, limits, &mut |feature| {
        let line = feature.number as u64;
        let unusable = match &feature.shape {
            Shape::Point(_) | Shape::Missing => None,
            Shape::Malformed(why) => Some(PointFault::Unreadable(why.clone())),
            _ => Some(PointFault::NotPoint),
        };
        if let Some(why) = unusable {
            let error = RowError::BadGeometry(why);
            problems.push(LineProblem { line, column: None, error });
        }
        let _ = writer.write_record(names.iter().map(|name| field_of(&feature, name)));
    })?;
    match outcome {
        geojson::Outcome::Read(_) => Ok((writer.into_inner().unwrap_or_default(), problems)),
        geojson::Outcome::Topology => Err(FormatError::Unknown(UnknownFile::NoRows)),
    }
}

/// A property as the text of a field; a list is joined by `;`.
fn field_of(feature: &Feature, name: &str) -> String {
    let text = match (&feature.shape, name, feature.properties.get(name)) {
        (Shape::Point(point), "lon", _) => point.x.to_string(),
        (Shape::Point(point), "lat", _) => point.y.to_string(),
        (_, _, Some(Value::Nested(json))) => serde_json::from_str::<Vec<String>>(json)
            .map_or_else(|_| json.clone(), |items| items.join(";")),
        (_, _, value) => value.and_then(Value::text).unwrap_or("").to_owned(),
    };
    // One line each keeps the count of lines that of features.
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FileLimits = FileLimits::DEFAULT;

    #[test]
    fn a_bad_row_is_named_and_hides_no_other() {
        let id = "0192f3a4-5b6c-7d8e-9f00-112233445566";
        let text = format!(
            "worker,area,role,hours,lon,lat,valid_from,valid_to\n\
             {id},g1,网格员,Mon-Fri 08:00-18:00,113.6,34.7,,\n\
             x,g1,网格员,,,,,\n\
             {id},,网格员,,,,,\n\
             {id},g1,网格员,never,,,,\n\
             {id},g1,网格员,,113.6,,,\n\
             {id},g1,网格员,,34.7,113.6,,\n\
             {id},g1,网格员,,,,2026-01-02,2026-01-01\n\
             {id},g2,网格长,,,,2026-01-01,2026-01-01\n"
        );
        let (posts, problems) = read_posts(text.as_bytes(), Datum::Wgs84, &LIMITS).unwrap();
        let areas: Vec<&str> = posts.iter().map(|p| p.area.as_str()).collect();
        assert_eq!(areas, ["g1", "g2"]);
        let lines: Vec<(u64, &str)> =
            problems.iter().map(|p| (p.line, p.column.as_deref().unwrap_or(""))).collect();
        let want =
            [(3, "worker"), (4, "area"), (5, "hours"), (6, "lat"), (7, "lon"), (8, "valid_to")];
        assert_eq!(lines, want);
    }

    #[test]
    fn branches_are_the_same_from_csv_and_from_geojson() {
        let csv =
            "code,name,areas,resources,lon,lat\nB1,第一支部,g1;g2,法律咨询；会议室,113.6,34.7\n";
        let json = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","geometry":{"type":"Point","coordinates":[113.6,34.7]},
             "properties":{"code":"B1","name":"第一支部","areas":["g1","g2"],
             "resources":"法律咨询;会议室"}},
            {"type":"Feature","geometry":{"type":"Point","coordinates":[113.6,34.7]},
             "properties":{"code":"B\n2"}}]}"#;
        let (branches, problems) = read_branches(csv.as_bytes(), Datum::Gcj02, &LIMITS).unwrap();
        assert_eq!(problems, []);
        assert_eq!(branches[0].resources, ["法律咨询", "会议室"]);
        let (same, problems) = read_branches(json.as_bytes(), Datum::Gcj02, &LIMITS).unwrap();
        assert_eq!(same, branches);
        assert_eq!(problems.len(), 1);
        assert_eq!((problems[0].line, problems[0].column.as_deref()), (2, Some("name")));
    }
}
