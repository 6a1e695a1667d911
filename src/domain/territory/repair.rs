//! From rings as files have them to polygons that mean one thing.
//!
//! Cleaning (closing, doubled points, spikes, winding) leaves the set of points as it was. Where
//! rings cross or touch themselves, the even-odd rule says what is inside; holes are taken away
//! from their part; parts are united. Vertices of the input keep their exact coordinates; only
//! crossings become new vertices. What does not come out valid is refused.

use std::fmt;

use geo::{Coord, LineString, MultiPolygon, Polygon, Winding};

use super::defect::{Defect, find_defects};
use super::feature::{RawRing, Shape, Unreadable};
use super::rebuild::rebuild;
use crate::domain::datum::Datum;

/// How much one feature may hold.
#[derive(Clone, Copy, Debug)]
pub struct ShapeLimits {
    pub ring_vertices_max: usize,
    pub feature_vertices_max: usize,
    /// Above this, crossing rings are refused instead of repaired: repair is not linear.
    pub repair_vertices_max: usize,
}

impl Default for ShapeLimits {
    fn default() -> Self {
        Self {
            ring_vertices_max: 1_000_000,
            feature_vertices_max: 5_000_000,
            repair_vertices_max: 500_000,
        }
    }
}

/// What was done to a feature's geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    ClosedRings(usize),
    RemovedDoubledPoints(usize),
    RemovedSpikes(usize),
    /// Rings without area: fewer than three corners once cleaned.
    DroppedRings(usize),
    DroppedParts(usize),
    TurnedRings(usize),
    /// A ring that crossed or touched itself was taken apart (even-odd rule).
    UntangledRings(usize),
    /// Holes that crossed each other or reached out of their part were taken away from it.
    RecutHoles,
    /// Parts that overlapped or shared an edge were united.
    UnitedParts,
    /// Edges of more than 180 degrees were taken as drawn, not across the antimeridian.
    KeptLongEdges(usize),
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repair::ClosedRings(n) => write!(f, "closed {n} ring(s)"),
            Repair::RemovedDoubledPoints(n) => write!(f, "removed {n} doubled point(s)"),
            Repair::RemovedSpikes(n) => write!(f, "removed {n} spike(s)"),
            Repair::DroppedRings(n) => write!(f, "dropped {n} ring(s) without area"),
            Repair::DroppedParts(n) => write!(f, "dropped {n} part(s) without area"),
            Repair::TurnedRings(n) => write!(f, "turned {n} ring(s) that ran the wrong way"),
            Repair::UntangledRings(n) => {
                write!(f, "took apart {n} ring(s) that crossed or touched themselves")
            }
            Repair::RecutHoles => f.write_str("cut overlapping or protruding holes anew"),
            Repair::UnitedParts => f.write_str("united parts that overlapped or shared an edge"),
            Repair::KeptLongEdges(n) => {
                write!(f, "took {n} edge(s) over 180 degrees long as drawn")
            }
        }
    }
}

/// Why a feature's geometry cannot be the polygon of an area.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShapeError {
    #[error("it has no geometry")]
    Missing,
    #[error("its geometry is a {0}, not a polygon")]
    NotArea(String),
    #[error("its geometry cannot be read: {0}")]
    Malformed(Unreadable),
    #[error("a coordinate is not a finite number")]
    NotFinite,
    #[error("coordinate ({x}, {y}) is not a longitude and latitude in degrees")]
    OutOfRange { x: f64, y: f64 },
    #[error("coordinate ({x}, {y}) looks as if latitude came before longitude")]
    Swapped { x: f64, y: f64 },
    #[error("no ring encloses an area")]
    NoArea,
    #[error("{vertices} vertices are more than the limit of {vertices_max}")]
    TooLarge { vertices: usize, vertices_max: usize },
    #[error("its rings cross in a way that could not be repaired")]
    Beyond,
}

impl ShapeError {
    /// What whoever sent the file can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            ShapeError::Missing => "draw its polygon or leave the feature out",
            ShapeError::NotArea(_) => "keep points and lines in a file of their own",
            ShapeError::Malformed(_) | ShapeError::NotFinite => "export the file again",
            ShapeError::OutOfRange { .. } => "export in geographic degrees (EPSG:4326 or 4490)",
            ShapeError::Swapped { .. } => "write longitude first",
            ShapeError::NoArea => "draw the polygon anew",
            ShapeError::TooLarge { .. } => "simplify the outline or split the feature",
            ShapeError::Beyond => "mend the outline in a GIS (fix geometries) and export again",
        }
    }
}

