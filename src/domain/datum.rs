//! The datum that coordinates are declared in, and the way to WGS-84.
//!
//! GCJ-02 is the distorted system that maps published in mainland China have to use (GB 20263);
//! BD-09 is Baidu's, a second distortion on top of it. The formulas were never published; these
//! are the ones that all public implementations share (first in `eviltransform`). The way back has
//! no formula and is iterated until it is exact to far less than a centimetre.
//!
//! Where the distortion holds: in the mainland, not in Hong Kong, Macau and Taiwan, nor abroad.
//! The usual rule, a box from 72.004 to 137.8347 and 0.8293 to 55.8271 degrees, also moves Seoul,
//! Hanoi and Ulaanbaatar by hundreds of metres; here a simplified outline decides (see `outline`).

mod outline;

use std::f64::consts::PI;
use std::fmt;

/// How coordinates are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Datum {
    /// WGS-84; CGCS2000 is the same to within a decimetre.
    #[default]
    Wgs84,
    /// What Chinese map services and WeChat give.
    Gcj02,
    /// What Baidu gives.
    Bd09,
}

/// Krasovsky 1940: semi-major axis in metres and squared eccentricity, as the formulas have them.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY2: f64 = 0.006_693_421_622_965_943;
const BAIDU_TURN: f64 = PI * 3000.0 / 180.0;
/// 1e-10 degrees are 0.01 mm. The error shrinks about a thousandfold per round.
const CLOSE_DEGREES: f64 = 1e-10;
const ROUNDS_MAX: usize = 20;

impl Datum {
    pub const ALL: [Datum; 3] = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09];

    pub const fn as_str(self) -> &'static str {
        match self {
            Datum::Wgs84 => "wgs84",
            Datum::Gcj02 => "gcj02",
            Datum::Bd09 => "bd09",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|datum| datum.as_str().eq_ignore_ascii_case(text))
    }

    /// Longitude and latitude in this datum to WGS-84, all in degrees; less than a centimetre off.
    pub fn to_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Datum::Wgs84 => (lon, lat),
            Datum::Gcj02 => gcj02_to_wgs84((lon, lat)),
            Datum::Bd09 => gcj02_to_wgs84(invert(gcj02_to_bd09, (lon, lat))),
        }
    }

    /// WGS-84 longitude and latitude to this datum, all in degrees.
    pub fn from_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Datum::Wgs84 => (lon, lat),
            Datum::Gcj02 => wgs84_to_gcj02((lon, lat)),
            Datum::Bd09 => gcj02_to_bd09(wgs84_to_gcj02((lon, lat))),
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn wgs84_to_gcj02(p: (f64, f64)) -> (f64, f64) {
    if outline::is_mainland(p.0, p.1) { distort(p) } else { p }
}

fn gcj02_to_wgs84(p: (f64, f64)) -> (f64, f64) {
    // The outline is drawn in WGS-84, so the undistorted place has to be the one inside.
    let undistorted = invert(distort, p);
    if outline::is_mainland(undistorted.0, undistorted.1) { undistorted } else { p }
}

/// Solves `forward(q) = p` for a `forward` that moves points a little and smoothly.
fn invert(forward: fn((f64, f64)) -> (f64, f64), p: (f64, f64)) -> (f64, f64) {
    let mut q = p;
    for _ in 0..ROUNDS_MAX {
        let reached = forward(q);
        let off = (p.0 - reached.0, p.1 - reached.1);
        q = (q.0 + off.0, q.1 + off.1);
        if off.0.abs() < CLOSE_DEGREES && off.1.abs() < CLOSE_DEGREES {
            break;
        }
    }
    q
}

fn distort((lon, lat): (f64, f64)) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + waves
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + waves
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let phi = lat.to_radians();
    let w2 = 1.0 - ECCENTRICITY2 * phi.sin() * phi.sin();
    let meridian_m = AXIS_M * (1.0 - ECCENTRICITY2) / (w2 * w2.sqrt());
    let parallel_m = AXIS_M / w2.sqrt() * phi.cos();
    (lon + (east / parallel_m).to_degrees(), lat + (north / meridian_m).to_degrees())
}

fn gcj02_to_bd09((lon, lat): (f64, f64)) -> (f64, f64) {
    let radius = lon.hypot(lat) + 0.000_02 * (lat * BAIDU_TURN).sin();
    let angle = lat.atan2(lon) + 0.000_003 * (lon * BAIDU_TURN).cos();
    (radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Degrees that are less than a centimetre at any latitude.
    const CENTIMETRE: f64 = 8.9e-8;

    #[test]
    fn the_way_back_is_exact_to_a_centimetre() {
        for datum in Datum::ALL {
            for step in 0..20_000_u32 {
                let lon = 74.0 + f64::from(step % 200) * 0.3;
                let lat = 18.0 + f64::from(step / 200) * 0.35;
                // Within some 700 m of the outline two places have the same distorted position.
                let around = [(-0.01, 0.0), (0.01, 0.0), (0.0, -0.01), (0.0, 0.01)];
                let inside = outline::is_mainland(lon, lat);
                if around.iter().any(|d| outline::is_mainland(lon + d.0, lat + d.1) != inside) {
                    continue;
                }
                let (x, y) = datum.from_wgs84(lon, lat);
                let (back_lon, back_lat) = datum.to_wgs84(x, y);
                let off = (back_lon - lon).abs().max((back_lat - lat).abs());
                assert!(off < CENTIMETRE, "{datum} {lon} {lat}: {off}");
            }
        }
    }

    #[test]
    fn a_known_place_comes_out_where_the_public_implementations_put_it() {
        // Test pair of eviltransform: WGS-84 31.1774276, 121.5272106.
        let (lon, lat) = Datum::Gcj02.from_wgs84(121.527_210_6, 31.177_427_6);
        assert!((lon - 121.531_541_859_215).abs() < 1e-6, "{lon}");
        assert!((lat - 31.175_303_983_645_97).abs() < 1e-6, "{lat}");
    }

    #[test]
    fn the_distortion_ends_at_the_border() {
        let moved = |lon, lat| Datum::Gcj02.from_wgs84(lon, lat) != (lon, lat);
        let mainland = [
            ("Beijing", 116.40, 39.90),
            ("Zhengzhou", 113.66, 34.76),
            ("Shenzhen", 114.06, 22.55),
            ("Zhuhai", 113.55, 22.27),
            ("Xiamen", 118.09, 24.46),
            ("Dandong", 124.38, 40.13),
            ("Hunchun", 130.36, 42.86),
            ("Heihe", 127.49, 50.25),
            ("Urumqi", 87.62, 43.82),
            ("Lhasa", 91.13, 29.65),
            ("Sanya", 109.51, 18.25),
            ("Zhoushan", 122.2, 30.0),
        ];
        for (name, lon, lat) in mainland {
            assert!(moved(lon, lat), "{name}");
        }
        let elsewhere = [
            ("Seoul", 126.98, 37.57),
            ("Hong Kong", 114.16, 22.28),
            ("Macau", 113.545, 22.19),
            ("Taipei", 121.56, 25.03),
            ("Kinmen", 118.32, 24.44),
            ("Hanoi", 105.85, 21.03),
            ("Ulaanbaatar", 106.92, 47.92),
            ("Vladivostok", 131.89, 43.12),
            ("Kathmandu", 85.32, 27.71),
            ("Almaty", 76.89, 43.24),
            ("Pyongyang", 125.75, 39.03),
            ("Los Angeles", -118.24, 34.05),
        ];
        for (name, lon, lat) in elsewhere {
            assert!(!moved(lon, lat), "{name}");
        }
    }
}
