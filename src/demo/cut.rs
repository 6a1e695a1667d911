//! Choosing where a new border runs: across a face, so that a wanted share of it lies on one side
//! and both parts are compact, slightly bent as a road is.

use super::mesh::{End, Mesh, Point, area_twice, cross, distance_squared, edges};
use super::rng::Rng;

/// A border's end nearer than this to a vertex moves onto it, in millionths of a degree (50 m).
const SNAP: i64 = 500;
/// No other vertex is nearer than this to a border (7 m).
const CLEARANCE: i64 = 70;
/// Positions that are tried for each direction.
const OFFSETS: i64 = 48;

/// What a cut is wanted for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The share, in thousandths, of the part to the right of the border.
    pub share: i64,
    /// Directions that the border may run in.
    pub directions: Vec<Point>,
    /// How much a part's compactness weighs against its size: 0 for not at all.
    pub compactness: i64,
}

#[derive(Debug, Clone)]
struct Candidate {
    from: (End, Point),
    to: (End, Point),
    cost: i64,
}

/// Splits a face as wished. The face keeps the part to the right of the border; the left part is
/// the new face. `None` when no border fits.
pub fn cut(mesh: &mut Mesh, face: usize, wish: &Wish, rng: &mut Rng) -> Option<usize> {
    let ring = mesh.ring(face);
    let mut all: Vec<Candidate> =
        wish.directions.iter().flat_map(|&d| candidates(&ring, d, wish)).collect();
    // A stable sort: among equals the first stays first on every machine.
    all.sort_by_key(|candidate| candidate.cost);
    for candidate in all {
        let (from, to) = (candidate.from, candidate.to);
        for percent in [100, 40, 0] {
            let bend = bend(from.1, to.1, percent, &mut rng.clone());
            if path_is_clear(&ring, from, to, &bend) {
                rng.next_u64();
                return Some(mesh.split(face, from.0, to.0, &bend));
            }
        }
    }
    None
}

