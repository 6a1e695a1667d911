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

/// The slow truth: what the best of all sets of rules costs.
fn least_cost(loads: &[Load], labels: usize, root_price: f64, cell_price: f64) -> f64 {
    let (nodes, paths) = nodes_of(loads);
    let choices = (labels + 1).pow(nodes.len() as u32);
    let mut least = f64::INFINITY;
    for mut choice in 0..choices {
        let mut rule_of = Vec::new();
        let mut cost = 0.0;
        for node in 0..nodes.len() {
            let rule = choice % (labels + 1);
            choice /= labels + 1;
            let price = if node == 0 { root_price } else { cell_price };
            cost += if rule < labels { price } else { 0.0 };
            rule_of.push(rule);
        }
        for (load, path) in loads.iter().zip(&paths) {
            let rule = path.iter().rev().map(|&n| rule_of[n]).find(|&rule| rule < labels);
            cost += load.costs[rule.unwrap_or(labels)];
        }
        least = least.min(cost);
    }
    least
}

fn cost_of(
    loads: &[Load],
    (rules, in_force): &(Vec<(Option<CellIndex>, usize)>, Vec<usize>),
    root_price: f64,
    cell_price: f64,
) -> f64 {
    let prices = rules.iter().map(|(cell, _)| if cell.is_none() { root_price } else { cell_price });
    let costs = loads.iter().zip(in_force).map(|(load, &label)| load.costs[label]);
    prices.chain(costs).sum()
}

#[test]
fn no_other_set_of_rules_costs_less() {
    let mut chance = Chance(7);
    let middle = LatLng::new(34.05, -118.25).unwrap().to_cell(Resolution::Eight);
    let mut cells: Vec<CellIndex> = middle.children(Resolution::Nine).collect();
    cells.extend(middle.grid_ring::<Vec<_>>(1)[0].children(Resolution::Nine).take(2));
    for round in 0..60 {
        let labels = 2;
        let loads: Vec<Load> = (0..5)
            .map(|_| Load {
                cell: cells[chance.below(cells.len() as u64) as usize],
                costs: (0..=labels).map(|_| chance.below(40) as f64 / 8.0).collect(),
            })
            .collect();
        let prices = (chance.below(16) as f64 / 8.0, chance.below(16) as f64 / 8.0);
        let bounds = (Resolution::Eight, Resolution::Nine);
        let found = cheapest(&loads, bounds, prices.0, prices.1);
        let cost = cost_of(&loads, &found, prices.0, prices.1);
        let least = least_cost(&loads, labels, prices.0, prices.1);
        assert!((cost - least).abs() < 1e-9, "round {round}: {cost}, the best has {least}");
    }
}

#[test]
fn the_root_has_no_rule_where_its_price_is_infinite() {
    let cell = LatLng::new(34.05, -118.25).unwrap().to_cell(Resolution::Nine);
    let loads = [Load { cell, costs: vec![0.0, 5.0] }];
    let bounds = (Resolution::Eight, Resolution::Nine);
    let (rules, in_force) = cheapest(&loads, bounds, f64::INFINITY, 1.0);
    assert_eq!(rules, [(cell.parent(Resolution::Eight), 0)]);
    assert_eq!(in_force, [0]);
    assert_eq!(cheapest(&[], bounds, 1.0, 1.0), (Vec::new(), Vec::new()));
}
