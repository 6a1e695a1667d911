//! The examples of docs/formats.md for areas, branches, workers and posts are read as written.

use std::fs::File;
use std::path::PathBuf;

use hexward::domain::datum::Datum;
use hexward::domain::territory::Level;
use hexward::domain::territory::import::{Imported, Importer, Mapping};
use hexward::domain::territory::repair::ShapeLimits;
use hexward::format::people::{read_branches, read_posts, read_workers};
use hexward::format::{FileLimits, FileReport, read_features};

fn example(name: &str) -> File {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats").join(name);
    File::open(path).unwrap()
}

fn import(name: &str, mapping: Mapping) -> (Imported, FileReport) {
    let mut importer = Importer::new(mapping, Datum::Wgs84, ShapeLimits::default());
    let report = read_features(example(name), None, &FileLimits::default(), &mut |feature| {
        importer.take(feature);
    });
    (importer.finish(), report.unwrap())
}

#[test]
fn the_examples_of_areas_say_the_same_in_every_format() {
    let upper = Mapping {
        code: "CODE".to_owned(),
        name: "NAME".to_owned(),
        level: "LEVEL".to_owned(),
        ..Mapping::default()
    };
    for (name, mapping, format) in [
        ("areas.geojson", Mapping::default(), "GeoJSON"),
        ("areas.topojson", Mapping::default(), "TopoJSON"),
        ("areas.zip", upper, "Shapefile"),
    ] {
        let (imported, report) = import(name, mapping);
        assert_eq!(report.format, format);
        assert_eq!(report.notes, [], "{name}");
        assert_eq!(imported.refusals, [], "{name}");
        let grids: Vec<(&str, &str)> = imported
            .areas
            .iter()
            .filter(|area| area.level == Level::Grid)
            .map(|area| (area.code.as_str(), area.name.as_str()))
            .collect();
        let want = [("41019900100101", "第一网格"), ("41019900100102", "公园网格")];
        assert_eq!(grids, want, "{name}");
    }
}

#[test]
fn the_example_of_a_calendar_is_read_as_the_page_gives_it() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("tests/fixtures/formats/calendar.json")).unwrap();
    let page = std::fs::read_to_string(root.join("docs/formats.md")).unwrap();
    assert!(page.contains(&format!("```json\n{text}```")));
    let (_, year) = hexward::format::calendar::read_year("calendar.json", &text).unwrap();
    assert_eq!((year.year, year.days.len(), year.sources.len()), (2026, 4, 1));
    // It is the beginning of the file that ships.
    let shipped = hexward::format::calendar::shipped_years("cn").unwrap().unwrap().pop().unwrap();
    let days = shipped.days.iter().take(4).map(|day| (day.date.clone(), !day.is_off_day));
    let told = year.days.iter().map(|(day, (works, _))| (day.to_string(), *works));
    assert!(days.eq(told));
}

#[test]
fn the_examples_of_branches_workers_and_posts_are_read_whole() {
    let limits = FileLimits::default();
    let (branches, problems) =
        read_branches(example("branches.csv"), Datum::Wgs84, &limits).unwrap();
    assert_eq!(problems, []);
    assert_eq!(branches[1].areas.len(), 2);
    let (from_json, problems) =
        read_branches(example("branches.geojson"), Datum::Wgs84, &limits).unwrap();
    assert_eq!(problems, []);
    assert_eq!(from_json[0].position, branches[0].position);
    assert_eq!(from_json[0].resources, branches[0].resources);
    let (workers, problems) = read_workers(example("workers.csv"), &limits).unwrap();
    assert_eq!(problems, []);
    let (posts, problems) = read_posts(example("posts.csv"), Datum::Wgs84, &limits).unwrap();
    assert_eq!(problems, []);
    assert!(posts.iter().all(|post| post.worker == workers[0].id));
    assert_eq!(posts.len(), 2);
}
