//! Counters added up over what is seldom asked for, so that a sum over any days costs as much as
//! there are sums of the measures that are asked for, however many issues stand behind them.
//!
//! Each measure stands by itself: its counters in the order of days, and every so often all its
//! sums up to there. A sum over days is the difference of two such marks, each mended by the
//! counters between it and the day.

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

/// One counter of a plane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// The number of its key.
    pub key: u32,
    /// The number of its day.
    pub day: u16,
    /// The number of its measure.
    pub measure: u16,
    pub n: i32,
}

/// Sums by key and measure. `K` is what they are kept by.
#[derive(Clone, Debug)]
pub struct Plane<K> {
    keys: Vec<K>,
    /// In the order of measures.
    layers: Vec<Layer>,
}

/// The sums of one measure.
#[derive(Clone, Debug)]
struct Layer {
    measure: u16,
    /// The key of each sum.
    slots: Vec<u32>,
    items: Vec<Item>,
    /// The days on which there are items and where these begin, and the end.
    starts: Vec<(usize, u32)>,
    /// How many of these days lie before a mark, and the sums of all before it.
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
    /// Adds up counters, which come in the order of measures and, of each, of days.
    pub fn of(keys: Vec<K>, counts: impl Iterator<Item = Count>) -> Self {
        let mut layers = Vec::<Layer>::new();
        // The sum of each key in the layer that is being made.
        let mut slot_of = vec![u32::MAX; keys.len()];
        // Where the sum's item of this day stands, if it has one yet.
        let mut latest = Vec::<u32>::new();
        for count in counts {
            let begins = layers.last().is_none_or(|layer| layer.measure != count.measure);
            if begins {
                if let Some(layer) = layers.last_mut() {
                    layer.slots.iter().for_each(|key| slot_of[*key as usize] = u32::MAX);
                    layer.end();
                }
                latest.clear();
                layers.push(Layer::new(count.measure));
            }
            if let Some(layer) = layers.last_mut() {
                layer.add(count, &mut slot_of[count.key as usize], &mut latest);
            }
        }
        if let Some(layer) = layers.last_mut() {
            layer.end();
        }
        Self { keys, layers }
    }

    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    fn wanted(&self, is_wanted: impl Fn(u16) -> bool) -> impl Iterator<Item = &Layer> {
        self.layers.iter().filter(move |layer| is_wanted(layer.measure))
    }

    /// Calls `take` with number of the key, measure and sum over the days `from..to` for each sum
    /// of a wanted measure that is not zero.
    pub fn sum(
        &self,
        (from, to): (usize, usize),
        is_wanted: impl Fn(u16) -> bool,
        mut take: impl FnMut(u32, u16, i32),
    ) {
        for layer in self.wanted(is_wanted) {
            let sums = layer.sum(layer.place(from), layer.place(to));
            for (key, sum) in layer.slots.iter().zip(sums) {
                if sum != 0 {
                    take(*key, layer.measure, sum);
                }
            }
        }
    }

    /// Calls `take` with day, number of the key, measure and n of each counter of the days, of
    /// wanted measures.
    pub fn each(
        &self,
        (from, to): (usize, usize),
        is_wanted: impl Fn(u16) -> bool,
        mut take: impl FnMut(usize, u32, u16, i32),
    ) {
        for layer in self.wanted(is_wanted) {
            for place in layer.place(from)..layer.place(to) {
                for item in layer.items_of((place, place + 1)) {
                    let key = layer.slots[item.slot as usize];
                    take(layer.starts[place].0, key, layer.measure, item.n);
                }
            }
        }
    }
}

impl Layer {
    fn new(measure: u16) -> Self {
        let (slots, items) = (Vec::new(), Vec::new());
        Self { measure, slots, items, starts: Vec::new(), marks: Vec::new() }
    }

