//! A place on the earth, and distances between near places.

use std::fmt;

use geo::Coord;
use h3o::{CellIndex, LatLng, Resolution};

/// The resolution of the statistical cell that is stored with an issue (edge about 29 m).
pub const CELL_RESOLUTION: Resolution = Resolution::Eleven;

/// The mean radius of the earth in metres (IUGG), as used by the haversine formula.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Why a pair of numbers is not a position.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PositionError {
    #[error("longitude or latitude is not a finite number")]
    NotFinite,
    #[error("longitude {0} is outside -180 to 180")]
    Longitude(f64),
    #[error("latitude {0} is outside -90 to 90")]
    Latitude(f64),
    #[error("latitude {lat} is outside -90 to 90; longitude and latitude look swapped")]
    Swapped { lat: f64 },
}

/// The distance in metres between two pairs of longitude and latitude in degrees, on a sphere of
/// the Earth's mean radius (haversine).
pub fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.1.to_radians(), b.1.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lon = ((b.0 - a.0).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

/// A WGS-84 position in degrees, finite and in range.
#[derive(Clone, Copy, PartialEq)]
pub struct Position {
    lon: f64,
    lat: f64,
}

impl Position {
    /// Takes degrees of longitude and latitude.
    ///
    /// # Errors
    /// Not finite, or out of range; a latitude that would be a longitude is said to look swapped.
    pub fn new(lon: f64, lat: f64) -> Result<Self, PositionError> {
        if !(lon.is_finite() && lat.is_finite()) {
            return Err(PositionError::NotFinite);
        }
        if lat.abs() > 90.0 {
            let swapped = lat.abs() <= 180.0 && lon.abs() <= 90.0;
            return Err(if swapped {
                PositionError::Swapped { lat }
            } else {
                PositionError::Latitude(lat)
            });
        }
        if lon.abs() > 180.0 {
            return Err(PositionError::Longitude(lon));
        }
        Ok(Self { lon, lat })
    }

    pub const fn lon(self) -> f64 {
        self.lon
    }

    pub const fn lat(self) -> f64 {
        self.lat
    }

    pub const fn coord(self) -> Coord<f64> {
        Coord { x: self.lon, y: self.lat }
    }

    /// The H3 cell at [`CELL_RESOLUTION`].
    pub fn cell(self) -> CellIndex {
        // The library refuses nothing but numbers that are not finite, which are not in here.
        LatLng::new(self.lat, self.lon).unwrap_or_default().to_cell(CELL_RESOLUTION)
    }

    /// The great-circle distance in metres (haversine; within 0.6 % of the ellipsoid).
    pub fn distance_m(self, other: Self) -> f64 {
        distance_m((self.lon, self.lat), (other.lon, other.lat))
    }
}

/// The way over the ground in metres between two points of the unit sphere, from their straight
/// distance.
pub(crate) fn chord_to_metres(chord: f64) -> f64 {
    2.0 * EARTH_RADIUS_M * (chord / 2.0).min(1.0).asin()
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.lon, self.lat)
    }
}

/// A flat map in metres around one position, for distances of up to some tens of kilometres
/// (within 0.5 % there). Scales are those of the WGS-84 ellipsoid at the position's latitude.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalMap {
    origin: Coord<f64>,
    lon_m: f64,
    lat_m: f64,
}

impl LocalMap {
    pub(crate) fn around(position: Position) -> Self {
        let lat = position.lat.to_radians();
        // Series for the length of a degree on the WGS-84 ellipsoid, in metres.
        let lat_m = 111_132.92 - 559.82 * (2.0 * lat).cos() + 1.175 * (4.0 * lat).cos();
        let lon_m = 111_412.84 * lat.cos() - 93.5 * (3.0 * lat).cos() + 0.118 * (5.0 * lat).cos();
        Self { origin: position.coord(), lon_m: lon_m.max(1.0), lat_m }
    }

    /// The half width and half height, in degrees, of a box that holds the circle of `radius_m`.
    pub(crate) fn reach_degrees(&self, radius_m: f64) -> Coord<f64> {
        Coord { x: (radius_m / self.lon_m).min(360.0), y: (radius_m / self.lat_m).min(180.0) }
    }

    fn flat(&self, c: Coord<f64>) -> Coord<f64> {
        Coord { x: (c.x - self.origin.x) * self.lon_m, y: (c.y - self.origin.y) * self.lat_m }
    }

    /// The distance in metres from the origin to the straight edge from `a` to `b`.
    pub(crate) fn distance_to_edge_m(&self, a: Coord<f64>, b: Coord<f64>) -> f64 {
        let (a, b) = (self.flat(a), self.flat(b));
        let along = b - a;
        let length2 = along.x * along.x + along.y * along.y;
        let t = if length2 > 0.0 { -(a.x * along.x + a.y * along.y) / length2 } else { 0.0 };
        let nearest = a + along * t.clamp(0.0, 1.0);
        nearest.x.hypot(nearest.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_a_position_or_says_why_not() {
        assert!(Position::new(113.6, 34.7).is_ok());
        assert_eq!(Position::new(f64::NAN, 0.0), Err(PositionError::NotFinite));
        assert_eq!(Position::new(34.7, 113.6), Err(PositionError::Swapped { lat: 113.6 }));
        assert_eq!(Position::new(0.0, 200.0), Err(PositionError::Latitude(200.0)));
        assert_eq!(Position::new(181.0, 0.0), Err(PositionError::Longitude(181.0)));
    }

    #[test]
    fn the_local_map_agrees_with_the_great_circle() {
        for (lon, lat) in [(113.6, 34.7), (-118.2, 34.0), (0.0, 0.0), (25.0, 66.0)] {
            let here = Position::new(lon, lat).unwrap();
            let there = Position::new(lon + 0.01, lat + 0.01).unwrap();
            let flat = LocalMap::around(here).distance_to_edge_m(there.coord(), there.coord());
            let sphere = here.distance_m(there);
            assert!((flat - sphere).abs() < sphere * 0.006, "{flat} {sphere}");
        }
    }
}
