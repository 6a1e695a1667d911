//! The cheapest set of rules over the tree anywhere → area → hexagons of growing resolution: a rule
//! holds for what is below it until a finer one takes over.
//!
//! Each node has, for every label that may be in force above it, the least cost of what is below.
//! A child's cost is that of leaving the label in force, or of its best own label plus the price
//! of a rule. This is exact: no other set of rules costs less, which a test compares.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use h3o::{CellIndex, Resolution};

use super::Options;
use super::encode::Encoded;
use super::evidence::Leaf;
use super::family::Family;

/// A rule of a family; without area and cell it holds anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub area: Option<u32>,
    pub cell: Option<CellIndex>,
    pub label: u32,
}

/// What a hexagon costs under each label of a list, and last under what is in force anyway.
pub(super) struct Load {
    pub cell: CellIndex,
    pub costs: Vec<f64>,
}

/// What rules cost, in wrong cases.
#[derive(Clone, Copy)]
pub(super) struct Prices<'a> {
    /// Of a rule at the root; infinite where it may have none.
    pub root: f64,
    pub cell: f64,
    /// On top, of a rule that changes the first label.
    pub lead: f64,
    /// The first labels of the labels of a load, and last of what is in force anyway.
    pub leads: &'a [u32],
}

impl Prices<'_> {
    /// The cheapest label for a rule at a node, where `above` is in force above it, and the price.
    fn best_rule(&self, node: usize, costs: &[f64], above: usize) -> Option<(usize, f64)> {
        let base = if node == 0 { self.root } else { self.cell };
        let price = |label: usize| {
            base + if self.leads[label] == self.leads[above] { 0.0 } else { self.lead }
        };
        let labels = (0..costs.len() - 1).map(|label| (label, costs[label] + price(label)));
        labels.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

struct Node {
    cell: Option<CellIndex>,
    parent: usize,
    costs: Vec<f64>,
}

/// Less than this is rounding.
const EPSILON: f64 = 1e-9;

/// The cheapest rules for the loads: pairs of a node's cell (`None` for the root) and an index of
/// a label; and for each load the index of the label in force there.
pub(super) fn cheapest(
    loads: &[Load],
    (coarsest, finest): (Resolution, Resolution),
    prices: Prices<'_>,
) -> (Vec<(Option<CellIndex>, usize)>, Vec<usize>) {
    let width = loads.first().map_or(1, |load| load.costs.len());
    let none = width - 1;
    let (mut nodes, leaf_nodes) = plant(loads, coarsest, finest, width);
    // Parents stand before their children.
    for i in (1..nodes.len()).rev() {
        let costs = std::mem::take(&mut nodes[i].costs);
        let parent = nodes[i].parent;
        // A rule's price depends on the first label in force above, so one answer for each is
        // enough.
        let mut by_lead = BTreeMap::<u32, f64>::new();
        for above in 0..width {
            let with_rule = *by_lead.entry(prices.leads[above]).or_insert_with(|| {
                prices.best_rule(i, &costs, above).map_or(f64::INFINITY, |(_, cost)| cost)
            });
            nodes[parent].costs[above] += costs[above].min(with_rule);
        }
        nodes[i].costs = costs;
    }
    let mut in_force = vec![none; nodes.len()];
    let mut rules = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        let above = if i == 0 { none } else { in_force[node.parent] };
        in_force[i] = above;
        // Of two that cost the same the larger hexagon has the rule: it says more of the future.
        if let Some((label, cost)) = prices.best_rule(i, &node.costs, above)
            && label != above
            && node.costs[above] > cost - EPSILON
        {
            in_force[i] = label;
            rules.push((node.cell, label));
        }
    }
    (rules, leaf_nodes.into_iter().map(|node| in_force[node]).collect())
}

/// The tree of the loads' cells and their parents, and each load's node.
fn plant(
    loads: &[Load],
    coarsest: Resolution,
    finest: Resolution,
    width: usize,
) -> (Vec<Node>, Vec<usize>) {
    let empty = |cell, parent| Node { cell, parent, costs: vec![0.0; width] };
    let mut nodes = vec![empty(None, 0)];
    let mut node_of: HashMap<CellIndex, usize> = HashMap::new();
    let mut leaf_nodes = Vec::with_capacity(loads.len());
    for load in loads {
        let mut at = 0;
        for cell in Resolution::range(coarsest, finest).filter_map(|r| load.cell.parent(r)) {
            let next = nodes.len();
            let node = *node_of.entry(cell).or_insert(next);
            if node == next {
                nodes.push(empty(Some(cell), at));
            }
            at = node;
        }
        for (sum, cost) in nodes[at].costs.iter_mut().zip(&load.costs) {
            *sum += cost;
        }
        leaf_nodes.push(at);
    }
    (nodes, leaf_nodes)
}

