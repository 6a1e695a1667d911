//! Counters added up over what is seldom asked for, so that a sum over any days costs as much as
//! there are sums of the measures that are asked for, however many issues stand behind them.
//!
//! Each measure stands by itself: its counters in the order of days, and every so often all its
//! sums up to there. A sum over days is the difference of two such marks, each mended by the
//! counters between it and the day.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// Counters between two marks, for each sum: what is read beside the marks stays in proportion.
const MARK_EVERY: usize = 16;

/// Gives the room that is left over back. The allocator does not do that by itself as long as half
/// of it is in use.
pub fn fit<T: Copy>(list: &mut Vec<T>) {
    if list.len() < list.capacity() {
        *list = list.as_slice().to_vec();
    }
}

/// Numbers that are kept small until one does not fit.
#[derive(Clone, Debug)]
pub enum Narrow<S, W> {
    Small(Vec<S>),
    Wide(Vec<W>),
}

impl<S, W> Default for Narrow<S, W> {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl<W: Copy, S: Copy + TryFrom<W> + Into<W>> Narrow<S, W> {
    pub fn len(&self) -> usize {
        match self {
            Self::Small(small) => small.len(),
            Self::Wide(wide) => wide.len(),
        }
    }

    pub fn get(&self, at: usize) -> W {
        match self {
            Self::Small(small) => small[at].into(),
            Self::Wide(wide) => wide[at],
        }
    }

    /// Calls `take` with the place of each number, and the number.
    pub fn each(&self, mut take: impl FnMut(usize, W)) {
        match self {
            Self::Small(small) => {
                small.iter().enumerate().for_each(|(at, number)| take(at, (*number).into()));
            }
            Self::Wide(wide) => wide.iter().enumerate().for_each(|(at, number)| take(at, *number)),
        }
    }

    pub fn push(&mut self, number: W) {
        match self {
            Self::Wide(wide) => wide.push(number),
            Self::Small(small) => match S::try_from(number) {
                Ok(number) => small.push(number),
                Err(_) => {
                    let mut wide: Vec<W> = small.iter().map(|one| (*one).into()).collect();
                    wide.push(number);
                    *self = Self::Wide(wide);
                }
            },
        }
    }

    pub fn fit(&mut self) {
        match self {
            Self::Small(small) => fit(small),
            Self::Wide(wide) => fit(wide),
        }
    }
}

/// Counters of sums, mostly of three bytes each: what is read is bound by memory.
#[derive(Clone, Debug, Default)]
struct Items {
    /// The sum of each.
    slots: Narrow<u16, u32>,
    counts: Narrow<i8, i32>,
}

impl Items {
    fn len(&self) -> usize {
        self.counts.len()
    }

    fn push(&mut self, slot: u32, n: i32) {
        self.slots.push(slot);
        self.counts.push(n);
    }

    fn fit(&mut self) {
        self.slots.fit();
        self.counts.fit();
    }

    /// Calls `take` with the slot and n of each item of a range.
    fn each(&self, range: Range<usize>, take: impl FnMut(usize, i32)) {
        fn pairs<S, N>(slots: &[S], counts: &[N], mut take: impl FnMut(usize, i32))
        where
            S: Copy + Into<u32>,
            N: Copy + Into<i32>,
        {
            slots
                .iter()
                .zip(counts)
                .for_each(|(slot, n)| take((*slot).into() as usize, (*n).into()));
        }
        use Narrow::{Small, Wide};
        match (&self.slots, &self.counts) {
            (Small(slots), Small(counts)) => pairs(&slots[range.clone()], &counts[range], take),
            (Small(slots), Wide(counts)) => pairs(&slots[range.clone()], &counts[range], take),
            (Wide(slots), Small(counts)) => pairs(&slots[range.clone()], &counts[range], take),
            (Wide(slots), Wide(counts)) => pairs(&slots[range.clone()], &counts[range], take),
        }
    }
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
    layers: Layers,
}

/// Sums by the number of a key and measure, in the order of measures.
#[derive(Clone, Debug, Default)]
pub struct Layers(Vec<Layer>);

/// The sums of one measure.
#[derive(Clone, Debug)]
struct Layer {
    measure: u16,
    /// The key of each sum.
    slots: Vec<u32>,
    items: Items,
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

/// Layers that are being made.
pub struct Builder {
    layers: Vec<Layer>,
    /// The sum of each key in the layer that is being made.
    slot_of: Vec<u32>,
    /// The sums of the day that is being added up, and where each sum stands among them.
    day: Vec<(u32, i32)>,
    latest: Vec<u32>,
}

impl Builder {
    /// For so many keys.
    pub fn of(keys: usize) -> Self {
        let slot_of = vec![u32::MAX; keys];
        Self { layers: Vec::new(), slot_of, day: Vec::new(), latest: Vec::new() }
    }

