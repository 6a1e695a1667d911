//! The promise: a place is located (area, all levels above it, statistical cell) for at most half
//! as much again as its bare H3 cell costs, whether an area has 5 vertices or 10,000.

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use geo::{LineString, MultiPolygon, Polygon};
use h3o::{LatLng, Resolution};
use hexward::domain::id::AreaCode;
use hexward::domain::territory::{Area, AreaKind, Level, Position, Territory, Validity, Version};
use hexward::domain::time::Day;

const WEST: f64 = 113.0;
const SOUTH: f64 = 34.0;
const WIDTH: f64 = 0.7;

fn main() {
    divan::main();
}

/// Numbers from 0 up to 1 that are always the same.
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

type Corner = (f64, f64);

/// A border of `edges` edges that bends at every scale, without its last corner.
fn bend(from: Corner, to: Corner, edges: usize, dice: &mut Dice, border: &mut Vec<Corner>) {
    if edges <= 1 {
        border.push(from);
        return;
    }
    let aside = (dice.share() - 0.5) * 0.5;
    let middle = (
        (from.0 + to.0) / 2.0 - (to.1 - from.1) * aside,
        (from.1 + to.1) / 2.0 + (to.0 - from.0) * aside,
    );
    bend(from, middle, edges / 2, dice, border);
    bend(middle, to, edges - edges / 2, dice, border);
}

/// The border between two nodes of the mesh: the same seen from either side.
fn border(from: (usize, usize), to: (usize, usize), step: f64, edges: usize) -> Vec<Corner> {
    let (low, high) = if from < to { (from, to) } else { (to, from) };
    let seed = ((low.0 * 1_000 + low.1) * 1_000 + high.0) * 1_000 + high.1;
    let at = |node: (usize, usize)| (WEST + node.0 as f64 * step, SOUTH + node.1 as f64 * step);
    let mut corners = Vec::with_capacity(edges + 1);
    bend(at(low), at(high), edges, &mut Dice(seed as u64), &mut corners);
    corners.push(at(high));
    if from > to {
        corners.reverse();
    }
    corners.pop();
    corners
}

fn area(code: String, level: Level, parent: Option<&str>, corners: Vec<Corner>) -> Area {
    let mut ring = LineString::from(corners);
    ring.close();
    Area {
        code: AreaCode::parse(&code).expect("a short code"),
        name: code,
        level,
        parent: parent.map(|code| AreaCode::parse(code).expect("a short code")),
        kind: AreaKind::Regular,
        polygon: MultiPolygon(vec![Polygon::new(ring, Vec::new())]),
        validity: Validity::default(),
    }
}

/// `side` × `side` grids of about `vertices` vertices in three levels above them.
fn territory(side: usize, vertices: usize) -> Territory {
    let (step, edges) = (WIDTH / side as f64, (vertices / 4).max(1));
    let (east, north) = (WEST + WIDTH, SOUTH + WIDTH);
    let around = || vec![(WEST, SOUTH), (east, SOUTH), (east, north), (WEST, north)];
    let mut areas = vec![
        area("d".into(), Level::District, None, around()),
        area("s".into(), Level::Street, Some("d"), around()),
        area("c".into(), Level::Community, Some("s"), around()),
    ];
    for i in 0..side {
        for j in 0..side {
            let nodes = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let sides = (0..4).flat_map(|k| border(nodes[k], nodes[(k + 1) % 4], step, edges));
            areas.push(area(format!("g{i}-{j}"), Level::Grid, Some("c"), sides.collect()));
        }
    }
    let version = Version { number: 1, as_of: Day(20_000) };
    let (territory, problems) =
        Territory::build(version, areas, Vec::new(), Vec::new(), Vec::new());
    assert!(problems.is_empty(), "{problems:?}");
    territory
}

/// A million places in another order than that of the memory.
static PLACES: LazyLock<Vec<Position>> = LazyLock::new(|| {
    let mut dice = Dice(7);
    let mut place = || (WEST + dice.share() * WIDTH, SOUTH + dice.share() * WIDTH);
    let places = std::iter::repeat_with(&mut place).take(1_000_000);
    places.map(|(lon, lat)| Position::new(lon, lat).expect("in range")).collect()
});

fn bench_each<T>(bencher: Bencher<'_, '_>, mut f: impl FnMut(Position) -> T) {
    let mut next = PLACES.iter().cycle();
    bencher.bench_local(|| f(*black_box(next.next().expect("a cycle"))));
}

#[divan::bench(sample_size = 20_000)]
fn the_bare_h3_cell(bencher: Bencher<'_, '_>) {
    bench_each(bencher, |place| {
        LatLng::new(place.lat(), place.lon()).map(|p| p.to_cell(Resolution::Eleven))
    });
}

#[divan::bench(args = [(70, 5), (70, 600), (10, 10_000)], sample_size = 20_000)]
fn locate_costs_at_most_1_5_bare_cells(bencher: Bencher<'_, '_>, (side, vertices): (usize, usize)) {
    let territory = territory(side, vertices);
    bench_each(bencher, |place| {
        let location = territory.locate(place, None);
        (location.chain().count(), location.cell)
    });
}

#[divan::bench(args = [(70, 5), (70, 600), (10, 10_000)], sample_size = 20_000)]
fn the_area_alone_costs_at_most_200_ns(bencher: Bencher<'_, '_>, (side, vertices): (usize, usize)) {
    let territory = territory(side, vertices);
    bench_each(bencher, |place| territory.area_at(place).map(|area| area.level));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn five_thousand_detailed_areas_are_indexed_in_two_seconds(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| territory(70, 600).len());
}
