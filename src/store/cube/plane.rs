//! Counters added up over what is seldom asked for, so that a sum over any days costs as much as
//! there are sums, however many issues stand behind them.
//!
//! Counters stand in the order of days, and every so often all sums up to there are kept. A sum
//! over days is the difference of two such marks, each mended by the counters between it and the
//! day.

use std::collections::HashMap;
use std::hash::Hash;

/// Counters between two marks, for each sum: what is read beside the marks stays in proportion.
const MARK_EVERY: usize = 4;

/// One sum's counter of one day.
#[derive(Clone, Copy, Debug)]
struct Item {
    slot: u32,
    n: i32,
}

/// Sums by key and measure. `K` is what they are kept by.
#[derive(Clone, Debug)]
pub struct Plane<K> {
    keys: Vec<K>,
    /// Key and measure of each sum.
    slots: Vec<(u32, u16)>,
    items: Vec<Item>,
    /// Where each day's items begin, and the end.
    starts: Vec<u32>,
    /// The day before which a mark stands, and the sums of all before it.
    marks: Vec<(usize, Vec<i32>)>,
}

/// Keys without those that come again, and the number of each one's key among them.
pub fn number_keys<K: Copy + Eq + Hash>(all: impl Iterator<Item = K>) -> (Vec<K>, Vec<u32>) {
    let (mut keys, mut known) = (Vec::new(), HashMap::<K, u32>::new());
    let numbers = all.map(|key| {
        *known.entry(key).or_insert_with(|| {
            keys.push(key);
            keys.len() as u32 - 1
        })
    });
    let numbers = numbers.collect();
    (keys, numbers)
}

impl<K: Copy> Plane<K> {
    /// Adds up counters `(key's number, day's number, measure's number, n)`, which come in the order
    /// of days; there are `days` of these.
    pub fn of(
        days: usize,
        keys: Vec<K>,
        counters: impl Iterator<Item = (u32, u16, u16, i32)>,
    ) -> Self {
        let mut slots = Vec::new();
        // By key, and by measure as far as there are any: each counter is looked up here.
        let mut slot_numbers = vec![Vec::<u32>::new(); keys.len()];
        let (mut items, mut starts) = (Vec::<Item>::new(), Vec::with_capacity(days + 1));
        // Where the sum's item of this day stands, if it has one yet.
        let mut latest = Vec::<u32>::new();
        for (key, day, measure, n) in counters {
            while starts.len() <= usize::from(day) {
                starts.push(items.len() as u32);
            }
            let own = &mut slot_numbers[key as usize];
            if own.len() <= usize::from(measure) {
                own.resize(usize::from(measure) + 1, u32::MAX);
            }
            let slot = &mut own[usize::from(measure)];
            if *slot == u32::MAX {
                *slot = slots.len() as u32;
                slots.push((key, measure));
                latest.push(u32::MAX);
            }
            let slot = *slot;
            let (at, begin) = (&mut latest[slot as usize], starts.last().copied().unwrap_or(0));
            if *at != u32::MAX && *at >= begin {
                items[*at as usize].n += n;
            } else {
                *at = items.len() as u32;
                items.push(Item { slot, n });
            }
        }
        while starts.len() <= days {
            starts.push(items.len() as u32);
        }
        items.shrink_to_fit();
        let marks = marks_of(&items, &starts, slots.len());
        Self { keys, slots, items, starts, marks }
    }

    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Calls `take` with number of the key, measure and sum over the days `from..to` for each sum
    /// that is not zero.
    pub fn sum(&self, (from, to): (usize, usize), mut take: impl FnMut(u32, u16, i32)) {
        if from >= to {
            return;
        }
        let between = self.starts[to] - self.starts[from];
        let mut sums;
        // A few days are read as they are.
        if (between as usize) < self.slots.len() {
            sums = vec![0; self.slots.len()];
            self.apply(&mut sums, (from, to), 1);
        } else {
            sums = self.sums_before(to);
            for (sum, before) in sums.iter_mut().zip(self.sums_before(from)) {
                *sum -= before;
            }
        }
        for ((key, measure), sum) in self.slots.iter().zip(sums) {
            if sum != 0 {
                take(*key, *measure, sum);
            }
        }
    }

