//! What is open by its age: how old its middle is, and its oldest.

/// How many are how many days old.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ages {
    /// Days and how many, the youngest first; each age once.
    counts: Vec<(i64, i64)>,
}

impl Ages {
    /// Adds `n` of an age in days. Cheapest when ages come in their order.
    pub fn add(&mut self, days: i64, n: i64) {
        match self.counts.last_mut() {
            Some(last) if last.0 == days => last.1 += n,
            Some(last) if last.0 > days => {
                match self.counts.binary_search_by_key(&days, |known| known.0) {
                    Ok(at) => self.counts[at].1 += n,
                    Err(at) => self.counts.insert(at, (days, n)),
                }
            }
            _ => self.counts.push((days, n)),
        }
    }

    /// Adds all that others hold.
    pub fn absorb(&mut self, other: &Ages) {
        other.counts.iter().for_each(|(days, n)| self.add(*days, *n));
    }

    /// How many are at least `from` and, where there is a `to`, less than that many days old.
    pub fn between(&self, from: i64, to: Option<i64>) -> i64 {
        let inside = |days: i64| days >= from && to.is_none_or(|to| days < to);
        self.counts.iter().filter(|(days, _)| inside(*days)).map(|(_, n)| n).sum()
    }

    /// The age of the oldest in days; `None` when there is none.
    pub fn oldest_days(&self) -> Option<i64> {
        self.counts.last().map(|(days, _)| *days)
    }

    /// The age in days that the share `q` (0 to 1) has not passed; `None` when there is none.
    pub fn quantile_days(&self, q: f64) -> Option<i64> {
        let total: i64 = self.counts.iter().map(|(_, n)| n).sum();
        if total <= 0 {
            return None;
        }
        let rank = ((q * total as f64).ceil() as i64).max(1);
        let mut seen = 0;
        self.counts.iter().find_map(|(days, n)| {
            seen += n;
            (seen >= rank).then_some(*days)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn ages(counts: impl IntoIterator<Item = (i64, i64)>) -> Ages {
        let mut ages = Ages::default();
        counts.into_iter().for_each(|(days, n)| ages.add(days, n));
        ages
    }

    #[test]
    fn the_age_of_the_backlog_is_that_of_its_middle() {
        let open = ages([(5, 1), (1, 1), (9, 1)]);
        assert_eq!(open.quantile_days(0.5), Some(5));
        assert_eq!(open.quantile_days(0.9), Some(9));
        assert_eq!(open.oldest_days(), Some(9));
        assert_eq!(Ages::default().quantile_days(0.5), None);
        assert_eq!(Ages::default().oldest_days(), None);
    }

    proptest! {
        #[test]
        fn ages_in_any_order_are_counted_like_a_map(
            counts in prop::collection::vec((0..20_i64, 1..5_i64), 0..40),
            more in prop::collection::vec((0..20_i64, 1..5_i64), 0..40),
            (from, to) in (0..20_i64, prop::option::of(0..25_i64)),
        ) {
            let mut map = BTreeMap::new();
            for (days, n) in counts.iter().chain(&more) {
                *map.entry(*days).or_insert(0) += n;
            }
            let mut all = ages(counts);
            all.absorb(&ages(more));
            prop_assert_eq!(&all.counts, &map.iter().map(|(d, n)| (*d, *n)).collect::<Vec<_>>());
            let within = map.iter().filter(|(d, _)| **d >= from && to.is_none_or(|to| **d < to));
            prop_assert_eq!(all.between(from, to), within.map(|(_, n)| n).sum::<i64>());
        }
    }
}
