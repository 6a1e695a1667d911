//! What differs between two versions of the matrix: rules and rungs added, removed and changed.

use super::{Matrix, Rule, RuleId, Rung};
use crate::domain::id::DepartmentCode;
use crate::domain::territory::Level;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that is in both versions and says something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    pub id: RuleId,
    /// The columns that differ, each with its old and its new text, in the order of files.
    pub fields: Vec<FieldChange>,
}

/// A column that differs: its name, the old text, the new one.
pub type FieldChange = (&'static str, String, String);

/// A rung as one line: `street 410105001 hazard`, department, limit, validity.
pub type RungLine = (String, String);

/// The difference of two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixDiff {
    /// In order of id.
    pub added: Vec<Rule>,
    pub removed: Vec<Rule>,
    pub changed: Vec<RuleChange>,
    pub unchanged: usize,
    pub rungs_added: Vec<RungLine>,
    pub rungs_removed: Vec<RungLine>,
    pub departments_added: Vec<DepartmentCode>,
    pub departments_removed: Vec<DepartmentCode>,
    /// Those whose name or state differs.
    pub departments_changed: Vec<DepartmentCode>,
}

impl MatrixDiff {
    pub fn is_empty(&self) -> bool {
        *self == Self { unchanged: self.unchanged, ..Self::default() }
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The columns of a rule after its id, as files have them.
pub fn columns_of(rule: &Rule) -> Vec<(&'static str, String)> {
    let assists: Vec<&str> = rule.assists.iter().map(DepartmentCode::as_str).collect();
    let owner = rule.asset.as_ref().and_then(|asset| asset.owner.clone());
    vec![
        ("priority", rule.priority.to_string()),
        ("selector", rule.selector.to_string()),
        ("area_level", text(rule.area.as_ref().map(|area| area.level))),
        ("area_code", text(rule.area.as_ref().map(|area| &area.code))),
        ("cell", text(rule.cell)),
        ("asset_layer", text(rule.asset.as_ref().map(|asset| &asset.layer))),
        ("asset_owner", text(owner)),
        ("weekdays", rule.window.weekdays_text()),
        ("hours", rule.window.hours_text()),
        ("dates", rule.window.dates_text()),
        ("severity", text(rule.severity.map(|severity| severity.as_str()))),
        ("lead", rule.lead.to_string()),
        ("unit", rule.unit.clone()),
        ("assists", assists.join(";")),
        ("limit", text(rule.limit)),
        ("valid_from", text(rule.validity.from())),
        ("valid_to", text(rule.validity.to())),
        ("source", rule.source.clone()),
        ("author", rule.author.clone()),
    ]
}

fn change_of(old: &Rule, new: &Rule) -> Option<RuleChange> {
    let pairs = columns_of(old).into_iter().zip(columns_of(new));
    let fields: Vec<FieldChange> = pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((name, old), (_, new))| (name, old, new))
        .collect();
    (!fields.is_empty()).then(|| RuleChange { id: new.id.clone(), fields })
}

fn rung_line(rung: &Rung) -> RungLine {
    let key = |level: Level| match rung.kind {
        Some(kind) => format!("{level} {} {kind}", rung.area),
        None => format!("{level} {}", rung.area),
    };
    let mut says = format!("{}, {}", rung.department, rung.limit);
    if let Some(from) = rung.validity.from() {
        says += &format!(", from {from}");
    }
    if let Some(to) = rung.validity.to() {
        says += &format!(", until {to}");
    }
    (key(rung.level), says)
}

/// What the new version has, lacks and says otherwise.
pub fn diff_matrices(old: &Matrix, new: &Matrix) -> MatrixDiff {
    let by_id = |matrix: &Matrix| -> BTreeMap<RuleId, Rule> {
        matrix.rules().iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let mut diff = MatrixDiff::default();
    for (id, rule) in &after {
        match before.get(id) {
            None => diff.added.push(rule.clone()),
            Some(was) => match change_of(was, rule) {
                Some(change) => diff.changed.push(change),
                None => diff.unchanged += 1,
            },
        }
    }
    diff.removed =
        before.into_iter().filter(|(id, _)| !after.contains_key(id)).map(|p| p.1).collect();
    let rungs =
        |matrix: &Matrix| -> BTreeSet<RungLine> { matrix.ladder().iter().map(rung_line).collect() };
    let (before, after) = (rungs(old), rungs(new));
    diff.rungs_added = after.difference(&before).cloned().collect();
    diff.rungs_removed = before.difference(&after).cloned().collect();
    for department in new.departments() {
        match old.department(&department.code) {
            None => diff.departments_added.push(department.code.clone()),
            Some(was) if was != department => {
                diff.departments_changed.push(department.code.clone());
            }
            Some(_) => {}
        }
    }
    let gone = old.departments().filter(|d| new.department(&d.code).is_none());
    diff.departments_removed = gone.map(|department| department.code.clone()).collect();
    diff
}
