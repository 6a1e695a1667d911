//! The demo of Los Angeles: real areas and real requests.
//!
//! Neighbourhood councils and council districts are two divisions of one city; neither lies within
//! the other, so they are two trees below the city: `NC-47` at the level community, `CD-10` at the
//! level district. A request is counted in its neighbourhood council, the innermost level at its
//! place, and in its council district only where there is no council; the other is told beside it.

use super::accounts::{Seat, colleagues, grant, open_seat};
use super::load::{CityPack, DemoError, Stage, Tell, read_areas};
use crate::app::ctx::Ctx;
use crate::app::import_issues::{ImportError, Told, import_issues, run_id};
use crate::app::instance::Instance;
use crate::app::territory::row_of;
use crate::domain::access::Role;
use crate::domain::id::AreaCode;
use crate::domain::territory::area::AreaKind;
use crate::domain::territory::import::Mapping;
use crate::domain::territory::{Area, Level};
use crate::format::history::Mapping as HistoryMapping;
use geo::BooleanOps;
use geo::MultiPolygon;

const COUNCILS: &[u8] = include_bytes!("../../geodata/la311/neighborhood_councils.geojson");
const DISTRICTS: &[u8] = include_bytes!("../../geodata/la311/council_districts.geojson");

const REQUESTS: &[u8] = include_bytes!("../../geodata/la311/requests_2020.csv");
const MAPPING: &str = include_str!("../../geodata/la311/import.toml");
const REQUESTS_FILE: &str = "geodata/la311/requests_2020.csv";

const CITY: &str = "LA";

/// The day on which the demo stands still: five days after the last request in the city's file, so
/// that most limits have come and not all of them were kept. The file itself tells ends up to
/// August, when next to nothing was left to be done.
const LAST_DAY: &str = "2020-01-08";
const LAST: (u32, u32, u32) = (20, 1, 8);
/// What the file calls a request that is being worked on.
const AT_WORK: &str = "Pending";

const SOURCES: &str = "\
    Service requests of 1-3 January 2020, as they stood on 8 January (MyLA311): City of Los \
    Angeles open data, by way of hackforla/311-data\tpublic domain\n\
    Neighbourhood councils and council districts: City of Los Angeles open data, by way of \
    hackforla/311-data\tpublic domain\n\
    Outline of the city: the council districts joined by Hexward\tpublic domain\n\
    Responsible departments: learned from the owners in the requests by Hexward\tpublic domain\n\
    Limits of the types of request: generated for the demo\tpublic domain";

fn mapping(code: &str, level: Level) -> Mapping {
    Mapping { code: code.into(), default_level: Some(level), ..Mapping::default() }
}

/// Puts areas below the city under codes of their own tree.
fn below_city(
    areas: Vec<Area>,
    prefix: &str,
    city: &AreaCode,
    name: impl Fn(&str) -> String,
) -> Result<Vec<Area>, DemoError> {
    areas
        .into_iter()
        .map(|area| {
            let code = AreaCode::parse(&format!("{prefix}-{}", area.code))
                .map_err(|error| DemoError::File("geodata/la311", error.to_string()))?;
            Ok(Area { code, name: name(&area.name), parent: Some(city.clone()), ..area })
        })
        .collect()
}

fn areas() -> Result<Vec<Area>, DemoError> {
    let (nc, cd) =
        ("geodata/la311/neighborhood_councils.geojson", "geodata/la311/council_districts.geojson");
    let city = AreaCode::parse(CITY)
        .map_err(|error| DemoError::File("geodata/la311", error.to_string()))?;
    let councils = read_areas(nc, COUNCILS, mapping("nc_id", Level::Community))?;
    let districts = read_areas(cd, DISTRICTS, mapping("id", Level::District))?;
    let councils = below_city(councils, "NC", &city, str::to_owned)?;
    let districts = below_city(districts, "CD", &city, |n| format!("Council District {n}"))?;
    let outline = districts
        .iter()
        .fold(MultiPolygon(Vec::new()), |outline, district| outline.union(&district.polygon));
    let whole = Area {
        code: city,
        name: "City of Los Angeles".into(),
        level: Level::City,
        parent: None,
        kind: AreaKind::Regular,
        polygon: outline,
        validity: Default::default(),
    };
    Ok([vec![whole], districts, councils].concat())
}

/// Everything but accounts and issues.
///
/// # Errors
/// A shipped file that does not read.
pub fn pack() -> Result<CityPack, DemoError> {
    Ok(CityPack {
        instance: Instance {
            name_zh: "洛杉矶 311（演示）".into(),
            name_en: "Hexward, Los Angeles 311 (demo)".into(),
            district: CITY.into(),
            time_zone: "America/Los_Angeles".into(),
            locale: "en".into(),
            generated: false,
            sources: SOURCES.into(),
            schemes: "la311".into(),
            data_until: LAST_DAY.into(),
            calendar_region: "us-federal".into(),
            work_slots: "08:00-12:00,13:00-17:00".into(),
            ..Instance::default()
        },
        areas: areas()?.iter().map(|area| row_of(area, false)).collect(),
        layers: Vec::new(),
        branches: Vec::new(),
        workers: Vec::new(),
        posts: Vec::new(),
        generated: false,
        note: "demo: Los Angeles",
    })
}

/// Whether a time such as `1/15/20 10:00` lies after the demo's last day.
fn ends_later(time: &str) -> bool {
    let mut parts = time.split(['/', ' ']).map(|part| part.parse::<u32>().ok());
    let mut next = || parts.next().flatten();
    let (month, day, year) = (next(), next(), next());
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => (year, month, day) > LAST,
        _ => false,
    }
}

