//! Drawing a sample that anyone can draw again.
//!
//! Each candidate gets the SHA-256 of seed and id, and those with the smallest digests are taken,
//! in that order. So the same seed over the same candidates gives the same sample, whatever order
//! they come in; every candidate is as likely as any other; and one more candidate changes at most
//! one member.

use super::id::IssueId;
use sha2::{Digest, Sha256};

/// How many to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SampleSize {
    /// A share from 0 to 1 of the candidates, rounded up.
    Share(f64),
    Count(usize),
}

impl SampleSize {
    /// The number out of `population`.
    pub fn of(self, population: usize) -> usize {
        let wanted = match self {
            SampleSize::Count(count) => count,
            // A share slightly above a whole number through rounding is that number.
            SampleSize::Share(share) => (share * population as f64 - 1e-9).ceil().max(0.0) as usize,
        };
        wanted.min(population)
    }
}

fn rank(seed: i64, id: IssueId) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"hexward-sample-1");
    hasher.update(seed.to_be_bytes());
    hasher.update(id.0.to_be_bytes());
    hasher.finalize().into()
}

/// Draws from the candidates, in the order of their digests.
pub fn draw_sample(seed: i64, candidates: &[IssueId], size: SampleSize) -> Vec<IssueId> {
    let mut ranked: Vec<_> = candidates.iter().map(|id| (rank(seed, *id), *id)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.truncate(size.of(ranked.len()));
    ranked.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: u128) -> Vec<IssueId> {
        (0..n).map(|i| IssueId(i << 64 | 7)).collect()
    }

    #[test]
    fn a_seed_repeats_whatever_the_order_and_another_seed_differs() {
        let all = ids(500);
        let mut turned = all.clone();
        turned.reverse();
        let drawn = draw_sample(42, &all, SampleSize::Share(0.1));
        assert_eq!(drawn.len(), 50);
        assert_eq!(draw_sample(42, &turned, SampleSize::Share(0.1)), drawn);
        assert_ne!(draw_sample(43, &all, SampleSize::Share(0.1)), drawn);
    }

    #[test]
    fn every_candidate_is_as_likely_as_any_other() {
        let all = ids(40);
        let mut hits = vec![0_u32; all.len()];
        let rounds = 4_000;
        for seed in 0..rounds {
            for id in draw_sample(seed, &all, SampleSize::Count(8)) {
                hits[(id.0 >> 64) as usize] += 1;
            }
        }
        // Binomial with n = 4000, p = 0.2: mean 800, deviation 25.3; five of them on each side.
        assert!(hits.iter().all(|n| n.abs_diff(800) < 127), "{hits:?}");
    }

    #[test]
    fn a_share_is_rounded_up_and_never_more_than_there_is() {
        let count = |size: SampleSize, n| size.of(n);
        assert_eq!(count(SampleSize::Share(0.1), 11), 2);
        assert_eq!(count(SampleSize::Share(0.1), 30), 3);
        assert_eq!(count(SampleSize::Share(1.0), 7), 7);
        assert_eq!(count(SampleSize::Share(0.0), 7), 0);
        assert_eq!(count(SampleSize::Count(9), 7), 7);
        assert!(draw_sample(1, &[], SampleSize::Share(0.5)).is_empty());
    }
}
