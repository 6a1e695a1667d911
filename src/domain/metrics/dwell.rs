//! Where issues wait: how long they stay in each state, and where they go from there.
//!
//! A stay begins with the step that leads into a state and ends with the one that leads out of it;
//! steps that keep the state are a part of it. Stays are counted by the day on which they begin. Of
//! those that have not ended only the waiting so far is known, so quantiles are of ended ones and
//! those who still wait are told beside them.

use crate::domain::issue::state::State;
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

/// The definition that stands beside the numbers.
pub const DWELL_METHOD: &str = "dwell@1";

/// One step of a log: when, into which state, and whether its time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Timestamp,
    pub to: State,
    /// The time is only a place in the order of the log (imported history).
    pub inferred: bool,
}

/// One stay in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    pub state: State,
    pub from: Timestamp,
    /// When it ended and in which state; none while it lasts.
    pub left: Option<(Timestamp, State)>,
    /// Whether both ends are known times.
    pub timed: bool,
}

/// The stays of one issue, from its steps in order.
pub fn stays_of(steps: &[Step]) -> Vec<Stay> {
    let mut stays = Vec::<Stay>::new();
    for step in steps {
        match stays.last_mut() {
            Some(last) if last.state == step.to => continue,
            Some(last) => {
                last.left = Some((step.at, step.to));
                last.timed &= !step.inferred;
            }
            None => {}
        }
        let timed = !step.inferred;
        stays.push(Stay { state: step.to, from: step.at, left: None, timed });
    }
    stays
}

/// Lengths of time in milliseconds, in order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lengths(Vec<i64>);

impl Lengths {
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// The length that the share `q` (0 to 1) has not passed, by the nearest rank.
    pub fn quantile_ms(&self, q: f64) -> Option<i64> {
        let rank = (q.clamp(0.0, 1.0) * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.max(1) - 1).copied()
    }
}

/// What became of the stays in one state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Waiting {
    pub entered: i64,
    /// Where those went that left.
    pub left: BTreeMap<State, i64>,
    /// How long ended stays lasted, by the calendar.
    pub natural: Lengths,
    /// The same in working time; stays across years without a calendar are left out.
    pub working: Lengths,
    /// For how long those have been there that still are, by the calendar.
    pub waiting: Lengths,
    /// Those who still are there.
    pub still: i64,
}

/// Sums stays by state. `working_of` measures working time, where it is known.
pub fn sum_stays(
    stays: &[Stay],
    now: Timestamp,
    working_of: impl Fn(Timestamp, Timestamp) -> Option<i64>,
) -> BTreeMap<State, Waiting> {
    let mut states = BTreeMap::<State, Waiting>::new();
    for stay in stays {
        let own = states.entry(stay.state).or_default();
        own.entered += 1;
        match stay.left {
            None => {
                own.still += 1;
                if stay.timed {
                    own.waiting.0.push((now.0 - stay.from.0).max(0));
                }
            }
            Some((at, to)) => {
                *own.left.entry(to).or_insert(0) += 1;
                if stay.timed {
                    own.natural.0.push((at.0 - stay.from.0).max(0));
                    own.working.0.extend(working_of(stay.from, at));
                }
            }
        }
    }
    for own in states.values_mut() {
        for lengths in [&mut own.natural, &mut own.working, &mut own.waiting] {
            lengths.0.sort_unstable();
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: i64, to: State) -> Step {
        Step { at: Timestamp(at), to, inferred: false }
    }

    #[test]
    fn a_step_that_keeps_the_state_is_a_part_of_the_stay() {
        let stays = stays_of(&[
            step(0, State::Reported),
            step(10, State::Filed),
            step(15, State::Filed),
            step(40, State::Dispatched),
        ]);
        assert_eq!(stays.len(), 3);
        assert_eq!(stays[1].from, Timestamp(10));
        assert_eq!(stays[1].left, Some((Timestamp(40), State::Dispatched)));
        assert_eq!(stays[2].left, None);
    }

    #[test]
    fn those_who_wait_still_are_counted_and_not_measured_as_done() {
        let mut stays = stays_of(&[step(0, State::Reported), step(10, State::Filed)]);
        stays.extend(stays_of(&[step(0, State::Reported), step(30, State::Rejected)]));
        stays.extend(stays_of(&[step(5, State::Reported)]));
        let states = sum_stays(&stays, Timestamp(100), |from, to| Some((to.0 - from.0) / 2));
        let reported = &states[&State::Reported];
        assert_eq!((reported.entered, reported.still), (3, 1));
        assert_eq!(reported.left, BTreeMap::from([(State::Filed, 1), (State::Rejected, 1)]));
        assert_eq!(reported.natural.quantile_ms(0.5), Some(10));
        assert_eq!(reported.natural.quantile_ms(0.9), Some(30));
        assert_eq!(reported.working.quantile_ms(0.9), Some(15));
        assert_eq!(reported.waiting.quantile_ms(0.5), Some(95));
    }

    #[test]
    fn a_time_that_is_not_known_is_not_measured() {
        let inferred = Step { inferred: true, ..step(10, State::Filed) };
        let stays = stays_of(&[step(0, State::Reported), inferred, step(50, State::Dispatched)]);
        let states = sum_stays(&stays, Timestamp(60), |_, _| None);
        assert_eq!(states[&State::Filed].left[&State::Dispatched], 1);
        assert_eq!(states[&State::Reported].natural.n(), 0);
        assert_eq!(states[&State::Filed].natural.n(), 0);
        assert_eq!(states[&State::Dispatched].waiting.n(), 1);
    }
}