/// Turns a feature's shape into a valid WGS-84 polygon and tells what it took.
///
/// # Errors
/// See [`ShapeError`]; nothing is left out of a polygon without a [`Repair`] that says so.
pub fn repair_shape(
    shape: Shape,
    datum: Datum,
    limits: &ShapeLimits,
) -> Result<(MultiPolygon<f64>, Vec<Repair>), ShapeError> {
    let mut parts = match shape {
        Shape::Parts(parts) => parts,
        Shape::Rings(rings) => super::rings::nest_rings(rings),
        Shape::Missing => return Err(ShapeError::Missing),
        Shape::Point(_) => return Err(ShapeError::NotArea("Point".to_owned())),
        Shape::NotArea(kind) => return Err(ShapeError::NotArea(kind)),
        Shape::Malformed(why) => return Err(ShapeError::Malformed(why)),
    };
    if parts.iter().flatten().all(Vec::is_empty) {
        return Err(ShapeError::Missing);
    }
    check_size(&parts, limits)?;
    for c in parts.iter_mut().flatten().flatten() {
        check_range(*c)?;
        if datum != Datum::Wgs84 {
            (c.x, c.y) = datum.to_wgs84(c.x, c.y);
        }
    }
    let mut tally = Tally::default();
    let polygon = tally.clean_parts(parts);
    if polygon.0.is_empty() {
        return Err(ShapeError::NoArea);
    }
    let mut repairs = tally.repairs();
    let defects = find_defects(&polygon);
    if defects.is_empty() {
        return Ok((wound(polygon, &mut repairs), repairs));
    }
    let vertices = polygon.iter().flat_map(rings_of).map(|r| r.0.len()).sum();
    if vertices > limits.repair_vertices_max {
        return Err(ShapeError::TooLarge { vertices, vertices_max: limits.repair_vertices_max });
    }
    let rebuilt = rebuild(&polygon, &defects).ok_or(ShapeError::Beyond)?;
    repairs.extend(name_repairs(&defects));
    Ok((wound(rebuilt, &mut Vec::new()), repairs))
}

fn name_repairs(defects: &[Defect]) -> Vec<Repair> {
    let mut tangled: Vec<_> = defects
        .iter()
        .filter_map(|d| match d {
            Defect::TangledRing { part, ring } => Some((*part, *ring)),
            _ => None,
        })
        .collect();
    tangled.dedup();
    let mut repairs = Vec::new();
    if !tangled.is_empty() {
        repairs.push(Repair::UntangledRings(tangled.len()));
    }
    if defects.iter().any(|d| matches!(d, Defect::BadHoles { .. })) {
        repairs.push(Repair::RecutHoles);
    }
    if defects.contains(&Defect::OverlappingParts) {
        repairs.push(Repair::UnitedParts);
    }
    repairs
}

fn check_size(parts: &[Vec<RawRing>], limits: &ShapeLimits) -> Result<(), ShapeError> {
    let longest = parts.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let vertices: usize = parts.iter().flatten().map(Vec::len).sum();
    if longest > limits.ring_vertices_max {
        let vertices_max = limits.ring_vertices_max;
        return Err(ShapeError::TooLarge { vertices: longest, vertices_max });
    }
    if vertices > limits.feature_vertices_max {
        let vertices_max = limits.feature_vertices_max;
        return Err(ShapeError::TooLarge { vertices, vertices_max });
    }
    Ok(())
}

fn check_range(c: Coord<f64>) -> Result<(), ShapeError> {
    let Coord { x, y } = c;
    if !(x.is_finite() && y.is_finite()) {
        return Err(ShapeError::NotFinite);
    }
    if x.abs() <= 180.0 && y.abs() <= 90.0 {
        return Ok(());
    }
    let swapped = x.abs() <= 90.0 && y.abs() <= 180.0;
    Err(if swapped { ShapeError::Swapped { x, y } } else { ShapeError::OutOfRange { x, y } })
}

