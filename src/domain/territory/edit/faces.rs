//! The pieces into which a line cuts an area, followed along its edges: the only new vertices are
//! crossings, and both pieces at a cut have the same ones.

use super::EditError;
use crate::domain::territory::exact::{Place, place_in_area};
use crate::domain::territory::repair::rings_of;
use crate::domain::territory::rings::nest_rings;
use geo::algorithm::line_intersection::{LineIntersection, line_intersection};
use geo::algorithm::orient::{Direction, Orient};
use geo::{BoundingRect, Coord, Line, LineString, MultiPolygon, Polygon};
use std::collections::HashMap;
use std::f64::consts::TAU;

/// A crossing nearer than this to a vertex is that vertex, in degrees: about a micrometre.
const NEAR: f64 = 1e-11;

/// A vertex by its bits.
type Key = (u64, u64);

fn key(c: Coord<f64>) -> Key {
    // Both zeros are one place.
    ((c.x + 0.0).to_bits(), (c.y + 0.0).to_bits())
}

/// Cuts an area along a line. Parts of the area that the line leaves whole go with the nearest
/// piece of those that it cuts.
pub(super) fn cut(
    area: &MultiPolygon<f64>,
    line: &LineString<f64>,
) -> Result<Vec<MultiPolygon<f64>>, EditError> {
    check_simple(line)?;
    let (mut pieces, mut whole) = (Vec::new(), Vec::new());
    for part in area {
        let faces = cut_part(part, line);
        match faces.len() {
            0 => return Err(EditError::Failed),
            1 => whole.push(part.clone()),
            _ => pieces.extend(faces.into_iter().map(|face| MultiPolygon(vec![face]))),
        }
    }
    if pieces.is_empty() {
        return Err(EditError::LineDoesNotCross);
    }
    for part in whole {
        let apart = |piece: &MultiPolygon<f64>| {
            let (a, b) = (part.bounding_rect(), piece.bounding_rect());
            a.zip(b).map_or(f64::INFINITY, |(a, b)| {
                let off = a.center() - b.center();
                off.x.hypot(off.y)
            })
        };
        let nearest = pieces.iter_mut().min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.into_iter().for_each(|piece| piece.0.push(part.clone()));
    }
    Ok(pieces)
}

fn check_simple(line: &LineString<f64>) -> Result<(), EditError> {
    let edges: Vec<Line<f64>> = line.lines().collect();
    for (at, one) in edges.iter().enumerate() {
        for (beyond, other) in edges[at + 1..].iter().enumerate() {
            let crosses = match line_intersection(*one, *other) {
                None => false,
                // Edges in a row share their corner.
                Some(LineIntersection::SinglePoint { is_proper, .. }) => beyond > 0 || is_proper,
                Some(LineIntersection::Collinear { .. }) => true,
            };
            if crosses {
                return Err(EditError::LineCrossesItself);
            }
        }
    }
    Ok(())
}

/// The places on an edge where it has to be broken, in its order, its ends included.
fn broken(edge: &Line<f64>, mut at: Vec<Coord<f64>>) -> Vec<Coord<f64>> {
    at.extend([edge.start, edge.end]);
    let along = edge.end - edge.start;
    let forward = |c: &Coord<f64>| (c.x - edge.start.x) * along.x + (c.y - edge.start.y) * along.y;
    at.sort_by(|a, b| forward(a).total_cmp(&forward(b)));
    at.dedup();
    at
}

/// A crossing, or the vertex that it is as good as.
fn onto(found: Coord<f64>, ends: [Coord<f64>; 4]) -> Coord<f64> {
    let near = |end: &Coord<f64>| (end.x - found.x).hypot(end.y - found.y) <= NEAR;
    ends.into_iter().find(near).unwrap_or(found)
}

/// The edges of a part and of the line within it, broken where they meet.
fn broken_edges(part: &Polygon<f64>, line: &LineString<f64>) -> (Vec<Piece>, Vec<Piece>) {
    let ring_edges: Vec<Line<f64>> = rings_of(part).flat_map(|ring| ring.lines()).collect();
    let mut on_ring = vec![Vec::new(); ring_edges.len()];
    let mut inner = Vec::new();
    let solid = MultiPolygon(vec![part.clone()]);
    for cut in line.lines() {
        let mut on_cut = Vec::new();
        for (edge, on_edge) in ring_edges.iter().zip(&mut on_ring) {
            let ends = [edge.start, edge.end, cut.start, cut.end];
            let found = match line_intersection(*edge, cut) {
                None => continue,
                Some(LineIntersection::SinglePoint { intersection, .. }) => vec![intersection],
                Some(LineIntersection::Collinear { intersection }) => {
                    vec![intersection.start, intersection.end]
                }
            };
            for place in found.into_iter().map(|place| onto(place, ends)) {
                on_edge.push(place);
                on_cut.push(place);
            }
        }
        for pair in broken(&cut, on_cut).windows(2) {
            let middle = (pair[0] + pair[1]) / 2.0;
            if place_in_area(&solid, middle) == Place::Inside {
                inner.push((pair[0], pair[1]));
            }
        }
    }
    let rings = ring_edges.iter().zip(on_ring).flat_map(|(edge, at)| {
        let at = broken(edge, at);
        at.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    });
    (rings.collect(), inner)
}

