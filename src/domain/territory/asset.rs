//! Owned things (roads, rivers, parks): layers of lines and polygons, and which of them are near a
//! place. They are looked up before territory, because the owner of a road answers for it whichever
//! area it runs through.

use super::exact::{Place, place_in_area};
use super::position::{LocalMap, Position};
use geo::{Coord, LineString, MultiLineString, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};
use std::collections::{BTreeMap, BTreeSet};

/// How far from a thing a report still counts as being on it, in metres, where the layer does not
/// say: about the width of an urban road with its pavements.
pub const DISTANCE_M_DEFAULT: f64 = 25.0;
/// The most by which the accuracy of a fix widens that, in metres, where the layer does not say.
pub const GROW_M_DEFAULT: f64 = 50.0;
/// The greatest distance that a layer may ask for, in metres.
pub const DISTANCE_M_MAX: f64 = 1_000.0;
/// How many things near a place are told.
pub const NEAR_MAX: usize = 16;

/// A layer of owned things.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What rules call it: `road`, `river`, `park`.
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    /// How near a report counts as being on a thing of the layer, in metres.
    pub distance_m: f64,
    /// The most by which the accuracy of a fix widens that, in metres.
    pub grow_m: f64,
    /// Whether it was made up.
    pub generated: bool,
}

impl Layer {
    /// How far a fix of this accuracy looks, in metres.
    pub fn reach_m(&self, accuracy_m: Option<f64>) -> f64 {
        self.distance_m + accuracy_m.unwrap_or(0.0).clamp(0.0, self.grow_m)
    }
}

/// The shape of a thing, in WGS-84 degrees. Edges are straight in longitude and latitude.
#[derive(Clone, Debug, PartialEq)]
pub enum AssetShape {
    Lines(MultiLineString<f64>),
    /// A closed set, as areas are.
    Surface(MultiPolygon<f64>),
}

/// An owned thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    pub code: String,
    pub name: String,
    pub owner: Option<String>,
    pub shape: AssetShape,
}

/// A thing near a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearAsset<'a> {
    pub layer: &'a Layer,
    pub asset: &'a Asset,
    /// 0 within a surface.
    pub distance_m: f64,
}

/// A stretch of a thing's edge, or the box of a surface.
#[derive(Clone, Copy, Debug)]
struct Piece {
    corners: (Coord<f64>, Coord<f64>),
    layer: u32,
    asset: u32,
    is_edge: bool,
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        let (a, b) = self.corners;
        AABB::from_corners([a.x, a.y], [b.x, b.y])
    }
}

/// All layers, with a tree over the pieces of their things.
#[derive(Debug, Default)]
pub struct Assets {
    layers: Vec<(Layer, Vec<Asset>)>,
    tree: RTree<Piece>,
}

fn edges_of(line: &LineString<f64>) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> + '_ {
    line.0.windows(2).map(|pair| (pair[0], pair[1]))
}

/// Every stretch of the edges of a shape.
fn edges(shape: &AssetShape) -> Vec<(Coord<f64>, Coord<f64>)> {
    match shape {
        AssetShape::Lines(lines) => lines.0.iter().flat_map(edges_of).collect(),
        AssetShape::Surface(parts) => {
            let rings = |part: &'_ geo::Polygon<f64>| {
                let rings = std::iter::once(part.exterior()).chain(part.interiors());
                rings.flat_map(edges_of).collect::<Vec<_>>()
            };
            parts.0.iter().flat_map(rings).collect()
        }
    }
}

/// The distance in metres from a place to a shape; 0 within a surface. The slow truth of
/// [`Assets::near`], which it also ends with.
pub fn distance_to_shape_m(position: Position, shape: &AssetShape) -> Option<f64> {
    if let AssetShape::Surface(parts) = shape
        && place_in_area(parts, position.coord()) != Place::Outside
    {
        return Some(0.0);
    }
    let map = LocalMap::around(position);
    let distances = edges(shape).into_iter().map(|(a, b)| map.distance_to_edge_m(a, b));
    distances.min_by(f64::total_cmp)
}

