//! Rules that never win, because better ones fit whenever they do.

use super::super::{Facts, LocalTime, Matrix, NearbyAsset, Position, Rule, RuleId, Selector};
use super::span::first_uncovered;
use super::{Check, Defect, Group};
use crate::domain::catalog::Category;
use crate::domain::id::ConditionCode;
use crate::domain::territory::position::CELL_RESOLUTION;
use crate::domain::time::{Day, Timestamp};
use h3o::{CellIndex, LatLng, Resolution};
use std::collections::{BTreeSet, HashMap};

/// Weekdays fall on the same dates again after 28 years, or 40 over a century without a leap year.
const CYCLE_DAYS: i32 = 41 * 366;

/// For each hexagon of a rule, those of rules that lie within it and are smaller.
pub(super) fn finer_cells(matrix: &Matrix) -> HashMap<CellIndex, BTreeSet<CellIndex>> {
    let cells: BTreeSet<CellIndex> = matrix.rules().iter().filter_map(|rule| rule.cell).collect();
    let mut finer = HashMap::<CellIndex, BTreeSet<CellIndex>>::new();
    for &cell in &cells {
        let larger = Resolution::range(Resolution::Zero, cell.resolution());
        let around = larger.filter_map(|resolution| cell.parent(resolution));
        for outer in around.filter(|outer| *outer != cell && cells.contains(outer)) {
            finer.entry(outer).or_default().insert(cell);
        }
    }
    finer
}

/// One smallest hexagon in each part into which the `finer` ones divide a hexagon. What none of
/// them takes comes first: there a rule is likeliest to win.
fn add_parts(cell: CellIndex, finer: &[CellIndex], parts: &mut Vec<CellIndex>) {
    let next = cell.resolution().succ().filter(|_| !finer.is_empty());
    let Some(next) = next else {
        parts.extend(cell.center_child(CELL_RESOLUTION));
        return;
    };
    let within = |child: CellIndex| -> Vec<CellIndex> {
        finer.iter().filter(|own| own.parent(next) == Some(child)).copied().collect()
    };
    let (bare, taken): (Vec<_>, Vec<_>) =
        cell.children(next).map(|child| (child, within(child))).partition(|c| c.1.is_empty());
    // All that is left bare is alike.
    let bare = bare.first().and_then(|(child, _)| child.center_child(CELL_RESOLUTION));
    parts.extend(bare);
    for (child, mut within) in taken {
        within.retain(|own| *own != child);
        add_parts(child, &within, parts);
    }
}

impl<'a> Check<'a> {
    pub(super) fn unreachable(&self) -> Vec<Defect> {
        let rules = self.matrix.rules().iter().enumerate();
        rules
            .filter(|&(i, rule)| self.works[i] && self.knows_selector(&rule.selector))
            .filter_map(|(i, rule)| {
                let by = self.shadowed_by(i, rule)?;
                Some(Defect::Unreachable { rule: rule.id.clone(), by })
            })
            .collect()
    }

    /// Rules whose validity and window have no day in common from the first day on.
    pub(super) fn never_holding(&self) -> Vec<Defect> {
        let rules = self.matrix.rules().iter().enumerate();
        let idle = rules.filter(|&(i, rule)| self.spans[i].days.is_empty() && !self.is_over(rule));
        let never = idle.filter(|(_, rule)| !self.ever_holds(rule));
        let defect = |(_, rule): (usize, &Rule)| Defect::Unreachable {
            rule: rule.id.clone(),
            by: Vec::new(),
        };
        never.map(defect).collect()
    }

    /// What is over is told as that.
    fn is_over(&self, rule: &Rule) -> bool {
        let ends = [rule.validity.to(), rule.window.last_day()];
        ends.into_iter().flatten().any(|to| to < self.around.horizon.from)
    }

    fn ever_holds(&self, rule: &Rule) -> bool {
        let begins = [rule.validity.from(), rule.window.first_day()];
        let first = begins.into_iter().flatten().fold(self.around.horizon.from, Day::max);
        let ends = [rule.validity.to(), rule.window.last_day()];
        let last =
            ends.into_iter().flatten().fold(Day(first.0.saturating_add(CYCLE_DAYS)), Day::min);
        (first.0..=last.0).any(|day| rule.window.touches(Day(day)))
    }

