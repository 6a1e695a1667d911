//! Versions of the responsibility matrix on the wire: standing, findings, differences, replays.

use super::Texts;
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::matrix::{Checked, Located, MatrixVersion};
use crate::app::simulate::Simulated;
use crate::domain::catalog::Lang;
use crate::domain::id::DepartmentCode;
use crate::domain::routing::lint::{Defect, RowRef, Weight};
use crate::domain::routing::simulate::{Moved, per_week};
use crate::domain::routing::version::Standing;
use crate::domain::routing::{MatrixDiff, Rule, rule_columns};
use crate::store::port::ActivationRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many findings an answer holds; errors come first.
const FINDINGS_MAX: usize = 500;
/// How many rules of each sort a difference lists.
const RULES_MAX: usize = 1_000;
/// How many changes of lead an answer lists, the most frequent first.
const MOVES_MAX: usize = 200;

/// That a version came or comes into force.
#[derive(Serialize, ToSchema)]
pub struct ActivationWire {
    pub ordinal: i64,
    pub version: i64,
    /// The first day in force.
    pub from: String,
    /// When it was decided.
    pub at: String,
    /// Who decided; null for the command line.
    pub actor_name: Option<String>,
    pub note: String,
    /// Errors of the check that were overridden, and why.
    pub errors: i64,
    pub override_reason: Option<String>,
}

/// A version.
#[derive(Serialize, ToSchema)]
pub struct MatrixVersionWire {
    pub version: i64,
    /// `draft`, `scheduled`, `in_force` or `retired`.
    pub state: String,
    /// The day from which it is, or will be, in force.
    pub from: Option<String>,
    pub note: String,
    pub created_at: String,
    pub activations: Vec<ActivationWire>,
}

/// All versions, the latest first.
#[derive(Serialize, ToSchema)]
pub struct MatrixVersionsWire {
    pub items: Vec<MatrixVersionWire>,
    /// The number of activations so far: to be sent as `seen`.
    pub activations: i64,
    /// Today in the district's zone.
    pub today: String,
    /// Whether the reader may draft, activate and roll back.
    pub may_change: bool,
}

/// An activation with the name of who decided it.
pub fn activation_wire(row: &ActivationRow, names: &BTreeMap<String, String>) -> ActivationWire {
    ActivationWire {
        ordinal: row.ordinal,
        version: row.version,
        from: row.from.to_string(),
        at: row.at.to_rfc3339(),
        actor_name: row.actor.and_then(|id| names.get(&id.to_string()).cloned()),
        note: row.note.clone(),
        errors: row.errors,
        override_reason: row.override_reason.clone(),
    }
}

pub fn version_wire(own: &MatrixVersion, names: &BTreeMap<String, String>) -> MatrixVersionWire {
    let from = match own.standing {
        Standing::Scheduled { from } => Some(from),
        Standing::InForce { since } => Some(since),
        Standing::Draft | Standing::Retired => None,
    };
    MatrixVersionWire {
        version: own.version,
        state: own.standing.as_str().to_owned(),
        from: from.map(|day| day.to_string()),
        note: own.note.clone(),
        created_at: own.created.to_rfc3339(),
        activations: own.activations.iter().map(|row| activation_wire(row, names)).collect(),
    }
}

/// A finding of the check.
#[derive(Serialize, ToSchema)]
pub struct MatrixFindingWire {
    /// `error` or `warning`.
    pub severity: String,
    /// The sort of defect, such as `no_lead`.
    pub code: String,
    pub sentence: Texts,
    /// The rule where it is mended.
    pub rule: Option<String>,
    /// The area of the rung, or the area that lacks a row.
    pub area: Option<String>,
    pub file: Option<String>,
    /// The line in that file, counted from 1; null where a row is missing.
    pub line: Option<u64>,
}

/// What the check found.
#[derive(Serialize, ToSchema)]
pub struct LintWire {
    pub version: i64,
    /// The day from which it was checked.
    pub day: String,
    pub errors: usize,
    pub warnings: usize,
    /// By the sort of defect.
    pub counts: BTreeMap<String, usize>,
    /// Errors first, at most 500.
    pub findings: Vec<MatrixFindingWire>,
}

fn finding_wire(located: &Located) -> MatrixFindingWire {
    let defect = &located.finding.defect;
    let (rule, rung) = match defect.row() {
        Some(RowRef::Rule(id)) => (Some(id.to_string()), None),
        Some(RowRef::Rung { area, .. }) => (None, Some(area.to_string())),
        None => (None, None),
    };
    let lacking = match defect {
        Defect::NoLead { area, .. } | Defect::RungGap { area, .. } => Some(area.code.to_string()),
        _ => None,
    };
    MatrixFindingWire {
        severity: located.finding.weight.as_str().to_owned(),
        code: defect.code().to_owned(),
        sentence: say(defect.sentence(Lang::Zh), defect.sentence(Lang::En)).into(),
        rule,
        area: rung.or(lacking),
        file: located.file.clone(),
        line: located.line,
    }
}

