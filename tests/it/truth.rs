//! The truth test: the index agrees with looking at every edge, on a million points.

use geo::{BoundingRect, Coord, MultiPolygon};
use hexward::domain::datum::Datum;
use hexward::domain::territory::exact::{Place, place_in_area};
use hexward::domain::territory::feature::Feature;
use hexward::domain::territory::index::AreaIndex;
use hexward::domain::territory::repair::{ShapeLimits, repair_shape};
use hexward::format::{FileLimits, read_features};

use crate::nasty;

fn load(file: &str) -> Vec<MultiPolygon<f64>> {
    let path = format!("{}/geodata/la311/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut areas = Vec::new();
    let mut take = |feature: Feature| {
        areas.push(repair_shape(feature.shape, Datum::Wgs84, &ShapeLimits::default()).unwrap().0);
    };
    read_features(std::fs::File::open(path).unwrap(), None, &FileLimits::default(), &mut take)
        .unwrap();
    areas
}

/// Every area at a point, by looking at all edges of all areas whose box holds the point.
fn areas_by_brute_force(areas: &[(geo::Rect<f64>, MultiPolygon<f64>)], p: Coord<f64>) -> Vec<u32> {
    let holds = |bounds: &geo::Rect<f64>| {
        (bounds.min().x..=bounds.max().x).contains(&p.x)
            && (bounds.min().y..=bounds.max().y).contains(&p.y)
    };
    let found = areas
        .iter()
        .enumerate()
        .filter(|(_, (bounds, area))| holds(bounds) && place_in_area(area, p) != Place::Outside);
    found.map(|(slot, _)| slot as u32).collect()
}

/// Compares `n` points and gives how many were in any area.
fn compare(areas: Vec<MultiPolygon<f64>>, n: usize, seed: u64) -> usize {
    let index = AreaIndex::build(&areas);
    let points = nasty::points(&areas, n, seed);
    let boxed: Vec<_> =
        areas.into_iter().map(|area| (area.bounding_rect().unwrap(), area)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |points: &[Coord<f64>]| {
        let mut slots = Vec::new();
        let hits = points.iter().filter(|p| {
            index.areas_at(**p, &mut slots);
            assert_eq!(slots, areas_by_brute_force(&boxed, **p), "at {p:?}");
            !slots.is_empty()
        });
        hits.count()
    };
    let share = &share;
    std::thread::scope(|scope| {
        let workers: Vec<_> = points
            .chunks(points.len().div_ceil(cores))
            .map(|points| scope.spawn(move || share(points)))
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).sum()
    })
}

#[test]
fn the_index_agrees_with_every_edge_of_the_neighbourhood_councils() {
    let hits = compare(load("neighborhood_councils.geojson"), 400_000, 1);
    assert!(hits > 200_000, "{hits}");
}

#[test]
fn the_index_agrees_with_every_edge_of_the_council_districts() {
    let hits = compare(load("council_districts.geojson"), 200_000, 2);
    assert!(hits > 100_000, "{hits}");
}

#[test]
fn the_index_agrees_with_every_edge_of_nasty_polygons() {
    let hits = compare(nasty::areas(), 400_000, 3);
    assert!(hits > 200_000, "{hits}");
}
