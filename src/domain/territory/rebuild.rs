//! Rebuilding a polygon whose rings cross: even-odd within a ring, holes taken away, parts united.
//!
//! The overlay of the `geo` library works on a grid of integers and moves every vertex by up to
//! about 1e-9 of the polygon's extent. Vertices that the input had are put back afterwards, so
//! that neighbours which share them still share them exactly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::algorithm::bool_ops::FillRule;
use geo::algorithm::orient::{Direction, Orient};
use geo::{
    BooleanOps, BoundingRect, Coord, LineString, MakeValid, MapCoords, MultiPolygon, Polygon,
};
use geo::{OpType, unary_union};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::defect::{Defect, find_defects};
use super::repair::{Tally, rings_of};

/// The share of the extent within which a vertex counts as moved by the overlay.
pub(super) const SNAP_SHARE: f64 = 4e-9;
/// A power of two, so scaling by it is exact: it makes the library's fixed snapping radius of
/// 1e-4 units into 6e-12 degrees.
const SCALE: f64 = 16_777_216.0;

/// Rebuilds a polygon with the defects given; `None` when nothing valid came out.
pub(super) fn rebuild(
    polygon: &MultiPolygon<f64>,
    defects: &[Defect],
) -> Option<MultiPolygon<f64>> {
    // The libraries are robust, but not proven; a panic in them must cost one polygon only.
    let guarded = |f: &dyn Fn() -> Option<MultiPolygon<f64>>| {
        catch_unwind(AssertUnwindSafe(f)).ok().flatten()
    };
    let overlaid = guarded(&|| Some(overlay(polygon, defects)));
    let snapped = overlaid.as_ref().and_then(|rough| guarded(&|| Some(put_back(rough, polygon))));
    let valid = |candidate: Option<MultiPolygon<f64>>| {
        candidate.map(cleaned).filter(|p| !p.0.is_empty() && find_defects(p).is_empty())
    };
    valid(snapped).or_else(|| valid(overlaid)).or_else(|| {
        let triangulated = guarded(&|| {
            let large = polygon.map_coords(|c| c * SCALE);
            Some(large.make_valid().ok()?.map_coords(|c| c / SCALE))
        });
        valid(triangulated)
    })
}

pub(super) fn cleaned(polygon: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let parts = polygon.iter().map(|part| rings_of(part).map(|ring| ring.0.clone()).collect());
    Tally::default().clean_parts(parts.collect())
}

/// The union of areas, wound as the library's union wants it: what an overlay gives back may have a
/// hole that lies on its exterior wound like that, and would be filled.
pub(super) fn united<'a>(
    areas: impl IntoIterator<Item = &'a MultiPolygon<f64>>,
) -> MultiPolygon<f64> {
    let wound: Vec<_> = areas.into_iter().map(|area| area.orient(Direction::Default)).collect();
    unary_union(&wound)
}

fn overlay(polygon: &MultiPolygon<f64>, defects: &[Defect]) -> MultiPolygon<f64> {
    let parts: Vec<MultiPolygon<f64>> = polygon
        .iter()
        .enumerate()
        .map(|(number, part)| overlay_part(part, number, defects))
        .collect();
    if defects.contains(&Defect::OverlappingParts) {
        united(&parts)
    } else {
        MultiPolygon(parts.into_iter().flatten().collect())
    }
}

fn overlay_part(part: &Polygon<f64>, number: usize, defects: &[Defect]) -> MultiPolygon<f64> {
    let is_bad = defects.iter().any(|d| match d {
        Defect::TangledRing { part, .. } | Defect::BadHoles { part } => *part == number,
        Defect::OverlappingParts => false,
    });
    if !is_bad {
        // A union goes by the winding of its parts.
        return MultiPolygon(vec![part.orient(Direction::Default)]);
    }
    let solid = |ring: &LineString<f64>| {
        let nothing = MultiPolygon::<f64>(Vec::new());
        let ring = Polygon::new(ring.clone(), Vec::new());
        ring.boolean_op_with_fill_rule(&nothing, OpType::Union, FillRule::EvenOdd)
    };
    let exterior = solid(part.exterior());
    let holes: Vec<MultiPolygon<f64>> = part.interiors().iter().map(solid).collect();
    if holes.is_empty() { exterior } else { exterior.difference(&united(&holes)) }
}

/// A vertex in a tree.
pub(super) type Vertex = GeomWithData<[f64; 2], ()>;

/// Moves vertices back onto those of `original`, and enters those that the overlay left out of a
/// straight edge because on its grid they were in line.
fn put_back(rough: &MultiPolygon<f64>, original: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let Some(bounds) = original.bounding_rect() else { return rough.clone() };
    let reach = SNAP_SHARE * bounds.width().max(bounds.height());
    let corners = original.iter().flat_map(rings_of).flat_map(|ring| &ring.0[1..]);
    let tree = RTree::bulk_load(corners.map(|c| Vertex::new([c.x, c.y], ())).collect());
    let ring = |line: &LineString<f64>| {
        let corners: Vec<Coord<f64>> = line.0.iter().map(|c| snap(&tree, *c, reach)).collect();
        let mut full = Vec::with_capacity(corners.len());
        for pair in corners.windows(2) {
            full.push(pair[0]);
            full.extend(between(&tree, pair[0], pair[1], reach));
        }
        full.extend(corners.last());
        LineString(full)
    };
    let parts = rough.iter().map(|part| {
        Polygon::new(ring(part.exterior()), part.interiors().iter().map(ring).collect())
    });
    MultiPolygon(parts.collect())
}

/// The vertex of the tree that `c` is as good as, or `c` itself.
pub(super) fn snap(tree: &RTree<Vertex>, c: Coord<f64>, reach: f64) -> Coord<f64> {
    match tree.nearest_neighbor(&[c.x, c.y]).map(|v| *v.geom()) {
        Some([x, y]) if (x - c.x).hypot(y - c.y) <= reach => Coord { x, y },
        _ => c,
    }
}

/// The original vertices on the edge from `a` to `b`, in order.
pub(super) fn between(
    tree: &RTree<Vertex>,
    a: Coord<f64>,
    b: Coord<f64>,
    reach: f64,
) -> Vec<Coord<f64>> {
    let along = b - a;
    let length = along.x.hypot(along.y);
    if length <= reach {
        return Vec::new();
    }
    let low = [a.x.min(b.x) - reach, a.y.min(b.y) - reach];
    let high = [a.x.max(b.x) + reach, a.y.max(b.y) + reach];
    let near = tree.locate_in_envelope(&AABB::from_corners(low, high));
    let mut found: Vec<(f64, Coord<f64>)> = near
        .filter_map(|v| {
            let [x, y] = *v.geom();
            let off = Coord { x, y } - a;
            let forward = (off.x * along.x + off.y * along.y) / length;
            let aside = (off.x * along.y - off.y * along.x).abs() / length;
            (aside <= reach && forward > reach && forward < length - reach)
                .then_some((forward, Coord { x, y }))
        })
        .collect();
    found.sort_by(|l, r| l.0.total_cmp(&r.0));
    found.into_iter().map(|(_, c)| c).collect()
}
