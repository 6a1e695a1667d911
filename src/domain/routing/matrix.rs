//! The responsibility matrix (权责清单) as one immutable value: rules in the order in which they
//! win, the fallback ladder, the departments, and the index that finds the few rules in question.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use h3o::{CellIndex, Resolution};

use super::{CategoryFacts, Facts, Rule, RuleId};
use crate::domain::catalog::{Department, Limit, Validity};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::territory::level::Level;
use crate::domain::time::Day;

use super::Selector;

/// One rung of the fallback ladder (兜底): who answers for an area when no rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    pub level: Level,
    pub area: AreaCode,
    /// `None`: every kind. A rung for the kind goes before one for every kind.
    pub kind: Option<Kind>,
    pub department: DepartmentCode,
    /// The rung's clock.
    pub limit: Limit,
    pub validity: Validity,
}

/// Why a rule or a rung was left out of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatrixProblem {
    #[error("rule id {0} is given twice; the first stands")]
    DoubleRule(RuleId),
    #[error("rule {rule} names department {department}, which is not given")]
    UnknownDepartment { rule: RuleId, department: DepartmentCode },
    #[error("the rung of {level} {area} names department {department}, which is not given")]
    UnknownRungDepartment { level: Level, area: AreaCode, department: DepartmentCode },
    #[error("the {level} {area} has two rungs for the same kind and time; the first stands")]
    DoubleRung { level: Level, area: AreaCode },
    #[error("department {0} is given twice; the first stands")]
    DoubleDepartment(DepartmentCode),
}

/// The small and the big class of a category, where rules name them.
pub(super) type CategoryMark = (Option<CategoryCode>, Option<CategoryCode>);

/// A version of the matrix. Every department that a rule or rung names is in it.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    version: String,
    /// Best first, so that a lower position always beats a higher one.
    rules: Vec<Rule>,
    departments: BTreeMap<DepartmentCode, Department>,
    ladder: Vec<Rung>,
    index: Index,
    rungs_of: HashMap<AreaCode, Vec<usize>>,
}

impl Matrix {
    /// Builds a version. A bad row is left out and reported; it hides no other row.
    pub fn build(
        version: &str,
        departments: Vec<Department>,
        rules: Vec<Rule>,
        ladder: Vec<Rung>,
    ) -> (Self, Vec<MatrixProblem>) {
        let mut matrix = Self { version: version.to_owned(), ..Self::default() };
        let mut problems = Vec::new();
        for department in departments {
            if matrix.departments.contains_key(&department.code) {
                problems.push(MatrixProblem::DoubleDepartment(department.code));
            } else {
                matrix.departments.insert(department.code.clone(), department);
            }
        }
        problems.extend(matrix.insert_rules(rules));
        for rung in ladder {
            problems.extend(matrix.insert_rung(rung));
        }
        (matrix, problems)
    }

    fn insert_rules(&mut self, rules: Vec<Rule>) -> Vec<MatrixProblem> {
        let mut problems = Vec::new();
        let mut ids = HashSet::new();
        for rule in rules {
            let unknown = std::iter::once(&rule.lead)
                .chain(&rule.assists)
                .find(|&code| !self.departments.contains_key(code));
            if let Some(department) = unknown.cloned() {
                let rule = rule.id;
                problems.push(MatrixProblem::UnknownDepartment { rule, department });
            } else if !ids.insert(rule.id.clone()) {
                problems.push(MatrixProblem::DoubleRule(rule.id));
            } else {
                self.rules.push(rule);
            }
        }
        self.rules.sort_by(|a, b| Reverse(a.order()).cmp(&Reverse(b.order())));
        for (position, rule) in self.rules.iter().enumerate() {
            self.index.insert(position, rule);
        }
        problems
    }

    fn insert_rung(&mut self, rung: Rung) -> Option<MatrixProblem> {
        let (level, area) = (rung.level, rung.area.clone());
        if !self.departments.contains_key(&rung.department) {
            let department = rung.department;
            return Some(MatrixProblem::UnknownRungDepartment { level, area, department });
        }
        let positions = self.rungs_of.entry(area.clone()).or_default();
        let doubled = positions.iter().map(|&i| &self.ladder[i]).any(|other| {
            other.level == level
                && other.kind == rung.kind
                && other.validity.overlaps(rung.validity)
        });
        if doubled {
            return Some(MatrixProblem::DoubleRung { level, area });
        }
        positions.push(self.ladder.len());
        self.ladder.push(rung);
        None
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// All rules, in the order in which they win.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn ladder(&self) -> &[Rung] {
        &self.ladder
    }

