//! Learning: proposes rules of a responsibility matrix from labelled history, for a person to read
//! and confirm. docs/learning.md says how it works and how well.
//!
//! 1. Categories whose labels agree by place form a *family* and pool their evidence.
//! 2. The first label, the department, is fixed for a family unless the history shows beyond chance
//!    that the place decides it too. The labels after it, the unit, follow the place.
//! 3. The nearest labelled cases say how likely each label is in each small hexagon of an area.
//! 4. Of all sets of rules (anywhere, area, hexagons within it), the one with the least expected
//!    errors plus a price for each rule is found exactly, by dynamic programming over the tree.
//! 5. Exceptions from a fixed department: hexagons where several cases of one category agree on
//!    another one and chance does not explain it; and spots, where the history shows that what is
//!    reported at one spot again goes where it went before.
//!
//! Invariant: the result depends on the cases and on the options only; there is no chance in it.

mod book;
mod encode;
mod evidence;
mod exception;
mod family;
mod rulings;
mod score;
mod split;
mod tree;

#[cfg(test)]
mod tests;

use h3o::{CellIndex, Resolution};

use crate::domain::territory::Position;
use encode::{Encoded, encode};
use exception::Exception;
use family::Family;
use tree::Found;

pub use book::{Against, EVERY_CATEGORY, LearnedRule, RuleBook};
pub use rulings::{Proposal, Ruling, propose_rules};
pub use score::{Confusion, Contradiction, Evaluation, Share, evaluate};
pub use split::split;

/// Where a case was: its position and the area that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct CasePlace {
    pub position: Position,
    /// The code of the area; `None` outside of all.
    pub area: Option<String>,
}

/// One case of the history, with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The case's number or line, by which it is told as an example.
    pub name: String,
    pub category: String,
    /// `None` where the history has no position.
    pub place: Option<CasePlace>,
    /// From the department inwards: all cases have equally many. A label may be empty, save the
    /// first.
    pub labels: Vec<String>,
}

/// How rules are learned. The numbers were chosen on one city and hold for others as a start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The largest hexagons of a rule.
    pub coarsest: Resolution,
    /// The smallest hexagons of a rule.
    pub finest: Resolution,
    /// How many of the nearest cases speak for a place.
    pub neighbours: usize,
    /// A case farther away says nothing.
    pub far_km: f64,
    /// Added to each distance, so that a case at the very place does not speak alone.
    pub near_km: f64,
    /// Added to the distance of a case in another area.
    pub border_km: f64,
    /// What a case in a hexagon weighs in favour of its label there.
    pub own_weight: f64,
    /// How much of a case counts in each hexagon around its own: places without cases so far.
    pub spread: f64,
    /// What a wrong first label costs on top of a wrong whole.
    pub lead_weight: f64,
    /// The price of a rule for a hexagon, in wrong cases.
    pub cell_price: f64,
    /// The price of a rule for an area.
    pub area_price: f64,
    /// How many times likelier a place is to keep the first label in force than to have another, as
    /// far as nothing is known of it. With the share of odd cases it makes the price of a change.
    pub lead_odds: f64,
    /// By how many cases another first label must lead in a hexagon, where the place does not
    /// decide first labels.
    pub exception_cases: u32,
    /// How probable such a hexagon may be by chance alone.
    pub exception_chance: f64,
    /// For how many cases at least the other cases at their very spot must foretell another first
    /// label than the fixed one, before spots are believed.
    pub spot_cases: u32,
    /// When there would be more rules, prices rise until there are not.
    pub rules_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            coarsest: Resolution::Five,
            finest: Resolution::Nine,
            neighbours: 7,
            far_km: 5.0,
            near_km: 0.05,
            border_km: 1.0,
            own_weight: 10.0,
            spread: 0.3,
            lead_weight: 0.5,
            cell_price: 0.8,
            area_price: 0.5,
            lead_odds: 50.0,
            exception_cases: 3,
            exception_chance: 0.002,
            spot_cases: 3,
            rules_max: 1_999,
        }
    }
}