/// The city's file as it would have been on the evening of the demo's last day: what was ended
/// later was being worked on then.
fn file_of_last_day() -> csv::Result<Vec<u8>> {
    let mut reader = csv::Reader::from_reader(REQUESTS);
    let header = reader.headers()?.clone();
    let at = |name: &str| header.iter().position(|own| own == name);
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(REQUESTS.len()));
    writer.write_record(&header)?;
    for record in reader.records() {
        let record = record?;
        let closed = at("closeddate").and_then(|i| record.get(i)).unwrap_or("");
        let is_open = ends_later(closed);
        let fields = record.iter().enumerate().map(|(i, field)| match is_open {
            true if Some(i) == at("closeddate") => "",
            true if Some(i) == at("status") => AT_WORK,
            _ => field,
        });
        writer.write_record(fields)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Imports the requests as `hexward import issues` does and says what came of it. Some rows of the
/// city's file lack a position, or the time of their end, and are refused.
///
/// # Errors
/// The store is not available, or the file is not what its mapping says.
pub async fn load_requests(ctx: &Ctx, tell: Tell<'_>) -> Result<String, DemoError> {
    let wrong = |reason: String| DemoError::File(REQUESTS_FILE, reason);
    let mapping = HistoryMapping::parse(MAPPING).map_err(|error| wrong(error.to_string()))?;
    let file = file_of_last_day().map_err(|error| wrong(error.to_string()))?;
    let id = run_id(MAPPING, &file[..], CITY).map_err(|error| wrong(error.to_string()))?;
    let outcome = import_issues(ctx, &mapping, &file[..], &id, |told| match told {
        Told::Problem(_) => {}
        Told::Progress { position_bytes, .. } => {
            tell(Stage::History, position_bytes as usize, file.len());
        }
    });
    let summary = outcome.await.map_err(|error| match error {
        ImportError::App(error) => DemoError::App(error),
        other => wrong(other.to_string()),
    })?;
    Ok(format!(
        "{} requests: {} imported, {} refused for want of a position or of the time of their end",
        summary.rows, summary.imported, summary.refused
    ))
}

/// The staff. It is made up; the requests are not.
pub fn seats() -> Vec<Seat> {
    let seat = |login: &str, name: &str, role, area: Option<&str>, hint| {
        open_seat(login, name.to_owned(), grant(role, area, None), hint)
    };
    let handler = |login: &str, name: &str, department: &str, hint| {
        open_seat(login, name.to_owned(), grant(Role::Handler, None, Some(department)), hint)
    };
    let (city, council) = (Some(CITY), Some("NC-47"));
    let mut seats = vec![
        seat(
            "worker",
            "Lincoln Heights NC, field",
            Role::GridWorker,
            council,
            ("上报", "report in one neighbourhood council"),
        ),
        seat("acceptor", "311 desk", Role::Acceptor, city, ("受理", "file, reject, merge")),
        seat("dispatcher", "311 dispatch", Role::Dispatcher, city, ("派遣", "dispatch")),
        seat(
            "supervisor",
            "311 duty supervisor",
            Role::DutySupervisor,
            city,
            ("挂账、延期、裁定", "suspend, extend, rule"),
        ),
        handler("sanitation", "Sanitation Bureau", "BOS", ("处置", "the fullest inbox")),
        handler("lighting", "Street Lighting Bureau", "BSL", ("处置", "handle street lights")),
        handler(
            "graffiti",
            "Office of Community Beautification",
            "OCB",
            ("处置", "handle graffiti"),
        ),
        seat("leader", "City leadership", Role::Leader, city, ("指标", "heatmap and rates")),
        seat(
            "council-leader",
            "Lincoln Heights NC board",
            Role::Leader,
            council,
            ("指标", "rates of one council"),
        ),
        seat("admin", "Administrator", Role::Admin, None, ("管理", "accounts, territory, matrix")),
    ];
    seats.extend(colleagues(&seats, |_, seat| format!("{}, second desk", seat.name)));
    seats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_stands_still_on_its_last_day() {
        let day = crate::domain::time::Day::parse(LAST_DAY).unwrap().date();
        let own = (LAST.0 as i16 + 2000, LAST.1 as i8, LAST.2 as i8);
        assert_eq!((day.year(), day.month(), day.day()), own);
        assert!(ends_later("1/9/20 0:00") && ends_later("8/3/20 0:00"));
        assert!(!ends_later("1/8/20 23:59") && !ends_later("") && !ends_later("12/31/19 9:00"));
        let file = file_of_last_day().unwrap();
        let mut reader = csv::Reader::from_reader(file.as_slice());
        let rows: Vec<std::collections::HashMap<String, String>> =
            reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 10_000);
        assert!(!rows.iter().any(|row| ends_later(&row["closeddate"])));
        let at_work = rows.iter().filter(|row| row["status"] == AT_WORK).count();
        assert!((600..1_500).contains(&at_work), "{at_work} are at work");
        // Nothing but the end was taken away.
        let mut all = csv::Reader::from_reader(REQUESTS);
        for (row, was) in rows.iter().zip(all.deserialize()) {
            let was: std::collections::HashMap<String, String> = was.unwrap();
            let changed = was.iter().filter(|(name, value)| row[*name] != **value);
            assert!(changed.into_iter().all(|(name, _)| name == "status" || name == "closeddate"));
        }
    }
}
