//! The check of a matrix before it goes live (DOMAIN.md §6.5): everything in it that cannot do what
//! its author meant, each finding with its weight and the place where it is mended.
//!
//! A check looks at every report that could be made within its horizon: in any area (also in an
//! area and in none of its parts), of any category that can be filed, of either severity, at any
//! minute. It never goes through them one by one: rules are found by the matrix's index, areas
//! count only where a rule or a rung names them, hexagons are smaller places within them and never
//! taken to cover one, and times are compared as sets of days and
//! spans of minutes. The tests go through them all, on small matrices, and compare.

mod defect;
mod lead;
mod reach;
mod span;
mod tree;
mod words;

pub use defect::{Defect, Finding, MatrixFile, NamedCategory, NamedPlace, RowRef, Weight};
pub use span::{Horizon, Moment};
pub use tree::{AreaEntry, AreaNode, AreaTree};

use self::span::{Days, Span};
use super::{AssetScope, CategoryFacts, Matrix, RuleId, Rung, Selector};
use crate::domain::catalog::{Catalog, Category, SchemeCode};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::territory::Level;
use crate::domain::time::Day;
use h3o::CellIndex;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How far ahead a check looks, in days: a year, so that every season's rules are seen.
pub const HORIZON_DAYS: usize = 366;

/// What a matrix is checked against.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub catalog: &'a Catalog,
    /// The schemes that people report under; empty for all.
    pub schemes: &'a [SchemeCode],
    /// Empty: areas are not checked, and a finding says so.
    pub areas: &'a AreaTree,
    /// The layers of owned things, each with its owners.
    pub layers: &'a BTreeMap<String, BTreeSet<String>>,
    pub horizon: Horizon,
}

/// Checks a matrix. Errors come first, and the rest in a fixed order.
pub fn lint(matrix: &Matrix, around: Surroundings<'_>) -> Vec<Finding> {
    let check = Check::of(matrix, around);
    let mut defects = Vec::new();
    if around.areas.is_empty() {
        defects.push(Defect::NoTerritory);
    }
    defects.extend(check.unknown());
    defects.extend(check.inactive());
    defects.extend(check.expired());
    defects.extend(check.equal_ranks());
    defects.extend(check.unreachable());
    defects.extend(check.never_holding());
    defects.extend(check.without_lead());
    defects.extend(check.only_fallback());
    defects.extend(check.rung_gaps());
    defects.extend(check.without_limit());
    let mut findings: Vec<Finding> =
        defects.into_iter().map(|d| Finding { weight: d.weight(), defect: d }).collect();
    // Stable: within a weight the order above stays.
    findings.sort_by_key(|finding| finding.weight);
    findings
}

/// A rung as a row.
pub fn rung_ref(rung: &Rung) -> RowRef {
    RowRef::Rung { level: rung.level, area: rung.area.clone(), kind: rung.kind }
}

/// Categories that the rules tell apart in nothing.
struct Group<'a> {
    categories: Vec<&'a Category>,
    /// Of the first.
    facts: CategoryFacts,
    kind: Kind,
    /// The days on which they can be reported.
    days: Days,
}

/// What is worked out once.
struct Check<'a> {
    matrix: &'a Matrix,
    around: Surroundings<'a>,
    /// By the rules' positions.
    spans: Vec<Span>,
    /// Whether a rule can win at all: its lead works, what it names is there, it holds some day.
    works: Vec<bool>,
    /// Categories that can be filed, of the schemes that people report under.
    filed: Vec<&'a Category>,
    /// The hexagons of rules that lie within a larger one of a rule.
    finer: HashMap<CellIndex, BTreeSet<CellIndex>>,
}