impl Assets {
    pub fn build(layers: Vec<(Layer, Vec<Asset>)>) -> Self {
        let mut pieces = Vec::new();
        for (layer, (_, assets)) in (0..).zip(&layers) {
            for (asset, thing) in (0..).zip(assets) {
                let piece = |corners, is_edge| Piece { corners, layer, asset, is_edge };
                pieces.extend(edges(&thing.shape).into_iter().map(|edge| piece(edge, true)));
                // Deep within a surface no edge is near; its box brings it up all the same.
                if let AssetShape::Surface(parts) = &thing.shape
                    && let Some(rect) = geo::BoundingRect::bounding_rect(parts)
                {
                    pieces.push(piece((rect.min(), rect.max()), false));
                }
            }
        }
        Self { layers, tree: RTree::bulk_load(pieces) }
    }

    pub fn layers(&self) -> impl Iterator<Item = (&Layer, &[Asset])> {
        self.layers.iter().map(|(layer, assets)| (layer, assets.as_slice()))
    }

    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The layers' codes, each with its owners.
    pub fn owners(&self) -> BTreeMap<String, BTreeSet<String>> {
        let owners = |assets: &[Asset]| assets.iter().filter_map(|a| a.owner.clone()).collect();
        self.layers.iter().map(|(layer, all)| (layer.code.clone(), owners(all))).collect()
    }