    /// All departments, in order of code.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    pub fn department(&self, code: &DepartmentCode) -> Option<&Department> {
        self.departments.get(code)
    }

    pub fn is_active(&self, code: &DepartmentCode) -> bool {
        self.department(code).is_some_and(|department| department.active)
    }

    /// The rung that answers for an area for issues of `kind` on `day`: the kind's own one first.
    pub fn rung(&self, level: Level, area: &AreaCode, kind: Kind, day: Day) -> Option<&Rung> {
        let positions = self.rungs_of.get(area)?;
        positions
            .iter()
            .map(|&i| &self.ladder[i])
            .filter(|rung| rung.level == level && rung.validity.contains(day))
            .filter(|rung| rung.kind.is_none_or(|own| own == kind))
            .max_by_key(|rung| rung.kind.is_some())
    }

    /// What tells the category apart from others for the rules: its own small and big class where
    /// rules name them. Categories of one kind with the same mark are treated alike.
    pub(super) fn mark_of(&self, category: &CategoryFacts) -> CategoryMark {
        let small = category.small.clone().filter(|c| self.index.small_classes.contains_key(c));
        let big = category.big.clone().filter(|c| self.index.big_classes.contains_key(c));
        (small, big)
    }

    /// The positions of all rules whose selector fits a report of the category without a
    /// condition, wherever it lies; best first.
    pub(super) fn selecting(&self, category: &CategoryFacts, kind: Kind) -> Vec<usize> {
        let mut positions = Vec::new();
        for bucket in self.index.of_category(category, kind) {
            positions.extend(&bucket.anywhere);
            positions.extend(bucket.by_area.values().flatten());
        }
        positions.sort_unstable();
        positions
    }

    /// The positions of the rules whose selector and area fit the facts, best first. The cost
    /// depends on how many there are, not on the size of the matrix.
    pub(super) fn candidates(&self, facts: &Facts) -> Vec<usize> {
        let mut positions = Vec::new();
        let cells = self.index.cells(facts);
        let in_area =
            |i: &&usize| self.rules[**i].area.as_ref().is_none_or(|area| area.holds(facts));
        for bucket in self.index.buckets(facts) {
            positions.extend(&bucket.anywhere);
            for cell in &cells {
                positions.extend(bucket.by_cell.get(cell).into_iter().flatten().filter(in_area));
            }
            for place in &facts.chain {
                let of_area = bucket.by_area.get(&place.code).into_iter().flatten();
                positions.extend(of_area.filter(|&&i| {
                    self.rules[i].area.as_ref().is_some_and(|area| area.level == place.level)
                }));
            }
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

/// Positions of rules by selector, then by area or hexagon.
#[derive(Clone, Debug, Default)]
struct Index {
    conditions: HashMap<ConditionCode, Bucket>,
    small_classes: HashMap<CategoryCode, Bucket>,
    big_classes: HashMap<CategoryCode, Bucket>,
    kinds: HashMap<Kind, Bucket>,
    any: Bucket,
    /// Of the rules' hexagons.
    resolutions: BTreeSet<Resolution>,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    anywhere: Vec<usize>,
    by_area: HashMap<AreaCode, Vec<usize>>,
    /// Rules with a hexagon, whether they name an area too or not.
    by_cell: HashMap<CellIndex, Vec<usize>>,
}

impl Index {
    fn insert(&mut self, position: usize, rule: &Rule) {
        let bucket = match &rule.selector {
            Selector::Condition(code) => self.conditions.entry(code.clone()).or_default(),
            Selector::SmallClass(code) => self.small_classes.entry(code.clone()).or_default(),
            Selector::BigClass(code) => self.big_classes.entry(code.clone()).or_default(),
            Selector::Kind(kind) => self.kinds.entry(*kind).or_default(),
            Selector::Any => &mut self.any,
        };
        match (rule.cell, &rule.area) {
            (Some(cell), _) => {
                bucket.by_cell.entry(cell).or_default().push(position);
                self.resolutions.insert(cell.resolution());
            }
            (None, None) => bucket.anywhere.push(position),
            (None, Some(area)) => {
                bucket.by_area.entry(area.code.clone()).or_default().push(position);
            }
        }
    }

    /// The hexagons around the position, of those resolutions that rules have.
    fn cells(&self, facts: &Facts) -> Vec<CellIndex> {
        // Most matrices have no hexagons, and then none is worked out.
        if self.resolutions.is_empty() {
            return Vec::new();
        }
        let Some(cell) = facts.cell() else { return Vec::new() };
        self.resolutions.iter().filter_map(|&resolution| cell.parent(resolution)).collect()
    }

    fn buckets(&self, facts: &Facts) -> impl Iterator<Item = &Bucket> {
        let condition = facts.condition.as_ref().and_then(|code| self.conditions.get(code));
        condition.into_iter().chain(self.of_category(&facts.category, facts.kind))
    }

    fn of_category(&self, category: &CategoryFacts, kind: Kind) -> impl Iterator<Item = &Bucket> {
        [
            category.small.as_ref().and_then(|code| self.small_classes.get(code)),
            category.big.as_ref().and_then(|code| self.big_classes.get(code)),
            self.kinds.get(&kind),
            Some(&self.any),
        ]
        .into_iter()
        .flatten()
    }
}
