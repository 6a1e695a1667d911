//! Cases as small numbers: texts are looked up once and compared as integers from then on.

use std::collections::BTreeMap;

use h3o::CellIndex;

use super::{Case, Options, cell_at};

/// Kilometres of a degree of latitude, on a sphere.
const KM_PER_DEGREE: f64 = 111.195;

/// Where a case was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// East and north in kilometres on a flat map of the whole city.
    pub km: [f64; 2],
    /// The hexagon of the finest resolution of a rule of a family.
    pub cell: CellIndex,
    /// The smallest hexagon that a rule may name: the very same spot, about 29 m to its corners.
    pub point: CellIndex,
    pub area: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub category: u32,
    pub label: u32,
    pub spot: Option<Spot>,
}

/// All cases, and what their numbers stand for. Numbers are in the order of the texts.
#[derive(Debug)]
pub(super) struct Encoded {
    pub categories: Vec<String>,
    pub labels: Vec<Vec<String>>,
    /// The number of a label's first part, by label.
    pub leads: Vec<u32>,
    pub areas: Vec<String>,
    pub rows: Vec<Row>,
    /// Degrees to kilometres, east and north.
    pub scale: [f64; 2],
}

/// Each text once, in order, and its number.
fn numbered<T: Ord + Clone>(texts: impl Iterator<Item = T>) -> (Vec<T>, BTreeMap<T, u32>) {
    let mut numbers: BTreeMap<T, u32> = texts.map(|text| (text, 0)).collect();
    for (i, number) in numbers.values_mut().enumerate() {
        *number = i as u32;
    }
    (numbers.keys().cloned().collect(), numbers)
}

pub(super) fn encode(cases: &[Case], options: &Options) -> Encoded {
    let (categories, category_of) = numbered(cases.iter().map(|case| &case.category));
    let (labels, label_of) = numbered(cases.iter().map(|case| &case.labels));
    let (_, lead_of) = numbered(labels.iter().map(|labels| labels.first()));
    let places = || cases.iter().filter_map(|case| case.place.as_ref());
    let (areas, area_of) = numbered(places().filter_map(|place| place.area.as_ref()));
    let (sum, n) = places().fold((0.0, 0), |(sum, n), p| (sum + p.position.lat(), n + 1));
    let middle: f64 = if n == 0 { 0.0 } else { sum / f64::from(n) };
    let scale = [KM_PER_DEGREE * middle.to_radians().cos().max(0.01), KM_PER_DEGREE];
    let spot = |case: &Case| {
        let place = case.place.as_ref()?;
        let position = place.position;
        Some(Spot {
            km: [position.lon() * scale[0], position.lat() * scale[1]],
            cell: cell_at(&position, options.finest)?,
            point: position.cell(),
            area: place.area.as_ref().and_then(|area| area_of.get(area)).copied(),
        })
    };
    let row = |case: &Case| Row {
        category: category_of[&case.category],
        label: label_of[&case.labels],
        spot: spot(case),
    };
    Encoded {
        leads: labels.iter().map(|labels| lead_of[&labels.first()]).collect(),
        rows: cases.iter().map(row).collect(),
        categories: categories.into_iter().cloned().collect(),
        labels: labels.into_iter().cloned().collect(),
        areas: areas.into_iter().cloned().collect(),
        scale,
    }
}
