//! Log-bucketed histograms of durations. They add up over cells and days, so a median of a city
//! comes from the same counters as that of a grid.
//!
//! Bucketing is exact integer arithmetic (as in HDR histograms): eight buckets to an octave of
//! seconds, so a quantile is off by at most one part in eight.

/// The buckets to an octave, as a power of two.
const SUB_BITS: u32 = 3;

/// How many buckets there are, whatever the duration.
pub const BUCKETS: u16 = 61 << SUB_BITS;

/// The bucket of a duration in milliseconds; durations below zero count as zero.
pub fn bucket_of(duration_ms: i64) -> u16 {
    let seconds = u64::try_from(duration_ms / 1_000).unwrap_or(0);
    let linear = 1 << SUB_BITS;
    if seconds < linear {
        return seconds as u16;
    }
    let exponent = 63 - seconds.leading_zeros();
    let mantissa = (seconds >> (exponent - SUB_BITS)) - linear;
    ((u64::from(exponent - SUB_BITS + 1) << SUB_BITS) + mantissa) as u16
}

/// The least duration of a bucket, in milliseconds.
pub fn bucket_floor_ms(bucket: u16) -> i64 {
    let linear = 1u64 << SUB_BITS;
    let bucket = u64::from(bucket);
    if bucket < linear {
        return bucket as i64 * 1_000;
    }
    let octave = (bucket >> SUB_BITS) - 1;
    let seconds = u128::from(linear + (bucket & (linear - 1))) << octave.min(60);
    i64::try_from(seconds * 1_000).unwrap_or(i64::MAX)
}

/// Counts by bucket.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Histogram {
    counts: std::collections::BTreeMap<u16, i64>,
}

impl Histogram {
    pub fn add(&mut self, bucket: u16, n: i64) {
        *self.counts.entry(bucket).or_insert(0) += n;
    }

    /// Adds all that another one holds.
    pub fn absorb(&mut self, other: &Histogram) {
        for (bucket, n) in &other.counts {
            self.add(*bucket, *n);
        }
    }

    /// How many durations it holds.
    pub fn total(&self) -> i64 {
        self.counts.values().sum()
    }

    /// How many durations lie in each octave, from the shortest to the longest: from and to in
    /// milliseconds, and how many. Octaves are whole buckets, so these are exact counts.
    pub fn octaves(&self) -> Vec<(i64, i64, i64)> {
        let octave_of = |bucket: u16| (bucket >> SUB_BITS).max(1) - 1;
        let mut counts = std::collections::BTreeMap::<u16, i64>::new();
        for (&bucket, &n) in &self.counts {
            *counts.entry(octave_of(bucket)).or_insert(0) += n;
        }
        let (Some(first), Some(last)) = (counts.keys().next(), counts.keys().next_back()) else {
            return Vec::new();
        };
        let ends = |octave: u16| {
            let floor = |octave: u16| match octave {
                0 => 0,
                octave => bucket_floor_ms((octave + 1) << SUB_BITS),
            };
            (floor(octave), floor(octave + 1))
        };
        let octaves = (*first..=*last).map(|octave| {
            let (from, to) = ends(octave);
            (from, to, counts.get(&octave).copied().unwrap_or(0))
        });
        octaves.collect()
    }

    /// The duration in milliseconds below or at which the share `q` (0 to 1) of durations lies:
    /// the middle of the bucket that holds it. `None` when empty.
    pub fn quantile_ms(&self, q: f64) -> Option<i64> {
        let total = self.total();
        if total <= 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * total as f64).ceil() as i64).max(1);
        let mut seen = 0;
        for (&bucket, &n) in &self.counts {
            seen += n;
            if seen >= rank {
                let (low, high) =
                    (bucket_floor_ms(bucket), bucket_floor_ms(bucket.saturating_add(1)));
                return Some(low + (high - low) / 2);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bucket_holds_what_falls_into_it(ms in 0i64..=i64::MAX / 4) {
            let bucket = bucket_of(ms);
            prop_assert!(bucket_floor_ms(bucket) <= ms);
            prop_assert!(ms / 1000 * 1000 < bucket_floor_ms(bucket + 1));
        }

        #[test]
        fn a_quantile_is_within_one_part_in_eight(
            mut all in prop::collection::vec(1i64..10_000_000, 1..200),
            q in 0.0f64..1.0,
        ) {
            let mut histogram = Histogram::default();
            for seconds in &all {
                histogram.add(bucket_of(seconds * 1000), 1);
            }
            all.sort_unstable();
            let rank = ((q * all.len() as f64).ceil() as usize).max(1);
            let truth = all[rank - 1] as f64 * 1000.0;
            let told = histogram.quantile_ms(q).unwrap() as f64;
            prop_assert!((told - truth).abs() <= truth / 8.0 + 1000.0, "{told} {truth}");
        }
    }

    proptest! {
        #[test]
        fn octaves_count_what_lies_between_their_ends(
            all in prop::collection::vec(0i64..40_000_000, 1..200),
        ) {
            let mut histogram = Histogram::default();
            for seconds in &all {
                histogram.add(bucket_of(seconds * 1000), 1);
            }
            let octaves = histogram.octaves();
            for (from, to, n) in &octaves {
                let inside = all.iter().filter(|s| (*from..*to).contains(&(**s * 1000)));
                prop_assert_eq!(inside.count() as i64, *n, "{} to {}", from, to);
            }
            prop_assert_eq!(octaves.iter().map(|(_, _, n)| n).sum::<i64>(), all.len() as i64);
        }
    }

    proptest! {
        #[test]
        fn histograms_of_cells_and_days_merge_to_that_of_all(
            parts in prop::collection::vec(prop::collection::vec(0i64..10_000_000, 0..40), 0..9),
            q in 0.0f64..1.0,
        ) {
            let of = |all: &mut dyn Iterator<Item = &i64>| {
                let mut histogram = Histogram::default();
                all.for_each(|seconds| histogram.add(bucket_of(seconds * 1000), 1));
                histogram
            };
            let mut merged = Histogram::default();
            parts.iter().for_each(|part| merged.absorb(&of(&mut part.iter())));
            let whole = of(&mut parts.iter().flatten());
            prop_assert_eq!(merged.total(), whole.total());
            prop_assert_eq!(merged.quantile_ms(q), whole.quantile_ms(q));
        }
    }

    #[test]
    fn an_empty_histogram_has_no_median() {
        assert_eq!(Histogram::default().quantile_ms(0.5), None);
    }

    #[test]
    fn a_time_before_the_start_counts_as_none() {
        assert_eq!(bucket_of(-5), 0);
    }
}