pub(super) fn rings_of(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// Exteriors counter-clockwise and holes clockwise, as RFC 7946 has them.
pub(super) fn wound(polygon: MultiPolygon<f64>, repairs: &mut Vec<Repair>) -> MultiPolygon<f64> {
    let mut turned = 0;
    let parts = polygon.into_iter().map(|part| {
        let (mut exterior, mut holes) = part.into_inner();
        if exterior.is_cw() {
            turned += 1;
            exterior.make_ccw_winding();
        }
        for hole in holes.iter_mut().filter(|hole| hole.is_ccw()) {
            turned += 1;
            hole.make_cw_winding();
        }
        Polygon::new(exterior, holes)
    });
    let polygon = MultiPolygon(parts.collect());
    if turned > 0 {
        repairs.push(Repair::TurnedRings(turned));
    }
    polygon
}

/// What cleaning did, counted.
#[derive(Default)]
pub(super) struct Tally {
    closed: usize,
    doubled: usize,
    spikes: usize,
    rings: usize,
    parts: usize,
    long_edges: usize,
}

impl Tally {
    /// Cleans all rings; parts whose exterior has no area go, and holes without area too.
    pub(super) fn clean_parts(&mut self, parts: Vec<Vec<RawRing>>) -> MultiPolygon<f64> {
        let mut cleaned = Vec::with_capacity(parts.len());
        for rings in parts {
            let mut rings = rings.into_iter();
            let Some(exterior) = rings.next().and_then(|ring| self.clean_ring(ring)) else {
                self.parts += 1;
                continue;
            };
            let mut holes = Vec::new();
            for ring in rings {
                match self.clean_ring(ring) {
                    Some(hole) => holes.push(hole),
                    None => self.rings += 1,
                }
            }
            cleaned.push(Polygon::new(exterior, holes));
        }
        MultiPolygon(cleaned)
    }

    fn clean_ring(&mut self, mut ring: RawRing) -> Option<LineString<f64>> {
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        } else if ring.len() > 2 {
            self.closed += 1;
        }
        let mut corners: RawRing = Vec::with_capacity(ring.len() + 1);
        for c in ring {
            self.push_corner(&mut corners, c);
        }
        let mut first = 0;
        // The ends meet, so a doubled point or a spike may hide there.
        while let [head, second, .., before_last, last] = &corners[first..] {
            if head == last {
                self.doubled += 1;
                corners.pop();
            } else if is_spike(*before_last, *last, *head) {
                self.spikes += 1;
                corners.pop();
            } else if is_spike(*last, *head, *second) {
                self.spikes += 1;
                first += 1;
            } else {
                break;
            }
        }
        corners.drain(..first);
        if corners.len() < 3 || is_flat(&corners) {
            return None;
        }
        corners.push(corners[0]);
        self.long_edges += corners.windows(2).filter(|e| (e[0].x - e[1].x).abs() > 180.0).count();
        Some(LineString(corners))
    }

    fn push_corner(&mut self, corners: &mut RawRing, c: Coord<f64>) {
        let mut was_spike = false;
        while let [.., before, last] = corners.as_slice()
            && *last != c
            && is_spike(*before, *last, c)
        {
            was_spike = true;
            self.spikes += 1;
            corners.pop();
        }
        if corners.last() == Some(&c) {
            // A spike that is gone leaves its foot twice, which was no fault of its own.
            self.doubled += usize::from(!was_spike);
        } else {
            corners.push(c);
        }
    }

    fn repairs(&self) -> Vec<Repair> {
        let all = [
            (self.closed, Repair::ClosedRings(self.closed)),
            (self.doubled, Repair::RemovedDoubledPoints(self.doubled)),
            (self.spikes, Repair::RemovedSpikes(self.spikes)),
            (self.rings, Repair::DroppedRings(self.rings)),
            (self.parts, Repair::DroppedParts(self.parts)),
            (self.long_edges, Repair::KeptLongEdges(self.long_edges)),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).map(|(_, repair)| repair).collect()
    }
}

