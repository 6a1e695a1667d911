//! Where nobody leads: categories and areas that no rule and no rung takes, and gaps in the ladder.

use super::span::first_uncovered;
use super::{Check, Days, Defect, Group, Moment, NamedPlace, Selector, Span, named_category};
use crate::domain::id::CategoryCode;
use crate::domain::issue::kind::Kind;
use crate::domain::territory::Level;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The rungs of one kind: for each area that has one, the days on which it answers.
pub(super) type Rungs = HashMap<usize, Days>;

/// An area that rules or rungs name, where nobody leads.
pub(super) struct Uncovered {
    pub(super) node: usize,
    moment: Moment,
    /// Areas without parts at or below it, and below no other named area.
    leaves: usize,
    /// The nearest named area around it.
    around: Option<usize>,
}

impl<'a> Check<'a> {
    /// The days on which each area's own rung answers for a kind, as `decide` picks it: the rung
    /// for the kind before the one for all, and neither when the one picked is inactive.
    pub(super) fn rungs_for(&self, kind: Kind) -> Rungs {
        let horizon = self.around.horizon;
        let mut own = HashMap::<usize, [Days; 3]>::new();
        for rung in self.matrix.ladder() {
            let Some(node) = self.around.areas.find(rung.level, &rung.area) else { continue };
            if rung.kind.is_some_and(|other| other != kind) {
                continue;
            }
            let none = || Days::none(horizon.days);
            // The rung of the kind; of all kinds; the days on which the first is inactive.
            let [special, general, barred] =
                own.entry(node).or_insert_with(|| [none(), none(), none()]);
            let days = horizon.days_of(rung.validity);
            let works = self.matrix.is_active(&rung.department);
            match (rung.kind, works) {
                (Some(_), true) => special.add(&days),
                (Some(_), false) => barred.add(&days),
                (None, true) => general.add(&days),
                (None, false) => {}
            }
        }
        let answer = |(node, [special, general, barred]): (usize, [Days; 3])| {
            let mut days = general.without(&barred);
            days.add(&special);
            (node, days)
        };
        own.into_iter().map(answer).collect()
    }

    fn rung_days(&self, rungs: &Rungs, node: usize) -> Days {
        let mut days = Days::none(self.around.horizon.days);
        for own in self.around.areas.upwards(node).filter_map(|i| rungs.get(&i)) {
            days.add(own);
        }
        days
    }

    pub(super) fn without_lead(&self) -> Vec<Defect> {
        let mut defects = Vec::new();
        let rungs: HashMap<Kind, Rungs> =
            Kind::ALL.into_iter().map(|kind| (kind, self.rungs_for(kind))).collect();
        for group in self.groups(self.filed.iter().copied()) {
            let uncovered = self.uncovered(&group, &rungs[&group.kind]);
            defects.extend(self.tops(&uncovered).into_iter().map(|(node, leaves, moment)| {
                let facts = group.categories.iter().filter_map(|category| {
                    super::CategoryFacts::of(self.around.catalog, &category.code)
                });
                Defect::NoLead {
                    categories: facts.map(|facts| named_category(&facts)).collect(),
                    area: self.place(node),
                    leaves,
                    moment,
                }
            }));
        }
        defects
    }

    /// Categories that no rule can take wherever they are reported, but some rung does.
    pub(super) fn only_fallback(&self) -> Vec<Defect> {
        if self.matrix.ladder().is_empty() {
            return Vec::new();
        }
        let of_conditions: HashSet<&CategoryCode> = self
            .matrix
            .rules()
            .iter()
            .zip(&self.works)
            .filter_map(|(rule, works)| match (&rule.selector, works) {
                (Selector::Condition(code), true) => self.around.catalog.condition(code),
                _ => None,
            })
            .map(|condition| &condition.category)
            .collect();
        let mut bare = Vec::new();
        for group in self.groups(self.filed.iter().copied()) {
            let taking = self.matrix.selecting(&group.facts, group.kind);
            if !taking.iter().any(|&position| self.works[position]) {
                let own = group.categories.into_iter();
                bare.extend(own.filter(|category| !of_conditions.contains(&category.code)));
            }
        }
        bare.sort_by(|a, b| a.code.cmp(&b.code));
        let facts = bare
            .into_iter()
            .filter_map(|category| super::CategoryFacts::of(self.around.catalog, &category.code));
        facts.map(|facts| Defect::OnlyFallback { category: named_category(&facts) }).collect()
    }

