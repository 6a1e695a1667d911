//! Learning of a matrix, by the program itself: a real city's history, another city's columns and
//! formats, and the learned rules at work in the routing.

use hexward::domain::catalog::{Catalog, Lang};
use hexward::domain::id::AreaCode;
use hexward::domain::issue::kind::Severity;
use hexward::domain::routing::learn::{Case, CasePlace, RuleBook};
use hexward::domain::routing::{CategoryFacts, Facts, LocalTime, Matrix, Place, decide};
use hexward::domain::territory::Position;
use hexward::domain::territory::level::Level;
use hexward::domain::time::Timestamp;
use hexward::format::catalog::read_departments;
use hexward::format::history::Mapping;
use hexward::format::learned::read_learned;
use hexward::format::matrix::{MatrixContext, read_matrix};
use hexward::format::packs::load_catalog;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn la311(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("geodata/la311").join(name);
    path.display().to_string()
}

fn formats(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats").join(name);
    path.display().to_string()
}

fn run(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_hexward")).arg("matrix").args(args).output();
    output.expect("the program runs")
}

fn told(args: &[&str]) -> Value {
    let output = run(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Learns Los Angeles from four fifths of its rows.
fn learn_la(out: &Path) -> Value {
    let (areas, history) = (la311("neighborhood_councils.geojson"), la311("requests_2020.csv"));
    told(&[
        "learn",
        "--areas",
        &areas,
        "--code",
        "nc_id",
        "--history",
        &history,
        "--label",
        "owner,assignto",
        "--split",
        "0.8",
        "--seed",
        "1",
        "--out",
        out.to_str().unwrap(),
    ])
}

#[test]
fn what_was_learned_of_los_angeles_foretells_the_rows_that_were_kept_back() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("m.csv");
    let learned = learn_la(&out);
    let (areas, history) = (la311("neighborhood_councils.geojson"), la311("requests_2020.csv"));
    let found = told(&[
        "evaluate",
        "--areas",
        &areas,
        "--code",
        "nc_id",
        "--matrix",
        out.to_str().unwrap(),
        "--history",
        &history,
        "--label",
        "owner,assignto",
        "--split",
        "0.8",
        "--seed",
        "1",
    ]);
    assert_eq!((&found["n"], &learned["n"]), (&Value::from(2_000), &Value::from(8_000)));
    assert_eq!(found["accuracy"], learned["tested"]["accuracy"]);
    assert_eq!(found["rules"], learned["rules"]);
    assert!(number(&found["rules"]) < 2_000.0, "{}", found["rules"]);
    // The shipped file is the whole of it; seed 1 gives 0.994 and 0.9725. docs/learning.md has
    // other seeds: of the mean and of nearly all the same holds.
    assert!(number(&found["accuracy"]["owner"]) >= 0.993, "{}", found["accuracy"]);
    assert!(number(&found["accuracy"]["owner,assignto"]) >= 0.96, "{}", found["accuracy"]);
    assert!(found["confusions"][0]["expected"]["owner"].is_string());
    assert!(!learned["contradictions"][0]["shares"][1]["examples"].as_array().unwrap().is_empty());
    convert_and_compare(&out, folder.path());
}

/// The learned rules as a matrix decide every row as the book does: department and unit.
fn convert_and_compare(learned: &Path, folder: &Path) {
    let (rules, departments) = (folder.join("rules.csv"), folder.join("departments.csv"));
    let output = run(&[
        "convert",
        "--matrix",
        learned.to_str().unwrap(),
        "--label",
        "owner,assignto",
        "--level",
        "community",
        "--mapping",
        &la311("import.toml"),
        "--out",
        rules.to_str().unwrap(),
        "--departments",
        departments.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let labels = ["owner".to_owned(), "assignto".to_owned()];
    let (book, problems) = read_learned(&std::fs::read(learned).unwrap(), &labels).unwrap();
    assert_eq!(problems, []);
    let book = RuleBook::new(book);
    let (catalog, problems) = load_catalog();
    assert!(problems.is_empty(), "{problems:?}");
    let (departments, problems) = read_departments(&std::fs::read(departments).unwrap());
    assert_eq!(problems, []);
    let today = Timestamp::parse("2026-11-20T10:00:00+08:00").unwrap();
    let context = MatrixContext {
        catalog: &catalog,
        areas: None,
        today: LocalTime::of(today, &jiff::tz::TimeZone::UTC).day,
    };
    let rules = std::fs::read(rules).unwrap();
    let no_ladder = b"level,area_code,department,limit\n";
    let (matrix, problems) = read_matrix("learned", departments, &rules, no_ladder, &context);
    assert!(problems.is_empty(), "{problems:?}");
    assert!(matrix.rules().iter().any(|rule| rule.cell.is_some()));
    let mapping = Mapping::parse(&std::fs::read_to_string(la311("import.toml")).unwrap()).unwrap();
    let (mut same, mut in_cells) = (0, 0);
    for case in la_cases() {
        let found = book.find(&case.category, case.place.as_ref()).expect("a rule");
        let code = mapping.category_of(&case.category).unwrap();
        let facts = facts_of(&catalog, code.as_str(), case.place.as_ref(), today);
        let decision = decide(&matrix, &facts);
        let route = decision.route().unwrap_or_else(|| panic!("{case:?} is routed"));
        let expected = (found.labels[0].as_str(), found.labels[1].as_str());
        assert_eq!((route.lead.as_str(), route.unit.as_str()), expected, "{case:?}");
        let sentence = decision.trace.sentence(Lang::En);
        assert!(route.unit.is_empty() || sentence.contains(&route.unit), "{sentence}");
        same += 1;
        in_cells += usize::from(found.cell.is_some());
    }
    assert!(same > 9_000 && in_cells > 500, "{same} rows, {in_cells} of them by a hexagon");
    assert_ids_and_positions(&matrix);
}

fn assert_ids_and_positions(matrix: &Matrix) {
    let with_source = matrix.rules().iter().filter(|rule| rule.source.contains("confidence"));
    assert_eq!(with_source.count(), matrix.rules().len());
}

fn facts_of(catalog: &Catalog, category: &str, place: Option<&CasePlace>, at: Timestamp) -> Facts {
    let code = hexward::domain::id::CategoryCode::parse(category).unwrap();
    let area = place.and_then(|place| place.area.as_ref());
    Facts {
        chain: area
            .map(|code| Place {
                level: Level::Community,
                code: AreaCode::parse(code).unwrap(),
                name: code.clone(),
            })
            .into_iter()
            .collect(),
        assets: vec![],
        kind: catalog.category(&code).unwrap().kind,
        category: CategoryFacts::of(catalog, &code).unwrap(),
        condition: None,
        condition_limit: None,
        severity: Severity::General,
        at,
        local: LocalTime::of(at, &jiff::tz::TimeZone::UTC),
        position: place.map(|place| hexward::domain::routing::Position {
            lon: place.position.lon(),
            lat: place.position.lat(),
            accuracy_m: None,
        }),
    }
}

/// The rows of Los Angeles with the area that the file itself names: which area it is does not
/// matter here, only that both sides are told the same.
fn la_cases() -> Vec<Case> {
    let areas = std::fs::read_to_string(la311("neighborhood_councils.geojson")).unwrap();
    let areas: Value = serde_json::from_str(&areas).unwrap();
    let word = |area: &Value, name: &str| area["properties"][name].as_str().unwrap().to_owned();
    let codes: BTreeMap<String, String> = areas["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|area| (word(area, "name"), word(area, "nc_id")))
        .collect();
    let mut rows = csv::Reader::from_path(la311("requests_2020.csv")).unwrap();
    let header = rows.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|own| own == name).unwrap();
    let [name, category, lon, lat, area] =
        ["srnumber", "requesttype", "longitude", "latitude", "ncname"].map(place);
    rows.records()
        .map(|row| {
            let row = row.unwrap();
            let degrees = |i: usize| row[i].parse::<f64>().ok();
            let position = degrees(lon).zip(degrees(lat));
            Case {
                name: row[name].to_owned(),
                category: row[category].to_owned(),
                place: position.map(|(lon, lat)| CasePlace {
                    position: Position::new(lon, lat).unwrap(),
                    area: codes.get(&row[area]).cloned(),
                }),
                labels: vec![],
            }
        })
        .collect()
}

/// A history in Chinese with three labels: the grid says the team.
fn chinese_history(path: &Path) {
    let mut text = String::from("编号,事项,经度,纬度,部门,科室,班组\n");
    for i in 0..80 {
        let east = i % 2 == 1;
        let lon = if east { 113.6751 } else { 113.6651 } + f64::from(i % 7) * 1e-4;
        let team = if east { "东班" } else { "西班" };
        text.push_str(&format!("{i},路灯不亮,{lon},34.7551,城管局,照明科,{team}\n"));
    }
    text.push_str(
        "90,路灯不亮,一百,34.75,城管局,照明科,东班\n91,,113.66,34.75,城管局,照明科,东班\n",
    );
    std::fs::write(path, text).unwrap();
}

#[test]
fn another_city_is_learned_by_its_own_columns_labels_and_formats() {
    let folder = tempfile::tempdir().unwrap();
    let (history, out) = (folder.path().join("h.csv"), folder.path().join("m.csv"));
    chinese_history(&history);
    let (history, out) = (history.to_str().unwrap(), out.to_str().unwrap());
    let columns = ["--category", "事项", "--lon", "经度", "--lat", "纬度", "--id", "编号"];
    for areas in ["areas.geojson", "areas.topojson", "areas.zip"].map(formats) {
        for label in ["部门", "部门,科室,班组"] {
            let common = ["--areas", &areas, "--history", history, "--label", label];
            let learned = told(&[&["learn", "--out", out], &common[..], &columns[..]].concat());
            assert_eq!((&learned["n"], &learned["bad_rows"]), (&80.into(), &2.into()));
            let found = told(&[&["evaluate", "--matrix", out], &common[..], &columns[..]].concat());
            assert_eq!(found["accuracy"][label], 1.0, "{areas}: {found}");
            let rules = if label == "部门" { 1 } else { 2 };
            assert_eq!(found["rules"], rules, "{areas}");
        }
    }
}

#[test]
fn a_column_that_is_missing_is_named_with_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("m.csv");
    let history = la311("requests_2020.csv");
    let output = run(&[
        "learn",
        "--history",
        &history,
        "--label",
        "owner,team",
        "--category",
        "type",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("has no column type, team; its columns are srnumber,"), "{error}");
    assert!(!out.exists());
}
