//! An area: an administrative unit with a code, a name, a level, a parent and a polygon.

use std::fmt;

use geo::MultiPolygon;

use super::level::Level;
use crate::domain::id::AreaCode;
use crate::domain::time::Day;

/// What a grid is made for; areas of other levels are regular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum AreaKind {
    /// A community grid; its worker is a residents' liaison.
    #[default]
    Regular,
    /// 专属网格: a park, mall, school or enterprise; its worker is an enterprise liaison.
    Dedicated,
}

impl AreaKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            AreaKind::Regular => "regular",
            AreaKind::Dedicated => "dedicated",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [AreaKind::Regular, AreaKind::Dedicated].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for AreaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The days on which something is in force, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first day; open when absent.
    pub from: Option<Day>,
    /// The last day; open when absent.
    pub to: Option<Day>,
}

impl Validity {
    pub fn holds_on(self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether there is a day at all on which it holds.
    pub fn is_empty(self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if to < from)
    }

    /// Whether there is a day on which both hold; neither is empty.
    pub fn overlaps(self, other: Self) -> bool {
        let begins_in_time = |one: Self, other: Self| match (one.from, other.to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        begins_in_time(self, other) && begins_in_time(other, self)
    }
}

/// An area. Its polygon is in WGS-84 degrees (longitude, latitude), its rings are closed, and it
/// is a closed set: see [`super::exact`].
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    pub code: AreaCode,
    pub name: String,
    pub level: Level,
    /// The area around it; `None` for the outermost areas known.
    pub parent: Option<AreaCode>,
    pub kind: AreaKind,
    pub polygon: MultiPolygon<f64>,
    pub validity: Validity,
}

/// Why a GeoJSON geometry is not the polygon of an area.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    #[error("the geometry is a {0}, not a Polygon or MultiPolygon")]
    Kind(&'static str),
    #[error("a position has fewer than two numbers")]
    Position,
}

/// The polygon as a GeoJSON MultiPolygon; [`polygon_from_geojson`] gives back the same polygon.
pub fn polygon_to_geojson(polygon: &MultiPolygon<f64>) -> geojson::Geometry {
    geojson::Geometry::new(geojson::GeometryValue::from(polygon))
}

/// The polygon of a GeoJSON Polygon or MultiPolygon, as it stands: nothing is repaired.
///
/// # Errors
/// Another type of geometry, or a position without two numbers.
pub fn polygon_from_geojson(
    geometry: &geojson::Geometry,
) -> Result<MultiPolygon<f64>, GeometryError> {
    use geojson::GeometryValue as G;
    let parts: Vec<&Vec<Vec<geojson::Position>>> = match &geometry.value {
        G::Polygon { coordinates } => vec![coordinates],
        G::MultiPolygon { coordinates } => coordinates.iter().collect(),
        other => return Err(GeometryError::Kind(other.type_name())),
    };
    parts
        .into_iter()
        .map(|rings| polygon_from_rings(rings))
        .collect::<Result<Vec<_>, _>>()
        .map(MultiPolygon)
}

fn polygon_from_rings(
    rings: &[Vec<geojson::Position>],
) -> Result<geo::Polygon<f64>, GeometryError> {
    let mut rings = rings.iter().map(|ring| {
        let coords = ring.iter().map(|p| match p.as_slice() {
            [x, y, ..] => Ok(geo::Coord { x: *x, y: *y }),
            _ => Err(GeometryError::Position),
        });
        coords.collect::<Result<Vec<_>, _>>().map(geo::LineString)
    });
    let exterior = rings.next().unwrap_or_else(|| Ok(geo::LineString(Vec::new())))?;
    Ok(geo::Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    #[test]
    fn a_validity_holds_on_its_first_day_and_on_its_last() {
        let validity = Validity { from: Some(Day(10)), to: Some(Day(20)) };
        assert!(!validity.holds_on(Day(9)) && validity.holds_on(Day(10)));
        assert!(validity.holds_on(Day(20)) && !validity.holds_on(Day(21)));
        assert!(Validity::default().holds_on(Day(0)) && !validity.is_empty());
        assert!(!Validity { from: Some(Day(3)), to: Some(Day(3)) }.is_empty());
        assert!(Validity { from: Some(Day(3)), to: Some(Day(2)) }.is_empty());
    }

    #[test]
    fn a_polygon_survives_geojson_text_to_the_last_bit() {
        let odd = 113.0 + 0.1 + 0.2;
        let polygon = MultiPolygon(vec![polygon![
            exterior: [(x: odd, y: 34.1), (x: 114.0, y: 34.0), (x: 114.0, y: 1.0 / 3.0)],
            interiors: [[(x: 113.9, y: 33.0), (x: 113.95, y: 33.0), (x: 113.95, y: 33.1)]],
        ]]);
        let text = polygon_to_geojson(&polygon).to_string();
        let read: geojson::Geometry = text.parse().unwrap();
        assert_eq!(polygon_from_geojson(&read).unwrap(), polygon);
    }
}
