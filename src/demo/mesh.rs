//! A subdivision of the plane into faces that share their vertices: splitting a face puts the ends
//! of the new border into the neighbours' rings too, so that faces tile without gap or overlap.
//!
//! Coordinates are whole numbers, so sums of areas are exact.

use std::collections::{BTreeMap, BTreeSet};

/// A point in millionths of a degree, relative to [`ORIGIN`]: x to the east, y to the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    pub x: i64,
    pub y: i64,
}

/// Longitude and latitude of the point (0, 0), in millionths of a degree.
pub const ORIGIN: Point = Point { x: 113_600_000, y: 34_700_000 };

impl Point {
    /// The nearest lattice point to a position in degrees.
    pub fn of_degrees(lon: f64, lat: f64) -> Self {
        let micro = |degrees: f64| (degrees * 1e6).round() as i64;
        Self { x: micro(lon) - ORIGIN.x, y: micro(lat) - ORIGIN.y }
    }

    /// Longitude and latitude as decimal text with six places.
    pub fn degrees(self) -> (String, String) {
        let text = |micro: i64| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        (text(self.x + ORIGIN.x), text(self.y + ORIGIN.y))
    }

    pub fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }
}

/// The cross product: positive when `b` lies to the left of `a`.
pub fn cross(a: Point, b: Point) -> i64 {
    a.x * b.y - a.y * b.x
}

/// Twice the signed area of a ring: positive when it runs counter-clockwise.
pub fn area_twice(ring: &[Point]) -> i64 {
    edges(ring).map(|(a, b)| cross(a, b)).sum()
}

/// The edges of a ring that is not closed by repeating its first point.
pub fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

/// Whether a point is inside a ring; on the border either answer is possible.
pub fn contains(ring: &[Point], p: Point) -> bool {
    let crossings = edges(ring).filter(|&(a, b)| {
        let turn = cross(b.minus(a), p.minus(a));
        if a.y <= p.y { b.y > p.y && turn > 0 } else { b.y <= p.y && turn < 0 }
    });
    crossings.count() % 2 == 1
}

/// The square of the distance from `p` to the segment `a`–`b`, rounded down.
pub fn distance_squared(p: Point, a: Point, b: Point) -> i64 {
    let (ab, ap) = (b.minus(a), p.minus(a));
    let square = |v: Point| v.x * v.x + v.y * v.y;
    let along = ab.x * ap.x + ab.y * ap.y;
    if along <= 0 {
        return square(ap);
    }
    if along >= square(ab) {
        return square(p.minus(b));
    }
    let turn = i128::from(cross(ab, ap));
    (turn * turn / i128::from(square(ab))) as i64
}

/// Where a border ends on the ring that it splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the vertex with this place in the ring.
    Vertex(usize),
    /// At a new vertex on the edge that begins at this place in the ring.
    Edge(usize, Point),
}

/// Faces by number, each a counter-clockwise ring of vertex numbers.
#[derive(Debug, Clone)]
pub struct Mesh {
    points: Vec<Point>,
    faces: Vec<Vec<usize>>,
}

impl Mesh {
    /// One face: the outline, counter-clockwise, its first point not repeated.
    pub fn new(outline: Vec<Point>) -> Self {
        let faces = vec![(0..outline.len()).collect()];
        Self { points: outline, faces }
    }

    pub fn ring(&self, face: usize) -> Vec<Point> {
        self.faces[face].iter().map(|&v| self.points[v]).collect()
    }

    /// Splits a face along the border from `from` over the points of `bend` to `to`. The face
    /// keeps the part to the right of the border; the left part is the new face returned.
    pub fn split(&mut self, face: usize, from: End, to: End, bend: &[Point]) -> usize {
        let ring = self.faces[face].clone();
        let start = self.place(&ring, from);
        let end = self.place(&ring, to);
        let inner: Vec<usize> = bend.iter().map(|&p| self.add(p)).collect();
        let walk = |from: usize, to: usize| -> Vec<usize> {
            let ring = &self.faces[face];
            let begin = ring.iter().position(|&v| v == from).unwrap_or(0);
            let turned = ring.iter().cycle().skip(begin).take(ring.len());
            let mut out: Vec<usize> = turned.copied().take_while(|&v| v != to).collect();
            out.push(to);
            out
        };
        let mut right = walk(start, end);
        right.extend(inner.iter().rev());
        let mut left = walk(end, start);
        left.extend(&inner);
        self.faces[face] = right;
        self.faces.push(left);
        self.faces.len() - 1
    }

