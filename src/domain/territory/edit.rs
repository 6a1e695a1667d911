//! Drawing areas anew: an area is split along a line, neighbours are merged, a border is moved.
//!
//! What comes out tiles as well as what went in: parts share the vertices of their common border to
//! the last bit, and vertices that were there keep their coordinates. What a border's move gives to
//! one area it takes from others, and the other way round.

mod faces;
#[cfg(test)]
mod tests;

use super::check::{guarded, size_m2, size_of};
use super::defect::find_defects;
use super::rebuild::{SNAP_SHARE, Vertex, between, cleaned, rebuild, snap, united};
use super::repair::{rings_of, wound};
use geo::{Area as _, BooleanOps, BoundingRect, Coord, Line, LineString, MultiPolygon, Polygon};
use rstar::{AABB, RTree};

/// Parts and overlaps of up to this many square metres are noise of drawing.
pub const SLIVER_M2: f64 = 1.0;
/// At least as much in square degrees, up to 80° of latitude.
const SLIVER_SQUARE_DEGREES: f64 = 5e-10;
/// How far apart two borders may run and still be one, in degrees: about a decimetre.
const BORDER_REACH: f64 = 1e-6;
/// Vertices of merged areas that are nearer than this become one, in degrees: about a centimetre.
const CLOSE_REACH: f64 = 1e-7;
/// The shortest common border of neighbours, in degrees: about half a metre.
const BORDER_MIN: f64 = 5e-6;
/// Less than this is lost to noise alone: about a square decimetre.
const SAME_SQUARE_DEGREES: f64 = 1e-12;
/// The most corners of a line or an outline.
pub const CORNERS_MAX: usize = 20_000;

/// Why an area cannot be drawn anew like this.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    #[error("a line has at least two different points")]
    ShortLine,
    #[error("a coordinate is not a longitude and latitude in degrees")]
    Coordinate,
    #[error("{0} points are more than the limit of {CORNERS_MAX}")]
    TooLong(usize),
    #[error("the line crosses itself; draw it so that it does not")]
    LineCrossesItself,
    #[error("the line does not go through the area; begin and end it outside")]
    LineDoesNotCross,
    #[error("a part of {area_m2:.2} m² would be cut off; draw the line further from the border")]
    Sliver { area_m2: f64 },
    #[error("two or more areas are merged")]
    TooFew,
    #[error("the areas do not share a border, so they cannot be one")]
    NotNeighbours,
    #[error("the outline crosses or touches itself; move the corner back")]
    OutlineCrosses,
    #[error(
        "the outline reaches {area_m2:.0} m² out of the areas around that have the same parent; \
         a border between different parents is not moved here"
    )]
    OutsideFamily { area_m2: f64 },
    #[error(
        "{area_m2:.0} m² would belong to nobody: no area of the same parent lies beyond this border"
    )]
    OuterBorder { area_m2: f64 },
    #[error("nothing would be left of area number {0}")]
    Swallowed(usize),
    #[error("area number {0} would fall into pieces")]
    Torn(usize),
    #[error("the outline is the same as before")]
    Unmoved,
    #[error("the overlay failed; draw it a little differently")]
    Failed,
}

/// What a move of a border leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub area: MultiPolygon<f64>,
    /// In the order in which they were given.
    pub neighbours: Vec<MultiPolygon<f64>>,
}

