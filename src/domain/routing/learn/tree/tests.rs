//! The cheapest rules against a search through all sets of rules.

use h3o::LatLng;

use super::*;

/// A small generator with the same numbers everywhere (an LCG by Knuth).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
        (self.0 >> 33) % n
    }
}

/// Every node that may have a rule, and for each load those above it, from the root inwards.
fn nodes_of(loads: &[Load]) -> (Vec<Option<CellIndex>>, Vec<Vec<usize>>) {
    let mut nodes = vec![None];
    let mut paths = Vec::new();
    for load in loads {
        let mut path = vec![0];
        for resolution in [Resolution::Eight, Resolution::Nine] {
            let cell = Some(load.cell.parent(resolution).unwrap());
            let known = nodes.iter().position(|node| *node == cell);
            path.push(known.unwrap_or(nodes.len()));
            if known.is_none() {
                nodes.push(cell);
            }
        }
        paths.push(path);
    }
    (nodes, paths)
}

/// What a rule costs at a node, where a label is in force above it.
fn price(prices: Prices<'_>, is_root: bool, label: usize, above: usize) -> f64 {
    let changes = prices.leads[label] != prices.leads[above];
    (if is_root { prices.root } else { prices.cell }) + if changes { prices.lead } else { 0.0 }
}

/// The slow truth: what the best of all sets of rules costs. `none` is what is in force anyway.
fn least_cost(loads: &[Load], none: usize, prices: Prices<'_>) -> f64 {
    let (nodes, paths) = nodes_of(loads);
    let choices = (none + 1).pow(nodes.len() as u32);
    let mut least = f64::INFINITY;
    for mut choice in 0..choices {
        let mut rule_of = Vec::new();
        for _ in 0..nodes.len() {
            rule_of.push(choice % (none + 1));
            choice /= none + 1;
        }
        let mut cost = 0.0;
        let mut paid = vec![false; nodes.len()];
        for (load, path) in loads.iter().zip(&paths) {
            let mut above = none;
            for &node in path {
                let rule = rule_of[node];
                if rule < none {
                    let due = !std::mem::replace(&mut paid[node], true);
                    cost += if due { price(prices, node == 0, rule, above) } else { 0.0 };
                    above = rule;
                }
            }
            cost += load.costs[above];
        }
        least = least.min(cost);
    }
    least
}

/// What the rules found cost, as far as the price of a change of the first label goes by the
/// labels in force above them.
fn cost_of(
    loads: &[Load],
    (rules, in_force): &(Vec<(Option<CellIndex>, usize)>, Vec<usize>),
    none: usize,
    prices: Prices<'_>,
) -> f64 {
    let label_of = |cell: Option<CellIndex>| rules.iter().find(|r| r.0 == cell).map(|r| r.1);
    let above = |cell: Option<CellIndex>| {
        let cell = cell?;
        let larger = [Resolution::Eight].into_iter().filter(|r| *r < cell.resolution());
        larger.filter_map(|r| label_of(cell.parent(r))).next().or_else(|| label_of(None))
    };
    let prices = rules
        .iter()
        .map(|&(cell, label)| price(prices, cell.is_none(), label, above(cell).unwrap_or(none)));
    let costs = loads.iter().zip(in_force).map(|(load, &label)| load.costs[label]);
    prices.chain(costs).sum()
}

#[test]
fn no_other_set_of_rules_costs_less() {
    let mut chance = Chance(7);
    let middle = LatLng::new(34.05, -118.25).unwrap().to_cell(Resolution::Eight);
    let mut cells: Vec<CellIndex> = middle.children(Resolution::Nine).collect();
    cells.extend(middle.grid_ring::<Vec<_>>(1)[0].children(Resolution::Nine).take(2));
    for round in 0..60_u32 {
        let labels = 2;
        let loads: Vec<Load> = (0..5)
            .map(|_| Load {
                cell: cells[chance.below(cells.len() as u64) as usize],
                costs: (0..=labels).map(|_| chance.below(40) as f64 / 8.0).collect(),
            })
            .collect();
        let mut eighths = |most| chance.below(most) as f64 / 8.0;
        let (root, cell, lead) = (eighths(16), eighths(16), eighths(24));
        // The second label has a first label of its own; so has what is in force, every other time.
        let prices = Prices { root, cell, lead, leads: &[0, 1, round % 2] };
        let bounds = (Resolution::Eight, Resolution::Nine);
        let found = cheapest(&loads, bounds, prices);
        let cost = cost_of(&loads, &found, labels, prices);
        let least = least_cost(&loads, labels, prices);
        assert!((cost - least).abs() < 1e-9, "round {round}: {cost}, the best has {least}");
    }
}

#[test]
fn the_root_has_no_rule_where_its_price_is_infinite() {
    let cell = LatLng::new(34.05, -118.25).unwrap().to_cell(Resolution::Nine);
    let loads = [Load { cell, costs: vec![0.0, 5.0] }];
    let bounds = (Resolution::Eight, Resolution::Nine);
    let prices = Prices { root: f64::INFINITY, cell: 1.0, lead: 0.0, leads: &[0, 0] };
    let (rules, in_force) = cheapest(&loads, bounds, prices);
    assert_eq!(rules, [(cell.parent(Resolution::Eight), 0)]);
    assert_eq!(in_force, [0]);
    assert_eq!(cheapest(&[], bounds, prices), (Vec::new(), Vec::new()));
}
