//! Families: categories whose labels agree by place. A yard collects furniture and fridges alike,
//! and a rare category learns from a common one where the yard's border runs.
//!
//! Which department a case goes to is most often decided by its category alone. So the first label
//! of a family is *fixed* unless the history shows that the place decides it too.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use h3o::Resolution;

use super::Options;
use super::encode::{Encoded, Row};

/// Cases of a category that are asked whether a family fits, at most.
const SAMPLE_MAX: usize = 300;
/// Cases of a category that are asked whether the place decides the first label, at most.
const LEAD_SAMPLE_MAX: usize = 5_000;
/// A family must foretell at least this share of a category's cases.
const AGREEMENT_MIN: f64 = 0.5;
/// A family may foretell a category worse than the category itself does by this share.
const LOSS_MAX: f64 = 0.02;
/// The place decides the first label where it spares this many standard errors of wrong cases.
const ERRORS_SPARED_MIN: f64 = 2.0;

/// What is known of the first label of a category or a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lead {
    /// The same one wherever the case was.
    Fixed(u32),
    /// The place decides, and foretells it wrongly for this share of the cases.
    ByPlace { noise: f64 },
}

/// Categories that share their rules, with their cases in the order of the history.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub categories: Vec<u32>,
    pub rows: Vec<usize>,
    pub lead: Lead,
}

impl Family {
    /// What a change of the first label costs on top of a rule's price, in cases: so many agreeing
    /// cases as outweigh the odds against a change, of which the rule's own price is one.
    pub fn lead_price(&self, options: &Options) -> f64 {
        let Lead::ByPlace { noise } = self.lead else { return 0.0 };
        let noise = noise.clamp(1e-6, 0.4);
        (options.lead_odds.ln() / ((1.0 - noise) / noise).ln() - 1.0).max(0.0)
    }

    /// What each label is taken for as evidence. Where the first label is fixed, a case of another
    /// one still tells the unit, when that unit is one of the fixed first label's.
    pub fn readings(&self, encoded: &Encoded) -> Vec<Option<u32>> {
        let Lead::Fixed(lead) = self.lead else {
            return (0..encoded.labels.len()).map(|label| Some(label as u32)).collect();
        };
        let of_lead = |label: &usize| encoded.leads[*label] == lead;
        let inner: HashMap<&[String], u32> = (0..encoded.labels.len())
            .filter(of_lead)
            .map(|label| (&encoded.labels[label][1..], label as u32))
            .collect();
        encoded.labels.iter().map(|labels| inner.get(&labels[1..]).copied()).collect()
    }
}

/// An area, or none, and a cell, or 0 for everywhere in it.
type Key = (Option<u32>, u64);

/// How often each label was seen at each place, coarse and fine.
#[derive(Default)]
struct Evidence(HashMap<Key, Vec<(u32, u32)>>);

/// The places that speak for a case, the nearest to it first; last of all the whole city.
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
    fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut evidence = Self::default();
        rows.for_each(|row| evidence.add(row));
        evidence
    }

    fn add(&mut self, row: &Row) {
        for key in keys(row) {
            let counts = self.0.entry(key).or_default();
            match counts.iter_mut().find(|(label, _)| *label == row.label) {
                Some((_, count)) => *count += 1,
                None => counts.push((row.label, 1)),
            }
        }
    }

    /// Whether the commonest label at the first of `keys` that has any is the case's; with
    /// `but_itself`, as if this case had not been seen.
    fn foretells(&self, row: &Row, keys: &[Key], but_itself: bool) -> bool {
        let best = keys.iter().find_map(|key| {
            let counts = self.0.get(key)?.iter().map(|&(label, count)| {
                (count - u32::from(but_itself && label == row.label), Reverse(label))
            });
            counts.max().filter(|&(count, _)| count > 0)
        });
        best.is_some_and(|(_, Reverse(label))| label == row.label)
    }

    fn share(&self, rows: &[&Row], but_itself: bool) -> f64 {
        let right = rows.iter().filter(|row| self.foretells(row, &keys(row), but_itself)).count();
        right as f64 / rows.len().max(1) as f64
    }
}

fn sampled<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    all.iter().step_by(all.len().div_ceil(most).max(1))
}