    fn add(&mut self, count: Count, slot: &mut u32, latest: &mut Vec<u32>) {
        let day = usize::from(count.day);
        if self.starts.last().is_none_or(|(last, _)| *last != day) {
            self.starts.push((day, self.items.len() as u32));
        }
        if *slot == u32::MAX {
            *slot = self.slots.len() as u32;
            self.slots.push(count.key);
            latest.push(u32::MAX);
        }
        let begin = self.starts.last().map_or(0, |(_, begin)| *begin);
        let at = &mut latest[*slot as usize];
        if *at != u32::MAX && *at >= begin {
            self.items[*at as usize].n += count.n;
        } else {
            *at = self.items.len() as u32;
            self.items.push(Item { slot: *slot, n: count.n });
        }
    }

    /// To be called when all counters of the measure are in.
    fn end(&mut self) {
        self.items.shrink_to_fit();
        self.slots.shrink_to_fit();
        self.starts.push((usize::MAX, self.items.len() as u32));
        self.starts.shrink_to_fit();
        let mut sums = vec![0; self.slots.len()];
        let (mut since, days) = (0, self.starts.len() - 1);
        for place in 0..days {
            let items = self.items_of((place, place + 1));
            since += items.len();
            items.iter().for_each(|item| sums[item.slot as usize] += item.n);
            if since >= MARK_EVERY * self.slots.len() || place + 1 == days {
                self.marks.push((place + 1, sums.clone()));
                since = 0;
            }
        }
    }

    /// How many of the days with items lie before a day.
    fn place(&self, day: usize) -> usize {
        self.starts.partition_point(|(known, _)| *known < day)
    }

    fn items_of(&self, (from, to): (usize, usize)) -> &[Item] {
        &self.items[self.starts[from].1 as usize..self.starts[to].1 as usize]
    }

    fn sum(&self, from: usize, to: usize) -> Vec<i32> {
        if from >= to {
            return Vec::new();
        }
        // A few days are read as they are.
        if self.items_of((from, to)).len() < self.slots.len() {
            let mut sums = vec![0; self.slots.len()];
            self.apply(&mut sums, (from, to), 1);
            return sums;
        }
        let mut sums = self.sums_before(to);
        if from > 0 {
            for (sum, before) in sums.iter_mut().zip(self.sums_before(from)) {
                *sum -= before;
            }
        }
        sums
    }

    fn apply(&self, sums: &mut [i32], days: (usize, usize), sign: i32) {
        for item in self.items_of(days) {
            sums[item.slot as usize] += sign * item.n;
        }
    }

    /// The sums of all days before one, from the nearer of the marks around it.
    fn sums_before(&self, place: usize) -> Vec<i32> {
        let after = self.marks.partition_point(|(at, _)| *at < place);
        let far = |at: usize| self.starts[at].1.abs_diff(self.starts[place].1);
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
        match at <= place {
            true => self.apply(&mut sums, (at, place), 1),
            false => self.apply(&mut sums, (place, at), -1),
        }
        sums
    }
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
            wanted in prop::collection::vec(any::<bool>(), 3),
        ) {
            counters.sort_by_key(|counter| (counter.2, counter.1));
            let is_wanted = |measure: u16| wanted[usize::from(measure)];
            let (keys, numbers) = number_keys(counters.iter().map(|counter| counter.0));
            let counts = counters.iter().zip(numbers).map(|((_, day, measure, n), key)| Count {
                key,
                day: *day,
                measure: *measure,
                n: *n,
            });
            let plane = Plane::of(keys, counts);
            let mut truth = BTreeMap::<(u8, u16), i32>::new();
            for &(key, day, measure, n) in &counters {
                if (ends.0..ends.1).contains(&usize::from(day)) && is_wanted(measure) {
                    *truth.entry((key, measure)).or_insert(0) += n;
                }
            }
            truth.retain(|_, n| *n != 0);
            let mut found = BTreeMap::new();
            plane.sum(ends, is_wanted, |key, measure, n| {
                assert!(found.insert((plane.keys()[key as usize], measure), n).is_none());
            });
            prop_assert_eq!(&found, &truth);
            let mut each = BTreeMap::<(u8, u16), i32>::new();
            if ends.0 < ends.1 {
                plane.each(ends, is_wanted, |_, key, measure, n| {
                    *each.entry((plane.keys()[key as usize], measure)).or_insert(0) += n;
                });
            }
            each.retain(|_, n| *n != 0);
            prop_assert_eq!(each, truth);
        }
    }
}
