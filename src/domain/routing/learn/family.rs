//! Families: categories whose labels agree by place. A yard collects furniture and fridges alike,
//! and a rare category learns from a common one where the yard's border runs.

use std::cmp::Reverse;
use std::collections::HashMap;

use h3o::Resolution;

use super::encode::{Encoded, Row};

/// Cases of a category that are asked whether a family fits, at most.
const SAMPLE_MAX: usize = 300;
/// A family must foretell at least this share of a category's cases.
const AGREEMENT_MIN: f64 = 0.5;
/// A family may foretell a category worse than the category itself does by this share.
const LOSS_MAX: f64 = 0.02;

/// Categories that share their rules, with their cases in the order of the history.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub categories: Vec<u32>,
    pub rows: Vec<usize>,
}

/// An area, or none, and a cell, or 0 for everywhere in it.
type Key = (Option<u32>, u64);

/// How often each label was seen at each place, coarse and fine.
#[derive(Default)]
struct Evidence(HashMap<Key, Vec<(u32, u32)>>);

/// The places that speak for a case, the nearest to it first.
fn keys(row: &Row) -> Vec<Key> {
    let Some(spot) = &row.spot else { return vec![(None, 0)] };
    let within = [Resolution::Nine, Resolution::Eight, Resolution::Seven, Resolution::Six];
    let around = [Resolution::Seven, Resolution::Six, Resolution::Five];
    let cell = |resolution| spot.cell.parent(resolution).map_or(0, u64::from);
    let mut keys = Vec::with_capacity(within.len() + around.len() + 2);
    if spot.area.is_some() {
        keys.extend(within.map(|resolution| (spot.area, cell(resolution))));
        keys.push((spot.area, 0));
    }
    keys.extend(around.map(|resolution| (None, cell(resolution))));
    keys.push((None, 0));
    keys
}

impl Evidence {
    fn add(&mut self, row: &Row) {
        for key in keys(row) {
            let counts = self.0.entry(key).or_default();
            match counts.iter_mut().find(|(label, _)| *label == row.label) {
                Some((_, count)) => *count += 1,
                None => counts.push((row.label, 1)),
            }
        }
    }

    /// The commonest label at the nearest place that has any; with `but_itself`, as if this case
    /// had not been seen.
    fn foretells(&self, row: &Row, but_itself: bool) -> bool {
        let best = keys(row).into_iter().find_map(|key| {
            let counts = self.0.get(&key)?.iter().map(|&(label, count)| {
                (count - u32::from(but_itself && label == row.label), Reverse(label))
            });
            counts.max().filter(|&(count, _)| count > 0)
        });
        best.is_some_and(|(_, Reverse(label))| label == row.label)
    }

    fn share(&self, rows: &[&Row], but_itself: bool) -> f64 {
        let right = rows.iter().filter(|row| self.foretells(row, but_itself)).count();
        right as f64 / rows.len().max(1) as f64
    }
}

/// Puts each category, the commonest first, into the family that foretells it best, when that is
/// about as good as its own cases do; else it begins a family.
pub(super) fn families(encoded: &Encoded) -> Vec<Family> {
    let mut of_category: Vec<Vec<usize>> = vec![Vec::new(); encoded.categories.len()];
    for (i, row) in encoded.rows.iter().enumerate() {
        of_category[row.category as usize].push(i);
    }
    let mut order: Vec<usize> = (0..of_category.len()).collect();
    order.sort_by_key(|&category| (Reverse(of_category[category].len()), category));
    let mut found: Vec<(Family, Evidence)> = Vec::new();
    for category in order {
        let rows = &of_category[category];
        let step = rows.len().div_ceil(SAMPLE_MAX).max(1);
        let sample: Vec<&Row> = rows.iter().step_by(step).map(|&i| &encoded.rows[i]).collect();
        let mut own = Evidence::default();
        rows.iter().for_each(|&i| own.add(&encoded.rows[i]));
        let chance = 0.5 / (sample.len() as f64).sqrt();
        let least = (own.share(&sample, true) - LOSS_MAX.max(chance)).max(AGREEMENT_MIN);
        let mut best: Option<(f64, usize)> = None;
        for (i, (_, evidence)) in found.iter().enumerate() {
            let share = evidence.share(&sample, false);
            if share >= least && best.is_none_or(|(other, _)| share > other) {
                best = Some((share, i));
            }
        }
        match best {
            Some((_, i)) => {
                let (family, evidence) = &mut found[i];
                family.categories.push(category as u32);
                family.rows.extend(rows);
                rows.iter().for_each(|&i| evidence.add(&encoded.rows[i]));
            }
            None => {
                let family = Family { categories: vec![category as u32], rows: rows.clone() };
                found.push((family, own));
            }
        }
    }
    let mut families: Vec<Family> = found.into_iter().map(|(family, _)| family).collect();
    families.iter_mut().for_each(|family| family.rows.sort_unstable());
    families.sort_by_key(|family| (Reverse(family.rows.len()), family.categories[0]));
    families
}
