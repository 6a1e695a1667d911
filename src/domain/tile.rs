//! Map tiles: the Web Mercator square of a tile, and shapes cut to it in whole tile units.
//!
//! Tile space has its origin at the north-west corner and y running south, as in the vector tile
//! specification 2.1 (Mapbox). There an exterior ring has a positive area by the surveyor's
//! formula, which is clockwise on the screen, and a hole a negative one.

use geo::{Coord, LineString, MultiPolygon, Polygon, Simplify};

/// The width and height of a tile in tile units.
pub const EXTENT: i32 = 4_096;
/// How far shapes go on beyond the tile's edge, in tile units, so that no outline is drawn there.
const BUFFER: f64 = 64.0;
/// How far a simplified outline may be off, in tile units: half a pixel of a tile of 512 pixels.
const TOLERANCE: f64 = 4.0;
pub const ZOOM_MAX: u8 = 20;
/// Where Web Mercator ends, in degrees of latitude.
const LATITUDE_MAX: f64 = 85.051_128_779_806_6;

/// A tile that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    zoom: u8,
    x: u32,
    y: u32,
}

/// A point in whole tile units.
pub type TilePoint = (i32, i32);
/// Rings in whole tile units, without the closing point: the exterior and then the holes.
pub type TileRings = Vec<Vec<TilePoint>>;

impl Tile {
    /// `None` beyond [`ZOOM_MAX`], or where the zoom level has no such column or row.
    pub fn new(zoom: u8, x: u32, y: u32) -> Option<Self> {
        let exists = zoom <= ZOOM_MAX && x < (1 << zoom) && y < (1 << zoom);
        exists.then_some(Self { zoom, x, y })
    }

    pub const fn zoom(self) -> u8 {
        self.zoom
    }

    /// The tile that holds a position.
    pub fn at(zoom: u8, lon: f64, lat: f64) -> Option<Self> {
        let world = mercator(lon, lat);
        let last = (1u32 << zoom.min(ZOOM_MAX)) - 1;
        let number = |share: f64| ((share * f64::from(last + 1)) as u32).min(last);
        Self::new(zoom, number(world.x), number(world.y))
    }

    /// West, south, east and north in degrees.
    pub fn bounds(self) -> (f64, f64, f64, f64) {
        let (west, north) = self.corner(self.x, self.y);
        let (east, south) = self.corner(self.x + 1, self.y + 1);
        (west, south, east, north)
    }

    fn corner(self, x: u32, y: u32) -> (f64, f64) {
        let side = f64::from(1u32 << self.zoom);
        let lon = f64::from(x) / side * 360.0 - 180.0;
        let turn = std::f64::consts::PI * (1.0 - 2.0 * f64::from(y) / side);
        (lon, turn.sinh().atan().to_degrees())
    }

    /// A position in tile units; beyond 0 to [`EXTENT`] outside of the tile.
    pub fn project(self, lon: f64, lat: f64) -> Coord<f64> {
        let world = mercator(lon, lat);
        let side = f64::from(1u32 << self.zoom);
        let units =
            |share: f64, number: u32| (share * side - f64::from(number)) * f64::from(EXTENT);
        Coord { x: units(world.x, self.x), y: units(world.y, self.y) }
    }

    /// A position in the tile. Each position lies in exactly one tile of a zoom level.
    pub fn point(self, lon: f64, lat: f64) -> Option<TilePoint> {
        if Self::at(self.zoom, lon, lat) != Some(self) {
            return None;
        }
        let place = self.project(lon, lat);
        let unit = |value: f64| (value.floor() as i32).clamp(0, EXTENT - 1);
        Some((unit(place.x), unit(place.y)))
    }

    /// The part of a polygon that lies in the tile and a little around it, simplified to what can
    /// be seen. Parts that vanish are left out.
    pub fn polygons(self, polygon: &MultiPolygon<f64>) -> Vec<TileRings> {
        polygon.iter().filter_map(|part| self.polygon(part)).collect()
    }

    fn polygon(self, part: &Polygon<f64>) -> Option<TileRings> {
        let exterior = self.ring(part.exterior(), Winding::Positive)?;
        let holes = part.interiors().iter().filter_map(|hole| self.ring(hole, Winding::Negative));
        Some(std::iter::once(exterior).chain(holes).collect())
    }

