//! Exact predicates: on which side of an edge a point lies, decided without rounding error, and
//! the plain (slow) point-in-polygon test that the index is compared with.
//!
//! **The boundary rule.** An area is a closed set: its edges and vertices belong to it, those of
//! its holes too. A point on an edge that two areas share is therefore in both of them; where one
//! has to be chosen, the territory takes the innermost level and then the lowest code.

use std::cmp::Ordering;

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Coord, LineString, MultiPolygon};

/// Shewchuk's bound on the relative rounding error of the plain determinant: (3 + 16 ε) ε.
const ERROR_BOUND: f64 = 3.330_669_073_875_471_6e-16;

/// `Greater` when `p` is on the left of the line from `a` to `b`, `Less` on its right, `Equal`
/// exactly on it (Shewchuk 1997: the plain determinant where its error cannot matter, else exact).
#[inline(always)]
pub fn side(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Ordering {
    let left = (a.x - p.x) * (b.y - p.y);
    let right = (a.y - p.y) * (b.x - p.x);
    let (determinant, bound) = (left - right, ERROR_BOUND * (left.abs() + right.abs()));
    if determinant > bound {
        Ordering::Greater
    } else if -determinant > bound {
        Ordering::Less
    } else {
        side_exactly(a, b, p)
    }
}

#[cold]
#[inline(never)]
fn side_exactly(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Ordering {
    match RobustKernel::orient2d(a, b, p) {
        Orientation::CounterClockwise => Ordering::Greater,
        Orientation::Clockwise => Ordering::Less,
        Orientation::Collinear => Ordering::Equal,
    }
}

/// Whether `p` lies in the box spanned by `a` and `b`, its rim included.
#[inline]
pub fn in_box(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> bool {
    a.x.min(b.x) <= p.x && p.x <= a.x.max(b.x) && a.y.min(b.y) <= p.y && p.y <= a.y.max(b.y)
}

/// Where a point lies with regard to a ring, a polygon or an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inside,
    Boundary,
    Outside,
}

/// Whether the edge from `a` to `b` meets the ray from `p` to the right; `None` when `p` is on it.
fn meets_ray(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Option<bool> {
    let beyond = (a.y < p.y && b.y < p.y) || (a.y > p.y && b.y > p.y) || (a.x < p.x && b.x < p.x);
    if beyond {
        return Some(false);
    }
    let at = side(a, b, p);
    if at == Ordering::Equal && in_box(a, b, p) {
        return None;
    }
    // The lower end belongs to an edge and the upper does not, so a vertex is counted once.
    let upward = a.y <= p.y && p.y < b.y;
    let downward = b.y <= p.y && p.y < a.y;
    Some((upward && at == Ordering::Greater) || (downward && at == Ordering::Less))
}

/// Places `p` with regard to a closed ring by the even-odd rule, looking at every edge.
pub fn place_in_ring(ring: &LineString<f64>, p: Coord<f64>) -> Place {
    let mut inside = false;
    for edge in ring.0.windows(2) {
        match meets_ray(edge[0], edge[1], p) {
            None => return Place::Boundary,
            Some(meets) => inside ^= meets,
        }
    }
    if inside { Place::Inside } else { Place::Outside }
}

/// Places `p` with regard to an area, looking at every edge of every part: the slow truth.
pub fn place_in_area(area: &MultiPolygon<f64>, p: Coord<f64>) -> Place {
    let mut place = Place::Outside;
    for part in area {
        match place_in_ring(part.exterior(), p) {
            Place::Outside => continue,
            Place::Boundary => return Place::Boundary,
            Place::Inside => {}
        }
        let mut in_hole = false;
        for hole in part.interiors() {
            match place_in_ring(hole, p) {
                Place::Boundary => return Place::Boundary,
                Place::Inside => in_hole = true,
                Place::Outside => {}
            }
        }
        if !in_hole {
            place = Place::Inside;
        }
    }
    place
}

/// `side(a, b, p)` for `p` moved by a step too small to matter: right by δ and up by ε ≪ δ. So
/// moved, a point is on no edge and level with no vertex, and the answer is never `Equal`.
#[inline]
pub(crate) fn side_nudged(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Ordering {
    side(a, b, p).then_with(|| nudge(a, b))
}

/// How the nudge moves a point that lies on the line from `a` to `b`.
#[inline]
fn nudge(a: Coord<f64>, b: Coord<f64>) -> Ordering {
    let order = |u: f64, v: f64| u.partial_cmp(&v).unwrap_or(Ordering::Equal);
    order(a.y, b.y).then(order(b.x, a.x))
}

/// A straight way between two different points, both nudged alike: so it meets no vertex and runs
/// along no edge, and the number of its crossings with a ring tells exactly whether both ends are
/// on the same side of the ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    from: Coord<f64>,
    to: Coord<f64>,
}

/// What an edge does to a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// The way's start itself, not nudged, lies on the edge.
    OnEdge,
    Crosses,
    Misses,
}

impl Way {
    /// `None` when the points are the same.
    #[inline]
    pub(crate) fn new(from: Coord<f64>, to: Coord<f64>) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }

    /// The side of the way's line that a vertex is on.
    #[inline(always)]
    pub(crate) fn side_of(&self, vertex: Coord<f64>) -> Ordering {
        side(self.from, self.to, vertex)
    }

    /// What the edge from `a` to `b` does, whose ends are on these sides of the way's line. Edges
    /// in a row share a vertex, whose side is then worked out once.
    #[inline(always)]
    pub(crate) fn meet(
        &self,
        (a, side_a): (Coord<f64>, Ordering),
        (b, side_b): (Coord<f64>, Ordering),
    ) -> Meeting {
        // Both ends on one side: the edge does not touch the way's line, nor the start on it.
        if side_a == side_b && side_a != Ordering::Equal {
            return Meeting::Misses;
        }
        let mut side_from = side(a, b, self.from);
        if side_from == Ordering::Equal {
            if in_box(a, b, self.from) {
                return Meeting::OnEdge;
            }
            side_from = nudge(a, b);
        }
        self.pass((a, side_a), (b, side_b), side_from)
    }

    /// Whether the way crosses the edge from `a` to `b`.
    #[inline]
    pub(crate) fn crosses(&self, a: Coord<f64>, b: Coord<f64>) -> bool {
        let (side_a, side_b) = (self.side_of(a), self.side_of(b));
        if side_a == side_b && side_a != Ordering::Equal {
            return false;
        }
        let side_from = side_nudged(a, b, self.from);
        self.pass((a, side_a), (b, side_b), side_from) == Meeting::Crosses
    }

    #[inline]
    fn pass(
        &self,
        (a, side_a): (Coord<f64>, Ordering),
        (b, side_b): (Coord<f64>, Ordering),
        side_from: Ordering,
    ) -> Meeting {
        // Moving the way by the nudge is moving the edge's ends by its opposite.
        let back = nudge(self.from, self.to).reverse();
        let apart = side_a.then(back) != side_b.then(back);
        if apart && side_from != side_nudged(a, b, self.to) {
            Meeting::Crosses
        } else {
            Meeting::Misses
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    fn at(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn a_nudged_point_on_an_edge_is_decided_by_a_step_right_then_up() {
        // On a rising edge, a step to the right is a step to the right of it.
        assert_eq!(side_nudged(at(0., 0.), at(2., 2.), at(1., 1.)), Ordering::Less);
        // On a level edge that runs right, a step up is a step to the left of it.
        assert_eq!(side_nudged(at(0., 0.), at(2., 0.), at(1., 0.)), Ordering::Greater);
        assert_eq!(side_nudged(at(2., 0.), at(0., 0.), at(1., 0.)), Ordering::Less);
    }

    #[test]
    fn a_way_through_a_vertex_is_counted_once() {
        let (p, q) = (at(0., 0.), at(4., 0.));
        let peak = at(2., 0.);
        let crossings = |x: Coord<f64>, y: Coord<f64>| {
            [(x, peak), (peak, y)]
                .into_iter()
                .filter(|(a, b)| Way::new(p, q).unwrap().crosses(*a, *b))
                .count()
        };
        assert_eq!(crossings(at(2., -1.), at(2., 1.)), 1);
        assert_eq!(crossings(at(1., -1.), at(3., -1.)) % 2, 0);
        assert_eq!(crossings(at(1., 1.), at(3., 1.)) % 2, 0);
    }

    #[test]
    fn the_rim_of_a_hole_belongs_to_the_area() {
        let area = MultiPolygon(vec![polygon![
            exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 9.)],
            interiors: [[(x: 3., y: 3.), (x: 3., y: 6.), (x: 6., y: 6.), (x: 6., y: 3.)]],
        ]]);
        for (x, y, want) in [
            (1., 1., Place::Inside),
            (4., 4., Place::Outside),
            (3., 4., Place::Boundary),
            (6., 6., Place::Boundary),
            (9., 4., Place::Boundary),
            (9.5, 3., Place::Outside),
        ] {
            assert_eq!(place_in_area(&area, at(x, y)), want, "{x} {y}");
        }
    }
}
