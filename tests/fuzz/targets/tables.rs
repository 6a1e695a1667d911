//! Files of rows and documents: people, catalog, matrix, calendars, history, rules. Each reader
//! tells where it stumbled, and what is written is read back as it was.

use super::{assert_said, split};
use hexward::app::words::file::{asset_words, format_words};
use hexward::app::words::history::{file_words, mapping_words};
use hexward::app::words::row::{row_remedy, row_words};
use hexward::domain::catalog::{Catalog, CatalogParts, Department, LimitTable, SchemeCode};
use hexward::domain::datum::Datum;
use hexward::domain::routing::Matrix;
use hexward::format::assets::{AssetMapping, layer_from_json, layer_to_json, read_assets};
use hexward::format::csv_rows::LineProblem;
use hexward::format::history::{HistoryReader, Mapping};
use hexward::format::labelled::{LabelledColumns, read_labelled};
use hexward::format::learned::{read_learned, write_learned};
use hexward::format::matrix::{read_draft, write_ladder, write_rules};
use hexward::format::pack::{Pack, read_catalog, read_draft_pack};
use hexward::format::packs::{City, load_common_limits, shipped_matrix};
use hexward::format::people::{read_branches, read_posts, read_workers};
use hexward::format::trace::{trace_from_json, trace_to_json};
use hexward::format::{FileLimits, FormatError, calendar, catalog, indicators, lineage};
use std::sync::OnceLock;

/// What a mapping of the history looks like; the file behind it is fuzzed.
const MAPPING: &str = include_str!("../../fixtures/formats/history.toml");

/// The first byte names the reader.
pub fn run(data: &[u8]) {
    let Some((reader, rest)) = split(data) else { return };
    match reader {
        b'a'..=b'm' => rows(reader, rest),
        b'n' => matrix(rest),
        b'o' => document(rest, calendar_year),
        b'p' => history(MAPPING, rest),
        b'q' => with_mapping(rest),
        b'r' => labelled(rest),
        b's' => learned(rest),
        b't' => assets(rest),
        b'u' => document(rest, layer),
        b'v' => document(rest, trace),
        b'w' => document(rest, pack),
        _ => {}
    }
}

fn rows(reader: u8, bytes: &[u8]) {
    static LIMITS: OnceLock<LimitTable> = OnceLock::new();
    let limits = LIMITS.get_or_init(|| load_common_limits().0);
    let count = |read: (usize, Vec<LineProblem>)| check_rows(bytes, read.0, &read.1);
    let files = FileLimits::DEFAULT;
    let scheme = || SchemeCode::parse("national").expect("a code");
    match reader {
        b'a' => whole(bytes, read_branches(bytes, Datum::Gcj02, &files)),
        b'b' => whole(bytes, read_workers(bytes, &files)),
        b'c' => whole(bytes, read_posts(bytes, Datum::Bd09, &files)),
        b'd' => count(counted(catalog::read_schemes(bytes))),
        b'e' => {
            let (categories, problems) = catalog::read_categories(bytes);
            check_rows(bytes, categories.len(), &problems);
            Catalog::build("1", CatalogParts { categories, ..CatalogParts::default() });
        }
        b'f' => count(counted(catalog::read_conditions(bytes, limits))),
        b'g' => {
            let (table, problems) = catalog::read_limit_table(bytes);
            check_rows(bytes, table.rows().len(), &problems);
        }
        b'h' => count(counted(catalog::read_crosswalk(bytes))),
        b'i' => count((0, catalog::read_names_en(bytes).1)),
        b'j' => count(counted(catalog::read_departments(bytes))),
        b'k' => {
            let names = Default::default();
            let read = catalog::read_published_table(bytes, &scheme(), limits, &names);
            check_rows(bytes, read.0.conditions.len(), &read.1);
            Catalog::build("1", read.0);
        }
        b'l' => count(counted(lineage::read_lineage(bytes))),
        _ => {
            check_rows(bytes, 0, &indicators::read_definitions(bytes).1);
            let (appraisal, problems) = indicators::read_appraisal(bytes);
            check_rows(bytes, 0, &problems);
            assert!(appraisal.is_none() || problems.is_empty(), "{problems:?}");
        }
    }
}

fn counted<T>((values, problems): (Vec<T>, Vec<LineProblem>)) -> (usize, Vec<LineProblem>) {
    (values.len(), problems)
}

fn whole<T>(bytes: &[u8], read: Result<(Vec<T>, Vec<LineProblem>), FormatError>) {
    match read {
        Ok((_, problems)) if bytes.trim_ascii_start().starts_with(b"{") => say(&problems),
        Ok((values, problems)) => check_rows(bytes, values.len(), &problems),
        Err(error) => assert_said(&format_words(&error)),
    }
}

fn say(problems: &[LineProblem]) {
    for problem in problems {
        assert_said(&row_words(&problem.error));
        assert_said(&row_remedy(&problem.error));
        assert!(!problem.to_string().is_empty());
    }
}

/// No row is made up, and a problem names a line of the file.
fn check_rows(bytes: &[u8], values: usize, problems: &[LineProblem]) {
    let ends = bytes.iter().filter(|byte| [b'\n', b'\r'].contains(byte)).count();
    assert!(values <= ends, "{values} rows of {ends} lines under a header");
    let is_there = |problem: &&LineProblem| problem.line <= ends as u64 + 1;
    assert!(problems.iter().all(|problem| is_there(&problem)), "{problems:?}");
    say(problems);
}

