//! Files of areas: GeoJSON, TopoJSON and zipped Shapefiles, as the import of a territory reads
//! them, and what the checks and the map then make of the areas.

use super::{assert_said, split};
use hexward::app::territory::{area_of, row_of};
use hexward::app::words::area::{feature_words, finding_words, refusal_words, repair_words};
use hexward::app::words::file::format_words;
use hexward::app::words::format::note_words;
use hexward::domain::datum::Datum;
use hexward::domain::territory::check::{Tolerance, check_areas};
use hexward::domain::territory::import::{Imported, Importer, Mapping};
use hexward::domain::territory::repair::ShapeLimits;
use hexward::domain::territory::{Area, Territory, Version};
use hexward::domain::tile::{EXTENT, Tile, doubled_area};
use hexward::domain::time::Day;
use hexward::format::{FileLimits, read_features};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// Small limits, so that each of them can be met.
const LIMITS: FileLimits = FileLimits {
    file_bytes_max: 1 << 20,
    memory_bytes_max: 1 << 18,
    feature_bytes_max: 1 << 14,
    features_max: 100,
};

/// The first byte: `g` a file as it is, `s` the parts of a Shapefile that are to be zipped; their
/// capitals, with the names of columns in capitals; digits choose the datum.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = split(data) else { return };
    let file = if choice.eq_ignore_ascii_case(&b's') { zipped(rest) } else { rest.to_vec() };
    let mapping = match choice.is_ascii_uppercase() {
        true => Mapping {
            code: "CODE".into(),
            name: "NAME".into(),
            level: "LEVEL".into(),
            ..Mapping::default()
        },
        false => Mapping::default(),
    };
    let datum = match choice {
        b'1' => Datum::Gcj02,
        b'2' => Datum::Bd09,
        _ => Datum::Wgs84,
    };
    let mut importer = Importer::new(mapping, datum, ShapeLimits::default());
    let mut handed = 0;
    let report = read_features(Cursor::new(file), None, &LIMITS, &mut |feature| {
        handed += 1;
        importer.take(feature);
    });
    let imported = importer.finish();
    assert_eq!(imported.areas.len() + imported.refusals.len(), handed, "a feature is lost");
    match report {
        Ok(report) => {
            assert!(handed <= LIMITS.features_max && handed <= report.features);
            report.notes.iter().for_each(|note| assert_said(&note_words(note)));
        }
        Err(error) => assert_said(&format_words(&error)),
    }
    check_words(&imported);
    imported.areas.iter().for_each(check_area);
    check_territory(imported.areas);
}

/// Lengths of shp, dbf and prj, two bytes each, and then the parts; what is left is the cpg.
fn zipped(data: &[u8]) -> Vec<u8> {
    let (lengths, mut rest) = data.split_at(data.len().min(6));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let lengths = lengths.chunks_exact(2).map(|two| usize::from(two[0]) << 8 | usize::from(two[1]));
    for (name, length) in ["a.shp", "a.dbf", "a.prj", "a.cpg"].iter().zip(lengths.chain([65_535])) {
        let (part, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        if !part.is_empty() {
            writer.start_file(*name, stored).expect("a file");
            writer.write_all(part).expect("memory");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

fn check_words(imported: &Imported) {
    for refusal in &imported.refusals {
        assert_said(&feature_words(&refusal.feature));
        let (why, remedy) = refusal_words(&refusal.reason);
        assert_said(&why);
        assert_said(&remedy);
        assert!(!refusal.reason.remedy().is_empty());
    }
    for repaired in &imported.repairs {
        assert!(!repaired.repairs.is_empty());
        repaired.repairs.iter().for_each(|repair| assert_said(&repair_words(repair)));
    }
}

fn check_area(area: &Area) {
    assert!(!area.polygon.0.is_empty(), "an area has a place");
    for ring in area
        .polygon
        .iter()
        .flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()))
    {
        assert!(ring.0.len() >= 4 && ring.is_closed(), "{ring:?}");
        let is_on_earth = |c: &geo::Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
        assert!(ring.0.iter().all(is_on_earth), "{ring:?}");
    }
    let kept = area_of(&row_of(area, false)).expect("what is kept can be read");
    assert_eq!(&kept, area, "what is kept is what was read");
    let Some(first) = area.polygon.0[0].exterior().0.first() else { return };
    for zoom in [0, 9, 14, 20] {
        let tile = Tile::at(zoom, first.x, first.y).expect("every place is in a tile");
        for ring in tile.polygons(&area.polygon).into_iter().flatten() {
            let seen = -65..=EXTENT + 65;
            assert!(ring.len() >= 3 && doubled_area(&ring) != 0, "{ring:?}");
            assert!(ring.iter().all(|(x, y)| seen.contains(x) && seen.contains(y)), "{ring:?}");
        }
    }
}

fn check_territory(areas: Vec<Area>) {
    for finding in check_areas(&areas, Tolerance::default()).findings {
        assert_said(&finding_words(&finding));
    }
    let places: Vec<geo::Coord<f64>> =
        areas.iter().filter_map(|area| Some(*area.polygon.0[0].exterior().0.first()?)).collect();
    let version = Version { number: 1, as_of: Day(20_000) };
    let (territory, _) = Territory::build(version, areas, Vec::new(), Vec::new(), Vec::new());
    for place in places {
        if let Ok(position) = hexward::domain::territory::position::Position::new(place.x, place.y)
        {
            let _ = territory.locate(position, Some(30.0));
        }
    }
}
