//! Exceptions to a fixed first label, of two sorts. *Hexagons* where several cases of one category
//! went to another department, more than chance explains. And *spots*: one thing is reported again
//! and again, under this category or that, and goes where it went before; they are believed only
//! when the history foretells itself better with them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use h3o::CellIndex;

use super::Options;
use super::encode::Encoded;
use super::family::{Family, Lead};

/// Categories that have a label of their own in a hexagon, of an area or wherever it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub categories: Vec<u32>,
    pub area: Option<u32>,
    pub cell: CellIndex,
    pub label: u32,
}

/// The chance that of `n` cases at least `k` are of a sort that makes up `rate` of all.
pub(super) fn chance_of(k: u32, n: u32, rate: f64) -> f64 {
    if k == 0 || rate >= 1.0 {
        return 1.0;
    }
    if rate <= 0.0 || k > n {
        return 0.0;
    }
    // In logarithms, from none upwards: the terms of many cases are too small for a double.
    let (yes, no) = (rate.ln(), (1.0 - rate).ln());
    let mut ways = 0.0;
    let mut sum = 0.0;
    for j in 0..=n {
        if j > 0 {
            ways += f64::from(n - j + 1).ln() - f64::from(j).ln();
        }
        if j >= k {
            sum += (ways + f64::from(j) * yes + f64::from(n - j) * no).exp();
        }
    }
    sum.min(1.0)
}

/// The exceptions of a family, in order of category and place. There is none where the place
/// decides the first label anyway.
pub(super) fn exceptions(encoded: &Encoded, family: &Family, options: &Options) -> Vec<Exception> {
    let Lead::Fixed(fixed) = family.lead else { return Vec::new() };
    let mut totals = BTreeMap::<u32, u32>::new();
    let mut odd = BTreeMap::<(u32, u32), u32>::new();
    let mut cells = BTreeMap::<(u32, Option<u32>, CellIndex), BTreeMap<u32, u32>>::new();
    for row in family.rows.iter().map(|&i| &encoded.rows[i]) {
        let lead = encoded.leads[row.label as usize];
        *totals.entry(row.category).or_default() += 1;
        *odd.entry((row.category, lead)).or_default() += 1;
        if let Some(spot) = row.spot {
            let labels = cells.entry((row.category, spot.area, spot.cell)).or_default();
            *labels.entry(row.label).or_default() += 1;
        }
    }
    let mut found = Vec::new();
    for ((category, area, cell), labels) in cells {
        let n: u32 = labels.values().sum();
        let mut leads = BTreeMap::<u32, u32>::new();
        for (&label, &count) in &labels {
            *leads.entry(encoded.leads[label as usize]).or_default() += count;
        }
        let most = leads.into_iter().max_by_key(|&(lead, count)| (count, lead == fixed));
        let Some((lead, k)) = most.filter(|&(lead, _)| lead != fixed) else { continue };
        let rate = f64::from(odd[&(category, lead)]) / f64::from(totals[&category]);
        let agree = k >= n - k + options.exception_cases;
        if agree && chance_of(k, n, rate) <= options.exception_chance {
            let own = labels.iter().filter(|(label, _)| encoded.leads[**label as usize] == lead);
            let label = own.max_by_key(|&(&label, &count)| (count, Reverse(label)));
            let label = label.map_or(0, |(&label, _)| label);
            found.push(Exception { categories: vec![category], area, cell, label });
        }
    }
    found
}

/// The cases of a spot, by label.
type Counts = BTreeMap<u32, u32>;

/// How many cases of `lead` and of other first labels there are.
fn for_and_against(encoded: &Encoded, counts: &Counts, lead: u32) -> (u32, u32) {
    let own = counts.iter().filter(|(label, _)| encoded.leads[**label as usize] == lead);
    let own: u32 = own.map(|(_, count)| count).sum();
    (own, counts.values().sum::<u32>() - own)
}

/// The label of the first label that leads at a spot, when that is not the fixed one.
fn odd_label(encoded: &Encoded, counts: &Counts, fixed: u32) -> Option<u32> {
    let leads: BTreeSet<u32> = counts.keys().map(|&label| encoded.leads[label as usize]).collect();
    let most = leads.into_iter().max_by_key(|&lead| {
        (for_and_against(encoded, counts, lead).0, lead == fixed, Reverse(lead))
    });
    let lead = most.filter(|&lead| lead != fixed)?;
    let own = counts.iter().filter(|(label, _)| encoded.leads[**label as usize] == lead);
    own.max_by_key(|&(&label, &count)| (count, Reverse(label))).map(|(&label, _)| label)
}

/// The spots with a first label of their own, among all categories with the same fixed one. Each
/// case is foretold by the others at its spot, and without the spots; unless the spots are right
/// more often, and so for several cases, there is none.
pub(super) fn spots(encoded: &Encoded, families: &[Family], options: &Options) -> Vec<Exception> {
    let mut of_lead = BTreeMap::<u32, (Vec<u32>, Vec<usize>)>::new();
    for family in families {
        if let Lead::Fixed(lead) = family.lead {
            let (categories, rows) = of_lead.entry(lead).or_default();
            categories.extend(&family.categories);
            rows.extend(&family.rows);
        }
    }
    let mut found = Vec::new();
    for (fixed, (mut categories, rows)) in of_lead {
        categories.sort_unstable();
        let mut spots = BTreeMap::<CellIndex, Counts>::new();
        for row in rows.iter().map(|&i| &encoded.rows[i]) {
            if let Some(spot) = row.spot {
                *spots.entry(spot.point).or_default().entry(row.label).or_default() += 1;
            }
        }
        let (gained, lost) = spots_tried(encoded, &spots, fixed);
        if gained >= options.spot_cases && gained > lost {
            let odd = spots.iter().filter_map(|(&cell, counts)| {
                let label = odd_label(encoded, counts, fixed)?;
                Some(Exception { categories: categories.clone(), area: None, cell, label })
            });
            found.extend(odd);
        }
    }
    found
}

/// How many cases the other cases of their spot put right, and how many they put wrong.
fn spots_tried(encoded: &Encoded, spots: &BTreeMap<CellIndex, Counts>, fixed: u32) -> (u32, u32) {
    let (mut gained, mut lost) = (0, 0);
    for counts in spots.values().filter(|counts| counts.values().sum::<u32>() > 1) {
        for (&label, &count) in counts {
            let mut others = counts.clone();
            match count {
                1 => others.remove(&label),
                _ => others.insert(label, count - 1),
            };
            let Some(odd) = odd_label(encoded, &others, fixed) else { continue };
            let lead = encoded.leads[label as usize];
            gained += if lead == encoded.leads[odd as usize] { count } else { 0 };
            lost += if lead == fixed { count } else { 0 };
        }
    }
    (gained, lost)
}
