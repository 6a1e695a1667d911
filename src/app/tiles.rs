//! Vector tiles: areas, issues and hexagons, cut to a tile and written out.

use super::called::{KnownCells, middles_of};
use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use super::flat::{Flat, FlatNumbers, Wanted, labels_in_force};
use super::measure::{family_of, fit_priors, sum_cells};
use super::shown::list_scope;
use super::window::Resolved;
use crate::domain::access::{Actor, Scope};
use crate::domain::cell::{COARSE_RESOLUTION, cells_near, parent_cell};
use crate::domain::metrics::contribution::ROLLUP_RESOLUTION;
use crate::domain::territory::area::Area;
use crate::domain::territory::level::Level;
use crate::domain::tile::Tile;
use crate::format::mvt::{self, Shape, TileFeature, Value, write_tile};
use crate::store::map::{Around, Point};
use crate::store::query::{Bounds, IssueFilter};
use geo::BoundingRect;
use h3o::{CellIndex, Resolution};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The media type of a tile.
pub const MEDIA_TYPE: &str = mvt::MEDIA_TYPE;
/// From this zoom level on issues are shown one by one.
const SINGLE_ZOOM: u8 = 14;
/// How far from the middle of a coarse cell the issues are that it counts, in degrees of latitude:
/// 1.6 of its mean edges, for edges differ, and a fine cell reaches a little beyond the coarse one.
const COARSE_REACH_DEGREES: f64 = 0.003;
/// The most issues that a tile shows one by one; when there are more they are counted by cell.
const POINTS_MAX: usize = 150;

/// The level whose areas are of a size to be drawn at a zoom level.
const fn level_at(zoom: u8) -> Level {
    match zoom {
        0..=10 => Level::District,
        11..=12 => Level::Street,
        13 => Level::Community,
        _ => Level::Grid,
    }
}

/// The level to draw: the wanted one or, where the territory has no areas of it, the next one
/// further out, and else the outermost that there is.
fn level_present(snapshot: &Snapshot, wanted: Level) -> Level {
    let mut present: Vec<Level> = snapshot.territory.areas().map(|area| area.level).collect();
    present.sort_unstable();
    present.dedup();
    let outer = present.iter().rev().find(|level| **level <= wanted);
    outer.or(present.first()).copied().unwrap_or(wanted)
}

/// The resolution whose hexagons are some thirty pixels wide at a zoom level.
pub const fn resolution_at(zoom: u8) -> Resolution {
    match zoom {
        0..=8 => Resolution::Five,
        9 => Resolution::Six,
        10..=11 => Resolution::Seven,
        12 => Resolution::Eight,
        13..=14 => Resolution::Nine,
        _ => Resolution::Ten,
    }
}

