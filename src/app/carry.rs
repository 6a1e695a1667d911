//! What is bound to an area goes on with its successors: posts, branches, grants, rules and the
//! fallback ladder name the code that they were made for, and the lineage says who carries it on.

use crate::domain::access::{AreaPath, Grant};
use crate::domain::id::AreaCode;
use crate::domain::routing::{Matrix, MatrixProblem, Rule, RuleArea, RuleId, Rung};
use crate::domain::territory::lineage::{Lineage, successors};
use crate::domain::territory::{Area, Branch, Post, Territory};
use std::collections::{BTreeMap, HashSet};

/// For each area that is gone, those that carry its work on.
#[derive(Clone, Debug, Default)]
pub struct Heirs(BTreeMap<AreaCode, Vec<AreaCode>>);

impl Heirs {
    /// Follows the lineage to the areas that are there.
    pub fn of(areas: &[Area], lineage: &[Lineage]) -> Self {
        let known: HashSet<&AreaCode> = areas.iter().map(|area| &area.code).collect();
        let gone = lineage.iter().flat_map(|event| &event.from).filter(|c| !known.contains(c));
        Self(
            gone.map(|code| (code.clone(), successors(code, lineage).into_iter().collect()))
                .collect(),
        )
    }

    /// The areas that carry on what `code` was given: itself while it is there.
    pub fn of_code<'a>(&'a self, code: &'a AreaCode) -> &'a [AreaCode] {
        self.0.get(code).map_or(std::slice::from_ref(code), Vec::as_slice)
    }

    pub fn is_gone(&self, code: &AreaCode) -> bool {
        self.0.contains_key(code)
    }
}

/// Posts with those of vanished areas moved to each successor.
pub fn carry_posts(posts: Vec<Post>, heirs: &Heirs) -> Vec<Post> {
    let carried = posts.into_iter().flat_map(|post| {
        let areas = heirs.of_code(&post.area).to_vec();
        areas.into_iter().map(move |area| Post { area, ..post.clone() })
    });
    carried.collect()
}

/// Branches that serve vanished areas serve the successors.
pub fn carry_branches(mut branches: Vec<Branch>, heirs: &Heirs) -> Vec<Branch> {
    for branch in &mut branches {
        let areas: Vec<AreaCode> =
            branch.areas.iter().flat_map(|code| heirs.of_code(code)).cloned().collect();
        branch.areas = areas;
    }
    branches
}

/// A grant over a vanished area becomes one over each successor.
pub fn carry_grant(grant: Grant, territory: &Territory, heirs: &Heirs) -> Vec<Grant> {
    let Some(area) = grant.area.clone() else { return vec![grant] };
    let heirs = heirs.of_code(&area);
    let carried = heirs.iter().map(|code| Grant {
        area: Some(code.clone()),
        path: path_of(territory, code),
        ..grant.clone()
    });
    carried.collect()
}

/// Where an area lies in the tree.
pub fn path_of(territory: &Territory, code: &AreaCode) -> Option<AreaPath> {
    territory.area(code)?;
    Some(AreaPath::of(territory.chain(code).map(|area| &area.code)))
}

fn carry_rule(rule: &Rule, territory: &Territory, heirs: &Heirs) -> Vec<Rule> {
    let Some(area) = rule.area.as_ref().filter(|area| heirs.is_gone(&area.code)) else {
        return vec![rule.clone()];
    };
    let carried = heirs.of_code(&area.code).iter().filter_map(|code| {
        let level = territory.area(code)?.level;
        Some(Rule {
            id: RuleId::parse(&format!("{}~{code}", rule.id)).ok()?,
            area: Some(RuleArea { level, code: code.clone() }),
            ..rule.clone()
        })
    });
    carried.collect()
}

fn carry_rung(rung: &Rung, territory: &Territory, heirs: &Heirs) -> Vec<Rung> {
    if !heirs.is_gone(&rung.area) {
        return vec![rung.clone()];
    }
    let carried = heirs.of_code(&rung.area).iter().filter_map(|code| {
        let level = territory.area(code)?.level;
        Some(Rung { level, area: code.clone(), ..rung.clone() })
    });
    carried.collect()
}

/// A matrix whose rules and rungs for vanished areas hold for the successors. The carried rules
/// keep the id of the rule that they come from, followed by `~` and the area.
pub fn carry_matrix(
    matrix: Matrix,
    territory: &Territory,
    heirs: &Heirs,
) -> (Matrix, Vec<MatrixProblem>) {
    let bound = matrix.rules().iter().filter_map(|rule| rule.area.as_ref().map(|area| &area.code));
    let mut bound = bound.chain(matrix.ladder().iter().map(|rung| &rung.area));
    if !bound.any(|code| heirs.is_gone(code)) {
        return (matrix, Vec::new());
    }
    let departments = matrix.departments().cloned().collect();
    let rules = matrix.rules().iter().flat_map(|rule| carry_rule(rule, territory, heirs));
    let ladder = matrix.ladder().iter().flat_map(|rung| carry_rung(rung, territory, heirs));
    Matrix::build(matrix.version(), departments, rules.collect(), ladder.collect())
}

/// What names a vanished area and goes on with its successors, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    pub posts: usize,
    pub branches: usize,
    pub rules: usize,
}

/// Counts what a change of territory carries over.
pub fn count_carried(old: &Territory, matrix: &Matrix, heirs: &Heirs) -> Carried {
    let gone = |code: &AreaCode| heirs.is_gone(code);
    Carried {
        posts: old.posts().iter().filter(|post| gone(&post.area)).count(),
        branches: old.branches().iter().filter(|b| b.areas.iter().any(gone)).count(),
        rules: matrix
            .rules()
            .iter()
            .filter(|rule| rule.area.as_ref().is_some_and(|area| gone(&area.code)))
            .count(),
    }
}
