//! The promise: a place is located (area, all levels above it, statistical cell) for at most half
//! as much again as its bare H3 cell costs, whether an area has 5 vertices or 10,000. And what the
//! snapshot costs that this is asked of: time, and memory (`max alloc` in the table), for the
//! areas of a city and, generated, for the million grids of a country.

mod mesh;

use std::sync::LazyLock;

use divan::{AllocProfiler, Bencher, black_box};
use h3o::{CellIndex, LatLng, Resolution};
use hexward::domain::territory::{Position, Territory};
use mesh::{Mesh, areas_of, built, city, places};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// 210 cities of 4,761 grids of about 12 vertices, with much between them that nobody governs.
fn country() -> Vec<Mesh> {
    let cities = (0..15).flat_map(|i| (0..14).map(move |j| (i, j)));
    let at = |(i, j)| (80.0 + f64::from(i) * 3.0, 20.0 + f64::from(j) * 2.0);
    cities.map(|city| Mesh { at: at(city), width: 0.3, side: 69, vertices: 12 }).collect()
}

static PLACES: LazyLock<Vec<Position>> = LazyLock::new(|| places(&[city(1, 4)]));

fn bench_each<T>(bencher: Bencher<'_, '_>, places: &[Position], mut f: impl FnMut(Position) -> T) {
    let mut next = places.iter().cycle();
    bencher.bench_local(|| f(*black_box(next.next().expect("a cycle"))));
}

fn all_of(territory: &Territory, place: Position) -> (usize, CellIndex) {
    let location = territory.locate(place, None);
    (location.chain().count(), location.cell)
}

#[divan::bench(sample_size = 20_000)]
fn the_bare_h3_cell(bencher: Bencher<'_, '_>) {
    bench_each(bencher, &PLACES, |place| {
        LatLng::new(place.lat(), place.lon()).map(|p| p.to_cell(Resolution::Eleven))
    });
}

#[divan::bench(args = [(70, 5), (70, 600), (10, 10_000)], sample_size = 20_000)]
fn locate_costs_at_most_1_5_bare_cells(bencher: Bencher<'_, '_>, (side, vertices): (usize, usize)) {
    let territory = built(areas_of(&[city(side, vertices)]));
    bench_each(bencher, &PLACES, |place| all_of(&territory, place));
}

#[divan::bench(args = [(70, 5), (70, 600), (10, 10_000)], sample_size = 20_000)]
fn the_area_alone_costs_at_most_200_ns(bencher: Bencher<'_, '_>, (side, vertices): (usize, usize)) {
    let territory = built(areas_of(&[city(side, vertices)]));
    bench_each(bencher, &PLACES, |place| territory.area_at(place).map(|area| area.level));
}

#[divan::bench(sample_size = 20_000)]
fn locate_among_a_million_grids(bencher: Bencher<'_, '_>) {
    let country = country();
    let territory = built(areas_of(&country));
    bench_each(bencher, &places(&country), |place| all_of(&territory, place));
}

/// What is allocated is the snapshot without the areas themselves, and what building it takes
/// meanwhile.
fn bench_building(bencher: Bencher<'_, '_>, meshes: &[Mesh]) {
    bencher.with_inputs(|| areas_of(meshes)).bench_local_values(built);
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn five_thousand_detailed_areas_are_indexed_in_two_seconds(bencher: Bencher<'_, '_>) {
    bench_building(bencher, &[city(70, 600)]);
}

#[divan::bench(sample_count = 2, sample_size = 1)]
fn a_million_grids_are_indexed(bencher: Bencher<'_, '_>) {
    bench_building(bencher, &country());
}