    /// The better rules that leave nothing to the rule at `position`; `None` when something is
    /// left.
    ///
    /// Of all reports that the rule fits, those are looked at that the fewest others fit: in its
    /// area and in none of its parts, near nothing but one thing that it asks for, without a
    /// condition unless it asks for one; and without a position, or in the rule's own hexagon, in
    /// each part of it that smaller hexagons leave or take. Whatever else a report has only brings
    /// more rules.
    fn shadowed_by(&self, position: usize, rule: &Rule) -> Option<Vec<RuleId>> {
        let (condition, categories) = self.reports_of(&rule.selector);
        let groups = self.groups(categories.into_iter());
        let mut by = Vec::new();
        let places = self.places_of(rule);
        for (group, &place) in groups.iter().flat_map(|g| places.iter().map(move |p| (g, p))) {
            let mut facts = self.least_facts(rule, group, condition.clone());
            facts.position = place;
            let better: Vec<usize> = self
                .matrix
                .candidates(&facts)
                .into_iter()
                .take_while(|&other| other < position)
                .filter(|&other| self.works[other])
                .filter(|&other| self.matrix.rules()[other].asset_fits(&facts))
                .filter(|&other| self.spans[other].meets(&self.spans[position]))
                .collect();
            let spans: Vec<_> = better.iter().map(|&other| &self.spans[other]).collect();
            if first_uncovered(&self.spans[position], &spans, self.around.horizon).is_some() {
                return None;
            }
            by.extend(better);
        }
        by.sort_unstable();
        by.dedup();
        let ids = by.iter().map(|&other| self.matrix.rules()[other].id.clone());
        (!groups.is_empty()).then(|| ids.collect())
    }

    /// Where reports of a rule are looked at.
    fn places_of(&self, rule: &Rule) -> Vec<Option<Position>> {
        let Some(cell) = rule.cell else { return vec![None] };
        let finer: Vec<CellIndex> = self.finer.get(&cell).into_iter().flatten().copied().collect();
        let mut parts = Vec::new();
        add_parts(cell, &finer, &mut parts);
        let position = |part| {
            let middle = LatLng::from(part);
            Some(Position { lon: middle.lng(), lat: middle.lat(), accuracy_m: None })
        };
        parts.into_iter().map(position).collect()
    }

    /// The condition and the categories of the reports that a selector fits.
    fn reports_of(&self, selector: &Selector) -> (Option<ConditionCode>, Vec<&'a Category>) {
        let catalog = self.around.catalog;
        let all = || self.filed.iter().copied();
        match selector {
            Selector::Condition(code) => {
                let category = catalog.condition(code).and_then(|c| catalog.category(&c.category));
                (Some(code.clone()), category.into_iter().collect())
            }
            Selector::SmallClass(code) => (None, catalog.category(code).into_iter().collect()),
            Selector::BigClass(code) => {
                let of_class = |c: &&Category| c.parent.as_ref().unwrap_or(&c.code) == code;
                (None, catalog.categories().filter(of_class).filter(|c| self.is_filed(c)).collect())
            }
            Selector::Kind(kind) => (None, all().filter(|c| c.kind == *kind).collect()),
            Selector::Any => (None, all().collect()),
        }
    }

    /// Whether reports can be filed under a category: a small class, or a big one without any.
    fn is_filed(&self, category: &Category) -> bool {
        category.small_code.is_some() || self.around.catalog.can_be_filed(category)
    }

    fn least_facts(
        &self,
        rule: &Rule,
        group: &Group<'a>,
        condition: Option<ConditionCode>,
    ) -> Facts {
        let area = rule.area.as_ref().and_then(|a| self.around.areas.find(a.level, &a.code));
        let mut chain = self.around.areas.chain(area);
        // Without a territory the rule's own area is all that is known of its place.
        if let (true, Some(area)) = (self.around.areas.is_empty(), &rule.area) {
            let (level, code) = (area.level, area.code.clone());
            chain.push(super::super::Place { level, name: code.to_string(), code });
        }
        let asset = rule.asset.as_ref().map(|asset| NearbyAsset {
            layer: asset.layer.clone(),
            code: String::new(),
            name: String::new(),
            owner: asset.owner.clone(),
            distance_m: 0.0,
        });
        Facts {
            chain,
            assets: asset.into_iter().collect(),
            category: group.facts.clone(),
            condition,
            condition_limit: None,
            kind: group.kind,
            severity: rule.severity.unwrap_or_default(),
            at: Timestamp(0),
            local: LocalTime::on(self.around.horizon.from, 0),
            position: None,
        }
    }
}