type Property = (Cow<'static, str>, Value);

fn text(value: impl ToString) -> Value {
    Value::Text(value.to_string())
}

fn meets(area: &Area, (west, south, east, north): (f64, f64, f64, f64)) -> bool {
    area.polygon.bounding_rect().is_some_and(|own| {
        own.min().x <= east && west <= own.max().x && own.min().y <= north && south <= own.max().y
    })
}

/// A box that is larger by a share of its own size.
fn grown((west, south, east, north): (f64, f64, f64, f64), share: f64) -> (f64, f64, f64, f64) {
    let (x, y) = ((east - west) * share, (north - south) * share);
    (west - x, south - y, east + x, north + y)
}

/// The areas of one level, or of the level that suits the zoom.
pub fn draw_areas(snapshot: &Snapshot, tile: Tile, level: Option<Level>) -> Vec<u8> {
    let level = level.unwrap_or_else(|| level_present(snapshot, level_at(tile.zoom())));
    let seen = grown(tile.bounds(), 1.0 / 64.0);
    let of_level = snapshot.territory.areas().filter(|area| area.level == level);
    let features = of_level.filter(|area| meets(area, seen)).map(|area| {
        let mut properties: Vec<Property> = vec![
            ("code".into(), text(&area.code)),
            ("name".into(), text(&area.name)),
            ("level".into(), text(area.level)),
            ("kind".into(), text(area.kind)),
        ];
        properties.extend(area.parent.as_ref().map(|parent| ("parent".into(), text(parent))));
        TileFeature { shape: Shape::Polygons(tile.polygons(&area.polygon)), properties }
    });
    write_tile("areas", &features.collect::<Vec<_>>())
}

/// Issues within the reader's scope: one by one from zoom 14 on, and else counted by hexagon. Each
/// is in exactly one tile of a zoom level.
///
/// # Errors
/// The store is not available.
pub async fn draw_issues(
    ctx: &Ctx,
    actor: &Actor,
    filter: &IssueFilter,
    tile: Tile,
) -> Result<Vec<u8>, AppError> {
    let scope = list_scope(actor, filter);
    // Never finer than what may be known of a dispute's place.
    let resolution = resolution_at(tile.zoom()).min(COARSE_RESOLUTION);
    let around = Around { bounds: bounds_of(tile.bounds()), resolution };
    let snapshot = ctx.snapshot();
    let known = ctx.store.count_known_cells(filter, Some(&around), &snapshot.zone, &scope).await?;
    // Where there are too many for sure, nobody needs to look for them one by one.
    if tile.zoom() >= SINGLE_ZOOM
        && known
            .as_ref()
            .is_none_or(|counts| count_within(counts, tile, &snapshot.cells) <= POINTS_MAX as i64)
        && let Some(points) = list_single(ctx, &scope, filter, tile).await?
    {
        let features = points.iter().filter_map(|point| point_feature(tile, point));
        return Ok(write_tile("issues", &features.collect::<Vec<_>>()));
    }
    let counts = match known {
        Some(counts) => counts,
        None => ctx.store.count_cells(filter, Some(&around), &scope).await?,
    };
    let features =
        clusters_of(&counts, resolution, &snapshot.cells).into_iter().filter_map(|cluster| {
            let shape = Shape::Point(tile.point(cluster.at.0, cluster.at.1)?);
            let properties = vec![
                ("count".into(), Value::Integer(cluster.count)),
                ("cell".into(), text(cluster.cell)),
            ];
            Some(TileFeature { shape, properties })
        });
    Ok(write_tile("issues", &features.collect::<Vec<_>>()))
}

fn bounds_of((west, south, east, north): (f64, f64, f64, f64)) -> Bounds {
    Bounds { west, south, east, north }
}

/// How many of those that were counted lie in the tile for sure: in cells that are all within it.
fn count_within(counts: &[(u64, i64)], tile: Tile, known: &KnownCells) -> i64 {
    let (west, south, east, north) = tile.bounds();
    let farthest = south.abs().max(north.abs()).to_radians();
    let (across, along) = (COARSE_REACH_DEGREES / farthest.cos(), COARSE_REACH_DEGREES);
    let is_within = |(lon, lat): (f64, f64)| {
        (west + across..=east - across).contains(&lon)
            && (south + along..=north - along).contains(&lat)
    };
    let cells: Vec<u64> = counts.iter().map(|(cell, _)| *cell).collect();
    let middles = middles_of(known, &cells);
    let within = middles.iter().zip(counts).filter(|(middle, _)| middle.is_some_and(is_within));
    within.map(|(_, (_, n))| n).sum()
}

/// The issues of one hexagon, and where their number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cluster {
    cell: CellIndex,
    count: i64,
    /// Longitude and latitude.
    at: (f64, f64),
}