    /// Adds a counter; they come in the order of measures and, of each, of days.
    pub fn add(&mut self, count: Count) {
        if self.layers.last().is_none_or(|layer| layer.measure != count.measure) {
            self.end_layer();
            self.layers.push(Layer::new(count.measure));
        }
        let day = usize::from(count.day);
        let latest = self.layers.last().and_then(|layer| layer.starts.last());
        if latest.is_none_or(|latest| latest.0 != day) {
            self.end_day();
        }
        let Some(layer) = self.layers.last_mut() else { return };
        if self.day.is_empty() {
            layer.starts.push((day, layer.items.len() as u32));
        }
        let slot = &mut self.slot_of[count.key as usize];
        if *slot == u32::MAX {
            *slot = layer.slots.len() as u32;
            layer.slots.push(count.key);
            self.latest.push(u32::MAX);
        }
        let at = &mut self.latest[*slot as usize];
        match self.day.get_mut(*at as usize).filter(|known| known.0 == *slot) {
            Some(known) => known.1 += count.n,
            None => {
                *at = self.day.len() as u32;
                self.day.push((*slot, count.n));
            }
        }
    }

    fn end_day(&mut self) {
        let Some(layer) = self.layers.last_mut() else { return };
        self.day.drain(..).for_each(|(slot, n)| layer.items.push(slot, n));
    }

    fn end_layer(&mut self) {
        self.end_day();
        self.latest.clear();
        let Some(layer) = self.layers.last_mut() else { return };
        layer.slots.iter().for_each(|key| self.slot_of[*key as usize] = u32::MAX);
        layer.end();
    }

    pub fn finish(mut self) -> Layers {
        self.end_layer();
        Layers(self.layers)
    }
}

impl Layers {
    /// Adds up counters of so many keys as [`Builder::add`] takes them.
    pub fn of(keys: usize, counts: impl Iterator<Item = Count>) -> Self {
        let mut builder = Builder::of(keys);
        counts.for_each(|count| builder.add(count));
        builder.finish()
    }

    /// Adds the layers of later measures.
    pub fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// All counters, in the order in which [`Builder::add`] takes them.
    pub fn counts(&self) -> impl Iterator<Item = Count> {
        self.0.iter().flat_map(|layer| {
            layer.starts.windows(2).flat_map(|ends| {
                let (day, range) = (ends[0].0 as u16, ends[0].1 as usize..ends[1].1 as usize);
                let mut counts = Vec::with_capacity(range.len());
                layer.items.each(range, |slot, n| {
                    counts.push(Count { key: layer.slots[slot], day, measure: layer.measure, n });
                });
                counts
            })
        })
    }
}

impl<K: Copy> Plane<K> {
    pub fn new(keys: Vec<K>, layers: Layers) -> Self {
        Self { keys, layers }
    }

    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    fn wanted(&self, is_wanted: impl Fn(u16) -> bool) -> impl Iterator<Item = &Layer> {
        self.layers.0.iter().filter(move |layer| is_wanted(layer.measure))
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
                layer.items.each(layer.items_of((place, place + 1)), |slot, n| {
                    take(layer.starts[place].0, layer.slots[slot], layer.measure, n);
                });
            }
        }
    }
}

impl Layer {
    fn new(measure: u16) -> Self {
        let (slots, items) = (Vec::new(), Items::default());
        Self { measure, slots, items, starts: Vec::new(), marks: Vec::new() }
    }

    /// To be called when all counters of the measure are in.
    fn end(&mut self) {
        self.items.fit();
        fit(&mut self.slots);
        self.starts.push((usize::MAX, self.items.len() as u32));
        fit(&mut self.starts);
        let mut sums = vec![0; self.slots.len()];
        let (mut since, days) = (0, self.starts.len() - 1);
        for place in 0..days {
            let items = self.items_of((place, place + 1));
            since += items.len();
            self.items.each(items, |slot, n| sums[slot] += n);
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

    fn items_of(&self, (from, to): (usize, usize)) -> Range<usize> {
        self.starts[from].1 as usize..self.starts[to].1 as usize
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
        self.items.each(self.items_of(days), |slot, n| sums[slot] += sign * n);
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

    /// Mostly small ones, and some that do not fit into a byte.
    fn numbers() -> impl Strategy<Value = i32> {
        prop_oneof![4 => -2_i32..4, 1 => -1_000_i32..1_000]
    }

    #[test]
    fn there_may_be_more_sums_than_two_bytes_tell_apart() {
        let keys: Vec<u32> = (0..70_000).collect();
        let count = |key, day, n| Count { key, day, measure: 7, n };
        let first = keys.iter().map(|key| count(*key, 0, 1));
        let counts = first.chain([count(3, 1, 500), count(69_999, 1, -400)]);
        let plane = Plane::new(keys.clone(), Layers::of(keys.len(), counts));
        for (days, odd) in [((0, 1), [1, 1]), ((1, 2), [500, -400]), ((0, 2), [501, -399])] {
            let mut found = BTreeMap::new();
            plane.sum(
                days,
                |measure| measure == 7,
                |key, _, n| assert!(found.insert(key, n).is_none()),
            );
            let others = if days.0 == 0 { 70_000 } else { 2 };
            assert_eq!((found.len(), [found[&3], found[&69_999]]), (others, odd));
        }
    }

    proptest! {
        #[test]
        fn any_days_have_the_sum_of_their_counters(
            mut counters in
                prop::collection::vec((0_u8..4, 0_u16..40, 0_u16..3, numbers()), 0..300),
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
            let layers = Layers::of(keys.len(), counts);
            let plane = Plane::new(keys, layers);
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