pub fn lint_wire(version: i64, day: String, checked: &Checked) -> LintWire {
    let mut counts = BTreeMap::new();
    for located in &checked.findings {
        *counts.entry(located.finding.defect.code().to_owned()).or_insert(0) += 1;
    }
    let of = |weight| checked.findings.iter().filter(|l| l.finding.weight == weight).count();
    LintWire {
        version,
        day,
        errors: of(Weight::Error),
        warnings: of(Weight::Warning),
        counts,
        findings: checked.findings.iter().take(FINDINGS_MAX).map(finding_wire).collect(),
    }
}

/// A rule, by the columns of its file.
#[derive(Serialize, ToSchema)]
pub struct RuleRowWire {
    pub id: String,
    /// The columns that say something.
    pub columns: BTreeMap<String, String>,
}

pub fn rule_row(rule: &Rule) -> RuleRowWire {
    let columns = rule_columns(rule).into_iter().filter(|(_, text)| !text.is_empty());
    RuleRowWire {
        id: rule.id.to_string(),
        columns: columns.map(|(name, text)| (name.to_owned(), text)).collect(),
    }
}

/// A column that differs.
#[derive(Serialize, ToSchema)]
pub struct FieldChangeWire {
    pub column: String,
    pub old: String,
    pub new: String,
}

/// A rule that says something else.
#[derive(Serialize, ToSchema)]
pub struct RuleChangeWire {
    pub id: String,
    pub fields: Vec<FieldChangeWire>,
}

/// A rung of the fallback ladder, in words.
#[derive(Serialize, ToSchema)]
pub struct RungLineWire {
    pub rung: String,
    pub says: String,
}

/// What differs between two versions; lists hold at most 1,000 each.
#[derive(Serialize, ToSchema)]
pub struct MatrixDiffWire {
    pub old: i64,
    pub new: i64,
    pub added: Vec<RuleRowWire>,
    pub removed: Vec<RuleRowWire>,
    pub changed: Vec<RuleChangeWire>,
    pub added_count: usize,
    pub removed_count: usize,
    pub changed_count: usize,
    pub unchanged_count: usize,
    pub rungs_added: Vec<RungLineWire>,
    pub rungs_removed: Vec<RungLineWire>,
    pub departments_added: Vec<String>,
    pub departments_removed: Vec<String>,
    pub departments_changed: Vec<String>,
}

pub fn diff_wire(old: i64, new: i64, diff: &MatrixDiff) -> MatrixDiffWire {
    let rules = |rules: &[Rule]| rules.iter().take(RULES_MAX).map(rule_row).collect();
    let changed = diff.changed.iter().take(RULES_MAX).map(|change| RuleChangeWire {
        id: change.id.to_string(),
        fields: change
            .fields
            .iter()
            .map(|(column, old, new)| FieldChangeWire {
                column: (*column).to_owned(),
                old: old.clone(),
                new: new.clone(),
            })
            .collect(),
    });
    let rungs = |lines: &[(String, String)]| {
        let line = |(rung, says): &(String, String)| RungLineWire {
            rung: rung.clone(),
            says: says.clone(),
        };
        lines.iter().take(RULES_MAX).map(line).collect()
    };
    let codes = |codes: &[DepartmentCode]| codes.iter().map(ToString::to_string).collect();
    MatrixDiffWire {
        old,
        new,
        added: rules(&diff.added),
        removed: rules(&diff.removed),
        changed: changed.collect(),
        added_count: diff.added.len(),
        removed_count: diff.removed.len(),
        changed_count: diff.changed.len(),
        unchanged_count: diff.unchanged,
        rungs_added: rungs(&diff.rungs_added),
        rungs_removed: rungs(&diff.rungs_removed),
        departments_added: codes(&diff.departments_added),
        departments_removed: codes(&diff.departments_removed),
        departments_changed: codes(&diff.departments_changed),
    }
}

/// A department with both names.
#[derive(Clone, Serialize, ToSchema)]
pub struct DepartmentName {
    pub code: String,
    pub name: Texts,
}

/// What a department would have.
#[derive(Serialize, ToSchema)]
pub struct ShareWire {
    pub department: DepartmentName,
    /// Issues by the matrix in force, and by the draft.
    pub before: u64,
    pub after: u64,
    pub gained: u64,
    pub lost: u64,
    /// Issues that it led in the end.
    pub handled: u64,
    /// Expected load, in issues a week.
    pub per_week_before: Option<f64>,
    pub per_week_after: Option<f64>,
}

/// An issue within the reader's scope.
#[derive(Serialize, ToSchema)]
pub struct ExampleWire {
    pub id: String,
    pub number: String,
}

/// Issues that change their lead in one way.
#[derive(Serialize, ToSchema)]
pub struct MoveWire {
    /// Null: unrouted.
    pub from: Option<DepartmentName>,
    pub to: Option<DepartmentName>,
    pub n: u64,
    /// Of these, those that the new lead handled in the end, and those that the old lead did.
    pub mended: u64,
    pub taken: u64,
    /// Only within the reader's scope.
    pub examples: Vec<ExampleWire>,
}