/// The rules of a family: the one that holds anywhere, then those of areas and their hexagons, then
/// those of hexagons outside every area.
pub(super) fn rules(
    encoded: &Encoded,
    family: &Family,
    leaves: &[Leaf],
    options: &Options,
) -> Vec<Found> {
    let default = default_label(encoded, family, options);
    let mut found = vec![Found { area: None, cell: None, label: default }];
    let cost = |leaf: &Leaf, label| leaf.cost(label, &encoded.leads, options.lead_weight);
    let bounds = (options.coarsest, options.finest);
    let leads_of = |labels: &[u32]| -> Vec<u32> {
        labels.iter().chain([&default]).map(|&label| encoded.leads[label as usize]).collect()
    };
    let mut in_force = vec![default; leaves.len()];
    for (area, range) in areas(leaves) {
        if area.is_none() {
            continue;
        }
        let leaves = &leaves[range.clone()];
        let labels = labels_of(leaves);
        let load = |leaf: &Leaf| Load {
            cell: leaf.cell,
            costs: labels.iter().chain([&default]).map(|&label| cost(leaf, label)).collect(),
        };
        let loads: Vec<Load> = leaves.iter().map(load).collect();
        let leads = leads_of(&labels);
        let prices = Prices {
            root: options.area_price,
            cell: options.cell_price,
            lead: family.lead_price(options),
            leads: &leads,
        };
        let (rules, forces) = cheapest(&loads, bounds, prices);
        found.extend(rules.iter().map(|&(cell, i)| Found { area, cell, label: labels[i] }));
        for (leaf, i) in range.zip(forces) {
            in_force[leaf] = labels.get(i).copied().unwrap_or(default);
        }
    }
    let lead_price = family.lead_price(options);
    found.extend(outside(leaves, &in_force, &cost, (&leads_of, lead_price), options));
    found
}

/// Rules of hexagons outside every area. Such a rule goes before that of an area, so what it would
/// spoil of an area's cases in its hexagon counts against it.
fn outside(
    leaves: &[Leaf],
    in_force: &[u32],
    cost: &impl Fn(&Leaf, u32) -> f64,
    (leads_of, lead_price): (&impl Fn(&[u32]) -> Vec<u32>, f64),
    options: &Options,
) -> Vec<Found> {
    let outside: Vec<&Leaf> = leaves.iter().filter(|leaf| leaf.area.is_none()).collect();
    let root = |leaf: &Leaf| leaf.cell.parent(options.coarsest);
    let roots: BTreeSet<_> = outside.iter().map(|leaf| root(leaf)).collect();
    let labels = labels_of(outside.iter().copied());
    let mut loads = Vec::new();
    for (leaf, &label) in
        leaves.iter().zip(in_force).filter(|(leaf, _)| roots.contains(&root(leaf)))
    {
        let now = cost(leaf, label);
        let costs = labels.iter().map(|&other| match leaf.area {
            None => cost(leaf, other),
            Some(_) => (cost(leaf, other) - now).max(0.0),
        });
        let unchanged = if leaf.area.is_none() { now } else { 0.0 };
        loads.push(Load { cell: leaf.cell, costs: costs.chain([unchanged]).collect() });
    }
    let bounds = (options.coarsest, options.finest);
    let leads = leads_of(&labels);
    let prices =
        Prices { root: f64::INFINITY, cell: options.cell_price, lead: lead_price, leads: &leads };
    let (rules, _) = cheapest(&loads, bounds, prices);
    rules.into_iter().map(|(cell, i)| Found { area: None, cell, label: labels[i] }).collect()
}

/// The label that is right most often, whole or in its first part, wherever the case was.
fn default_label(encoded: &Encoded, family: &Family, options: &Options) -> u32 {
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    let mut firsts: BTreeMap<u32, f64> = BTreeMap::new();
    let readings = family.readings(encoded);
    let labels = family.rows.iter().map(|&i| encoded.rows[i].label);
    for label in labels.filter_map(|label| readings[label as usize]) {
        *counts.entry(label).or_default() += 1.0;
        *firsts.entry(encoded.leads[label as usize]).or_default() += 1.0;
    }
    let worth = |label: u32, count: f64| {
        count + options.lead_weight * firsts[&encoded.leads[label as usize]]
    };
    let best = counts.iter().map(|(&label, &count)| (label, worth(label, count)));
    best.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(0, |best| best.0)
}

/// The areas of the leaves, which lie together, and where they lie.
fn areas(leaves: &[Leaf]) -> Vec<(Option<u32>, std::ops::Range<usize>)> {
    let mut areas = Vec::new();
    let mut from = 0;
    for chunk in leaves.chunk_by(|a, b| a.area == b.area) {
        areas.push((chunk[0].area, from..from + chunk.len()));
        from += chunk.len();
    }
    areas
}

fn labels_of<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> Vec<u32> {
    let labels = leaves.into_iter().flat_map(|leaf| &leaf.chances).map(|&(label, _)| label);
    labels.collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests;