    fn ring(self, ring: &LineString<f64>, winding: Winding) -> Option<Vec<TilePoint>> {
        let projected: Vec<Coord<f64>> = ring.0.iter().map(|c| self.project(c.x, c.y)).collect();
        let mut cut = clip_ring(&projected, -BUFFER, f64::from(EXTENT) + BUFFER);
        let first = *cut.first()?;
        cut.push(first);
        let simple = LineString(cut).simplify(TOLERANCE);
        let mut points: Vec<TilePoint> =
            simple.0.iter().map(|c| (c.x.round() as i32, c.y.round() as i32)).collect();
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let area = doubled_area(&points);
        if points.len() < 3 || area == 0 {
            return None;
        }
        if (area > 0) != (winding == Winding::Positive) {
            points.reverse();
        }
        Some(points)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Winding {
    Positive,
    Negative,
}

/// The place on the square of the world, 0 to 1 from west to east and from north to south.
fn mercator(lon: f64, lat: f64) -> Coord<f64> {
    let lat = lat.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians();
    let y = 0.5 - lat.tan().asinh() / std::f64::consts::TAU;
    Coord { x: lon / 360.0 + 0.5, y }
}

/// Twice the area by the surveyor's formula; the sign tells the winding.
pub fn doubled_area(ring: &[TilePoint]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let cross = |(a, b): (&TilePoint, &TilePoint)| {
        i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)
    };
    ring.iter().zip(next).map(cross).sum()
}

/// Cuts a ring to the square from `low` to `high` on both axes, side by side (Sutherland and
/// Hodgman 1974). Where a ring leaves the square and comes back, the parts stay joined along the
/// square's side, which encloses nothing.
fn clip_ring(ring: &[Coord<f64>], low: f64, high: f64) -> Vec<Coord<f64>> {
    let mut ring = ring.to_vec();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring = clip_side(&ring, |c| c.x - low);
    ring = clip_side(&ring, |c| high - c.x);
    ring = clip_side(&ring, |c| c.y - low);
    clip_side(&ring, |c| high - c.y)
}

/// Keeps what lies on the side where `inside` is not negative; it must be linear.
fn clip_side(ring: &[Coord<f64>], inside: impl Fn(Coord<f64>) -> f64) -> Vec<Coord<f64>> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    let before = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    for (&a, &b) in before.zip(ring) {
        let (at_a, at_b) = (inside(a), inside(b));
        if (at_a >= 0.0) != (at_b >= 0.0) {
            kept.push(a + (b - a) * (at_a / (at_a - at_b)));
        }
        if at_b >= 0.0 {
            kept.push(b);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, BooleanOps, polygon};
    use proptest::prelude::*;

    #[test]
    fn a_tile_exists_within_its_zoom_level() {
        assert!(Tile::new(0, 0, 0).is_some() && Tile::new(20, 1_048_575, 0).is_some());
        for (zoom, x, y) in [(0, 1, 0), (0, 0, 1), (3, 8, 0), (21, 0, 0), (255, 0, 0)] {
            assert_eq!(Tile::new(zoom, x, y), None, "{zoom}/{x}/{y}");
        }
    }

    #[test]
    fn tiles_have_the_numbers_that_all_maps_give_them() {
        // Zhengzhou's railway station, by the formula of the OpenStreetMap wiki (Slippy map).
        assert_eq!(Tile::at(12, 113.658, 34.746), Tile::new(12, 3341, 1625));
        let (west, south, east, north) = Tile::new(12, 3341, 1625).unwrap().bounds();
        assert!(west <= 113.658 && 113.658 < east && south < 34.746 && 34.746 <= north);
        let (west, south, east, north) = Tile::new(0, 0, 0).unwrap().bounds();
        assert_eq!((west, east), (-180.0, 180.0));
        assert!((north - LATITUDE_MAX).abs() < 1e-9 && (south + LATITUDE_MAX).abs() < 1e-9);
    }

    #[test]
    fn a_hole_winds_against_its_exterior() {
        let tile = Tile::new(0, 0, 0).unwrap();
        let square = |half: f64| geo::Rect::new((-half, -half), (half, half)).to_polygon();
        let hole = square(20.0).exterior().clone();
        let part = Polygon::new(square(60.0).exterior().clone(), vec![hole]);
        let reversed = Polygon::new(
            LineString(part.exterior().0.iter().rev().copied().collect()),
            part.interiors().to_vec(),
        );
        for part in [part, reversed] {
            let rings = tile.polygons(&MultiPolygon(vec![part])).pop().unwrap();
            assert_eq!(rings.len(), 2);
            assert!(doubled_area(&rings[0]) > 0 && doubled_area(&rings[1]) < 0, "{rings:?}");
        }
    }

    #[test]
    fn what_lies_elsewhere_is_left_out() {
        let part = polygon![(x: 113.0, y: 34.0), (x: 113.1, y: 34.0), (x: 113.1, y: 34.1)];
        let far = Tile::at(14, -118.0, 34.0).unwrap();
        assert!(far.polygons(&MultiPolygon(vec![part.clone()])).is_empty());
        // And what is smaller than a unit.
        assert!(Tile::new(0, 0, 0).unwrap().polygons(&MultiPolygon(vec![part])).is_empty());
    }

    proptest! {
        #[test]
        fn a_position_lies_in_one_tile(
            lon in -180.0f64..180.0,
            lat in -85.0f64..85.0,
            zoom in 0u8..=20,
        ) {
            let own = Tile::at(zoom, lon, lat).unwrap();
            prop_assert!(own.point(lon, lat).is_some());
            let place = own.project(lon, lat);
            let slack = 1e-3;
            prop_assert!((-slack..=f64::from(EXTENT) + slack).contains(&place.x));
            prop_assert!((-slack..=f64::from(EXTENT) + slack).contains(&place.y));
            if let Some(other) = Tile::new(zoom, own.x ^ 1, own.y) {
                prop_assert_eq!(other.point(lon, lat), None);
            }
        }

        #[test]
        fn clipping_keeps_the_area_within_the_square(
            spikes in prop::collection::vec(0.1f64..3.0, 3..40),
            (x, y) in (-1.5f64..1.5, -1.5f64..1.5),
        ) {
            // A star around a centre is simple, often concave, and may leave the square many times.
            let n = spikes.len() as f64;
            let star: Vec<Coord<f64>> = spikes.iter().enumerate().map(|(i, r)| {
                let turn = i as f64 / n * std::f64::consts::TAU;
                Coord { x: x + r * turn.cos(), y: y + r * turn.sin() }
            }).collect();
            let cut = clip_ring(&star, -1.0, 1.0);
            prop_assert!(cut.iter().all(|c| c.x.abs() <= 1.0 + 1e-9 && c.y.abs() <= 1.0 + 1e-9));
            let square = geo::Rect::new((-1.0, -1.0), (1.0, 1.0)).to_polygon();
            let star = Polygon::new(LineString(star), vec![]);
            let truth = square.intersection(&star).unsigned_area();
            let area = Polygon::new(LineString(cut), vec![]).unsigned_area();
            prop_assert!((area - truth).abs() < 1e-6, "{} {}", area, truth);
        }
    }
}
