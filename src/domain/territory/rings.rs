//! Finding out which rings are holes of which, for files that do not say.

use geo::{Area as _, BoundingRect, LineString, Polygon};

use super::exact::{Place, place_in_ring};
use super::feature::RawRing;

/// Sorts the rings of a Shapefile polygon into parts. Clockwise rings are exteriors, the others
/// are holes of the smallest exterior around them (ESRI 1998); a hole without an exterior around
/// it is an exterior that runs the wrong way.
pub(super) fn nest_rings(rings: Vec<RawRing>) -> Vec<Vec<RawRing>> {
    let (exteriors, holes): (Vec<RawRing>, Vec<RawRing>) = rings
        .into_iter()
        .filter(|ring| !ring.is_empty())
        .partition(|ring| signed_area(ring) <= 0.0);
    let outlines: Vec<Outline> = exteriors.iter().map(Outline::of).collect();
    let mut parts: Vec<Vec<RawRing>> = exteriors.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        let around = outlines.iter().enumerate().filter(|(_, outline)| outline.holds(&hole));
        match around.min_by(|(_, a), (_, b)| a.area.total_cmp(&b.area)) {
            Some((part, _)) => parts[part].push(hole),
            None => parts.push(vec![hole]),
        }
    }
    parts
}

struct Outline {
    line: LineString<f64>,
    area: f64,
}

impl Outline {
    fn of(ring: &RawRing) -> Self {
        let mut line = LineString(ring.clone());
        line.close();
        Self { area: signed_area(ring).abs(), line }
    }

    fn holds(&self, hole: &RawRing) -> bool {
        let Some(bounds) = self.line.bounding_rect() else { return false };
        let in_bounds = hole.iter().all(|c| {
            (bounds.min().x..=bounds.max().x).contains(&c.x)
                && (bounds.min().y..=bounds.max().y).contains(&c.y)
        });
        if !in_bounds {
            return false;
        }
        // A hole may touch its exterior; the first corner that does not touch it decides.
        let places = hole.iter().map(|c| place_in_ring(&self.line, *c));
        places.into_iter().find(|p| *p != Place::Boundary) != Some(Place::Outside)
    }
}

/// Positive when counter-clockwise.
fn signed_area(ring: &RawRing) -> f64 {
    Polygon::new(LineString(ring.clone()), Vec::new()).signed_area()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Coord;

    fn square(x: f64, y: f64, side: f64, clockwise: bool) -> RawRing {
        let mut ring: RawRing = [(0., 0.), (0., side), (side, side), (side, 0.), (0., 0.)]
            .map(|(dx, dy)| Coord { x: x + dx, y: y + dy })
            .to_vec();
        if !clockwise {
            ring.reverse();
        }
        ring
    }

    #[test]
    fn a_hole_goes_to_the_smallest_exterior_around_it() {
        let lake = square(3., 3., 4., false);
        let island = square(4., 4., 2., true);
        let pond = square(4.5, 4.5, 1., false);
        let parts = nest_rings(vec![
            pond.clone(),
            island.clone(),
            square(0., 0., 10., true),
            lake.clone(),
            square(20., 0., 1., false),
        ]);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], vec![island, pond]);
        assert_eq!(parts[1][1], lake);
        assert_eq!(parts[2].len(), 1, "an exterior that runs the wrong way");
    }
}