/// What a replay of past issues found.
#[derive(Serialize, ToSchema)]
pub struct SimulationWire {
    pub version: i64,
    /// The version in force, which it is compared with.
    pub in_force: i64,
    pub from: String,
    pub to: String,
    /// The day whose rules both versions were asked for.
    pub valid_on: String,
    /// Rules of the version that are not valid on that day, and so had no say.
    pub rules_not_valid: usize,
    /// The days of the window of which there is data; loads per week are of these.
    pub days: u32,
    /// The instant that the issues are of.
    pub as_of: String,
    /// Whether every issue of the window was replayed; else it was cut at the limit.
    pub complete: bool,
    pub issues: u64,
    pub skipped: u64,
    pub rerouted: u64,
    /// Issues with the same lead and another limit or other assists.
    pub terms_changed: u64,
    pub unrouted_before: u64,
    pub unrouted_after: u64,
    /// Issues that a department led in the end; and of these, those that each matrix names.
    pub handled: u64,
    pub right_before: u64,
    pub right_after: u64,
    /// The most changed first.
    pub departments: Vec<ShareWire>,
    /// The most frequent first, at most 200.
    pub moved: Vec<MoveWire>,
}

/// The departments' names: those of the draft, else those in force.
pub type NamesOf<'a> = &'a dyn Fn(&DepartmentCode) -> Texts;

pub fn names_of<'a>(
    snapshot: &'a Snapshot,
    draft: &'a crate::domain::routing::Matrix,
) -> impl Fn(&DepartmentCode) -> Texts + 'a {
    move |code| match draft.department(code) {
        Some(known) => {
            let en = known.name_en.clone().unwrap_or_else(|| known.name.clone());
            say(known.name.clone(), en).into()
        }
        None => {
            let (zh, en) = snapshot.department_names(code);
            say(zh, en).into()
        }
    }
}

fn round(per_week: Option<f64>) -> Option<f64> {
    per_week.map(|n| (n * 100.0).round() / 100.0)
}

pub fn simulation_wire(version: i64, found: &Simulated, names: NamesOf<'_>) -> SimulationWire {
    let named =
        |code: &DepartmentCode| DepartmentName { code: code.to_string(), name: names(code) };
    let of = &found.simulation;
    let mut departments: Vec<ShareWire> = of
        .departments
        .iter()
        .map(|(code, share)| ShareWire {
            department: named(code),
            before: share.before,
            after: share.after,
            gained: share.gained,
            lost: share.lost,
            handled: share.handled,
            per_week_before: round(per_week(share.before, found.days)),
            per_week_after: round(per_week(share.after, found.days)),
        })
        .collect();
    departments.sort_by_key(|share| std::cmp::Reverse((share.gained + share.lost, share.after)));
    let mut moved: Vec<_> = of.moved.iter().collect();
    moved.sort_by_key(|(_, moved)| std::cmp::Reverse(moved.n));
    let move_wire =
        |((from, to), moved): (&(Option<DepartmentCode>, Option<DepartmentCode>), &Moved)| {
            let example = |e: &crate::domain::routing::simulate::Example| ExampleWire {
                id: e.id.clone(),
                number: e.number.clone(),
            };
            MoveWire {
                from: from.as_ref().map(named),
                to: to.as_ref().map(named),
                n: moved.n,
                mended: moved.mended,
                taken: moved.taken,
                examples: moved.examples.iter().map(example).collect(),
            }
        };
    SimulationWire {
        version,
        in_force: found.in_force,
        from: found.window.from.to_string(),
        to: found.window.to.to_string(),
        valid_on: found.valid_on.to_string(),
        rules_not_valid: found.rules_not_valid,
        days: found.days,
        as_of: found.as_of.to_rfc3339(),
        complete: found.complete,
        issues: of.issues,
        skipped: found.skipped,
        rerouted: of.rerouted,
        terms_changed: of.terms_changed,
        unrouted_before: of.unrouted_before,
        unrouted_after: of.unrouted_after,
        handled: of.handled,
        right_before: of.right_before,
        right_after: of.right_after,
        departments,
        moved: moved.into_iter().take(MOVES_MAX).map(move_wire).collect(),
    }
}

/// How a version is put in force.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateWire {
    /// The first day in force, `YYYY-MM-DD`; at once when left out.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub note: String,
    /// Why it comes into force in spite of errors.
    #[serde(default)]
    pub override_reason: Option<String>,
    /// The `activations` of the list that was looked at; another number is refused.
    #[serde(default)]
    pub seen: Option<i64>,
}

/// To which version to go back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackWire {
    /// The version before the one in force when left out.
    #[serde(default)]
    pub to: Option<i64>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub override_reason: Option<String>,
    #[serde(default)]
    pub seen: Option<i64>,
}
