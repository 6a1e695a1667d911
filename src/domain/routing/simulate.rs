//! Replaying past issues against a draft of the matrix: who gains, who loses, what changes, and
//! what each department would have to carry.

use super::{Decision, Facts, Matrix, decide_as_valid_on};
use crate::domain::id::DepartmentCode;
use crate::domain::time::Day;
use std::collections::BTreeMap;

/// How many issues a change names as examples.
pub const EXAMPLES_MAX: usize = 5;

/// A past issue, as far as a replay needs it.
#[derive(Clone, Debug)]
pub struct PastIssue {
    pub facts: Facts,
    /// Who led in the end; `None` when it was never dispatched.
    pub handled_by: Option<DepartmentCode>,
    /// Its id and number, where the reader may know them.
    pub example: Option<Example>,
}

/// An issue that is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    pub id: String,
    pub number: String,
}

/// A change of lead; `None` is unrouted.
pub type FromTo = (Option<DepartmentCode>, Option<DepartmentCode>);

/// The issues that change their lead in one way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub n: u64,
    /// Of these, those that the new lead had handled in the end: the draft puts them right.
    pub mended: u64,
    /// Of these, those that the old lead had handled in the end: the draft takes them away.
    pub taken: u64,
    pub examples: Vec<Example>,
}

/// What a department would have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Issues that the matrix in force gives it.
    pub before: u64,
    /// Issues that the draft gives it.
    pub after: u64,
    pub gained: u64,
    pub lost: u64,
    /// Issues that it led in the end.
    pub handled: u64,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    pub issues: u64,
    /// Issues whose lead differs between the matrix in force and the draft.
    pub rerouted: u64,
    /// Issues with the same lead and another unit of it, another limit or other assists.
    pub terms_changed: u64,
    pub unrouted_before: u64,
    pub unrouted_after: u64,
    /// Issues with a department that led in the end; and those of them that each matrix names.
    pub handled: u64,
    pub right_before: u64,
    pub right_after: u64,
    pub departments: BTreeMap<DepartmentCode, Share>,
    /// Leads that change.
    pub moved: BTreeMap<FromTo, Moved>,
}

impl Simulation {
    /// Replays one issue against both matrices, with the rules that each has on `day`: a draft is
    /// about days to come, on which the issues themselves do not lie.
    pub fn replay(&mut self, in_force: &Matrix, draft: &Matrix, day: Day, issue: PastIssue) {
        let before = decide_as_valid_on(in_force, &issue.facts, day);
        let after = decide_as_valid_on(draft, &issue.facts, day);
        self.add(&before, &after, issue.handled_by, issue.example);
    }

    fn add(
        &mut self,
        before: &Decision,
        after: &Decision,
        handled_by: Option<DepartmentCode>,
        example: Option<Example>,
    ) {
        let (from, to) = (before.lead(), after.lead());
        self.issues += 1;
        self.unrouted_before += u64::from(from.is_none());
        self.unrouted_after += u64::from(to.is_none());
        if let Some(lead) = from {
            self.share(lead).before += 1;
        }
        if let Some(lead) = to {
            self.share(lead).after += 1;
        }
        if let Some(lead) = &handled_by {
            self.handled += 1;
            self.right_before += u64::from(from == Some(lead));
            self.right_after += u64::from(to == Some(lead));
            self.share(lead).handled += 1;
        }
        if from == to {
            let same = before.limit() == after.limit()
                && before.assists() == after.assists()
                && before.unit() == after.unit();
            self.terms_changed += u64::from(!same);
            return;
        }
        self.rerouted += 1;
        if let Some(lead) = from {
            self.share(lead).lost += 1;
        }
        if let Some(lead) = to {
            self.share(lead).gained += 1;
        }
        let mended = handled_by.is_some() && to == handled_by.as_ref();
        let taken = handled_by.is_some() && from == handled_by.as_ref();
        let moved = self.moved.entry((from.cloned(), to.cloned())).or_default();
        moved.n += 1;
        moved.mended += u64::from(mended);
        moved.taken += u64::from(taken);
        if moved.examples.len() < EXAMPLES_MAX {
            moved.examples.extend(example);
        }
    }

    fn share(&mut self, department: &DepartmentCode) -> &mut Share {
        self.departments.entry(department.clone()).or_default()
    }
}

/// Issues a week, from a count over so many days. `None` for no days.
pub fn per_week(n: u64, days: u32) -> Option<f64> {
    // Counts of issues are far below what a double holds exactly.
    (days > 0).then(|| n as f64 * 7.0 / f64::from(days))
}
