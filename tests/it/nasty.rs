//! Generated polygons that are hard on an index, and points that are hard on them. Deterministic.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// A small generator of numbers (splitmix64), so that runs repeat.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

pub fn ring(corners: impl IntoIterator<Item = (f64, f64)>) -> LineString<f64> {
    let mut line = LineString::from_iter(corners);
    line.close();
    line
}

pub fn solid(corners: impl IntoIterator<Item = (f64, f64)>) -> Polygon<f64> {
    Polygon::new(ring(corners), Vec::new())
}

/// A blob of `n` vertices around a middle, its radius wobbling.
pub fn blob(x: f64, y: f64, radius: f64, n: usize, dice: &mut Dice) -> Polygon<f64> {
    let corners: Vec<(f64, f64)> = (0..n)
        .map(|i| {
            let angle = i as f64 / n as f64 * std::f64::consts::TAU;
            let r = radius * (0.7 + 0.3 * dice.share());
            (x + r * angle.cos(), y + r * angle.sin())
        })
        .collect();
    solid(corners)
}

/// A star whose spikes all but meet in the middle.
fn star(x: f64, y: f64, spikes: usize) -> Polygon<f64> {
    solid((0..2 * spikes).map(|i| {
        let angle = i as f64 / spikes as f64 * std::f64::consts::PI;
        let r = if i % 2 == 0 { 1.0 } else { 1e-7 };
        (x + r * angle.cos(), y + r * angle.sin())
    }))
}

/// A comb with level and upright edges, whose teeth end at heights shared with its neighbours'.
fn comb(x: f64, y: f64, teeth: usize) -> Polygon<f64> {
    let width = 1.0 / 64.0;
    let mut corners = vec![(x, y)];
    for tooth in 0..teeth {
        let left = x + 2.0 * tooth as f64 * width;
        corners.extend([(left, y + 1.0), (left + width, y + 1.0)]);
        corners.extend([(left + width, y + 0.25), (left + 2.0 * width, y + 0.25)]);
    }
    corners.push((x + 2.0 * teeth as f64 * width, y));
    solid(corners)
}

fn box_ring(x: f64, y: f64, side: f64) -> LineString<f64> {
    ring([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
}

/// A holed square with an island in the hole that has a hole with an island; the inner ones touch.
fn onion(x: f64, y: f64) -> MultiPolygon<f64> {
    let diamond = |r: f64| {
        let m = (x + 0.5, y + 0.5);
        ring([(m.0 - r, m.1), (m.0, m.1 - r), (m.0 + r, m.1), (m.0, m.1 + r)])
    };
    MultiPolygon(vec![
        Polygon::new(box_ring(x, y, 1.0), vec![diamond(0.5)]),
        Polygon::new(diamond(0.375), vec![box_ring(x + 0.375, y + 0.375, 0.25)]),
        Polygon::new(box_ring(x + 0.4375, y + 0.4375, 0.125), Vec::new()),
    ])
}

/// Two squares that touch in one corner, as one area.
fn touching(x: f64, y: f64) -> MultiPolygon<f64> {
    let part = |x, y| Polygon::new(box_ring(x, y, 0.5), Vec::new());
    MultiPolygon(vec![part(x, y), part(x + 0.5, y + 0.5)])
}

/// A triangulated sheet: neighbours share edges and corners exactly; some corners are in line.
fn sheet(x: f64, y: f64, side: usize, dice: &mut Dice) -> Vec<MultiPolygon<f64>> {
    let step = 1.0 / side as f64;
    let mut corner = |i: usize, j: usize| {
        let inner = i > 0 && j > 0 && i < side && j < side && !(i + j).is_multiple_of(3);
        let mut off = || if inner { (dice.share() - 0.5) * 0.6 * step } else { 0.0 };
        (x + i as f64 * step + off(), y + j as f64 * step + off())
    };
    let grid: Vec<Vec<(f64, f64)>> =
        (0..=side).map(|i| (0..=side).map(|j| corner(i, j)).collect()).collect();
    let mut areas = Vec::new();
    for i in 0..side {
        for j in 0..side {
            let (a, b) = (grid[i][j], grid[i + 1][j]);
            let (c, d) = (grid[i + 1][j + 1], grid[i][j + 1]);
            areas.push(MultiPolygon(vec![solid([a, b, c])]));
            areas.push(MultiPolygon(vec![solid([a, c, d])]));
        }
    }
    areas
}

/// All of them, some on top of each other, around a place with long fractions.
pub fn areas() -> Vec<MultiPolygon<f64>> {
    let mut dice = Dice::new(7);
    let (x, y) = (113.0 + 1.0 / 3.0, 34.7);
    let mut areas = sheet(x, y, 12, &mut dice);
    areas.extend(sheet(x - 1.0, y, 5, &mut dice));
    let single = |part| MultiPolygon(vec![part]);
    areas.push(single(blob(x, y, 1.5, 10_000, &mut dice)));
    areas.push(single(blob(x + 2.0, y, 1.0, 10_000, &mut dice)));
    areas.push(single(blob(x + 2.5, y + 0.5, 0.3, 5, &mut dice)));
    areas.push(single(star(x - 2.0, y - 2.0, 500)));
    areas.push(single(star(x + 0.5, y + 0.5, 7)));
    areas.push(single(comb(114.0, 33.0, 31)));
    areas.push(single(comb(113.5, 33.25, 17)));
    areas.push(onion(115.0, 36.0));
    areas.push(onion(115.25, 36.25));
    areas.push(touching(112.0, 36.0));
    areas.push(touching(112.25, 36.0));
    // A sliver a millionth of a degree wide, and an upright and a level needle.
    areas.push(single(solid([(112.0, 33.0), (116.0, 33.000_001), (116.0, 33.0)])));
    areas.push(single(solid([(112.5, 32.0), (112.5, 37.0), (112.500_000_1, 34.0)])));
    areas
}

/// `n` points: at random, on corners, on middles of edges, level with corners, and a last bit
/// beside corners.
pub fn points(areas: &[MultiPolygon<f64>], n: usize, seed: u64) -> Vec<Coord<f64>> {
    use geo::BoundingRect;
    let mut dice = Dice::new(seed);
    let edges: Vec<geo::Line<f64>> = areas
        .iter()
        .flatten()
        .flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()))
        .flat_map(|ring| ring.lines())
        .collect();
    let bounds = MultiPolygon(areas.iter().flatten().cloned().collect()).bounding_rect().unwrap();
    let (low, size) = (bounds.min(), Coord { x: bounds.width(), y: bounds.height() });
    let anywhere = |dice: &mut Dice| Coord {
        x: low.x + (dice.share() * 1.1 - 0.05) * size.x,
        y: low.y + (dice.share() * 1.1 - 0.05) * size.y,
    };
    (0..n)
        .map(|i| {
            let edge = edges[dice.below(edges.len())];
            let share = dice.share();
            match i % 8 {
                0..3 => anywhere(&mut dice),
                3 => edge.start,
                4 => (edge.start + edge.end) / 2.0,
                5 => edge.start + (edge.end - edge.start) * share,
                6 => Coord { x: anywhere(&mut dice).x, y: edge.start.y },
                _ => beside(edge.start, &mut dice),
            }
        })
        .collect()
}

fn beside(c: Coord<f64>, dice: &mut Dice) -> Coord<f64> {
    let mut nudge = |v: f64| match dice.below(3) {
        0 => v.next_up(),
        1 => v.next_down(),
        _ => v,
    };
    Coord { x: nudge(c.x), y: nudge(c.y) }
}