    /// The things that a fix of this accuracy may be on: those within their layer's reach, the
    /// nearest first, at most [`NEAR_MAX`]; at one distance by layer and code.
    pub fn near(&self, position: Position, accuracy_m: Option<f64>) -> Vec<NearAsset<'_>> {
        let reaches = self.layers.iter().map(|(layer, _)| layer.reach_m(accuracy_m));
        let Some(reach_m) = reaches.max_by(f64::total_cmp) else { return Vec::new() };
        let map = LocalMap::around(position);
        let (here, reach) = (position.coord(), map.reach_degrees(reach_m));
        let (low, high) = (here - reach, here + reach);
        let window = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        let mut nearest = BTreeMap::<(u32, u32), f64>::new();
        for piece in self.tree.locate_in_envelope_intersecting(&window) {
            let (_, asset) = self.at(piece);
            let distance_m = match (piece.is_edge, &asset.shape) {
                (true, _) => map.distance_to_edge_m(piece.corners.0, piece.corners.1),
                (false, AssetShape::Surface(parts))
                    if place_in_area(parts, here) != Place::Outside =>
                {
                    0.0
                }
                (false, _) => continue,
            };
            let known = nearest.entry((piece.layer, piece.asset)).or_insert(distance_m);
            *known = known.min(distance_m);
        }
        let mut found: Vec<NearAsset<'_>> = nearest
            .into_iter()
            .map(|((layer, asset), distance_m)| {
                let (layer, assets) = &self.layers[layer as usize];
                NearAsset { layer, asset: &assets[asset as usize], distance_m }
            })
            .filter(|near| near.distance_m <= near.layer.reach_m(accuracy_m))
            .collect();
        let key = |near: &NearAsset<'_>| (near.layer.code.clone(), near.asset.code.clone());
        found.sort_by(|a, b| {
            a.distance_m.total_cmp(&b.distance_m).then_with(|| key(a).cmp(&key(b)))
        });
        found.truncate(NEAR_MAX);
        found
    }

    fn at(&self, piece: &Piece) -> (&Layer, &Asset) {
        let (layer, assets) = &self.layers[piece.layer as usize];
        (layer, &assets[piece.asset as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layer(code: &str, distance_m: f64, grow_m: f64) -> Layer {
        let name = code.to_owned();
        Layer { code: name.clone(), name, name_en: None, distance_m, grow_m, generated: true }
    }

    fn asset(code: &str, shape: AssetShape) -> Asset {
        Asset { code: code.into(), name: code.into(), owner: Some("市政".into()), shape }
    }

    fn line(points: &[(f64, f64)]) -> AssetShape {
        AssetShape::Lines(MultiLineString(vec![LineString::from(points.to_vec())]))
    }

    /// Half a degree at the equator is about 55 km; here a metre is about 9e-6 degrees.
    fn at(east_m: f64, north_m: f64) -> (f64, f64) {
        (113.65 + east_m / 91_600.0, 34.78 + north_m / 110_930.0)
    }

    #[test]
    fn a_road_is_found_within_its_distance_and_an_inaccurate_fix_looks_further() {
        let road = asset("r1", line(&[at(-500.0, 0.0), at(500.0, 0.0)]));
        let assets = Assets::build(vec![(layer("road", 25.0, 50.0), vec![road])]);
        let near = |north_m: f64, accuracy_m: Option<f64>| {
            let (lon, lat) = at(0.0, north_m);
            let found = assets.near(Position::new(lon, lat).unwrap(), accuracy_m);
            found.first().map(|near| near.distance_m)
        };
        let found = near(24.0, None).unwrap();
        assert!((found - 24.0).abs() < 0.2, "{found}");
        assert_eq!(near(26.0, None), None);
        assert!(near(40.0, Some(20.0)).is_some());
        assert_eq!(near(60.0, Some(20.0)), None);
        // The cap: a fix that may be a kilometre off does not belong to every road around.
        assert!(near(74.0, Some(5_000.0)).is_some());
        assert_eq!(near(76.0, Some(5_000.0)), None);
    }

    #[test]
    fn deep_within_a_park_its_distance_is_nothing_and_its_lake_is_not_the_park() {
        let ring = |half: f64| {
            LineString::from(
                [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
                    .map(|(x, y)| at(x, y))
                    .to_vec(),
            )
        };
        let park = geo::Polygon::new(ring(2_000.0), vec![ring(500.0)]);
        let park = asset("p", AssetShape::Surface(MultiPolygon(vec![park])));
        let assets = Assets::build(vec![(layer("park", 25.0, 0.0), vec![park])]);
        let near = |east_m: f64| {
            let (lon, lat) = at(east_m, 0.0);
            let found = assets.near(Position::new(lon, lat).unwrap(), None);
            found.first().map(|near| near.distance_m)
        };
        assert_eq!(near(1_200.0), Some(0.0));
        assert_eq!(near(0.0), None);
        assert!(near(490.0).is_some_and(|m| m > 5.0 && m < 15.0));
        assert_eq!(near(2_100.0), None);
    }

    fn shapes() -> impl Strategy<Value = AssetShape> {
        let point = (-600.0..600.0, -600.0..600.0).prop_map(|(x, y)| at(x, y));
        let lines = prop::collection::vec(point, 2..6).prop_map(|points| line(&points));
        let corner = (-500.0..500.0, -500.0..500.0, 10.0..400.0);
        let boxes = corner.prop_map(|(x, y, side): (f64, f64, f64)| {
            let ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)];
            let ring = LineString::from(ring.map(|(x, y)| at(x, y)).to_vec());
            AssetShape::Surface(MultiPolygon(vec![geo::Polygon::new(ring, Vec::new())]))
        });
        prop_oneof![lines, boxes]
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_looking_at_every_thing_finds(
            roads in prop::collection::vec(shapes(), 0..12),
            parks in prop::collection::vec(shapes(), 0..6),
            here in (-700.0..700.0, -700.0..700.0),
            accuracy_m in prop::option::of(0.0..200.0),
        ) {
            let named = |kind: &str, shapes: Vec<AssetShape>| -> Vec<Asset> {
                (0..).zip(shapes).map(|(i, s)| asset(&format!("{kind}{i:02}"), s)).collect()
            };
            let layers = vec![
                (layer("road", 25.0, 50.0), named("r", roads)),
                (layer("park", 60.0, 10.0), named("p", parks)),
            ];
            let (lon, lat) = at(here.0, here.1);
            let position = Position::new(lon, lat).unwrap();
            let mut truth = Vec::new();
            for (layer, assets) in &layers {
                for asset in assets {
                    let distance_m = distance_to_shape_m(position, &asset.shape).unwrap();
                    if distance_m <= layer.reach_m(accuracy_m) {
                        truth.push((distance_m, layer.code.clone(), asset.code.clone()));
                    }
                }
            }
            truth.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (&a.1, &a.2).cmp(&(&b.1, &b.2))));
            truth.truncate(NEAR_MAX);
            let index = Assets::build(layers);
            let found: Vec<_> = index
                .near(position, accuracy_m)
                .into_iter()
                .map(|n| (n.distance_m, n.layer.code.clone(), n.asset.code.clone()))
                .collect();
            prop_assert_eq!(found, truth);
        }
    }
}
