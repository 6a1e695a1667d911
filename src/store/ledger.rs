//! The counters of an instant, put together from issues as they stood: the Rust side of an as-of
//! query. What a scope and a filter let through is decided here as the store's SQL decides it.

use super::query::{AsOf, Group, OpenSum, RollupSum, Standing};
use crate::domain::access::{AreaPath, Scope};
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::metrics::contribution::{Measure, bin_of, measures_of};
use crate::domain::time::Day;
use std::collections::BTreeMap;

/// Sums that issues are added to and taken from.
pub struct Ledger<'a> {
    question: &'a AsOf,
    scope: &'a Scope,
    /// By the place of their grouping in the question.
    sums: BTreeMap<(usize, Group, Measure), i64>,
    open: BTreeMap<(usize, Group, Day), i64>,
    /// By grouping, group and the day from which the issues are overdue.
    overdue: BTreeMap<(usize, Group, Day), i64>,
    states: BTreeMap<State, i64>,
}

impl<'a> Ledger<'a> {
    pub fn new(question: &'a AsOf, scope: &'a Scope) -> Self {
        let (sums, states) = (BTreeMap::new(), BTreeMap::new());
        let (open, overdue) = (BTreeMap::new(), BTreeMap::new());
        Self { question, scope, sums, open, overdue, states }
    }

    /// Adds counters as they are kept, of the grouping at place `at` in the question.
    pub fn seed(&mut self, at: usize, sums: Vec<RollupSum>, open: Vec<OpenSum>) {
        for sum in sums.into_iter().filter(|sum| !sum.measure.is_standing()) {
            *self.sums.entry((at, sum.group, sum.measure)).or_insert(0) += sum.n;
        }
        for ((group, day), n) in open.iter().flat_map(OpenSum::each) {
            *self.open.entry((at, group, day)).or_insert(0) += n;
        }
    }

    /// Adds what is overdue at the instant, of the grouping at place `at` in the question.
    pub fn seed_overdue(&mut self, at: usize, overdue: Vec<OpenSum>) {
        for ((group, day), n) in overdue.iter().flat_map(OpenSum::each) {
            *self.overdue.entry((at, group, day)).or_insert(0) += n;
        }
    }

    /// Adds counts of issues by state.
    pub fn seed_states(&mut self, states: Vec<(State, i64)>) {
        for (state, n) in states {
            *self.states.entry(state).or_insert(0) += n;
        }
    }

    /// Adds `sign` times what the issue counts for.
    pub fn add(&mut self, issue: &Issue, sign: i64) {
        let (bin, filter) = (bin_of(issue), &self.question.filter);
        let path = AreaPath::from_stored(bin.path.clone());
        let is_seen = self.scope.counts(&path, bin.kind, bin.department.as_ref());
        if !is_seen || !filter.admits(&bin) {
            return;
        }
        let is_overdue = issue.clocks.is_overdue(self.question.at);
        for (day, measure) in measures_of(issue, &self.question.zone) {
            if measure == Measure::Reported && filter.holds(day) {
                *self.states.entry(issue.state).or_insert(0) += sign;
            }
            if !filter.wants(measure) {
                continue;
            }
            for (at, by) in self.question.groups.iter().enumerate() {
                let group = Group::of(*by, day, &bin);
                if measure == Measure::Open {
                    *self.open.entry((at, group, day)).or_insert(0) += sign;
                } else if measure == Measure::OpenOverdue {
                    // What is overdue only later is not so yet.
                    *self.overdue.entry((at, group, day)).or_insert(0) +=
                        if is_overdue { sign } else { 0 };
                } else if filter.holds(day) {
                    *self.sums.entry((at, group, measure)).or_insert(0) += sign;
                }
            }
        }
    }

    /// The answer, having read so many events.
    pub fn finish(self, events: u64) -> Standing {
        let mut groups = vec![(Vec::new(), Vec::new()); self.question.groups.len()];
        for ((at, group, measure), n) in self.sums.into_iter().filter(|(_, n)| *n != 0) {
            groups[at].0.push(RollupSum { group, measure, n });
        }
        for (at, open) in gather(self.open, groups.len()).into_iter().enumerate() {
            groups[at].1 = open;
        }
        let overdue = gather(self.overdue, groups.len());
        let states = self.states.into_iter().filter(|(_, n)| *n != 0).collect();
        Standing { groups, overdue, states, events }
    }
}

/// The sums of each grouping.
fn gather(sums: BTreeMap<(usize, Group, Day), i64>, groupings: usize) -> Vec<Vec<OpenSum>> {
    let mut by_grouping = vec![Vec::new(); groupings];
    for ((at, group, day), n) in sums {
        by_grouping[at].push(((group, day), n));
    }
    by_grouping.into_iter().map(OpenSum::gather).collect()
}
