//! Territories that are made up: meshes of grids whose borders bend, the same in every run.

use geo::{LineString, MultiPolygon, Polygon};
use hexward::domain::id::AreaCode;
use hexward::domain::territory::{Area, AreaKind, Level, Position, Territory, Validity, Version};
use hexward::domain::time::Day;

const WEST: f64 = 113.0;
const SOUTH: f64 = 34.0;
const WIDTH: f64 = 0.7;

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
pub struct Mesh {
    /// Its south-west corner, in degrees like its width.
    pub at: Corner,
    pub width: f64,
    pub side: usize,
    pub vertices: usize,
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

/// A city.
pub const fn city(side: usize, vertices: usize) -> Mesh {
    Mesh { at: (WEST, SOUTH), width: WIDTH, side, vertices }
}

/// The areas of all meshes: districts, streets, communities and grids.
pub fn areas_of(meshes: &[Mesh]) -> Vec<Area> {
    let mut areas = Vec::new();
    meshes.iter().enumerate().for_each(|(at, mesh)| mesh.areas(&format!("m{at}"), &mut areas));
    areas
}

/// The snapshot of areas that fit together.
pub fn built(areas: Vec<Area>) -> Territory {
    let version = Version { number: 1, as_of: Day(20_000) };
    let (territory, problems) =
        Territory::build(version, areas, Vec::new(), Vec::new(), Vec::new());
    assert!(problems.is_empty(), "{problems:?}");
    territory
}

/// A million places in another order than that of the memory.
pub fn places(meshes: &[Mesh]) -> Vec<Position> {
    let mut dice = Dice(7);
    let mut place = || {
        let mesh = (dice.share() * meshes.len() as f64) as usize;
        meshes[mesh].place(&mut dice)
    };
    std::iter::repeat_with(&mut place).take(1_000_000).collect()
}