    /// Calls `take` with day, number of the key, measure and n of each counter of the days.
    pub fn each(&self, (from, to): (usize, usize), mut take: impl FnMut(usize, u32, u16, i32)) {
        for day in from..to {
            let items = self.starts[day] as usize..self.starts[day + 1] as usize;
            for item in &self.items[items] {
                let (key, measure) = self.slots[item.slot as usize];
                take(day, key, measure, item.n);
            }
        }
    }

    fn apply(&self, sums: &mut [i32], (from, to): (usize, usize), sign: i32) {
        let items = self.starts[from] as usize..self.starts[to] as usize;
        for item in &self.items[items] {
            sums[item.slot as usize] += sign * item.n;
        }
    }

    /// The sums of all days before one, from the nearer of the marks around it.
    fn sums_before(&self, day: usize) -> Vec<i32> {
        let after = self.marks.partition_point(|(at, _)| *at < day);
        let far = |at: usize| self.starts[at].abs_diff(self.starts[day]);
        let (before, next) = (after.checked_sub(1).map(|i| &self.marks[i]), self.marks.get(after));
        let nearest = match (before, next) {
            (Some(low), Some(high)) if far(high.0) < far(low.0) => Some(high),
            (Some(low), _) => Some(low),
            // Before the first mark there is nothing.
            (None, Some(high)) if far(high.0) < far(0) => Some(high),
            (None, _) => None,
        };
        let (at, mut sums) = match nearest {
            Some((at, sums)) => (*at, sums.clone()),
            None => (0, vec![0; self.slots.len()]),
        };
        match at <= day {
            true => self.apply(&mut sums, (at, day), 1),
            false => self.apply(&mut sums, (day, at), -1),
        }
        sums
    }
}

fn marks_of(items: &[Item], starts: &[u32], slots: usize) -> Vec<(usize, Vec<i32>)> {
    let (mut marks, mut sums) = (Vec::new(), vec![0; slots]);
    let mut since = 0;
    for (day, range) in starts.windows(2).enumerate() {
        let range = range[0] as usize..range[1] as usize;
        since += range.len();
        for item in &items[range] {
            sums[item.slot as usize] += item.n;
        }
        let is_last = day + 2 == starts.len();
        if since >= MARK_EVERY * slots || is_last {
            marks.push((day + 1, sums.clone()));
            since = 0;
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn any_days_have_the_sum_of_their_counters(
            mut counters in
                prop::collection::vec((0_u8..4, 0_u16..40, 0_u16..3, -2_i32..4), 0..300),
            ends in (0_usize..41, 0_usize..41),
        ) {
            counters.sort_by_key(|counter| counter.1);
            let (keys, numbers) = number_keys(counters.iter().map(|counter| counter.0));
            let numbered = counters.iter().zip(numbers);
            let numbered = numbered.map(|((_, day, measure, n), key)| (key, *day, *measure, *n));
            let plane = Plane::of(40, keys, numbered);
            let mut truth = BTreeMap::<(u8, u16), i32>::new();
            for &(key, day, measure, n) in &counters {
                if (ends.0..ends.1).contains(&usize::from(day)) {
                    *truth.entry((key, measure)).or_insert(0) += n;
                }
            }
            truth.retain(|_, n| *n != 0);
            let mut found = BTreeMap::new();
            plane.sum(ends, |key, measure, n| {
                assert!(found.insert((plane.keys()[key as usize], measure), n).is_none());
            });
            prop_assert_eq!(&found, &truth);
            let mut each = BTreeMap::<(u8, u16), i32>::new();
            if ends.0 < ends.1 {
                plane.each(ends, |_, key, measure, n| {
                    *each.entry((plane.keys()[key as usize], measure)).or_insert(0) += n;
                });
            }
            each.retain(|_, n| *n != 0);
            prop_assert_eq!(each, truth);
        }
    }
}
