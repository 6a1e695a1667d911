//! What the nearest labelled cases say of each small hexagon.

use std::collections::{BTreeMap, HashMap};

use h3o::{CellIndex, LatLng};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::Options;
use super::encode::{Encoded, Spot};
use super::family::Family;

/// A hexagon of the finest resolution within an area, or outside of all.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub area: Option<u32>,
    pub cell: CellIndex,
    /// How many cases are expected here: those of the past, and parts of those next to it.
    pub mass: f64,
    /// How likely each label is; they add up to 1, or to 0 where nothing is near.
    pub chances: Vec<(u32, f64)>,
}

impl Leaf {
    /// The expected cost, in cases, of giving `label` to everything here.
    pub fn cost(&self, label: u32, leads: &[u32], lead_weight: f64) -> f64 {
        let lead = leads[label as usize];
        let (mut whole, mut first) = (0.0, 0.0);
        for &(other, chance) in &self.chances {
            whole += if other == label { chance } else { 0.0 };
            first += if leads[other as usize] == lead { chance } else { 0.0 };
        }
        self.mass * ((1.0 - whole) + lead_weight * (1.0 - first))
    }
}

type Near = RTree<GeomWithData<[f64; 2], (u32, Option<u32>)>>;

/// The hexagons where a family's cases were, and those around them, in order of area and cell.
pub(super) fn leaves(encoded: &Encoded, family: &Family, options: &Options) -> Vec<Leaf> {
    let readings = family.readings(encoded);
    let spots = || {
        family.rows.iter().filter_map(|&i| {
            let row = &encoded.rows[i];
            row.spot.map(|spot| (readings[row.label as usize], spot))
        })
    };
    let mut masses: BTreeMap<(Option<u32>, CellIndex), f64> = BTreeMap::new();
    let mut own: HashMap<(Option<u32>, CellIndex), Vec<u32>> = HashMap::new();
    for (label, Spot { area, cell, .. }) in spots() {
        *masses.entry((area, cell)).or_default() += 1.0;
        own.entry((area, cell)).or_default().extend(label);
        for ring in cell.grid_disk::<Vec<_>>(1).into_iter().filter(|ring| *ring != cell) {
            *masses.entry((area, ring)).or_default() += options.spread;
        }
    }
    let points =
        spots().filter_map(|(label, spot)| Some(GeomWithData::new(spot.km, (label?, spot.area))));
    let near: Near = RTree::bulk_load(points.collect());
    masses
        .into_iter()
        .map(|((area, cell), mass)| {
            let own = own.get(&(area, cell)).map_or(&[][..], Vec::as_slice);
            let chances = chances(&near, (area, cell, own), encoded.scale, options);
            Leaf { area, cell, mass, chances }
        })
        .collect()
}

fn chances(
    near: &Near,
    (area, cell, own): (Option<u32>, CellIndex, &[u32]),
    scale: [f64; 2],
    options: &Options,
) -> Vec<(u32, f64)> {
    let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
    let middle = LatLng::from(cell);
    let at = [middle.lng() * scale[0], middle.lat() * scale[1]];
    for (point, squared) in near.nearest_neighbor_iter_with_distance_2(&at).take(options.neighbours)
    {
        let km = squared.sqrt();
        if km > options.far_km {
            break;
        }
        let (label, other) = point.data;
        let border = if other == area { 0.0 } else { options.border_km };
        *weights.entry(label).or_default() += 1.0 / (km + border + options.near_km);
    }
    for &label in own {
        *weights.entry(label).or_default() += options.own_weight;
    }
    let sum: f64 = weights.values().sum();
    weights.into_iter().map(|(label, weight)| (label, weight / sum)).collect()
}