impl<'a> Check<'a> {
    fn of(matrix: &'a Matrix, around: Surroundings<'a>) -> Self {
        let spans: Vec<Span> =
            matrix.rules().iter().map(|rule| Span::of(rule, around.horizon)).collect();
        let headings: HashSet<&CategoryCode> =
            around.catalog.categories().filter_map(|c| c.parent.as_ref()).collect();
        let is_reported =
            |c: &Category| around.schemes.is_empty() || around.schemes.contains(&c.scheme);
        let filed = around
            .catalog
            .categories()
            .filter(|c| c.small_code.is_some() || !headings.contains(&c.code))
            .filter(|c| is_reported(c))
            .collect();
        let finer = reach::finer_cells(matrix);
        let mut check = Self { matrix, around, spans, works: Vec::new(), filed, finer };
        let works = |(i, rule): (usize, &super::Rule)| {
            matrix.is_active(&rule.lead)
                && !check.spans[i].days.is_empty()
                && check.knows_area(rule)
        };
        check.works = matrix.rules().iter().enumerate().map(works).collect();
        check
    }

    fn knows_area(&self, rule: &super::Rule) -> bool {
        let areas = self.around.areas;
        let known = |area: &super::RuleArea| areas.find(area.level, &area.code).is_some();
        areas.is_empty() || rule.area.as_ref().is_none_or(known)
    }

    fn knows_selector(&self, selector: &Selector) -> bool {
        let catalog = self.around.catalog;
        let is_small = |code| catalog.category(code).map(|c| c.small_code.is_some());
        match selector {
            Selector::Condition(code) => catalog.condition(code).is_some(),
            Selector::SmallClass(code) => is_small(code) == Some(true),
            Selector::BigClass(code) => is_small(code) == Some(false),
            Selector::Kind(_) | Selector::Any => true,
        }
    }