/// Issues counted by cell, gathered into the hexagons of `resolution`. A number stands in the
/// middle of the cell with issues that is nearest to the mean of all of them: the middle of the
/// hexagon itself can lie outside the district, and the mean can, too. Cells are coarse, so that
/// the number of one dispute does not tell where that is.
fn clusters_of(counts: &[(u64, i64)], resolution: Resolution, known: &KnownCells) -> Vec<Cluster> {
    let coarse = counts.iter().map(|(cell, _)| parent_cell(*cell, COARSE_RESOLUTION));
    let middles = middles_of(known, &coarse.collect::<Vec<_>>());
    let mut groups = BTreeMap::<u64, Vec<(f64, f64, i64)>>::new();
    for (&(cell, count), middle) in counts.iter().zip(middles) {
        let group = groups.entry(parent_cell(cell, resolution)).or_default();
        group.extend(middle.map(|(lon, lat)| (lon, lat, count)));
    }
    let clusters = groups.into_iter().filter_map(|(cell, members)| {
        let count: i64 = members.iter().map(|(_, _, n)| n).sum();
        let mean = |axis: fn(&(f64, f64, i64)) -> f64| {
            members.iter().map(|m| axis(m) * m.2 as f64).sum::<f64>() / count as f64
        };
        let (lon, lat) = (mean(|m| m.0), mean(|m| m.1));
        // Within one hexagon degrees are near enough to a plane, longitudes being shorter.
        let shrink = lat.to_radians().cos();
        let far = |m: &(f64, f64, i64)| ((m.0 - lon) * shrink).powi(2) + (m.1 - lat).powi(2);
        let nearest = members.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
        let cell = CellIndex::try_from(cell).ok()?;
        Some(Cluster { cell, count, at: (nearest.0, nearest.1) })
    });
    clusters.collect()
}

/// The issues that may be shown in a tile, or `None` when there are too many.
async fn list_single(
    ctx: &Ctx,
    scope: &Scope,
    filter: &IssueFilter,
    tile: Tile,
) -> Result<Option<Vec<Point>>, AppError> {
    // Where the reader is told a coarse place, the store goes by that, too.
    // A hair more, for a point on the very edge is computed in another way.
    let mut bounds = bounds_of(grown(tile.bounds(), 1e-6));
    if let Some(asked) = &filter.bounds {
        bounds.west = bounds.west.max(asked.west);
        bounds.south = bounds.south.max(asked.south);
        bounds.east = bounds.east.min(asked.east);
        bounds.north = bounds.north.min(asked.north);
    }
    let filter = IssueFilter { bounds: Some(bounds), ..filter.clone() };
    Ok(ctx.store.list_points(&filter, POINTS_MAX, scope).await?)
}

fn point_feature(tile: Tile, point: &Point) -> Option<TileFeature> {
    let (lon, lat) = point.position;
    let properties: Vec<Property> = vec![
        ("id".into(), text(point.id)),
        ("kind".into(), text(point.kind)),
        ("state".into(), text(point.state)),
        ("category_code".into(), text(&point.category)),
        ("severity".into(), text(point.severity.as_str())),
    ];
    Some(TileFeature { shape: Shape::Point(tile.point(lon, lat)?), properties })
}

/// Hexagons in which something was counted, with the numbers that GeoJSON has of them
/// ([`FlatNumbers`]), the instant that they are of and their definitions. What is unknown is left
/// out.
///
/// # Errors
/// The store is not available.
pub async fn draw_cells(
    ctx: &Ctx,
    scope: &Scope,
    window: Resolved,
    tile: Tile,
    wanted: &Wanted,
) -> Result<Vec<u8>, AppError> {
    let seen = grown(tile.bounds(), 1.0 / 64.0);
    let resolution = resolution_at(tile.zoom());
    let (as_of, family) = (window.as_of.to_rfc3339(), family_of(resolution));
    let snapshot = ctx.snapshot();
    // Whole families, so that a hexagon is drawn toward the same rate in every tile.
    let window = window.within_cells(cells_near(seen, family, ROLLUP_RESOLUTION));
    let window = window.only(wanted.measures(&snapshot.rates));
    let sums = sum_cells(ctx, scope, &window, resolution).await?;
    let priors = fit_priors(&snapshot, &sums, wanted, |cell| parent_cell(*cell, family));
    let labels = labels_in_force(&snapshot.rates, wanted).join(" ");
    let numbers = FlatNumbers::of(&snapshot.rates, wanted);
    let names = numbers.names();
    let features = sums.iter().filter_map(|(index, sums)| {
        let cell = CellIndex::try_from(*index).ok()?;
        let corners: Vec<(f64, f64)> =
            cell.boundary().iter().map(|corner| (corner.lng(), corner.lat())).collect();
        let hexagon = geo::Polygon::new(geo::LineString::from(corners), Vec::new());
        let polygons = tile.polygons(&geo::MultiPolygon(vec![hexagon]));
        if polygons.is_empty() {
            return None;
        }
        let parent = parent_cell(*index, family);
        let prior = |metric| priors.get(&(parent, metric)).copied();
        let mut properties: Vec<Property> = vec![
            ("cell".into(), text(cell)),
            ("as_of".into(), text(&as_of)),
            ("definitions".into(), text(&labels)),
        ];
        let values = names.iter().zip(numbers.values(sums, prior));
        properties
            .extend(values.filter_map(|(name, own)| Some((name.clone().into(), value_of(own)?))));
        Some(TileFeature { shape: Shape::Polygons(polygons), properties })
    });
    Ok(write_tile("cells", &features.collect::<Vec<_>>()))
}