/// What was learned.
#[derive(Clone, Debug)]
pub struct Learned {
    pub book: RuleBook,
    /// Categories that share their rules, the largest family first.
    pub families: Vec<Vec<String>>,
    /// The same category and place with split labels, the most cases first.
    pub contradictions: Vec<Contradiction>,
}

/// How often prices are doubled at most; after that every hexagon costs more than all cases.
const DOUBLINGS_MAX: u32 = 40;

/// Learns rules from the cases. The order of the cases matters for examples only where cases
/// contradict each other at one point.
pub fn learn(cases: &[Case], options: &Options) -> Learned {
    let encoded = encode(cases, options);
    let families = family::families(&encoded);
    let hexagons =
        families.iter().flat_map(|family| exception::exceptions(&encoded, family, options));
    let spots = exception::spots(&encoded, &families, options);
    let exceptions: Vec<Exception> = hexagons.chain(spots).take(options.rules_max / 2).collect();
    let found = rules_of_families(&encoded, &families, options, exceptions.len());
    let mut rules: Vec<LearnedRule> =
        exceptions.iter().map(|exception| exception_rule(&encoded, exception)).collect();
    for (family, found) in families.iter().zip(found) {
        for found in found {
            // A category with an exception in this very place is not decided twice.
            let is_other = |category: &&u32| {
                !exceptions.iter().any(|exception| {
                    exception.categories.contains(category)
                        && (exception.area, Some(exception.cell)) == (found.area, found.cell)
                })
            };
            let own: Vec<u32> = family.categories.iter().filter(is_other).copied().collect();
            if !own.is_empty() {
                rules.push(to_rule(&encoded, &names_of(&encoded, &own), &found));
            }
        }
    }
    let mut book = RuleBook::new(number(rules));
    let contradictions = score::tally(&mut book, cases);
    let families = families.iter().map(|f| names_of(&encoded, &f.categories)).collect();
    Learned { book, families, contradictions }
}

/// The rules of each family; prices rise until, with `others`, there are not too many.
fn rules_of_families(
    encoded: &Encoded,
    families: &[Family],
    options: &Options,
    others: usize,
) -> Vec<Vec<Found>> {
    let leaves: Vec<_> =
        families.iter().map(|family| evidence::leaves(encoded, family, options)).collect();
    let mut priced = *options;
    let mut found = Vec::new();
    for _ in 0..DOUBLINGS_MAX {
        found = families
            .iter()
            .zip(&leaves)
            .map(|(family, leaves)| tree::rules(encoded, family, leaves, &priced))
            .collect();
        if found.iter().map(Vec::len).sum::<usize>() + others <= options.rules_max {
            break;
        }
        priced.cell_price *= 2.0;
        priced.area_price *= 2.0;
    }
    found
}

fn exception_rule(encoded: &Encoded, exception: &Exception) -> LearnedRule {
    let Exception { categories, area, cell, label } = exception;
    let found = Found { area: *area, cell: Some(*cell), label: *label };
    to_rule(encoded, &names_of(encoded, categories), &found)
}

fn names_of(encoded: &Encoded, categories: &[u32]) -> Vec<String> {
    categories.iter().map(|&category| encoded.categories[category as usize].clone()).collect()
}

fn to_rule(encoded: &Encoded, categories: &[String], found: &Found) -> LearnedRule {
    LearnedRule {
        id: String::new(),
        categories: categories.to_vec(),
        area: found.area.map(|area| encoded.areas[area as usize].clone()),
        cell: found.cell,
        labels: encoded.labels[found.label as usize].clone(),
        support: 0,
        right: 0,
        against: Vec::new(),
    }
}

/// Gives ids in the order of the rules, padded so that their order as texts is the same.
fn number(mut rules: Vec<LearnedRule>) -> Vec<LearnedRule> {
    let width = rules.len().to_string().len().max(4);
    for (i, rule) in rules.iter_mut().enumerate() {
        rule.id = format!("L{:0width$}", i + 1);
    }
    rules
}

/// The hexagon around a place at `resolution`, as the tree of hexagons has it: the parent of the
/// finest one, which at its rim is not always the one that holds the point.
pub(super) fn cell_at(place: &Position, resolution: Resolution) -> Option<CellIndex> {
    place.cell().parent(resolution)
}