    fn add(&mut self, p: Point) -> usize {
        self.points.push(p);
        self.points.len() - 1
    }

    /// The vertex of an end. A new one is put into both faces that share its edge.
    fn place(&mut self, ring: &[usize], end: End) -> usize {
        let (at, p) = match end {
            End::Vertex(at) => return ring[at],
            End::Edge(at, p) => (at, p),
        };
        let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
        let vertex = self.add(p);
        for face in &mut self.faces {
            let next = |i: usize| (i + 1) % face.len();
            let shared = (0..face.len()).find(|&i| {
                (face[i], face[next(i)]) == (a, b) || (face[i], face[next(i)]) == (b, a)
            });
            if let Some(i) = shared {
                face.insert(i + 1, vertex);
            }
        }
        vertex
    }

    /// The ring around several faces that together are one simple polygon, counter-clockwise. Edges
    /// that two of them share cancel out.
    pub fn dissolve(&self, faces: &[usize]) -> Vec<Point> {
        let directed: BTreeSet<(usize, usize)> = faces
            .iter()
            .flat_map(|&face| {
                let ring = &self.faces[face];
                (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
            })
            .collect();
        let next: BTreeMap<usize, usize> =
            directed.iter().copied().filter(|&(a, b)| !directed.contains(&(b, a))).collect();
        let Some((&first, _)) = next.first_key_value() else { return Vec::new() };
        let follow = |&v: &usize| next.get(&v).copied().filter(|&v| v != first);
        let around = std::iter::successors(Some(first), follow).take(next.len());
        around.map(|v| self.points[v]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Mesh {
        let corners = [(0, 0), (100, 0), (100, 100), (0, 100)];
        Mesh::new(corners.map(|(x, y)| Point { x, y }).to_vec())
    }

    #[test]
    fn a_split_shares_its_vertices_with_the_neighbours() {
        let mut mesh = square();
        let east = mesh.split(
            0,
            End::Edge(0, Point { x: 40, y: 0 }),
            End::Edge(2, Point { x: 40, y: 100 }),
            &[Point { x: 45, y: 50 }],
        );
        // The first face is to the right of a border that runs north: the eastern one.
        assert!(contains(&mesh.ring(0), Point { x: 90, y: 50 }));
        assert!(contains(&mesh.ring(east), Point { x: 10, y: 50 }));
        let edge = mesh.ring(east).iter().position(|p| *p == Point { x: 40, y: 0 }).unwrap();
        let before = mesh.ring(0).len();
        let far = mesh.ring(east).iter().position(|p| *p == Point { x: 0, y: 100 }).unwrap();
        mesh.split(east, End::Edge(edge, Point { x: 42, y: 20 }), End::Vertex(far), &[]);
        assert_eq!(mesh.ring(0).len(), before + 1, "the T-junction is in the neighbour's ring");
        let sum: i64 = (0..3).map(|face| area_twice(&mesh.ring(face))).sum();
        assert_eq!(sum, 20_000);
        assert_eq!(area_twice(&mesh.dissolve(&[0, 1, 2])), 20_000);
        let part = area_twice(&mesh.ring(1)) + area_twice(&mesh.ring(2));
        assert_eq!(area_twice(&mesh.dissolve(&[1, 2])), part);
    }

    #[test]
    fn a_distance_is_to_the_segment_and_not_to_its_line() {
        let (a, b) = (Point { x: 0, y: 0 }, Point { x: 10, y: 0 });
        assert_eq!(distance_squared(Point { x: 5, y: 3 }, a, b), 9);
        assert_eq!(distance_squared(Point { x: 13, y: 4 }, a, b), 25);
        assert_eq!(distance_squared(Point { x: -3, y: 4 }, a, b), 25);
    }

    #[test]
    fn degrees_are_written_with_six_places() {
        let p = Point::of_degrees(113.600_05, 34.7);
        assert_eq!(p, Point { x: 50, y: 0 });
        assert_eq!(p.degrees(), ("113.600050".to_owned(), "34.700000".to_owned()));
    }
}