/// Whether a way turns straight back at `b`.
fn is_spike(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> bool {
    use super::exact::{in_box, side};
    side(a, b, c).is_eq() && !in_box(a, c, b)
}

/// Whether three corners are in line, which leaves no area once spikes are gone.
fn is_flat(corners: &[Coord<f64>]) -> bool {
    corners.len() == 3 && super::exact::side(corners[0], corners[1], corners[2]).is_eq()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::territory::defect::find_defects;
    use geo::Area as _;

    type Corners<'c> = &'c [(f64, f64)];

    fn ring(corners: Corners<'_>) -> RawRing {
        corners.iter().map(|(x, y)| Coord { x: *x, y: *y }).collect()
    }

    fn repair(parts: &[&[Corners<'_>]]) -> Result<(MultiPolygon<f64>, Vec<Repair>), ShapeError> {
        let parts = parts.iter().map(|rings| rings.iter().map(|r| ring(r)).collect()).collect();
        repair_shape(Shape::Parts(parts), Datum::Wgs84, &ShapeLimits::default())
    }

    fn check(parts: &[&[Corners<'_>]], area: f64, repairs: &[Repair]) {
        let (polygon, done) = repair(parts).unwrap();
        assert!((polygon.unsigned_area() - area).abs() < 1e-7, "{polygon:?}");
        assert_eq!(done, repairs, "{parts:?}");
        assert!(find_defects(&polygon).is_empty(), "{polygon:?}");
    }

    const SQUARE: Corners<'_> = &[(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)];
    const SMALL: Corners<'_> = &[(1., 1.), (1., 2.), (2., 2.), (2., 1.), (1., 1.)];

    #[test]
    fn a_valid_polygon_is_left_as_it_is() {
        check(&[&[SQUARE, SMALL]], 15.0, &[]);
        let (polygon, _) = repair(&[&[SQUARE]]).unwrap();
        assert_eq!(polygon.0[0].exterior().0, ring(SQUARE));
    }

    #[test]
    fn cleaning_keeps_the_area_and_tells_what_it_did() {
        let open = [(0., 0.), (4., 0.), (4., 4.), (4., 4.), (0., 4.)];
        check(&[&[&open]], 16.0, &[Repair::ClosedRings(1), Repair::RemovedDoubledPoints(1)]);
        let spiky = [(0., 0.), (4., 0.), (9., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)];
        check(&[&[&spiky]], 16.0, &[Repair::RemovedSpikes(1)]);
        // A spike at the seam of the ring, and one on a spike.
        let seam = [(0., -3.), (0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., -3.)];
        check(&[&[&seam]], 16.0, &[Repair::RemovedSpikes(1)]);
        let turned: Vec<(f64, f64)> = SQUARE.iter().rev().copied().collect();
        check(&[&[&turned]], 16.0, &[Repair::TurnedRings(1)]);
        let flat = [(1., 1.), (2., 2.), (3., 3.), (1., 1.)];
        check(&[&[SQUARE, &flat]], 16.0, &[Repair::DroppedRings(1)]);
    }

    #[test]
    fn rings_that_cross_are_taken_apart_by_even_and_odd() {
        let bow = [(0., 0.), (4., 4.), (4., 0.), (0., 4.), (0., 0.)];
        check(&[&[&bow]], 8.0, &[Repair::UntangledRings(1)]);
        // An inverted hole: the ring touches itself in a corner.
        let pinched =
            [(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.), (1., 2.), (2., 2.), (0., 0.)];
        let (polygon, repairs) = repair(&[&[&pinched]]).unwrap();
        assert_eq!(repairs, [Repair::UntangledRings(1)]);
        assert!((polygon.unsigned_area() - 15.0).abs() < 1e-7, "{polygon:?}");
        assert!(find_defects(&polygon).is_empty());
    }

    #[test]
    fn holes_are_taken_away_and_parts_united() {
        let out = [(3., 1.), (5., 1.), (5., 2.), (3., 2.), (3., 1.)];
        check(&[&[SQUARE, &out]], 15.0, &[Repair::RecutHoles]);
        let far = [(8., 8.), (9., 8.), (9., 9.), (8., 8.)];
        check(&[&[SQUARE, &far]], 16.0, &[Repair::RecutHoles]);
        let across = [(1.5, 1.5), (1.5, 3.), (3., 3.), (3., 1.5), (1.5, 1.5)];
        check(&[&[SQUARE, SMALL, &across]], 16.0 - 1.0 - 2.25 + 0.25, &[Repair::RecutHoles]);
        let beside = [(4., 0.), (6., 0.), (6., 4.), (4., 4.), (4., 0.)];
        check(&[&[SQUARE], &[&beside]], 24.0, &[Repair::UnitedParts]);
        check(&[&[SQUARE], &[SMALL]], 16.0, &[Repair::UnitedParts]);
    }

    #[test]
    fn an_island_in_a_hole_is_no_defect() {
        let lake = [(1., 1.), (1., 3.), (3., 3.), (3., 1.), (1., 1.)];
        let island = [(1.5, 1.5), (2.5, 1.5), (2.5, 2.5), (1.5, 2.5), (1.5, 1.5)];
        check(&[&[SQUARE, &lake], &[&island]], 13.0, &[]);
    }

    #[test]
    fn repair_keeps_the_vertices_that_were_there() {
        let odd = [(0.1, 0.2), (4.3, 4.7), (4.3, 0.2), (2.7, 0.2), (0.1, 4.7), (0.1, 0.2)];
        let (polygon, _) = repair(&[&[&odd]]).unwrap();
        let kept: Vec<Coord<f64>> = polygon.iter().flat_map(|p| p.exterior().0.clone()).collect();
        for (x, y) in odd {
            assert!(kept.contains(&Coord { x, y }), "{x} {y} in {kept:?}");
        }
    }

    #[test]
    fn what_cannot_be_repaired_is_refused_with_a_remedy() {
        let far = |x, y| [(0., 0.), (x, y), (1., 1.), (0., 0.)];
        for (corners, error) in [
            (far(200., 0.), ShapeError::OutOfRange { x: 200., y: 0. }),
            (far(34., 113.), ShapeError::Swapped { x: 34., y: 113. }),
            (far(2., 2.), ShapeError::NoArea),
        ] {
            assert_eq!(repair(&[&[&corners]]).unwrap_err(), error);
            assert!(!error.remedy().is_empty());
        }
        let nan = far(f64::NAN, 0.);
        assert_eq!(repair(&[&[&nan]]).unwrap_err(), ShapeError::NotFinite);
        assert_eq!(repair(&[&[&[]]]).unwrap_err(), ShapeError::Missing);
    }
}