/// All straight borders in one direction, with their costs.
fn candidates(ring: &[Point], direction: Point, wish: &Wish) -> Vec<Candidate> {
    let side = |p: &Point| cross(direction, *p);
    let (Some(low), Some(high)) = (ring.iter().map(side).min(), ring.iter().map(side).max()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for step in 1..OFFSETS {
        let crossings = crossings(ring, direction, low + (high - low) / OFFSETS * step);
        for pair in crossings.chunks_exact(2) {
            let (from, to) = (snapped(ring, pair[0]), snapped(ring, pair[1]));
            if let Some(cost) = cost(ring, from, to, wish) {
                out.push(Candidate { from, to, cost });
            }
        }
    }
    out
}

/// Where the line `cross(direction, p) = level` crosses the ring, in the order along it.
fn crossings(ring: &[Point], direction: Point, level: i64) -> Vec<(usize, Point)> {
    let mut out = Vec::new();
    for (at, (a, b)) in edges(ring).enumerate() {
        let (sa, sb) = (cross(direction, a), cross(direction, b));
        if (sa < level) == (sb < level) {
            continue;
        }
        let along = |from: i64, to: i64| {
            from + divided(i128::from(to - from) * i128::from(level - sa), i128::from(sb - sa))
        };
        out.push((at, Point { x: along(a.x, b.x), y: along(a.y, b.y) }));
    }
    out.sort_by_key(|(_, p)| direction.x * p.x + direction.y * p.y);
    out
}

/// The nearest whole number to `n / d`.
fn divided(n: i128, d: i128) -> i64 {
    let (n, d) = if d < 0 { (-n, -d) } else { (n, d) };
    (2 * n + d).div_euclid(2 * d) as i64
}

/// Moves a crossing onto a vertex of its edge that is near.
fn snapped(ring: &[Point], (at, p): (usize, Point)) -> (End, Point) {
    let next = (at + 1) % ring.len();
    let near = |i: usize| (distance_squared(p, ring[i], ring[i]), i);
    let (distance, vertex) = near(at).min(near(next));
    if distance < SNAP * SNAP { (End::Vertex(vertex), ring[vertex]) } else { (End::Edge(at, p), p) }
}

/// The two rings that a straight border makes: right and left of it.
fn parts(ring: &[Point], from: (End, Point), to: (End, Point)) -> (Vec<Point>, Vec<Point>) {
    let walk = |start: (End, Point), stop: (End, Point)| {
        let first_after = match start.0 {
            End::Vertex(i) | End::Edge(i, _) => i + 1,
        };
        let last = match stop.0 {
            End::Vertex(i) => i + ring.len() - 1,
            End::Edge(i, _) => i + ring.len(),
        };
        let steps = (last + 1 - first_after % ring.len()) % ring.len();
        let inner = (0..steps).map(|i| ring[(first_after + i) % ring.len()]);
        let mut out = vec![start.1];
        out.extend(inner);
        out.push(stop.1);
        out
    };
    (walk(from, to), walk(to, from))
}

/// How bad a border is: how far its sizes are from the wish, and how drawn-out its parts are.
/// `None` when it cannot be one.
fn cost(ring: &[Point], from: (End, Point), to: (End, Point), wish: &Wish) -> Option<i64> {
    let on_one_edge = |a: End, b: End| match (a, b) {
        (End::Vertex(i), End::Vertex(j)) => {
            i == j || (i + 1) % ring.len() == j || (j + 1) % ring.len() == i
        }
        (End::Edge(i, _), End::Edge(j, _)) => i == j,
        (End::Vertex(v), End::Edge(e, _)) | (End::Edge(e, _), End::Vertex(v)) => {
            v == e || v == (e + 1) % ring.len()
        }
    };
    if on_one_edge(from.0, to.0) {
        return None;
    }
    let (right, left) = parts(ring, from, to);
    let (a, b) = (area_twice(&right), area_twice(&left));
    if a <= 0 || b <= 0 {
        return None;
    }
    let mismatch = (a * 1000 / (a + b) - wish.share).abs();
    let shape = roughness(&right, a).max(roughness(&left, b));
    Some(mismatch * 10 + shape * wish.compactness)
}

/// The squared perimeter over sixteen times the area, in thousandths: 1000 for a square.
fn roughness(ring: &[Point], area_twice: i64) -> i64 {
    let perimeter: i64 = edges(ring).map(|(a, b)| length_metric(a, b)).sum();
    // Areas shrink with the longitudes, by the cosine of 34.8°.
    perimeter * perimeter * 1000 / (8 * (area_twice * 82 / 100).max(1))
}

/// A length in millionths of a degree of latitude: longitudes are shorter by cos 34.8°.
fn length_metric(a: Point, b: Point) -> i64 {
    let v = b.minus(a);
    let x = v.x * 821 / 1000;
    (x * x + v.y * v.y).unsigned_abs().isqrt() as i64
}

/// Points between the ends that make a border look like a road: a slight arc, and some unrest.
fn bend(from: Point, to: Point, percent: i64, rng: &mut Rng) -> Vec<Point> {
    let length = length_metric(from, to);
    let pieces = (length / 2500).clamp(2, 8);
    if percent == 0 {
        return Vec::new();
    }
    let d = to.minus(from);
    let bulge = rng.between(-35, 35);
    (1..pieces)
        .map(|i| {
            let arc = bulge * 4 * i * (pieces - i) / (pieces * pieces);
            let off = (arc + rng.between(-12, 12)) * percent / 100;
            Point {
                x: from.x + d.x * i / pieces - d.y * off / 1000,
                y: from.y + d.y * i / pieces + d.x * off / 1000,
            }
        })
        .collect()
}

/// Whether the border stays inside, crosses nothing and keeps its distance from other vertices.
fn path_is_clear(ring: &[Point], from: (End, Point), to: (End, Point), bend: &[Point]) -> bool {
    let path: Vec<Point> = [from.1].into_iter().chain(bend.iter().copied()).chain([to.1]).collect();
    let ends = [from.1, to.1];
    path.windows(2).all(|piece| {
        let (p, q) = (piece[0], piece[1]);
        let far =
            |v: &Point| ends.contains(v) || distance_squared(*v, p, q) >= CLEARANCE * CLEARANCE;
        ring.iter().all(far) && edges(ring).all(|(a, b)| !crosses(p, q, a, b))
    }) && bend.iter().all(|&p| {
        edges(ring).all(|(a, b)| distance_squared(p, a, b) >= CLEARANCE * CLEARANCE)
            && super::mesh::contains(ring, p)
    })
}

/// Whether two segments cross in a point that is inside both.
fn crosses(p: Point, q: Point, a: Point, b: Point) -> bool {
    let turn = |a: Point, b: Point, c: Point| cross(b.minus(a), c.minus(a)).signum();
    turn(p, q, a) * turn(p, q, b) < 0 && turn(a, b, p) * turn(a, b, q) < 0
}
