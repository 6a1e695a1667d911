//! What is wrong with a cleaned polygon: rings that cross or touch themselves, holes that are not
//! where holes may be, parts that overlap. Decided with exact predicates.

use geo::{Coord, Line, MultiPolygon, Polygon};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::exact::{Place, in_box, place_in_ring, side};
use super::index::AreaIndex;
use super::repair::rings_of;

/// A defect. Ring 0 of a part is its exterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// A ring that crosses, overlaps or touches itself.
    TangledRing { part: usize, ring: usize },
    /// A hole that crosses its exterior or another hole, or is outside or inside of one.
    BadHoles { part: usize },
    /// Parts that overlap or share an edge.
    OverlappingParts,
}

/// How two edges meet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contact {
    None,
    /// In one point that is an end of one of them.
    Touch,
    /// In a point inside both, or along a line.
    Conflict,
}

#[derive(Clone, Copy)]
struct EdgeOf {
    part: u32,
    ring: u32,
    number: u32,
}

type TreeEdge = GeomWithData<Line<f64>, EdgeOf>;

/// Finds all defects, sorted, each once. The rings must be closed, without doubled points and
/// without spikes.
pub fn find_defects(polygon: &MultiPolygon<f64>) -> Vec<Defect> {
    let mut defects = find_contacts(polygon);
    if polygon.iter().map(|part| 1 + part.interiors().len()).sum::<usize>() > 1 {
        find_misplaced(polygon, &mut defects);
    }
    defects.sort_unstable();
    defects.dedup();
    defects
}

fn find_contacts(polygon: &MultiPolygon<f64>) -> Vec<Defect> {
    let mut edges = Vec::new();
    for (part, rings) in polygon.iter().enumerate() {
        for (ring, line) in rings_of(rings).enumerate() {
            edges.extend(line.lines().enumerate().map(|(number, edge)| {
                let number = number as u32;
                TreeEdge::new(edge, EdgeOf { part: part as u32, ring: ring as u32, number })
            }));
        }
    }
    let tree = RTree::bulk_load(edges);
    let mut defects = Vec::new();
    for (left, right) in tree.intersection_candidates_with_other_tree(&tree) {
        let (l, r) = (left.data, right.data);
        if (l.part, l.ring, l.number) >= (r.part, r.ring, r.number) {
            continue;
        }
        let same_ring = (l.part, l.ring) == (r.part, r.ring);
        if same_ring {
            let edges = ring_edges(polygon, l);
            if l.number + 1 == r.number || (l.number == 0 && r.number + 1 == edges) {
                continue;
            }
        }
        let contact = contact(left.geom(), right.geom());
        let (part, ring) = (l.part as usize, l.ring as usize);
        match contact {
            Contact::None => {}
            _ if same_ring => defects.push(Defect::TangledRing { part, ring }),
            Contact::Touch => {}
            Contact::Conflict if l.part == r.part => defects.push(Defect::BadHoles { part }),
            Contact::Conflict => defects.push(Defect::OverlappingParts),
        }
    }
    defects
}

fn ring_edges(polygon: &MultiPolygon<f64>, at: EdgeOf) -> u32 {
    let part = &polygon.0[at.part as usize];
    let ring = match at.ring {
        0 => part.exterior(),
        hole => &part.interiors()[hole as usize - 1],
    };
    (ring.0.len() - 1) as u32
}

fn contact(left: &Line<f64>, right: &Line<f64>) -> Contact {
    let (a, b, c, d) = (left.start, left.end, right.start, right.end);
    let (side_c, side_d) = (side(a, b, c), side(a, b, d));
    let (side_a, side_b) = (side(c, d, a), side(c, d, b));
    if side_c.is_eq() && side_d.is_eq() {
        return contact_in_line(left, right);
    }
    if side_c == side_d || side_a == side_b {
        return Contact::None;
    }
    let ends = [side_a, side_b, side_c, side_d];
    if ends.iter().all(|s| s.is_ne()) {
        return Contact::Conflict;
    }
    let touches = (side_c.is_eq() && in_box(a, b, c))
        || (side_d.is_eq() && in_box(a, b, d))
        || (side_a.is_eq() && in_box(c, d, a))
        || (side_b.is_eq() && in_box(c, d, b));
    if touches { Contact::Touch } else { Contact::None }
}

/// The contact of two edges on one line.
fn contact_in_line(left: &Line<f64>, right: &Line<f64>) -> Contact {
    let level = (left.end.x - left.start.x).abs() >= (left.end.y - left.start.y).abs();
    let along = |c: Coord<f64>| if level { c.x } else { c.y };
    let span = |line: &Line<f64>| {
        let (s, e) = (along(line.start), along(line.end));
        (s.min(e), s.max(e))
    };
    let ((low_l, high_l), (low_r, high_r)) = (span(left), span(right));
    let (low, high) = (low_l.max(low_r), high_l.min(high_r));
    match low.partial_cmp(&high) {
        Some(std::cmp::Ordering::Less) => Contact::Conflict,
        Some(std::cmp::Ordering::Equal) => Contact::Touch,
        _ => Contact::None,
    }
}

/// Looks at the corners and the middles of the edges of every ring: rings that do not cross can
/// only be wrong by lying wholly in the wrong place.
fn find_misplaced(polygon: &MultiPolygon<f64>, defects: &mut Vec<Defect>) {
    let rings: Vec<(usize, usize, MultiPolygon<f64>)> = polygon
        .iter()
        .enumerate()
        .flat_map(|(part, rings)| {
            rings_of(rings).enumerate().map(move |(ring, line)| {
                (part, ring, MultiPolygon(vec![Polygon::new(line.clone(), Vec::new())]))
            })
        })
        .collect();
    let index = AreaIndex::build(rings.iter().map(|(_, _, solid)| solid));
    let mut around = Vec::new();
    for (part, ring, solid) in &rings {
        for edge in solid.0[0].exterior().lines() {
            for probe in [edge.start, (edge.start + edge.end) / 2.0] {
                index.areas_at(probe, &mut around);
                let inside = around.iter().map(|slot| &rings[*slot as usize]).filter(|other| {
                    (other.0, other.1) != (*part, *ring)
                        && place_in_ring(other.2.0[0].exterior(), probe) == Place::Inside
                });
                let inside: Vec<(usize, usize)> = inside.map(|other| (other.0, other.1)).collect();
                let is_outside = *ring > 0
                    && !inside.contains(&(*part, 0))
                    && place_in_ring(polygon.0[*part].exterior(), probe) == Place::Outside;
                if is_outside || inside.iter().any(|&(p, r)| p == *part && r > 0) {
                    defects.push(Defect::BadHoles { part: *part });
                }
                let in_other_part = |&&(p, r): &&(usize, usize)| p != *part && r == 0;
                let in_its_hole = |p| inside.iter().any(|&(q, r)| q == p && r > 0);
                // An exterior may lie in a hole of another part, as an island in a lake.
                if inside
                    .iter()
                    .filter(in_other_part)
                    .any(|&(p, _)| !in_its_hole(p) && !on_hole_rim(&polygon.0[p], probe))
                {
                    defects.push(Defect::OverlappingParts);
                }
            }
        }
    }
}

fn on_hole_rim(part: &Polygon<f64>, probe: Coord<f64>) -> bool {
    part.interiors().iter().any(|hole| place_in_ring(hole, probe) == Place::Boundary)
}