fn departments() -> Vec<Department> {
    static KNOWN: OnceLock<Vec<Department>> = OnceLock::new();
    let read =
        || read_draft_pack("1", &shipped_matrix(City::Jinshui)).0.departments().cloned().collect();
    KNOWN.get_or_init(read).clone()
}

/// Rules and, behind a form feed, a ladder. What is written is read back without a problem.
fn matrix(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == b'\x0c');
    let [rules, ladder] = [(); 2].map(|()| parts.next().unwrap_or(b""));
    let (matrix, problems, _) = read_draft("1", departments(), rules, ladder);
    say(&problems.rules);
    say(&problems.ladder);
    let write = |m: &Matrix| (write_rules(m).expect("memory"), write_ladder(m).expect("memory"));
    let written = write(&matrix);
    let (again, problems, _) = read_draft("1", departments(), &written.0, &written.1);
    let told: Vec<_> =
        problems.rules.iter().chain(&problems.ladder).filter(|p| p.line > 0).collect();
    assert!(told.is_empty(), "{told:?}");
    let text = |(rules, ladder): (Vec<u8>, Vec<u8>)| {
        (String::from_utf8(rules).expect("UTF-8"), String::from_utf8(ladder).expect("UTF-8"))
    };
    assert_eq!(text(write(&again)), text(written), "what is written is read back");
}

fn document(bytes: &[u8], read: impl Fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(text);
    }
}

fn calendar_year(text: &str) {
    match calendar::read_year("a.json", text) {
        Ok((file, year)) => assert_eq!(file.days.len(), year.days.len()),
        Err(faults) => assert!(!faults.is_empty()),
    }
}

fn layer(text: &str) {
    let Ok((layer, assets)) = layer_from_json(text) else { return };
    let written = layer_to_json(&layer, &assets).expect("memory");
    let again = layer_from_json(&written).expect("what is written is read back");
    assert_eq!(again, (layer, assets));
}

fn trace(text: &str) {
    let Ok(trace) = trace_from_json(text) else { return };
    let written = trace_to_json(&trace).expect("memory");
    let again = trace_from_json(&written).expect("what is written is read back");
    assert_eq!(trace_to_json(&again).expect("memory"), written);
}

fn pack(text: &str) {
    let Ok(pack) = serde_json::from_str::<Pack>(text) else { return };
    for problem in read_catalog("1", &pack).1.iter().chain(&read_draft_pack("1", &pack).2) {
        assert!(!problem.to_string().is_empty());
    }
}

/// A mapping and, behind a form feed, its file.
fn with_mapping(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == b'\x0c');
    let [mapping, file] = [(); 2].map(|()| parts.next().unwrap_or(b""));
    if let Ok(mapping) = std::str::from_utf8(mapping) {
        history(mapping, file);
    }
}

fn history(mapping: &str, file: &[u8]) {
    let mapping = match Mapping::parse(mapping) {
        Ok(mapping) => mapping,
        Err(error) => return assert_said(&mapping_words(&error)),
    };
    let reader = match HistoryReader::open(file, &mapping) {
        Ok(reader) => reader,
        Err(error) => return assert_said(&file_words(&error)),
    };
    let ends = file.iter().filter(|byte| [b'\n', b'\r'].contains(byte)).count() as u64;
    let mut before = 0;
    for line in reader {
        match line {
            Ok(line) => {
                assert!(line.line > before && line.line <= ends + 1, "{} {ends}", line.line);
                before = line.line;
            }
            Err(error) => assert_said(&file_words(&error)),
        }
    }
}

fn labelled(bytes: &[u8]) {
    let own = str::to_owned;
    let columns = LabelledColumns {
        category: own("what"),
        longitude: own("x"),
        latitude: own("y"),
        name: Some(own("no")),
        labels: vec![own("unit"), own("team")],
    };
    match read_labelled(bytes, &columns) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok((rows, bad)) => {
            let ends = bytes.iter().filter(|byte| [b'\n', b'\r'].contains(byte)).count() as u64;
            let lines = rows.iter().map(|row| row.line).chain(bad.iter().map(|row| row.line));
            assert!(lines.max().unwrap_or(1) <= ends + 1, "a line that is not there");
            assert!(rows.iter().all(|row| row.labels.len() <= columns.labels.len()));
        }
    }
}

fn learned(bytes: &[u8]) {
    let labels = ["unit".to_owned(), "id".to_owned()];
    let Ok((rules, problems)) = read_learned(bytes, &labels) else { return };
    say(&problems);
    let written = write_learned(&rules, &labels).expect("memory");
    let (again, problems) = read_learned(&written, &labels).expect("what is written is read back");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(write_learned(&again, &labels).expect("memory"), written);
}

fn assets(bytes: &[u8]) {
    match read_assets(bytes, &AssetMapping::default(), Datum::Wgs84) {
        Err(error) => assert_said(&format_words(&error)),
        Ok((_, problems)) => {
            for problem in problems {
                let (why, remedy) = asset_words(&problem.fault);
                assert_said(&why);
                assert_said(&remedy);
                assert!(problem.number > 0);
            }
        }
    }
}
