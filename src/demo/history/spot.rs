//! Where things happen: grids that are reported from more, less, or not at all, and points in them.

use crate::app::ctx::Snapshot;
use crate::demo::rng::Rng;
use crate::domain::datum::Datum;
use crate::domain::territory::Level;
use geo::{BoundingRect, Contains, Coord, MultiPolygon};

const SEED: u64 = 0x7370_6f74;

/// A grid, and how much is reported from it.
struct Grid<'a> {
    code: &'a str,
    community: &'a str,
    street: &'a str,
    polygon: &'a MultiPolygon<f64>,
    /// Millionths of a degree: west, south, east, north.
    bounds: (i64, i64, i64, i64),
    /// A place in it where much is reported, in millionths of a degree.
    hot: (i64, i64),
    /// The sum of the weights up to and with this one.
    weight_to: u64,
}

/// All grids of a territory.
pub struct Spots<'a> {
    grids: Vec<Grid<'a>>,
}

/// A place as it is reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub grid: String,
    pub street: String,
    /// The pair as it was given, in `datum`.
    pub raw: (f64, f64),
    pub datum: Datum,
    pub accuracy_m: f64,
    /// The place in words.
    pub words: String,
}

fn micro(degrees: f64) -> i64 {
    (degrees * 1e6).round() as i64
}

fn degrees(micro: (i64, i64)) -> (f64, f64) {
    (micro.0 as f64 / 1e6, micro.1 as f64 / 1e6)
}

fn rounded(pair: (f64, f64)) -> (f64, f64) {
    degrees((micro(pair.0), micro(pair.1)))
}

fn holds(polygon: &MultiPolygon<f64>, at: (i64, i64)) -> bool {
    let (x, y) = degrees(at);
    polygon.contains(&Coord { x, y })
}

fn uniform(bounds: (i64, i64, i64, i64), rng: &mut Rng) -> (i64, i64) {
    (rng.between(bounds.0, bounds.2), rng.between(bounds.1, bounds.3))
}

/// A point inside, or the middle of the box of a polygon that is missed too often.
fn inside(polygon: &MultiPolygon<f64>, bounds: (i64, i64, i64, i64), rng: &mut Rng) -> (i64, i64) {
    const TRIES: usize = 200;
    let middle = ((bounds.0 + bounds.2) / 2, (bounds.1 + bounds.3) / 2);
    let mut tries = (0..TRIES).map(|_| uniform(bounds, rng));
    tries.find(|at| holds(polygon, *at)).unwrap_or(middle)
}