fn value_of(own: Flat) -> Option<Value> {
    match own {
        Flat::Whole(number) => number.map(Value::Integer),
        Flat::Share(share) => share.map(Value::Number),
        Flat::Yes(yes) => Some(Value::Flag(yes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::territory::position::CELL_RESOLUTION;
    use h3o::LatLng;

    fn fine(lon: f64, lat: f64) -> u64 {
        LatLng::new(lat, lon).unwrap().to_cell(CELL_RESOLUTION).into()
    }

    fn km(a: (f64, f64), b: (f64, f64)) -> f64 {
        LatLng::new(a.1, a.0).unwrap().distance_km(LatLng::new(b.1, b.0).unwrap())
    }

    #[test]
    fn a_cluster_stands_where_some_of_its_issues_are() {
        // All that there is lies in the south of a hexagon of 8 km, the middle of which is empty.
        let hexagon = LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Five);
        let middle = LatLng::from(hexagon);
        let south = (middle.lng(), middle.lat() - 0.05);
        let counts = [(fine(south.0, south.1), 9), (fine(south.0 + 0.004, south.1), 4)];
        let clusters = clusters_of(&counts, Resolution::Five, &KnownCells::default());
        assert_eq!(clusters.len(), 1);
        assert_eq!((clusters[0].cell, clusters[0].count), (hexagon, 13));
        assert!(km(clusters[0].at, south) < 0.3, "{clusters:?}");
        assert!(km(clusters[0].at, (middle.lng(), middle.lat())) > 4.0);
    }

    #[test]
    fn a_cluster_of_two_far_places_stands_in_one_of_them() {
        let hexagon = LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Five);
        let middle = LatLng::from(hexagon);
        let (west, east) =
            ((middle.lng() - 0.05, middle.lat()), (middle.lng() + 0.05, middle.lat()));
        let counts = [(fine(west.0, west.1), 1), (fine(east.0, east.1), 2)];
        let at = clusters_of(&counts, Resolution::Five, &KnownCells::default())[0].at;
        assert!(km(at, east) < 0.3, "the mean is between them: {at:?}");
        // Of one dispute no more is told than its coarse cell.
        let alone = clusters_of(&counts[..1], Resolution::Five, &KnownCells::default())[0].at;
        let coarse = CellIndex::try_from(parent_cell(counts[0].0, COARSE_RESOLUTION)).unwrap();
        assert_eq!(alone, (LatLng::from(coarse).lng(), LatLng::from(coarse).lat()));
    }

    #[test]
    fn every_issue_is_in_exactly_one_cluster() {
        let counts: Vec<(u64, i64)> = (0..400)
            .map(|i| (fine(113.6 + f64::from(i % 20) * 0.01, 34.7 + f64::from(i / 20) * 0.01), 2))
            .collect();
        for resolution in [Resolution::Five, Resolution::Seven, Resolution::Nine] {
            let clusters = clusters_of(&counts, resolution, &KnownCells::default());
            assert_eq!(clusters.iter().map(|cluster| cluster.count).sum::<i64>(), 800);
            for cluster in clusters {
                let own =
                    LatLng::new(cluster.at.1, cluster.at.0).unwrap().to_cell(Resolution::Nine);
                let known = counts
                    .iter()
                    .any(|(cell, _)| parent_cell(*cell, Resolution::Nine) == u64::from(own));
                assert!(known, "no issue is near {cluster:?}");
            }
        }
    }
}