/// Splits an area along a line that begins and ends outside of it or on its border. The parts come
/// from west to east. Parts of the area that the line does not meet go with the nearest piece.
///
/// # Errors
/// See [`EditError`].
pub fn split_area(
    area: &MultiPolygon<f64>,
    line: &LineString<f64>,
) -> Result<Vec<MultiPolygon<f64>>, EditError> {
    let line = check_line(line)?;
    let pieces = faces::cut(area, &line)?;
    let mut pieces = pieces.into_iter().map(settled).collect::<Result<Vec<_>, _>>()?;
    if pieces.len() < 2 {
        return Err(EditError::LineDoesNotCross);
    }
    if let Some(area_m2) = pieces.iter().map(size_m2).find(|size| *size < SLIVER_M2) {
        return Err(EditError::Sliver { area_m2 });
    }
    // A piece that was lost or counted twice shows in the sum. In degrees, because edges are
    // straight there: on the ellipsoid a vertex more in an edge changes the area.
    let (whole, sum) =
        (area.unsigned_area(), pieces.iter().map(|piece| piece.unsigned_area()).sum::<f64>());
    if (whole - sum).abs() > whole * 1e-9 {
        return Err(EditError::Failed);
    }
    let west = |piece: &MultiPolygon<f64>| {
        let bounds = piece.bounding_rect();
        bounds.map_or((0.0, 0.0), |b| (b.center().x, b.center().y))
    };
    pieces.sort_by(|a, b| {
        let (a, b) = (west(a), west(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    Ok(pieces)
}

/// Makes one area of neighbours. Gaps between them that are noise of drawing are closed.
///
/// # Errors
/// See [`EditError`].
pub fn merge_areas(areas: &[&MultiPolygon<f64>]) -> Result<MultiPolygon<f64>, EditError> {
    if areas.len() < 2 {
        return Err(EditError::TooFew);
    }
    if !are_connected(areas) {
        return Err(EditError::NotNeighbours);
    }
    let mut all = unite(&Pool::of(areas.iter().copied()), areas)?;
    let parts_max = areas.iter().map(|area| area.0.len()).sum::<usize>() + 1 - areas.len();
    if all.0.len() > parts_max {
        // Their borders run beside each other, so they are drawn onto one another first.
        let close = Pool::within(areas, CLOSE_REACH);
        let settled: Vec<_> = areas.iter().map(|area| close.settle(area)).collect();
        all = unite(&close, &settled.iter().collect::<Vec<_>>())?;
    }
    let parts = all.into_iter().map(|part| {
        let (exterior, holes) = part.into_inner();
        let is_wanted = |hole: &LineString<f64>| {
            let solid = MultiPolygon(vec![Polygon::new(hole.clone(), Vec::new())]);
            size_m2(&solid) > SLIVER_M2
        };
        Polygon::new(exterior, holes.into_iter().filter(is_wanted).collect())
    });
    let whole = MultiPolygon(parts.filter(|part| size_of(part) > SLIVER_M2).collect());
    settled(whole)
}

fn unite(pool: &Pool, areas: &[&MultiPolygon<f64>]) -> Result<MultiPolygon<f64>, EditError> {
    let all = guarded(|| united(areas.iter().copied())).ok_or(EditError::Failed)?;
    Ok(pool.settle(&all))
}

/// Gives an area a new outline. `neighbours` are the areas whose borders may move with it: what the
/// outline takes they lose, and what it leaves goes to the one with the longest border on it.
///
/// # Errors
/// See [`EditError`]; numbers of areas are places in `neighbours`.
pub fn move_border(
    area: &MultiPolygon<f64>,
    outline: &MultiPolygon<f64>,
    neighbours: &[&MultiPolygon<f64>],
) -> Result<Moved, EditError> {
    let outline = check_outline(outline)?;
    let mut pool = Pool::of(std::iter::once(area).chain(neighbours.iter().copied()));
    pool.add(&outline);
    let outline = pool.settle(&outline);
    let all = || united(std::iter::once(area).chain(neighbours.iter().copied()));
    let outside = guarded(|| outline.difference(&all())).ok_or(EditError::Failed)?;
    let area_m2 = size_m2(&outside);
    if area_m2 > SLIVER_M2 {
        return Err(EditError::OutsideFamily { area_m2 });
    }
    let left = guarded(|| area.difference(&outline)).ok_or(EditError::Failed)?;
    let won = guarded(|| outline.difference(area)).ok_or(EditError::Failed)?;
    if size_m2(&left) + size_m2(&won) < 0.01 {
        return Err(EditError::Unmoved);
    }
    let given = give_away(&left, neighbours)?;
    let mut rough = Vec::with_capacity(neighbours.len());
    for (neighbour, pieces) in neighbours.iter().zip(given) {
        let own = guarded(|| {
            let rest = neighbour.difference(&outline);
            united(std::iter::once(&rest).chain(&pieces))
        });
        let own = own.ok_or(EditError::Failed)?;
        // Far neighbours are not touched, not even by the noise of the overlay.
        let lost = (neighbour.unsigned_area() - own.unsigned_area()).abs();
        let is_same = pieces.is_empty() && lost < SAME_SQUARE_DEGREES;
        rough.push((!is_same).then(|| without_slivers(own)));
    }
    rough.iter().flatten().for_each(|own| pool.add(own));
    let mut after = Vec::with_capacity(neighbours.len());
    for (at, (before, own)) in neighbours.iter().zip(rough).enumerate() {
        let own = match own {
            None => (*before).clone(),
            Some(own) if own.0.is_empty() => return Err(EditError::Swallowed(at)),
            Some(own) if own.0.len() > before.0.len() => return Err(EditError::Torn(at)),
            Some(own) => settled(pool.settle(&own))?,
        };
        after.push(own);
    }
    let own = settled(pool.settle(&outline))?;
    let before = std::iter::once(area).chain(neighbours.iter().copied());
    check_sum(before, std::iter::once(&own).chain(&after))?;
    Ok(Moved { area: own, neighbours: after })
}

/// A piece that was lost or counted twice shows in the sum; slivers and noise do not. In degrees,
/// because edges are straight there: on the ellipsoid a vertex more in an edge changes the area.
fn check_sum<'a>(
    before: impl Iterator<Item = &'a MultiPolygon<f64>>,
    after: impl Iterator<Item = &'a MultiPolygon<f64>>,
) -> Result<(), EditError> {
    let before: f64 = before.map(|area| area.unsigned_area()).sum();
    let (count, after) =
        after.fold((0.0, 0.0), |(count, sum), area| (count + 1.0, sum + area.unsigned_area()));
    let is_kept = (before - after).abs() <= before * 1e-7 + SLIVER_SQUARE_DEGREES * count;
    is_kept.then_some(()).ok_or(EditError::Failed)
}

/// Which neighbour each piece goes to that an area leaves.
fn give_away(
    left: &MultiPolygon<f64>,
    neighbours: &[&MultiPolygon<f64>],
) -> Result<Vec<Vec<MultiPolygon<f64>>>, EditError> {
    let mut given = vec![Vec::new(); neighbours.len()];
    for piece in left.iter().filter(|piece| size_of(piece) > 1e-4) {
        let piece = MultiPolygon(vec![piece.clone()]);
        let borders = neighbours.iter().map(|other| shared_border(&piece, other)).enumerate();
        let longest = borders.max_by(|a, b| a.1.total_cmp(&b.1));
        match longest.filter(|(_, length)| *length > BORDER_REACH) {
            Some((at, _)) => given[at].push(piece),
            // Less than a square metre along an outer border is noise of drawing.
            None if size_m2(&piece) <= SLIVER_M2 => {}
            None => return Err(EditError::OuterBorder { area_m2: size_m2(&piece) }),
        }
    }
    Ok(given)
}

fn check_corner(c: &Coord<f64>) -> Result<(), EditError> {
    let fits = c.x.is_finite() && c.y.is_finite() && c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    fits.then_some(()).ok_or(EditError::Coordinate)
}

fn check_line(line: &LineString<f64>) -> Result<LineString<f64>, EditError> {
    if line.0.len() > CORNERS_MAX {
        return Err(EditError::TooLong(line.0.len()));
    }
    line.0.iter().try_for_each(check_corner)?;
    let mut corners = line.0.clone();
    corners.dedup();
    match corners.len() {
        0 | 1 => Err(EditError::ShortLine),
        _ => Ok(LineString(corners)),
    }
}

fn check_outline(outline: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>, EditError> {
    let corners = || outline.iter().flat_map(rings_of).flat_map(|ring| &ring.0);
    if corners().count() > CORNERS_MAX {
        return Err(EditError::TooLong(corners().count()));
    }
    corners().try_for_each(check_corner)?;
    let outline = cleaned(outline.clone());
    match outline.0.is_empty() || !find_defects(&outline).is_empty() {
        true => Err(EditError::OutlineCrosses),
        false => Ok(wound(outline, &mut Vec::new())),
    }
}

fn without_slivers(polygon: MultiPolygon<f64>) -> MultiPolygon<f64> {
    MultiPolygon(polygon.into_iter().filter(|part| size_of(part) > SLIVER_M2).collect())
}

/// A polygon that may be kept.
fn settled(polygon: MultiPolygon<f64>) -> Result<MultiPolygon<f64>, EditError> {
    let mut polygon = cleaned(polygon);
    // A hole of the overlay may lie along its exterior.
    let defects = find_defects(&polygon);
    if !defects.is_empty() {
        polygon = rebuild(&polygon, &defects).ok_or(EditError::Failed)?;
    }
    match polygon.0.is_empty() {
        true => Err(EditError::Failed),
        false => Ok(wound(polygon, &mut Vec::new())),
    }
}

/// Whether one can go through all areas over common borders.
fn are_connected(areas: &[&MultiPolygon<f64>]) -> bool {
    let mut reached = vec![0];
    let mut rest: Vec<usize> = (1..areas.len()).collect();
    let mut next = 0;
    while next < reached.len() {
        let from = areas[reached[next]];
        let (near, far) = rest
            .into_iter()
            .partition::<Vec<_>, _>(|at| shared_border(from, areas[*at]) > BORDER_MIN);
        reached.extend(near);
        rest = far;
        next += 1;
    }
    rest.is_empty()
}

/// How long the common border of two areas is, in degrees.
fn shared_border(left: &MultiPolygon<f64>, right: &MultiPolygon<f64>) -> f64 {
    let edges = |area: &MultiPolygon<f64>| -> Vec<Line<f64>> {
        area.iter().flat_map(rings_of).flat_map(|ring| ring.lines().collect::<Vec<_>>()).collect()
    };
    let tree = RTree::bulk_load(edges(right));
    let mut sum = 0.0;
    for edge in edges(left) {
        let (a, b) = (edge.start, edge.end);
        let low = geo::Point::new(a.x.min(b.x) - BORDER_REACH, a.y.min(b.y) - BORDER_REACH);
        let high = geo::Point::new(a.x.max(b.x) + BORDER_REACH, a.y.max(b.y) + BORDER_REACH);
        let near = tree.locate_in_envelope_intersecting(&AABB::from_corners(low, high));
        sum += near.map(|other| common_length(&edge, other)).sum::<f64>();
    }
    sum
}

/// How much of an edge runs along another.
fn common_length(edge: &Line<f64>, other: &Line<f64>) -> f64 {
    let along = edge.end - edge.start;
    let length = along.x.hypot(along.y);
    if length == 0.0 {
        return 0.0;
    }
    let place = |c: Coord<f64>| {
        let off = c - edge.start;
        let forward = (off.x * along.x + off.y * along.y) / length;
        (forward, (off.x * along.y - off.y * along.x).abs() / length)
    };
    let (start, end) = (place(other.start), place(other.end));
    // Nearly parallel edges come apart; the stretch within reach is what counts.
    let slope = (end.1 - start.1).abs() / (end.0 - start.0).abs().max(f64::MIN_POSITIVE);
    if start.1.min(end.1) > BORDER_REACH || slope > 1e-2 {
        return 0.0;
    }
    let (low, high) = (start.0.min(end.0).max(0.0), start.0.max(end.0).min(length));
    (high - low).max(0.0)
}

/// The vertices that areas share: results of overlays are put back onto them.
struct Pool {
    tree: RTree<Vertex>,
    reach: f64,
}

impl Pool {
    fn of<'a>(areas: impl Iterator<Item = &'a MultiPolygon<f64>>) -> Self {
        let corners: Vec<Coord<f64>> = areas
            .flat_map(|area| area.iter().flat_map(rings_of))
            .flat_map(|ring| ring.0.iter().copied())
            .collect();
        let bounds = geo::MultiPoint::from(corners.clone()).bounding_rect();
        let extent = bounds.map_or(0.0, |b| b.width().max(b.height()));
        let tree = RTree::bulk_load(corners.iter().map(|c| Vertex::new([c.x, c.y], ())).collect());
        Self { tree, reach: SNAP_SHARE * extent }
    }

    /// Of vertices within reach of each other, the first.
    fn within(areas: &[&MultiPolygon<f64>], reach: f64) -> Self {
        let mut pool = Self { tree: RTree::new(), reach };
        areas.iter().for_each(|area| pool.add(area));
        pool
    }

    /// Adds vertices that are not there yet.
    fn add(&mut self, area: &MultiPolygon<f64>) {
        for c in area.iter().flat_map(rings_of).flat_map(|ring| &ring.0) {
            if snap(&self.tree, *c, self.reach) == *c {
                let vertex = Vertex::new([c.x, c.y], ());
                if !self.tree.contains(&vertex) {
                    self.tree.insert(vertex);
                }
            }
        }
    }

    /// Puts vertices onto those of the pool, and enters those that lie on an edge.
    fn settle(&self, area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let ring = |line: &LineString<f64>| {
            let corners: Vec<_> = line.0.iter().map(|c| snap(&self.tree, *c, self.reach)).collect();
            let mut full = Vec::with_capacity(corners.len());
            for pair in corners.windows(2) {
                full.push(pair[0]);
                full.extend(between(&self.tree, pair[0], pair[1], self.reach));
            }
            full.extend(corners.last());
            LineString(full)
        };
        let parts = area.iter().map(|part| {
            Polygon::new(ring(part.exterior()), part.interiors().iter().map(ring).collect())
        });
        MultiPolygon(parts.collect())
    }
}
