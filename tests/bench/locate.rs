//! The promise: a place is located (area, all levels above it, statistical cell) for at most half
//! as much again as its bare H3 cell costs, whether an area has 5 vertices or 10,000. And what the
//! snapshot costs that this is asked of: time, and memory (`max alloc` in the table), for the
//! areas of a city and, generated, for the million grids of a country.

use std::sync::LazyLock;

use divan::{AllocProfiler, Bencher, black_box};
use geo::{LineString, MultiPolygon, Polygon};
use h3o::{CellIndex, LatLng, Resolution};
use hexward::domain::id::AreaCode;
use hexward::domain::territory::{Area, AreaKind, Level, Position, Territory, Validity, Version};
use hexward::domain::time::Day;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

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

/// A square that is divided into `side` × `side` grids of about `vertices` vertices.
#[derive(Clone, Copy)]
struct Mesh {
    at: Corner,
    width: f64,
    side: usize,
    vertices: usize,
}

type Node = (usize, usize);

impl Mesh {
    fn node(&self, (i, j): Node) -> Corner {
        let step = self.width / self.side as f64;
        (self.at.0 + i as f64 * step, self.at.1 + j as f64 * step)
    }

    /// The border between two nodes: the same seen from either side.
    fn border(&self, from: Node, to: Node) -> Vec<Corner> {
        let (low, high) = if from < to { (from, to) } else { (to, from) };
        let seed = ((low.0 * 1_000 + low.1) * 1_000 + high.0) * 1_000 + high.1;
        let edges = (self.vertices / 4).max(1);
        let mut corners = Vec::with_capacity(edges + 1);
        let (start, end) = (self.node(low), self.node(high));
        bend(start, end, edges, &mut Dice(seed as u64), &mut corners);
        corners.push(end);
        if from > to {
            corners.reverse();
        }
        corners.pop();
        corners
    }

    /// The areas of `name`: a district, a street, a community that are all of the square, and its
    /// grids.
    fn areas(&self, name: &str, areas: &mut Vec<Area>) {
        let (n, grids) = (self.side, 0..self.side);
        let around = || [(0, 0), (n, 0), (n, n), (0, n)].map(|node| self.node(node)).to_vec();
        let [district, street, community] = ["d", "s", "c"].map(|level| format!("{name}{level}"));
        areas.push(area(district.clone(), Level::District, None, around()));
        areas.push(area(street.clone(), Level::Street, Some(&district), around()));
        areas.push(area(community.clone(), Level::Community, Some(&street), around()));
        for (i, j) in grids.clone().flat_map(|i| grids.clone().map(move |j| (i, j))) {
            let nodes = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let sides = (0..4).flat_map(|k| self.border(nodes[k], nodes[(k + 1) % 4]));
            let code = format!("{name}g{i}-{j}");
            areas.push(area(code, Level::Grid, Some(&community), sides.collect()));
        }
    }

    fn place(&self, dice: &mut Dice) -> Position {
        let (x, y) = (dice.share() * self.width, dice.share() * self.width);
        Position::new(self.at.0 + x, self.at.1 + y).expect("in range")
    }
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

const fn city(side: usize, vertices: usize) -> Mesh {
    Mesh { at: (WEST, SOUTH), width: WIDTH, side, vertices }
}

/// 210 cities of 4,761 grids of about 12 vertices, with much between them that nobody governs.
fn country() -> Vec<Mesh> {
    let cities = (0..15).flat_map(|i| (0..14).map(move |j| (i, j)));
    let at = |(i, j)| (80.0 + f64::from(i) * 3.0, 20.0 + f64::from(j) * 2.0);
    cities.map(|city| Mesh { at: at(city), width: 0.3, side: 69, vertices: 12 }).collect()
}

fn areas_of(meshes: &[Mesh]) -> Vec<Area> {
    let mut areas = Vec::new();
    meshes.iter().enumerate().for_each(|(at, mesh)| mesh.areas(&format!("m{at}"), &mut areas));
    areas
}

fn built(areas: Vec<Area>) -> Territory {
    let version = Version { number: 1, as_of: Day(20_000) };
    let (territory, problems) =
        Territory::build(version, areas, Vec::new(), Vec::new(), Vec::new());
    assert!(problems.is_empty(), "{problems:?}");
    territory
}

/// A million places in another order than that of the memory.
fn places(meshes: &[Mesh]) -> Vec<Position> {
    let mut dice = Dice(7);
    let mut place = || {
        let mesh = (dice.share() * meshes.len() as f64) as usize;
        meshes[mesh].place(&mut dice)
    };
    std::iter::repeat_with(&mut place).take(1_000_000).collect()
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