/// A stretch between two vertices.
type Piece = (Coord<f64>, Coord<f64>);

/// Takes away stretches of the line that lead nowhere.
fn without_dead_ends(rings: &[Piece], mut inner: Vec<Piece>) -> Vec<Piece> {
    loop {
        let mut ends = HashMap::<Key, usize>::new();
        for (a, b) in rings.iter().chain(&inner) {
            *ends.entry(key(*a)).or_default() += 1;
            *ends.entry(key(*b)).or_default() += 1;
        }
        let before = inner.len();
        inner.retain(|(a, b)| ends[&key(*a)] > 1 && ends[&key(*b)] > 1);
        if inner.len() == before {
            return inner;
        }
    }
}

/// The pieces of one part; one piece where the line does not cut it.
fn cut_part(part: &Polygon<f64>, line: &LineString<f64>) -> Vec<Polygon<f64>> {
    // The inside is on the left of every edge.
    let part = part.orient(Direction::Default);
    let (rings, inner) = broken_edges(&part, line);
    let inner = without_dead_ends(&rings, inner);
    if inner.is_empty() {
        return vec![part];
    }
    let both = inner.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
    let edges: Vec<Piece> = rings.iter().copied().chain(both).collect();
    let mut loops = Vec::new();
    for ring in follow(&edges) {
        split_pinches(ring, &mut loops);
    }
    // Where exteriors run clockwise: the convention of the function that nests them.
    loops.iter_mut().for_each(|ring| ring.reverse());
    let faces = nest_rings(loops).into_iter().map(|rings| {
        let mut rings = rings.into_iter().map(LineString);
        let exterior = rings.next().unwrap_or(LineString(Vec::new()));
        Polygon::new(exterior, rings.collect())
    });
    faces.collect()
}

/// Follows directed edges around the faces on their left.
fn follow(edges: &[Piece]) -> Vec<Vec<Coord<f64>>> {
    let mut from = HashMap::<Key, Vec<usize>>::new();
    for (at, (a, _)) in edges.iter().enumerate() {
        from.entry(key(*a)).or_default().push(at);
    }
    let direction = |a: Coord<f64>, b: Coord<f64>| (b.y - a.y).atan2(b.x - a.x);
    // The next edge is the first one clockwise from the way back.
    let next = |at: usize| {
        let (a, b) = edges[at];
        let back = direction(b, a);
        let turn = |other: &usize| {
            let angle = (back - direction(b, edges[*other].1)).rem_euclid(TAU);
            if angle == 0.0 { TAU } else { angle }
        };
        let out = from.get(&key(b))?;
        out.iter().copied().min_by(|l, r| turn(l).total_cmp(&turn(r)))
    };
    let mut is_done = vec![false; edges.len()];
    let mut loops = Vec::new();
    for begin in 0..edges.len() {
        let (mut at, mut ring) = (begin, Vec::new());
        while !is_done[at] {
            is_done[at] = true;
            ring.push(edges[at].0);
            match next(at) {
                Some(further) => at = further,
                None => break,
            }
        }
        if ring.len() > 2 && at == begin {
            loops.push(ring);
        }
    }
    loops
}

/// Takes a ring apart where it comes to a vertex for the second time, and closes what is left.
fn split_pinches(ring: Vec<Coord<f64>>, loops: &mut Vec<Vec<Coord<f64>>>) {
    let mut way: Vec<Coord<f64>> = Vec::with_capacity(ring.len() + 1);
    let mut seen = HashMap::<Key, usize>::new();
    for c in ring {
        if let Some(&first) = seen.get(&key(c)) {
            let mut own = way.split_off(first);
            for c in &own {
                seen.remove(&key(*c));
            }
            own.push(c);
            if own.len() > 3 {
                loops.push(own);
            }
        }
        seen.insert(key(c), way.len());
        way.push(c);
    }
    if way.len() > 2 {
        way.push(way[0]);
        loops.push(way);
    }
}