impl<'a> Spots<'a> {
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut total = 0;
        let mut grids = Vec::new();
        let territory = &snapshot.territory;
        for area in territory.areas().filter(|area| area.level == Level::Grid) {
            let at_level = |level| territory.chain(&area.code).find(|above| above.level == level);
            let (Some(street), Some(community), Some(rect)) =
                (at_level(Level::Street), at_level(Level::Community), area.polygon.bounding_rect())
            else {
                continue;
            };
            let code = area.code.as_str();
            let (mut of_street, mut own) =
                (Rng::new(SEED, street.code.as_str()), Rng::new(SEED, code));
            // About one grid in twenty is silent.
            let busy = if own.chance(5) { 0 } else { own.below(160) + 20 };
            total += busy * (of_street.below(140) + 40);
            let bounds = (
                micro(rect.min().x),
                micro(rect.min().y),
                micro(rect.max().x),
                micro(rect.max().y),
            );
            let hot = inside(&area.polygon, bounds, &mut own);
            grids.push(Grid {
                code,
                community: &community.name,
                street: street.code.as_str(),
                polygon: &area.polygon,
                bounds,
                hot,
                weight_to: total,
            });
        }
        Self { grids }
    }

    /// A place to report from; `None` of a territory without grids.
    pub fn pick(&self, snapshot: &Snapshot, rng: &mut Rng) -> Option<Spot> {
        let total = self.grids.last()?.weight_to;
        let at = rng.below(total);
        let grid = &self.grids[self.grids.partition_point(|grid| grid.weight_to <= at)];
        let near_hot = (grid.hot.0 + rng.between(-600, 600), grid.hot.1 + rng.between(-500, 500));
        let at = match rng.chance(30) && holds(grid.polygon, near_hot) {
            true => near_hot,
            false => inside(grid.polygon, grid.bounds, rng),
        };
        let street = snapshot.area_name(grid.street).unwrap_or_default();
        let words = in_words(&street, grid.community, rng);
        let polygon = grid.polygon;
        let (grid, street) = (grid.code.to_owned(), grid.street.to_owned());
        // A weak fix reaches over borders.
        let accuracy_m = if rng.chance(5) { rng.between(40, 250) } else { rng.between(4, 25) };
        let datum = match rng.below(20) {
            0 => Datum::Bd09,
            1..=5 => Datum::Gcj02,
            _ => Datum::Wgs84,
        };
        let (datum, raw) = tell(polygon, at, datum);
        Some(Spot { grid, street, raw, datum, accuracy_m: accuracy_m as f64, words })
    }

    /// The same thing as another person reports it: a few metres off, by a phone of its own.
    pub fn beside(&self, spot: &Spot, rng: &mut Rng) -> Spot {
        let (lon, lat) = spot.datum.to_wgs84(spot.raw.0, spot.raw.1);
        let here = (micro(lon), micro(lat));
        let moved = (here.0 + rng.between(-150, 150), here.1 + rng.between(-150, 150));
        // It is merged by the office of the first, so it stays in the grid.
        let grid = self.grids.iter().find(|grid| grid.code == spot.grid);
        let accuracy_m = rng.between(5, 30) as f64;
        let stays = |at: &(i64, i64)| grid.is_some_and(|grid| holds(grid.polygon, *at));
        match [moved, here].into_iter().find(stays) {
            Some(at) => Spot { raw: degrees(at), datum: Datum::Wgs84, accuracy_m, ..spot.clone() },
            None => Spot { accuracy_m, ..spot.clone() },
        }
    }
}

/// How a place in a grid is told in a datum; in WGS-84 where it would lie beyond the border in the
/// other one, which is rounded: out there is no office that could take it.
fn tell(polygon: &MultiPolygon<f64>, at: (i64, i64), datum: Datum) -> (Datum, (f64, f64)) {
    let (lon, lat) = degrees(at);
    let raw = rounded(datum.from_wgs84(lon, lat));
    let (x, y) = datum.to_wgs84(raw.0, raw.1);
    match polygon.contains(&Coord { x, y }) {
        true => (datum, raw),
        false => (Datum::Wgs84, (lon, lat)),
    }
}

fn in_words(street: &str, community: &str, rng: &mut Rng) -> String {
    let stem = street.strip_suffix("街道").unwrap_or(street);
    let road =
        if stem.ends_with('路') { stem.to_owned() } else { format!("{stem}片区主干道") };
    let n = rng.between(1, 28);
    match rng.below(8) {
        0 => format!("{road}中段"),
        1 => format!("{road}北段路口"),
        2 => format!("{road}公交站旁"),
        3 => format!("{community}东门"),
        4 => format!("{community}小广场"),
        _ => format!("{community}{n}号楼旁"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_at_the_border_is_told_within_it() {
        let corners = [(113.7, 34.7), (113.8, 34.7), (113.8, 34.8), (113.7, 34.8)];
        let square = geo::Polygon::new(geo::LineString::from(corners.to_vec()), Vec::new());
        let square = MultiPolygon(vec![square]);
        let mut kept = 0;
        for step in 1..2_000_i64 {
            // A millionth of a degree of room is about what rounding moves.
            for at in [(113_700_001, 34_700_000 + step * 50), (113_700_000 + step * 50, 34_799_999)]
            {
                for datum in [Datum::Gcj02, Datum::Bd09, Datum::Wgs84] {
                    let (told, raw) = tell(&square, at, datum);
                    let (x, y) = told.to_wgs84(raw.0, raw.1);
                    assert!(square.contains(&Coord { x, y }), "{at:?} {datum:?}: {raw:?}");
                    kept += usize::from(told == datum && datum != Datum::Wgs84);
                }
            }
        }
        assert!((100..8_000).contains(&kept), "{kept}: rounding never mattered, or always");
    }
}
