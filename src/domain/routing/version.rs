//! Which version of the matrix is in force on which day: drafts, activations at a day, roll-backs.
//!
//! Invariant: history is only added to. An activation names a version and its first day; of those
//! that have begun, the one with the latest first day holds, and of two for the same day the one
//! that was decided later. Going back to an earlier version is one more activation.

use crate::domain::time::Day;
use std::collections::BTreeMap;

/// That a version comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Activation {
    /// 1, 2, 3 … in the order in which they were decided.
    pub ordinal: i64,
    pub version: i64,
    /// The first day in force.
    pub from: Day,
    /// The day on which it was decided.
    pub decided: Day,
}

/// What a version is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Never in force, and not about to be.
    Draft,
    /// Comes into force on this day.
    Scheduled { from: Day },
    /// In force since this day.
    InForce { since: Day },
    /// Was in force, and is not now.
    Retired,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Draft => "draft",
            Standing::Scheduled { .. } => "scheduled",
            Standing::InForce { .. } => "in_force",
            Standing::Retired => "retired",
        }
    }
}

/// The activation that holds on `day`; `None` before the first.
pub fn in_force_on(activations: &[Activation], day: Day) -> Option<&Activation> {
    activations.iter().filter(|a| a.from <= day).max_by_key(|a| (a.from, a.ordinal))
}

/// The activations still to come after `today`, by their day: of two for one day the later one.
pub fn coming_after(activations: &[Activation], today: Day) -> Vec<&Activation> {
    let mut by_day = BTreeMap::<Day, &Activation>::new();
    for activation in activations.iter().filter(|a| a.from > today) {
        let other = by_day.entry(activation.from).or_insert(activation);
        if other.ordinal < activation.ordinal {
            *other = activation;
        }
    }
    by_day.into_values().collect()
}

/// Whether an activation was in force at some moment up to `today`: it was not if another took its
/// day from it before that day came.
fn has_held(activations: &[Activation], it: &Activation, today: Day) -> bool {
    let displaced = |other: &Activation| {
        other.from == it.from && other.ordinal > it.ordinal && other.decided < it.from
    };
    it.from <= today && !activations.iter().any(displaced)
}

/// What a version is on `today`. One that is in force and comes again later is in force.
pub fn standing(activations: &[Activation], version: i64, today: Day) -> Standing {
    if let Some(holds) = in_force_on(activations, today).filter(|a| a.version == version) {
        return Standing::InForce { since: holds.from };
    }
    let coming = coming_after(activations, today);
    if let Some(next) = coming.iter().find(|a| a.version == version) {
        return Standing::Scheduled { from: next.from };
    }
    let own = activations.iter().filter(|a| a.version == version);
    match own.clone().any(|a| has_held(activations, a, today)) {
        true => Standing::Retired,
        false => Standing::Draft,
    }
}

/// The version that was in force before the one that is on `today`: the target of a roll-back.
/// `None` when there was none.
pub fn version_before(activations: &[Activation], today: Day) -> Option<i64> {
    let now = in_force_on(activations, today)?;
    activations
        .iter()
        .filter(|a| a.version != now.version && has_held(activations, a, today))
        .max_by_key(|a| (a.from, a.ordinal))
        .map(|a| a.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ordinal: i64, version: i64, from: i32, decided: i32) -> Activation {
        Activation { ordinal, version, from: Day(from), decided: Day(decided) }
    }

    #[test]
    fn a_scheduled_version_comes_on_its_day_and_a_roll_back_returns_the_one_before() {
        let mut all = vec![at(1, 1, 10, 10), at(2, 2, 20, 12)];
        for (day, version) in [(9, None), (10, Some(1)), (19, Some(1)), (20, Some(2))] {
            let found = in_force_on(&all, Day(day)).map(|a| a.version);
            assert_eq!(found, version, "{day}");
        }
        assert_eq!(standing(&all, 2, Day(19)), Standing::Scheduled { from: Day(20) });
        assert_eq!(standing(&all, 1, Day(20)), Standing::Retired);
        assert_eq!(standing(&all, 3, Day(20)), Standing::Draft);
        assert_eq!(version_before(&all, Day(20)), Some(1));
        assert_eq!(version_before(&all, Day(19)), None);
        all.push(at(3, 1, 21, 21));
        assert_eq!(standing(&all, 1, Day(21)), Standing::InForce { since: Day(21) });
        assert_eq!(standing(&all, 2, Day(21)), Standing::Retired);
        assert_eq!(all.len(), 3, "nothing was taken away");
    }

    #[test]
    fn a_version_whose_day_was_taken_from_it_in_time_is_a_draft_again() {
        let all = [at(1, 1, 10, 10), at(2, 2, 20, 12), at(3, 1, 20, 13)];
        assert_eq!(standing(&all, 2, Day(15)), Standing::Draft);
        assert_eq!(standing(&all, 2, Day(25)), Standing::Draft);
        // Displaced on the day itself, it had been in force that morning.
        let all = [at(1, 1, 10, 10), at(2, 2, 20, 12), at(3, 1, 20, 20)];
        assert_eq!(standing(&all, 2, Day(25)), Standing::Retired);
    }

    /// The slow truth: lives through the days, deciding and looking as they come.
    fn live(activations: &[Activation], today: i32) -> (Vec<i64>, Option<i64>) {
        let mut held = Vec::new();
        let mut now = None;
        for day in 0..=today {
            // At the day's start those decided before count, then those of the day, one by one.
            let mut known = 0;
            let of_before = activations.iter().take_while(|a| a.decided.0 < day).count();
            let of_day = activations.iter().take_while(|a| a.decided.0 <= day).count();
            for upto in of_before..=of_day {
                known = known.max(upto);
                let known = &activations[..known];
                let mut best: Option<&Activation> = None;
                for a in known.iter().filter(|a| a.from.0 <= day) {
                    if best.is_none_or(|b| (a.from, a.ordinal) > (b.from, b.ordinal)) {
                        best = Some(a);
                    }
                }
                now = best.map(|a| a.version);
                held.extend(now);
            }
        }
        (held, now)
    }

    proptest! {
        #[test]
        fn a_standing_tells_what_living_through_the_days_tells(
            steps in prop::collection::vec((1i64..5, 0i32..3, 0i32..6), 0..8),
            more in 0i32..8,
        ) {
            let (mut all, mut today) = (Vec::new(), 0);
            for (i, (version, pause, ahead)) in steps.into_iter().enumerate() {
                today += pause;
                all.push(at(i as i64 + 1, version, today + ahead, today));
            }
            let today = today + more;
            let (held, now) = live(&all, today);
            for version in 1..5 {
                let told = standing(&all, version, Day(today));
                let is_now = matches!(told, Standing::InForce { .. });
                prop_assert_eq!(is_now, now == Some(version));
                if told == Standing::Draft {
                    prop_assert!(!held.contains(&version));
                }
                if told == Standing::Retired {
                    prop_assert!(held.contains(&version), "{} of {:?}", version, all);
                }
            }
        }
    }
}