/// Whether the place decides the first label. Each case is foretold by the others, from the city
/// as a whole and from nearer and nearer places; the place decides when the best of these errs
/// less often than the city does by more than chance explains.
fn lead_of(leads: &[Row]) -> Lead {
    let mut counts = BTreeMap::<u32, usize>::new();
    leads.iter().for_each(|row| *counts.entry(row.label).or_default() += 1);
    let most = counts.iter().fold((0, 0), |best, (&l, &n)| if n > best.1 { (l, n) } else { best });
    if counts.len() < 2 {
        return Lead::Fixed(most.0);
    }
    let evidence = Evidence::of(leads.iter());
    // By how many of the last keys are looked at.
    let mut wrong = [0_u32; 9];
    let mut asked = 0_u32;
    for row in sampled(leads, LEAD_SAMPLE_MAX) {
        let keys = keys(row);
        asked += 1;
        for (i, wrong) in wrong.iter_mut().enumerate() {
            let nearest = keys.len().saturating_sub(i + 1);
            *wrong += u32::from(!evidence.foretells(row, &keys[nearest..], true));
        }
    }
    let city = f64::from(wrong[0]);
    let best = f64::from(wrong[1..].iter().copied().min().unwrap_or(wrong[0]));
    match city - best > ERRORS_SPARED_MIN * (city + best).sqrt() {
        true => Lead::ByPlace { noise: best / f64::from(asked) },
        false => Lead::Fixed(most.0),
    }
}

/// What is known of a category before it has a family.
struct Category<'a> {
    rows: &'a [usize],
    sample: Vec<&'a Row>,
    /// The sample with first labels as labels.
    lead_sample: Vec<Row>,
    lead: Lead,
    own: Evidence,
}

/// A family that grows.
struct Grown {
    family: Family,
    evidence: Evidence,
    leads: Evidence,
}

fn lead_row(encoded: &Encoded, i: usize) -> Row {
    let row = encoded.rows[i];
    Row { label: encoded.leads[row.label as usize], ..row }
}

impl Category<'_> {
    fn of<'a>(encoded: &'a Encoded, rows: &'a [usize]) -> Category<'a> {
        let leads: Vec<Row> = rows.iter().map(|&i| lead_row(encoded, i)).collect();
        Category {
            rows,
            sample: sampled(rows, SAMPLE_MAX).map(|&i| &encoded.rows[i]).collect(),
            lead_sample: sampled(&leads, SAMPLE_MAX).copied().collect(),
            lead: lead_of(&leads),
            own: Evidence::of(rows.iter().map(|&i| &encoded.rows[i])),
        }
    }

    /// How much worse than the category itself a family may foretell it.
    fn slack(&self) -> f64 {
        LOSS_MAX.max(0.5 / (self.sample.len() as f64).sqrt())
    }

    /// Whether the family's first labels are this category's too. A category with few cases may be
    /// decided by place without showing it by itself.
    fn agrees(&self, family: &Grown) -> bool {
        match (self.lead, family.family.lead) {
            (Lead::Fixed(own), Lead::Fixed(other)) => own == other,
            (Lead::ByPlace { .. }, Lead::Fixed(_)) => false,
            (Lead::ByPlace { .. }, Lead::ByPlace { .. }) => true,
            (Lead::Fixed(own), Lead::ByPlace { .. }) => {
                let right = self.lead_sample.iter().filter(|row| row.label == own).count();
                let rows: Vec<&Row> = self.lead_sample.iter().collect();
                let own = right as f64 / rows.len().max(1) as f64;
                family.leads.share(&rows, false) >= own
            }
        }
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
    let mut found: Vec<Grown> = Vec::new();
    for number in order {
        let category = Category::of(encoded, &of_category[number]);
        let least =
            (category.own.share(&category.sample, true) - category.slack()).max(AGREEMENT_MIN);
        let mut best: Option<(f64, usize)> = None;
        for (i, family) in found.iter().enumerate().filter(|(_, f)| category.agrees(f)) {
            let share = family.evidence.share(&category.sample, false);
            if share >= least && best.is_none_or(|(other, _)| share > other) {
                best = Some((share, i));
            }
        }
        let at = best.map_or(found.len(), |(_, i)| i);
        if at == found.len() {
            let family = Family { categories: vec![], rows: vec![], lead: category.lead };
            let (evidence, leads) = <(Evidence, Evidence)>::default();
            found.push(Grown { family, evidence, leads });
        }
        let Grown { family, evidence, leads } = &mut found[at];
        family.categories.push(number as u32);
        family.rows.extend(category.rows);
        category.rows.iter().for_each(|&i| evidence.add(&encoded.rows[i]));
        category.rows.iter().for_each(|&i| leads.add(&lead_row(encoded, i)));
    }
    let mut families: Vec<Family> = found.into_iter().map(|grown| grown.family).collect();
    families.iter_mut().for_each(|family| family.rows.sort_unstable());
    families.sort_by_key(|family| (Reverse(family.rows.len()), family.categories[0]));
    families
}