    /// The named areas where a report of the group may find nobody, in the order of the tree.
    /// Assets and conditions only bring more rules, so reports without them are looked at.
    pub(super) fn uncovered(&self, group: &Group<'a>, rungs: &Rungs) -> Vec<Uncovered> {
        let areas = self.around.areas;
        let mut anywhere = Vec::new();
        // Every outermost area counts, and every area that a rule or a rung names.
        let roots = areas.nodes().iter().enumerate().filter(|(_, node)| node.parent.is_none());
        let mut named: BTreeMap<usize, Vec<usize>> =
            roots.map(|(i, _)| i).chain(rungs.keys().copied()).map(|i| (i, Vec::new())).collect();
        for position in self.matrix.selecting(&group.facts, group.kind) {
            let rule = &self.matrix.rules()[position];
            if !self.works[position] || rule.asset.is_some() {
                continue;
            }
            match &rule.area {
                None => anywhere.push(position),
                Some(area) => {
                    if let Some(node) = areas.find(area.level, &area.code) {
                        named.entry(node).or_default().push(position);
                    }
                }
            }
        }
        let mut leaves: HashMap<usize, usize> =
            named.keys().map(|&i| (i, areas.nodes()[i].leaves)).collect();
        let mut around = HashMap::new();
        for &node in named.keys() {
            if let Some(outer) = areas.upwards(node).skip(1).find(|i| named.contains_key(i)) {
                around.insert(node, outer);
                // A parent comes before its children, so what is taken off is still whole.
                *leaves.entry(outer).or_default() -= areas.nodes()[node].leaves;
            }
        }
        let moment_at = |&node: &usize| -> Option<Uncovered> {
            let need = Span::whole(group.days.without(&self.rung_days(rungs, node)));
            let chain = areas.upwards(node).filter_map(|i| named.get(&i)).flatten();
            let by: Vec<&Span> = anywhere.iter().chain(chain).map(|&p| &self.spans[p]).collect();
            let moment = first_uncovered(&need, &by, self.around.horizon)?;
            let outer = around.get(&node).copied();
            Some(Uncovered { node, moment, leaves: leaves[&node], around: outer })
        };
        named.keys().filter_map(moment_at).collect()
    }

    /// Uncovered areas that touch are told as one: the outermost, with the leaves of all.
    fn tops(&self, uncovered: &[Uncovered]) -> Vec<(usize, usize, Moment)> {
        let mut top_of = HashMap::<usize, usize>::new();
        let mut tops = BTreeMap::<usize, (usize, Moment)>::new();
        for area in uncovered {
            let top = area.around.and_then(|outer| top_of.get(&outer).copied());
            let top = top.unwrap_or(area.node);
            top_of.insert(area.node, top);
            tops.entry(top).or_insert((0, area.moment)).0 += area.leaves;
        }
        tops.into_iter().map(|(node, (leaves, moment))| (node, leaves, moment)).collect()
    }

    pub(super) fn rung_gaps(&self) -> Vec<Defect> {
        // A matrix without a ladder has chosen to have none; reports without a lead are told apart.
        if self.matrix.ladder().is_empty() {
            return Vec::new();
        }
        let all = self.around.horizon.all();
        let nodes = self.around.areas.nodes();
        let mut kinds_of = BTreeMap::<usize, Vec<Kind>>::new();
        for kind in Kind::ALL {
            let rungs = self.rungs_for(kind);
            let mut reach: Vec<Days> = Vec::with_capacity(nodes.len());
            for (i, node) in nodes.iter().enumerate() {
                let none = || Days::none(self.around.horizon.days);
                let mut days = node.parent.map_or_else(none, |parent| reach[parent].clone());
                if let Some(own) = rungs.get(&i) {
                    days.add(own);
                }
                reach.push(days);
            }
            // From the last to the first: whether every area without parts below has a gap.
            let mut gaping: Vec<bool> = reach.iter().map(|days| *days != all).collect();
            let mut closed = vec![false; nodes.len()];
            for i in (0..nodes.len()).rev() {
                gaping[i] &= !closed[i];
                if let Some(parent) = nodes[i].parent {
                    closed[parent] |= !gaping[i];
                }
            }
            for (i, node) in nodes.iter().enumerate() {
                if gaping[i] && !node.parent.is_some_and(|parent| gaping[parent]) {
                    kinds_of.entry(i).or_default().push(kind);
                }
            }
        }
        let gap = |(node, kinds): (usize, Vec<Kind>)| Defect::RungGap {
            area: self.place(node),
            kinds,
            leaves: nodes[node].leaves,
        };
        let mut defects: Vec<Defect> = kinds_of.into_iter().map(gap).collect();
        defects.extend(Level::ALL.into_iter().filter_map(|level| self.rungs_missing(level)));
        defects
    }

    /// The areas of a level without a rung where others of the level have one.
    fn rungs_missing(&self, level: Level) -> Option<Defect> {
        let areas = self.around.areas;
        let rungs = self.matrix.ladder().iter();
        let with: std::collections::HashSet<usize> =
            rungs.filter_map(|rung| areas.find(rung.level, &rung.area)).collect();
        let of_level = |i: &usize| areas.nodes()[*i].level == level;
        let all: Vec<usize> = (0..areas.nodes().len()).filter(of_level).collect();
        let without: Vec<NamedPlace> =
            all.iter().filter(|i| !with.contains(i)).map(|&i| self.place(i)).collect();
        let mixed = !without.is_empty() && without.len() < all.len();
        mixed.then_some(Defect::RungMissing { level, areas: without, of: all.len() })
    }
}