    /// The categories in groups that the rules, and the calendar, treat alike.
    fn groups(&self, categories: impl Iterator<Item = &'a Category>) -> Vec<Group<'a>> {
        let mut order = HashMap::new();
        let mut groups: Vec<Group<'a>> = Vec::new();
        for category in categories {
            let Some(facts) = CategoryFacts::of(self.around.catalog, &category.code) else {
                continue;
            };
            let days = self.around.horizon.days_of(category.validity);
            let key = (self.matrix.mark_of(&facts), category.kind, days.clone());
            let at = *order.entry(key).or_insert_with(|| {
                let kind = category.kind;
                groups.push(Group { categories: Vec::new(), facts, kind, days });
                groups.len() - 1
            });
            groups[at].categories.push(category);
        }
        groups
    }

    fn place(&self, node: usize) -> NamedPlace {
        let node = &self.around.areas.nodes()[node];
        NamedPlace { code: node.code.clone(), name: node.name.clone() }
    }

    fn unknown(&self) -> Vec<Defect> {
        let areas = self.around.areas;
        let mut defects = Vec::new();
        let mut check_area = |row: RowRef, level: Level, code: &AreaCode| {
            if !areas.is_empty() && areas.find(level, code).is_none() {
                let found = areas.named(code).map(|node| node.level);
                defects.push(Defect::UnknownArea { row, level, area: code.clone(), found });
            }
        };
        for rule in self.matrix.rules() {
            if let Some(area) = &rule.area {
                check_area(RowRef::Rule(rule.id.clone()), area.level, &area.code);
            }
        }
        for rung in self.matrix.ladder() {
            check_area(rung_ref(rung), rung.level, &rung.area);
        }
        for rule in self.matrix.rules() {
            if !self.knows_selector(&rule.selector) {
                let selector = rule.selector.clone();
                defects.push(Defect::UnknownSelector { rule: rule.id.clone(), selector });
            }
            let Some(asset) = &rule.asset else { continue };
            let owners = self.around.layers.get(&asset.layer);
            let owned =
                |owner: &String| owners.is_some_and(|owners| owners.contains(owner.as_str()));
            if owners.is_none() || !asset.owner.as_ref().is_none_or(owned) {
                let (rule, asset) = (rule.id.clone(), asset.clone());
                let layer_known = owners.is_some();
                defects.push(Defect::UnknownAsset { rule, asset, layer_known });
            }
        }
        defects
    }

    fn inactive(&self) -> Vec<Defect> {
        let mut defects = Vec::new();
        for rule in self.matrix.rules() {
            if !self.matrix.is_active(&rule.lead) {
                let (row, department) = (RowRef::Rule(rule.id.clone()), rule.lead.clone());
                defects.push(Defect::InactiveLead { row, department });
            }
            for department in rule.assists.iter().filter(|code| !self.matrix.is_active(code)) {
                let (rule, department) = (rule.id.clone(), department.clone());
                defects.push(Defect::InactiveAssist { rule, department });
            }
        }
        for rung in self.matrix.ladder() {
            if !self.matrix.is_active(&rung.department) {
                let (row, department) = (rung_ref(rung), rung.department.clone());
                defects.push(Defect::InactiveLead { row, department });
            }
        }
        defects
    }

    fn expired(&self) -> Vec<Defect> {
        let today = self.around.horizon.from;
        let rules = self.matrix.rules().iter().filter_map(|rule| {
            let ends = [rule.validity.to(), rule.window.last_day()];
            let to = ends.into_iter().flatten().min().filter(|&to| to < today)?;
            Some(Defect::Expired { row: RowRef::Rule(rule.id.clone()), to })
        });
        let rungs = self.matrix.ladder().iter().filter_map(|rung| {
            let to = rung.validity.to().filter(|&to| to < today)?;
            Some(Defect::Expired { row: rung_ref(rung), to })
        });
        rules.chain(rungs).collect()
    }

    /// Each rule with the first rule before it that has its rank and can fit together with it.
    fn equal_ranks(&self) -> Vec<Defect> {
        let rules = self.matrix.rules();
        let mut groups = HashMap::<_, Vec<usize>>::new();
        let mut defects = Vec::new();
        for (i, rule) in rules.iter().enumerate().filter(|&(i, _)| self.works[i]) {
            // Of two different things the nearer one's rule goes first. Two hexagons of one size
            // have no place in common.
            let key = (rule.priority, &rule.selector, &rule.area, rule.cell, &rule.asset);
            let group = groups.entry(key).or_default();
            if let Some(&j) = group.iter().find(|&&j| self.spans[j].meets(&self.spans[i])) {
                let (rule, other) = (&rules[i], &rules[j]);
                defects.push(Defect::EqualRank {
                    rule: rule.id.clone(),
                    other: other.id.clone(),
                    same_lead: rule.lead == other.lead,
                });
            }
            group.push(i);
        }
        defects
    }

    fn without_limit(&self) -> Vec<Defect> {
        let filed: HashSet<&CategoryCode> = self.filed.iter().map(|c| &c.code).collect();
        let mut unlimited = BTreeMap::<&Selector, Vec<&RuleId>>::new();
        let open = self.matrix.rules().iter().enumerate();
        for (_, rule) in open.filter(|&(i, rule)| self.works[i] && rule.limit.is_none()) {
            unlimited.entry(&rule.selector).or_default().push(&rule.id);
        }
        let mut conditions: Vec<_> =
            self.around.catalog.conditions().filter(|c| c.limit.is_none()).collect();
        conditions.sort_by(|a, b| a.code.cmp(&b.code));
        let mut defects = Vec::new();
        for condition in conditions.into_iter().filter(|c| filed.contains(&c.category)) {
            let Some(facts) = CategoryFacts::of(self.around.catalog, &condition.category) else {
                continue;
            };
            let Some(kind) = self.around.catalog.category(&condition.category).map(|c| c.kind)
            else {
                continue;
            };
            let selectors = [
                Some(Selector::Condition(condition.code.clone())),
                facts.small.clone().map(Selector::SmallClass),
                facts.big.clone().map(Selector::BigClass),
                Some(Selector::Kind(kind)),
                Some(Selector::Any),
            ];
            let found = selectors.iter().flatten().filter_map(|s| unlimited.get(s)).flatten();
            let rules: Vec<RuleId> = found.map(|id| (*id).clone()).collect();
            if !rules.is_empty() {
                let category = named_category(&facts);
                let (code, text) = (condition.code.clone(), condition.text.clone());
                defects.push(Defect::NoLimit { condition: code, text, category, rules });
            }
        }
        defects
    }
}

fn named_category(facts: &CategoryFacts) -> NamedCategory {
    NamedCategory {
        code: facts.code.clone(),
        name: facts.name.clone(),
        name_en: facts.name_en.clone(),
    }
}

#[cfg(test)]
mod tests;
